//! What is said to changes of pods and of their statuses, where no recording reaches; at both versions. The cases follow
//! upstream's ValidatePodUpdate and ValidatePodStatusUpdate (pkg/apis/core/validation/validation.go).

#[allow(dead_code, reason = "shared by several test binaries")]
mod common;

use client::api::Subresource;
use common::{Cluster, Expected, merged, said, same};
use machinery::Kind;
use machinery::version::{Features, Version};
use serde_json::{Value, json};

fn pod(spec: Value) -> Value {
    merged(common::pod("web-0"), json!({"spec": spec}))
}

fn check_changes(cases: impl IntoIterator<Item = (Value, Value, Expected)>) {
    let mut failures = Vec::new();
    for (object, patch, expected) in cases {
        for (version, expected) in Version::ALL.into_iter().zip(expected) {
            let mut cluster = Cluster::with(Features::of(version));
            cluster.create(object.clone());
            let refusal = cluster.patch(Kind::Pod, "web-0", patch.clone()).err();
            // What differs is told after the first line.
            let ours = said(&cluster, refusal);
            let ours = ours.lines().next().unwrap_or_default();
            if ours != expected {
                failures.push(format!("{version}: {patch}\n  expected {expected:?}\n  ours     {ours:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn pods_change_little() {
    let only = "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
    let image = |image: &str| json!({"spec": {"containers": [{"name": "nginx", "image": image}]}});
    check_changes([
        (pod(json!({})), image("nginx:2"), same("")),
        (
            pod(json!({})),
            image("nginx:2 "),
            same(
                "spec.containers[0].image: Invalid value: \"nginx:2 \": must not have leading or trailing whitespace",
            ),
        ),
        (pod(json!({})), json!({"spec": {"hostname": "other"}}), same(only)),
        (
            pod(json!({"activeDeadlineSeconds": 10})),
            json!({"spec": {"activeDeadlineSeconds": 20}}),
            same(
                "spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value",
            ),
        ),
        (
            pod(json!({"activeDeadlineSeconds": 10})),
            json!({"spec": {"activeDeadlineSeconds": null}}),
            same(
                "spec.activeDeadlineSeconds: Invalid value: \"null\": must not update from a positive integer to nil value",
            ),
        ),
        (
            pod(json!({})),
            json!({"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}}),
            same(
                "metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation",
            ),
        ),
        (
            pod(json!({})),
            json!({"metadata": {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "01"}}}),
            same(
                "metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: \"01\": must be a 32bit integer",
            ),
        ),
    ]);
}

#[test]
fn statuses_are_checked() {
    let condition = |type_: &str| json!({"conditions": [{"type": type_, "status": "True"}]});
    for (status, [older, newer]) in [
        (condition("example.com/ok"), ["", ""]),
        (
            json!({"qosClass": "Guaranteed"}),
            same("status.qosClass: Invalid value: \"Guaranteed\": field is immutable"),
        ),
        (
            condition("a/"),
            same("status.conditions[0].Type: Invalid value: \"a/\": name part must be non-empty"),
        ),
        (
            json!({"nominatedNodeName": "node-2"}),
            [
                "",
                "status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node",
            ],
        ),
    ] {
        for (version, expected) in Version::ALL.into_iter().zip([older, newer]) {
            let mut cluster = Cluster::with(Features::of(version));
            cluster.create(pod(json!({"nodeName": "node-1"})));
            let patch = json!({"status": status});
            let refusal = cluster.patch_part(Kind::Pod, "web-0", Subresource::Status, patch).err();
            let ours = said(&cluster, refusal);
            assert_eq!(ours.lines().next().unwrap_or_default(), expected, "{version}: {status}");
        }
    }
}

#[test]
fn gated_pods_can_be_placed() {
    let gated = |change: Value| pod(merged(json!({"schedulingGates": [{"name": "a"}]}), change));
    let zone = |zone: Value| json!({"nodeSelector": {"zone": zone}});
    let affinity = |values: Value| {
        let term = json!({"matchExpressions": [{"key": "zone", "operator": "In", "values": values}]});
        let required = json!({"nodeSelectorTerms": [term]});
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}})
    };
    check_changes([
        (gated(json!({})), json!({"spec": zone(json!("a"))}), same("")),
        (gated(json!({})), json!({"spec": affinity(json!(["a"]))}), same("")),
        (
            gated(zone(json!("a"))),
            json!({"spec": zone(json!("b"))}),
            [
                "spec.nodeSelector: Invalid value: map[string]string{\"zone\":\"b\"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)",
                "spec.nodeSelector: Invalid value: {\"zone\":\"b\"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)",
            ],
        ),
        (
            gated(affinity(json!(["a"]))),
            json!({"spec": affinity(json!(["b"]))}),
            [
                "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]: Invalid value: core.NodeSelectorTerm{MatchExpressions:[]core.NodeSelectorRequirement{core.NodeSelectorRequirement{Key:\"zone\", Operator:\"In\", Values:[]string{\"b\"}}}, MatchFields:[]core.NodeSelectorRequirement(nil)}: only additions are allowed (no mutations or deletions)",
                "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]: Invalid value: {\"MatchExpressions\":[{\"Key\":\"zone\",\"Operator\":\"In\",\"Values\":[\"b\"]}],\"MatchFields\":null}: only additions are allowed (no mutations or deletions)",
            ],
        ),
        (
            gated(json!({})),
            json!({"spec": {"schedulingGates": [{"name": "b"}]}}),
            same(
                "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'",
            ),
        ),
    ]);
    for version in Version::ALL {
        let mut cluster = Cluster::with(Features::of(version));
        cluster.create(gated(json!({})));
        let refusal = cluster.bind("web-0", "node-1").expect_err("gated");
        assert_eq!(
            refusal.message,
            "Operation cannot be fulfilled on pods/binding \"web-0\": pod web-0 has non-empty .spec.schedulingGates"
        );
    }
}
