//! Which nodes a pod or a volume can be on.
//!
//! Models validateAffinity, ValidateNodeSelector and validateVolumeNodeAffinity in
//! pkg/apis/core/validation/validation.go (v1.36.2).

use k8s_openapi::api::core::v1::{
    Affinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, VolumeNodeAffinity,
    WeightedPodAffinityTerm,
};
use machinery::field::{FieldError, Path};
use machinery::names;

use super::metadata::label_selector;
use super::{Errors, each, in_range};

/// A pod's affinity.
pub fn affinity(affinity: &Affinity, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let (required, preferred) =
        ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution");
    if let Some(node) = &affinity.node_affinity {
        let path = path.child("nodeAffinity");
        if let Some(selector) = &node.required_during_scheduling_ignored_during_execution {
            errors.extend(node_selector(selector, &path.child(required)));
        }
        let terms = node.preferred_during_scheduling_ignored_during_execution.iter().flatten();
        for (i, preference) in terms.enumerate() {
            let path = path.child(preferred).index(i);
            errors.extend(weight(preference.weight, &path));
            errors.extend(term(&preference.preference, &path.child("preference")));
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
        errors.extend(pod_terms(wanted.as_deref().unwrap_or_default(), &path.child(required)));
        errors.extend(weighted_terms(weighted.as_deref().unwrap_or_default(), &path.child(preferred)));
    }
    errors
}

/// A volume's affinity: if it is there, it says something.
pub fn volume_node_affinity(affinity: &VolumeNodeAffinity, path: &Path) -> Errors {
    match &affinity.required {
        Some(selector) => node_selector(selector, &path.child("required")),
        None => {
            let why = "must specify required node constraints";
            vec![FieldError::required(&path.child("required"), why)]
        }
    }
}

fn node_selector(selector: &NodeSelector, path: &Path) -> Errors {
    let path = path.child("nodeSelectorTerms");
    if selector.node_selector_terms.is_empty() {
        return vec![FieldError::required(&path, "must have at least one node selector term")];
    }
    let terms = selector.node_selector_terms.iter().enumerate();
    terms.flat_map(|(i, one)| term(one, &path.index(i))).collect()
}

fn term(term: &NodeSelectorTerm, path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (i, requirement) in term.match_expressions.iter().flatten().enumerate() {
        let path = path.child("matchExpressions").index(i);
        errors.extend(operator(requirement, &path));
        errors.extend(each(names::qualified_name(&requirement.key), &path.child("key"), &requirement.key));
    }
    for (i, requirement) in term.match_fields.iter().flatten().enumerate() {
        let path = path.child("matchFields").index(i);
        if !["In", "NotIn"].contains(&requirement.operator.as_str()) {
            let operator = requirement.operator.as_str();
            errors.push(FieldError::invalid(
                &path.child("operator"),
                operator,
                "not a valid selector operator",
            ));
        }
        if requirement.key != "metadata.name" {
            let key = requirement.key.as_str();
            errors.push(FieldError::invalid(&path.child("key"), key, "not a valid field selector key"));
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

fn pod_terms(terms: &[PodAffinityTerm], path: &Path) -> Errors {
    terms.iter().enumerate().flat_map(|(i, one)| pod_term(one, &path.index(i))).collect()
}

fn weighted_terms(terms: &[WeightedPodAffinityTerm], path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (i, one) in terms.iter().enumerate() {
        let path = path.index(i);
        errors.extend(weight(one.weight, &path));
        errors.extend(pod_term(&one.pod_affinity_term, &path.child("podAffinityTerm")));
    }
    errors
}

fn pod_term(term: &PodAffinityTerm, path: &Path) -> Errors {
    let mut errors = Vec::new();
    if let Some(selector) = &term.label_selector {
        errors.extend(label_selector(selector, &path.child("labelSelector")));
    }
    if term.topology_key.is_empty() {
        errors.push(FieldError::required(&path.child("topologyKey"), "can not be empty"));
    }
    let key = term.topology_key.as_str();
    errors.extend(each(names::qualified_name(key), &path.child("topologyKey"), key));
    errors
}
