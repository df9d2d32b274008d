//! The end of a pod: its containers stop, the terminal status is written, the object is removed.
//!
//! Models pkg/kubelet/pod_workers.go (SyncTerminatingPod, SyncTerminatedPod) and the last status of
//! pkg/kubelet/status/status_manager.go (TerminatePod). A pod that still waits for a container ends as Failed.

use client::Client;
use client::api::DeleteOptions;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateTerminated, ContainerStatus, Pod, PodStatus,
};
use machinery::object::is_pod_terminal;
use machinery::time::{after_ms, seconds};
use machinery::{Kind, Resource};

use super::profile::hits;
use super::status::{self, Fact};
use super::{Next, Profile, Settings, Stage, Turn, Worker, images, ms_i64, pod_lifecycle};

/// Between the terminal status and the removal of the object; others see the status in between.
const REMOVE_AFTER_MS: u64 = 20;

/// The longest preStop hook; the grace period ends it earlier.
const MAX_PRE_STOP_S: i64 = 1_000_000;

pub(super) fn step(turn: &mut Turn<'_, '_>, worker: &mut Worker, settings: &Settings) -> Next {
    match worker.stage {
        Stage::Gone => return Ok(None),
        Stage::Stopping { .. } | Stage::Stopped => {}
        _ if hits(&settings.faults.stuck_delete, &turn.pod) => return Ok(None),
        _ => begin(turn, worker, settings),
    }
    if let Some(wait) = turn.until(worker.due) {
        return Ok(Some(wait));
    }
    if let Stage::Stopping { killed } = worker.stage {
        write_terminal_status(turn, killed, settings.profile)?;
        worker.stage = Stage::Stopped;
        worker.due = after_ms(turn.cx.now, ms_i64(REMOVE_AFTER_MS));
        return Ok(Some(REMOVE_AFTER_MS));
    }
    let options = DeleteOptions {
        grace_period_seconds: Some(0),
        uid: turn.pod.metadata.uid.clone(),
        ..Default::default()
    };
    match turn.cx.api.delete(Kind::Pod, turn.pod.namespace(), turn.pod.name(), options) {
        Err(refusal) if !(refusal.is_not_found() || refusal.is_conflict()) => return Err(refusal.into()),
        _ => worker.stage = Stage::Gone,
    }
    Ok(None)
}

/// Asks the containers to stop.
fn begin(turn: &mut Turn<'_, '_>, worker: &mut Worker, settings: &Settings) {
    let pod = turn.pod.clone();
    let specs = pod.spec.iter().flat_map(pod_lifecycle::specs);
    let running: Vec<&Container> = match settings.profile {
        Profile::Default => specs.filter(|c| runs(&pod, &c.name)).collect(),
        // The stand-in looks at the pod, not at its containers.
        Profile::Recorder if status::phase(&pod) == "Running" => {
            pod.spec.iter().flat_map(|spec| &spec.containers).collect()
        }
        Profile::Recorder => Vec::new(),
    };
    let (span_ms, killed) = stop(turn, &running, settings);
    worker.stage = Stage::Stopping { killed };
    worker.due = after_ms(turn.cx.now, span_ms);
}

/// Whether the pod's status says that the container runs.
pub(super) fn runs(pod: &Pod, container: &str) -> bool {
    let state = status::container(pod, container).and_then(|status| status.state.as_ref());
    state.is_some_and(|state| state.running.is_some())
}

/// Asks running containers to stop (killContainersWithSyncResult): how many milliseconds they take, and whether they are
/// killed then.
pub(super) fn stop(turn: &mut Turn<'_, '_>, containers: &[&Container], settings: &Settings) -> (i64, bool) {
    announce(turn, containers);
    let own_s = turn.pod.spec.as_ref().and_then(|spec| spec.termination_grace_period_seconds);
    let grace_s = turn.pod.metadata.deletion_grace_period_seconds.or(own_s).unwrap_or(i64::MAX);
    let grace_ms = grace_s.saturating_mul(1000).max(0);
    let wanted_ms = ms_i64(settings.stop_ms()).saturating_add(pre_stop_ms(containers, settings));
    let killed = !containers.is_empty() && wanted_ms > grace_ms && settings.profile == Profile::Default;
    (wanted_ms.min(grace_ms), killed)
}

/// Says that containers are asked to stop (killContainer).
pub(super) fn announce(turn: &mut Turn<'_, '_>, containers: &[&Container]) {
    for Container { name, .. } in containers {
        turn.event(name, "Normal", "Killing", &format!("Stopping container {name}"));
    }
}

/// How long the longest preStop hook takes: one that sleeps, as an action or by the program of that name.
fn pre_stop_ms(containers: &[&Container], settings: &Settings) -> i64 {
    let hook_s = |container: &Container| -> Option<i64> {
        let hook = container.lifecycle.as_ref()?.pre_stop.as_ref()?;
        let slept = || {
            let words = hook.exec.as_ref()?.command.as_ref()?.join(" ");
            let (_, seconds) = words.rsplit_once("sleep ")?;
            seconds.trim().parse().ok()
        };
        hook.sleep.as_ref().map(|sleep| sleep.seconds).or_else(slept)
    };
    if settings.profile == Profile::Recorder {
        return 0;
    }
    containers.iter().copied().filter_map(hook_s).max().unwrap_or(0).clamp(0, MAX_PRE_STOP_S) * 1000
}

fn write_terminal_status(
    turn: &mut Turn<'_, '_>,
    killed: bool,
    profile: Profile,
) -> Result<(), client::Error> {
    let (pod, now) = (turn.pod.clone(), turn.cx.now);
    if is_pod_terminal(&pod) {
        return Ok(());
    }
    let mut status = turn.status();
    end_all(&mut status, &pod, killed, now);
    let ended = status.container_statuses.get_or_insert_default();
    if profile == Profile::Recorder {
        // The stand-in leaves it out.
        ended.iter_mut().for_each(|container| container.container_id = None);
    }
    let exit_code = |c: &ContainerStatus| c.state.as_ref()?.terminated.as_ref().map(|t| t.exit_code);
    let succeeded = ended.iter().all(|c| exit_code(c) == Some(0));
    let (phase, reason) = if succeeded { ("Succeeded", "PodCompleted") } else { ("Failed", "PodFailed") };
    status.phase = Some(phase.to_owned());
    turn.set_conditions(&mut status, &status::ended(reason));
    turn.write(status)
}

/// When the pod has been active for as long as it may be (pkg/kubelet/active_deadline.go).
pub(super) fn deadline(pod: &Pod) -> Option<Timestamp> {
    let allowed_s = pod.spec.as_ref()?.active_deadline_seconds?;
    let start = pod.status.as_ref()?.start_time.as_ref()?;
    Some(after_ms(start.0, allowed_s.saturating_mul(1000)))
}

/// Stops a pod that is past its deadline: the object stays, Failed once the containers have ended.
pub(super) fn exceed_deadline(turn: &mut Turn<'_, '_>, worker: &mut Worker, settings: &Settings) -> Next {
    let message = "Pod was active on the node longer than the specified deadline";
    let Stage::Stopping { killed } = worker.stage else {
        turn.tell(&Pod::wrap(turn.pod.clone()), "Normal", "DeadlineExceeded", message);
        begin(turn, worker, settings);
        return Ok(turn.until(worker.due));
    };
    if let Some(wait) = turn.until(worker.due) {
        return Ok(Some(wait));
    }
    worker.stage = Stage::Gone;
    fail(turn, ("DeadlineExceeded", message), killed, None)?;
    Ok(None)
}

/// Says that the pod has failed, and why.
pub(super) fn fail(
    turn: &mut Turn<'_, '_>,
    (reason, message): (&str, &str),
    killed: bool,
    more: Option<Fact>,
) -> Result<(), client::Error> {
    let (pod, now) = (turn.pod.clone(), turn.cx.now);
    let mut status = turn.status();
    status.phase = Some("Failed".to_owned());
    status.reason = Some(reason.to_owned());
    status.message = Some(message.to_owned());
    end_all(&mut status, &pod, killed, now);
    let mut facts = status::ended("PodFailed");
    facts.extend(more);
    turn.set_conditions(&mut status, &facts);
    turn.write(status)
}

/// The containers' last statuses. An init container that has ended, or never began, stays as it is.
fn end_all(status: &mut PodStatus, pod: &Pod, killed: bool, now: Timestamp) {
    let Some(spec) = pod.spec.as_ref() else { return };
    let is_over = |state: &Option<ContainerState>| state.as_ref().is_some_and(|s| s.terminated.is_some());
    for shown in status.init_container_statuses.iter_mut().flatten() {
        let began = runs(pod, &shown.name) || is_over(&shown.last_state);
        let init = spec.init_containers.iter().flatten().find(|c| c.name == shown.name);
        if let Some(init) = init.filter(|_| began && !is_over(&shown.state)) {
            *shown = end(pod, init, killed, now);
        }
    }
    let ended = spec.containers.iter().map(|c| end(pod, c, killed, now));
    status.container_statuses = Some(ended.collect());
}

/// The container's last status: it ended in order if it ran and was not killed, as it had before if it was between two runs.
fn end(pod: &Pod, container: &Container, killed: bool, now: Timestamp) -> ContainerStatus {
    let before = status::container(pod, &container.name).cloned().unwrap_or_else(|| ContainerStatus {
        name: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        ..Default::default()
    });
    let state = before.state.unwrap_or_default();
    let earlier = || before.last_state.as_ref().and_then(|last| last.terminated.clone());
    let terminated = if let Some(running) = state.running {
        ContainerStateTerminated {
            exit_code: if killed { 137 } else { 0 },
            reason: Some(if killed { "Error" } else { "Completed" }.to_owned()),
            started_at: running.started_at,
            finished_at: Some(seconds(now)),
            container_id: Some(images::container_id(pod.uid(), &container.name, before.restart_count)),
            ..Default::default()
        }
    } else {
        state.terminated.or_else(earlier).unwrap_or_else(|| ContainerStateTerminated {
            exit_code: 137,
            reason: Some("ContainerStatusUnknown".to_owned()),
            message: Some("The container could not be located when the pod was terminated".to_owned()),
            ..Default::default()
        })
    };
    ContainerStatus {
        ready: false,
        started: Some(false),
        state: Some(status::terminated(terminated)),
        ..before
    }
}
