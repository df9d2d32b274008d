//! Rolling updates, rollbacks, OnDelete and maxUnavailable.

use super::*;

/// Rolls out another image, scaling at the same time.
fn rolling_update(variant: Variant, replicas: i32, scaled: i32, spec: Value) -> Fixture {
    let mut fixture = variant.with(replicas, spec);
    fixture.scale_up(invariants);
    fixture.set_image("foo");
    fixture.scale(scaled);
    fixture
}

#[test]
fn stateful_set_control_rolling_update() {
    in_every_variant(|variant| {
        for (replicas, scaled) in [(3, 3), (3, 5), (5, 3)] {
            let mut fixture = rolling_update(variant, replicas, scaled, json!({}));
            let mut lowest = i64::MAX;
            let is_monotonic = variant.is_monotonic();
            fixture.roll_out(|fixture| {
                // The highest first, and one at a time.
                let updating: Vec<i64> = fixture
                    .pods()
                    .iter()
                    .filter(|pod| pod.metadata.deletion_timestamp.is_some())
                    .map(get_ordinal)
                    .filter(|&ordinal| ordinal < i64::from(scaled))
                    .collect();
                assert!(updating.len() <= 1, "{updating:?}");
                for ordinal in updating {
                    assert!(ordinal <= lowest, "{ordinal} after {lowest}");
                    lowest = ordinal;
                    if is_monotonic {
                        assert_eq!(fixture.pods().len(), usize::try_from(scaled).expect("fits"));
                    }
                }
            });
            assert!(fixture.pods().iter().all(|pod| image(pod) == "foo"), "{variant:?}");
            assert_eq!(lowest, 0, "{variant:?}");
            assert_eq!(fixture.verdict(), Verdict::Settled { rollout: Rollout::Complete });
        }
    });
}

/// Of an OrderedReady set nothing is updated while a pod goes that is not wanted any more (processCondemned ends the sync).
#[test]
fn an_ordered_update_waits_until_the_condemned_are_gone() {
    in_every_variant(|variant| {
        let mut fixture = rolling_update(variant, 3, 2, json!({}));
        for _ in 0..2 {
            fixture.sync();
        }
        let expected: &[i64] = if variant.is_monotonic() { &[2] } else { &[1, 2] };
        assert_eq!(terminating(&fixture), expected, "{variant:?}");
        fixture.remove_terminating();
        fixture.sync();
        if variant.is_monotonic() {
            assert_eq!(terminating(&fixture), [1], "{variant:?}");
        }
    });
}

#[test]
fn stateful_set_control_rolling_update_with_partition() {
    in_every_variant(|variant| {
        for (replicas, scaled) in [(3, 3), (3, 4), (4, 3)] {
            let spec =
                json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}});
            let mut fixture = rolling_update(variant, replicas, scaled, spec);
            fixture.settle();
            partition_invariants(&fixture, 2);
            for pod in fixture.pods() {
                let expected = if get_ordinal(&pod) < 2 { "nginx" } else { "foo" };
                assert_eq!(image(&pod), expected, "{variant:?} {}", pod.name());
            }
            let rollout = Rollout::Partition { partition: 2, pods: 2 };
            assert_eq!(fixture.verdict(), Verdict::Settled { rollout });
        }
    });
}

#[test]
fn stateful_set_control_on_delete_update() {
    in_every_variant(|variant| {
        for (replicas, scaled) in [(3, 3), (3, 4), (4, 3)] {
            let mut fixture =
                rolling_update(variant, replicas, scaled, json!({"updateStrategy": {"type": "OnDelete"}}));
            fixture.settle();
            let old = replicas.min(scaled);
            for pod in fixture.pods() {
                let expected = if get_ordinal(&pod) < i64::from(old) { "nginx" } else { "foo" };
                assert_eq!(image(&pod), expected, "{variant:?} {}", pod.name());
            }
            let pods = usize::try_from(old).expect("fits");
            assert_eq!(fixture.verdict(), Verdict::Settled { rollout: Rollout::OnDelete { pods } });
            for ordinal in 0..scaled {
                fixture.remove(ordinal);
            }
            fixture.settle();
            assert!(fixture.pods().iter().all(|pod| image(pod) == "foo"), "{variant:?}");
            let status = fixture.status();
            assert_ne!(status.current_revision, status.update_revision, "{variant:?}: it never completes");
        }
    });
}

#[test]
fn stateful_set_control_rollback() {
    in_every_variant(|variant| {
        for (replicas, scaled) in [(3, 3), (3, 5), (5, 3)] {
            let mut fixture = rolling_update(variant, replicas, scaled, json!({}));
            let first = fixture.revisions()[0].name().to_owned();
            fixture.roll_out(|_| ());
            assert!(fixture.pods().iter().all(|pod| image(pod) == "foo"), "{variant:?}");
            fixture.set_image("nginx");
            fixture.scale(replicas);
            fixture.roll_out(|_| ());
            assert!(fixture.pods().iter().all(|pod| image(pod) == "nginx"), "{variant:?}");
            assert_eq!(fixture.status().current_revision, Some(first), "the old revision is used again");
            assert_eq!(fixture.revisions().len(), 2);
        }
    });
}

fn gate_on(variant: Variant, replicas: i32, max_unavailable: Value, partition: i32) -> Fixture {
    let mut features = variant.features();
    features.max_unavailable_stateful_set = true;
    let mut set = variant.set(replicas);
    let rolling = json!({"partition": partition, "maxUnavailable": max_unavailable});
    set["spec"]["updateStrategy"] = json!({"type": "RollingUpdate", "rollingUpdate": rolling});
    let mut fixture = Fixture::new(features, set);
    fixture.scale_up(invariants);
    fixture
}

#[test]
fn stateful_set_control_rolling_update_with_max_unavailable() {
    // (maxUnavailable, partition, the pods that go in each pass of 6)
    let cases: [(Value, i32, &[&[i64]]); 6] = [
        (json!(1), 0, &[&[5], &[4], &[3], &[2], &[1], &[0]]),
        (json!(2), 0, &[&[4, 5], &[2, 3], &[0, 1]]),
        (json!(2), 3, &[&[4, 5], &[3]]),
        (json!("50%"), 0, &[&[3, 4, 5], &[0, 1, 2]]),
        (json!("10%"), 4, &[&[5], &[4]]),
        (json!(10), 1, &[&[1, 2, 3, 4, 5]]),
    ];
    in_both_modes(|variant| {
        for (max_unavailable, partition, passes) in &cases {
            let mut fixture = gate_on(variant, 6, max_unavailable.clone(), *partition);
            fixture.set_image("foo");
            for pass in *passes {
                fixture.sync();
                assert_eq!(terminating(&fixture), *pass, "{variant:?} {max_unavailable} {partition}");
                let current = fixture.counts().2;
                let updated: i64 = passes.iter().take_while(|p| p != &pass).map(|p| p.len() as i64).sum();
                assert_eq!(i64::from(current), 6 - updated - pass.len() as i64, "counted down by each");
                // Nothing more goes while these are away.
                fixture.sync();
                assert_eq!(terminating(&fixture), *pass);
                let gone = pass.len();
                fixture.remove_terminating();
                for brought_back in 0..gone {
                    fixture.sync();
                    let missing = if variant.is_monotonic() { gone - brought_back - 1 } else { 0 };
                    assert_eq!(fixture.pods().len(), 6 - missing, "{variant:?}");
                    fixture.set_ready(i32::try_from(pass[brought_back]).expect("fits"), true);
                }
            }
            fixture.settle();
            let images = fixture.pods().iter().filter(|pod| image(pod) == "foo").count();
            assert_eq!(images, usize::try_from(6 - partition).expect("fits"), "{variant:?}");
        }
    });
}

#[test]
fn stateful_set_control_rolling_update_with_max_unavailable_in_ordered_mode_verify_invariant() {
    // (ordinals that terminate already, partition, ordinals that terminate after the sync), maxUnavailable 2 of 5.
    // Ordered, a terminating pod stops the walk before the update; Parallel, it counts against maxUnavailable.
    let cases: [(&[i32], i32, &[i64]); 6] = [
        (&[], 0, &[3, 4]),
        (&[4], 0, &[3, 4]),
        (&[3, 4], 0, &[3, 4]),
        (&[0], 0, &[0, 4]),
        (&[0], 3, &[0, 4]),
        (&[0, 1], 3, &[0, 1]),
    ];
    in_both_modes(|variant| {
        for (away, partition, expected) in cases {
            let mut fixture = gate_on(variant, 5, json!(2), partition);
            fixture.set_image("foo");
            for &ordinal in away {
                fixture.terminate(ordinal);
            }
            fixture.sync();
            let before: Vec<i64> = away.iter().map(|&ordinal| i64::from(ordinal)).collect();
            let expected = if variant.is_monotonic() && !away.is_empty() { &before[..] } else { expected };
            assert_eq!(terminating(&fixture), expected, "{variant:?} {away:?} {partition}");
        }
    });
}
