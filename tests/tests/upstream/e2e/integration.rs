//! test/integration/statefulset.

use super::*;

/// A pod that is stuck while it terminates is not replaced, and its ordinal stays one (test/integration/statefulset).
#[test]
fn deleting_and_terminating_pods() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, parallel()));
        lab.break_(Defect::StuckDeletion { pods: NamePattern("web-1".to_owned()) });
        let (terminating, failing) = (lab.uid("web-1"), lab.uid("web-2"));
        lab.delete("pod web-1");
        lab.evict("web-2");
        lab.pass(60);
        assert_eq!(lab.uid("web-1"), terminating);
        assert_ne!(lab.uid("web-2"), failing, "one that has failed is replaced meanwhile");
        lab.heal();
        lab.settle();
        assert_ne!(lab.uid("web-1"), terminating);
    }
}

#[test]
fn deleting_pod_for_rolling_update_partition() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(2, partition(1)));
        lab.set_image("app:b");
        lab.settle();
        assert_eq!(lab.pods(), ready(&["a", "b"]));
        // Pod 0 has ended and is held by a finalizer; it is created again at the old revision, and only when it is gone.
        lab.kubectl(
            "patch pod web-0 --type=merge -p '{\"metadata\":{\"finalizers\":[\"example.com/hold\"]}}'",
        );
        let before = lab.uid("web-0");
        lab.delete("pod web-0");
        lab.pass(60);
        assert_eq!(lab.uid("web-0"), before);
        lab.kubectl("patch pod web-0 --type=merge -p '{\"metadata\":{\"finalizers\":null}}'");
        lab.settle();
        assert_ne!(lab.uid("web-0"), before);
        assert_eq!(lab.pods(), ready(&["a", "b"]));
    }
}

#[test]
fn volume_template_noop_update() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(1, claims()));
        let before = lab.set("web").metadata;
        // kubectl sees a list without the server's defaults, and says so; the server sees no change.
        assert_eq!(lab.apply(&set(1, claims())), "statefulset.apps/web configured\n");
        let stored = lab.kubectl("get sts web -o jsonpath={.spec.volumeClaimTemplates}");
        let said =
            lab.patch(json!({"volumeClaimTemplates": serde_json::from_str::<Value>(&stored).expect("JSON")}));
        assert_eq!(said, "statefulset.apps/web patched (no change)\n");
        assert_eq!(lab.set("web").metadata.resource_version, before.resource_version);
    }
}

#[test]
fn spec_replicas_change() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, json!({})));
        for replicas in [5, 2, 0, 1] {
            lab.scale(replicas);
            lab.settle();
            assert_eq!(lab.counts(), [replicas; 4]);
            let generation = lab.set("web").metadata.generation;
            assert_eq!(lab.status().observed_generation, generation);
            lab.kubectl("annotate sts web --overwrite note=x");
            lab.settle();
            assert_eq!(lab.set("web").metadata.generation, generation, "an annotation is none of the spec");
        }
    }
}

#[test]
fn stateful_set_available_and_status_with_pod_fail() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, parallel()));
        assert_eq!((lab.counts(), lab.status().available_replicas), ([3, 3, 3, 3], Some(3)));
        // A create that fails is told in the status' counts, and repaired.
        lab.break_(Defect::FailWrites { kind: Kind::Pod, write: Some(cluster::Write::Create), name: None });
        lab.scale(4);
        lab.pass(5);
        assert_eq!(lab.counts()[0], 3);
        assert!(matches!(lab.verdict(), Verdict::Failed { .. }));
        lab.heal();
        lab.settle();
        lab.pass(30);
        assert_eq!(lab.counts(), [4, 4, 4, 4]);
    }
}

#[test]
fn autodelete_owner_refs() {
    let cases = [
        ("Retain", "Retain", vec![]),
        ("Delete", "Retain", vec![]),
        ("Retain", "Delete", vec!["web"]),
        ("Delete", "Delete", vec!["web"]),
    ];
    for (scaled, deleted, expected) in cases {
        let lab = lab(&set(2, retention(scaled, deleted)));
        for claim in ["data-web-0", "data-web-1"] {
            assert_eq!(owners(&lab, claim), expected, "{scaled} {deleted}");
        }
    }
}

#[test]
fn stateful_set_start_ordinal_and_pod_subdomain() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, starting_at(json!({"start": 3}))));
        assert_eq!(ordinals(&lab), ["3", "4", "5"]);
        for pod in lab.list::<Pod>() {
            let index =
                pod.metadata.labels.clone().unwrap_or_default()["apps.kubernetes.io/pod-index"].clone();
            assert_eq!(format!("web-{index}"), pod.name());
            assert_eq!(pod.spec.and_then(|spec| spec.subdomain).as_deref(), Some("web"));
        }
        lab.scale(1);
        lab.settle();
        assert_eq!(ordinals(&lab), ["3"], "scaling down keeps the lowest");
    }
}
