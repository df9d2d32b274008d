//! Why a pod's name has no answer: the links from the pod to its record, the first broken one of them.
//!
//! The order is that of the way: pod, subdomain, Service, selector, address, readiness, slice.

use client::Listers;
use k8s_openapi::api::core::v1::{Pod, Service};
use machinery::ObjectKey;
use machinery::decision::BrokenLink;
use machinery::labels::Labels;
use machinery::object::is_terminating;

/// The first broken link between a pod and the answer to `POD.SERVICE`; meant for a name that has none.
pub fn broken_link(listers: &Listers, key: &ObjectKey, service_name: &str) -> BrokenLink {
    if service_name.is_empty() {
        return BrokenLink::NoSubdomain;
    }
    let Some(service) = listers.get::<Service>(&key.namespace, service_name) else {
        return BrokenLink::NoService(service_name.to_owned());
    };
    let Some(pod) = listers.get::<Pod>(&key.namespace, &key.name) else {
        return BrokenLink::NoPod;
    };
    match pod.spec.as_ref().and_then(|spec| spec.subdomain.as_deref()).unwrap_or_default() {
        "" => return BrokenLink::NoSubdomain,
        subdomain if subdomain != service_name => return BrokenLink::OtherSubdomain(subdomain.to_owned()),
        _ => {}
    }
    let (spec, no_labels) = (service.spec.as_ref(), Labels::new());
    let selector = spec.and_then(|spec| spec.selector.as_ref()).unwrap_or(&no_labels);
    let labels = pod.metadata.labels.as_ref().unwrap_or(&no_labels);
    if selector.is_empty() || selector.iter().any(|(key, value)| labels.get(key) != Some(value)) {
        return BrokenLink::NotSelected(service_name.to_owned());
    }
    let status = pod.status.as_ref();
    if status.is_none_or(|status| status.pod_ip.is_none()) {
        return BrokenLink::NoAddress;
    }
    if spec.is_some_and(|spec| spec.publish_not_ready_addresses == Some(true)) {
        return BrokenLink::NotPublished;
    }
    if is_terminating(&pod.metadata) {
        return BrokenLink::Terminating;
    }
    let mut conditions = status.iter().flat_map(|status| status.conditions.iter().flatten());
    if conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True") {
        BrokenLink::NotPublished
    } else {
        BrokenLink::NotReady
    }
}

#[cfg(test)]
mod tests {
    use client::api::{Change, WatchEvent};
    use machinery::{Kind, Object};
    use serde_json::{Value, json};

    use super::*;

    fn links(pod: Value, service: Value) -> BrokenLink {
        let mut listers = Listers::default();
        for (kind, name, mut value) in [(Kind::Pod, "web-0", pod), (Kind::Service, "web", service)] {
            if value.is_null() {
                continue;
            }
            value["metadata"]["name"] = json!(name);
            value["metadata"]["namespace"] = json!("default");
            let object = Object::from_value(kind, value).expect("an object");
            listers.apply(&WatchEvent { change: Change::Added, object, old: None });
        }
        broken_link(&listers, &ObjectKey::new(Kind::Pod, "default", "web-0"), "web")
    }

    #[test]
    fn the_first_broken_link_is_told() {
        let service = json!({"spec": {"selector": {"app": "web"}}});
        let pod = json!({
            "metadata": {"labels": {"app": "web"}},
            "spec": {"hostname": "web-0", "subdomain": "web", "containers": []},
            "status": {"podIP": "10.244.0.5", "conditions": [{"type": "Ready", "status": "True"}]},
        });
        let with = |object: &Value, pointer: &str, value: Value| {
            let mut object = object.clone();
            let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
            object.pointer_mut(parent).expect("the parent is there")[field] = value;
            object
        };
        let unready = with(&pod, "/status/conditions", json!([{"type": "Ready", "status": "False"}]));
        let terminating = with(&pod, "/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z"));
        let published = with(&service, "/spec/publishNotReadyAddresses", json!(true));
        let cases = [
            (pod.clone(), Value::Null, BrokenLink::NoService("web".to_owned())),
            (Value::Null, service.clone(), BrokenLink::NoPod),
            (with(&pod, "/spec/subdomain", Value::Null), service.clone(), BrokenLink::NoSubdomain),
            (
                with(&pod, "/spec/subdomain", json!("db")),
                service.clone(),
                BrokenLink::OtherSubdomain("db".to_owned()),
            ),
            (
                with(&pod, "/metadata/labels/app", json!("db")),
                service.clone(),
                BrokenLink::NotSelected("web".to_owned()),
            ),
            (
                pod.clone(),
                with(&service, "/spec/selector", Value::Null),
                BrokenLink::NotSelected("web".to_owned()),
            ),
            (with(&pod, "/status/podIP", Value::Null), service.clone(), BrokenLink::NoAddress),
            (terminating.clone(), service.clone(), BrokenLink::Terminating),
            (unready.clone(), service.clone(), BrokenLink::NotReady),
            (pod, service, BrokenLink::NotPublished),
            // Nothing but the slice is missing where the Service publishes everybody.
            (unready, published.clone(), BrokenLink::NotPublished),
            (terminating, published, BrokenLink::NotPublished),
        ];
        for (pod, service, expected) in cases {
            assert_eq!(links(pod.clone(), service.clone()), expected, "{pod} {service}");
        }
    }
}
