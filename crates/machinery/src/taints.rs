//! Taints of nodes and what tolerates them.
//!
//! Models component-helpers/scheduling/corev1/helpers.go and pkg/apis/core/v1/helper.

use k8s_openapi::api::core::v1::{Node, Taint, Toleration};

/// Set on a node whose Ready condition is False.
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// Set on a node whose Ready condition is Unknown.
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// Set on a node that takes no new pods.
pub const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Set by people on a node that will not come back.
pub const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// A taint without value and time.
pub fn taint(key: &str, effect: &str) -> Taint {
    Taint { key: key.to_owned(), effect: effect.to_owned(), ..Default::default() }
}

/// Whether the toleration is for the taint (`ToleratesTaint`).
pub fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let set = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
    if set(&toleration.effect).is_some_and(|effect| effect != taint.effect) {
        return false;
    }
    if set(&toleration.key).is_some_and(|key| key != taint.key) {
        return false;
    }
    match toleration.operator.as_deref().unwrap_or_default() {
        "" | "Equal" => {
            toleration.value.as_deref().unwrap_or_default() == taint.value.as_deref().unwrap_or_default()
        }
        "Exists" => true,
        _ => false,
    }
}

/// Whether no new pod is put on the node (`kubectl cordon`).
pub fn is_cordoned(node: &Node) -> bool {
    node.spec.as_ref().and_then(|spec| spec.unschedulable) == Some(true)
}

/// The node's taints.
pub fn of(node: &Node) -> &[Taint] {
    node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default()
}

/// Whether the node has a taint of that key and effect.
pub fn has(node: &Node, key: &str, effect: &str) -> bool {
    of(node).iter().any(|taint| taint.key == key && taint.effect == effect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toleration_fits_by_key_effect_and_value() {
        let toleration = |key: &str, operator: &str, value: &str, effect: &str| Toleration {
            key: Some(key.to_owned()),
            operator: Some(operator.to_owned()),
            value: Some(value.to_owned()),
            effect: Some(effect.to_owned()),
            ..Default::default()
        };
        let cases = [
            (toleration("a", "Exists", "", ""), true),
            (toleration("", "Exists", "", ""), true),
            (toleration("a", "Exists", "", "NoSchedule"), false),
            (toleration("b", "Exists", "", ""), false),
            (toleration("a", "", "v", "NoExecute"), true),
            (toleration("a", "Equal", "w", ""), false),
        ];
        let tainted = Taint { value: Some("v".to_owned()), ..taint("a", "NoExecute") };
        for (toleration, expected) in cases {
            assert_eq!(tolerates(&toleration, &tainted), expected, "{toleration:?}");
        }
    }
}
