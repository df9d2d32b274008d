//! What waits until a pod has been ready for long enough.

use super::*;

/// Brings up 3 pods at once, which become available 10 s from now; now is when they become ready.
fn ready_and_not_available(variant: Variant, spec: Value) -> Fixture {
    let mut fixture = variant.with(3, spec);
    while fixture.pods().len() < 3 {
        fixture.sync();
        for pod in fixture.pods() {
            fixture.set_ready(i32::try_from(get_ordinal(&pod)).expect("fits"), true);
        }
        if variant.is_monotonic() {
            fixture.cluster.wait(10);
        }
    }
    for ordinal in 0..3 {
        fixture.set_ready(ordinal, false);
        fixture.set_ready(ordinal, true);
    }
    fixture
}

fn ten_seconds() -> Value {
    json!({"minReadySeconds": 10})
}

/// The verdict about a pod that is ready since now.
fn not_available(fixture: &Fixture, step: Step, ordinal: i32) -> Verdict {
    let at = machinery::time::after_ms(fixture.cluster.now, 10_000);
    Verdict::Waiting { step, pod: fixture.pod_key(ordinal), lacks: Lack::Available { at } }
}

#[test]
fn stateful_set_rolling_update_respects_min_ready_seconds() {
    in_both_modes(|variant| {
        let mut fixture = ready_and_not_available(variant, ten_seconds());
        fixture.set_image("foo");
        fixture.sync();
        if variant.is_monotonic() {
            assert_eq!(terminating(&fixture), [] as [i64; 0], "{variant:?}");
            let at = machinery::time::after_ms(fixture.cluster.now, 10_000);
            let lacks = Lack::Available { at };
            assert_eq!(fixture.verdict(), Verdict::Frozen { pod: fixture.pod_key(0), lacks });
            fixture.cluster.wait(9);
            fixture.sync();
            assert_eq!(terminating(&fixture), [] as [i64; 0], "{variant:?}");
            fixture.cluster.wait(1);
            fixture.sync();
        }
        // Burst replaces outdated pods without asking how they are ...
        assert_eq!(terminating(&fixture), [2], "{variant:?}");
        fixture.remove_terminating();
        fixture.sync();
        fixture.set_ready(2, true);
        fixture.sync();
        // ... and waits for those that it has replaced: for availability since 1.34, for readiness before.
        let waits = variant.is_monotonic() || variant.features().health_means_available();
        assert_eq!(terminating(&fixture), if waits { vec![] } else { vec![1] }, "{variant:?}");
        if waits {
            assert_eq!(fixture.verdict(), not_available(&fixture, Step::Update, 2));
            fixture.cluster.wait(10);
            fixture.sync();
            assert_eq!(terminating(&fixture), [1], "{variant:?}");
        }
    });
}

#[test]
fn stateful_set_scale_down_respects_min_ready_seconds() {
    in_both_modes(|variant| {
        let mut fixture = ready_and_not_available(variant, ten_seconds());
        fixture.scale(1);
        fixture.sync();
        if variant.is_monotonic() {
            assert_eq!(terminating(&fixture), [] as [i64; 0]);
            assert_eq!(fixture.verdict(), not_available(&fixture, Step::ScaleDown, 0));
            fixture.cluster.wait(10);
            fixture.sync();
            assert_eq!(terminating(&fixture), [2]);
        } else {
            assert_eq!(terminating(&fixture), [1, 2], "burst does not wait");
        }
    });
}

#[test]
fn stateful_set_on_delete_strategy_ignores_min_ready_seconds() {
    in_both_modes(|variant| {
        let mut spec = ten_seconds();
        spec["updateStrategy"] = json!({"type": "OnDelete"});
        let mut fixture = ready_and_not_available(variant, spec);
        fixture.set_image("foo");
        fixture.sync();
        let status = fixture.status();
        assert_eq!((status.ready_replicas, status.available_replicas), (Some(3), Some(0)));
        assert_eq!(terminating(&fixture), [] as [i64; 0]);
        fixture.remove(2);
        fixture.cluster.wait(10);
        fixture.sync();
        assert_eq!(image(&fixture.pod(2)), "foo", "{variant:?}");
    });
}

#[test]
fn stateful_set_zero_min_ready_seconds() {
    in_both_modes(|variant| {
        let mut fixture = variant.with(3, json!({"minReadySeconds": 0}));
        fixture.scale_up(invariants);
        assert_eq!(fixture.status().available_replicas, Some(3));
        assert_eq!(fixture.sync(), Outcome::Done, "no timer is needed");
        fixture.set_image("foo");
        fixture.sync();
        assert_eq!(terminating(&fixture), [2], "{variant:?}");
    });
}

#[test]
fn stateful_set_partition_rolling_update_with_min_ready_seconds() {
    in_both_modes(|variant| {
        let mut spec = ten_seconds();
        spec["updateStrategy"] = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}});
        let mut fixture = ready_and_not_available(variant, spec);
        fixture.cluster.wait(10);
        fixture.set_image("foo");
        fixture.sync();
        assert_eq!(terminating(&fixture), [2], "{variant:?}");
        fixture.remove_terminating();
        fixture.sync();
        fixture.set_ready(2, true);
        fixture.sync();
        if variant.is_monotonic() || variant.features().health_means_available() {
            assert_eq!(terminating(&fixture), [] as [i64; 0], "{variant:?}");
            fixture.cluster.wait(10);
            fixture.sync();
        }
        assert_eq!(terminating(&fixture), [1], "{variant:?}");
        fixture.remove_terminating();
        for _ in 0..3 {
            fixture.sync();
            fixture.set_ready(1, true);
            fixture.cluster.wait(10);
        }
        fixture.sync();
        partition_invariants(&fixture, 1);
    });
}
