//! stateful_pod_control_test.go: one pod and its claims, what is done and what is said, where writes fail too.
//!
//! Upstream calls the pod control itself; here the controller does, with a set of one pod.

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use machinery::decision::Verdict;
use machinery::version::Features;
use machinery::{Kind, Resource, Status};
use serde_json::{Value, json};

use crate::fixture::{Fixture, POLICIES, Variant, failed, in_every_variant, invariants, set};
use crate::harness::Refuse;

fn fixture() -> Fixture {
    Fixture::new(Features::default(), set(1))
}

/// A set of one ready pod, its events and calls behind it.
fn running() -> Fixture {
    let mut fixture = fixture();
    fixture.scale_up(invariants);
    fixture.cluster.calls();
    fixture
}

/// The events beyond those of the creation.
fn new_events(fixture: &Fixture) -> Vec<String> {
    fixture.events().into_iter().filter(|event| !event.starts_with("Normal SuccessfulCreate")).collect()
}

#[test]
fn stateful_pod_control_creates_pods() {
    let mut fixture = fixture();
    fixture.sync();
    let calls = fixture.cluster.calls();
    let created: Vec<(Kind, &str)> =
        calls.iter().filter(|call| call.0 == "create").map(|call| (call.1, call.2.as_str())).collect();
    let events = created.iter().filter(|call| call.0 == Kind::Event).count();
    let objects: Vec<_> = created.iter().filter(|call| call.0 != Kind::Event).skip(1).collect();
    assert_eq!(
        objects,
        [&(Kind::PersistentVolumeClaim, "datadir-foo-0"), &(Kind::Pod, "foo-0")],
        "claims first, the pod after them"
    );
    assert_eq!(events, 2);
    assert_eq!(
        fixture.events(),
        [
            "Normal SuccessfulCreate: Create Claim datadir-foo-0 Pod foo-0 in StatefulSet foo success",
            "Normal SuccessfulCreate: Create Pod foo-0 in StatefulSet foo successful",
        ]
    );
}

#[test]
fn stateful_pod_control_create_pod_exists() {
    let mut fixture = fixture();
    let taken = Status::already_exists(Kind::Pod, "foo-0");
    fixture.cluster.refuse(Refuse { verb: "create", kind: Kind::Pod, after: 0, times: 1, status: taken });
    assert_eq!(fixture.try_sync().expect_err("refused").0, "pods \"foo-0\" already exists");
    assert_eq!(fixture.events().len(), 1, "the claim's event alone: {:?}", fixture.events());
}

#[test]
fn stateful_pod_control_create_pod_pvc_create_failure() {
    let mut fixture = fixture();
    fixture.fail("create", Kind::PersistentVolumeClaim, 0);
    let message = format!("failed to create PVC datadir-foo-0: {}", failed().message);
    assert_eq!(fixture.try_sync().expect_err("refused").0, message);
    assert_eq!(
        fixture.events(),
        [
            format!(
                "Warning FailedCreate: Create Claim datadir-foo-0 for Pod foo-0 in StatefulSet foo failed error: {}",
                failed().message
            ),
            format!("Warning FailedCreate: Create Pod foo-0 in StatefulSet foo failed error: {message}"),
        ]
    );
    assert_eq!(fixture.ordinals(), [] as [i64; 0], "no pod without its claim");
}

#[test]
fn stateful_pod_control_create_pod_pvc_deleting() {
    let mut fixture = running();
    // The claim is in use by its finalizer, so that it stays while it is being deleted.
    fixture.cluster.delete(Kind::PersistentVolumeClaim, "datadir-foo-0", Default::default());
    fixture.remove(0);
    assert_eq!(fixture.try_sync().expect_err("refused").0, "pvc datadir-foo-0 is being deleted");
    assert_eq!(
        new_events(&fixture),
        [
            "Warning FailedCreate: Create Pod foo-0 in StatefulSet foo failed error: pvc datadir-foo-0 is being deleted"
        ]
    );
    let claim = fixture.claim(0).expect("still there").key();
    assert_eq!(fixture.verdict(), Verdict::ClaimTerminating { pod: fixture.pod_key(0), claim });
    fixture.delete_claim(0);
    fixture.scale_up(invariants);
}

#[test]
fn stateful_pod_control_create_pod_pvc_get_failure() {
    // A cache cannot fail here; what upstream guards against is a claim that appears behind the cache's back.
    let mut fixture = fixture();
    let taken = Status::already_exists(Kind::PersistentVolumeClaim, "datadir-foo-0");
    let kind = Kind::PersistentVolumeClaim;
    fixture.cluster.refuse(Refuse { verb: "create", kind, after: 0, times: 1, status: taken });
    let message =
        "failed to create PVC datadir-foo-0: persistentvolumeclaims \"datadir-foo-0\" already exists";
    assert_eq!(fixture.try_sync().expect_err("refused").0, message);
    assert_eq!(
        fixture.events(),
        [format!("Warning FailedCreate: Create Pod foo-0 in StatefulSet foo failed error: {message}")],
        "the claim itself is not spoken of"
    );
}

#[test]
fn stateful_pod_control_create_pod_failed() {
    let mut fixture = fixture();
    fixture.fail("create", Kind::Pod, 0);
    assert_eq!(fixture.try_sync().expect_err("refused").0, failed().message);
    assert_eq!(
        new_events(&fixture),
        [format!(
            "Warning FailedCreate: Create Pod foo-0 in StatefulSet foo failed error: {}",
            failed().message
        )]
    );
    assert!(fixture.claim(0).is_some(), "its claim stays");
}

#[test]
fn stateful_pod_control_no_op_update() {
    let mut fixture = running();
    fixture.sync();
    assert_eq!(fixture.cluster.calls(), []);
    assert_eq!(new_events(&fixture), [] as [&str; 0]);
}

fn break_label(fixture: &mut Fixture) {
    let label = json!({"metadata": {"labels": {"statefulset.kubernetes.io/pod-name": null}}});
    fixture.cluster.patch(Kind::Pod, "foo-0", label);
}

#[test]
fn stateful_pod_control_updates_identity() {
    let mut fixture = running();
    break_label(&mut fixture);
    fixture.sync();
    let calls = fixture.cluster.calls();
    assert_eq!(Fixture::count(&calls, "update", Kind::Pod), 1);
    assert_eq!(
        new_events(&fixture),
        ["Normal SuccessfulUpdate: Update Pod foo-0 in StatefulSet foo successful"]
    );
    invariants(&fixture);
}

#[test]
fn stateful_pod_control_update_identity_failure() {
    let mut fixture = running();
    break_label(&mut fixture);
    fixture.fail("update", Kind::Pod, 0);
    assert_eq!(fixture.try_sync().expect_err("refused").0, failed().message);
    assert_eq!(
        new_events(&fixture),
        [format!(
            "Warning FailedUpdate: Update Pod foo-0 in StatefulSet foo failed error: {}",
            failed().message
        )]
    );
}

/// The set's pod is replaced by one that has the same owner and labels, but none of the set's volumes.
fn break_storage(fixture: &mut Fixture) {
    let pod = fixture.pod(0);
    fixture.remove(0);
    let mut meta = json!({"name": "foo-0", "labels": pod.metadata.labels});
    meta["ownerReferences"] = json!(pod.metadata.owner_references);
    fixture.cluster.create(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": meta,
        "spec": {"containers": [{"name": "nginx", "image": "nginx"}]},
    }));
    fixture.set_ready(0, true);
    fixture.delete_claim(0);
}

#[test]
fn stateful_pod_control_updates_pod_storage() {
    let mut fixture = running();
    break_storage(&mut fixture);
    // A real API server refuses new volumes for a stored pod, after the claims were made again.
    let error = fixture.try_sync().expect_err("volumes cannot be changed").0;
    assert!(error.contains("pod updates may not change fields other than"), "{error}");
    let calls = fixture.cluster.calls();
    assert_eq!(Fixture::count(&calls, "create", Kind::PersistentVolumeClaim), 1);
    assert_eq!(Fixture::count(&calls, "update", Kind::Pod), 1);
    assert!(fixture.claim(0).is_some(), "the claim is created again");
}

#[test]
fn stateful_pod_control_update_pod_storage_failure() {
    let mut fixture = running();
    break_storage(&mut fixture);
    fixture.fail("create", Kind::PersistentVolumeClaim, 0);
    let message = format!("failed to create PVC datadir-foo-0: {}", failed().message);
    assert_eq!(fixture.try_sync().expect_err("refused").0, message);
    assert_eq!(
        new_events(&fixture),
        [
            format!(
                "Warning FailedCreate: Create Claim datadir-foo-0 for Pod foo-0 in StatefulSet foo failed error: {}",
                failed().message
            ),
            format!("Warning FailedUpdate: Update Pod foo-0 in StatefulSet foo failed error: {message}"),
        ]
    );
    assert_eq!(Fixture::count(&fixture.cluster.calls(), "update", Kind::Pod), 0);
}

#[test]
fn stateful_pod_control_update_pod_conflict_success() {
    let mut fixture = running();
    break_label(&mut fixture);
    let conflict = Status::modified(Kind::Pod, "foo-0");
    fixture.cluster.refuse(Refuse { verb: "update", kind: Kind::Pod, after: 0, times: 1, status: conflict });
    fixture.sync();
    assert_eq!(Fixture::count(&fixture.cluster.calls(), "update", Kind::Pod), 2);
    assert_eq!(new_events(&fixture).len(), 1, "one event for both tries: {:?}", new_events(&fixture));
    invariants(&fixture);
}

#[test]
fn stateful_pod_control_update_pod_conflict_failure() {
    let mut fixture = running();
    break_label(&mut fixture);
    let status = Status::modified(Kind::Pod, "foo-0");
    fixture.cluster.refuse(Refuse { verb: "update", kind: Kind::Pod, after: 0, times: 99, status });
    assert!(fixture.try_sync().expect_err("refused").0.contains("the object has been modified"));
    assert_eq!(Fixture::count(&fixture.cluster.calls(), "update", Kind::Pod), 4, "four tries in all");
    assert!(new_events(&fixture)[0].starts_with("Warning FailedUpdate"));
}

#[test]
fn stateful_pod_control_deletes_stateful_pod() {
    let mut fixture = running();
    fixture.scale(0);
    fixture.sync();
    assert_eq!(
        new_events(&fixture),
        ["Normal SuccessfulDelete: Delete Pod foo-0 in StatefulSet foo successful"]
    );
    let pod = fixture.pod(0);
    assert_eq!(pod.metadata.deletion_grace_period_seconds, Some(30), "with its own grace period");
}

#[test]
fn stateful_pod_control_delete_failure() {
    let mut fixture = running();
    fixture.scale(0);
    fixture.fail("delete", Kind::Pod, 0);
    assert_eq!(fixture.try_sync().expect_err("refused").0, failed().message);
    assert_eq!(
        new_events(&fixture),
        [format!(
            "Warning FailedDelete: Delete Pod foo-0 in StatefulSet foo failed error: {}",
            failed().message
        )]
    );
}

/// The kinds of a claim's owners.
fn owners(claim: &PersistentVolumeClaim) -> Vec<String> {
    claim.metadata.owner_references.iter().flatten().map(|owner| owner.kind.clone()).collect()
}

#[test]
fn stateful_pod_control_claims_match_deletion_policy() {
    in_every_variant(|variant| {
        let mut fixture = variant.with(1, json!({}));
        fixture.scale_up(invariants);
        fixture.sync();
        fixture.cluster.calls();
        fixture.sync();
        assert_eq!(fixture.cluster.calls(), [], "{variant:?}: what matches is left alone");
        // A missing claim is no mismatch.
        fixture.delete_claim(0);
        fixture.sync();
        assert_eq!(fixture.cluster.calls(), [], "{variant:?}");
    });
}

#[test]
fn stateful_pod_control_update_pod_claim_for_retention_policy() {
    in_every_variant(|variant| {
        let mut fixture = variant.with(1, json!({}));
        fixture.scale_up(invariants);
        let claim = fixture.claim(0).expect("a claim");
        let deleted = variant.policy.is_some_and(|(_, deleted)| deleted == "Delete");
        assert_eq!(owners(&claim), if deleted { vec!["StatefulSet"] } else { vec![] }, "{variant:?}");
    });
}

#[test]
fn stateful_pod_control_conflicting_controller() {
    in_every_variant(|variant| {
        let mut fixture = variant.with(1, json!({}));
        fixture.scale_up(invariants);
        let manages = variant.policy.is_some_and(|policy| policy != ("Retain", "Retain"));
        let other = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "uid": "d", "controller": true,
        });
        let mut all: Vec<Value> = fixture
            .claim(0)
            .expect("a claim")
            .metadata
            .owner_references
            .iter()
            .flatten()
            .map(|o| json!(o))
            .collect();
        // One controller is all that the API server takes: ours stays behind as a loose owner.
        for owner in &mut all {
            owner["controller"] = json!(false);
        }
        all.push(other);
        let owners_patch = json!({"metadata": {"ownerReferences": all}});
        fixture.cluster.patch(Kind::PersistentVolumeClaim, "datadir-foo-0", owners_patch);
        fixture.sync();
        let said = fixture.events().iter().any(|event| {
            event == "Warning ConflictingController: PersistentVolumeClaim datadir-foo-0 has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim"
        });
        let claim = fixture.claim(0).expect("a claim");
        let deleted = variant.policy.is_some_and(|(_, deleted)| deleted == "Delete");
        // It is said when the claim is written to, which is when our own reference has to go.
        assert_eq!(said, manages && deleted, "{variant:?}");
        assert_eq!(owners(&claim), ["Deployment"], "{variant:?}");
    });
}

#[test]
fn pod_claim_is_stale() {
    // (whenScaled, the claim's owner, whether the pod is created)
    let pod = |name: &str| json!({"apiVersion": "v1", "kind": "Pod", "name": name, "uid": "old"});
    let cases = [
        ("Retain", Some(pod("foo-0")), true),
        ("Delete", None, true),
        ("Delete", Some(pod("foo-0")), false),
        ("Delete", Some(pod("foo-1")), true),
    ];
    for (scaled, owner, expected) in cases {
        let policy =
            json!({"persistentVolumeClaimRetentionPolicy": {"whenScaled": scaled, "whenDeleted": "Retain"}});
        let variant = Variant { version: Default::default(), mode: "Parallel", policy: None, start: 0 };
        let mut fixture = variant.with(1, policy);
        fixture.cluster.create(json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "datadir-foo-0", "ownerReferences": owner.clone().map(|owner| vec![owner])},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }));
        fixture.sync();
        assert_eq!(fixture.get::<Pod>("foo-0").is_some(), expected, "{scaled} {owner:?}");
    }
}

#[test]
fn stateful_pod_control_retain_deletion_policy_update() {
    // Back to Retain: the references go.
    for policy in POLICIES {
        let variant = Variant { version: Default::default(), mode: "OrderedReady", policy, start: 0 };
        let mut fixture = variant.with(1, json!({}));
        fixture.scale_up(invariants);
        let retain = json!({"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Retain", "whenDeleted": "Retain"}});
        fixture.patch(retain);
        fixture.sync();
        assert_eq!(owners(&fixture.claim(0).expect("a claim")), [] as [&str; 0], "{policy:?}");
        invariants(&fixture);
    }
}

#[test]
fn stateful_pod_control_retention_policy_update() {
    in_every_variant(|variant| {
        let mut fixture = variant.with(1, json!({}));
        fixture.scale_up(invariants);
        let delete = json!({"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Delete", "whenDeleted": "Delete"}});
        fixture.patch(delete);
        fixture.sync();
        assert_eq!(owners(&fixture.claim(0).expect("a claim")), ["StatefulSet"], "{variant:?}");
        fixture.scale(0);
        fixture.sync();
        assert_eq!(owners(&fixture.claim(0).expect("a claim")), ["Pod"], "{variant:?}");
    });
}

#[test]
fn stateful_pod_control_retention_policy_update_missing_claims() {
    for policy in POLICIES {
        let variant = Variant { version: Default::default(), mode: "OrderedReady", policy, start: 0 };
        let mut fixture = variant.with(1, json!({}));
        fixture.scale_up(invariants);
        fixture.delete_claim(0);
        let delete = json!({"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Delete", "whenDeleted": "Delete"}});
        fixture.patch(delete);
        fixture.sync();
        assert!(fixture.claim(0).is_none(), "{policy:?}: a running pod's claim is not made again");
    }
}
