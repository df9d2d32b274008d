//! Reading many objects, by label and field.
//!
//! Models apiserver/pkg/endpoints/handlers/get.go (ListResource) and the field label conversions of
//! pkg/apis/*/v1/conversion.go: only some fields can be selected by.

use client::api::{Answer, ListOptions, Refusal, Request};
use machinery::{Kind, Object, Status};
use serde_json::Value;

use crate::made;
use crate::server::Server;

/// The objects that a list asks for, by namespace and name.
pub fn list(server: &Server, request: &Request, options: &ListOptions) -> Result<Answer, Refusal> {
    let kind = request.kind;
    for (label, _, _) in &options.fields {
        if !is_selectable(kind, label) {
            let why = if kind_has_own_labels(kind) {
                format!("field label not supported: {label}")
            } else {
                format!(
                    "\"{label}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                )
            };
            return Err(Box::new(Status::bad_request(why)));
        }
    }
    let version = server.resource_version();
    let items: Vec<Object> = match made::all(server, kind, &request.namespace) {
        Some(objects) => objects.into_iter().filter(|o| selected(o, options)).collect(),
        None => {
            server.store.list(kind, &request.namespace).filter(|o| selected(o, options)).cloned().collect()
        }
    };
    Ok(Answer::List(items, version))
}

fn selected(object: &Object, options: &ListOptions) -> bool {
    options.labels.matches(object.meta().labels.as_ref())
        && options.fields.iter().all(|(label, value, equal)| (field(object, label) == *value) == *equal)
}

fn own_labels(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Pod => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        Kind::Node => &["spec.unschedulable"],
        Kind::Namespace => &["status.phase", "name"],
        Kind::Secret => &["type"],
        Kind::Service => &["spec.clusterIP", "spec.type"],
        Kind::Event => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        _ => &[],
    }
}

fn kind_has_own_labels(kind: Kind) -> bool {
    !own_labels(kind).is_empty()
}

fn is_selectable(kind: Kind, label: &str) -> bool {
    let of_all = label == "metadata.name"
        || (label == "metadata.namespace" && kind != Kind::Namespace && kind != Kind::Node);
    of_all || own_labels(kind).contains(&label)
}

/// The value that a field selector compares with.
fn field(object: &Object, label: &str) -> String {
    let path = match label {
        "metadata.name" | "name" => return object.name().to_owned(),
        "metadata.namespace" => return object.namespace().to_owned(),
        "source" => match object.to_value().pointer("/source/component") {
            Some(Value::String(component)) if !component.is_empty() => return component.clone(),
            // The newer API has no such field (pkg/registry/core/event/strategy.go, ToSelectableFields).
            _ => "reportingComponent",
        },
        "status.podIPs" => "status.podIP",
        other => other,
    };
    let pointer = format!("/{}", path.replace('.', "/"));
    match object.to_value().pointer(&pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(bool)) => bool.to_string(),
        // Go compares a bool that is not set as false.
        None if matches!(label, "spec.unschedulable" | "spec.hostNetwork") => "false".to_owned(),
        _ => String::new(),
    }
}
