//! A container that another kubelet has brought to where it is.
//!
//! Models what kuberuntime reads back from the runtime after a restart of the kubelet. Departs: it is read off the pod's
//! status; back-offs begin anew, as upstream's do, and what failed goes on failing.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container as Spec, ContainerStatus};

use super::{Ailment, Container, Role, State};

impl Container {
    /// A container with that status.
    pub(in crate::kubelet) fn found(
        spec: &Spec,
        role: Role,
        status: &ContainerStatus,
        now: Timestamp,
    ) -> Container {
        let mut container = Container::new(spec, role);
        let state = status.state.clone().unwrap_or_default();
        container.refusal = state.waiting.map(Arc::new);
        let ended = state.terminated.or_else(|| status.last_state.as_ref()?.terminated.clone());
        (container.state, container.ailment) = state_of(status, now);
        container.started = ended.is_some() || container.is_running();
        container.last = ended;
        container.restarts = status.restart_count.max(0);
        container.crashes = u32::from(matches!(container.state, State::CrashBackOff(_)));
        container.failed_pulls = u32::from(matches!(container.state, State::PullBackOff(_)));
        container.startup.take_over(status.started == Some(true));
        container.readiness.take_over(status.ready);
        container.found = Some(Arc::new(status.clone()));
        container
    }

    /// Whether it is what it was found as, given whether it is ready now.
    pub(in crate::kubelet) fn is_as_found(&self, ready: bool) -> bool {
        self.found.as_ref().is_some_and(|found| found.ready == ready)
    }
}

fn state_of(status: &ContainerStatus, now: Timestamp) -> (State, Ailment) {
    let Some(state) = status.state.as_ref() else { return (State::Due, Ailment::None) };
    if let Some(running) = &state.running {
        let ailment = if status.ready { Ailment::None } else { Ailment::Unready };
        return (State::Running(running.started_at.as_ref().map_or(now, |at| at.0)), ailment);
    }
    if let Some(ended) = &state.terminated {
        let ailment = if ended.exit_code == 0 { Ailment::None } else { Ailment::Crashes };
        return (State::Exited(ended.finished_at.as_ref().map_or(now, |at| at.0)), ailment);
    }
    let reason = state.waiting.as_ref().and_then(|waiting| waiting.reason.as_deref());
    match reason.unwrap_or_default() {
        "" | "ContainerCreating" | "PodInitializing" => (State::Due, Ailment::None),
        "CrashLoopBackOff" => (State::CrashBackOff(now), Ailment::Crashes),
        "ErrImagePull" | "ImagePullBackOff" => (State::PullBackOff(now), Ailment::None),
        _ => (State::Held, Ailment::None),
    }
}
