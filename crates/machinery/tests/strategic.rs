//! Strategic merge patches: cases of upstream's kinds (strategicpatch/patch_test.go), on Kubernetes' own structs.

use machinery::patch::{PatchType, apply, three_way, two_way};
use serde_json::{Value, json};

const POD: (&str, &str) = ("core", "Pod");
const SET: (&str, &str) = ("apps", "StatefulSet");
const DEPLOYMENT: (&str, &str) = ("apps", "Deployment");

fn containers(list: Value) -> Value {
    json!({"spec": {"containers": list}})
}

#[test]
fn patches_apply() {
    let two = || containers(json!([{"name": "a", "image": "1", "args": ["x"]}, {"name": "b", "image": "1"}]));
    let cases = [
        (
            "lists of maps merge by key; other lists are replaced",
            POD,
            two(),
            containers(json!([{"name": "a", "image": "2", "args": ["y", "z"]}])),
            containers(json!([{"name": "a", "image": "2", "args": ["y", "z"]}, {"name": "b", "image": "1"}])),
        ),
        (
            "a new element goes where the patch has it, before those of the server",
            POD,
            two(),
            containers(json!([{"name": "c", "image": "3"}])),
            containers(
                json!([{"name": "c", "image": "3"}, {"name": "a", "image": "1", "args": ["x"]}, {"name": "b", "image": "1"}]),
            ),
        ),
        (
            "an element is deleted",
            POD,
            two(),
            containers(json!([{"name": "a", "$patch": "delete"}])),
            containers(json!([{"name": "b", "image": "1"}])),
        ),
        (
            "a list is replaced",
            POD,
            two(),
            containers(json!([{"$patch": "replace"}, {"name": "z"}])),
            containers(json!([{"name": "z"}])),
        ),
        (
            "a map is replaced",
            POD,
            json!({"metadata": {"labels": {"a": "1"}, "name": "p"}}),
            json!({"metadata": {"labels": {"$patch": "replace", "b": "2"}}}),
            json!({"metadata": {"labels": {"b": "2"}, "name": "p"}}),
        ),
        (
            "the order is set",
            POD,
            two(),
            json!({"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}}),
            containers(json!([{"name": "b", "image": "1"}, {"name": "a", "image": "1", "args": ["x"]}])),
        ),
        (
            "primitives merge and are deleted",
            POD,
            json!({"metadata": {"finalizers": ["a", "b"]}}),
            json!({"metadata": {"finalizers": ["c"], "$deleteFromPrimitiveList/finalizers": ["a"]}}),
            json!({"metadata": {"finalizers": ["c", "b"]}}),
        ),
        (
            "null deletes, and is dropped where there is nothing",
            POD,
            json!({"spec": {"nodeName": "n"}}),
            json!({"spec": {"nodeName": null, "affinity": {"nodeAffinity": null}}}),
            json!({"spec": {"affinity": {}}}),
        ),
        (
            "keys that are not retained go",
            DEPLOYMENT,
            json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}),
            json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
            json!({"spec": {"strategy": {"type": "Recreate"}}}),
        ),
        (
            "a list without a merge key is atomic",
            SET,
            json!({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "a"}}]}}),
            json!({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "b"}}]}}),
            json!({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "b"}}]}}),
        ),
    ];
    for (name, root, target, patch, expected) in cases {
        let patched =
            apply(PatchType::Strategic, &target, &patch, root).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(patched, expected, "{name}");
    }
}

#[test]
fn bad_patches_are_refused_in_upstreams_words() {
    let one = containers(json!([{"name": "nginx", "image": "1"}]));
    let cases = [
        (
            containers(json!([{"image": "ikubernetes/myapp:v2"}])),
            "map: map[image:ikubernetes/myapp:v2] does not contain declared merge key: name",
        ),
        (
            containers(json!([{"name": "a", "$patch": "foo"}])),
            "unknown patch type: foo in map: map[$patch:foo name:a]",
        ),
        (containers(json!(["a"])), "list element types are not identical: [[map[image:1 name:nginx]] [a]]"),
        (
            json!({"spec": {"$setElementOrder/containers": [{"name": "b"}], "containers": [{"name": "a"}]}}),
            "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
        ),
        (json!([]), "invalid JSON document"),
    ];
    for (patch, expected) in cases {
        let error = apply(PatchType::Strategic, &one, &patch, POD).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_two_way_patch_makes_the_modified_object() {
    let original = json!({"metadata": {"finalizers": ["a", "b"]}, "spec": {"nodeName": "n", "containers": [
        {"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]}, {"name": "b", "image": "1"}]}});
    let modified = json!({"metadata": {"finalizers": ["b", "c"]}, "spec": {"containers": [
        {"name": "c", "image": "1"}, {"name": "a", "image": "2", "env": [{"name": "X", "value": "1"}]}]}});
    let patch = two_way(&original, &modified, POD).expect("a patch");
    let expected = json!({
        "metadata": {
            "finalizers": ["c"],
            "$deleteFromPrimitiveList/finalizers": ["a"],
            "$setElementOrder/finalizers": ["b", "c"],
        },
        "spec": {
            "nodeName": null,
            "containers": [{"name": "c", "image": "1"}, {"name": "a", "image": "2"}, {"name": "b", "$patch": "delete"}],
            "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
        },
    });
    assert_eq!(patch, expected);
    assert_eq!(apply(PatchType::Strategic, &original, &patch, POD), Ok(modified));
    assert_eq!(two_way(&original, &original, POD), Ok(json!({})));
}

#[test]
fn apply_deletes_what_it_once_set_and_keeps_what_others_set() {
    let original = json!({"spec": {"replicas": 2, "minReadySeconds": 5, "template": {"spec": {"containers": [
        {"name": "a", "image": "1"}, {"name": "gone", "image": "1"}]}}}});
    let modified =
        json!({"spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "a", "image": "2"}]}}}});
    let current = json!({"metadata": {"labels": {"other": "x"}}, "spec": {"replicas": 2, "minReadySeconds": 5,
        "podManagementPolicy": "OrderedReady", "template": {"spec": {"containers": [
            {"name": "a", "image": "1", "imagePullPolicy": "Always"}, {"name": "gone", "image": "1"},
            {"name": "injected", "image": "9"}]}}}});
    let patch = three_way(&original, &modified, &current, SET).expect("a patch");
    let patched = apply(PatchType::Strategic, &current, &patch, SET).expect("applies");
    assert_eq!(
        patched,
        json!({"metadata": {"labels": {"other": "x"}}, "spec": {"replicas": 3, "podManagementPolicy": "OrderedReady",
            "template": {"spec": {"containers": [
                {"name": "a", "image": "2", "imagePullPolicy": "Always"}, {"name": "injected", "image": "9"}]}}}})
    );
    assert_eq!(patch["spec"]["minReadySeconds"], Value::Null);
    assert_eq!(patch["spec"]["template"]["spec"]["$setElementOrder/containers"], json!([{"name": "a"}]));
}

#[test]
fn apply_of_what_is_there_already_is_empty() {
    let applied = json!({"metadata": {"name": "web"}, "spec": {"replicas": 2, "template": {"spec": {"containers": [
        {"name": "a", "image": "1", "ports": [{"containerPort": 80, "name": "web"}]}]}}}});
    let mut current = applied.clone();
    current["spec"]["podManagementPolicy"] = json!("OrderedReady");
    current["spec"]["template"]["spec"]["containers"][0]["ports"][0]["protocol"] = json!("TCP");
    assert_eq!(three_way(&applied, &applied, &current, SET), Ok(json!({})));
}
