//! ObjectMeta and label selectors.
//!
//! Models apimachinery/pkg/api/validation/objectmeta.go and apimachinery/pkg/apis/meta/v1/validation/validation.go (v1.36.2).

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};
use machinery::field::{FieldError, Path};
use machinery::{json, names};
use serde_json::{Value, json};

use super::{Errors, each, non_negative};

/// The most bytes of annotations (TotalAnnotationSizeLimitB).
const MAX_ANNOTATION_BYTES: usize = 256 * 1024;
/// Finalizers without a domain that Kubernetes itself uses (pkg/apis/core/helper, standardFinalizers).
const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// What is wrong with a new object's metadata (ValidateObjectMeta).
pub fn object_meta(
    meta: &ObjectMeta,
    namespaced: bool,
    rule: fn(&str) -> Vec<String>,
    path: &Path,
) -> Errors {
    let mut errors = Vec::new();
    if let Some(base) = meta.generate_name.as_deref().filter(|base| !base.is_empty()) {
        errors.extend(each(rule(&without_trailing_dash(base)), &path.child("generateName"), base));
    }
    match meta.name.as_deref().unwrap_or_default() {
        "" => errors.push(FieldError::required(&path.child("name"), "name or generateName is required")),
        name => errors.extend(each(rule(name), &path.child("name"), name)),
    }
    match (meta.namespace.as_deref().unwrap_or_default(), namespaced) {
        ("", true) => errors.push(FieldError::required(&path.child("namespace"), "")),
        (namespace, true) => {
            errors.extend(each(names::dns1123_label(namespace), &path.child("namespace"), namespace));
        }
        _ => {}
    }
    errors.extend(non_negative(meta.generation.unwrap_or(0), &path.child("generation")));
    errors.extend(labels(meta.labels.as_ref(), &path.child("labels")));
    errors.extend(annotations(meta.annotations.as_ref(), &path.child("annotations")));
    errors.extend(owner_references(meta, &path.child("ownerReferences")));
    errors.extend(finalizers(meta.finalizers.as_deref(), &path.child("finalizers")));
    errors
}

/// What is wrong with a change of metadata (ValidateObjectMetaUpdate); what only the server sets is not looked at.
pub fn object_meta_update(new: &ObjectMeta, old: &ObjectMeta, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let given = new.finalizers.as_deref().unwrap_or_default();
    let had = old.finalizers.as_deref().unwrap_or_default();
    let added: Vec<&String> = given.iter().filter(|f| !had.contains(f)).collect();
    if old.deletion_timestamp.is_some() && !added.is_empty() {
        let quoted: Vec<String> = added.iter().map(|f| json::quote(f)).collect();
        let list = quoted.join(", ");
        let why = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{list}}}"
        );
        errors.push(FieldError::forbidden(&path.child("finalizers"), why));
    }
    errors.extend(finalizers(new.finalizers.as_deref(), &path.child("finalizers")));
    errors.extend(labels(new.labels.as_ref(), &path.child("labels")));
    errors.extend(annotations(new.annotations.as_ref(), &path.child("annotations")));
    errors.extend(owner_references(new, &path.child("ownerReferences")));
    errors
}

/// A trailing dash may be followed by a suffix (maskTrailingDash).
fn without_trailing_dash(base: &str) -> String {
    match base.strip_suffix('-').and_then(|rest| rest.char_indices().next_back().map(|(i, _)| &rest[..i])) {
        Some(rest) => format!("{rest}a"),
        None => base.to_owned(),
    }
}

/// Keys and values of labels (ValidateLabels).
pub fn labels(labels: Option<&BTreeMap<String, String>>, path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (key, value) in labels.into_iter().flatten() {
        errors.extend(each(names::qualified_name(key), path, key));
        errors.extend(each(names::label_value(value), path, value));
    }
    errors
}

/// Keys and size of annotations (ValidateAnnotations).
pub fn annotations(annotations: Option<&BTreeMap<String, String>>, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let mut bytes = 0;
    for (key, value) in annotations.into_iter().flatten() {
        errors.extend(each(names::qualified_name(&key.to_lowercase()), path, key));
        bytes += key.len() + value.len();
    }
    if bytes > MAX_ANNOTATION_BYTES {
        errors.push(FieldError::too_long(path, MAX_ANNOTATION_BYTES));
    }
    errors
}

fn owner_references(meta: &ObjectMeta, path: &Path) -> Errors {
    let owners = meta.owner_references.as_deref().unwrap_or_default();
    let mut errors = Vec::new();
    for (i, owner) in owners.iter().enumerate() {
        let path = path.index(i);
        let fields: [(&str, &str, &str); 4] = [
            ("apiVersion", &owner.api_version, "version must not be empty"),
            ("kind", &owner.kind, "must not be empty"),
            ("name", &owner.name, "must not be empty"),
            ("uid", &owner.uid, "must not be empty"),
        ];
        let empty = fields.into_iter().filter(|(_, value, _)| value.is_empty());
        errors.extend(empty.map(|(field, value, why)| FieldError::invalid(&path.child(field), value, why)));
    }
    let controllers: Vec<&OwnerReference> =
        owners.iter().filter(|owner| owner.controller == Some(true)).collect();
    if let [first, second, ..] = controllers[..] {
        let why = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {}/{} and {}/{}",
            first.kind, first.name, second.kind, second.name
        );
        errors.push(FieldError::invalid(path, json!(owners), why));
    }
    errors
}

fn finalizers(finalizers: Option<&[String]>, path: &Path) -> Errors {
    let finalizers = finalizers.unwrap_or_default();
    let mut errors = Vec::new();
    for finalizer in finalizers {
        errors.extend(each(names::qualified_name(finalizer), path, finalizer));
        if !finalizer.contains('/') && !STANDARD_FINALIZERS.contains(&finalizer.as_str()) {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid(path, finalizer.as_str(), why));
        }
    }
    let has = |name: &str| finalizers.iter().any(|f| f == name);
    if has("orphan") && has("foregroundDeletion") {
        let why = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid(path, json!(finalizers), why));
    }
    errors
}

/// What is wrong with a selector (ValidateLabelSelector). A selector with an error selects nothing.
pub fn label_selector(selector: &LabelSelector, path: &Path) -> Errors {
    let mut errors = labels(selector.match_labels.as_ref(), &path.child("matchLabels"));
    for (i, expression) in selector.match_expressions.iter().flatten().enumerate() {
        let path = path.child("matchExpressions").index(i);
        let values = expression.values.as_deref().unwrap_or_default();
        match expression.operator.as_str() {
            "In" | "NotIn" if values.is_empty() => {
                let why = "must be specified when `operator` is 'In' or 'NotIn'";
                errors.push(FieldError::required(&path.child("values"), why));
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.push(FieldError::forbidden(&path.child("values"), why));
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => {
                errors.push(FieldError::invalid(
                    &path.child("operator"),
                    other,
                    "not a valid selector operator",
                ));
            }
        }
        errors.extend(each(names::qualified_name(&expression.key), &path.child("key"), &expression.key));
        for (i, value) in values.iter().enumerate() {
            errors.extend(each(names::label_value(value), &path.child("values").index(i), value));
        }
    }
    errors
}

/// A selector as Go prints it: labels before expressions.
pub fn selector_json(selector: &LabelSelector) -> String {
    let mut parts = Vec::new();
    if let Some(labels) = selector.match_labels.as_ref().filter(|labels| !labels.is_empty()) {
        parts.push(format!("\"matchLabels\":{}", json::to_string(&json!(labels))));
    }
    let expressions = selector.match_expressions.as_deref().unwrap_or_default();
    if !expressions.is_empty() {
        parts.push(format!(
            "\"matchExpressions\":{}",
            json::to_string(&Value::from_iter(expressions.iter().map(|e| json!(e))))
        ));
    }
    format!("{{{}}}", parts.join(","))
}
