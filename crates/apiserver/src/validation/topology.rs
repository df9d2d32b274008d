//! How pods spread, and the labels that are looked at for that.
//!
//! Models validateTopologySpreadConstraints and ValidateMatchLabelKeysAndMismatchLabelKeys in
//! pkg/apis/core/validation/validation.go (v1.36.2).

use k8s_openapi::api::core::v1::TopologySpreadConstraint;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use machinery::field::{FieldError, Path};
use machinery::version::Features;

use super::metadata::label_selector;
use super::{Errors, greater_than_zero, if_given_one_of, key};

/// Sorted, as upstream's sets print.
const ACTIONS: [&str; 2] = ["DoNotSchedule", "ScheduleAnyway"];
const NODE_POLICIES: [&str; 2] = ["Honor", "Ignore"];

/// A pod's constraints.
pub fn constraints(constraints: &[TopologySpreadConstraint], features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (i, constraint) in constraints.iter().enumerate() {
        let path = path.index(i);
        errors.extend(greater_than_zero(constraint.max_skew, &path.child("maxSkew")));
        if constraint.topology_key.is_empty() {
            errors.push(FieldError::required(&path.child("topologyKey"), "can not be empty"));
        }
        let action = constraint.when_unsatisfiable.as_str();
        errors.extend(if_given_one_of(Some(action), &ACTIONS, &path.child("whenUnsatisfiable")));
        let same = |other: &TopologySpreadConstraint| {
            other.topology_key == constraint.topology_key
                && other.when_unsatisfiable == constraint.when_unsatisfiable
        };
        if constraints[i + 1..].iter().any(same) {
            let pair = format!("{{{}, {action}}}", constraint.topology_key);
            errors.push(FieldError::duplicate(&path.child("{topologyKey, whenUnsatisfiable}"), pair));
        }
        if let Some(domains) = constraint.min_domains {
            let path = path.child("minDomains");
            errors.extend(greater_than_zero(domains, &path));
            if action != "DoNotSchedule" {
                let why = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                errors.push(FieldError::invalid(&path, domains, why));
            }
        }
        for (name, policy) in [
            ("nodeAffinityPolicy", &constraint.node_affinity_policy),
            ("nodeTaintsPolicy", &constraint.node_taints_policy),
        ] {
            errors.extend(if_given_one_of(policy.as_deref(), &NODE_POLICIES, &path.child(name)));
        }
        let selector = constraint.label_selector.as_ref();
        let keys = constraint.match_label_keys.as_deref().unwrap_or_default();
        errors.extend(match_label_keys(keys, &[], selector, features, &path));
        if let Some(selector) = selector {
            errors.extend(label_selector(selector, features, &path.child("labelSelector")));
        }
    }
    errors
}

/// Keys whose values the pod itself gives.
pub fn match_label_keys(
    matching: &[String],
    mismatching: &[String],
    selector: Option<&LabelSelector>,
    features: Features,
    path: &Path,
) -> Errors {
    let mut errors = Vec::new();
    for (field, keys) in [("matchLabelKeys", matching), ("mismatchLabelKeys", mismatching)] {
        let path = path.child(field);
        if keys.is_empty() {
            continue;
        }
        if selector.is_none() {
            let why = "must not be specified when labelSelector is not set";
            errors.push(FieldError::forbidden(&path, why));
            continue;
        }
        let each = keys.iter().enumerate();
        errors.extend(each.flat_map(|(i, one)| key(one, &path.index(i), features)));
    }
    for (i, both) in matching.iter().enumerate().filter(|(_, key)| mismatching.contains(key)) {
        let why = "exists in both matchLabelKeys and mismatchLabelKeys";
        errors.push(FieldError::invalid(&path.child("matchLabelKeys").index(i), both, why));
    }
    errors
}
