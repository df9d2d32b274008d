//! Which nodes a pod or a volume can be on.
//!
//! Models validateAffinity, ValidateNodeSelector, validateVolumeNodeAffinity and validateNodeAffinityMutation in
//! pkg/apis/core/validation/validation.go (v1.36.2).

use k8s_openapi::api::core::v1::{
    Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm,
    VolumeNodeAffinity, WeightedPodAffinityTerm,
};
use machinery::field::{FieldError, Path};
use machinery::go_value::GoValue;
use machinery::names;
use machinery::version::Features;

use super::metadata::label_selector;
use super::topology::match_label_keys;
use super::{Errors, each, in_range, key};

/// A pod's affinity.
pub fn affinity(affinity: &Affinity, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let (required, preferred) =
        ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution");
    if let Some(node) = &affinity.node_affinity {
        let path = path.child("nodeAffinity");
        if let Some(selector) = &node.required_during_scheduling_ignored_during_execution {
            errors.extend(node_selector(selector, features, &path.child(required)));
        }
        let terms = node.preferred_during_scheduling_ignored_during_execution.iter().flatten();
        for (i, preference) in terms.enumerate() {
            let path = path.child(preferred).index(i);
            errors.extend(weight(preference.weight, &path));
            // Wrong values are let through here: such a term may still suit every node.
            errors.extend(term(&preference.preference, false, features, &path.child("preference")));
        }
    }
    let pods = affinity.pod_affinity.as_ref().map(|a| {
        (
            "podAffinity",
            &a.required_during_scheduling_ignored_during_execution,
            &a.preferred_during_scheduling_ignored_during_execution,
        )
    });
    let anti = affinity.pod_anti_affinity.as_ref().map(|a| {
        (
            "podAntiAffinity",
            &a.required_during_scheduling_ignored_during_execution,
            &a.preferred_during_scheduling_ignored_during_execution,
        )
    });
    for (name, wanted, weighted) in [pods, anti].into_iter().flatten() {
        let path = path.child(name);
        errors.extend(pod_terms(wanted.as_deref().unwrap_or_default(), features, &path.child(required)));
        let weighted = weighted.as_deref().unwrap_or_default();
        errors.extend(weighted_terms(weighted, features, &path.child(preferred)));
    }
    errors
}

/// A volume's affinity: if it is there, it says something.
pub fn volume_node_affinity(affinity: &VolumeNodeAffinity, features: Features, path: &Path) -> Errors {
    match &affinity.required {
        Some(selector) => node_selector(selector, features, &path.child("required")),
        None => {
            let why = "must specify required node constraints";
            vec![FieldError::required(&path.child("required"), why)]
        }
    }
}

/// A term as Go prints its own struct.
fn term_value(term: &NodeSelectorTerm) -> GoValue {
    let requirement = |requirement: &NodeSelectorRequirement| {
        let fields = [
            ("Key", "", GoValue::text(&requirement.key)),
            ("Operator", "", GoValue::text(&requirement.operator)),
            ("Values", "", GoValue::texts(requirement.values.as_deref().unwrap_or_default())),
        ];
        GoValue::structure("core.NodeSelectorRequirement", fields)
    };
    let requirements = |list: &Option<Vec<NodeSelectorRequirement>>| {
        GoValue::list("[]core.NodeSelectorRequirement", list.iter().flatten().map(requirement))
    };
    let fields = [
        ("MatchExpressions", "", requirements(&term.match_expressions)),
        ("MatchFields", "", requirements(&term.match_fields)),
    ];
    GoValue::structure("core.NodeSelectorTerm", fields)
}

fn terms_value(terms: &[NodeSelectorTerm]) -> GoValue {
    GoValue::list("[]core.NodeSelectorTerm", terms.iter().map(term_value))
}

/// A volume's affinity as Go prints its own struct.
pub fn affinity_value(affinity: &VolumeNodeAffinity) -> GoValue {
    let selector = affinity.required.as_ref().map(|selector| {
        let terms = terms_value(&selector.node_selector_terms);
        GoValue::structure("core.NodeSelector", [("NodeSelectorTerms", "", terms)])
    });
    let fields = [("Required", "", GoValue::pointer("core.NodeSelector", selector))];
    GoValue::structure("core.VolumeNodeAffinity", fields)
}

/// What is wrong with another affinity to nodes, for a pod that waits behind its gates (validateNodeAffinityMutation): as
/// long as there are terms, each of them can only become stricter.
pub fn node_affinity_change(
    new: Option<&NodeAffinity>,
    old: Option<&NodeAffinity>,
    features: Features,
    path: &Path,
) -> Errors {
    let terms = |affinity: Option<&NodeAffinity>| {
        let selector = affinity?.required_during_scheduling_ignored_during_execution.clone()?;
        Some(selector.node_selector_terms)
    };
    let (new, old) = (terms(new).unwrap_or_default(), terms(old).unwrap_or_default());
    let path = path.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms");
    if !old.is_empty() && new.len() != old.len() {
        let why = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        return vec![FieldError::invalid(&path, terms_value(&new).print(features), why)];
    }
    let mut errors = Vec::new();
    for (i, (new, _)) in new.iter().zip(&old).enumerate().filter(|(_, (new, old))| !only_adds(new, old)) {
        let why = "only additions are allowed (no mutations or deletions)";
        errors.push(FieldError::invalid(&path.index(i), term_value(new).print(features), why));
    }
    errors
}

/// validateNodeSelectorTermHasOnlyAdditions: a term without requirements stays without.
fn only_adds(new: &NodeSelectorTerm, old: &NodeSelectorTerm) -> bool {
    fn list(list: &Option<Vec<NodeSelectorRequirement>>) -> &[NodeSelectorRequirement] {
        list.as_deref().unwrap_or_default()
    }
    let [new, old] = [new, old].map(|term| [list(&term.match_expressions), list(&term.match_fields)]);
    let is_empty = |term: &[&[NodeSelectorRequirement]; 2]| term.iter().all(|list| list.is_empty());
    let begins_alike = new.iter().zip(&old).all(|(new, old)| new.starts_with(old));
    if is_empty(&old) { is_empty(&new) } else { begins_alike }
}

fn node_selector(selector: &NodeSelector, features: Features, path: &Path) -> Errors {
    let path = path.child("nodeSelectorTerms");
    if selector.node_selector_terms.is_empty() {
        return vec![FieldError::required(&path, "must have at least one node selector term")];
    }
    let terms = selector.node_selector_terms.iter().enumerate();
    terms.flat_map(|(i, one)| term(one, true, features, &path.index(i))).collect()
}

/// ValidateNodeSelectorTerm; `values` says whether the values of expressions are looked at, if ever.
fn term(term: &NodeSelectorTerm, values: bool, features: Features, path: &Path) -> Errors {
    let values = values && features.node_affinity_values_are_checked();
    let mut errors = Vec::new();
    for (i, requirement) in term.match_expressions.iter().flatten().enumerate() {
        let path = path.child("matchExpressions").index(i);
        errors.extend(operator(requirement, &path));
        errors.extend(key(&requirement.key, &path.child("key"), features));
        for (i, value) in requirement.values.iter().flatten().enumerate().filter(|_| values) {
            errors.extend(each(names::label_value(value, features), &path.child("values").index(i), value));
        }
    }
    for (i, requirement) in term.match_fields.iter().flatten().enumerate() {
        let path = path.child("matchFields").index(i);
        let values = requirement.values.as_deref().unwrap_or_default();
        if !["In", "NotIn"].contains(&requirement.operator.as_str()) {
            let why = "not a valid selector operator";
            errors.push(FieldError::invalid(&path.child("operator"), &requirement.operator, why));
        } else if values.len() != 1 {
            let why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.push(FieldError::required(&path.child("values"), why));
        }
        if requirement.key != "metadata.name" {
            let why = "not a valid field selector key";
            errors.push(FieldError::invalid(&path.child("key"), &requirement.key, why));
            continue;
        }
        for (i, name) in values.iter().enumerate() {
            errors.extend(each(names::dns1123_subdomain(name), &path.child("values").index(i), name));
        }
    }
    errors
}

fn operator(requirement: &NodeSelectorRequirement, path: &Path) -> Option<FieldError> {
    let values = requirement.values.as_ref().map_or(0, Vec::len);
    let at = path.child("values");
    match requirement.operator.as_str() {
        "In" | "NotIn" if values == 0 => {
            Some(FieldError::required(&at, "must be specified when `operator` is 'In' or 'NotIn'"))
        }
        "Exists" | "DoesNotExist" if values > 0 => {
            let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            Some(FieldError::forbidden(&at, why))
        }
        "Gt" | "Lt" if values != 1 => {
            Some(FieldError::required(&at, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => None,
        other => Some(FieldError::invalid(&path.child("operator"), other, "not a valid selector operator")),
    }
}

fn weight(weight: i32, path: &Path) -> Option<FieldError> {
    let error = in_range(weight.into(), 1, 100, &path.child("weight"))?;
    Some(FieldError { detail: "must be in the range 1-100".to_owned(), ..error })
}

fn pod_terms(terms: &[PodAffinityTerm], features: Features, path: &Path) -> Errors {
    terms.iter().enumerate().flat_map(|(i, one)| pod_term(one, features, &path.index(i))).collect()
}

fn weighted_terms(terms: &[WeightedPodAffinityTerm], features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (i, one) in terms.iter().enumerate() {
        let path = path.index(i);
        errors.extend(weight(one.weight, &path));
        errors.extend(pod_term(&one.pod_affinity_term, features, &path.child("podAffinityTerm")));
    }
    errors
}

fn pod_term(term: &PodAffinityTerm, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (field, selector) in
        [("labelSelector", &term.label_selector), ("namespaceSelector", &term.namespace_selector)]
    {
        errors.extend(selector.iter().flat_map(|s| label_selector(s, features, &path.child(field))));
    }
    for namespace in term.namespaces.iter().flatten() {
        errors.extend(each(names::dns1123_label(namespace), &path.child("namespace"), namespace));
    }
    let keys = |keys: &'_ Option<Vec<String>>| keys.clone().unwrap_or_default();
    let (matching, mismatching) = (keys(&term.match_label_keys), keys(&term.mismatch_label_keys));
    let selector = term.label_selector.as_ref();
    errors.extend(match_label_keys(&matching, &mismatching, selector, features, path));
    if term.topology_key.is_empty() {
        errors.push(FieldError::required(&path.child("topologyKey"), "can not be empty"));
    }
    errors.extend(key(&term.topology_key, &path.child("topologyKey"), features));
    errors
}
