//! The stand-in for a kubelet that ran behind the recordings of a real control plane.
//!
//! Departs from a kubelet on purpose: one round of image failures, three steps of a crash loop, every image already
//! there, the event texts of earlier versions. Only replays of those recordings use it.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateTerminated, ContainerStatus, PodStatus,
};
use machinery::Resource;
use machinery::time::{after_ms, seconds};

use super::profile::hits;
use super::{Next, Settings, Turn, images, ms_i64, set_address, status};

/// The shortest wait between two steps of a failure.
const FAILURE_STEP_MS: u64 = 300;
/// Steps of a crash loop until the stand-in leaves the pod alone.
const CRASHES: u32 = 3;

/// How far a pod is once it has an address.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    /// Its containers are next.
    Creating,
    /// The pull failed, the back-off is next.
    PullFailed,
    /// It crashed so many times.
    Crashed(u32),
    /// It runs, and became Running at that moment; Ready is next.
    Unready(Timestamp),
    /// Nothing is left to do.
    Settled,
}

pub(super) fn step(
    turn: &mut Turn<'_, '_>,
    stage: &mut Stage,
    due: &mut Timestamp,
    address: &str,
    settings: &Settings,
) -> Next {
    if let Some(wait) = turn.until(*due) {
        return Ok(Some(wait));
    }
    let pod = turn.pod.clone();
    let containers: Vec<&Container> = pod.spec.iter().flat_map(|spec| &spec.containers).collect();
    let missing: Vec<&Container> =
        containers.iter().copied().filter(|c| images::is_missing(image(c))).collect();
    let failure_ms = settings.start_ms().max(FAILURE_STEP_MS);
    let next = match *stage {
        Stage::Settled => return Ok(None),
        Stage::Creating if !missing.is_empty() => {
            fail_pull(turn, &missing, address)?;
            Some((Stage::PullFailed, failure_ms))
        }
        Stage::PullFailed => {
            back_off_pull(turn, &missing)?;
            None
        }
        Stage::Creating if turn.annotated("playground/crash") => {
            tell_start(turn, &containers);
            crash(turn, &containers, address, 1)?;
            Some((Stage::Crashed(1), failure_ms))
        }
        Stage::Crashed(times) if times < CRASHES => {
            crash(turn, &containers, address, times + 1)?;
            Some((Stage::Crashed(times + 1), failure_ms))
        }
        Stage::Crashed(_) => None,
        Stage::Creating => {
            tell_start(turn, &containers);
            let late = settings.faults.slow_ready_ms(&pod);
            let unready = late.is_some() || hits(&settings.faults.fail_readiness, &pod);
            run(turn, &containers, address, !unready)?;
            unready.then_some((Stage::Unready(turn.cx.now), late.unwrap_or(0)))
        }
        Stage::Unready(since) => {
            if hits(&settings.faults.fail_readiness, &pod) {
                return Ok(None);
            }
            let late = settings.faults.slow_ready_ms(&pod).unwrap_or(0);
            if let Some(wait) = turn.until(after_ms(since, ms_i64(late))) {
                return Ok(Some(wait));
            }
            run(turn, &containers, address, true)?;
            None
        }
    };
    let Some((then, wait_ms)) = next else {
        *stage = Stage::Settled;
        return Ok(None);
    };
    *stage = then;
    *due = after_ms(turn.cx.now, ms_i64(wait_ms));
    Ok(Some(wait_ms))
}

fn image(container: &Container) -> &str {
    container.image.as_deref().unwrap_or_default()
}

fn names<'a>(containers: &[&'a Container]) -> Vec<&'a str> {
    containers.iter().map(|c| c.name.as_str()).collect()
}

fn tell_start(turn: &mut Turn<'_, '_>, containers: &[&Container]) {
    for c in containers {
        let pulled = format!("Container image \"{}\" already present on machine", image(c));
        turn.event(&c.name, "Normal", "Pulled", &pulled);
        turn.event(&c.name, "Normal", "Created", &format!("Created container: {}", c.name));
        turn.event(&c.name, "Normal", "Started", &format!("Started container {}", c.name));
    }
}

fn pull_error(image: &str) -> String {
    format!(
        "rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/{image}\": \
         failed to resolve reference \"docker.io/{image}\": docker.io/{image}: not found"
    )
}

fn fail_pull(turn: &mut Turn<'_, '_>, missing: &[&Container], address: &str) -> Result<(), client::Error> {
    let (first, name) = missing.first().map_or(("", ""), |c| (c.name.as_str(), image(c)));
    turn.event(first, "Normal", "Pulling", &format!("Pulling image \"{name}\""));
    turn.event(first, "Warning", "Failed", &format!("Failed to pull image \"{name}\": {}", pull_error(name)));
    turn.event(first, "Warning", "Failed", "Error: ErrImagePull");
    let mut status = turn.status();
    set_address(&mut status, address);
    set_waiting(&mut status, missing, "ErrImagePull", pull_error);
    turn.set_conditions(&mut status, &status::readiness(true, &[], &names(missing)));
    turn.write(status)
}

fn back_off_pull(turn: &mut Turn<'_, '_>, missing: &[&Container]) -> Result<(), client::Error> {
    let (first, name) = missing.first().map_or(("", ""), |c| (c.name.as_str(), image(c)));
    turn.event(first, "Normal", "BackOff", &format!("Back-off pulling image \"{name}\""));
    turn.event(first, "Warning", "Failed", "Error: ImagePullBackOff");
    let mut status = turn.status();
    let message =
        |image: &str| format!("Back-off pulling image \"{image}\": ErrImagePull: {}", pull_error(image));
    set_waiting(&mut status, missing, "ImagePullBackOff", message);
    turn.write(status)
}

fn set_waiting(
    status: &mut PodStatus,
    containers: &[&Container],
    reason: &str,
    message: impl Fn(&str) -> String,
) {
    for shown in status.container_statuses.iter_mut().flatten() {
        if let Some(c) = containers.iter().find(|c| c.name == shown.name) {
            shown.image = image(c).to_owned();
            shown.container_id = None;
            shown.state = Some(status::waiting(reason, Some(message(image(c)))));
        }
    }
}

fn crash(
    turn: &mut Turn<'_, '_>,
    containers: &[&Container],
    address: &str,
    times: u32,
) -> Result<(), client::Error> {
    let pod = turn.pod.clone();
    let place = format!("{}_{}({})", pod.name(), pod.namespace(), pod.uid());
    let first = containers.first().map_or("", |c| c.name.as_str());
    let restarts = i32::try_from(times).unwrap_or(i32::MAX);
    let ended = ContainerStateTerminated {
        exit_code: 1,
        reason: Some("Error".to_owned()),
        started_at: Some(seconds(turn.cx.now)),
        finished_at: Some(seconds(turn.cx.now)),
        container_id: Some(images::container_id(pod.uid(), first, restarts)),
        ..Default::default()
    };
    let statuses = containers.iter().map(|c| {
        let wait_s = 10 * 2_u32.pow(times - 1);
        let message = format!("back-off {wait_s}s restarting failed container={} pod={place}", c.name);
        ContainerStatus {
            restart_count: restarts,
            image_id: image_id(image(c)),
            last_state: Some(status::terminated(ended.clone())),
            ..status::never_started(&c.name, image(c), status::waiting("CrashLoopBackOff", Some(message)))
        }
    });
    let mut status = turn.status();
    status.phase = Some("Running".to_owned());
    status.container_statuses = Some(statuses.collect());
    set_address(&mut status, address);
    turn.set_conditions(&mut status, &status::readiness(true, &[], &names(containers)));
    turn.write(status)?;
    turn.event(
        first,
        "Warning",
        "BackOff",
        &format!("Back-off restarting failed container {first} in pod {place}"),
    );
    Ok(())
}

fn run(
    turn: &mut Turn<'_, '_>,
    containers: &[&Container],
    address: &str,
    ready: bool,
) -> Result<(), client::Error> {
    let statuses = containers.iter().map(|c| {
        let started = status::container(&turn.pod, &c.name).and_then(|s| s.state.as_ref()?.running.clone());
        let state = match started {
            Some(running) => ContainerState { running: Some(running), ..Default::default() },
            None => status::running(turn.cx.now),
        };
        ContainerStatus {
            name: c.name.clone(),
            image: full_name(image(c)),
            image_id: image_id(image(c)),
            container_id: Some(images::container_id(turn.pod.uid(), &c.name, 0)),
            ready,
            started: Some(true),
            state: Some(state),
            last_state: Some(ContainerState::default()),
            ..Default::default()
        }
    });
    let statuses = statuses.collect();
    let mut status = turn.status();
    status.phase = Some("Running".to_owned());
    status.container_statuses = Some(statuses);
    set_address(&mut status, address);
    let unready = if ready { Vec::new() } else { names(containers) };
    turn.set_conditions(&mut status, &status::readiness(true, &[], &unready));
    turn.write(status)
}

/// The image's name as the stand-in writes it: without `library/`, and without a tag if none was given.
fn full_name(image: &str) -> String {
    let registry = image.split('/').next().is_some_and(|first| first.contains('.'));
    if image.matches('/').count() < 2 && !registry { format!("docker.io/{image}") } else { image.to_owned() }
}

fn image_id(image: &str) -> String {
    format!("docker.io/{}@{}", image.split(':').next().unwrap_or_default(), images::digest(image))
}
