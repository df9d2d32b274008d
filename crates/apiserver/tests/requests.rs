//! What requests hold: their size, fields that are not known, patches and Scales that do not decode, and the warnings.

#[allow(dead_code, reason = "shared by several test binaries")]
mod common;

use client::api::{Answer, Body, Request, Subresource, Verb};
use common::{Cluster, object_of, set};
use machinery::status::Reason;
use machinery::{Kind, go_text};
use serde_json::{Value, json};

#[test]
fn bodies_are_bounded() {
    let mut cluster = Cluster::new();
    let map = |bytes: usize| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big"}, "data": {"a": "x".repeat(bytes)}});
    let refusal = cluster.try_create(map(2_000_000)).expect_err("too long");
    assert_eq!(
        refusal.message,
        "ConfigMap \"big\" is invalid: []: Too long: may not be more than 1048576 bytes"
    );
    let refusal = cluster.try_create(map(4_000_000)).expect_err("too large");
    assert_eq!(refusal.message, "Request entity too large: limit is 3145728");
    cluster.create(map(1_000_000));
}

#[test]
fn unknown_fields_are_refused_warned_of_or_ignored() {
    use client::api::FieldValidation::{Ignore, Strict, Warn};
    let mut cluster = Cluster::new();
    cluster.create(set("web"));
    let patch = |kind| Verb::Patch(kind, json!({"spec": {"replicaz": 2}}));
    let refused = |given: &str| {
        let given = go_text::quote(given);
        format!(
            " \"\" is invalid: patch: Invalid value: {given}: strict decoding error: unknown field \"spec.replicaz\""
        )
    };
    let mut made = managed_value(&mut cluster, "web");
    made["spec"]["replicaz"] = json!(2);
    let cases = [
        (machinery::patch::PatchType::Strategic, Strict, Err(refused("map[spec:map[replicaz:2]]"))),
        (machinery::patch::PatchType::Merge, Strict, Err(refused(&machinery::json::to_string(&made)))),
        (machinery::patch::PatchType::Merge, Warn, Ok(vec!["unknown field \"spec.replicaz\"".to_owned()])),
        (machinery::patch::PatchType::Merge, Ignore, Ok(Vec::new())),
    ];
    for (kind, field_validation, expected) in cases {
        let request = Request::new(patch(kind), Kind::StatefulSet, "default", "web");
        let answer = cluster.call(Request { field_validation, ..request });
        let ours = answer.map(|_| cluster.warnings.clone()).map_err(|refusal| refusal.message);
        assert_eq!(ours, expected);
    }
}

/// The set as patches see it: with its managers, and what Go prints of zeros.
fn managed_value(cluster: &mut Cluster, name: &str) -> Value {
    let mut request = Request::new(Verb::Get, Kind::StatefulSet, "default", name);
    request.managed_fields = true;
    let mut value = object_of(cluster.call(request).expect("it is there")).to_value();
    value["status"]["availableReplicas"] = json!(0);
    value
}

#[test]
fn warnings_of_what_was_sent_come_also_with_a_refusal() {
    use client::api::FieldValidation::Warn;
    let mut cluster = Cluster::new();
    cluster.create(set("web"));
    let mut odd = set("odd");
    odd["spec"]["foo"] = json!(1);
    odd["spec"]["replicas"] = json!(-1);
    odd["spec"]["revisionHistoryLimit"] = json!(-1);
    let mut taken = set("web");
    taken["spec"]["revisionHistoryLimit"] = json!(-1);
    let change = odd["spec"].clone();
    let patch = json!({"spec": {"foo": change["foo"], "replicas": -1, "revisionHistoryLimit": -1}});
    let patch = Verb::Patch(machinery::patch::PatchType::Strategic, patch);
    let unknown = "unknown field \"spec.foo\"";
    let unlimited = "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended";
    let deprecated = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
    let create = |object: &Value| Cluster::request(Verb::Create(Body::Json(object.clone())), object, "");
    let cases = [
        (Request::new(patch, Kind::StatefulSet, "default", "web"), Reason::Invalid, unknown),
        (create(&odd), Reason::Invalid, unknown),
        // What is valid is warned of, whatever else is in its way.
        (create(&taken), Reason::AlreadyExists, unlimited),
        (Request::new(Verb::Get, Kind::Endpoints, "default", "nope"), Reason::NotFound, deprecated),
    ];
    for (request, reason, warning) in cases {
        let refusal = cluster.call(Request { field_validation: Warn, ..request }).expect_err(warning);
        assert_eq!((refusal.reason, &cluster.warnings), (reason, &vec![warning.to_owned()]));
    }
}

#[test]
fn warnings_are_bounded() {
    let pod = |container: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [container]}});
    let twice = |count: usize, name: &dyn Fn(usize) -> String| {
        let names = (0..count).map(|i| i / 2);
        names.map(|i| json!({"name": name(i), "value": "x"})).collect::<Vec<_>>()
    };
    let hides = |i: usize, name: &str| {
        format!(
            "spec.containers[0].env[{i}]: hides previous definition of \"{name}\", which may be dropped when using apply"
        )
    };
    let cases = [
        // A few long ones are whole.
        (
            twice(4, &|i| format!("{i}").repeat(600)),
            vec![hides(1, &"0".repeat(600)), hides(3, &"1".repeat(600))],
        ),
        // Too many are cut, and the last are left out.
        (
            twice(40, &|i| format!("{}", i % 10).repeat(600 + i)),
            (0..16)
                .map(|i| hides(2 * i + 1, &format!("{}", i % 10).repeat(600 + i))[..256].to_owned())
                .collect(),
        ),
    ];
    for (env, expected) in cases {
        let mut cluster = Cluster::new();
        cluster.create(pod(json!({"name": "c", "image": "i", "env": env})));
        assert_eq!(cluster.warnings, expected);
    }
    // All are in each other's way.
    let mut cluster = Cluster::new();
    cluster
        .create(pod(json!({"name": "c", "image": "i", "ports": vec![json!({"containerPort": 80}); 20_000]})));
    assert!((20..100).contains(&cluster.warnings.len()), "{}", cluster.warnings.len());
}

#[test]
fn what_a_patch_makes_has_to_decode() {
    use machinery::patch::PatchType::{Json, Merge, Strategic};
    let mut cluster = Cluster::new();
    cluster.create(set("web"));
    let whole = managed_value(&mut cluster, "web");
    assert!(whole["metadata"]["managedFields"].is_array());
    let made = |replicas: Value| {
        let mut made = whole.clone();
        made["spec"]["replicas"] = replicas;
        go_text::quote(&machinery::json::to_string(&made))
    };
    let merge = |replicas: Value| json!({"spec": {"replicas": replicas}});
    let replace = json!([{"op": "replace", "path": "/spec/replicas", "value": 2_147_483_648_i64}]);
    let cases = [
        (Merge, merge(json!("3")), made(json!("3")), "string"),
        (Json, replace, made(json!(2_147_483_648_i64)), "number 2147483648"),
    ];
    for (kind, patch, given, what) in cases {
        let request = Request::new(Verb::Patch(kind, patch), Kind::StatefulSet, "default", "web");
        let refusal = cluster.call(request).expect_err(what);
        let cause = format!(
            "patch: Invalid value: {given}: json: cannot unmarshal {what} into Go struct field StatefulSetSpec.spec.replicas of type int32"
        );
        assert_eq!((refusal.reason, refusal.kind), (Reason::Invalid, ""));
        assert_eq!(refusal.causes.iter().map(ToString::to_string).collect::<Vec<_>>(), [cause]);
    }
    // A strategic patch goes no way through text, and integers wrap.
    let patch = Verb::Patch(Strategic, merge(json!(4_294_967_299_i64)));
    cluster.call(Request::new(patch, Kind::StatefulSet, "default", "web")).expect("allowed");
    assert_eq!(cluster.value(Kind::StatefulSet, "web")["spec"]["replicas"], json!(3));
}

#[test]
fn a_scale_that_does_not_decode_is_refused_as_go_words_it() {
    let mut cluster = Cluster::new();
    cluster.create(set("web"));
    let read = Request::new(Verb::Get, Kind::StatefulSet, "default", "web").of(Subresource::Scale);
    let Answer::Json(scale) = cluster.call(read).expect("it is there").body else { panic!("no Scale") };
    for (asked, what) in [(json!(2_147_483_648_i64), "number 2147483648"), (json!([]), "array")] {
        let mut made = scale.clone();
        made["spec"]["replicas"] = asked.clone();
        let why = format!(
            "json: cannot unmarshal {what} into Go struct field ScaleSpec.spec.replicas of type int32"
        );
        let patch = json!({"spec": {"replicas": asked}});
        let refusal =
            cluster.patch_part(Kind::StatefulSet, "web", Subresource::Scale, patch).expect_err(what);
        let given = go_text::quote(&machinery::json::to_string(&made));
        assert_eq!(refusal.causes[0].to_string(), format!("patch: Invalid value: {given}: {why}"));
        let update = Request::new(Verb::Update(Body::Json(made)), Kind::StatefulSet, "default", "web");
        let refusal = cluster.call(update.of(Subresource::Scale)).expect_err(what);
        assert_eq!(
            (refusal.reason, refusal.message),
            (Reason::BadRequest, format!("Scale in version \"v1\" cannot be handled as a Scale: {why}"))
        );
    }
}
