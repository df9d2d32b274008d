//! A pod as an endpoint, and the parts of a slice.
//!
//! Models k8s.io/endpointslice/utils.go and k8s.io/endpointslice/util/controller_utils.go.

use k8s_openapi::api::core::v1::{Node, ObjectReference, Pod, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::labels::{Labels, Selector};
use machinery::object::is_terminating;
use machinery::{EndpointSlice, Kind, Resource};

use crate::controller_utils::new_controller_ref;
use crate::pod::{find_port, is_pod_ready, is_pod_terminal, node_name};

/// The label with the name of the service that a slice belongs to.
pub(crate) const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";
/// The label with the name of the slice's manager.
pub(crate) const MANAGED_BY_LABEL: &str = "endpointslice.kubernetes.io/managed-by";
/// The label of a headless service's slices.
const HEADLESS_LABEL: &str = "service.kubernetes.io/headless";
/// The manager of the slices that this controller makes.
pub(super) const CONTROLLER_NAME: &str = "endpointslice-controller.k8s.io";

/// A label's value; empty if it is not there.
pub(crate) fn label<'m>(meta: &'m ObjectMeta, key: &str) -> &'m str {
    meta.labels.as_ref().and_then(|labels| labels.get(key)).map_or("", String::as_str)
}

/// What selects the service's pods; `None` if nobody manages its endpoints here.
pub(super) fn service_selector(service: &Service) -> Option<Selector> {
    let spec = service.spec.as_ref().filter(|spec| spec.type_.as_deref() != Some("ExternalName"))?;
    spec.selector.as_ref().filter(|labels| !labels.is_empty()).map(Selector::from_map)
}

/// The families of addresses that the service has slices for, as a slice's addressType.
pub(super) fn get_address_types_for_service(service: &Service) -> Vec<&'static str> {
    let families = service.spec.as_ref().and_then(|spec| spec.ip_families.as_deref()).unwrap_or_default();
    let mut types: Vec<&str> =
        families.iter().map(|family| if family == "IPv6" { "IPv6" } else { "IPv4" }).collect();
    if types.is_empty() {
        types.push("IPv4");
    }
    types
}

/// The pod's addresses of one family.
fn get_endpoint_addresses(pod: &Pod, address_type: &str) -> Vec<String> {
    let Some(status) = &pod.status else {
        return Vec::new();
    };
    let mut addresses: Vec<&String> = status.pod_ips.iter().flatten().map(|ip| &ip.ip).collect();
    if addresses.is_empty() {
        addresses.extend(&status.pod_ip);
    }
    addresses.retain(|address| address.contains(':') == (address_type == "IPv6"));
    addresses.into_iter().filter(|address| !address.is_empty()).cloned().collect()
}

/// Whether a slice lists the pod at all. A terminating pod is listed, and says so.
pub(super) fn should_pod_be_in_endpoints(pod: &Pod) -> bool {
    let status = pod.status.as_ref();
    let has_address = status.is_some_and(|status| {
        status.pod_ip.as_ref().is_some_and(|ip| !ip.is_empty()) || status.pod_ips.is_some()
    });
    has_address && !is_pod_terminal(pod)
}

/// Whether the endpoint has the pod's host name: only under the pod's own governing service.
fn should_set_hostname(pod: &Pod, service: &Service) -> bool {
    pod.spec.as_ref().is_some_and(|spec| {
        spec.hostname.as_ref().is_some_and(|hostname| !hostname.is_empty())
            && spec.subdomain.as_deref() == Some(service.name())
            && pod.namespace() == service.namespace()
    })
}

/// The pod as an endpoint of the service; `None` if it has no address of this family.
pub(super) fn pod_to_endpoint(
    pod: &Pod,
    node: Option<&Node>,
    service: &Service,
    address_type: &str,
) -> Option<Endpoint> {
    let addresses = get_endpoint_addresses(pod, address_type);
    if addresses.is_empty() {
        return None;
    }
    let publishes = service.spec.as_ref().and_then(|spec| spec.publish_not_ready_addresses) == Some(true);
    let (serving, terminating) = (is_pod_ready(pod), is_terminating(&pod.metadata));
    let zone = node.map(|node| label(&node.metadata, "topology.kubernetes.io/zone"));
    let hostname = pod.spec.as_ref().and_then(|spec| spec.hostname.clone());
    Some(Endpoint {
        addresses,
        conditions: Some(EndpointConditions {
            ready: Some(publishes || serving && !terminating),
            serving: Some(serving),
            terminating: Some(terminating),
        }),
        hostname: hostname.filter(|_| should_set_hostname(pod, service)),
        node_name: node_name(pod).map(str::to_owned),
        target_ref: Some(ObjectReference {
            kind: Some(Kind::Pod.name().to_owned()),
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
            ..Default::default()
        }),
        zone: zone.filter(|zone| !zone.is_empty()).map(str::to_owned),
        ..Default::default()
    })
}

/// The service's ports as this pod has them; a named port that the pod lacks is left out.
pub(super) fn get_endpoint_ports(service: &Service, pod: &Pod) -> Vec<EndpointPort> {
    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
    ports
        .iter()
        .filter_map(|port| {
            Some(EndpointPort {
                name: Some(port.name.clone().unwrap_or_default()),
                port: Some(find_port(pod, port)?),
                protocol: Some(port.protocol.clone().unwrap_or_else(|| "TCP".to_owned())),
                app_protocol: port.app_protocol.clone(),
            })
        })
        .collect()
}

/// Ports as something to compare slices by, whatever their order (NewPortMapKey).
pub(super) fn port_map_key(ports: &[EndpointPort]) -> Vec<[String; 4]> {
    let text = |of: &Option<String>| of.clone().unwrap_or_default();
    let number = |port: &EndpointPort| port.port.map(|port| port.to_string()).unwrap_or_default();
    let mut key: Vec<[String; 4]> = ports
        .iter()
        .map(|port| [text(&port.name), text(&port.protocol), number(port), text(&port.app_protocol)])
        .collect();
    key.sort_unstable();
    key
}

/// What makes two endpoints the same one: addresses, host name and pod (hashEndpoint).
pub(super) fn endpoint_key(endpoint: &Endpoint) -> (Vec<String>, Option<String>, Option<String>) {
    let mut addresses = endpoint.addresses.clone();
    addresses.sort_unstable();
    let pod = endpoint.target_ref.as_ref().and_then(|reference| reference.name.clone());
    (addresses, endpoint.hostname.clone(), pod)
}

/// An empty slice of the service, not yet stored.
pub(super) fn new_endpoint_slice(
    service: &Service,
    address_type: &str,
    ports: &[EndpointPort],
) -> EndpointSlice {
    EndpointSlice {
        metadata: ObjectMeta {
            generate_name: Some(format!("{}-", service.name())),
            namespace: service.metadata.namespace.clone(),
            labels: Some(endpoint_slice_labels(service)),
            owner_references: Some(vec![new_controller_ref(Kind::Service, &service.metadata)]),
            ..Default::default()
        },
        address_type: address_type.to_owned(),
        endpoints: Some(Vec::new()),
        ports: (!ports.is_empty()).then(|| ports.to_vec()),
    }
}

/// The labels of the service's slices: the service's own, and those that say what the slice is (setEndpointSliceLabels).
pub(super) fn endpoint_slice_labels(service: &Service) -> Labels {
    let mut labels = service.metadata.labels.clone().unwrap_or_default();
    labels.remove(HEADLESS_LABEL);
    if service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()) == Some("None") {
        labels.insert(HEADLESS_LABEL.to_owned(), String::new());
    }
    labels.insert(SERVICE_NAME_LABEL.to_owned(), service.name().to_owned());
    labels.insert(MANAGED_BY_LABEL.to_owned(), CONTROLLER_NAME.to_owned());
    labels
}

/// Whether a change of the pod can show in a slice (podEndpointsChanged).
pub(super) fn pod_endpoint_changed(old: &Pod, new: &Pod) -> bool {
    let addresses = |pod: &Pod| pod.status.as_ref().map(|s| (s.pod_ip.clone(), s.pod_ips.clone()));
    let names = |pod: &Pod| pod.spec.as_ref().map(|s| (s.hostname.clone(), s.subdomain.clone()));
    is_terminating(&old.metadata) != is_terminating(&new.metadata)
        || is_pod_ready(old) != is_pod_ready(new)
        || is_pod_terminal(old) != is_pod_terminal(new)
        || node_name(old) != node_name(new)
        || addresses(old) != addresses(new)
        || names(old) != names(new)
}

#[cfg(test)]
mod tests {
    use machinery::Object;
    use serde_json::{Value, json};

    use super::*;

    fn pod(ready: bool, terminating: bool, extra: Value) -> Pod {
        let mut value = json!({
            "metadata": {"name": "web-0", "namespace": "default", "uid": "u"},
            "spec": {"containers": [], "hostname": "web-0", "subdomain": "web", "nodeName": "n"},
            "status": {
                "phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}],
                "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}],
            },
        });
        if terminating {
            value["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        for (key, field) in extra.as_object().expect("an object") {
            value["spec"][key] = field.clone();
        }
        let object = Object::from_value(Kind::Pod, value).expect("a pod");
        object.get::<Pod>().map(|pod| (**pod).clone()).expect("a pod")
    }

    fn service(name: &str, spec: Value) -> Service {
        let value = json!({
            "metadata": {"name": name, "namespace": "default", "labels": {"a": "b"}}, "spec": spec,
        });
        let object = Object::from_value(Kind::Service, value).expect("a service");
        object.get::<Service>().map(|service| (**service).clone()).expect("a service")
    }

    #[test]
    fn conditions_follow_readiness_and_deletion() {
        // (ready, terminating, publishNotReadyAddresses) -> (ready, serving, terminating)
        let cases = [
            ((true, false, false), (true, true, false)),
            ((false, false, false), (false, false, false)),
            ((true, true, false), (false, true, true)),
            ((false, true, true), (true, false, true)),
        ];
        for ((ready, terminating, publishes), expected) in cases {
            let service = service("web", json!({"publishNotReadyAddresses": publishes}));
            let pod = pod(ready, terminating, json!({}));
            let endpoint = pod_to_endpoint(&pod, None, &service, "IPv4").expect("an endpoint");
            let conditions = endpoint.conditions.expect("conditions");
            let expected = (Some(expected.0), Some(expected.1), Some(expected.2));
            assert_eq!((conditions.ready, conditions.serving, conditions.terminating), expected);
        }
    }

    #[test]
    fn only_the_governing_service_gives_a_host_name() {
        let cases = [
            ("web", json!({}), Some("web-0")),
            ("other", json!({}), None),
            ("web", json!({"hostname": ""}), None),
            ("web", json!({"subdomain": null}), None),
        ];
        for (name, spec, expected) in cases {
            let pod = pod(true, false, spec.clone());
            let endpoint = pod_to_endpoint(&pod, None, &service(name, json!({})), "IPv4").expect("one");
            assert_eq!(endpoint.hostname.as_deref(), expected, "{name} {spec}");
        }
    }

    #[test]
    fn addresses_are_those_of_the_family() {
        for (family, address) in [("IPv4", "10.0.0.1"), ("IPv6", "fd00::1")] {
            let pod = pod(true, false, json!({}));
            let endpoint = pod_to_endpoint(&pod, None, &service("web", json!({})), family).expect("one");
            assert_eq!(endpoint.addresses, [address]);
        }
    }

    #[test]
    fn labels_say_whose_slice_it_is() {
        let labels = endpoint_slice_labels(&service("web", json!({"clusterIP": "None"})));
        let expected = json!({
            "a": "b",
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            "kubernetes.io/service-name": "web",
            "service.kubernetes.io/headless": "",
        });
        assert_eq!(json!(labels), expected);
        assert_eq!(endpoint_slice_labels(&service("web", json!({"clusterIP": "10.0.0.9"}))).len(), 3);
    }
}
