//! Requests and limits.
//!
//! Models ValidateContainerResourceRequirements, validatePodResources and ValidateResourceQuantityValue in
//! pkg/apis/core/validation/validation.go (v1.36.2).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Text;
use machinery::field::{FieldError, Path};
use machinery::go_value::GoValue;
use machinery::names;
use machinery::quantity::Quantity;
use machinery::version::Features;

use super::containers::Scope;
use super::pod_spec::init_containers;
use super::{Errors, Seen, key};

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
    if spec.os.as_ref().is_some_and(|os| os.name == "windows") {
        return vec![FieldError::forbidden(path, "may not be set for a windows pod")];
    }
    let mut errors = Vec::new();
    if requirements.claims.is_some() {
        let why = "claims may not be set for Resources at pod-level";
        errors.push(FieldError::forbidden(&path.child("claims"), why));
    }
    errors.extend(requirements_errors(requirements, pod_resource_name, scope, path));
    errors.extend(consistency(spec, requirements, path));
    errors
}

/// validatePodResourceConsistency.
fn consistency(spec: &PodSpec, requirements: &ResourceRequirements, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let lists = [("requests", &requirements.requests), ("limits", &requirements.limits)];
    for (field, list) in lists {
        // What of limits may add up to more is anything but huge pages.
        for (name, text) in list.iter().flatten().filter(|(name, _)| field == "requests" || is_huge(name)) {
            let Some(sum) = of_all_containers(spec, field, name) else {
                continue;
            };
            if Quantity::parse(&text.0).is_ok_and(|own| sum > own) {
                let why = format!("must be greater than or equal to aggregate container {field} of {sum}");
                errors.push(FieldError::invalid(&path.child(field).key(name), &text.0, why));
            }
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

/// What the containers need at a time: the regular ones together with those that start before them and stay, or one that
/// starts before them together with those that stay by then (AggregateContainerRequests, AggregateContainerLimits).
pub fn of_all_containers(spec: &PodSpec, field: &str, name: &str) -> Option<Quantity> {
    let amount = |container: &Container| {
        let resources = container.resources.as_ref()?;
        let list = if field == "requests" { &resources.requests } else { &resources.limits };
        Quantity::parse(&list.as_ref()?.get(name)?.0).ok()
    };
    let add = |sum: Option<Quantity>, more: Option<Quantity>| match (sum, more) {
        (Some(sum), Some(more)) => Some(sum.add(&more)),
        (sum, more) => sum.or(more),
    };
    let (mut staying, mut most) = (None, None);
    for container in init_containers(spec) {
        let together = add(staying.clone(), amount(container));
        if container.restart_policy.as_deref() == Some("Always") {
            staying.clone_from(&together);
        }
        most = most.max(together);
    }
    most.max(spec.containers.iter().map(amount).fold(staying, add))
}

/// Whether a whole pod has anything (IsPodLevelResourcesSet).
pub fn is_given(own: &ResourceRequirements) -> bool {
    let lists = [&own.requests, &own.limits];
    lists.into_iter().flatten().flat_map(BTreeMap::keys).any(|name| is_of_pods(name))
}

/// IsSupportedPodLevelResource.
pub fn is_of_pods(name: &str) -> bool {
    is_huge(name) || OF_PODS.contains(&name)
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
    // A claim as a whole has no request, and nothing after the slash.
    let (mut names, mut seen) = (Seen::default(), Seen::default());
    for (i, claim) in requirements.claims.iter().flatten().enumerate() {
        let (path, name) = (path.index(i), claim.name.as_str());
        if name.is_empty() {
            errors.push(FieldError::required(&path, ""));
            continue;
        }
        let request = claim.request.as_deref().unwrap_or_default();
        let one = format!("{name}/{request}");
        if seen.has(&format!("{name}/")) {
            errors.push(FieldError::duplicate(&path, name));
        } else {
            errors.extend(super::optional_name(&claim.request, names::dns1123_label, &path.child("request")));
            let (is_known, is_repeated) = (names.again(name), seen.again(&one));
            if request.is_empty() {
                errors.extend(is_known.then(|| FieldError::duplicate(&path, name)));
            } else if is_repeated {
                errors.push(FieldError::duplicate(&path, one));
            }
        }
        if !scope.claims.contains(name) {
            let claims: Vec<&str> = scope.claims.iter().copied().filter(|c| !c.is_empty()).collect();
            let known = if claims.is_empty() {
                " which is empty".to_owned()
            } else {
                format!(": {}", claims.join(", "))
            };
            let detail = format!("must be one of the names in pod.spec.resourceClaims{known}");
            errors.push(FieldError { detail, ..FieldError::not_found(&path, name) });
        }
    }
    errors
}

/// IsHugePageResourceName.
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
    if errors.is_empty() && !is_of_pods(name) {
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
