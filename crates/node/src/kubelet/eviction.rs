//! The eviction of a pod whose node is short of memory.
//!
//! Models pkg/kubelet/eviction/eviction_manager.go (`evictPod`) and helpers.go (`evictionMessage`). Departs: nothing takes
//! memory; an eviction is asked for, and each container of the pod is said to take a fixed amount more than it requests, or
//! as much as its limit allows.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Text;
use machinery::Resource;
use machinery::object::is_pod_terminal;
use machinery::quantity::{Format, Quantity};

use super::status::Fact;
use super::{Turn, pod_lifecycle, stop};

/// How much more memory a container takes than it requests, in bytes.
const EXCESS: i64 = 212_356 * 1024;

/// Ends a pod because its node is short of memory: its containers are killed, the object stays, Failed.
pub(super) fn evict(turn: &mut Turn<'_, '_>) -> Result<(), client::Error> {
    if is_pod_terminal(&turn.pod) {
        return Ok(());
    }
    let pod = turn.pod.clone();
    let specs = pod.spec.iter().flat_map(pod_lifecycle::specs);
    let running: Vec<&Container> = specs.filter(|container| stop::runs(&pod, &container.name)).collect();
    let message = message(&running);
    turn.tell(&Pod::wrap(pod.clone()), "Warning", "Evicted", &message);
    stop::announce(turn, &running);
    let disrupted =
        Fact { reason: "TerminationByKubelet", message: message.clone(), ..Fact::holds("DisruptionTarget") };
    stop::fail(turn, ("Evicted", &message), true, Some(disrupted))
}

/// Why a pod with these running containers is evicted.
fn message(running: &[&Container]) -> String {
    let excesses: String = running.iter().copied().filter_map(excess).collect();
    format!("The node was low on resource: memory. Threshold quantity: 100Mi, available: 84Mi. {excesses}")
}

/// How much memory a container takes, if that is more than it requests.
fn excess(container: &Container) -> Option<String> {
    let resources = container.resources.as_ref();
    let request = memory(resources.and_then(|resources| resources.requests.as_ref()));
    let limit = memory(resources.and_then(|resources| resources.limits.as_ref()));
    let request = request.unwrap_or_else(|| Quantity::new(0, Format::DecimalSi));
    let most = limit.map_or(i64::MAX, |limit| limit.value());
    let usage = Quantity::new(request.value().saturating_add(EXCESS).min(most), Format::BinarySi);
    let name = &container.name;
    (usage > request).then(|| {
        format!(
            "Container {name} was using {usage}, request is {request}, has larger consumption of memory. "
        )
    })
}

fn memory(amounts: Option<&BTreeMap<String, Text>>) -> Option<Quantity> {
    Quantity::parse(&amounts?.get("memory")?.0).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn containers_are_said_to_take_more_than_they_request() {
        let cases = [
            (json!({}), Some(("212356Ki", "0"))),
            (json!({"requests": {"memory": "128Mi"}}), Some(("343428Ki", "128Mi"))),
            (json!({"requests": {"cpu": "1", "memory": "0.5G"}}), Some(("717452544", "500M"))),
            (
                json!({"requests": {"memory": "128Mi"}, "limits": {"memory": "256Mi"}}),
                Some(("256Mi", "128Mi")),
            ),
            (json!({"requests": {"memory": "128Mi"}, "limits": {"memory": "128Mi"}}), None),
        ];
        for (resources, expected) in cases {
            let expected = expected.map(|(usage, request)| {
                let rest = "has larger consumption of memory. ";
                format!("Container c was using {usage}, request is {request}, {rest}")
            });
            let container = json!({"name": "c", "resources": resources});
            let container = serde_json::from_value(container).expect("a container");
            assert_eq!(excess(&container), expected);
        }
    }
}
