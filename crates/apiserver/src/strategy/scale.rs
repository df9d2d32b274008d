//! The `scale` subresource.
//!
//! Models ScaleREST of pkg/registry/apps/{statefulset,deployment,replicaset}/storage/storage.go.

use std::sync::Arc;

use client::api::Refusal;
use machinery::field::{FieldError, Path};
use machinery::labels::{Operator, Selector};
use machinery::status::Reason;
use machinery::{Object, Status};
use serde_json::{Value, json};

use crate::registry::no_such_resource;

/// The group and struct of a Scale.
pub const GO_TYPE: (&str, &str) = ("autoscaling", "Scale");

/// What is filled in.
const EMPTY: &str =
    r#"{"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {}, "spec": {}, "status": {}}"#;

/// The Scale of an object.
///
/// # Errors
/// `NotFound` if its kind cannot be scaled.
pub fn of(object: &Object) -> Result<Value, Refusal> {
    let (wanted, current, selector) = match object {
        Object::StatefulSet(set) => {
            let spec = set.spec.as_ref();
            let current = set.status.as_ref().map_or(0, |s| s.replicas);
            (spec.and_then(|s| s.replicas), current, spec.map(|s| &s.selector))
        }
        Object::Deployment(deployment) => {
            let spec = deployment.spec.as_ref();
            let current = deployment.status.as_ref().and_then(|s| s.replicas).unwrap_or(0);
            (spec.and_then(|s| s.replicas), current, spec.map(|s| &s.selector))
        }
        Object::ReplicaSet(set) => {
            let spec = set.spec.as_ref();
            let current = set.status.as_ref().map_or(0, |s| s.replicas);
            (spec.and_then(|s| s.replicas), current, spec.map(|s| &s.selector))
        }
        _ => return Err(no_such_resource(object.kind(), object.name())),
    };
    let selector = selector.and_then(Selector::from_spec).unwrap_or_default();
    let mut scale: Value =
        serde_json::from_str(EMPTY).map_err(|error| Status::internal(&error.to_string()))?;
    let metadata = &mut scale["metadata"];
    metadata["name"] = object.name().into();
    metadata["namespace"] = object.namespace().into();
    metadata["uid"] = object.uid().into();
    metadata["resourceVersion"] = object.meta().resource_version.clone().into();
    metadata["creationTimestamp"] = json!(object.meta().creation_timestamp);
    scale["spec"]["replicas"] = wanted.unwrap_or(0).into();
    scale["status"]["replicas"] = current.into();
    scale["status"]["selector"] = text(&selector).into();
    Ok(scale)
}

/// The selector as a command line has it: requirements by key.
fn text(selector: &Selector) -> String {
    let mut requirements: Vec<&(String, Operator)> = selector.requirements().iter().collect();
    requirements.sort_by(|a, b| a.0.cmp(&b.0));
    let joined = |values: &[String]| {
        let mut sorted = values.to_vec();
        sorted.sort();
        sorted.join(",")
    };
    let one = |(key, operator): &(String, Operator)| match operator {
        Operator::In(values) if values.len() == 1 => format!("{key}={}", values[0]),
        Operator::In(values) => format!("{key} in ({})", joined(values)),
        Operator::NotIn(values) => format!("{key} notin ({})", joined(values)),
        Operator::Exists => key.clone(),
        Operator::DoesNotExist => format!("!{key}"),
        Operator::GreaterThan(limit) => format!("{key}>{limit}"),
        Operator::LessThan(limit) => format!("{key}<{limit}"),
    };
    requirements.into_iter().map(one).collect::<Vec<_>>().join(",")
}

/// An int32, or what it is instead, as encoding/json names it.
fn asked(replicas: &Value) -> Result<i32, String> {
    match replicas {
        Value::Null => Ok(0),
        Value::Number(number) => {
            let asked = number.as_i64().and_then(|n| i32::try_from(n).ok());
            asked.ok_or_else(|| format!("number {number}"))
        }
        Value::Bool(_) => Err("bool".to_owned()),
        Value::String(_) => Err("string".to_owned()),
        Value::Array(_) => Err("array".to_owned()),
        Value::Object(_) => Err("object".to_owned()),
    }
}

/// The object with as many replicas as the Scale asks for.
///
/// # Errors
/// Where the Scale is stale, or asks for less than none; where it is malformed, `refuse` words the refusal.
pub fn apply(object: &Object, scale: &Value, refuse: impl Fn(&str) -> Refusal) -> Result<Object, Refusal> {
    let replicas = asked(&scale["spec"]["replicas"]).map_err(|what| {
        refuse(&format!(
            "json: cannot unmarshal {what} into Go struct field ScaleSpec.spec.replicas of type int32"
        ))
    })?;
    if replicas < 0 {
        let path = Path::new("spec").child("replicas");
        let error = FieldError::invalid(&path, replicas, "must be greater than or equal to 0");
        let (group, kind) = GO_TYPE;
        let message = format!("{kind}.{group} \"{}\" is invalid: {error}", object.name());
        let name = object.name().to_owned();
        return Err(Box::new(Status {
            reason: Reason::Invalid,
            causes: vec![error],
            kind,
            name,
            ..Status::bad_request(message)
        }));
    }
    let mut object = object.clone();
    match &mut object {
        Object::StatefulSet(set) => Arc::make_mut(set).spec.get_or_insert_default().replicas = Some(replicas),
        Object::Deployment(deployment) => {
            Arc::make_mut(deployment).spec.get_or_insert_default().replicas = Some(replicas);
        }
        Object::ReplicaSet(set) => Arc::make_mut(set).spec.get_or_insert_default().replicas = Some(replicas),
        _ => return Err(no_such_resource(object.kind(), object.name())),
    }
    // A Scale without a version replaces whatever is there.
    let version = scale["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    object.meta_mut().resource_version = Some(version.to_owned());
    if let Some(uid) = scale["metadata"]["uid"].as_str() {
        object.meta_mut().uid = Some(uid.to_owned());
    }
    Ok(object)
}
