//! Questions about a pod that more than one controller asks.
//!
//! Models pkg/api/v1/pod/util.go.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, ContainerPort, Pod, PodCondition, PodStatus, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
pub(crate) use machinery::object::is_pod_terminal;
use machinery::time::{ms_between, seconds};

/// `status.phase`; empty for a pod that is not stored.
pub(crate) fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

/// The node that the pod is bound to.
pub(crate) fn node_name(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref().filter(|name| !name.is_empty())
}

fn ready_condition(pod: &Pod) -> Option<&PodCondition> {
    pod.status.as_ref()?.conditions.iter().flatten().find(|condition| condition.type_ == "Ready")
}

/// Whether the pod's Ready condition is true.
pub(crate) fn is_pod_ready(pod: &Pod) -> bool {
    ready_condition(pod).is_some_and(|condition| condition.status == "True")
}

/// Since when the pod's Ready condition is what it is.
pub(crate) fn ready_transition(pod: &Pod) -> Option<Timestamp> {
    ready_condition(pod)?.last_transition_time.as_ref().map(|time| time.0)
}

/// Whether the pod has been Ready for `min_ready_seconds`.
pub(crate) fn is_pod_available(pod: &Pod, min_ready_seconds: i32, now: Timestamp) -> bool {
    is_pod_ready(pod)
        && (min_ready_seconds == 0
            || ready_transition(pod)
                .is_some_and(|since| ms_between(since, now) >= i64::from(min_ready_seconds) * 1000))
}

/// Milliseconds until a Ready pod becomes available; `None` if it is, or is not Ready.
pub(crate) fn next_pod_availability_check(pod: &Pod, min_ready_seconds: i32, now: Timestamp) -> Option<u64> {
    if !is_pod_ready(pod) || min_ready_seconds <= 0 {
        return None;
    }
    let left = i64::from(min_ready_seconds) * 1000 - ms_between(ready_transition(pod)?, now);
    u64::try_from(left).ok().filter(|&left| left > 0)
}

/// Sets a condition; its transition time moves only when its status changes. Whether anything changed
/// (UpdatePodCondition).
pub(crate) fn update_pod_condition(status: &mut PodStatus, condition: PodCondition, now: Timestamp) -> bool {
    let conditions = status.conditions.get_or_insert_default();
    let Some(old) = conditions.iter_mut().find(|c| c.type_ == condition.type_) else {
        conditions.push(PodCondition { last_transition_time: Some(seconds(now)), ..condition });
        return true;
    };
    let last_transition_time = match old.status == condition.status {
        true => old.last_transition_time.clone(),
        false => Some(seconds(now)),
    };
    let changed = PodCondition { last_transition_time, ..condition };
    let differs = *old != changed;
    *old = changed;
    differs
}

/// The number that a Service's port has in this pod; `None` if no container has a port of that name.
pub(crate) fn find_port(pod: &Pod, service_port: &ServicePort) -> Option<i32> {
    match &service_port.target_port {
        Some(IntOrString::Int(number)) => Some(*number),
        None => Some(service_port.port),
        Some(IntOrString::String(name)) => {
            let spec = pod.spec.as_ref()?;
            let sidecars = spec.init_containers.iter().flatten().filter(|c| is_restartable(c));
            let named = |port: &&ContainerPort| {
                port.name.as_ref() == Some(name)
                    && protocol(&port.protocol) == protocol(&service_port.protocol)
            };
            spec.containers
                .iter()
                .chain(sidecars)
                .flat_map(|container| container.ports.iter().flatten())
                .find(named)
                .map(|port| port.container_port)
        }
    }
}

fn is_restartable(init_container: &Container) -> bool {
    init_container.restart_policy.as_deref() == Some("Always")
}

fn protocol(given: &Option<String>) -> &str {
    given.as_deref().unwrap_or("TCP")
}

#[cfg(test)]
mod tests {
    use machinery::{Kind, Object};
    use serde_json::json;

    use super::*;

    fn pod(status: &str, since: &str) -> Pod {
        let value = json!({
            "metadata": {"name": "web-0"},
            "spec": {"containers": [{"name": "c", "ports": [
                {"name": "web", "containerPort": 8080, "protocol": "TCP"},
                {"name": "web", "containerPort": 8081, "protocol": "UDP"},
            ]}]},
            "status": {"conditions": [{"type": "Ready", "status": status, "lastTransitionTime": since}]},
        });
        let object = Object::from_value(Kind::Pod, value).expect("a pod");
        object.get::<Pod>().map(|pod| (**pod).clone()).expect("a pod")
    }

    #[test]
    fn a_pod_is_available_once_it_was_ready_long_enough() {
        let now: Timestamp = "2026-01-01T00:00:10Z".parse().expect("a time");
        let cases = [
            ("True", "2026-01-01T00:00:10Z", 0, true, None),
            ("True", "2026-01-01T00:00:05Z", 5, true, None),
            ("True", "2026-01-01T00:00:06Z", 5, false, Some(1000)),
            ("False", "2026-01-01T00:00:00Z", 5, false, None),
        ];
        for (status, since, min, available, next) in cases {
            let pod = pod(status, since);
            assert_eq!(is_pod_available(&pod, min, now), available, "{status} {since} {min}");
            assert_eq!(next_pod_availability_check(&pod, min, now), next, "{status} {since} {min}");
        }
    }

    #[test]
    fn a_named_port_is_looked_up_with_its_protocol() {
        let cases = [
            (Some(IntOrString::String("web".to_owned())), Some("TCP"), Some(8080)),
            (Some(IntOrString::String("web".to_owned())), Some("UDP"), Some(8081)),
            (Some(IntOrString::String("admin".to_owned())), Some("TCP"), None),
            (Some(IntOrString::Int(9)), None, Some(9)),
            (None, None, Some(80)),
        ];
        for (target_port, protocol, expected) in cases {
            let port = ServicePort {
                port: 80,
                protocol: protocol.map(str::to_owned),
                target_port: target_port.clone(),
                ..Default::default()
            };
            assert_eq!(find_port(&pod("True", "2026-01-01T00:00:00Z"), &port), expected, "{target_port:?}");
        }
    }
}
