//! Traps of scaling, storage and ends: order, health, claims, deletion, lost nodes.

use super::*;

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
