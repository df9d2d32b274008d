//! What pods ask for in all.
//!
//! Models k8s.io/component-helpers/resource (helpers.go: `PodRequests`, `PodLimits`). Departs: resources that were changed
//! in place are not told apart, as no node here changes them.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Text;
use machinery::quantity::{Format, Quantity};

/// Amounts by resource.
pub(super) type Amounts = BTreeMap<String, Quantity>;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Of {
    Requests,
    Limits,
}

impl Of {
    fn part(self, resources: &ResourceRequirements) -> Option<&BTreeMap<String, Text>> {
        match self {
            Of::Requests => resources.requests.as_ref(),
            Of::Limits => resources.limits.as_ref(),
        }
    }
}

/// A quantity of an object; what cannot be read is nothing.
pub(super) fn quantity(text: &Text) -> Quantity {
    Quantity::parse(&text.0).unwrap_or_else(|_| Quantity::new(0, Format::DecimalSi))
}

/// The amount of a resource.
pub(super) fn amount(amounts: &Amounts, resource: &str) -> Quantity {
    amounts.get(resource).cloned().unwrap_or_else(|| Quantity::new(0, Format::DecimalSi))
}

/// Adds amounts to others.
pub(super) fn add(sum: &mut Amounts, more: &Amounts) {
    for (resource, amount) in more {
        let before = self::amount(sum, resource);
        sum.insert(resource.clone(), before.add(amount));
    }
}

fn at_least(most: &mut Amounts, other: &Amounts) {
    for (resource, amount) in other {
        if most.get(resource).is_none_or(|before| before < amount) {
            most.insert(resource.clone(), amount.clone());
        }
    }
}

fn of_container(container: &Container, of: Of) -> Amounts {
    let part = container.resources.as_ref().and_then(|resources| of.part(resources));
    part.into_iter().flatten().map(|(resource, text)| (resource.clone(), quantity(text))).collect()
}

/// What a pod asks for: its containers together, or more where one that runs before them needs more.
pub(super) fn of_pod(pod: &Pod, of: Of) -> Amounts {
    let Some(spec) = &pod.spec else {
        return Amounts::new();
    };
    let mut sum = Amounts::new();
    spec.containers.iter().for_each(|container| add(&mut sum, &of_container(container, of)));
    // Those that stay run beside everything that comes after them.
    let (mut staying, mut first) = (Amounts::new(), Amounts::new());
    for container in spec.init_containers.iter().flatten() {
        let own = of_container(container, of);
        if container.restart_policy.as_deref() == Some("Always") {
            add(&mut sum, &own);
            add(&mut staying, &own);
            at_least(&mut first, &staying);
        } else {
            let mut together = staying.clone();
            add(&mut together, &own);
            at_least(&mut first, &together);
        }
    }
    at_least(&mut sum, &first);
    if let Some(own) = spec.resources.as_ref().and_then(|resources| of.part(resources)) {
        sum.extend(own.iter().map(|(resource, text)| (resource.clone(), quantity(text))));
    }
    let overhead: Amounts =
        spec.overhead.iter().flatten().map(|(resource, text)| (resource.clone(), quantity(text))).collect();
    for (resource, amount) in overhead {
        // A pod without a limit has none with its overhead either.
        if of == Of::Requests || sum.contains_key(&resource) {
            add(&mut sum, &Amounts::from([(resource, amount)]));
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Of, amount, of_pod};

    #[test]
    fn containers_that_run_at_once_add_up() {
        let container = |cpu: &str, policy: Option<&str>| json!({"name": "c", "restartPolicy": policy, "resources": {"requests": {"cpu": cpu}}});
        let cases = [
            (vec![], vec![container("100m", None), container("1", None)], "1100m"),
            (vec![container("3", None)], vec![container("1", None)], "3"),
            (vec![container("1", Some("Always"))], vec![container("1", None)], "2"),
            (vec![container("1", Some("Always")), container("3", None)], vec![container("1", None)], "4"),
        ];
        for (init, containers, expected) in cases {
            let pod = json!({"metadata": {}, "spec": {"initContainers": init, "containers": containers}});
            let pod = serde_json::from_value(pod).expect("a pod");
            assert_eq!(amount(&of_pod(&pod, Of::Requests), "cpu").to_string(), expected);
            assert!(of_pod(&pod, Of::Limits).is_empty());
        }
    }
}
