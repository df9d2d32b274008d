//! The containers of a running pod: images, starts, crashes, back-offs, readiness.
//!
//! Models pkg/kubelet/kuberuntime/kuberuntime_manager.go (SyncPod), pkg/kubelet/images/image_manager.go and
//! pkg/kubelet/prober (v1.36.2). Containers are handled in order; a pull holds up those after it, a back-off does not.
//! Departs: a container annotated `playground/crash` exits at once with 1, every probe that is not failed on purpose succeeds.
//! Invariant: the status written is a function of the containers' states.

use std::sync::Arc;

use imbl::OrdSet;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Container as Spec, ContainerState, ContainerStateTerminated, ContainerStatus, Pod,
};
use machinery::Resource;
use machinery::time::{after_ms, ms_between, seconds};

use super::profile::hits;
use super::{Next, Settings, Turn, images, ms_i64, set_address, status};

/// The kubelet looks at a pod again so long after something ended (its PLEG's period).
const RELIST_MS: i64 = 1_000;
/// The first back-off of a crash loop and of a failing pull (pkg/kubelet/kubelet.go, backOffPeriod).
const BACK_OFF_MS: i64 = 10_000;
/// The longest (MaxCrashLoopBackOff).
const BACK_OFF_MAX_MS: i64 = 300_000;
/// The annotation that makes every container of a pod crash.
const CRASH: &str = "playground/crash";

/// One container of a pod.
#[derive(Clone, Debug)]
pub(super) struct Container {
    name: Arc<str>,
    image: Arc<str>,
    state: State,
    /// How often it was started after the first time.
    restarts: i32,
    /// Whether it has ever been started.
    started: bool,
    /// How its last run ended.
    last: Option<ContainerStateTerminated>,
    /// Failed pulls in a row.
    failed_pulls: u32,
    /// The code with which it is to exit now.
    crash: Option<i32>,
}

/// What a container is doing. Moments are those at which it began.
#[derive(Clone, Copy, Debug)]
enum State {
    /// It is to be started.
    Due,
    /// Its image is being fetched.
    Pulling(Timestamp),
    /// The fetch failed.
    PullFailed(Timestamp),
    /// The next fetch waits; the last one failed then.
    PullBackOff(Timestamp),
    /// Its image's name is none.
    InvalidImage,
    /// Its image is not there and may not be fetched.
    NeverPull,
    /// It runs.
    Running(Timestamp),
    /// It exited.
    Exited(Timestamp),
    /// The next start waits; it exited then.
    CrashBackOff(Timestamp),
}

/// The containers of a pod that has just got its sandbox.
pub(super) fn containers(pod: &Pod) -> Vec<Container> {
    pod.spec.iter().flat_map(|spec| &spec.containers).map(Container::new).collect()
}

/// Makes a running container (the first one, if none is named) exit at the next step; whether there is one.
pub(super) fn crash(containers: &mut [Container], name: Option<&str>, exit_code: i32) -> bool {
    let named = |c: &&mut Container| name.is_none_or(|name| *c.name == *name);
    let container = containers.iter_mut().find(named).filter(|c| matches!(c.state, State::Running(_)));
    container.map(|c| c.crash = Some(exit_code)).is_some()
}

pub(super) fn step(
    turn: &mut Turn<'_, '_>,
    containers: &mut [Container],
    address: &str,
    settings: &Settings,
    images: &mut OrdSet<(Arc<str>, Arc<str>)>,
) -> Next {
    let pod = turn.pod.clone();
    let specs = pod.spec.as_ref().map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let mut next: Option<Timestamp> = None;
    for (container, spec) in containers.iter_mut().zip(specs) {
        container.advance(turn, spec, settings, images);
        let due = container.due(&pod, spec, turn.cx.now, settings);
        next = next.into_iter().chain(due).min();
        if let State::Pulling(_) = container.state {
            break;
        }
    }
    write_status(turn, containers, specs, address, settings)?;
    Ok(next.and_then(|at| turn.until(at)))
}

fn image(container: &Spec) -> &str {
    container.image.as_deref().unwrap_or_default()
}

/// The back-off after so many failures (client-go/util/flowcontrol/backoff.go): doubling from 10 s to 5 minutes.
fn back_off_ms(failures: u32) -> i64 {
    match failures {
        0 => 0,
        n => BACK_OFF_MS.saturating_mul(1 << (n - 1).min(10)).min(BACK_OFF_MAX_MS),
    }
}

/// Seconds as Go prints a duration: `10s`, `1m20s`, `5m0s`.
fn go_seconds(ms: i64) -> String {
    let s = ms / 1000;
    if s < 60 { format!("{s}s") } else { format!("{}m{}s", s / 60, s % 60) }
}

/// Milliseconds as Go prints a duration: `800ms`, `1.2s`.
fn go_millis(ms: u64) -> String {
    if ms < 1000 {
        return format!("{ms}ms");
    }
    let fraction = format!("{:03}", ms % 1000);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{}s", ms / 1000) } else { format!("{}.{fraction}s", ms / 1000) }
}

fn pull_error(image: &str) -> String {
    let name = images::reference(image);
    format!(
        "rpc error: code = NotFound desc = failed to pull and unpack image \"{name}\": \
         failed to resolve reference \"{name}\": {name}: not found"
    )
}

fn invalid_name(image: &str) -> String {
    format!(
        "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": \
         invalid reference format: repository name must be lowercase"
    )
}

fn never_pull(image: &str) -> String {
    format!("Container image \"{image}\" is not present with pull policy of Never")
}

/// Milliseconds from a container's start until its readiness probe has succeeded often enough.
fn probe_ms(spec: &Spec) -> i64 {
    let delay_s = |probe: &k8s_openapi::api::core::v1::Probe| {
        let rounds = probe.success_threshold.unwrap_or(1).max(1) - 1;
        i64::from(probe.initial_delay_seconds.unwrap_or(0))
            + i64::from(rounds) * i64::from(probe.period_seconds.unwrap_or(10))
    };
    // Readiness is not probed before the startup probe has succeeded.
    let startup_s = spec.startup_probe.as_ref().map_or(0, delay_s);
    startup_s.max(spec.readiness_probe.as_ref().map_or(0, delay_s)).saturating_mul(1000)
}

impl Container {
    fn new(spec: &Spec) -> Container {
        Container {
            name: spec.name.as_str().into(),
            image: image(spec).into(),
            state: State::Due,
            restarts: 0,
            started: false,
            last: None,
            failed_pulls: 0,
            crash: None,
        }
    }

    /// Goes on until there is something to wait for.
    fn advance(
        &mut self,
        turn: &mut Turn<'_, '_>,
        spec: &Spec,
        settings: &Settings,
        present: &mut OrdSet<(Arc<str>, Arc<str>)>,
    ) {
        if *self.image != *image(spec) {
            self.replace_image(turn, spec);
        }
        if let (Some(code), State::Running(since)) = (self.crash.take(), self.state) {
            self.exit(turn, spec, since, code);
        }
        loop {
            if self.waits(turn, spec, settings) {
                return;
            }
            match self.state {
                State::Due => self.prepare(turn, spec, settings, present),
                State::Pulling(_) => self.finish_pull(turn, spec, settings, present),
                State::PullFailed(at) => {
                    self.state = State::PullBackOff(at);
                    turn.event(
                        &spec.name,
                        "Normal",
                        "BackOff",
                        &format!("Back-off pulling image \"{}\"", self.image),
                    );
                    turn.event(&spec.name, "Warning", "Failed", "Error: ImagePullBackOff");
                }
                State::PullBackOff(_) => self.state = State::Due,
                State::Exited(at) if back_off_ms(self.crashes()) > RELIST_MS => {
                    self.state = State::CrashBackOff(at);
                    let message = format!(
                        "Back-off restarting failed container {} in pod {}",
                        spec.name,
                        place(&turn.pod)
                    );
                    turn.event(&spec.name, "Warning", "BackOff", &message);
                }
                State::Exited(_) | State::CrashBackOff(_) => {
                    self.restarts += 1;
                    self.state = State::Due;
                }
                State::InvalidImage | State::NeverPull | State::Running(_) => return,
            }
        }
    }

    /// Exits that count for the back-off: the first one restarts at once.
    fn crashes(&self) -> u32 {
        u32::try_from(self.restarts).unwrap_or(0)
    }

    /// Whether the state lasts beyond now.
    fn waits(&self, turn: &Turn<'_, '_>, spec: &Spec, settings: &Settings) -> bool {
        match self.state {
            State::Due => false,
            _ => self.due(&turn.pod, spec, turn.cx.now, settings).is_none_or(|at| at > turn.cx.now),
        }
    }

    /// When the state ends by itself, or readiness comes.
    fn due(&self, pod: &Pod, spec: &Spec, now: Timestamp, settings: &Settings) -> Option<Timestamp> {
        match self.state {
            State::Due => Some(now),
            State::Pulling(at) => Some(after_ms(at, ms_i64(settings.pace.pull_ms))),
            State::PullFailed(at) | State::Exited(at) if self.restarts_after_exit(pod) => {
                Some(after_ms(at, RELIST_MS))
            }
            State::PullBackOff(at) => Some(after_ms(at, back_off_ms(self.failed_pulls))),
            State::CrashBackOff(at) => Some(after_ms(at, back_off_ms(self.crashes()))),
            State::Running(_) => self.ready_at(pod, spec, settings).filter(|at| *at > now),
            State::PullFailed(_) | State::Exited(_) | State::InvalidImage | State::NeverPull => None,
        }
    }

    /// Whether a container of this pod is started again after it has ended.
    fn restarts_after_exit(&self, pod: &Pod) -> bool {
        let policy = pod.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref());
        matches!(self.state, State::PullFailed(_)) || policy != Some("Never")
    }

    /// When the container is ready; `None` if it does not run or never will be.
    fn ready_at(&self, pod: &Pod, spec: &Spec, settings: &Settings) -> Option<Timestamp> {
        let State::Running(since) = self.state else {
            return None;
        };
        if hits(&settings.faults.fail_readiness, pod) {
            return None;
        }
        let late_ms = settings.faults.slow_ready_ms(pod).map_or(0, ms_i64);
        Some(after_ms(since, probe_ms(spec).max(late_ms)))
    }

    /// Another image was set in place: a running container is restarted with it.
    fn replace_image(&mut self, turn: &mut Turn<'_, '_>, spec: &Spec) {
        if let State::Running(since) = self.state {
            let message = format!("Container {} definition changed, will be restarted", spec.name);
            turn.event(&spec.name, "Normal", "Killing", &message);
            self.last = Some(self.ended(turn, spec, since, 0));
            self.restarts += 1;
        }
        self.image = image(spec).into();
        self.failed_pulls = 0;
        self.state = State::Due;
    }

    /// Finds the image, or begins to fetch it.
    fn prepare(
        &mut self,
        turn: &mut Turn<'_, '_>,
        spec: &Spec,
        settings: &Settings,
        present: &OrdSet<(Arc<str>, Arc<str>)>,
    ) {
        if images::is_invalid(&self.image) {
            self.state = State::InvalidImage;
            turn.event(&spec.name, "Warning", "InspectFailed", &invalid_name(&self.image));
            turn.event(&spec.name, "Warning", "Failed", "Error: InvalidImageName");
            return;
        }
        let here = present.contains(&(turn.node_name().into(), self.image.clone()));
        match spec.image_pull_policy.as_deref() {
            Some("Never") if !here => {
                self.state = State::NeverPull;
                turn.event(&spec.name, "Warning", "ErrImageNeverPull", &never_pull(&self.image));
                turn.event(&spec.name, "Warning", "Failed", "Error: ErrImageNeverPull");
            }
            Some("Always") => self.pull(turn, spec),
            _ if !here => self.pull(turn, spec),
            _ => {
                let message = format!(
                    "Container image \"{}\" already present on machine and can be accessed by the pod",
                    self.image
                );
                turn.event(&spec.name, "Normal", "Pulled", &message);
                self.start(turn, spec, settings);
            }
        }
    }

    fn pull(&mut self, turn: &mut Turn<'_, '_>, spec: &Spec) {
        turn.event(&spec.name, "Normal", "Pulling", &format!("Pulling image \"{}\"", self.image));
        self.state = State::Pulling(turn.cx.now);
    }

    fn finish_pull(
        &mut self,
        turn: &mut Turn<'_, '_>,
        spec: &Spec,
        settings: &Settings,
        present: &mut OrdSet<(Arc<str>, Arc<str>)>,
    ) {
        let image = self.image.clone();
        if images::is_missing(&image) || settings.faults.missing_images.contains(&*image) {
            self.failed_pulls += 1;
            self.state = State::PullFailed(turn.cx.now);
            let message = format!("Failed to pull image \"{image}\": {}", pull_error(&image));
            turn.event(&spec.name, "Warning", "Failed", &message);
            turn.event(&spec.name, "Warning", "Failed", "Error: ErrImagePull");
            return;
        }
        let took = go_millis(settings.pace.pull_ms);
        let message = format!(
            "Successfully pulled image \"{image}\" in {took} ({took} including waiting). Image size: {} bytes.",
            images::size(&image)
        );
        turn.event(&spec.name, "Normal", "Pulled", &message);
        self.failed_pulls = 0;
        present.insert((turn.node_name().into(), image));
        self.start(turn, spec, settings);
    }

    fn start(&mut self, turn: &mut Turn<'_, '_>, spec: &Spec, settings: &Settings) {
        let (created, started) = if turn.cx.features.container_events_name_nothing() {
            ("Container created".to_owned(), "Container started".to_owned())
        } else {
            (format!("Created container: {}", spec.name), format!("Started container {}", spec.name))
        };
        turn.event(&spec.name, "Normal", "Created", &created);
        turn.event(&spec.name, "Normal", "Started", &started);
        self.started = true;
        self.state = State::Running(turn.cx.now);
        if turn.annotated(CRASH) || hits(&settings.faults.crash_loop, &turn.pod) {
            self.exit(turn, spec, turn.cx.now, 1);
        }
    }

    fn exit(&mut self, turn: &Turn<'_, '_>, spec: &Spec, since: Timestamp, code: i32) {
        self.last = Some(self.ended(turn, spec, since, code));
        self.state = State::Exited(turn.cx.now);
    }

    fn ended(
        &self,
        turn: &Turn<'_, '_>,
        spec: &Spec,
        since: Timestamp,
        code: i32,
    ) -> ContainerStateTerminated {
        ContainerStateTerminated {
            exit_code: code,
            reason: Some(if code == 0 { "Completed" } else { "Error" }.to_owned()),
            started_at: Some(seconds(since)),
            finished_at: Some(seconds(turn.cx.now)),
            container_id: Some(images::container_id(turn.pod.uid(), &spec.name, self.restarts)),
            ..Default::default()
        }
    }

    fn api_state(&self, pod: &Pod, spec: &Spec) -> ContainerState {
        let image = &*self.image;
        match self.state {
            // While an image is tried again, the failure of the last time stays in view.
            State::Due | State::Pulling(_) if self.failed_pulls == 0 => {
                status::waiting("ContainerCreating", None)
            }
            State::PullFailed(_) => status::waiting("ErrImagePull", Some(pull_error(image))),
            State::Due | State::Pulling(_) | State::PullBackOff(_) => {
                let message =
                    format!("Back-off pulling image \"{image}\": ErrImagePull: {}", pull_error(image));
                status::waiting("ImagePullBackOff", Some(message))
            }
            State::InvalidImage => status::waiting("InvalidImageName", Some(invalid_name(image))),
            State::NeverPull => status::waiting("ErrImageNeverPull", Some(never_pull(image))),
            State::Running(since) => status::running(since),
            State::Exited(_) => status::terminated(self.last.clone().unwrap_or_default()),
            State::CrashBackOff(_) => {
                let wait = go_seconds(back_off_ms(self.crashes()));
                let message =
                    format!("back-off {wait} restarting failed container={} pod={}", spec.name, place(pod));
                status::waiting("CrashLoopBackOff", Some(message))
            }
        }
    }

    fn status(&self, pod: &Pod, spec: &Spec, ready: bool) -> ContainerStatus {
        let runs = matches!(self.state, State::Running(_));
        let exited = matches!(self.state, State::Exited(_));
        let image = if self.started { images::reference(&self.image) } else { self.image.to_string() };
        let last = self.last.clone().filter(|_| !exited).map(status::terminated);
        ContainerStatus {
            image,
            image_id: if self.started { images::id(&self.image) } else { String::new() },
            container_id: self.started.then(|| images::container_id(pod.uid(), &spec.name, self.restarts)),
            ready,
            started: Some(runs),
            restart_count: self.restarts,
            last_state: Some(last.unwrap_or_default()),
            ..status::never_started(&spec.name, "", self.api_state(pod, spec))
        }
    }
}

/// The pod as messages name it: `web-0_default(uid)`.
fn place(pod: &Pod) -> String {
    format!("{}_{}({})", pod.name(), pod.namespace(), pod.uid())
}

/// The phase (pkg/kubelet/kubelet_pods.go, getPhase).
fn phase(pod: &Pod, containers: &[Container]) -> &'static str {
    let restarts = pod.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref()) != Some("Never");
    if containers.iter().any(|c| !c.started) {
        "Pending"
    } else if !restarts && containers.iter().all(|c| matches!(c.state, State::Exited(_))) {
        "Failed"
    } else {
        "Running"
    }
}

fn write_status(
    turn: &mut Turn<'_, '_>,
    containers: &[Container],
    specs: &[Spec],
    address: &str,
    settings: &Settings,
) -> Result<(), client::Error> {
    let (pod, now) = (turn.pod.clone(), turn.cx.now);
    let is_ready = |c: &Container, spec: &Spec| {
        c.ready_at(&pod, spec, settings).is_some_and(|at| ms_between(at, now) >= 0)
    };
    let pairs = || containers.iter().zip(specs);
    let unready: Vec<&str> =
        pairs().filter(|(c, spec)| !is_ready(c, spec)).map(|(_, spec)| spec.name.as_str()).collect();
    let mut status = turn.status();
    status.phase = Some(phase(&pod, containers).to_owned());
    status.container_statuses =
        Some(pairs().map(|(c, spec)| c.status(&pod, spec, is_ready(c, spec))).collect());
    status.observed_generation = pod.metadata.generation;
    set_address(&mut status, address);
    status::set_conditions(&mut status, &status::readiness(true, &unready), now);
    turn.write(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_offs_double_up_to_five_minutes() {
        let seconds: Vec<i64> = (0..8).map(|n| back_off_ms(n) / 1000).collect();
        assert_eq!(seconds, [0, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(back_off_ms(u32::MAX), 300_000);
    }

    #[test]
    fn durations_read_as_in_go() {
        assert_eq!([10_000, 80_000, 300_000].map(go_seconds), ["10s", "1m20s", "5m0s"]);
        assert_eq!([800, 1000, 1250].map(go_millis), ["800ms", "1s", "1.25s"]);
    }
}
