//! J.6: Kubernetes' end-to-end tests of StatefulSets (test/e2e/apps/statefulset.go), by name.

use client::Api;
use client::api::{Answer, Request, Subresource, Verb};
use cluster::Defect;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use machinery::decision::{Lack, RevisionChoice, Step, Verdict};
use machinery::object::controller_of;
use machinery::version::{Features, Version};
use machinery::{Kind, ObjectKey, Resource};
use node::kubelet::NamePattern;
use serde_json::{Value, json};

use crate::lab::{Lab, and, claims, lab, on, parallel, partition, service, set};

fn both_versions() -> impl Iterator<Item = Lab> {
    Version::ALL.into_iter().map(|version| Lab::with(Features::of(version)))
}

fn ready(tags: &[&str]) -> Vec<String> {
    tags.iter().enumerate().map(|(ordinal, tag)| format!("web-{ordinal}:{tag} ready")).collect()
}

fn pod(name: &str) -> ObjectKey {
    ObjectKey::new(Kind::Pod, "default", name)
}

fn uids(lab: &Lab) -> Vec<String> {
    lab.list::<Pod>().iter().map(|pod| pod.uid().to_owned()).collect()
}

/// Which ordinals were asked to go, in order.
fn deletions(lab: &Lab, since: u64) -> Vec<String> {
    let changes = lab.world().server().watch(Kind::Pod, "default", since).expect("remembered");
    let went = |object: &machinery::Object| object.meta().deletion_timestamp.is_some();
    let asked = changes.iter().filter(|c| went(&c.object) && !c.old.as_ref().is_some_and(went));
    asked.map(|change| change.object.name().to_owned()).collect()
}

fn now(lab: &Lab) -> u64 {
    lab.world().server().resource_version()
}

#[test]
fn should_provide_basic_identity() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, claims()));
        lab.apply(&service("web"));
        lab.settle();
        let identity = |lab: &mut Lab| -> Vec<(String, String, String, String)> {
            let names = ["web-0", "web-1", "web-2"];
            names
                .map(|name| {
                    let spec = lab.pod(name).spec.expect("a spec");
                    let claim = spec.volumes.iter().flatten().find_map(|v| v.persistent_volume_claim.clone());
                    let claim = lab.claim(&claim.expect("its claim").claim_name);
                    let volume = claim.spec.and_then(|spec| spec.volume_name).expect("its volume");
                    let label = lab.pod(name).metadata.labels.expect("labels");
                    let index = label["apps.kubernetes.io/pod-index"].clone();
                    (lab.exec(name, "hostname"), spec.subdomain.expect("its service"), index, volume)
                })
                .to_vec()
        };
        let before = identity(&mut lab);
        for (ordinal, (hostname, subdomain, index, _)) in before.iter().enumerate() {
            assert_eq!(*hostname, format!("web-{ordinal}\n"));
            assert_eq!((subdomain.as_str(), index.as_str()), ("web", ordinal.to_string().as_str()));
            assert!(lab.resolves(&format!("web-{ordinal}.web")));
        }
        let old = uids(&lab);
        lab.delete("pod web-0 web-1 web-2");
        lab.settle();
        assert!(uids(&lab).iter().all(|uid| !old.contains(uid)), "all are new");
        assert_eq!(identity(&mut lab), before, "and who they were");
    }
}

#[test]
fn should_adopt_matching_orphans_and_release_non_matching_pods() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(1, json!({})));
        let owner = |lab: &Lab| controller_of(&lab.pod("web-0").metadata).map(|owner| owner.name.clone());
        let before = lab.uid("web-0");
        lab.kubectl("patch pod web-0 --type=merge -p '{\"metadata\":{\"ownerReferences\":null}}'");
        lab.settle();
        assert_eq!(owner(&lab).as_deref(), Some("web"), "adopted again");
        lab.kubectl("label pod web-0 app=other --overwrite");
        lab.pass(5);
        assert_eq!(owner(&lab), None, "released");
        assert_eq!(lab.verdict(), Verdict::NameTaken { pod: pod("web-0") });
        lab.kubectl("label pod web-0 app=web --overwrite");
        lab.settle();
        assert_eq!(
            (owner(&lab).as_deref(), lab.uid("web-0")),
            (Some("web"), before),
            "and adopted, the same pod"
        );
    }
}

#[test]
fn should_not_deadlock_when_a_pods_predecessor_fails() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(2, json!({})));
        let before = lab.uid("web-0");
        lab.never_ready("web-1");
        lab.settle();
        lab.delete("pod web-0");
        lab.settle();
        assert_ne!(lab.uid("web-0"), before);
        assert_eq!(lab.pods(), ["web-0:a ready", "web-1:a unready"]);
        lab.heal();
        lab.settle();
        assert_eq!(lab.pods(), ready(&["a", "a"]));
    }
}

/// Rolls an update out and back; looks at order, revisions and status.
fn rolling_update(mut lab: Lab) {
    let since = now(&lab);
    let first = lab.status().current_revision.expect("a revision");
    assert_eq!(lab.status().update_revision.as_ref(), Some(&first));
    lab.set_image("app:b");
    lab.until("the update is noticed", |lab| !lab.is_complete());
    assert_eq!(lab.status().current_revision.as_ref(), Some(&first));
    lab.settle();
    assert_eq!(deletions(&lab, since), ["web-2", "web-1", "web-0"], "descending");
    assert_eq!(lab.pods(), ready(&["b", "b", "b"]));
    assert!(lab.is_complete());
    let since = now(&lab);
    lab.kubectl("rollout undo sts/web");
    lab.settle();
    assert_eq!(deletions(&lab, since), ["web-2", "web-1", "web-0"]);
    assert_eq!(lab.pods(), ready(&["a", "a", "a"]));
    assert_eq!(lab.status().current_revision, Some(first.clone()), "the first revision is used again");
    let key = ObjectKey::new(Kind::ControllerRevision, "default", &first);
    let why = lab.world().decisions().get(&key).expect("a decision").verdict.clone();
    assert_eq!(why, Verdict::Revision(RevisionChoice::RolledBack { from: 1, to: 3 }));
}

#[test]
fn should_perform_rolling_updates_and_roll_backs_of_template_modifications_with_pvcs() {
    both_versions().for_each(|empty| rolling_update(on(empty, &set(3, claims()))));
}

#[test]
fn should_perform_rolling_updates_and_roll_backs_of_template_modifications() {
    both_versions().for_each(|empty| rolling_update(on(empty, &set(3, json!({})))));
}

#[test]
fn should_perform_canary_updates_and_phased_rolling_updates_of_template_modifications() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, partition(3)));
        lab.set_image("app:b");
        lab.settle();
        assert_eq!(lab.pods(), ready(&["a", "a", "a"]));
        assert!(!lab.is_complete(), "no pod changed, and the revisions differ");
        lab.partition(2);
        lab.settle();
        assert_eq!(lab.pods(), ready(&["a", "a", "b"]), "the canary");
        lab.delete("pod web-0 web-2");
        lab.settle();
        assert_eq!(lab.pods(), ready(&["a", "a", "b"]), "each comes back as it has to be");
        lab.partition(1);
        lab.settle();
        assert_eq!((lab.pods(), lab.counts()), (ready(&["a", "b", "b"]), [3, 3, 1, 2]));
        lab.partition(0);
        lab.settle();
        assert_eq!((lab.pods(), lab.counts()), (ready(&["b", "b", "b"]), [3, 3, 3, 3]));
        assert!(lab.is_complete());
    }
}

/// A canary at partition 1, whose pod 0 is deleted; it ends as `end` says.
fn canary_with_deleted_pod_zero(empty: Lab, end: impl Fn(&mut Lab)) {
    let mut lab = on(empty, &set(3, partition(1)));
    lab.set_image("app:b");
    lab.settle();
    assert_eq!(lab.pods(), ready(&["a", "b", "b"]));
    let before = lab.uid("web-0");
    end(&mut lab);
    lab.settle();
    assert_ne!(lab.uid("web-0"), before);
    assert_eq!(lab.pods(), ready(&["a", "b", "b"]), "at the current revision");
}

#[test]
fn should_perform_canary_updates_when_deleting_pod_zero_without_failing_container() {
    both_versions().for_each(|empty| canary_with_deleted_pod_zero(empty, |lab| lab.delete("pod web-0")));
}

#[test]
fn should_perform_canary_updates_when_deleting_pod_zero_with_failing_container() {
    both_versions().for_each(|empty| canary_with_deleted_pod_zero(empty, |lab| lab.evict("web-0")));
}

#[test]
fn should_perform_rolling_updates_with_max_unavailable() {
    for spec in [json!({}), parallel()] {
        let rolling =
            json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}});
        let mut lab = on(Lab::gate_on(), &set(4, and([spec, rolling])));
        let since = now(&lab);
        lab.set_image("app:b");
        lab.session.advance(100);
        assert_eq!(deletions(&lab, since), ["web-3", "web-2"], "two at once");
        lab.settle();
        assert_eq!(deletions(&lab, since).len(), 4);
        assert_eq!(lab.pods(), ready(&["b", "b", "b", "b"]));
    }
}

#[test]
fn should_implement_legacy_replacement_when_the_update_strategy_is_on_delete() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(3, json!({"updateStrategy": {"type": "OnDelete"}})));
        lab.delete("pod web-0 web-1 web-2");
        lab.settle();
        assert_eq!(lab.pods(), ready(&["a", "a", "a"]));
        lab.set_image("app:b");
        lab.settle();
        assert_eq!(lab.pods(), ready(&["a", "a", "a"]), "nobody is updated");
        lab.delete("pod web-0 web-1 web-2");
        lab.settle();
        assert_eq!(lab.pods(), ready(&["b", "b", "b"]));
        assert!(!lab.is_complete());
    }
}

#[test]
fn scaling_should_happen_in_predictable_order_and_halt_if_any_stateful_pod_is_unhealthy() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(1, json!({})));
        lab.never_ready("web-0");
        lab.settle();
        lab.scale(3);
        lab.settle();
        assert_eq!(lab.pods(), ["web-0:a unready"], "up: halted");
        let waits = Verdict::Waiting { step: Step::Ordinals, pod: pod("web-0"), lacks: Lack::Ready };
        assert_eq!(lab.verdict(), waits);
        lab.heal();
        lab.settle();
        assert_eq!(lab.pods(), ready(&["a", "a", "a"]));
        lab.never_ready("web-0");
        lab.settle();
        let since = now(&lab);
        lab.scale(0);
        lab.settle();
        // Pod 0 is condemned, too: the healthy ones above it go, one by one, and it is the first unhealthy one.
        assert_eq!(deletions(&lab, since), ["web-2", "web-1", "web-0"]);
        assert_eq!(lab.pods(), [] as [&str; 0]);
    }
    let mut halted = lab(&set(3, json!({})));
    halted.never_ready("web-0");
    halted.settle();
    halted.scale(1);
    halted.settle();
    assert_eq!(halted.pods().len(), 3, "down: halted by one that stays");
}

#[test]
fn burst_scaling_should_run_to_completion_even_with_unhealthy_pods() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(1, parallel()));
        lab.never_ready("web-.*");
        lab.settle();
        lab.scale(3);
        lab.settle();
        assert_eq!(lab.pods(), ["web-0:a unready", "web-1:a unready", "web-2:a unready"]);
        let waits = Verdict::Waiting { step: Step::Nothing, pod: pod("web-2"), lacks: Lack::Ready };
        assert_eq!(lab.verdict(), waits);
        lab.scale(0);
        lab.settle();
        assert_eq!(lab.pods(), [] as [&str; 0]);
    }
}

#[test]
fn should_recreate_evicted_statefulset() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(1, json!({})));
        for _ in 0..3 {
            let before = lab.uid("web-0");
            lab.evict("web-0");
            lab.settle();
            assert_ne!(lab.uid("web-0"), before, "again and again");
        }
        assert_eq!(lab.pods(), ready(&["a"]));
    }
}

#[test]
fn should_have_a_working_scale_subresource() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(1, json!({})));
        let scale = |lab: &Lab| -> Value {
            let request = Request::new(Verb::Get, Kind::StatefulSet, "default", "web").of(Subresource::Scale);
            let answer = lab.world().clone().api().call(request).expect("a scale");
            match answer.body {
                Answer::Json(scale) => scale,
                other => panic!("{other:?} is no scale"),
            }
        };
        let before = scale(&lab);
        assert_eq!((&before["kind"], &before["spec"]["replicas"]), (&json!("Scale"), &json!(1)));
        assert_eq!(before["status"]["selector"], json!("app=web"));
        lab.kubectl("patch sts web --subresource=scale --type=merge -p '{\"spec\":{\"replicas\":2}}'");
        lab.settle();
        let after = scale(&lab);
        assert_eq!((&after["spec"]["replicas"], &after["status"]["replicas"]), (&json!(2), &json!(2)));
        assert_eq!(lab.pods(), ready(&["a", "a"]));
    }
}

#[test]
fn should_list_patch_and_delete_a_collection_of_stateful_sets() {
    for mut lab in both_versions() {
        for name in ["web", "db"] {
            let mut one = set(1, json!({}));
            one["metadata"]["name"] = json!(name);
            one["metadata"]["labels"] = json!({"e2e": "x"});
            lab.apply(&one);
        }
        assert_eq!(lab.kubectl("get sts -A -l e2e=x -o name"), "statefulset.apps/db\nstatefulset.apps/web\n");
        lab.patch(json!({"template": {"spec": {"terminationGracePeriodSeconds": 1}}}));
        let grace = lab.set("web").spec.and_then(|s| s.template.spec?.termination_grace_period_seconds);
        assert_eq!(grace, Some(1));
        lab.kubectl("delete sts -l e2e=x");
        lab.settle();
        assert_eq!((lab.kubectl("get sts -o name").as_str(), lab.pods().len()), ("", 0));
    }
}

#[test]
fn should_validate_statefulset_status_endpoints() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(1, json!({})));
        let before = lab.set("web").metadata.generation;
        // A condition that people write stays, and the spec in the same patch is not taken.
        let condition = json!([{"type": "StatusPatched", "status": "True"}]);
        let patch = json!({"spec": {"replicas": 9}, "status": {"conditions": condition}});
        lab.kubectl(&format!("patch sts web --subresource=status --type=merge -p '{patch}'"));
        lab.settle();
        let set = lab.set("web");
        assert_eq!((set.metadata.generation, set.spec.and_then(|s| s.replicas)), (before, Some(1)));
        let shown = lab.kubectl("get sts web --subresource=status -o jsonpath={.status.conditions[0].type}");
        assert_eq!(shown, "StatusPatched");
    }
}

/// The databases of upstream's clustered applications: what they need is identity, storage, order and names of unready peers.
#[test]
fn should_create_working_clusters_of_zookeeper_mysql_and_cockroachdb() {
    for (name, spec) in [("zoo", parallel()), ("mysql", json!({})), ("cockroachdb", json!({}))] {
        let mut lab = Lab::new();
        let mut governing = service("web");
        governing["spec"]["publishNotReadyAddresses"] = json!(true);
        lab.apply(&governing);
        let mut lab = on(lab, &set(3, and([claims(), spec])));
        assert_eq!(lab.pods(), ready(&["a", "a", "a"]), "{name}");
        // Everyone finds everyone, and what one pod holds is still there after it came back.
        for peer in 0..3 {
            let said = lab.exec("web-0", &format!("nslookup web-{peer}.web"));
            assert!(said.contains(&format!("Name:      web-{peer}.web")), "{name}: {said}");
        }
        let volume = lab.claim("data-web-1").spec.and_then(|spec| spec.volume_name);
        lab.never_ready("web-1");
        lab.delete("pod web-1");
        lab.settle();
        assert!(lab.resolves("web-1.web"), "{name}: a peer is found before it is ready");
        lab.heal();
        lab.settle();
        assert_eq!(lab.claim("data-web-1").spec.and_then(|spec| spec.volume_name), volume, "{name}");
        assert_eq!(lab.pods(), ready(&["a", "a", "a"]), "{name}");
    }
}

#[test]
fn min_ready_seconds_should_be_honored_when_enabled() {
    for mut lab in both_versions() {
        lab.apply(&set(2, json!({"minReadySeconds": 30})));
        lab.pass(20);
        assert_eq!(lab.pods(), ready(&["a"]), "the second waits for the first");
        lab.pass(120);
        assert_eq!((lab.pods(), lab.status().available_replicas), (ready(&["a", "a"]), Some(2)));
    }
}

#[test]
fn available_replicas_should_get_updated_accordingly_when_min_ready_seconds_is_enabled() {
    for empty in both_versions() {
        let mut lab = on(empty, &set(2, and([parallel(), json!({"minReadySeconds": 3600})])));
        lab.pass(60);
        assert_eq!((lab.counts()[1], lab.status().available_replicas), (2, Some(0)));
        lab.patch(json!({"minReadySeconds": 30}));
        lab.pass(1);
        assert_eq!(lab.status().available_replicas, Some(2), "they have been ready for so long already");
        lab.scale(3);
        lab.pass(10);
        assert_eq!((lab.counts()[1], lab.status().available_replicas), (3, Some(2)));
        lab.pass(60);
        assert_eq!(lab.status().available_replicas, Some(3));
    }
}

fn retention(when_scaled: &str, when_deleted: &str) -> Value {
    let policy = json!({"whenScaled": when_scaled, "whenDeleted": when_deleted});
    and([claims(), json!({"persistentVolumeClaimRetentionPolicy": policy})])
}

fn claim_names(lab: &Lab) -> Vec<String> {
    lab.list::<PersistentVolumeClaim>().iter().map(|claim| claim.name().to_owned()).collect()
}

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

/// Another set to be an owner; its uid.
fn on_other_set(lab: &mut Lab) -> String {
    let mut other = set(
        0,
        json!({"selector": {"matchLabels": {"app": "o"}}, "template": {"metadata": {"labels": {"app": "o"}}}}),
    );
    other["metadata"]["name"] = json!("other");
    lab.apply(&other);
    lab.set("other").uid().to_owned()
}

/// Gives the claim another controller.
fn own(lab: &mut Lab, claim: &str, uid: &str) {
    let owner = json!([{
        "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "other", "uid": uid,
        "controller": true, "blockOwnerDeletion": true,
    }]);
    let patch = json!({"metadata": {"ownerReferences": owner}});
    lab.kubectl(&format!("patch pvc {claim} --type=merge -p '{patch}'"));
}

fn owners(lab: &Lab, claim: &str) -> Vec<String> {
    lab.claim(claim).metadata.owner_references.iter().flatten().map(|owner| owner.name.clone()).collect()
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

#[test]
fn pvc_should_be_recreated_when_pod_is_pending_due_to_missing_pvc() {
    for mut lab in both_versions() {
        for node in ["node-1", "node-2", "node-3"] {
            lab.kubectl(&format!("cordon {node}"));
        }
        let mut lab = on(lab, &set(1, claims()));
        assert_eq!(lab.pods(), ["web-0:a pending"]);
        let before = lab.claim("data-web-0");
        lab.delete("pvc data-web-0");
        lab.until("the claim is gone", |lab| {
            lab.get::<PersistentVolumeClaim>("data-web-0").is_none_or(|claim| claim.uid() != before.uid())
        });
        // Whatever wakes the set; here the node that takes the pod.
        for node in ["node-1", "node-2", "node-3"] {
            lab.kubectl(&format!("uncordon {node}"));
        }
        lab.kubectl("annotate sts web note=x");
        lab.pass(60);
        assert_eq!(lab.pods(), ready(&["a"]));
        assert_ne!(lab.claim("data-web-0").uid(), before.uid());
    }
}

fn ordinals(lab: &Lab) -> Vec<String> {
    lab.list::<Pod>().iter().map(|pod| pod.name().replace("web-", "")).collect()
}

fn starting_at(start: Value) -> Value {
    json!({"ordinals": start})
}

#[test]
fn start_ordinal_setting_increasing_decreasing_and_removing() {
    // (before, replicas, the pods then, after, the pods then)
    let start = |start: i32| json!({"start": start});
    let cases = [
        ("setting", Value::Null, vec!["0", "1"], start(2), vec!["2", "3"]),
        ("increasing", start(2), vec!["2", "3"], start(4), vec!["4", "5"]),
        ("decreasing", start(3), vec!["3", "4"], start(2), vec!["2", "3"]),
        ("removing", start(3), vec!["3", "4"], Value::Null, vec!["0", "1"]),
    ];
    for (what, before, at_first, after, expected) in cases {
        for empty in both_versions() {
            let mut lab = on(empty, &set(2, starting_at(before.clone())));
            assert_eq!(ordinals(&lab), at_first, "{what}");
            lab.patch(starting_at(after.clone()));
            lab.settle();
            assert_eq!(ordinals(&lab), expected, "{what}");
            assert_eq!(lab.counts(), [2, 2, 2, 2], "{what}");
        }
    }
}

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
