//! test/e2e/apps/statefulset.go: which claims go with pods and sets.

use super::*;

#[test]
fn should_delete_pvcs_with_a_when_deleted_policy() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, retention("Retain", "Delete")));
        lab.scale(2);
        lab.settle();
        assert_eq!(claim_names(&lab).len(), 3, "scaling keeps them");
        lab.delete("sts web");
        lab.settle();
        // The claim of the pod that is gone belongs to the set as well.
        assert_eq!(claim_names(&lab), [] as [&str; 0]);
    }
}

#[test]
fn should_delete_pvcs_with_a_on_scaledown_policy() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, retention("Delete", "Retain")));
        lab.scale(1);
        lab.settle();
        assert_eq!(claim_names(&lab), ["data-web-0"]);
        lab.delete("sts web");
        lab.settle();
        assert_eq!(claim_names(&lab), ["data-web-0"], "deleting the set keeps it");
    }
}

#[test]
fn should_not_delete_pvcs_with_on_scaledown_policy_if_another_controller_owns_the_pvc() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, retention("Delete", "Retain")));
        let other = on_other_set(&mut lab);
        own(&mut lab, "data-web-2", &other);
        lab.scale(0);
        lab.settle();
        assert_eq!(claim_names(&lab), ["data-web-2"], "another controller's claim is left alone");
        assert_eq!(owners(&lab, "data-web-2"), ["other"]);
        // Once that owner is gone from it, it goes with its pod again.
        lab.scale(3);
        lab.settle();
        lab.kubectl("patch pvc data-web-2 --type=merge -p '{\"metadata\":{\"ownerReferences\":null}}'");
        lab.scale(2);
        lab.settle();
        assert_eq!(claim_names(&lab), ["data-web-0", "data-web-1"]);
    }
}

#[test]
fn should_delete_pvcs_after_adopting_pod_when_deleted() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, retention("Retain", "Delete")));
        lab.delete("sts web --cascade=orphan");
        lab.settle();
        assert_eq!((claim_names(&lab).len(), owners(&lab, "data-web-0").len()), (3, 0), "orphaned, and kept");
        lab.apply(&set(3, retention("Retain", "Delete")));
        lab.settle();
        assert_eq!(owners(&lab, "data-web-0"), ["web"]);
        lab.delete("sts web");
        lab.settle();
        assert_eq!(claim_names(&lab), [] as [&str; 0]);
    }
}

#[test]
fn should_delete_pvcs_after_adopting_pod_when_scaled() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, retention("Delete", "Retain")));
        lab.delete("sts web --cascade=orphan");
        lab.settle();
        lab.apply(&set(3, retention("Delete", "Retain")));
        lab.settle();
        lab.scale(2);
        lab.settle();
        assert_eq!(claim_names(&lab), ["data-web-0", "data-web-1"]);
    }
}

#[test]
fn should_not_delete_pvcs_when_there_is_another_controller() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, retention("Delete", "Delete")));
        let other = on_other_set(&mut lab);
        for claim in claim_names(&lab) {
            own(&mut lab, &claim, &other);
        }
        lab.delete("sts web");
        lab.settle();
        assert_eq!(claim_names(&lab).len(), 3);
    }
}
