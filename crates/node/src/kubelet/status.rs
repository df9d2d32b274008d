//! The parts of a pod's status: conditions and container states.
//!
//! Models pkg/kubelet/status/generate.go and the conversions of pkg/kubelet/kubelet_pods.go.
//! Invariant: a condition's transition time moves only when its status changes.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
    ContainerStatus, Pod, PodCondition, PodStatus, VolumeMount, VolumeMountStatus,
};
use machinery::time::seconds;

/// The condition types that a kubelet writes, in its order.
const ORDER: [&str; 5] =
    ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

/// A condition before it has a time: type, whether it holds, reason and message.
#[derive(Clone)]
pub(super) struct Fact {
    pub(super) kind: &'static str,
    pub(super) holds: bool,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl Fact {
    pub(super) fn holds(kind: &'static str) -> Fact {
        Fact { kind, holds: true, reason: "", message: String::new() }
    }

    pub(super) fn fails(kind: &'static str, reason: &'static str, message: &str) -> Fact {
        Fact { kind, holds: false, reason, message: message.to_owned() }
    }
}

/// The conditions of a pod that has ended; whether it was initialized is another question.
pub(super) fn ended(reason: &'static str) -> Vec<Fact> {
    let sandbox = Fact { holds: false, ..Fact::holds(ORDER[0]) };
    let fails = |kind| Fact::fails(kind, reason, "");
    vec![sandbox, fails("Ready"), fails("ContainersReady")]
}

/// Whether the init containers have done their work, of which those in `incomplete` have not.
pub(super) fn initialized(incomplete: &[&str]) -> Fact {
    if incomplete.is_empty() {
        return Fact::holds("Initialized");
    }
    let message = format!("containers with incomplete status: [{}]", incomplete.join(" "));
    Fact::fails("Initialized", "ContainersNotInitialized", &message)
}

/// The conditions of a pod whose init containers in `incomplete` have not done their work, and whose containers in
/// `unready` are not ready.
pub(super) fn readiness(sandbox: bool, incomplete: &[&str], unready: &[&str]) -> Vec<Fact> {
    let sandbox = Fact { holds: sandbox, ..Fact::holds(ORDER[0]) };
    let initialized = initialized(incomplete);
    // What is on a node has been scheduled, even if no scheduler saw it (generateAPIPodStatus).
    let scheduled = Fact::holds("PodScheduled");
    if unready.is_empty() {
        return vec![sandbox, initialized, Fact::holds("Ready"), Fact::holds("ContainersReady"), scheduled];
    }
    let message = format!("containers with unready status: [{}]", unready.join(" "));
    let fails = |kind| Fact::fails(kind, "ContainersNotReady", &message);
    vec![sandbox, initialized, fails("Ready"), fails("ContainersReady"), scheduled]
}

/// Why the pod's readiness gates keep it from being ready (GeneratePodReadyCondition); `None` if they are all open.
fn closed_gates(pod: &Pod) -> Option<String> {
    let conditions = || pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let gates = pod.spec.iter().flat_map(|spec| spec.readiness_gates.iter().flatten());
    let closed = gates.filter_map(|gate| {
        let kind = &gate.condition_type;
        match conditions().find(|condition| condition.type_ == *kind) {
            None => Some(format!("corresponding condition of pod readiness gate \"{kind}\" does not exist.")),
            Some(condition) if condition.status != "True" => {
                let state = &condition.status;
                Some(format!("the status of pod readiness gate \"{kind}\" is not \"True\", but {state}"))
            }
            Some(_) => None,
        }
    });
    let reasons: Vec<String> = closed.collect();
    (!reasons.is_empty()).then(|| reasons.join(", "))
}

/// The conditions of a pod that has readiness gates besides: its containers being ready is not enough.
pub(super) fn gated(pod: &Pod, mut facts: Vec<Fact>) -> Vec<Fact> {
    for ready in facts.iter_mut().filter(|fact| fact.kind == "Ready" && fact.holds) {
        if let Some(message) = closed_gates(pod) {
            *ready = Fact::fails("Ready", "ReadinessGatesNotReady", &message);
        }
    }
    facts
}

/// Whether a pod whose containers are ready is said to be ready exactly if its readiness gates, of which it has some, are open.
pub(super) fn agrees_with_gates(pod: &Pod) -> bool {
    let conditions = || pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let is_true = |kind| conditions().any(|condition| condition.type_ == kind && condition.status == "True");
    let has_none =
        pod.spec.as_ref().is_none_or(|spec| spec.readiness_gates.iter().flatten().next().is_none());
    has_none || !is_true("ContainersReady") || is_true("Ready") == closed_gates(pod).is_none()
}

/// Sets the conditions, keeping the times of those that did not change and those of others, which stand first
/// (generateAPIPodStatus). Those of a kubelet tell that they are of that generation, if there is one
/// (CalculatePodConditionObservedGeneration).
pub(super) fn set_conditions(
    status: &mut PodStatus,
    facts: &[Fact],
    generation: Option<i64>,
    now: Timestamp,
) {
    let mut conditions = status.conditions.take().unwrap_or_default();
    for fact in facts {
        let state = if fact.holds { "True" } else { "False" };
        let old = conditions.iter().position(|c| c.type_ == fact.kind);
        let since = old
            .filter(|at| conditions[*at].status == state)
            .and_then(|at| conditions[at].last_transition_time.clone())
            .unwrap_or_else(|| seconds(now));
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let condition = PodCondition {
            type_: fact.kind.to_owned(),
            status: state.to_owned(),
            reason: text(fact.reason),
            message: text(&fact.message),
            last_transition_time: Some(since),
            observed_generation: generation,
            ..Default::default()
        };
        match old {
            Some(at) => conditions[at] = condition,
            None => conditions.push(condition),
        }
    }
    for own in conditions.iter_mut().filter(|c| ORDER.contains(&c.type_.as_str())) {
        own.observed_generation = generation.or(own.observed_generation);
    }
    conditions.sort_by_key(|c| ORDER.iter().position(|kind| *kind == c.type_));
    status.conditions = Some(conditions);
}

/// The conditions that are not a kubelet's.
pub(super) fn of_others(conditions: Option<Vec<PodCondition>>) -> Option<Vec<PodCondition>> {
    let mut conditions = conditions?;
    conditions.retain(|condition| !ORDER.contains(&condition.type_.as_str()));
    (!conditions.is_empty()).then_some(conditions)
}

/// A container that waits.
pub(super) fn waiting(reason: &str, message: Option<String>) -> ContainerState {
    let waiting = ContainerStateWaiting { reason: Some(reason.to_owned()), message };
    ContainerState { waiting: Some(waiting), ..Default::default() }
}

/// A container that runs since then.
pub(super) fn running(since: Timestamp) -> ContainerState {
    let running = ContainerStateRunning { started_at: Some(seconds(since)) };
    ContainerState { running: Some(running), ..Default::default() }
}

/// A container that has ended.
pub(super) fn terminated(terminated: ContainerStateTerminated) -> ContainerState {
    ContainerState { terminated: Some(terminated), ..Default::default() }
}

/// A container that has never run.
pub(super) fn never_started(name: &str, image: &str, state: ContainerState) -> ContainerStatus {
    ContainerStatus {
        name: name.to_owned(),
        image: image.to_owned(),
        ready: false,
        started: Some(false),
        state: Some(state),
        last_state: Some(ContainerState::default()),
        ..Default::default()
    }
}

/// What is mounted into a container, as its status tells it (convertToAPIContainerStatuses).
pub(super) fn volume_mounts(container: &Container) -> Option<Vec<VolumeMountStatus>> {
    let mounts = container.volume_mounts.as_ref().filter(|mounts| !mounts.is_empty())?;
    Some(mounts.iter().map(volume_mount).collect())
}

/// A mount; the runtime can make all that is below it read-only, too (resolveRecursiveReadOnly).
fn volume_mount(mount: &VolumeMount) -> VolumeMountStatus {
    let read_only = mount.read_only.filter(|read_only| *read_only);
    let recursive = match mount.recursive_read_only.as_deref() {
        Some("Enabled" | "IfPossible") => "Enabled",
        _ => "Disabled",
    };
    VolumeMountStatus {
        name: mount.name.clone(),
        mount_path: mount.mount_path.clone(),
        read_only,
        recursive_read_only: read_only.map(|_| recursive.to_owned()),
        ..Default::default()
    }
}

/// The status's container of that name.
pub(super) fn container<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStatus> {
    let status = pod.status.as_ref()?;
    let init = status.init_container_statuses.iter().flatten();
    init.chain(status.container_statuses.iter().flatten()).find(|c| c.name == name)
}

/// The pod's phase, empty if it has none yet.
pub(super) fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or_default()
}
