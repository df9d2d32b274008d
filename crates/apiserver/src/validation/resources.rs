//! Requests and limits.
//!
//! Models ValidateContainerResourceRequirements and ValidateResourceQuantityValue in
//! pkg/apis/core/validation/validation.go (v1.36.2).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Text;
use machinery::field::{FieldError, Path};
use machinery::names;
use machinery::quantity::Quantity;

use super::{Errors, each};

/// Names without a domain that mean something somewhere (pkg/apis/core/helper, standardResources).
const STANDARD: [&str; 16] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "storage",
    "pods",
    "services",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
];
/// Of these, what a container can have.
const OF_CONTAINERS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// A container's requests and limits.
pub fn requirements(requirements: &ResourceRequirements, path: &Path) -> Errors {
    let (limits_path, requests_path) = (path.child("limits"), path.child("requests"));
    let mut errors = Vec::new();
    for (name, text) in requirements.limits.iter().flatten() {
        errors.extend(resource(name, text, &limits_path.key(name)));
    }
    for (name, text) in requirements.requests.iter().flatten() {
        errors.extend(resource(name, text, &requests_path.key(name)));
        let limit = requirements.limits.as_ref().and_then(|limits| limits.get(name));
        errors.extend(within(name, text, limit, &requests_path, &limits_path));
    }
    errors
}

fn resource(name: &str, text: &Text, path: &Path) -> Errors {
    let mut errors = each(names::qualified_name(name), path, name);
    if !name.contains('/') {
        let is_huge = name.starts_with("hugepages-");
        if !is_huge && !STANDARD.contains(&name) {
            let why = "must be a standard resource type or fully qualified";
            errors.push(FieldError::invalid(path, name, why));
        }
        if !is_huge && !OF_CONTAINERS.contains(&name) {
            errors.push(FieldError::invalid(path, name, "must be a standard resource for containers"));
        }
    }
    errors.extend(quantity(name, text, path));
    errors
}

fn within(
    name: &str,
    text: &Text,
    limit: Option<&Text>,
    requests: &Path,
    limits: &Path,
) -> Option<FieldError> {
    let can_overcommit = !name.contains('/') && !name.starts_with("hugepages-");
    let Some(limit) = limit else {
        let why = "Limit must be set for non overcommitable resources";
        return (!can_overcommit).then(|| FieldError::required(limits, why));
    };
    let (request, bound) = (Quantity::parse(&text.0).ok()?, Quantity::parse(&limit.0).ok()?);
    let rule = match (can_overcommit, request > bound) {
        (false, _) if request != bound => "must be equal to",
        (true, true) => "must be less than or equal to",
        _ => return None,
    };
    Some(FieldError::invalid(requests, text.0.as_str(), format!("{rule} {name} limit of {}", limit.0)))
}

/// A quantity of a resource: not negative, and whole where it counts things.
pub fn quantity(name: &str, text: &Text, path: &Path) -> Errors {
    let Ok(quantity) = Quantity::parse(&text.0) else {
        return Vec::new();
    };
    let mut errors = Vec::new();
    if quantity.sign() < 0 {
        errors.push(FieldError::invalid(path, text.0.as_str(), "must be greater than or equal to 0"));
    }
    let counts_things = name.contains('/') || STANDARD[4..13].contains(&name);
    if counts_things && quantity.milli_value() % 1000 != 0 {
        errors.push(FieldError::invalid(path, text.0.as_str(), "must be an integer"));
    }
    errors
}

/// ValidatePositiveQuantityValue.
pub fn positive(text: &Text, path: &Path) -> Option<FieldError> {
    let quantity = Quantity::parse(&text.0).ok()?;
    (quantity.sign() <= 0).then(|| FieldError::invalid(path, text.0.as_str(), "must be greater than zero"))
}

/// The amount of storage in a list.
pub fn storage(list: Option<&BTreeMap<String, Text>>) -> Option<&Text> {
    list?.get("storage")
}
