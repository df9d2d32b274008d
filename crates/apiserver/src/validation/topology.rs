//! How pods spread, and the labels that are looked at for that.
//!
//! Models validateTopologySpreadConstraints and its companions in pkg/apis/core/validation/validation.go (v1.36.2).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::TopologySpreadConstraint;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use machinery::field::{FieldError, Path};
use machinery::version::Features;

use super::metadata::label_selector;
use super::{Errors, Seen, greater_than_zero, if_given_one_of, key};

/// Sorted, as upstream's sets print.
const ACTIONS: [&str; 2] = ["DoNotSchedule", "ScheduleAnyway"];
const NODE_POLICIES: [&str; 2] = ["Honor", "Ignore"];

const WITHOUT_SELECTOR: &str = "must not be specified when labelSelector is not set";
const IN_SELECTOR: &str = "exists in both matchLabelKeys and labelSelector";

/// A pod's constraints.
pub fn constraints(constraints: &[TopologySpreadConstraint], features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let pair =
        |one: &TopologySpreadConstraint| format!("{{{}, {}}}", one.topology_key, one.when_unsatisfiable);
    // Of two that are the same, the first is reported.
    let mut later = Seen::default();
    let mut repeated: Vec<bool> = constraints.iter().rev().map(|one| later.again(&pair(one))).collect();
    repeated.reverse();
    for (i, constraint) in constraints.iter().enumerate() {
        let path = path.index(i);
        errors.extend(greater_than_zero(constraint.max_skew, &path.child("maxSkew")));
        if constraint.topology_key.is_empty() {
            errors.push(FieldError::required(&path.child("topologyKey"), "can not be empty"));
        }
        let action = constraint.when_unsatisfiable.as_str();
        errors.extend(if_given_one_of(Some(action), &ACTIONS, &path.child("whenUnsatisfiable")));
        if repeated[i] {
            let path = path.child("{topologyKey, whenUnsatisfiable}");
            errors.push(FieldError::duplicate(&path, pair(constraint)));
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
        if features.spread_keys_are_merged() {
            errors.extend(match_label_keys(keys, &[], selector, features, &path));
        } else {
            errors.extend(spread_keys(keys, selector, features, &path.child("matchLabelKeys")));
        }
        if let Some(selector) = selector {
            errors.extend(label_selector(selector, features, &path.child("labelSelector")));
        }
    }
    errors
}

/// ValidateMatchLabelKeysInTopologySpread: keys that the selector does not have.
fn spread_keys(keys: &[String], selector: Option<&LabelSelector>, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    if !keys.is_empty() && selector.is_none() {
        errors.push(FieldError::forbidden(path, WITHOUT_SELECTOR));
    }
    let labels = selector.iter().flat_map(|selector| selector.match_labels.iter().flat_map(BTreeMap::keys));
    let expressions = selector.iter().flat_map(|selector| selector.match_expressions.iter().flatten());
    let taken: Vec<&String> = labels.chain(expressions.map(|expression| &expression.key)).collect();
    for (i, one) in keys.iter().enumerate() {
        errors.extend(key(one, &path.index(i), features));
        if taken.contains(&one) {
            errors.push(FieldError::invalid(&path.index(i), one, IN_SELECTOR));
        }
    }
    errors
}

/// Keys whose values the pod itself gives (ValidateMatchLabelKeysAndMismatchLabelKeys). A pod's selector has them already:
/// one that is there twice was there before.
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
            errors.push(FieldError::forbidden(&path, WITHOUT_SELECTOR));
            continue;
        }
        let each = keys.iter().enumerate();
        errors.extend(each.flat_map(|(i, one)| key(one, &path.index(i), features)));
    }
    let labels = selector.and_then(|selector| selector.match_labels.as_ref());
    let expressions = selector.and_then(|selector| selector.match_expressions.as_deref()).unwrap_or_default();
    let mut seen = Seen::default();
    for expression in expressions {
        let key = &expression.key;
        let is_taken = seen.again(key) || labels.is_some_and(|labels| labels.contains_key(key));
        // Upstream reports it at the index of the key, without the field.
        if let Some(i) = matching.iter().rposition(|one| one == key).filter(|_| is_taken) {
            errors.push(FieldError::invalid(&path.index(i), key, IN_SELECTOR));
        }
    }
    for (i, both) in matching.iter().enumerate().filter(|(_, key)| mismatching.contains(key)) {
        let why = "exists in both matchLabelKeys and mismatchLabelKeys";
        errors.push(FieldError::invalid(&path.child("matchLabelKeys").index(i), both, why));
    }
    errors
}
