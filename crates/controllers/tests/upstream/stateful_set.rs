//! stateful_set_test.go: what wakes the controller, which pods and revisions it takes as its own, and one sync from outside.

use client::api::DeleteOptions;
use client::{Client, Outcome};
use machinery::decision::{Lack, Step, Verdict};
use machinery::object::controller_of;
use machinery::{Kind, Resource};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Variant, in_both_modes, in_every_variant, invariants, set};
use machinery::version::Features;

fn fixture() -> Fixture {
    Fixture::new(Features::default(), set(3))
}

#[test]
fn stateful_set_controller_creates() {
    in_both_modes(|variant| {
        let mut fixture = variant.with(3, json!({}));
        fixture.scale_up(invariants);
        assert_eq!(fixture.counts(), (3, 3, 3, 3), "{variant:?}");
    });
}

#[test]
fn stateful_set_controller_deletes() {
    in_both_modes(|variant| {
        let mut fixture = variant.with(3, json!({}));
        fixture.scale_up(invariants);
        fixture.scale(0);
        fixture.scale_down(invariants);
        assert_eq!(fixture.counts(), (0, 0, 0, 0), "{variant:?}");
    });
}

#[test]
fn stateful_set_controller_respects_termination() {
    let mut fixture = fixture();
    fixture.scale_up(invariants);
    // Pods 3 and 4 are there as well and terminate, while the set wants none.
    fixture.scale(5);
    fixture.scale_up(invariants);
    fixture.terminate(3);
    fixture.terminate(4);
    fixture.scale(0);
    fixture.sync();
    assert_eq!(fixture.ordinals(), [0, 1, 2, 3, 4], "nothing more goes");
    let pod = fixture.pod_key(4);
    assert_eq!(fixture.verdict(), Verdict::Waiting { step: Step::ScaleDown, pod, lacks: Lack::Gone });
    fixture.remove(4);
    fixture.sync();
    assert_eq!(fixture.ordinals(), [0, 1, 2, 3]);
    fixture.remove(3);
    fixture.scale_down(|fixture| {
        let going = fixture.pods().iter().filter(|pod| pod.metadata.deletion_timestamp.is_some()).count();
        assert!(going <= 1, "one at a time");
    });
    assert_eq!(fixture.counts().0, 0);
}

#[test]
fn stateful_set_controller_blocks_scaling() {
    let mut fixture = fixture();
    fixture.scale_up(invariants);
    fixture.scale(5);
    fixture.terminate(0);
    fixture.sync();
    assert_eq!(fixture.ordinals(), [0, 1, 2], "no pod is added while pod 0 terminates");
    let pod = fixture.pod_key(0);
    assert_eq!(fixture.verdict(), Verdict::Waiting { step: Step::Replacement, pod, lacks: Lack::Gone });
    fixture.remove(0);
    fixture.sync();
    assert_eq!(fixture.ordinals(), [0, 1, 2], "pod 0 comes first");
    fixture.set_ready(0, true);
    fixture.sync();
    assert_eq!(fixture.ordinals(), [0, 1, 2, 3]);
}

fn foreground() -> DeleteOptions {
    DeleteOptions { propagation: Some(client::api::Propagation::Foreground), ..Default::default() }
}

#[test]
fn stateful_set_controller_deletion_timestamp() {
    in_both_modes(|variant| {
        let mut fixture = variant.with(3, json!({}));
        fixture.cluster.delete(Kind::StatefulSet, "foo", foreground());
        fixture.sync();
        assert_eq!(
            fixture.ordinals(),
            [] as [i64; 0],
            "{variant:?}: a set that is being deleted gets no pods"
        );
        assert_eq!(fixture.verdict(), Verdict::SetTerminating);
        assert_eq!(fixture.status().observed_generation, Some(2), "its status is kept");
    });
}

/// A pod as the set would make it, without an owner.
fn orphan(fixture: &mut Fixture, name: &str, labels: Value) {
    fixture.cluster.create(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
        "spec": {"containers": [{"name": "nginx", "image": "nginx"}]},
    }));
}

fn owner_of(fixture: &Fixture, pod: &str) -> Option<String> {
    let pod = fixture.get::<k8s_openapi::api::core::v1::Pod>(pod).expect("a pod");
    controller_of(&pod.metadata).map(|owner| owner.name.clone())
}

#[test]
fn stateful_set_controller_deletion_timestamp_race() {
    let mut fixture = fixture();
    fixture.sync();
    // The revision and a pod are orphans; the cache says that the set lives, the API server that it is being deleted.
    let revision = fixture.revisions()[0].name().to_owned();
    let no_owner = json!({"metadata": {"ownerReferences": null}});
    fixture.cluster.patch(Kind::ControllerRevision, &revision, no_owner.clone());
    fixture.cluster.patch(Kind::Pod, "foo-0", no_owner);
    fixture.cluster.deliver();
    fixture.cluster.delete(Kind::StatefulSet, "foo", foreground());
    let key = fixture.key();
    let synced = fixture.cluster.with_context(|cx, controllers| controllers[0].sync(cx, &key));
    let error = synced.expect_err("it may not adopt").0;
    assert!(
        error.starts_with("can't adopt ControllerRevisions: default/foo has just been deleted at "),
        "{error}"
    );
    assert_eq!(owner_of(&fixture, "foo-0"), None);
    assert!(controller_of(&fixture.revisions()[0].metadata).is_none());
    assert_eq!(fixture.ordinals(), [0]);
}

/// Two sets with the same selector, neither synced yet.
fn two_sets() -> Fixture {
    let mut fixture = fixture();
    let mut other = set(3);
    other["metadata"]["name"] = json!("foo2");
    fixture.cluster.create(other);
    fixture.cluster.queued();
    fixture
}

fn labels() -> Value {
    json!({"foo": "bar"})
}

#[test]
fn stateful_set_controller_add_pod() {
    let mut fixture = two_sets();
    fixture.sync();
    assert_eq!(fixture.cluster.queued(), ["foo"], "the owner of the new pod");
}

#[test]
fn stateful_set_controller_add_pod_orphan() {
    let mut fixture = two_sets();
    orphan(&mut fixture, "foo-7", labels());
    assert_eq!(fixture.cluster.queued(), ["foo", "foo2"], "everyone who could adopt it");
}

#[test]
fn stateful_set_controller_add_pod_no_set() {
    let mut fixture = two_sets();
    orphan(&mut fixture, "foo-7", json!({"foo": "other"}));
    orphan(&mut fixture, "foo-8", json!({}));
    assert_eq!(fixture.cluster.queued(), [] as [&str; 0]);
}

#[test]
fn stateful_set_controller_update_pod() {
    let mut fixture = two_sets();
    fixture.sync();
    fixture.cluster.queued();
    fixture.set_phase(0, "Running");
    assert_eq!(fixture.cluster.queued(), ["foo"]);
}

#[test]
fn stateful_set_controller_update_pod_with_no_set() {
    let mut fixture = two_sets();
    orphan(&mut fixture, "bar-0", json!({"foo": "other"}));
    fixture.cluster.patch(Kind::Pod, "bar-0", json!({"metadata": {"labels": {"foo": "third"}}}));
    assert_eq!(fixture.cluster.queued(), [] as [&str; 0]);
}

#[test]
fn stateful_set_controller_update_pod_with_same_version() {
    let mut fixture = two_sets();
    fixture.sync();
    fixture.cluster.queued();
    // A write that changes nothing is no new version, and no event at all.
    let before = fixture.pod(0).metadata.resource_version;
    fixture.cluster.patch(Kind::Pod, "foo-0", json!({"metadata": {"labels": {"foo": "bar"}}}));
    assert_eq!(fixture.pod(0).metadata.resource_version, before);
    assert_eq!(fixture.cluster.queued(), [] as [&str; 0]);
}

#[test]
fn stateful_set_controller_update_pod_orphan_with_new_labels() {
    let mut fixture = two_sets();
    orphan(&mut fixture, "foo-7", json!({"foo": "other"}));
    fixture.cluster.queued();
    fixture.set_phase(7, "Running");
    assert_eq!(fixture.cluster.queued(), [] as [&str; 0], "its labels are the same");
    fixture.cluster.patch(Kind::Pod, "foo-7", json!({"metadata": {"labels": {"foo": "bar"}}}));
    assert_eq!(fixture.cluster.queued(), ["foo", "foo2"]);
}

#[test]
fn stateful_set_controller_update_pod_change_controller_ref() {
    let mut fixture = two_sets();
    fixture.sync();
    fixture.cluster.queued();
    let other = fixture.get::<k8s_openapi::api::apps::v1::StatefulSet>("foo2").expect("a set");
    let owner = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "foo2", "uid": other.uid(), "controller": true,
    });
    fixture.cluster.patch(Kind::Pod, "foo-0", json!({"metadata": {"ownerReferences": [owner]}}));
    assert_eq!(fixture.cluster.queued(), ["foo", "foo2"], "the old owner and the new one");
}

#[test]
fn stateful_set_controller_update_pod_release() {
    let mut fixture = two_sets();
    fixture.sync();
    fixture.cluster.queued();
    fixture.cluster.patch(Kind::Pod, "foo-0", json!({"metadata": {"ownerReferences": null}}));
    assert_eq!(fixture.cluster.queued(), ["foo", "foo2"], "the old owner, and everyone who could adopt it");
}

#[test]
fn stateful_set_controller_delete_pod() {
    let mut fixture = two_sets();
    fixture.sync();
    fixture.cluster.queued();
    fixture.remove(0);
    assert_eq!(fixture.cluster.queued(), ["foo"]);
}

#[test]
fn stateful_set_controller_delete_pod_orphan() {
    let mut fixture = two_sets();
    orphan(&mut fixture, "foo-7", labels());
    fixture.cluster.queued();
    fixture.remove(7);
    assert_eq!(fixture.cluster.queued(), [] as [&str; 0]);
}

#[test]
fn stateful_set_controller_delete_pod_tombstone() {
    // A watch that missed the deletion tells of it with the last state it knew: that of the stored pod, here with an owner
    // that has been made anew meanwhile. Such an owner is none.
    let mut fixture = two_sets();
    fixture.sync();
    fixture.cluster.delete(Kind::StatefulSet, "foo", DeleteOptions::default());
    fixture.cluster.create(set(3));
    fixture.cluster.queued();
    fixture.remove(0);
    assert_eq!(fixture.cluster.queued(), [] as [&str; 0], "the owner's uid is another");
}

#[test]
fn get_stateful_sets_for_pod() {
    let mut fixture = two_sets();
    for (name, labels, expected) in [
        ("a-0", labels(), vec!["foo", "foo2"]),
        ("b-0", json!({}), vec![]),
        ("c-0", json!({"x": "y"}), vec![]),
    ] {
        orphan(&mut fixture, name, labels);
        assert_eq!(fixture.cluster.queued(), expected, "{name}");
    }
}

#[test]
fn get_pods_for_stateful_set_adopt() {
    let mut fixture = Fixture::new(Features::default(), set(0));
    let owner = json!([{
        "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "other", "uid": "other", "controller": true,
    }]);
    orphan(&mut fixture, "foo-1", labels());
    orphan(&mut fixture, "foo-2", json!({"foo": "other"}));
    orphan(&mut fixture, "goo-3", labels());
    orphan(&mut fixture, "foo-4", labels());
    fixture.cluster.patch(Kind::Pod, "foo-4", json!({"metadata": {"ownerReferences": owner}}));
    // One that is on its way out is left alone as well.
    orphan(&mut fixture, "foo-5", labels());
    fixture.set_running(5);
    fixture.terminate(5);
    fixture.sync();
    // foo-1 was adopted, and as the set wants no pod, deleted: none of the others were.
    assert_eq!(fixture.ordinals(), [2, 3, 4, 5]);
    let others = [("foo-2", None), ("goo-3", None), ("foo-4", Some("other".to_owned())), ("foo-5", None)];
    for (pod, expected) in others {
        assert_eq!(owner_of(&fixture, pod), expected, "{pod}");
    }
    assert_eq!(fixture.status().replicas, 1, "counted before it went");
}

#[test]
fn adopt_orphan_revisions() {
    let mut fixture = fixture();
    fixture.sync();
    fixture.set_image("foo");
    fixture.sync();
    let names: Vec<String> = fixture.revisions().iter().map(|r| r.name().to_owned()).collect();
    for name in &names {
        let no_owner = json!({"metadata": {"ownerReferences": null}});
        fixture.cluster.patch(Kind::ControllerRevision, name, no_owner);
    }
    fixture.sync();
    let revisions = fixture.revisions();
    assert_eq!(revisions.iter().map(|r| r.name().to_owned()).collect::<Vec<_>>(), names);
    for revision in revisions {
        let owner = controller_of(&revision.metadata).expect("adopted");
        assert_eq!((owner.uid.as_str(), owner.block_owner_deletion), (fixture.set().uid(), Some(true)));
    }
}

#[test]
fn get_pods_for_stateful_set_release() {
    let mut fixture = fixture();
    fixture.scale_up(invariants);
    // Another label: let go. Another owner's, and a foreign name with our reference: not ours either.
    fixture.cluster.patch(Kind::Pod, "foo-2", json!({"metadata": {"labels": {"foo": "other"}}}));
    fixture.try_sync().expect_err("the name foo-2 is taken");
    assert_eq!(owner_of(&fixture, "foo-2"), None);
    assert_eq!(fixture.status().replicas, 2);
    assert_eq!(fixture.verdict(), Verdict::NameTaken { pod: fixture.pod_key(2) });
    assert!(
        fixture.events().iter().all(|event| !event.contains("FailedCreate")),
        "AlreadyExists is no event"
    );
    // Relabelled, it is adopted again, and nothing is missing.
    fixture.cluster.patch(Kind::Pod, "foo-2", json!({"metadata": {"labels": {"foo": "bar"}}}));
    fixture.sync();
    assert_eq!((owner_of(&fixture, "foo-2"), fixture.counts().0), (Some("foo".to_owned()), 3));

    // A set that is being deleted lets nobody go and adopts nobody.
    fixture.cluster.patch(Kind::Pod, "foo-2", json!({"metadata": {"labels": {"foo": "other"}}}));
    fixture.cluster.patch(Kind::Pod, "foo-1", json!({"metadata": {"ownerReferences": null}}));
    fixture.cluster.delete(Kind::StatefulSet, "foo", foreground());
    fixture.sync();
    assert_eq!((owner_of(&fixture, "foo-1"), owner_of(&fixture, "foo-2")), (None, Some("foo".to_owned())));
}

#[test]
fn orphaned_pods_with_pvc_delete_policy() {
    for (scaled, deleted) in
        [("Retain", "Retain"), ("Delete", "Retain"), ("Retain", "Delete"), ("Delete", "Delete")]
    {
        let policy =
            json!({"persistentVolumeClaimRetentionPolicy": {"whenScaled": scaled, "whenDeleted": deleted}});
        let variant = Variant { version: Default::default(), mode: "OrderedReady", policy: None, start: 0 };
        let mut fixture = variant.with(4, policy);
        fixture.scale_up(|_| ());
        // foo-1 is an orphan that will be adopted, foo-2 belongs to another controller, foo-3 has lost its labels.
        fixture.cluster.patch(Kind::Pod, "foo-1", json!({"metadata": {"ownerReferences": null}}));
        let owner = json!([{
            "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "x", "uid": "x", "controller": true,
        }]);
        fixture.cluster.patch(Kind::Pod, "foo-2", json!({"metadata": {"ownerReferences": owner}}));
        fixture.cluster.patch(Kind::Pod, "foo-3", json!({"metadata": {"labels": {"foo": "other"}}}));
        fixture.scale(0);
        fixture.sync();
        for ordinal in 0..4 {
            let claim = fixture.claim(ordinal).expect("a claim");
            let kinds: Vec<&str> =
                claim.metadata.owner_references.iter().flatten().map(|owner| owner.kind.as_str()).collect();
            let ours = ordinal < 2;
            let expected: &[&str] = match (scaled, deleted) {
                ("Delete", _) if ours => &["Pod"],
                (_, "Delete") => &["StatefulSet"],
                _ => &[],
            };
            assert_eq!(kinds, expected, "{scaled} {deleted} {ordinal}");
        }
    }
}

#[test]
fn stale_owner_ref_on_scaleup() {
    in_every_variant(|variant| {
        let scaled = variant.policy.is_some_and(|(scaled, _)| scaled == "Delete");
        let mut fixture = variant.with(3, json!({}));
        fixture.scale_up(invariants);
        fixture.scale(2);
        fixture.sync();
        // The pod is gone; nobody has collected its claim yet.
        fixture.remove(2);
        fixture.scale(3);
        fixture.sync();
        if scaled {
            assert_eq!(fixture.ordinals(), [0, 1], "{variant:?}");
            let claim = fixture.claim(2).expect("not collected").key();
            assert_eq!(fixture.verdict(), Verdict::StaleClaim { pod: fixture.pod_key(2), claim });
            fixture.sync();
            assert_eq!(fixture.ordinals(), [0, 1], "{variant:?}: it still waits");
            assert!(fixture.events().iter().all(|event| !event.contains("FailedCreate")), "nothing is said");
            fixture.delete_claim(2);
            fixture.sync();
        }
        assert_eq!(fixture.ordinals(), [0, 1, 2], "{variant:?}");
        fixture.scale_up(invariants);
    });
}

#[test]
fn stateful_set_availability_check() {
    // (minReadySeconds, seconds since the last pod was ready, milliseconds until the next look)
    let cases = [(0, 0, None), (10, 0, Some(10_000)), (10, 4, Some(6_000)), (10, 10, None)];
    for (min, since, expected) in cases {
        let variant = Variant { version: Default::default(), mode: "Parallel", policy: None, start: 0 };
        let mut fixture = variant.with(2, json!({"minReadySeconds": min}));
        fixture.sync();
        fixture.set_ready(0, true);
        fixture.cluster.wait(30);
        fixture.sync();
        fixture.set_ready(1, true);
        fixture.cluster.wait(since);
        let expected = expected.map_or(Outcome::Done, Outcome::After);
        assert_eq!(fixture.sync(), expected, "{min} {since}");
    }
}

#[test]
fn a_set_that_is_gone_needs_nothing() {
    let mut fixture = fixture();
    fixture.sync();
    fixture.cluster.delete(Kind::StatefulSet, "foo", DeleteOptions::default());
    fixture.cluster.calls();
    assert_eq!(fixture.sync(), Outcome::Done);
    assert_eq!(fixture.cluster.calls(), []);
    assert!(!fixture.cluster.decisions.contains_key(&fixture.key()), "nor is anything said about it");
    fixture.cluster.with_context(|cx, _| {
        cx.api.list::<k8s_openapi::api::core::v1::Pod>("default").expect("pods stay for the collector")
    });
}
