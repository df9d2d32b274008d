//! Who manages which fields, and what applies make of it.
//!
//! Models test/integration/apiserver/apply/apply_test.go and structured-merge-diff's merge tests (v1.36.2).

#[allow(dead_code, reason = "shared by several test binaries")]
mod common;

use client::api::{Body, Refusal, Request, Subresource, Verb};
use common::{Cluster, object_of, pod, service, set};
use machinery::managed_fields::ManagedFields;
use machinery::patch::PatchType;
use machinery::status::Reason;
use machinery::{Kind, Object};
use serde_json::{Value, json};

/// Writes as somebody.
fn by(manager: &'static str, verb: Verb, object: &Value) -> Request {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let mut request = Cluster::request(verb, object, name);
    request.field_manager = manager.into();
    request.managed_fields = true;
    request
}

fn create(cluster: &mut Cluster, manager: &'static str, object: Value) -> Object {
    let request = by(manager, Verb::Create(Body::Json(object.clone())), &object);
    object_of(cluster.call(request).unwrap_or_else(|refusal| panic!("{refusal}")))
}

fn apply(
    cluster: &mut Cluster,
    manager: &'static str,
    config: Value,
    force: bool,
) -> Result<Object, Refusal> {
    let verb = Verb::Apply { config: config.clone(), force };
    cluster.call(by(manager, verb, &config)).map(object_of)
}

fn patch(cluster: &mut Cluster, manager: &'static str, object: &Value, patch: Value) -> Object {
    let verb = Verb::Patch(PatchType::Strategic, patch);
    object_of(cluster.call(by(manager, verb, object)).unwrap_or_else(|refusal| panic!("{refusal}")))
}

/// `manager/operation/subresource` and the fields of each entry.
fn managers(object: &Object) -> Vec<(String, Value)> {
    let entries = object.meta().managed_fields.iter().flatten();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let entry = |entry: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry| {
        let name =
            format!("{}/{}/{}", text(&entry.manager), text(&entry.operation), text(&entry.subresource));
        (name, entry.fields_v1.as_ref().map(|fields| fields.0.clone()).unwrap_or_default())
    };
    entries.map(entry).collect()
}

fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data})
}

fn data(object: &Object) -> Value {
    object.to_value()["data"].clone()
}

#[test]
fn a_creator_manages_what_it_sent_and_the_defaults() {
    let mut cluster = Cluster::new();
    let stored = create(&mut cluster, "kubectl-create", set("web"));
    let expected = json!({
        "f:spec": {
            "f:persistentVolumeClaimRetentionPolicy": {".": {}, "f:whenDeleted": {}, "f:whenScaled": {}},
            "f:podManagementPolicy": {},
            "f:replicas": {},
            "f:revisionHistoryLimit": {},
            "f:selector": {},
            "f:serviceName": {},
            "f:template": {
                "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
                "f:spec": {
                    "f:containers": {"k:{\"name\":\"nginx\"}": {
                        ".": {},
                        "f:image": {},
                        "f:imagePullPolicy": {},
                        "f:name": {},
                        "f:resources": {},
                        "f:terminationMessagePath": {},
                        "f:terminationMessagePolicy": {},
                        "f:volumeMounts": {
                            ".": {},
                            "k:{\"mountPath\":\"/data\"}": {".": {}, "f:mountPath": {}, "f:name": {}},
                        },
                    }},
                    "f:dnsPolicy": {},
                    "f:restartPolicy": {},
                    "f:schedulerName": {},
                    "f:securityContext": {},
                    "f:terminationGracePeriodSeconds": {},
                },
            },
            "f:updateStrategy": {"f:rollingUpdate": {".": {}, "f:partition": {}}, "f:type": {}},
            "f:volumeClaimTemplates": {},
        },
    });
    assert_eq!(managers(&stored), [("kubectl-create/Update/".to_owned(), expected)]);
}

#[test]
fn what_the_server_adds_is_nobodys() {
    let mut cluster = Cluster::new();
    let stored = create(&mut cluster, "kubectl-create", pod("p"));
    let fields = &managers(&stored)[0].1["f:spec"];
    for added in ["f:tolerations", "f:serviceAccountName", "f:volumes", "f:priority"] {
        assert!(fields.get(added).is_none(), "{added}");
    }
    assert!(fields["f:containers"]["k:{\"name\":\"nginx\"}"].get("f:volumeMounts").is_none());
    assert_eq!(
        fields["f:containers"]["k:{\"name\":\"nginx\"}"]["f:ports"],
        json!({".": {}, "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {
            ".": {}, "f:containerPort": {}, "f:name": {}, "f:protocol": {},
        }})
    );
    let stored = create(&mut cluster, "kubectl-create", service("s"));
    assert!(managers(&stored)[0].1["f:spec"].get("f:clusterIP").is_none());
}

#[test]
fn a_field_goes_to_whom_changes_it() {
    let mut cluster = Cluster::new();
    create(&mut cluster, "a", config_map(json!({"x": "1", "y": "1"})));
    let c = config_map(json!({}));
    patch(&mut cluster, "b", &c, json!({"data": {"y": "2", "z": "1"}}));
    let object =
        patch(&mut cluster, "c", &c, json!({"data": {"z": null}, "metadata": {"labels": {"l": "1"}}}));
    let expected = [
        ("a/Update/".to_owned(), json!({"f:data": {".": {}, "f:x": {}}})),
        ("b/Update/".to_owned(), json!({"f:data": {"f:y": {}}})),
        ("c/Update/".to_owned(), json!({"f:metadata": {"f:labels": {".": {}, "f:l": {}}}})),
    ];
    assert_eq!(managers(&object), expected);
}

#[test]
fn statuses_and_scales_have_managers_of_their_own() {
    let mut cluster = Cluster::new();
    create(&mut cluster, "kubectl-create", set("web"));
    let web = set("web");
    let status = Verb::Patch(
        PatchType::Merge,
        json!({"status": {"replicas": 1, "readyReplicas": 1}, "spec": {"replicas": 7}}),
    );
    cluster.call(by("controller", status, &web).of(Subresource::Status)).expect("allowed");
    let scale = Verb::Patch(PatchType::Merge, json!({"spec": {"replicas": 3}}));
    cluster.call(by("kubectl", scale, &web).of(Subresource::Scale)).expect("allowed");
    let object = object_of(cluster.call(by("", Verb::Get, &web)).expect("it is there"));
    let found = managers(&object);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["kubectl/Update/scale", "controller/Update/status", "kubectl-create/Update/"]);
    assert_eq!(found[0].1, json!({"f:spec": {"f:replicas": {}}}));
    assert_eq!(found[1].1, json!({"f:status": {"f:readyReplicas": {}, "f:replicas": {}}}));
    assert!(found[2].1["f:spec"].get("f:replicas").is_none());
    // A scale is told without its time.
    let entries = object.meta().managed_fields.clone().expect("managers");
    assert_eq!(entries.iter().map(|entry| entry.time.is_some()).collect::<Vec<_>>(), [false, true, true]);
}

#[test]
fn an_apply_makes_merges_and_takes_back() {
    let mut cluster = Cluster::new();
    let object = apply(&mut cluster, "a", config_map(json!({"x": "1", "y": "1"})), false).expect("made");
    assert_eq!(managers(&object), [("a/Apply/".to_owned(), json!({"f:data": {"f:x": {}, "f:y": {}}}))]);
    let object = apply(&mut cluster, "b", config_map(json!({"y": "1", "z": "1"})), false).expect("shared");
    assert_eq!(data(&object), json!({"x": "1", "y": "1", "z": "1"}));
    // y stays, as b wants it, too.
    let object = apply(&mut cluster, "a", config_map(json!({})), false).expect("given up");
    assert_eq!(data(&object), json!({"y": "1", "z": "1"}));
    assert_eq!(managers(&object)[0].0, "a/Apply/");
    let version = object.resource_version();
    let object = apply(&mut cluster, "b", config_map(json!({"y": "1", "z": "1"})), false).expect("the same");
    assert_eq!(object.resource_version(), version, "nothing has changed");
}

#[test]
fn another_managers_field_is_a_conflict() {
    let mut cluster = Cluster::new();
    create(&mut cluster, "a", config_map(json!({"x": "1", "y": "1"})));
    let refused = apply(&mut cluster, "b", config_map(json!({"x": "2"})), false).expect_err("a's");
    assert_eq!(refused.reason, Reason::Conflict);
    assert_eq!(refused.message, "Apply failed with 1 conflict: conflict with \"a\" using v1: .data.x");
    let config = config_map(json!({"x": "2", "y": "2"}));
    let refused = apply(&mut cluster, "b", config.clone(), false).expect_err("a's");
    let expected = "Apply failed with 2 conflicts: conflicts with \"a\" using v1:\n- .data.x\n- .data.y";
    assert_eq!(refused.message, expected);
    let object = apply(&mut cluster, "b", config, true).expect("forced");
    let expected = [
        ("b/Apply/".to_owned(), json!({"f:data": {"f:x": {}, "f:y": {}}})),
        ("a/Update/".to_owned(), json!({"f:data": {}})),
    ];
    assert_eq!((data(&object), managers(&object)), (json!({"x": "2", "y": "2"}), expected.to_vec()));
}

#[test]
fn lists_merge_by_their_keys() {
    let mut cluster = Cluster::new();
    create(&mut cluster, "a", set("web"));
    let mut config = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"},
        "spec": {"template": {"spec": {"containers": [
            {"name": "nginx", "env": [{"name": "X", "value": "1"}]},
            {"name": "side", "image": "side:1"},
        ]}}},
    });
    let object = apply(&mut cluster, "b", config.clone(), false).expect("nothing is in the way");
    let containers = &object.to_value()["spec"]["template"]["spec"]["containers"];
    let names: Vec<&Value> = containers.as_array().into_iter().flatten().map(|c| &c["name"]).collect();
    assert_eq!(names, ["nginx", "side"]);
    assert_eq!(
        (&containers[0]["image"], &containers[0]["env"][0]["value"]),
        (&json!("nginx:1"), &json!("1"))
    );
    config["spec"]["template"]["spec"]["containers"] = json!([{"name": "nginx", "env": []}]);
    let object = apply(&mut cluster, "b", config, false).expect("nothing is in the way");
    let containers = object.to_value()["spec"]["template"]["spec"]["containers"].clone();
    assert_eq!(containers.as_array().map(Vec::len), Some(1));
    assert!(containers[0].get("env").is_none());
}

#[test]
fn what_does_not_fit_is_refused_before_anything_else() {
    let mut cluster = Cluster::new();
    let mut config = set("web");
    config["spec"]["foo"] = json!(1);
    let refused = apply(&mut cluster, "a", config, false).expect_err("unknown");
    let expected = "failed to create typed patch object (/web; apps/v1, Kind=StatefulSet): .spec.foo: field not declared in schema";
    assert_eq!((refused.reason, refused.message.as_str()), (Reason::InternalError, expected));
    let mut config = config_map(json!({}));
    config["metadata"]["managedFields"] = json!([]);
    let refused = apply(&mut cluster, "a", config, false).expect_err("not its business");
    assert_eq!(refused.message, "metadata.managedFields must be nil");
    assert!(apply(&mut cluster, "", config_map(json!({})), false).is_err(), "nobody applies");
}

#[test]
fn managers_can_be_told_and_forgotten() {
    let mut cluster = Cluster::new();
    create(&mut cluster, "a", config_map(json!({"x": "1"})));
    let c = config_map(json!({"x": "1"}));
    let object = object_of(cluster.call(by("", Verb::Get, &c)).expect("it is there"));
    let mut told =
        ManagedFields::decode(object.meta().managed_fields.as_deref().unwrap_or_default()).expect("entries");
    told.upgrade("a", "b");
    let replace = |value: Value| {
        Verb::Patch(
            PatchType::Json,
            json!([{"op": "replace", "path": "/metadata/managedFields", "value": value}]),
        )
    };
    let value = serde_json::to_value(told.encode()).expect("entries");
    let object = object_of(cluster.call(by("c", replace(value), &c)).expect("allowed"));
    assert_eq!(managers(&object), [("b/Apply/".to_owned(), json!({"f:data": {".": {}, "f:x": {}}}))]);
    let object = object_of(cluster.call(by("c", replace(json!([])), &c)).expect("allowed"));
    assert_eq!(managers(&object), []);
    // Who has no managers gets none by an update, and is looked through by the first apply.
    let object = patch(&mut cluster, "d", &c, json!({"data": {"y": "1"}}));
    assert_eq!(managers(&object), []);
    let object = apply(&mut cluster, "e", config_map(json!({"x": "1"})), false).expect("the same");
    let names: Vec<String> = managers(&object).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["e/Apply/", "before-first-apply/Update/"]);
}

#[test]
fn what_client_side_apply_set_is_no_conflict_for_kubectl() {
    let applied = |x: &str| {
        let mut map = config_map(json!({"x": x}));
        let text = config_map(json!({"x": x})).to_string();
        map["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": text});
        map
    };
    for (manager, is_allowed) in [("kubectl", true), ("other", false)] {
        let mut cluster = Cluster::new();
        create(&mut cluster, "kubectl-client-side-apply", applied("1"));
        let outcome = apply(&mut cluster, manager, config_map(json!({"x": "2"})), false);
        assert_eq!(outcome.is_ok(), is_allowed, "{manager}");
        let Ok(object) = outcome else {
            continue;
        };
        let annotations = object.meta().annotations.clone().expect("annotations");
        let text = annotations.get("kubectl.kubernetes.io/last-applied-configuration").expect("it is kept");
        assert!(text.contains(r#""data":{"x":"2"}"#) && text.ends_with("}\n"), "{text}");
    }
}

#[test]
fn many_writes_of_many_writers_are_bounded() {
    const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let mut cluster = Cluster::new();
    create(&mut cluster, "maker", config_map(json!({"x": "1"})));
    let c = config_map(json!({}));
    for round in 0..10 {
        for name in NAMES {
            patch(&mut cluster, name, &c, json!({"data": {name: round.to_string()}}));
        }
    }
    let object = object_of(cluster.call(by("", Verb::Get, &c)).expect("it is there"));
    let found = managers(&object);
    // The oldest become one (capmanagers_test.go).
    assert_eq!(found.len(), 10);
    assert!(found.iter().any(|(name, _)| name == "ancient-changes/Update/"), "{found:?}");
    assert_eq!(data(&object).as_object().map(serde_json::Map::len), Some(13));
}

#[test]
fn a_dry_run_tells_the_managers_and_stores_nothing() {
    let mut cluster = Cluster::new();
    let config = config_map(json!({"x": "1"}));
    let mut request = by("a", Verb::Apply { config: config.clone(), force: false }, &config);
    request.dry_run = true;
    let object = object_of(cluster.call(request).expect("allowed"));
    assert_eq!(managers(&object).len(), 1);
    assert!(cluster.get(Kind::ConfigMap, "c").is_none());
}
