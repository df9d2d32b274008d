//! stateful_set_control_test.go: how pods come, go, are replaced and updated, and what the status says meanwhile.

mod min_ready_seconds;
mod updates;

use client::Outcome;
use controllers::statefulset::stateful_set_utils::get_ordinal;
use machinery::Kind;
use machinery::Resource;
use machinery::decision::{Created, Lack, RevisionChoice, Rollout, Source, Step, Verdict};
use machinery::version::{Features, Version};
use serde_json::{Value, json};

use crate::fixture::{
    Fixture, Variant, failed, image, in_both_modes, in_every_variant, invariants, partition_invariants, set,
};
use crate::harness::Refuse;

fn terminating(fixture: &Fixture) -> Vec<i64> {
    let pods = fixture.pods();
    pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_some()).map(get_ordinal).collect()
}

/// What TestStatefulSetControl and TestStatefulSetControlWithStartOrdinal run in every mode and policy.
mod base {
    use super::*;

    pub fn creates_pods(variant: Variant) {
        let mut fixture = variant.with(3, json!({}));
        fixture.scale_up(invariants);
        assert_eq!(fixture.counts(), (3, 3, 3, 3), "{variant:?}");
        for pod in fixture.pods() {
            let labels = pod.metadata.labels.clone().unwrap_or_default();
            assert_eq!(labels["apps.kubernetes.io/pod-index"], get_ordinal(&pod).to_string());
        }
    }

    pub fn scales_up(variant: Variant) {
        let mut fixture = variant.with(3, json!({}));
        fixture.scale_up(invariants);
        fixture.scale(4);
        fixture.scale_up(invariants);
        assert_eq!(fixture.counts(), (4, 4, 4, 4), "{variant:?}");
    }

    pub fn scales_down(variant: Variant) {
        let mut fixture = variant.with(3, json!({}));
        fixture.scale_up(invariants);
        fixture.scale(0);
        fixture.scale_down(invariants);
        assert_eq!(fixture.counts(), (0, 0, 0, 0), "{variant:?}");
    }

    pub fn replaces_pods(variant: Variant) {
        let mut fixture = variant.with(5, json!({}));
        fixture.scale_up(invariants);
        assert_eq!(fixture.counts().0, 5);
        for ordinal in [0, 2, 4] {
            let ordinal = variant.start + ordinal;
            let claim = fixture.claim(ordinal).expect("the claim stays");
            let pod_owned = claim.metadata.owner_references.iter().flatten().any(|owner| owner.kind == "Pod");
            assert!(!pod_owned, "{variant:?}: a pod within the range owns its claim");
            fixture.remove(ordinal);
        }
        for ordinal in [0, 2, 4] {
            fixture.sync();
            let ordinal = variant.start + ordinal;
            fixture.set_running(ordinal);
            fixture.sync();
            fixture.set_ready(ordinal, true);
        }
        fixture.sync();
        assert_eq!(fixture.counts(), (5, 5, 5, 5), "{variant:?}");
    }

    /// A pod that has ended is deleted in one sync and created anew in a later one.
    fn recreates_ended_pod(variant: Variant, phase: &str) {
        let mut fixture = variant.with(3, json!({}));
        fixture.sync();
        fixture.set_phase(variant.start, phase);
        fixture.cluster.calls();
        fixture.sync();
        let calls = fixture.cluster.calls();
        assert_eq!(Fixture::count(&calls, "delete", Kind::Pod), 1, "{variant:?}");
        let replaced = fixture.pod_key(variant.start);
        assert_eq!(fixture.verdict(), Verdict::Replacing { pod: replaced });
        fixture.sync();
        let calls = fixture.cluster.calls();
        assert_eq!(Fixture::count(&calls, "delete", Kind::Pod), 0, "{variant:?}");
        assert_eq!(Fixture::count(&calls, "create", Kind::Pod), 1, "{variant:?}");
        let pod = fixture.pod(variant.start);
        assert_eq!(pod.status.and_then(|status| status.phase).as_deref(), Some("Pending"));
    }

    fn recreates_ended_pod_with_delete_failure(variant: Variant, phase: &str) {
        let mut fixture = variant.with(3, json!({}));
        fixture.sync();
        fixture.set_phase(variant.start, phase);
        fixture.fail("delete", Kind::Pod, 0);
        fixture.cluster.calls();
        assert_eq!(fixture.try_sync().expect_err("refused").0, failed().message);
        assert_eq!(fixture.verdict(), Verdict::Failed { message: failed().message });
        fixture.sync();
        fixture.sync();
        let calls = fixture.cluster.calls();
        assert_eq!(Fixture::count(&calls, "delete", Kind::Pod), 2, "{variant:?}: once refused, once done");
        assert_eq!(Fixture::count(&calls, "create", Kind::Pod), 1, "{variant:?}");
    }

    pub fn recreates_failed_pod(variant: Variant) {
        recreates_ended_pod(variant, "Failed");
    }

    pub fn recreates_succeeded_pod(variant: Variant) {
        recreates_ended_pod(variant, "Succeeded");
    }

    pub fn recreates_failed_pod_with_delete_failure(variant: Variant) {
        recreates_ended_pod_with_delete_failure(variant, "Failed");
    }

    pub fn recreates_succeeded_pod_with_delete_failure(variant: Variant) {
        recreates_ended_pod_with_delete_failure(variant, "Succeeded");
    }

    pub fn create_pod_failure(variant: Variant) {
        let mut fixture = variant.with(3, json!({}));
        fixture.fail("create", Kind::Pod, 2);
        let mut errors = 0;
        for _ in 0..30 {
            match fixture.try_sync() {
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error.0, failed().message);
                    errors += 1;
                }
            }
            invariants(&fixture);
            fixture.advance();
        }
        assert_eq!(errors, 1, "{variant:?}");
        assert_eq!(fixture.counts(), (3, 3, 3, 3), "{variant:?}");
        let event = fixture.event("Warning FailedCreate", &format!("foo-{}", variant.start + 2));
        assert!(event.ends_with("failed error: Internal error occurred: API server failed"), "{event}");
    }

    pub fn update_pod_failure(variant: Variant) {
        let mut fixture = variant.with(3, json!({}));
        fixture.scale_up(invariants);
        let name = format!("foo-{}", variant.start);
        let label = json!({"metadata": {"labels": {"statefulset.kubernetes.io/pod-name": "goo-0"}}});
        fixture.cluster.patch(Kind::Pod, &name, label);
        fixture.fail("update", Kind::Pod, 0);
        assert_eq!(fixture.try_sync().expect_err("refused").0, failed().message, "{variant:?}");
        fixture.sync();
        invariants(&fixture);
    }

    pub fn update_set_status_failure(variant: Variant) {
        let mut fixture = variant.with(3, json!({}));
        fixture.fail("status", Kind::StatefulSet, 2);
        let mut errors = 0;
        for _ in 0..30 {
            errors += usize::from(fixture.try_sync().is_err());
            invariants(&fixture);
            fixture.advance();
        }
        assert_eq!((errors, fixture.counts()), (1, (3, 3, 3, 3)), "{variant:?}");
    }

    pub fn new_revision_delete_pod_failure(variant: Variant) {
        let mut fixture = variant.with(3, json!({}));
        fixture.scale_up(invariants);
        fixture.set_image("nginx:2");
        fixture.fail("delete", Kind::Pod, 0);
        fixture.try_sync().expect_err("refused");
        let before = fixture.status();
        assert_ne!(before.current_revision, before.update_revision);
        assert_eq!(fixture.counts(), (3, 3, 3, 0), "{variant:?}: nothing is deleted, nothing counted down");
        fixture.sync();
        assert_eq!(fixture.counts(), (3, 3, 2, 0), "{variant:?}");
        fixture.roll_out(|_| ());
        assert!(fixture.pods().iter().all(|pod| image(pod) == "nginx:2"));
    }

    pub fn recreates_pvc_for_pending_pod(variant: Variant) {
        let mut fixture = variant.with(1, json!({}));
        fixture.sync();
        let before = fixture.claim(variant.start).expect("a claim");
        fixture.delete_claim(variant.start);
        assert!(fixture.claim(variant.start).is_none());
        fixture.sync();
        let after = fixture.claim(variant.start).expect("a new claim");
        assert_ne!(before.uid(), after.uid(), "{variant:?}");
        fixture.sync();
        fixture.set_ready(variant.start, true);
        fixture.sync();
        invariants(&fixture);
    }
}

/// One test for each name, in every mode and policy, and (TestStatefulSetControlWithStartOrdinal) from ordinal 2.
macro_rules! base_tests {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            in_every_variant(base::$name);
            in_both_modes(|variant| base::$name(Variant { start: 2, ..variant }));
        }
    )*};
}

base_tests! {
    creates_pods
    scales_up
    scales_down
    replaces_pods
    recreates_failed_pod
    recreates_succeeded_pod
    recreates_failed_pod_with_delete_failure
    recreates_succeeded_pod_with_delete_failure
    create_pod_failure
    update_pod_failure
    update_set_status_failure
    new_revision_delete_pod_failure
    recreates_pvc_for_pending_pod
}

#[test]
fn stateful_set_control_with_start_ordinal() {
    in_both_modes(|variant| {
        let mut fixture = Variant { start: 2, ..variant }.with(3, json!({}));
        fixture.scale_up(invariants);
        assert_eq!(fixture.ordinals(), [2, 3, 4], "{variant:?}");
    });
}

#[test]
fn stateful_set_control_scale_down_delete_error() {
    in_every_variant(|variant| {
        let mut fixture = variant.with(3, json!({}));
        fixture.scale_up(invariants);
        fixture.scale(0);
        fixture.fail("delete", Kind::Pod, 2);
        let mut errors = 0;
        for _ in 0..20 {
            errors += usize::from(fixture.try_sync().is_err());
            fixture.remove_terminating();
        }
        assert_eq!((errors, fixture.counts()), (1, (0, 0, 0, 0)), "{variant:?}");
    });
}

/// A43, A81 and A82: an unhealthy condemned pod goes only if no lower one is unhealthy, too.
#[test]
fn of_two_unhealthy_condemned_pods_the_higher_one_blocks() {
    for version in Version::ALL {
        // (the unhealthy pods of 4, who goes first when 1 is left)
        let cases: [(&[i32], &[i64]); 4] = [(&[2, 3], &[]), (&[3], &[3]), (&[2], &[3]), (&[1, 2], &[3])];
        for (unhealthy, expected) in cases {
            let variant = Variant { version, mode: "OrderedReady", policy: None, start: 0 };
            let mut fixture = variant.with(4, json!({}));
            fixture.scale_up(invariants);
            for &ordinal in unhealthy {
                fixture.set_ready(ordinal, false);
            }
            fixture.scale(1);
            fixture.sync();
            assert_eq!(terminating(&fixture), expected, "{version} {unhealthy:?}");
            if expected.is_empty() {
                let waits =
                    Verdict::Waiting { step: Step::ScaleDown, pod: fixture.pod_key(3), lacks: Lack::Ready };
                assert_eq!(fixture.verdict(), waits);
            }
        }
    }
}

#[test]
fn stateful_set_control_get_set_revisions() {
    let mut fixture = Fixture::new(Features::default(), set(1));
    let numbers = |fixture: &Fixture| fixture.revisions().iter().map(|r| r.revision).collect::<Vec<_>>();
    let chosen = |fixture: &Fixture| {
        let status = fixture.status();
        let revisions = fixture.revisions();
        let number = |name: Option<String>| {
            revisions.iter().find(|r| Some(r.name()) == name.as_deref()).expect("stored").revision
        };
        (number(status.current_revision), number(status.update_revision))
    };
    // Creates the initial revision.
    fixture.scale_up(invariants);
    assert_eq!((numbers(&fixture), chosen(&fixture)), (vec![1], (1, 1)));
    assert_eq!(fixture.choice(), RevisionChoice::Created { collisions: 0 });
    let first = fixture.revisions()[0].name().to_owned();
    // Must not create a new revision of the same set.
    fixture.scale(2);
    fixture.scale_up(invariants);
    assert_eq!((numbers(&fixture), chosen(&fixture)), (vec![1], (1, 1)));
    assert_eq!(fixture.choice(), RevisionChoice::Kept { generation: 2 });
    // Creates a revision on update.
    fixture.set_image("nginx:2");
    fixture.sync();
    assert_eq!((numbers(&fixture), chosen(&fixture)), (vec![1, 2], (1, 2)));
    fixture.set_image("nginx:3");
    fixture.sync();
    assert_eq!((numbers(&fixture), chosen(&fixture)), (vec![1, 2, 3], (1, 3)));
    // Must roll back to a previous revision: the same object with a new number.
    fixture.set_image("nginx");
    fixture.sync();
    assert_eq!((numbers(&fixture), chosen(&fixture)), (vec![2, 3, 4], (4, 4)));
    assert_eq!(fixture.revisions()[2].name(), first);
    assert_eq!(fixture.choice(), RevisionChoice::RolledBack { from: 1, to: 4 });
}

#[test]
fn an_ended_pod_that_terminates_is_waited_for() {
    in_both_modes(|variant| {
        for phase in ["Failed", "Succeeded"] {
            let mut fixture = variant.with(1, json!({}));
            fixture.scale_up(invariants);
            fixture.terminate(0);
            fixture.set_phase(0, phase);
            fixture.cluster.calls();
            fixture.sync();
            let calls = fixture.cluster.calls();
            assert_eq!(
                Fixture::count(&calls, "delete", Kind::Pod),
                0,
                "{variant:?}: it was asked to go already"
            );
            let pod = fixture.pod_key(0);
            let waits = Verdict::Waiting { step: Step::Replacement, pod, lacks: Lack::Gone };
            assert_eq!(fixture.verdict(), waits, "{variant:?}");
            fixture.remove(0);
            fixture.sync();
            assert_eq!(fixture.ordinals(), [0], "{variant:?}");
        }
    });
}

/// The verdict after one pod was created.
fn created(fixture: &Fixture, ordinal: i32, from: Source) -> Verdict {
    Verdict::Creating { pods: vec![Created { pod: fixture.pod_key(ordinal), from }] }
}

#[test]
fn a_new_pod_says_why_it_has_its_revision() {
    in_both_modes(|variant| {
        let partition =
            json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}});
        let no_block = json!({"updateStrategy": {"type": "RollingUpdate"}});
        let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
        let cases = [
            (partition, [Source::Partition, Source::Update]),
            (no_block, [Source::CurrentReplicas, Source::Update]),
            (on_delete, [Source::Update, Source::Update]),
        ];
        for (spec, sources) in cases {
            let mut fixture = variant.with(2, spec.clone());
            fixture.scale_up(invariants);
            fixture.set_image("foo");
            // In the middle of the update, with its highest pod away.
            fixture.sync();
            fixture.remove_terminating();
            if fixture.pods().len() == 2 {
                fixture.remove(1);
            }
            fixture.sync();
            assert_eq!(fixture.verdict(), created(&fixture, 1, sources[1]), "{variant:?} {spec}");
            fixture.set_ready(1, false);
            fixture.sync();
            fixture.remove(0);
            fixture.sync();
            assert_eq!(fixture.verdict(), created(&fixture, 0, sources[0]), "{variant:?} {spec}");
            let expected = if sources[0] == Source::Update { "foo" } else { "nginx" };
            assert_eq!(image(&fixture.pod(0)), expected, "{variant:?} {spec}");
        }
    });
}

#[test]
fn of_equal_revisions_the_last_one_is_used_again() {
    let mut fixture = Fixture::new(Features::default(), set(1));
    fixture.scale_up(invariants);
    let mut twin = json!(fixture.revisions()[0]);
    twin["apiVersion"] = json!("apps/v1");
    twin["kind"] = json!("ControllerRevision");
    twin["metadata"] = json!({"name": "foo-twin", "labels": {"foo": "bar"}});
    twin["revision"] = json!(2);
    fixture.cluster.create(twin);
    fixture.set_image("foo");
    fixture.sync();
    fixture.set_image("nginx");
    fixture.sync();
    assert_eq!(fixture.status().update_revision.as_deref(), Some("foo-twin"));
    assert_eq!(fixture.choice(), RevisionChoice::RolledBack { from: 2, to: 4 });
}

#[test]
fn a_current_revision_that_was_deleted_gives_way_to_the_update_revision() {
    in_both_modes(|variant| {
        let spec = json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}});
        let mut fixture = variant.with(2, spec);
        fixture.scale_up(invariants);
        let first = fixture.status().current_revision.expect("a revision");
        for image in ["b", "c"] {
            fixture.set_image(image);
            fixture.settle();
        }
        assert_eq!(fixture.status().current_revision.as_ref(), Some(&first));
        fixture.cluster.delete(Kind::ControllerRevision, &first, Default::default());
        fixture.remove(0);
        fixture.sync();
        let status = fixture.status();
        assert_eq!(status.current_revision, status.update_revision, "{variant:?}");
        assert_eq!(image(&fixture.pod(0)), "c", "{variant:?}: nobody knows the old template any more");
    });
}

#[test]
fn stateful_set_honor_revision_history_limit() {
    in_both_modes(|variant| {
        let mut fixture = variant.with(3, json!({"revisionHistoryLimit": 2}));
        fixture.scale_up(invariants);
        for version in 0..10 {
            fixture.set_image(&format!("foo:{version}"));
            // In the middle of a rollout current and update revision are alive beside the limit.
            fixture.sync();
            fixture.sync();
            assert!(fixture.revisions().len() <= 4, "{variant:?}: {}", fixture.revisions().len());
        }
        fixture.remove_terminating();
        fixture.roll_out(|_| ());
        fixture.sync();
        assert_eq!(fixture.revisions().len(), 3, "{variant:?}");
    });
}

#[test]
fn stateful_set_control_limits_history() {
    in_both_modes(|variant| {
        // (limit, revisions after 10 further updates)
        for (limit, expected) in [(0, 1), (2, 3), (10, 11), (-2, 11)] {
            let mut fixture = variant.with(3, json!({"revisionHistoryLimit": limit}));
            fixture.scale_up(invariants);
            for version in 0..10 {
                fixture.set_image(&format!("foo:{version}"));
                fixture.roll_out(|_| ());
                fixture.sync();
            }
            let numbers: Vec<i64> = fixture.revisions().iter().map(|r| r.revision).collect();
            let newest = 11 - i64::from(expected) + 1..=11;
            assert_eq!(numbers, newest.collect::<Vec<_>>(), "{variant:?} {limit}: the newest stay");
        }
    });
}

#[test]
fn stateful_set_availability() {
    in_both_modes(|variant| {
        // (minReadySeconds, seconds since Ready, availableReplicas)
        for (min, since, available) in [(0, 0, 1), (3600, 0, 0), (3600, 3599, 0), (3600, 3600, 1)] {
            let mut fixture = variant.with(1, json!({"minReadySeconds": min}));
            fixture.sync();
            fixture.set_ready(0, true);
            fixture.cluster.wait(since);
            fixture.sync();
            let status = fixture.status();
            assert_eq!(status.available_replicas, Some(available), "{variant:?} {min} {since}");
            assert_eq!(status.ready_replicas, Some(1));
        }
    });
}

#[test]
fn stateful_set_status_update() {
    // (pod error, status error, what is returned); the status is written in each case where it can be.
    let cases = [
        (false, false, None),
        (true, false, Some("pods")),
        (false, true, Some("status")),
        (true, true, Some("pods")),
    ];
    in_both_modes(|variant| {
        for (sync_error, status_error, expected) in cases {
            let mut fixture = variant.with(3, json!({}));
            let mut refuse = |verb, kind, why: &str| {
                let status = machinery::Status::internal(why);
                fixture.cluster.refuse(Refuse { verb, kind, after: 0, times: 1, status });
            };
            if sync_error {
                refuse("create", Kind::Pod, "pods");
            }
            if status_error {
                refuse("status", Kind::StatefulSet, "status");
            }
            let result = fixture.try_sync();
            let message = result.err().map(|error| error.0.replace("Internal error occurred: ", ""));
            assert_eq!(message.as_deref(), expected, "{variant:?}");
            let calls = fixture.cluster.calls();
            assert_eq!(Fixture::count(&calls, "status", Kind::StatefulSet), 1, "{variant:?}: always tried");
            assert_eq!(fixture.status().observed_generation.is_some(), !status_error, "{variant:?}");
        }
    });
}

#[test]
fn parallel_scale() {
    for version in Version::ALL {
        let variant = Variant { version, mode: "Parallel", policy: None, start: 0 };
        for (from, to) in [(3, 30), (10, 1), (10, 0), (0, 20)] {
            let mut fixture = variant.with(from, json!({}));
            fixture.sync();
            for ordinal in 0..from {
                fixture.set_ready(ordinal, true);
            }
            fixture.sync();
            fixture.scale(to);
            // Within two passes, and within one as far as the controller goes.
            fixture.sync();
            fixture.remove_terminating();
            assert_eq!(fixture.ordinals(), (0..i64::from(to)).collect::<Vec<_>>(), "{from} to {to}");
            fixture.sync();
            assert_eq!(fixture.status().replicas, to, "{from} to {to}");
        }
    }
}
