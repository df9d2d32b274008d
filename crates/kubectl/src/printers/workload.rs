//! Rows of StatefulSets, Deployments, ReplicaSets and ControllerRevisions.
//!
//! Models printStatefulSet, printDeployment, printReplicaSet and printControllerRevision of pkg/printers/internalversion/printers.go.

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use machinery::object::controller_of;

use super::age;

/// NAME READY AGE CONTAINERS IMAGES.
pub(crate) fn stateful_set(set: &StatefulSet, now: Timestamp) -> Vec<String> {
    let spec = set.spec.clone().unwrap_or_default();
    let ready = set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0);
    let (containers, images) = containers_and_images(&spec.template);
    vec![
        set.metadata.name.clone().unwrap_or_default(),
        format!("{ready}/{}", spec.replicas.unwrap_or(0)),
        age::since(set.metadata.creation_timestamp.as_ref(), now),
        containers,
        images,
    ]
}

/// NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS IMAGES SELECTOR.
pub(crate) fn deployment(deployment: &Deployment, now: Timestamp) -> Vec<String> {
    let spec = deployment.spec.clone().unwrap_or_default();
    let status = deployment.status.clone().unwrap_or_default();
    let (containers, images) = containers_and_images(&spec.template);
    vec![
        deployment.metadata.name.clone().unwrap_or_default(),
        format!("{}/{}", status.ready_replicas.unwrap_or(0), spec.replicas.unwrap_or(0)),
        status.updated_replicas.unwrap_or(0).to_string(),
        status.available_replicas.unwrap_or(0).to_string(),
        age::since(deployment.metadata.creation_timestamp.as_ref(), now),
        containers,
        images,
        selector(&spec.selector),
    ]
}

/// NAME DESIRED CURRENT READY AGE CONTAINERS IMAGES SELECTOR.
pub(crate) fn replica_set(set: &ReplicaSet, now: Timestamp) -> Vec<String> {
    let spec = set.spec.clone().unwrap_or_default();
    let status = set.status.clone().unwrap_or_default();
    let (containers, images) = containers_and_images(&spec.template.unwrap_or_default());
    vec![
        set.metadata.name.clone().unwrap_or_default(),
        spec.replicas.unwrap_or(0).to_string(),
        status.replicas.to_string(),
        status.ready_replicas.unwrap_or(0).to_string(),
        age::since(set.metadata.creation_timestamp.as_ref(), now),
        containers,
        images,
        selector(&spec.selector),
    ]
}

/// NAME CONTROLLER REVISION AGE.
pub(crate) fn controller_revision(revision: &ControllerRevision, now: Timestamp) -> Vec<String> {
    let controller = match controller_of(&revision.metadata) {
        Some(owner) => match owner.api_version.split_once('/') {
            Some((group, _)) => format!("{}.{group}/{}", owner.kind.to_ascii_lowercase(), owner.name),
            None => format!("{}/{}", owner.kind.to_ascii_lowercase(), owner.name),
        },
        None => "<none>".to_owned(),
    };
    vec![
        revision.metadata.name.clone().unwrap_or_default(),
        controller,
        revision.revision.to_string(),
        age::since(revision.metadata.creation_timestamp.as_ref(), now),
    ]
}

fn containers_and_images(template: &PodTemplateSpec) -> (String, String) {
    let containers = template.spec.iter().flat_map(|spec| &spec.containers);
    let pairs: Vec<(&str, &str)> =
        containers.map(|c| (c.name.as_str(), c.image.as_deref().unwrap_or_default())).collect();
    let join = |part: fn(&(&'_ str, &'_ str)) -> String| pairs.iter().map(part).collect::<Vec<_>>().join(",");
    (join(|(name, _)| (*name).to_owned()), join(|(_, image)| (*image).to_owned()))
}

/// A selector as people write it (metav1.FormatLabelSelector).
pub(crate) fn selector(selector: &LabelSelector) -> String {
    let mut parts: Vec<String> =
        selector.match_labels.iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
    for expression in selector.match_expressions.iter().flatten() {
        let mut values = expression.values.clone().unwrap_or_default();
        values.sort();
        let (key, values) = (&expression.key, values.join(","));
        parts.push(match expression.operator.as_str() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.clone(),
            "DoesNotExist" => format!("!{key}"),
            _ => return "<error>".to_owned(),
        });
    }
    if parts.is_empty() { "<none>".to_owned() } else { parts.join(",") }
}
