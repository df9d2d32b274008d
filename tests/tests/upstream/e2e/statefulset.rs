//! test/e2e/apps/statefulset.go.

use super::*;

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
