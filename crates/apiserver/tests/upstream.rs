//! Upstream's tests of the StatefulSet's strategy and validation (pkg/registry/apps/statefulset/strategy_test.go,
//! pkg/apis/apps/validation/validation_test.go), by name, at both versions.

#[allow(dead_code, reason = "shared by several test binaries")]
mod common;

use client::api::Subresource;
use common::{Cluster, merge};
use machinery::Kind;
use machinery::version::{Features, Version};
use serde_json::{Value, json};

fn clusters() -> impl Iterator<Item = Cluster> {
    Version::ALL.into_iter().map(|version| Cluster::with(Features::of(version)))
}

fn gate_on(version: Version) -> Cluster {
    Cluster::with(Features { max_unavailable_stateful_set: true, ..Features::of(version) })
}

/// A valid set whose spec is changed so.
fn set(spec: Value) -> Value {
    let mut set = common::set("web");
    merge(&mut set["spec"], spec);
    set
}

fn with_web(mut cluster: Cluster) -> Cluster {
    cluster.create(set(json!({})));
    cluster
}

fn web(cluster: &mut Cluster) -> Value {
    cluster.value(Kind::StatefulSet, "web")
}

fn patch(cluster: &mut Cluster, patch: Value) -> Result<Vec<String>, String> {
    let answer = cluster.patch(Kind::StatefulSet, "web", patch);
    answer.map(|_| cluster.warnings.clone()).map_err(|refusal| refusal.message)
}

fn template(spec: Value) -> Value {
    json!({"template": {"spec": spec}})
}

/// TestStatefulSetStrategy.
#[test]
fn stateful_set_strategy() {
    for mut cluster in clusters() {
        let mut given = set(json!({}));
        given["status"] = json!({"replicas": 3, "readyReplicas": 3});
        given["metadata"]["generation"] = json!(9);
        cluster.create(given);
        let stored = web(&mut cluster);
        assert_eq!(stored["metadata"]["generation"], json!(1));
        assert_eq!(stored["status"]["replicas"], json!(0), "the status is cleared on create");
        cluster
            .patch_part(Kind::StatefulSet, "web", Subresource::Status, json!({"status": {"replicas": 2}}))
            .expect("the status has its own endpoint");
        // The spec's endpoint keeps the status; only a change of the spec is a new generation.
        for (change, generation) in [
            (json!({"spec": {"replicas": 4}, "status": {"replicas": 9}}), 2),
            (json!({"metadata": {"annotations": {"note": "x"}}}), 2),
            (json!({"spec": {"minReadySeconds": 5}}), 3),
            (json!({"spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}}), 4),
            (json!({"spec": {"ordinals": {"start": 2}}}), 5),
            (json!({"spec": {"updateStrategy": {"rollingUpdate": {"partition": 1}}}}), 6),
            (json!({"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}}), 7),
        ] {
            patch(&mut cluster, change.clone()).unwrap_or_else(|message| panic!("{change}: {message}"));
            let stored = web(&mut cluster);
            assert_eq!(stored["metadata"]["generation"], json!(generation), "{change}");
            assert_eq!(stored["status"]["replicas"], json!(2), "{change}");
        }
        let message = patch(&mut cluster, json!({"spec": {"serviceName": "other"}})).expect_err("forbidden");
        assert!(message.contains("updates to statefulset spec for fields other than"), "{message}");
    }
}

/// TestStatefulSetStatusStrategy.
#[test]
fn stateful_set_status_strategy() {
    for cluster in clusters() {
        let mut cluster = with_web(cluster);
        let change =
            json!({"spec": {"replicas": 9}, "status": {"replicas": 2}, "metadata": {"generation": 7}});
        cluster.patch_part(Kind::StatefulSet, "web", Subresource::Status, change).expect("allowed");
        let stored = web(&mut cluster);
        assert_eq!((&stored["spec"]["replicas"], &stored["status"]["replicas"]), (&json!(1), &json!(2)));
        assert_eq!(stored["metadata"]["generation"], json!(1), "status writes are no generation");
    }
}

/// TestStatefulSetWarnings.
#[test]
fn stateful_set_warnings() {
    let warning = "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended";
    for version in Version::ALL {
        let mut cluster = Cluster::with(Features::of(version));
        let warns = version == Version::V1_36;
        let expected = if warns { vec![warning.to_owned()] } else { vec![] };
        cluster.try_create(set(json!({"revisionHistoryLimit": -1}))).expect("legal");
        assert_eq!(cluster.warnings, expected, "{version}");
        assert_eq!(patch(&mut cluster, json!({"spec": {"replicas": 3}})), Ok(expected), "{version}");
    }
}

/// TestDropStatefulSetDisabledFields.
#[test]
fn max_unavailable_is_dropped_without_its_gate() {
    let rolling = |max: Value| json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": max}}});
    for version in Version::ALL {
        let stored = |cluster: &mut Cluster| web(cluster)["spec"]["updateStrategy"]["rollingUpdate"].clone();
        let mut off = Cluster::with(Features::of(version));
        off.create(set(rolling(json!(2))));
        assert_eq!(stored(&mut off), json!({"partition": 0}), "{version}");
        patch(&mut off, json!({"spec": rolling(json!(3))})).expect("accepted, and dropped");
        assert_eq!(stored(&mut off), json!({"partition": 0}), "{version}");
        for (given, expected) in [
            (rolling(json!("30%")), json!({"partition": 0, "maxUnavailable": "30%"})),
            (json!({}), json!({"partition": 0, "maxUnavailable": 1})),
        ] {
            let mut on = gate_on(version);
            on.create(set(given));
            assert_eq!(stored(&mut on), expected, "{version}");
        }
    }
}

/// A rule: what the spec is changed to, what is said in 1.36, and whether 1.32 says it too (V6, V7).
type Rule = (Value, &'static str, bool);

fn rules() -> Vec<Rule> {
    let container = |change: Value| {
        let mut container = json!({"name": "c", "image": "nginx:1"});
        merge(&mut container, change);
        template(json!({"containers": [container]}))
    };
    vec![
        // B20 to B25: policies and strategies.
        (
            json!({"podManagementPolicy": "x"}),
            "spec.podManagementPolicy: Invalid value: \"x\": must be 'OrderedReady' or 'Parallel'",
            true,
        ),
        (json!({"updateStrategy": {"type": "x"}}), ": must be 'RollingUpdate' or 'OnDelete'", true),
        (
            json!({"updateStrategy": {"type": "OnDelete", "rollingUpdate": {"partition": 1}}}),
            ": only allowed for updateStrategy 'RollingUpdate'",
            true,
        ),
        (
            json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": -1}}}),
            "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0",
            true,
        ),
        (
            json!({"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "x"}}),
            "spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: \"x\": supported values: \"Retain\", \"Delete\"",
            true,
        ),
        (
            json!({"persistentVolumeClaimRetentionPolicy": {"whenScaled": "x"}}),
            "spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: \"x\"",
            true,
        ),
        // B26: claim templates.
        (
            json!({"volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}]}),
            "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required",
            false,
        ),
        // B27: numbers.
        (
            json!({"replicas": -1}),
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
            true,
        ),
        (
            json!({"minReadySeconds": -1}),
            "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
            true,
        ),
        (
            json!({"ordinals": {"start": -2}}),
            "spec.ordinals.start: Invalid value: -2: must be greater than or equal to 0",
            true,
        ),
        // B28: the Service's name.
        (json!({"serviceName": "A.b"}), "spec.serviceName: Invalid value: \"A.b\": ", false),
        // B29 to B32: selector and labels.
        (json!({"selector": null}), "spec.selector: Required value", true),
        (json!({"selector": {"matchLabels": null}}), "empty selector is invalid for statefulset", true),
        (
            json!({"selector": {"matchLabels": {"app": "other"}}}),
            "`selector` does not match template `labels`",
            true,
        ),
        (
            json!({"selector": {"matchExpressions": [{"key": "app", "operator": "x"}]}}),
            "spec.selector.matchExpressions[0].operator: Invalid value: \"x\": not a valid selector operator",
            true,
        ),
        (
            json!({"selector": {"matchExpressions": [{"key": "app", "operator": "In"}]}}),
            "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
            true,
        ),
        (
            json!({"selector": {"matchExpressions": [{"key": "app", "operator": "Exists", "values": ["x"]}]}}),
            "spec.selector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            true,
        ),
        // B33: labels and annotations of the template, without `metadata` in the path.
        (
            json!({"template": {"metadata": {"labels": {"a b": "x"}}}}),
            "spec.template.labels: Invalid value: \"a b\": ",
            true,
        ),
        (
            json!({"template": {"metadata": {"annotations": {"a b": "x"}}}}),
            "spec.template.annotations: Invalid value: \"a b\": ",
            true,
        ),
        // B34: the pod.
        (template(json!({"containers": []})), "spec.template.spec.containers: Required value", false),
        (container(json!({"image": ""})), "spec.template.spec.containers[0].image: Required value", false),
        (
            container(json!({"imagePullPolicy": "x"})),
            "spec.template.spec.containers[0].imagePullPolicy: Unsupported value: \"x\"",
            false,
        ),
        (
            container(json!({"ports": [{"containerPort": 70000}]})),
            "must be between 1 and 65535, inclusive",
            false,
        ),
        (
            container(json!({"volumeMounts": [{"name": "www", "mountPath": "/x"}]})),
            "spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"www\"",
            false,
        ),
        // B35, B36: what a set's pods cannot be.
        (
            template(json!({"restartPolicy": "OnFailure"})),
            "spec.template.spec.restartPolicy: Unsupported value: \"OnFailure\": supported values: \"Always\"",
            true,
        ),
        (
            template(json!({"activeDeadlineSeconds": 9})),
            "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported",
            true,
        ),
    ]
}

/// TestValidateStatefulSet.
#[test]
fn validate_stateful_set() {
    for version in Version::ALL {
        for (spec, expected, in_1_32) in rules() {
            let mut cluster = Cluster::with(Features::of(version));
            let answer = cluster.try_create(set(spec.clone()));
            let says = match &answer {
                Ok(_) => false,
                Err(refusal) => refusal.message.contains(expected),
            };
            let should = version == Version::V1_36 || in_1_32;
            let message = answer.err().map(|refusal| refusal.message).unwrap_or_default();
            assert_eq!(says, should, "{version}: {spec} is refused with {message:?}, not {expected:?}");
            let stored = cluster.get(Kind::StatefulSet, "web").is_some();
            assert_eq!(stored, message.is_empty(), "what is refused is not stored");
        }
        for good in [
            json!({}),
            json!({"podManagementPolicy": "Parallel"}),
            json!({"updateStrategy": {"type": "OnDelete"}}),
            json!({"updateStrategy": {"type": "RollingUpdate"}}),
            json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 99}}}),
            json!({"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Delete"}}),
            json!({"ordinals": {"start": 5}}),
            json!({"serviceName": ""}),
            json!({"replicas": 0, "minReadySeconds": 10}),
        ] {
            let mut cluster = Cluster::with(Features::of(version));
            cluster.create(set(good));
        }
    }
}

/// The rows of TestValidateStatefulSet about maxUnavailable, which only the gate lets in (B24).
#[test]
fn validate_max_unavailable() {
    let percent = "a valid percent string must be a numeric string followed by an ending '%'";
    let cases = [
        (json!(2), None),
        (json!("20%"), None),
        (json!("100%"), None),
        (json!(0), Some("cannot be 0")),
        (json!("0%"), Some("cannot be 0")),
        (json!(-3), Some("must be greater than or equal to 0")),
        (json!("101%"), Some("must not be greater than 100%")),
        (json!("x"), Some(percent)),
    ];
    for version in Version::ALL {
        for (max, expected) in &cases {
            let rolling = json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": max}}});
            let answer = gate_on(version).try_create(set(rolling));
            match (answer, expected) {
                (Ok(_), None) => {}
                (Err(refusal), Some(expected)) => {
                    assert!(refusal.message.contains(expected), "{version} {max}: {}", refusal.message);
                }
                (answer, _) => panic!("{version} {max}: {answer:?}"),
            }
        }
    }
}

/// TestValidateStatefulSetMinReadySeconds.
#[test]
fn validate_stateful_set_min_ready_seconds() {
    for version in Version::ALL {
        for (seconds, legal) in [(0, true), (10, true), (-1, false), (i32::MAX, true)] {
            let mut cluster = Cluster::with(Features::of(version));
            let created = cluster.try_create(set(json!({"minReadySeconds": seconds}))).is_ok();
            assert_eq!(created, legal, "{version} {seconds}");
        }
    }
}

/// TestValidateStatefulSetUpdate.
#[test]
fn validate_stateful_set_update() {
    let fields = |limit: &str| {
        format!(
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', {limit}'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
        )
    };
    for version in Version::ALL {
        let is_new = version == Version::V1_36;
        let forbidden = fields(if is_new { "'revisionHistoryLimit', " } else { "" });
        for legal in [
            json!({"replicas": 9}),
            template(json!({"terminationGracePeriodSeconds": 5})),
            json!({"updateStrategy": {"type": "OnDelete", "rollingUpdate": null}}),
            json!({"minReadySeconds": 5}),
            json!({"ordinals": {"start": 3}}),
            json!({"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Delete"}}),
        ] {
            let mut cluster = with_web(Cluster::with(Features::of(version)));
            patch(&mut cluster, json!({"spec": legal}))
                .unwrap_or_else(|message| panic!("{legal}: {message}"));
        }
        for illegal in [
            json!({"serviceName": "other"}),
            json!({"podManagementPolicy": "Parallel"}),
            json!({"selector": {"matchLabels": {"extra": "x"}}}),
            json!({"volumeClaimTemplates": null}),
        ] {
            let mut cluster = with_web(Cluster::with(Features::of(version)));
            let before = web(&mut cluster);
            let message = patch(&mut cluster, json!({"spec": illegal})).expect_err("forbidden");
            assert!(message.contains(&forbidden), "{version} {illegal}: {message}");
            assert_eq!(web(&mut cluster), before);
        }
        let mut cluster = with_web(Cluster::with(Features::of(version)));
        let limit = patch(&mut cluster, json!({"spec": {"revisionHistoryLimit": 3}}));
        assert_eq!(limit.is_ok(), is_new, "{version}: {limit:?}");
        let labels = json!({"spec": {"template": {"metadata": {"labels": {"app": "other"}}}}});
        let message = patch(&mut cluster, labels).expect_err("no longer selected");
        assert!(message.contains("`selector` does not match template `labels`"), "{message}");
    }
}

/// TestValidateStatefulSetStatus and TestValidateStatefulSetStatusUpdate.
#[test]
fn validate_stateful_set_status() {
    let at_most_ready = "cannot be greater than status.readyReplicas";
    let at_most_all = "cannot be greater than status.replicas";
    let negative = "must be greater than or equal to 0";
    let cases = [
        (
            json!({"replicas": 3, "readyReplicas": 3, "currentReplicas": 2, "updatedReplicas": 1, "availableReplicas": 3}),
            None,
        ),
        (json!({"replicas": -1}), Some(negative)),
        (json!({"replicas": 3, "readyReplicas": -1}), Some(negative)),
        (json!({"replicas": 3, "currentReplicas": -1}), Some(negative)),
        (json!({"replicas": 3, "updatedReplicas": -1}), Some(negative)),
        (json!({"replicas": 3, "availableReplicas": -1}), Some(negative)),
        (json!({"replicas": 3, "readyReplicas": 4}), Some(at_most_all)),
        (json!({"replicas": 3, "currentReplicas": 4}), Some(at_most_all)),
        (json!({"replicas": 3, "updatedReplicas": 4}), Some(at_most_all)),
        (json!({"replicas": 3, "readyReplicas": 2, "availableReplicas": 3}), Some(at_most_ready)),
    ];
    for version in Version::ALL {
        for (status, expected) in &cases {
            let mut cluster = with_web(Cluster::with(Features::of(version)));
            let change = json!({"status": status});
            match (cluster.patch_part(Kind::StatefulSet, "web", Subresource::Status, change), expected) {
                (Ok(_), None) => {}
                (Err(refusal), Some(expected)) => {
                    assert!(refusal.message.contains(expected), "{version} {status}: {}", refusal.message);
                }
                (answer, _) => panic!("{version} {status}: {answer:?}"),
            }
        }
        let mut cluster = with_web(Cluster::with(Features::of(version)));
        let mut collide = |count: i32| {
            let change = json!({"status": {"collisionCount": count}});
            cluster.patch_part(Kind::StatefulSet, "web", Subresource::Status, change)
        };
        collide(2).expect("counted up");
        let refusal = collide(1).expect_err("counted down");
        assert!(refusal.message.contains("status.collisionCount: Invalid value: 1: cannot be decremented"));
    }
}
