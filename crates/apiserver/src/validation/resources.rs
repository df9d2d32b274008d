//! Requests and limits.
//!
//! Models ValidateContainerResourceRequirements, validatePodResources and ValidateResourceQuantityValue in
//! pkg/apis/core/validation/validation.go (v1.36.2).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{PodSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Text;
use machinery::field::{FieldError, Path};
use machinery::go_value::GoValue;
use machinery::names;
use machinery::quantity::Quantity;
use machinery::version::Features;

use super::containers::Scope;
use super::{Errors, key};

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

/// What a whole pod can have (component-helpers/resource, SupportedPodLevelResources).
const OF_PODS: [&str; 3] = ["cpu", "hugepages-", "memory"];

/// A container's requests, limits and claims.
pub fn of_container(requirements: &ResourceRequirements, scope: &Scope<'_>, path: &Path) -> Errors {
    requirements_errors(requirements, container_resource_name, scope, path)
}

/// A whole pod's requests and limits, and whether its containers stay within them.
pub fn of_pod(spec: &PodSpec, scope: &Scope<'_>, path: &Path) -> Errors {
    let Some(requirements) = &spec.resources else {
        return Vec::new();
    };
    let mut errors = Vec::new();
    if requirements.claims.is_some() {
        let why = "claims may not be set for Resources at pod-level";
        errors.push(FieldError::forbidden(&path.child("claims"), why));
    }
    errors.extend(requirements_errors(requirements, pod_resource_name, scope, path));
    for (name, text) in requirements.requests.iter().flatten() {
        let of_containers = spec.containers.iter().filter_map(|container| {
            let resources = container.resources.as_ref()?;
            let list = resources.requests.as_ref().and_then(|list| list.get(name));
            let list = list.or_else(|| resources.limits.as_ref()?.get(name));
            Quantity::parse(&list?.0).ok()
        });
        let Some(sum) = of_containers.reduce(|sum, one| sum.add(&one)) else {
            continue;
        };
        if Quantity::parse(&text.0).is_ok_and(|request| sum > request) {
            let why = format!("must be greater than or equal to aggregate container requests of {sum}");
            errors.push(FieldError::invalid(&path.child("requests").key(name), &text.0, why));
        }
    }
    for (i, container) in spec.containers.iter().enumerate() {
        let limits = container.resources.iter().flat_map(|r| r.limits.iter().flatten());
        for (name, text) in limits {
            let Some(bound) = requirements.limits.as_ref().and_then(|limits| limits.get(name)) else {
                continue;
            };
            if Quantity::parse(&text.0).ok() > Quantity::parse(&bound.0).ok() {
                let path = path.child("containers").index(i).key(name).child("limits");
                let why = format!("must be less than or equal to pod limits of {}", bound.0);
                errors.push(FieldError::invalid(&path, &text.0, why));
            }
        }
    }
    errors
}

type NameRule = fn(&str, &Path, Features) -> Errors;

fn requirements_errors(
    requirements: &ResourceRequirements,
    name_rule: NameRule,
    scope: &Scope<'_>,
    path: &Path,
) -> Errors {
    let (limits_path, requests_path) = (path.child("limits"), path.child("requests"));
    let mut errors = Vec::new();
    for (name, text) in requirements.limits.iter().flatten() {
        let path = limits_path.key(name);
        errors.extend(name_rule(name, &path, scope.features));
        errors.extend(quantity(name, text, scope.features, &path));
        errors.extend(huge_pages(name, text, &path));
    }
    for (name, text) in requirements.requests.iter().flatten() {
        let path = requests_path.key(name);
        errors.extend(name_rule(name, &path, scope.features));
        errors.extend(quantity(name, text, scope.features, &path));
        let limit = requirements.limits.as_ref().and_then(|limits| limits.get(name));
        errors.extend(within(name, text, limit, &requests_path, &limits_path));
        errors.extend(huge_pages(name, text, &path));
    }
    let lists = [&requirements.limits, &requirements.requests];
    let has =
        |found: fn(&str) -> bool| lists.into_iter().flatten().flat_map(BTreeMap::keys).any(|n| found(n));
    if has(is_huge) && !has(|name| matches!(name, "cpu" | "memory")) {
        errors.push(FieldError::forbidden(path, "HugePages require cpu or memory"));
    }
    errors.extend(claims(requirements, scope, &path.child("claims")));
    errors
}

/// validateResourceClaimNames.
fn claims(requirements: &ResourceRequirements, scope: &Scope<'_>, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for (i, claim) in requirements.claims.iter().flatten().enumerate() {
        let (path, name) = (path.index(i), claim.name.as_str());
        if name.is_empty() {
            errors.push(FieldError::required(&path, ""));
            continue;
        }
        let request = claim.request.as_deref().unwrap_or_default();
        errors.extend(super::optional_name(&claim.request, names::dns1123_label, &path.child("request")));
        let one = if request.is_empty() { name.to_owned() } else { format!("{name}/{request}") };
        if seen.iter().any(|other| *other == name || *other == one) {
            errors.push(FieldError::duplicate(&path, one.as_str()));
        }
        seen.push(one);
        if !scope.claims.contains(&name) {
            let known = if scope.claims.is_empty() {
                " which is empty".to_owned()
            } else {
                format!(": {}", scope.claims.join(", "))
            };
            let detail = format!("must be one of the names in pod.spec.resourceClaims{known}");
            errors.push(FieldError { detail, ..FieldError::not_found(&path, name) });
        }
    }
    errors
}

fn is_huge(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// A whole number of pages (IsHugePageResourceValueDivisible).
fn huge_pages(name: &str, text: &Text, path: &Path) -> Option<FieldError> {
    let page = Quantity::parse(name.strip_prefix("hugepages-")?).ok()?.value();
    let value = Quantity::parse(&text.0).ok()?.value();
    let is_whole = page > 0 && value % page == 0;
    let why = || format!("{} is not positive integer multiple of {name}", text.0);
    (!is_whole).then(|| FieldError::invalid(path, &text.0, why()))
}

/// validateResourceName.
fn resource_name(name: &str, path: &Path, features: Features) -> Errors {
    let errors = key(name, path, features);
    if errors.is_empty() && !name.contains('/') && !is_huge(name) && !STANDARD.contains(&name) {
        let why = "must be a standard resource type or fully qualified";
        return vec![FieldError::invalid(path, name, why)];
    }
    errors
}

fn container_resource_name(name: &str, path: &Path, features: Features) -> Errors {
    let mut errors = resource_name(name, path, features);
    if !name.contains('/') {
        if !is_huge(name) && !OF_CONTAINERS.contains(&name) {
            errors.push(FieldError::invalid(path, name, "must be a standard resource for containers"));
        }
    } else if !name.contains("kubernetes.io/")
        && (name.starts_with("requests.")
            || !names::qualified_name(&format!("requests.{name}"), features).is_empty())
    {
        errors.push(FieldError::invalid(path, name, "doesn't follow extended resource name standard"));
    }
    errors
}

fn pod_resource_name(name: &str, path: &Path, features: Features) -> Errors {
    let errors = resource_name(name, path, features);
    if errors.is_empty() && !is_huge(name) && !OF_PODS.contains(&name) {
        return vec![FieldError::not_supported(path, name, &OF_PODS)];
    }
    errors
}

fn within(
    name: &str,
    text: &Text,
    limit: Option<&Text>,
    requests: &Path,
    limits: &Path,
) -> Option<FieldError> {
    let can_overcommit = (!name.contains('/') || name.contains("kubernetes.io/")) && !is_huge(name);
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
pub fn quantity(name: &str, text: &Text, features: Features, path: &Path) -> Errors {
    let Ok(quantity) = Quantity::parse(&text.0) else {
        return Vec::new();
    };
    let mut errors = Vec::new();
    if quantity.sign() < 0 {
        errors.push(FieldError::invalid(path, &text.0, "must be greater than or equal to 0"));
    }
    let counts_things =
        (name.contains('/') && !name.contains("kubernetes.io/")) || STANDARD[4..13].contains(&name);
    if counts_things && quantity.milli_value() % 1000 != 0 {
        let value = GoValue::quantity(&text.0).print(features);
        errors.push(FieldError::invalid(path, value, "must be an integer"));
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
