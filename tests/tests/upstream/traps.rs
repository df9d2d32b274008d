//! K1 to K43: what really happens where people expect something else, each in the shortest scenario that shows it.

use client::api::Change;
use cluster::{Defect, Write};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::decision::{BrokenLink, Lack, RevisionChoice, Rollout, Step, Verdict};
use machinery::object::controller_of;
use machinery::{Kind, ObjectKey, Resource};
use node::kubelet::NamePattern;
use serde_json::{Value, json};

use crate::lab::{Lab, and, claim, claims, lab, on, parallel, partition, service, set, volume};

fn pod(name: &str) -> ObjectKey {
    ObjectKey::new(Kind::Pod, "default", name)
}

fn on_delete() -> Value {
    json!({"updateStrategy": {"type": "OnDelete"}})
}

/// The statuses that were written since a resourceVersion: replicas, ready, current and updated replicas.
fn statuses(lab: &Lab, since: u64) -> Vec<[i32; 4]> {
    let changes = lab.world().server().watch(Kind::StatefulSet, "default", since).expect("remembered");
    let mut seen: Vec<[i32; 4]> = Vec::new();
    for change in changes {
        let status =
            change.object.get::<StatefulSet>().and_then(|set| set.status.clone()).unwrap_or_default();
        let counts = [status.ready_replicas, status.current_replicas, status.updated_replicas];
        let [ready, current, updated] = counts.map(|count| count.unwrap_or(0));
        let counts = [status.replicas, ready, current, updated];
        if seen.last() != Some(&counts) {
            seen.push(counts);
        }
    }
    seen
}

/// What happened to pods since a resourceVersion: `+web-0`, `-web-0` (asked to go).
fn moves(lab: &Lab, since: u64) -> Vec<String> {
    let changes = lab.world().server().watch(Kind::Pod, "default", since).expect("remembered");
    let told = changes.iter().filter_map(|change| {
        let went = |object: &machinery::Object| object.meta().deletion_timestamp.is_some();
        let asked = went(&change.object) && !change.old.as_ref().is_some_and(went);
        match change.change {
            Change::Added => Some(format!("+{}", change.object.name())),
            Change::Modified if asked => Some(format!("-{}", change.object.name())),
            _ => None,
        }
    });
    told.collect()
}

fn now(lab: &Lab) -> u64 {
    lab.world().server().resource_version()
}

#[test]
fn k01_a_recreated_pod_follows_the_partition_and_not_what_it_was() {
    let mut lab = lab(&set(3, partition(2)));
    lab.set_image("app:b");
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready", "web-1:a ready", "web-2:b ready"]);
    lab.delete("pod web-0 web-2");
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready", "web-1:a ready", "web-2:b ready"]);
    // Raised, the partition leaves the updated pod alone, until it dies: it comes back old.
    lab.partition(3);
    lab.settle();
    assert_eq!(lab.pods()[2], "web-2:b ready");
    lab.delete("pod web-2");
    lab.settle();
    assert_eq!(lab.pods()[2], "web-2:a ready");
    // A pod above the partition that was not yet updated comes back updated: the broken update never reached it.
    lab.partition(0);
    lab.set_image("app:bad");
    lab.settle();
    assert_eq!(lab.pods()[1..], ["web-1:a ready", "web-2:bad pending"]);
    lab.delete("pod web-1");
    lab.settle();
    assert_eq!(lab.pods()[1], "web-1:bad pending");
}

#[test]
fn k02_without_a_rolling_update_block_the_counted_replicas_decide() {
    let mut lab = lab(&set(3, json!({"updateStrategy": {"type": "RollingUpdate"}})));
    lab.set_image("app:bad");
    lab.settle();
    assert_eq!(lab.counts(), [3, 2, 2, 1]);
    lab.delete("pod web-0");
    lab.settle();
    assert_eq!(
        lab.pods(),
        ["web-0:a ready", "web-1:a ready", "web-2:bad pending"],
        "2 are counted as current"
    );
    lab.set_image("app:b");
    lab.delete("pod web-2");
    let said = lab.kubectl("rollout status sts/web");
    assert!(said.contains("waiting for statefulset rolling update to complete "), "{said}");
    let revision = lab.status().update_revision.unwrap_or_default();
    assert!(
        said.ends_with(&format!("statefulset rolling update complete 3 pods at revision {revision}...\n")),
        "{said}"
    );
}

#[test]
fn k03_a_broken_update_freezes_an_ordered_set_and_going_back_does_not_heal_it() {
    let mut ordered = lab(&set(3, json!({})));
    ordered.set_image("app:bad");
    ordered.settle();
    assert_eq!(ordered.pods(), ["web-0:a ready", "web-1:a ready", "web-2:bad pending"]);
    let waits = Verdict::Waiting { step: Step::Update, pod: pod("web-2"), lacks: Lack::Running };
    assert_eq!(ordered.verdict(), waits);
    ordered.set_image("app:a");
    ordered.settle();
    assert_eq!(ordered.pods()[2], "web-2:bad pending");
    assert_eq!(ordered.verdict(), Verdict::Frozen { pod: pod("web-2"), lacks: Lack::Running });
    ordered.delete("pod web-2");
    ordered.settle();
    assert_eq!(ordered.pods(), ["web-0:a ready", "web-1:a ready", "web-2:a ready"]);
    // A pod below the partition that is not ready freezes it just as well.
    let mut below = lab(&set(3, partition(1)));
    below.never_ready("web-0");
    below.settle();
    below.set_image("app:b");
    below.settle();
    assert_eq!(below.pods(), ["web-0:a unready", "web-1:a ready", "web-2:a ready"]);

    let mut burst = lab(&set(3, parallel()));
    burst.set_image("app:bad");
    burst.settle();
    burst.set_image("app:a");
    burst.settle();
    assert_eq!(burst.pods(), ["web-0:a ready", "web-1:a ready", "web-2:a ready"], "Parallel heals by itself");

    let mut gate = on(Lab::gate_on(), &set(3, parallel()));
    gate.set_image("app:bad");
    gate.settle();
    gate.set_image("app:a");
    gate.settle();
    assert_eq!(gate.pods()[2], "web-2:bad pending", "with maxUnavailable it does not");
    assert_eq!(gate.verdict(), Verdict::Frozen { pod: pod("web-2"), lacks: Lack::Running });
}

#[test]
fn k04_a_gap_at_a_low_ordinal_is_filled_before_the_update_goes_on() {
    let mut lab = lab(&set(3, json!({})));
    lab.set_image("app:b");
    lab.until("web-2 terminates", |lab| lab.pods().contains(&"web-2:a terminating".to_owned()));
    lab.never_ready("web-0");
    lab.delete("pod web-0");
    lab.settle();
    assert_eq!(
        lab.pods(),
        ["web-0:b unready", "web-1:a ready"],
        "web-2 comes after web-0, which is never ready"
    );
    let lacks = Lack::Ready;
    assert_eq!(lab.verdict(), Verdict::Waiting { step: Step::Ordinals, pod: pod("web-0"), lacks });
}

#[test]
fn k05_a_partition_above_the_replicas_is_legal_and_updates_nobody() {
    let mut lab = lab(&set(2, partition(5)));
    lab.set_image("app:b");
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready", "web-1:a ready"]);
    assert!(!lab.is_complete());
    let rollout = Rollout::PartitionAboveReplicas { partition: 5 };
    assert_eq!(lab.verdict(), Verdict::Settled { rollout });
    let said = lab.kubectl("rollout status sts/web");
    assert_eq!(said, "partitioned roll out complete: 0 new pods have been updated...\n");
}

#[test]
fn k06_the_partition_counts_from_the_start_ordinal() {
    let mut lab = lab(&set(3, and([partition(2), json!({"ordinals": {"start": 5}})])));
    lab.set_image("app:b");
    lab.settle();
    assert_eq!(lab.pods(), ["web-5:a ready", "web-6:a ready", "web-7:b ready"]);
    lab.delete("pod web-6");
    lab.settle();
    assert_eq!(lab.pods()[1], "web-6:a ready", "so does the choice of a new pod's revision");
}

#[test]
fn k07_another_start_makes_the_new_pods_before_the_old_ones_go() {
    let mut lab = lab(&set(2, claims()));
    lab.never_ready("web-4");
    let since = now(&lab);
    lab.patch(json!({"ordinals": {"start": 3}}));
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready", "web-1:a ready", "web-3:a ready", "web-4:a unready"]);
    let waits = Verdict::Waiting { step: Step::ScaleDown, pod: pod("web-4"), lacks: Lack::Ready };
    assert_eq!(lab.verdict(), waits);
    lab.heal();
    lab.settle();
    assert_eq!(moves(&lab, since), ["+web-3", "+web-4", "-web-1", "-web-0"]);
    let names: Vec<String> =
        lab.list::<PersistentVolumeClaim>().iter().map(|c| c.name().to_owned()).collect();
    assert_eq!(
        names,
        ["data-web-0", "data-web-1", "data-web-3", "data-web-4"],
        "claims keep the old ordinals"
    );
}

#[test]
fn k08_the_current_revision_moves_when_all_are_updated_and_ready() {
    let mut rolling = lab(&set(2, json!({})));
    let first = rolling.status().current_revision;
    rolling.never_ready("web-0");
    rolling.settle();
    rolling.heal();
    rolling.set_image("app:b");
    rolling.until("the update is noticed", |lab| lab.status().update_revision != first);
    assert_eq!(rolling.status().current_revision, first, "at once for the update revision alone");
    rolling.until("both are updated", |lab| lab.counts()[3] == 2);
    while rolling.counts() != [2, 2, 2, 2] {
        assert_eq!(rolling.status().current_revision, first, "{:?}", rolling.counts());
        rolling.session.step();
    }
    assert!(rolling.is_complete());

    let mut by_hand = lab(&set(1, on_delete()));
    by_hand.set_image("app:b");
    by_hand.delete("pod web-0");
    by_hand.settle();
    assert_eq!((by_hand.pods(), by_hand.is_complete()), (vec!["web-0:b ready".to_owned()], false));

    let mut to_none = lab(&set(1, json!({})));
    to_none.set_image("app:bad");
    to_none.settle();
    to_none.scale(0);
    to_none.settle();
    assert!(to_none.is_complete(), "none of none is all");
}

#[test]
fn k09_ready_counts_pods_that_are_on_their_way_out() {
    let mut lab = lab(&set(5, json!({})));
    lab.scale(3);
    let mut shown: Vec<String> = Vec::new();
    for _ in 0..40 {
        lab.session.advance(250);
        let line = lab.kubectl("get sts web --no-headers");
        let ready = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
        if shown.last() != Some(&ready) {
            shown.push(ready);
        }
    }
    assert_eq!(shown, ["5/3", "4/3", "3/3"]);
}

#[test]
fn k10_scaling_down_waits_for_the_health_of_those_that_stay() {
    let mut lab = lab(&set(4, json!({})));
    lab.never_ready("web-0");
    lab.settle();
    lab.scale(2);
    lab.settle();
    assert_eq!(lab.pods().len(), 4);
    let waits = Verdict::Waiting { step: Step::ScaleDown, pod: pod("web-0"), lacks: Lack::Ready };
    assert_eq!(lab.verdict(), waits);
    // Of two unhealthy condemned pods the higher one blocks, and alone it goes.
    lab.heal();
    lab.never_ready("web-2");
    lab.never_ready("web-3");
    lab.settle();
    assert_eq!(lab.pods()[2..], ["web-2:a unready", "web-3:a unready"]);
    let waits = Verdict::Waiting { step: Step::ScaleDown, pod: pod("web-3"), lacks: Lack::Ready };
    assert_eq!(lab.verdict(), waits);
    lab.session.fault(cluster::Fault::Heal {
        defect: Defect::FailReadiness { pods: NamePattern("web-2".to_owned()) },
    });
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready", "web-1:a ready"]);
}

#[test]
fn k11_parallel_does_not_wait_to_create_or_delete_and_still_updates_one_by_one() {
    let mut lab = lab(&set(0, parallel()));
    let since = now(&lab);
    lab.never_ready("web-0");
    lab.scale(4);
    lab.settle();
    assert_eq!(moves(&lab, since), ["+web-0", "+web-1", "+web-2", "+web-3"]);
    // One at a time, and the unready lower pod stops nobody.
    let since = now(&lab);
    lab.set_image("app:b");
    lab.settle();
    let expected = ["-web-3", "+web-3", "-web-2", "+web-2", "-web-1", "+web-1", "-web-0", "+web-0"];
    assert_eq!(moves(&lab, since), expected);
    assert_eq!(lab.pods()[0], "web-0:b unready", "the broken stale pod was replaced, too");
    let since = now(&lab);
    lab.scale(1);
    lab.session.advance(10);
    assert_eq!(moves(&lab, since), ["-web-3", "-web-2", "-web-1"], "all in one sync");
}

#[test]
fn k12_ended_pods_are_replaced_under_any_policy_and_crashing_ones_never() {
    for spec in [json!({}), parallel(), on_delete(), partition(9)] {
        let mut lab = lab(&set(2, spec.clone()));
        let before = lab.uid("web-0");
        lab.evict("web-0");
        lab.settle();
        assert_ne!(lab.uid("web-0"), before, "{spec}");
        assert_eq!(lab.pods(), ["web-0:a ready", "web-1:a ready"], "{spec}");
        let before = lab.uid("web-1");
        lab.break_(Defect::CrashLoop { pods: NamePattern("web-1".to_owned()) });
        lab.session.fault(cluster::Fault::Crash {
            namespace: "default".to_owned(),
            pod: "web-1".to_owned(),
            container: None,
            exit_code: 1,
        });
        lab.pass(60);
        assert!(lab.kubectl("get pod web-1").contains("CrashLoopBackOff"), "{spec}");
        assert_eq!(lab.pod("web-1").status.and_then(|s| s.phase).as_deref(), Some("Running"));
        assert_eq!(lab.uid("web-1"), before, "{spec}");
    }
}

#[test]
fn k13_a_pod_that_is_pending_forever_blocks_the_later_ones_forever() {
    let mut lab =
        lab(&set(3, json!({"template": {"spec": {"containers": [{"name": "c", "image": "app:bad"}]}}})));
    lab.pass(36_000);
    assert_eq!(lab.pods(), ["web-0:bad pending"]);
    assert_eq!(lab.status().conditions, None, "no condition says so");
    let waits = Verdict::Waiting { step: Step::Ordinals, pod: pod("web-0"), lacks: Lack::Running };
    assert_eq!(lab.verdict(), waits);
}

#[test]
fn k14_claims_outlive_their_pods_and_their_set() {
    let mut lab = lab(&set(2, claims()));
    let before = lab.claim("data-web-1");
    lab.scale(1);
    lab.settle();
    lab.scale(2);
    lab.settle();
    lab.delete("sts web");
    lab.settle();
    lab.apply(&set(2, claims()));
    lab.settle();
    let after = lab.claim("data-web-1");
    assert_eq!(after.uid(), before.uid());
    assert_eq!(after.spec.and_then(|s| s.volume_name), before.spec.and_then(|s| s.volume_name));
    assert_eq!(lab.list::<PersistentVolumeClaim>().len(), 2);
}

#[test]
fn k15_a_claim_of_the_right_name_is_taken_as_it_is() {
    let mut lab = Lab::new();
    lab.apply(&volume("big", "20Gi", &["ReadWriteMany"]));
    let spec = json!({"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "20Gi"}}});
    lab.apply(&claim("data-web-0", spec));
    lab.pass(20);
    let before = lab.claim("data-web-0");
    lab.apply(&set(1, claims()));
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready"]);
    assert_eq!(lab.claim("data-web-0").spec, before.spec, "neither size nor modes are compared");
    assert_eq!(lab.claim("data-web-0").metadata.owner_references, None);
}

#[test]
fn k16_a_terminating_claim_is_in_the_way_of_its_pod() {
    let mut lab = lab(&set(1, claims()));
    let before = lab.claim("data-web-0");
    lab.delete("pvc data-web-0");
    lab.pass(600);
    assert!(lab.claim("data-web-0").metadata.deletion_timestamp.is_some(), "it stays as long as its pod");
    assert_eq!(lab.pods(), ["web-0:a ready"]);
    lab.delete("pod web-0");
    lab.until("the pod is refused", |lab| matches!(lab.verdict(), Verdict::ClaimTerminating { .. }));
    let said = lab.events("web");
    let refused = "Create Pod web-0 in StatefulSet web failed error: pvc data-web-0 is being deleted";
    assert!(
        said.iter().any(|event| event.starts_with("FailedCreate") && event.ends_with(refused)),
        "{said:?}"
    );
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready"]);
    assert_ne!(lab.claim("data-web-0").uid(), before.uid(), "another claim");
}

fn retention(when_scaled: &str, when_deleted: &str) -> Value {
    let policy = json!({"whenScaled": when_scaled, "whenDeleted": when_deleted});
    and([claims(), json!({"persistentVolumeClaimRetentionPolicy": policy})])
}

#[test]
fn k17_quickly_down_and_up_again_meets_the_claim_of_the_pod_that_is_gone() {
    let mut lab = lab(&set(2, retention("Delete", "Retain")));
    let before = lab.claim("data-web-1");
    lab.scale(1);
    lab.until("web-1 terminates", |lab| lab.pods().contains(&"web-1:a terminating".to_owned()));
    lab.scale(2);
    lab.until("web-1 is gone", |lab| lab.get::<Pod>("web-1").is_none());
    lab.until("the claim is stale", |lab| matches!(lab.verdict(), Verdict::StaleClaim { .. }));
    assert!(lab.get::<Pod>("web-1").is_none(), "no pod before the collector has been there");
    lab.until("the claim is collected", |lab| {
        lab.get::<PersistentVolumeClaim>("data-web-1").is_none_or(|claim| claim.uid() != before.uid())
    });
    let said = lab.events("web");
    assert!(said.iter().all(|event| !event.contains("Failed")), "nothing tells so: {said:?}");
    // A claim that goes wakes nobody; whatever concerns the set does.
    lab.kubectl("annotate sts web note=x");
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready", "web-1:a ready"]);
    assert_ne!(lab.claim("data-web-1").uid(), before.uid());
}

#[test]
fn k18_retention_delete_is_about_scaling_and_deleting_the_set() {
    let mut lab = lab(&set(2, retention("Delete", "Delete")));
    let uids = |lab: &Lab| {
        lab.list::<PersistentVolumeClaim>().iter().map(|c| c.uid().to_owned()).collect::<Vec<_>>()
    };
    let before = uids(&lab);
    lab.set_image("app:b");
    lab.settle();
    lab.delete("pod web-0");
    lab.settle();
    lab.evict("web-1");
    lab.settle();
    assert_eq!(uids(&lab), before, "not about updates, deleted pods and evictions");
    lab.scale(1);
    lab.settle();
    assert_eq!(uids(&lab), before[..1]);
    lab.delete("sts web");
    lab.settle();
    assert_eq!(uids(&lab), [] as [&str; 0]);
}

#[test]
fn k19_a_claim_shows_its_volumes_size_and_prefers_fewer_modes_to_a_smaller_one() {
    let mut lab = Lab::new();
    lab.apply(&volume("a", "100Gi", &["ReadWriteOnce"]));
    lab.apply(&volume("b", "1Gi", &["ReadWriteOnce", "ReadWriteMany"]));
    lab.apply(&claim("c", json!({"storageClassName": ""})));
    lab.pass(20);
    let bound = lab.claim("c");
    assert_eq!(bound.spec.and_then(|spec| spec.volume_name).as_deref(), Some("a"));
    let capacity = bound.status.and_then(|status| status.capacity).unwrap_or_default();
    assert_eq!(capacity["storage"].0, "100Gi");
    // No class and the empty one are the same to volumes without a class.
    lab.apply(&claim("d", json!({})));
    lab.pass(20);
    assert_eq!(lab.claim("d").spec.and_then(|spec| spec.volume_name).as_deref(), Some("b"));
}

#[test]
fn k20_a_released_volume_is_not_used_again() {
    let mut lab = Lab::new();
    lab.apply(&volume("pv", "5Gi", &["ReadWriteOnce"]));
    lab.apply(&claim("c", json!({})));
    lab.settle();
    lab.delete("pvc c");
    lab.settle();
    lab.apply(&claim("c", json!({})));
    lab.pass(60);
    let phase = |lab: &Lab| {
        let volume = lab.world().server().get::<PersistentVolume>("", "pv").cloned().expect("a volume");
        volume.status.clone().and_then(|status| status.phase)
    };
    assert_eq!(phase(&lab).as_deref(), Some("Released"), "not even by a claim of the same name");
    assert_eq!(lab.claim("c").status.and_then(|s| s.phase).as_deref(), Some("Pending"));
    lab.kubectl("patch pv pv --type=merge -p '{\"spec\":{\"claimRef\":null}}'");
    lab.pass(60);
    assert_eq!(phase(&lab).as_deref(), Some("Bound"));
}

#[test]
fn k21_going_back_gives_the_old_revision_a_new_number() {
    for go_back in ["rollout undo sts/web", "set image sts/web c=app:a"] {
        let mut lab = lab(&set(1, json!({})));
        lab.set_image("app:b");
        lab.settle();
        let before = lab.revisions();
        lab.kubectl(go_back);
        lab.settle();
        let mut expected = before.clone();
        let first = expected.iter_mut().find(|(_, number)| *number == 1).expect("the first");
        first.1 = 3;
        let reused = first.0.clone();
        assert_eq!(lab.revisions(), expected, "{go_back}: 1, 2 became 3, 2");
        let key = ObjectKey::new(Kind::ControllerRevision, "default", &reused);
        let why = lab.world().decisions().get(&key).expect("a decision").verdict.clone();
        assert_eq!(why, Verdict::Revision(RevisionChoice::RolledBack { from: 1, to: 3 }));
    }
}

#[test]
fn k22_only_the_template_makes_revisions() {
    let mut lab = lab(&set(2, json!({})));
    let uids = |lab: &Lab| [lab.uid("web-0"), lab.uid("web-1")];
    let before = uids(&lab);
    for edit in [
        "label sts web tier=db",
        "annotate sts web note=x",
        "patch sts web --type=merge -p '{\"spec\":{\"minReadySeconds\":1}}'",
        "patch sts web --type=merge -p '{\"spec\":{\"updateStrategy\":{\"rollingUpdate\":{\"partition\":1}}}}'",
        "patch sts web --type=merge -p '{\"spec\":{\"updateStrategy\":{\"rollingUpdate\":{\"partition\":0}}}}'",
    ] {
        lab.kubectl(edit);
        lab.settle();
        assert_eq!((lab.revisions().len(), uids(&lab)), (1, before.clone()), "{edit}");
    }
    let key = ObjectKey::new(Kind::ControllerRevision, "default", &lab.revisions()[0].0);
    let generation = lab.set("web").metadata.generation.expect("a generation");
    let why = lab.world().decisions().get(&key).expect("a decision").verdict.clone();
    assert_eq!(why, Verdict::Revision(RevisionChoice::Kept { generation }), "the last edit changed no pod");
    for (revisions, edit) in [
        (2, "rollout restart sts/web".to_owned()),
        (
            3,
            "patch sts web -p '{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"note\":\"y\"}}}}}'"
                .to_owned(),
        ),
    ] {
        let before = uids(&lab);
        lab.pass(2);
        lab.kubectl(&edit);
        lab.settle();
        assert_eq!(lab.revisions().len(), revisions, "{edit}");
        assert!(uids(&lab).iter().zip(&before).all(|(new, old)| new != old), "{edit} replaces every pod");
    }
}

#[test]
fn k23_the_hash_depends_on_the_template_alone() {
    let mut lab = lab(&set(1, json!({})));
    let mut other = set(2, and([parallel(), json!({"serviceName": "other"})]));
    other["metadata"]["name"] = json!("another");
    lab.apply(&other);
    lab.settle();
    let names: Vec<String> = lab.revisions().into_iter().map(|(name, _)| name).collect();
    let hash = names[0].strip_prefix("another-").expect("by the set's name");
    assert_eq!(names[1], format!("web-{hash}"), "the same template, the same hash");
    assert!(hash.chars().all(|c| "456789bcdf".contains(c)), "decimal digits, disguised: {hash}");
    let labels = lab.pod("web-0").metadata.labels.unwrap_or_default();
    assert_eq!(labels["controller-revision-hash"], names[1], "a pod's label is the revision's whole name");
    // FNV-1, not FNV-1a: upstream's own example is in the history's tests; here, that the data is hashed as it is stored.
    let revision = lab.get::<k8s_openapi::api::apps::v1::ControllerRevision>(&names[1]).expect("stored");
    let stored = revision.data.expect("data").0;
    assert_eq!(controllers::history::hash_controller_revision(&stored, 0), hash);
}

#[test]
fn k24_a_name_too_long_for_its_revisions_is_accepted_and_makes_no_pods() {
    // (length, whether there are pods): the revision's name has to fit a label, and has up to 11 characters more.
    for (length, expected) in [(52, true), (54, false), (63, false)] {
        let name = "w".repeat(length);
        let mut long = set(1, json!({}));
        long["metadata"]["name"] = json!(name);
        let mut lab = Lab::new();
        let said = lab.apply(&long);
        assert_eq!(said, format!("statefulset.apps/{name} created\n"));
        lab.pass(30);
        assert_eq!(lab.get::<Pod>(&format!("{name}-0")).is_some(), expected, "{length}");
        let failed = lab.events(&name).iter().any(|event| {
            event.starts_with("FailedCreate") && event.contains("must be no more than 63 bytes")
        });
        assert_eq!(failed, !expected, "{length}: {:?}", lab.events(&name));
    }
    let mut lab = Lab::new();
    let mut too_long = set(1, json!({}));
    too_long["metadata"]["name"] = json!("w".repeat(64));
    assert!(lab.apply(&too_long).contains("must be no more than 63 characters"));
}

#[test]
fn k25_the_service_name_is_neither_checked_nor_changeable() {
    let mut lab = lab(&set(1, json!({"serviceName": "typo"})));
    lab.apply(&service("web"));
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready"], "pods run all the same");
    assert!(lab.resolves("web"), "the Service selects the pod");
    assert!(!lab.resolves("web-0.web") && !lab.resolves("web-0.typo"));
    let link = |service: &str| node::dns::broken_link(lab.world().listers(), &pod("web-0"), service);
    assert_eq!(link("typo"), BrokenLink::NoService("typo".to_owned()));
    assert_eq!(link("web"), BrokenLink::OtherSubdomain("typo".to_owned()));
    let said = lab.patch(json!({"serviceName": "web"}));
    assert!(said.contains("spec: Forbidden: updates to statefulset spec for fields other than"), "{said}");
    let mut none = self::lab(&set(1, json!({"serviceName": null})));
    assert_eq!(none.pods(), ["web-0:a ready"]);
    none.settle();
    let listers = none.world().listers();
    assert_eq!(node::dns::broken_link(listers, &pod("web-0"), ""), BrokenLink::NoSubdomain);
}

#[test]
fn k26_a_pods_name_resolves_only_while_it_is_ready() {
    let mut lab = lab(&set(2, json!({})));
    lab.apply(&service("web"));
    let mut published = service("published");
    published["spec"]["publishNotReadyAddresses"] = json!(true);
    lab.apply(&published);
    let mut other = set(
        2,
        json!({
            "serviceName": "published", "selector": {"matchLabels": {"app": "web", "set": "other"}},
            "template": {"metadata": {"labels": {"app": "web", "set": "other"}}},
        }),
    );
    other["metadata"]["name"] = json!("other");
    lab.apply(&other);
    lab.settle();
    assert!(lab.resolves("web-1.web") && lab.resolves("other-1.published"));
    lab.never_ready(".*-1");
    lab.settle();
    assert!(!lab.resolves("web-1.web") && lab.resolves("other-1.published"));
    let link = |lab: &Lab| node::dns::broken_link(lab.world().listers(), &pod("web-1"), "web");
    assert_eq!(link(&lab), BrokenLink::NotReady);
    lab.heal();
    lab.settle();
    lab.delete("pod web-1 other-1");
    lab.session.advance(100);
    assert_eq!(lab.pods()[1], "other-1:a terminating");
    assert!(!lab.resolves("web-1.web") && lab.resolves("other-1.published"));
    assert_eq!(link(&lab), BrokenLink::Terminating);
}

#[test]
fn k27_deleting_the_set_is_unordered_and_orphans_are_adopted_without_a_restart() {
    let mut lab = lab(&set(3, json!({})));
    let since = now(&lab);
    lab.delete("sts web --cascade=orphan");
    lab.settle();
    assert_eq!(moves(&lab, since), [] as [&str; 0]);
    let before = [lab.uid("web-0"), lab.uid("web-1"), lab.uid("web-2")];
    assert_eq!(controller_of(&lab.pod("web-0").metadata), None);
    lab.apply(&set(3, json!({})));
    lab.settle();
    assert_eq!([lab.uid("web-0"), lab.uid("web-1"), lab.uid("web-2")], before);
    assert_eq!(lab.counts(), [3, 3, 3, 3]);
    assert!(controller_of(&lab.pod("web-0").metadata).is_some());
    let since = now(&lab);
    lab.delete("sts web");
    lab.session.advance(100);
    let mut gone = moves(&lab, since);
    gone.sort();
    assert_eq!(gone, ["-web-0", "-web-1", "-web-2"], "all at once");
}

#[test]
fn k28_a_terminating_pod_keeps_its_slot_and_a_lost_node_stalls() {
    let mut lab = lab(&set(2, json!({})));
    lab.break_(Defect::StuckDeletion { pods: NamePattern("web-0".to_owned()) });
    let before = lab.uid("web-0");
    lab.delete("pod web-0");
    lab.pass(300);
    assert_eq!(lab.uid("web-0"), before);
    let waits = Verdict::Waiting { step: Step::Replacement, pod: pod("web-0"), lacks: Lack::Gone };
    assert_eq!(lab.verdict(), waits);
    lab.heal();
    lab.settle();
    assert_ne!(lab.uid("web-0"), before);
    // The node of web-1 falls silent: nobody confirms that the pod is gone.
    let node = lab.pod("web-1").spec.and_then(|spec| spec.node_name).expect("a node");
    lab.break_(Defect::NodeDown { node });
    let before = lab.uid("web-1");
    lab.delete("pod web-1");
    lab.pass(3600);
    assert_eq!(lab.uid("web-1"), before, "at most one of each");
    let waits = Verdict::Waiting { step: Step::Replacement, pod: pod("web-1"), lacks: Lack::Node };
    assert_eq!(lab.verdict(), waits);
    lab.kubectl("delete pod web-1 --force --grace-period=0");
    lab.pass(60);
    assert_ne!(lab.uid("web-1"), before, "by force it is replaced");
}

#[test]
fn k29_an_ordered_sync_makes_one_pod_and_writes_what_it_saw_before() {
    let mut lab = Lab::new();
    lab.apply(&set(3, json!({})));
    let since = now(&lab) - 1;
    lab.until("a pod is there", |lab| !lab.pods().is_empty());
    assert_eq!(lab.pods(), ["web-0:a pending"]);
    assert_eq!(lab.counts(), [0, 0, 0, 0], "0/3 after the first create");
    lab.settle();
    assert_eq!(statuses(&lab, since).last(), Some(&[3, 3, 3, 3]));
    assert_eq!(moves(&lab, since), ["+web-0", "+web-1", "+web-2"]);
    let since = now(&lab);
    lab.scale(0);
    lab.until("one goes", |lab| !moves(lab, since).is_empty());
    assert_eq!(moves(&lab, since), ["-web-2"]);
}

#[test]
fn k30_a_failed_create_leaves_its_claims_and_repeats_one_event() {
    let mut lab = lab(&set(1, claims()));
    lab.break_(Defect::FailWrites {
        kind: Kind::Pod,
        write: Some(Write::Create),
        name: Some(NamePattern("web-1".to_owned())),
    });
    lab.scale(2);
    lab.pass(10);
    assert!(lab.get::<PersistentVolumeClaim>("data-web-1").is_some());
    let failed: Vec<String> =
        lab.events("web").into_iter().filter(|e| e.starts_with("FailedCreate")).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    let count: u32 =
        failed[0]["FailedCreate x".len()..].split(':').next().unwrap_or_default().parse().expect("a count");
    assert!(count > 3, "{failed:?}");
    assert!(matches!(lab.verdict(), Verdict::Failed { .. }));
}

#[test]
fn k31_a_walk_that_stops_does_not_reach_claims_and_updates() {
    let mut lab = lab(&set(3, retention("Delete", "Retain")));
    lab.never_ready("web-0");
    lab.settle();
    lab.scale(2);
    lab.set_image("app:b");
    lab.settle();
    assert_eq!(lab.claim("data-web-2").metadata.owner_references, None);
    assert_eq!(lab.pods(), ["web-0:a unready", "web-1:a ready", "web-2:a ready"]);
    lab.heal();
    lab.until("the claim has its owner", |lab| lab.claim("data-web-2").metadata.owner_references.is_some());
    let owners = lab.claim("data-web-2").metadata.owner_references.unwrap_or_default();
    assert_eq!(owners[0].kind, "Pod");
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:b ready", "web-1:b ready"]);
}

#[test]
fn k32_an_edited_pod_stays_as_it_is_and_one_without_its_label_goes() {
    let mut lab = lab(&set(2, json!({})));
    let before = lab.uid("web-1");
    lab.kubectl("set image pod/web-1 c=app:edited");
    lab.pass(60);
    assert_eq!((lab.pods()[1].as_str(), lab.uid("web-1")), ("web-1:edited ready", before.clone()));
    lab.kubectl("label pod web-1 controller-revision-hash-");
    lab.settle();
    assert_ne!(lab.uid("web-1"), before);
    assert_eq!(lab.pods()[1], "web-1:a ready");
}

#[test]
fn k33_ready_is_not_available() {
    let mut lab = Lab::new();
    lab.apply(&set(2, json!({"minReadySeconds": 30})));
    lab.until("web-0 is ready", |lab| lab.counts()[1] == 1);
    let ready_at = lab.session.now();
    lab.pass(25);
    assert_eq!(lab.pods(), ["web-0:a ready"], "the next one waits");
    match lab.verdict() {
        Verdict::Waiting { step: Step::Ordinals, pod: blocking, lacks: Lack::Available { at } } => {
            assert_eq!(blocking, pod("web-0"));
            let left = at.as_millisecond() - ready_at.as_millisecond();
            assert!((29_000..=30_000).contains(&left), "{left} ms");
        }
        other => panic!("{other:?}"),
    }
    lab.pass(10);
    assert_eq!(lab.pods().len(), 2);
    lab.pass(60);
    // The last pod completes an update as soon as it is ready.
    lab.set_image("app:b");
    lab.until("the update is noticed", |lab| !lab.is_complete());
    lab.until("it is complete", Lab::is_complete);
    assert_eq!(lab.counts(), [2, 2, 2, 2]);
    assert_eq!(lab.status().available_replicas, Some(1), "complete, and one is not yet available");
    assert!(lab.kubectl("get sts web --no-headers").contains("2/2"));
    lab.scale(1);
    lab.pass(5);
    assert_eq!(lab.pods().len(), 2, "scaling down waits for it");
    lab.pass(60);
    assert_eq!(lab.pods().len(), 1);
}

#[test]
fn k34_what_cannot_be_changed_is_made_anew_around_its_pods() {
    let mut lab = lab(&set(2, claims()));
    let forbidden = "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
    for edit in [
        parallel(),
        json!({"serviceName": "other"}),
        json!({"volumeClaimTemplates": null}),
        json!({"podManagementPolicy": "Parallel", "serviceName": "other"}),
    ] {
        let said = lab.patch(edit.clone());
        assert_eq!(said.matches(forbidden).count(), 1, "{edit}: {said}");
    }
    let before = lab.uid("web-0");
    lab.delete("sts web --cascade=orphan");
    lab.settle();
    lab.apply(&set(2, and([claims(), parallel()])));
    lab.settle();
    assert_eq!(lab.uid("web-0"), before);
    assert_eq!(lab.set("web").spec.and_then(|s| s.pod_management_policy).as_deref(), Some("Parallel"));
}

#[test]
fn k35_get_sorts_by_text_and_all_is_not_all() {
    let mut lab = lab(&set(11, and([parallel(), claims()])));
    let said = lab.kubectl("get pods -o name");
    let names: Vec<&str> = said.lines().collect();
    assert_eq!(names[..3], ["pod/web-0", "pod/web-1", "pod/web-10"]);
    let all = lab.kubectl("get all");
    assert!(all.contains("statefulset.apps/web") && !all.contains("data-web-0"), "{all}");
    assert!(lab.kubectl("get pvc").contains("data-web-0"));
}

#[test]
fn k36_right_after_an_edit_the_rollout_is_not_observed_yet() {
    let mut lab = lab(&set(1, json!({})));
    lab.break_(Defect::CacheLag { component: cluster::Component::StatefulSet, ms: 500 });
    let first = lab.session.log().written();
    lab.session.run("kubectl set image sts/web c=app:b && kubectl rollout status sts/web");
    lab.session.finish(60_000);
    let said = lab.printed(first);
    let second = said.lines().nth(1).unwrap_or_default();
    assert_eq!(second, "Waiting for statefulset spec update to be observed...", "{said}");
}

#[test]
fn k37_only_the_clock_makes_a_pod_available() {
    let mut lab = Lab::new();
    lab.apply(&set(1, json!({"minReadySeconds": 20})));
    lab.until("it is ready", |lab| lab.counts()[1] == 1);
    lab.pass(10);
    assert_eq!(lab.status().available_replicas, Some(0));
    let since = now(&lab);
    lab.pass(15);
    assert_eq!(lab.status().available_replicas, Some(1));
    let pods = lab.world().server().watch(Kind::Pod, "default", since).expect("remembered");
    assert!(pods.is_empty(), "no pod changed meanwhile");
}

#[test]
fn k38_a_deleted_low_pod_comes_before_the_higher_ones_of_a_scale_up() {
    let mut lab = lab(&set(2, json!({})));
    let since = now(&lab);
    lab.scale(5);
    lab.until("web-2 is there", |lab| lab.get::<Pod>("web-2").is_some());
    lab.delete("pod web-0");
    lab.settle();
    assert_eq!(moves(&lab, since), ["+web-2", "-web-0", "+web-0", "+web-3", "+web-4"]);
}

#[test]
fn k39_parallel_the_pods_of_a_scale_up_are_new_and_waited_for() {
    let mut lab = lab(&set(2, parallel()));
    lab.never_ready("web-2");
    let since = now(&lab);
    lab.patch(json!({
        "replicas": 4, "template": {"spec": {"containers": [{"name": "c", "image": "app:b"}]}},
    }));
    lab.settle();
    assert_eq!(moves(&lab, since), ["+web-2", "+web-3"], "the update stops at web-2");
    assert_eq!(lab.pods(), ["web-0:a ready", "web-1:a ready", "web-2:b unready", "web-3:b ready"]);
    let waits = Verdict::Waiting { step: Step::Update, pod: pod("web-2"), lacks: Lack::Ready };
    assert_eq!(lab.verdict(), waits);
    lab.heal();
    lab.settle();
    assert_eq!(moves(&lab, since)[2..], ["-web-1", "+web-1", "-web-0", "+web-0"]);
}

#[test]
fn k40_the_count_of_current_pods_dips_for_any_pod_that_the_update_deletes() {
    let mut lab = lab(&set(3, parallel()));
    lab.set_image("app:bad");
    lab.settle();
    assert_eq!(lab.counts(), [3, 2, 2, 1]);
    let since = now(&lab);
    lab.set_image("app:c");
    lab.until("web-2 is asked to go", |lab| !moves(lab, since).is_empty());
    assert_eq!(lab.counts(), [3, 2, 1, 0], "web-2 was not at the current revision");
    lab.until("the next sync", |lab| lab.counts() != [3, 2, 1, 0]);
    assert_eq!(lab.counts()[2], 2, "and it is counted again");
}

#[test]
fn k41_overlapping_selectors_do_no_harm_to_sets_of_other_names() {
    let mut lab = lab(&set(2, json!({})));
    lab.apply(&service("web"));
    let mut db = set(1, json!({"template": {"spec": {"containers": [{"name": "c", "image": "app:b"}]}}}));
    db["metadata"]["name"] = json!("db");
    lab.apply(&db);
    lab.settle();
    assert_eq!(lab.pods(), ["db-0:b ready", "web-0:a ready", "web-1:a ready"]);
    for (pod, owner) in [("db-0", "db"), ("web-0", "web")] {
        assert_eq!(controller_of(&lab.pod(pod).metadata).map(|o| o.name.clone()).as_deref(), Some(owner));
    }
    assert_eq!(lab.revisions().len(), 2, "each has its own revision");
    let answer =
        node::dns::query(lab.world().listers(), "web.default.svc.cluster.local", node::dns::RecordType::A);
    assert_eq!(answer.answer.len(), 3, "the Service selects both");
}

#[test]
fn k42_the_last_dash_decides_whose_pod_it_is() {
    let mut lab = lab(&set(2, json!({})));
    let mut web_1 = set(1, json!({}));
    web_1["metadata"]["name"] = json!("web-1");
    lab.apply(&web_1);
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready", "web-1:a ready", "web-1-0:a ready"]);
    for (pod, owner) in [("web-1", "web"), ("web-1-0", "web-1")] {
        assert_eq!(controller_of(&lab.pod(pod).metadata).map(|o| o.name.clone()).as_deref(), Some(owner));
    }
}

#[test]
fn k43_on_delete_needs_the_old_block_taken_away() {
    let mut lab = lab(&set(1, json!({})));
    for flags in ["", "--type=merge "] {
        let said = lab.kubectl(&format!(
            "patch sts web {flags}-p '{{\"spec\":{{\"updateStrategy\":{{\"type\":\"OnDelete\"}}}}}}'"
        ));
        assert!(
            said.contains("spec.updateStrategy.rollingUpdate: Invalid value:")
                && said.contains("only allowed for updateStrategy 'RollingUpdate'"),
            "{said}"
        );
    }
    let said = lab.apply(&set(1, on_delete()));
    assert!(said.contains("only allowed for updateStrategy 'RollingUpdate'"), "apply fails as well: {said}");
    let said = lab.patch(json!({"updateStrategy": {"type": "OnDelete", "rollingUpdate": null}}));
    assert_eq!(said, "statefulset.apps/web patched\n");
}
