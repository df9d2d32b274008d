//! A pod's row: how many containers are ready, the one word of its status, its restarts.
//!
//! Models printPod of pkg/printers/internalversion/printers.go (v1.36.2), which later assignments of STATUS win.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, ContainerState, ContainerStatus, Pod, PodSpec, PodStatus};
use machinery::object::is_pod_terminal;
use machinery::version::Features;

use super::age;

const NONE: &str = "<none>";

/// NAME READY STATUS RESTARTS AGE IP NODE NOMINATED-NODE READINESS-GATES.
pub(crate) fn row(pod: &Pod, now: Timestamp, features: Features) -> Vec<String> {
    let spec = pod.spec.clone().unwrap_or_default();
    let status = pod.status.clone().unwrap_or_default();
    let summary = summarize(pod, features);
    let or_none = |text: Option<&String>| text.filter(|t| !t.is_empty()).cloned().unwrap_or(NONE.to_owned());
    let ip = status.pod_ips.iter().flatten().next().map(|ip| &ip.ip).or(status.pod_ip.as_ref());
    vec![
        pod.metadata.name.clone().unwrap_or_default(),
        format!("{}/{}", summary.ready, summary.total),
        summary.reason,
        restarts(summary.restarts, summary.last_restart, now),
        age::since(pod.metadata.creation_timestamp.as_ref(), now),
        or_none(ip),
        or_none(spec.node_name.as_ref()),
        or_none(status.nominated_node_name.as_ref()),
        readiness_gates(&spec, &status),
    ]
}

/// What a pod's row says of its containers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// The word of the STATUS column.
    pub reason: String,
    /// Ready containers.
    pub ready: usize,
    /// All containers, sidecars included.
    pub total: usize,
    /// Restarts of all containers.
    pub restarts: i32,
    /// When a container ended last before it was restarted.
    pub last_restart: Option<Timestamp>,
}

/// What the pod's row says in the given version.
pub fn summarize(pod: &Pod, features: Features) -> Summary {
    let spec = pod.spec.clone().unwrap_or_default();
    let status = pod.status.clone().unwrap_or_default();
    let mut summary = Summary {
        reason: status.phase.clone().unwrap_or_default(),
        total: spec.containers.len(),
        ..Summary::default()
    };
    if let Some(reason) = status.reason.clone().filter(|reason| !reason.is_empty()) {
        summary.reason = reason;
    }
    let gated = status.conditions.iter().flatten().any(|condition| {
        condition.type_ == "PodScheduled" && condition.reason.as_deref() == Some("SchedulingGated")
    });
    if gated {
        summary.reason = "SchedulingGated".to_owned();
    }
    summary.total += spec.init_containers.iter().flatten().filter(|c| is_sidecar(c)).count();
    let sidecars = summarize_init_containers(&spec, &status, &mut summary);
    if sidecars.initializing && !condition_is_true(&status, "Initialized") {
        return terminating(pod, summary);
    }
    summary.restarts = sidecars.restarts;
    summary.last_restart = sidecars.last_restart;
    summarize_containers(&status, &mut summary, features);
    terminating(pod, summary)
}

fn terminating(pod: &Pod, mut summary: Summary) -> Summary {
    if pod.metadata.deletion_timestamp.is_some() {
        if pod.status.as_ref().and_then(|status| status.reason.as_deref()) == Some("NodeLost") {
            summary.reason = "Unknown".to_owned();
        } else if !is_pod_terminal(pod) {
            summary.reason = "Terminating".to_owned();
        }
    }
    summary
}

#[derive(Default)]
struct Sidecars {
    initializing: bool,
    restarts: i32,
    last_restart: Option<Timestamp>,
}

fn summarize_init_containers(spec: &PodSpec, status: &PodStatus, summary: &mut Summary) -> Sidecars {
    let mut sidecars = Sidecars::default();
    let init_containers = spec.init_containers.as_deref().unwrap_or_default();
    for (i, container) in status.init_container_statuses.iter().flatten().enumerate() {
        let declared = init_containers.iter().find(|c| c.name == container.name);
        let ended_last = last_end(container);
        summary.restarts += container.restart_count;
        summary.last_restart = summary.last_restart.max(ended_last);
        let sidecar = declared.is_some_and(is_sidecar);
        if sidecar {
            sidecars.restarts += container.restart_count;
            sidecars.last_restart = sidecars.last_restart.max(ended_last);
        }
        let state = container.state.clone().unwrap_or_default();
        let reason = match (&state.terminated, &state.waiting) {
            (Some(end), _) if end.exit_code == 0 => continue,
            _ if sidecar && container.started == Some(true) => {
                summary.ready += usize::from(container.ready);
                continue;
            }
            (Some(_), _) => ended(&state),
            (None, Some(waiting)) => {
                waiting.reason.clone().filter(|r| !r.is_empty() && r != "PodInitializing")
            }
            (None, None) => None,
        };
        summary.reason = match reason {
            Some(reason) => format!("Init:{reason}"),
            None => format!("Init:{i}/{}", init_containers.len()),
        };
        sidecars.initializing = true;
        break;
    }
    sidecars
}

// From the last container to the first, so that the first has the last word.
fn summarize_containers(status: &PodStatus, summary: &mut Summary, features: Features) {
    let mut running = false;
    let mut failure = None;
    for container in status.container_statuses.iter().flatten().rev() {
        summary.restarts += container.restart_count;
        summary.last_restart = summary.last_restart.max(last_end(container));
        let state = container.state.clone().unwrap_or_default();
        if let Some(reason) = waiting_reason(&state) {
            summary.reason = reason;
        } else if let Some(reason) = ended(&state) {
            let failed = state
                .terminated
                .as_ref()
                .is_some_and(|end| end.exit_code != 0 || end.signal.is_some_and(|s| s != 0));
            if failed && features.failures_outweigh_completion() {
                failure = Some(reason.clone());
            }
            summary.reason = reason;
        } else if container.ready && state.running.is_some() {
            running = true;
            summary.ready += 1;
        }
    }
    if summary.reason == "Completed" {
        if running && condition_is_true(status, "Ready") {
            summary.reason = "Running".to_owned();
        } else if let Some(reason) = failure.filter(|_| features.failures_outweigh_completion()) {
            summary.reason = reason;
        } else if running {
            summary.reason = "NotReady".to_owned();
        }
    }
}

fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

fn waiting_reason(state: &ContainerState) -> Option<String> {
    state.waiting.as_ref()?.reason.clone().filter(|reason| !reason.is_empty())
}

// Why a container ended: its reason, or else its signal or exit code.
fn ended(state: &ContainerState) -> Option<String> {
    let end = state.terminated.as_ref()?;
    Some(match (end.reason.as_deref(), end.signal) {
        (Some(reason), _) if !reason.is_empty() => reason.to_owned(),
        (_, Some(signal)) if signal != 0 => format!("Signal:{signal}"),
        _ => format!("ExitCode:{}", end.exit_code),
    })
}

fn last_end(container: &ContainerStatus) -> Option<Timestamp> {
    container.last_state.as_ref()?.terminated.as_ref()?.finished_at.as_ref().map(|time| time.0)
}

fn condition_is_true(status: &PodStatus, name: &str) -> bool {
    status.conditions.iter().flatten().any(|c| c.type_ == name && c.status == "True")
}

fn restarts(count: i32, last: Option<Timestamp>, now: Timestamp) -> String {
    match last {
        Some(last) if count > 0 => {
            let ago = age::duration(now.as_millisecond() - last.as_millisecond());
            format!("{count} ({ago} ago)")
        }
        _ => count.to_string(),
    }
}

fn readiness_gates(spec: &PodSpec, status: &PodStatus) -> String {
    let gates = spec.readiness_gates.as_deref().unwrap_or_default();
    if gates.is_empty() {
        return NONE.to_owned();
    }
    let met = gates.iter().filter(|gate| condition_is_true(status, &gate.condition_type)).count();
    format!("{met}/{}", gates.len())
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Pod;
    use machinery::version::{Features, Version};
    use serde_json::{Value, json};

    use super::summarize;

    fn pod(status: Value, deleted: bool) -> Pod {
        let mut metadata = json!({"name": "p"});
        if deleted {
            metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        }
        let spec = json!({
            "containers": [{"name": "a"}, {"name": "b"}],
            "initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}],
        });
        serde_json::from_value(json!({"metadata": metadata, "spec": spec, "status": status})).expect("a pod")
    }

    fn container(name: &str, ready: bool, state: Value) -> Value {
        json!({"name": name, "ready": ready, "restartCount": 1, "image": "", "imageID": "", "state": state})
    }

    #[test]
    fn the_status_is_the_last_word() {
        let running = json!({"running": {}});
        let completed = json!({"terminated": {"exitCode": 0, "reason": "Completed"}});
        let ready = json!([{"type": "Ready", "status": "True"}]);
        let cases = [
            (json!({"phase": "Pending"}), false, "0/3 Pending"),
            (json!({"phase": "Failed", "reason": "Evicted"}), false, "0/3 Evicted"),
            (
                json!({"phase": "Pending", "initContainerStatuses": [container("i", false, json!({"waiting": {"reason": "PodInitializing"}}))]}),
                false,
                "0/3 Init:0/2",
            ),
            (
                json!({"phase": "Pending", "initContainerStatuses": [container("i", false, json!({"terminated": {"exitCode": 3}}))]}),
                false,
                "0/3 Init:ExitCode:3",
            ),
            (
                json!({"phase": "Pending", "containerStatuses": [container("a", false, json!({"waiting": {"reason": "ContainerCreating"}}))]}),
                false,
                "0/3 ContainerCreating",
            ),
            (
                json!({"phase": "Running", "conditions": ready, "containerStatuses": [container("a", true, running.clone()), container("b", false, completed.clone())]}),
                false,
                "1/3 Running",
            ),
            (
                json!({"phase": "Running", "containerStatuses": [container("a", false, completed.clone()), container("b", false, json!({"terminated": {"exitCode": 137, "signal": 9}}))]}),
                false,
                "0/3 Signal:9",
            ),
            (
                json!({"phase": "Running", "containerStatuses": [container("a", false, completed.clone()), container("b", true, running.clone())]}),
                false,
                "1/3 NotReady",
            ),
            (
                json!({"phase": "Running", "containerStatuses": [container("a", true, running.clone())]}),
                true,
                "1/3 Terminating",
            ),
            (
                json!({"phase": "Succeeded", "containerStatuses": [container("a", false, completed)]}),
                true,
                "0/3 Completed",
            ),
            (json!({"phase": "Running", "reason": "NodeLost"}), true, "0/3 Unknown"),
        ];
        for (status, deleted, expected) in cases {
            let summary = summarize(&pod(status.clone(), deleted), Features::default());
            assert_eq!(
                format!("{}/{} {}", summary.ready, summary.total, summary.reason),
                expected,
                "{status}"
            );
        }
    }

    #[test]
    fn older_versions_show_completion_before_a_failure() {
        let ended = |name: &str, code: i32, reason: &str| {
            json!({"name": name, "image": "i", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"terminated": {"exitCode": code, "reason": reason}}})
        };
        let statuses = json!([ended("a", 0, "Completed"), ended("b", 1, "Error")]);
        let pod = pod(json!({"phase": "Running", "containerStatuses": statuses}), false);
        for (version, expected) in [(Version::V1_32, "Completed"), (Version::V1_36, "Error")] {
            assert_eq!(summarize(&pod, Features::of(version)).reason, expected, "{version}");
        }
    }
}
