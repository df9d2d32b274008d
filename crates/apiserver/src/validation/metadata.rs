//! ObjectMeta and label selectors.
//!
//! Models apimachinery/pkg/api/validation/objectmeta.go and apimachinery/pkg/apis/meta/v1/validation/validation.go (v1.36.2).

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{
    LabelSelector, LabelSelectorRequirement, ObjectMeta, OwnerReference,
};
use machinery::field::{FieldError, Path};
use machinery::go_value::GoValue;
use machinery::version::Features;
use machinery::{json, names};

use super::{Errors, each, key, non_negative};

/// The most bytes of annotations (TotalAnnotationSizeLimitB).
const MAX_ANNOTATION_BYTES: usize = 256 * 1024;
/// Finalizers without a domain that Kubernetes itself uses (pkg/apis/core/helper, standardFinalizers).
pub const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// What is wrong with a new object's metadata (ValidateObjectMeta).
pub fn object_meta(
    meta: &ObjectMeta,
    namespaced: bool,
    rule: &dyn Fn(&str) -> Vec<String>,
    features: Features,
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
    errors.extend(open_part(meta, &ObjectMeta::default(), features, path));
    errors
}

/// What is wrong with a change of metadata (ValidateObjectMetaUpdate); what only the server sets is not looked at, and
/// what stays as it was has been found well before.
pub fn object_meta_update(new: &ObjectMeta, old: &ObjectMeta, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let given = new.finalizers.as_deref().unwrap_or_default();
    let had = old.finalizers.as_deref().unwrap_or_default();
    let mut added: Vec<&String> = given.iter().filter(|f| !had.contains(f)).collect();
    added.sort();
    if old.deletion_timestamp.is_some() && !added.is_empty() {
        let quoted: Vec<String> = added.iter().map(|f| json::quote(f)).collect();
        let list = quoted.join(", ");
        let why = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{list}}}"
        );
        errors.push(FieldError::forbidden(&path.child("finalizers"), why));
    }
    errors.extend(open_part(new, old, features, path));
    errors
}

/// What people may change: labels, annotations, owners, finalizers; as far as they differ from `old`.
fn open_part(meta: &ObjectMeta, old: &ObjectMeta, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    if meta.labels != old.labels {
        errors.extend(labels(meta.labels.as_ref(), features, &path.child("labels")));
    }
    if meta.annotations != old.annotations {
        errors.extend(annotations(meta.annotations.as_ref(), features, &path.child("annotations")));
    }
    if meta.owner_references != old.owner_references {
        errors.extend(owner_references(meta, features, &path.child("ownerReferences")));
    }
    if meta.finalizers != old.finalizers {
        errors.extend(finalizers(meta.finalizers.as_deref(), features, &path.child("finalizers")));
    }
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
pub fn labels(labels: Option<&BTreeMap<String, String>>, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (name, value) in labels.into_iter().flatten() {
        errors.extend(key(name, path, features));
        errors.extend(each(names::label_value(value, features), path, value));
    }
    errors
}

/// A map of strings as Go prints it.
pub fn string_map(map: Option<&BTreeMap<String, String>>) -> GoValue {
    let entries = map.into_iter().flatten().map(|(key, value)| (key, GoValue::text(value)));
    let is_nil = map.is_none();
    if is_nil { GoValue::nil("map[string]string") } else { GoValue::map("map[string]string", entries) }
}

/// Keys and size of annotations (ValidateAnnotations).
pub fn annotations(
    annotations: Option<&BTreeMap<String, String>>,
    features: Features,
    path: &Path,
) -> Errors {
    let mut errors = Vec::new();
    let mut bytes = 0;
    for (key, value) in annotations.into_iter().flatten() {
        errors.extend(each(names::qualified_name(&key.to_ascii_lowercase(), features), path, key));
        bytes += key.len() + value.len();
    }
    if bytes > MAX_ANNOTATION_BYTES {
        errors.push(FieldError::too_long(path, MAX_ANNOTATION_BYTES));
    }
    errors
}

/// ValidateOwnerReferences: each is reported at the path of the list.
fn owner_references(meta: &ObjectMeta, features: Features, path: &Path) -> Errors {
    let owners = meta.owner_references.as_deref().unwrap_or_default();
    let mut errors = Vec::new();
    let mut controller: Option<String> = None;
    for owner in owners {
        let version = owner.api_version.split_once('/').map_or(owner.api_version.as_str(), |(_, v)| v);
        if version.is_empty() {
            let why = "version must not be empty";
            errors.push(FieldError::invalid(&path.child("apiVersion"), &owner.api_version, why));
        }
        for (field, value) in [("kind", &owner.kind), ("name", &owner.name), ("uid", &owner.uid)] {
            if value.is_empty() {
                errors.push(FieldError::invalid(&path.child(field), value, "must not be empty"));
            }
        }
        if (owner.api_version.as_str(), owner.kind.as_str()) == ("v1", "Event") {
            let why = "/v1, Kind=Event is disallowed from being an owner";
            errors.push(FieldError::invalid(path, owner_value(owner).print(features), why));
        }
        if owner.controller == Some(true) {
            let this = format!("{}/{}", owner.kind, owner.name);
            match &controller {
                None => controller = Some(this),
                Some(first) => {
                    let why = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                    );
                    let all = GoValue::list("[]v1.OwnerReference", owners.iter().map(owner_value));
                    errors.push(FieldError::invalid(path, all.print(features), why));
                }
            }
        }
    }
    errors
}

fn owner_value(owner: &OwnerReference) -> GoValue {
    let flag = |value: Option<bool>| GoValue::pointer("bool", value.map(GoValue::plain));
    GoValue::structure(
        "v1.OwnerReference",
        [
            ("APIVersion", "apiVersion", GoValue::text(&owner.api_version)),
            ("Kind", "kind", GoValue::text(&owner.kind)),
            ("Name", "name", GoValue::text(&owner.name)),
            ("UID", "uid", GoValue::text(&owner.uid)),
            ("Controller", "controller", flag(owner.controller)),
            ("BlockOwnerDeletion", "blockOwnerDeletion", flag(owner.block_owner_deletion)),
        ],
    )
}

/// ValidateFinalizers, and after it validateKubeFinalizerName.
fn finalizers(finalizers: Option<&[String]>, features: Features, path: &Path) -> Errors {
    let finalizers = finalizers.unwrap_or_default();
    let mut errors: Errors = finalizers.iter().flat_map(|name| key(name, path, features)).collect();
    let has = |name: &str| finalizers.iter().any(|f| f == name);
    if has("orphan") && has("foregroundDeletion") {
        let why = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid(path, GoValue::texts(finalizers).print(features), why));
    }
    for (i, finalizer) in finalizers.iter().enumerate() {
        if !finalizer.contains('/') && !STANDARD_FINALIZERS.contains(&finalizer.as_str()) {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid(&path.index(i), finalizer, why));
        }
    }
    errors
}

/// What is wrong with a selector (ValidateLabelSelector). A selector with an error selects nothing.
pub fn label_selector(selector: &LabelSelector, features: Features, path: &Path) -> Errors {
    let mut errors = labels(selector.match_labels.as_ref(), features, &path.child("matchLabels"));
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
        errors.extend(key(&expression.key, &path.child("key"), features));
        for (i, value) in values.iter().enumerate() {
            errors.extend(each(names::label_value(value, features), &path.child("values").index(i), value));
        }
    }
    errors
}

/// A selector as Go prints it.
pub fn selector_value(selector: &LabelSelector) -> GoValue {
    let expression = |expression: &LabelSelectorRequirement| {
        GoValue::structure(
            "v1.LabelSelectorRequirement",
            [
                ("Key", "key", GoValue::text(&expression.key)),
                ("Operator", "operator", GoValue::text(&expression.operator)),
                ("Values", "values", GoValue::texts(expression.values.as_deref().unwrap_or_default())),
            ],
        )
    };
    let labels = selector.match_labels.as_ref().filter(|labels| !labels.is_empty());
    let expressions = selector.match_expressions.iter().flatten().map(expression);
    GoValue::structure(
        "v1.LabelSelector",
        [
            ("MatchLabels", "matchLabels", string_map(labels)),
            (
                "MatchExpressions",
                "matchExpressions",
                GoValue::list("[]v1.LabelSelectorRequirement", expressions),
            ),
        ],
    )
}
