//! Tables over the predicates of `stateful_set_utils` that upstream has no test for; the others are in `tests/upstream`.

use std::sync::Arc;

use machinery::Object;

use super::*;

fn set(spec: Value) -> StatefulSet {
    let value = json!({"metadata": {"name": "web", "namespace": "default", "uid": "set"}, "spec": spec});
    let object = Object::from_value(Kind::StatefulSet, value).expect("a set");
    let set: Arc<StatefulSet> = object.get::<StatefulSet>().cloned().expect("a set");
    (*set).clone()
}

fn with(mut extra: Value) -> StatefulSet {
    let fields = extra.as_object_mut().expect("an object");
    fields.entry("replicas").or_insert(json!(3));
    fields.insert("serviceName".to_owned(), json!("web"));
    fields.insert("selector".to_owned(), json!({"matchLabels": {"app": "web"}}));
    fields.insert(
        "template".to_owned(),
        json!({
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c"}], "volumes": [{"name": "data"}, {"name": "tmp"}]},
        }),
    );
    set(extra)
}

fn claims() -> Value {
    json!([{"metadata": {"name": "data", "labels": {"app": "other", "tier": "x"}}}])
}

#[test]
fn a_pod_name_is_parent_and_ordinal() {
    let cases = [
        ("web-0", Some(("web", 0))),
        ("web-1-0", Some(("web-1", 0))),
        ("web-01", Some(("web", 1))),
        ("web-2147483647", Some(("web", 2_147_483_647))),
        ("web-2147483648", Some(("web", -1))),
        ("-7", Some(("", 7))),
        ("web-", None),
        ("web-a", None),
        ("web-+1", None),
        ("web", None),
        ("", None),
    ];
    for (name, expected) in cases {
        assert_eq!(get_parent_name_and_ordinal(name), expected, "{name}");
    }
}

#[test]
fn the_range_starts_at_the_start_ordinal() {
    let cases =
        [(json!({}), 0, 2), (json!({"ordinals": {"start": 5}}), 5, 7), (json!({"replicas": 0}), 0, -1)];
    for (spec, start, end) in cases {
        let set = with(spec.clone());
        assert_eq!((get_start_ordinal(&set), get_end_ordinal(&set)), (start, end), "{spec}");
        assert!(!in_ordinal_range(&set, start - 1) && !in_ordinal_range(&set, end + 1), "{spec}");
        assert_eq!(in_ordinal_range(&set, start), end >= start, "{spec}");
    }
}

#[test]
fn new_pods_have_identity_storage_and_revision() {
    let set = with(json!({"volumeClaimTemplates": claims()}));
    let revision = new_revision(&set, get_patch(&set, Features::default()), 1, 0);
    let pod = new_versioned_stateful_set_pod(&set, &revision, &revision, 1).expect("a pod");
    assert!(identity_matches(&set, &pod) && storage_matches(&set, &pod) && is_member_of(&set, &pod));
    let labels = json!({
        "app": "web",
        "apps.kubernetes.io/pod-index": "1",
        "controller-revision-hash": revision.name(),
        "statefulset.kubernetes.io/pod-name": "web-1",
    });
    assert_eq!(json!(pod.metadata.labels), labels);
    let spec = pod.spec.clone().expect("a spec");
    assert_eq!((spec.hostname.as_deref(), spec.subdomain.as_deref()), (Some("web-1"), Some("web")));
    let volumes: Vec<&str> = spec.volumes.iter().flatten().map(|volume| volume.name.as_str()).collect();
    assert_eq!(volumes, ["data", "tmp"], "the claim replaces the template's volume of its name");

    let mut other = pod.clone();
    other.metadata.labels = None;
    assert!(!identity_matches(&set, &other));
    let mut other = pod.clone();
    other.spec.as_mut().expect("a spec").volumes = None;
    assert!(!storage_matches(&set, &other));
}

#[test]
fn a_new_pods_revision_follows_strategy_and_partition() {
    let rolling = |partition: i32| json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}});
    let explicit = json!({"updateStrategy": {"type": "RollingUpdate"}});
    let on_delete = json!({"updateStrategy": {"type": "OnDelete"}});
    let mut shifted = rolling(2);
    shifted["ordinals"] = json!({"start": 5});
    // (spec, status.currentReplicas, ordinals that are made from the current revision)
    let cases = [
        (rolling(0), 3, vec![]),
        (rolling(2), 0, vec![0, 1]),
        (rolling(9), 0, vec![0, 1, 2]),
        (shifted, 0, vec![5, 6]),
        (explicit.clone(), 2, vec![0, 1]),
        (explicit, 0, vec![]),
        (on_delete, 3, vec![]),
    ];
    for (spec, current_replicas, expected) in cases {
        let mut set = with(spec.clone());
        set.status =
            Some(StatefulSetStatus { current_replicas: Some(current_replicas), ..Default::default() });
        let update = new_revision(&set, get_patch(&set, Features::default()), 2, 0);
        let mut old = set.clone();
        old.spec.as_mut().expect("a spec").template.spec.as_mut().expect("a spec").containers[0].image =
            Some("old".to_owned());
        let current = new_revision(&old, get_patch(&old, Features::default()), 1, 0);
        let from_current: Vec<i64> = (get_start_ordinal(&set)..=get_end_ordinal(&set))
            .filter(|&ordinal| {
                let pod = new_versioned_stateful_set_pod(&set, &current, &update, ordinal).expect("a pod");
                let image = pod.spec.and_then(|spec| spec.containers[0].image.clone());
                image.as_deref() == Some("old")
            })
            .collect();
        assert_eq!(from_current, expected, "{spec}");
    }
}

#[test]
fn a_rollout_completes_when_everyone_is_updated_and_ready() {
    let status = |replicas: i32, ready: i32, updated: i32| StatefulSetStatus {
        replicas,
        ready_replicas: Some(ready),
        updated_replicas: Some(updated),
        current_revision: Some("a".to_owned()),
        update_revision: Some("b".to_owned()),
        ..Default::default()
    };
    let on_delete = || json!({"updateStrategy": {"type": "OnDelete"}});
    let cases = [
        (json!({}), status(3, 3, 3), "b"),
        (json!({}), status(3, 2, 3), "a"),
        (json!({}), status(3, 3, 2), "a"),
        (json!({}), status(4, 3, 3), "a"),
        (json!({"replicas": 0}), status(0, 0, 0), "b"),
        (on_delete(), status(3, 3, 3), "a"),
    ];
    for (spec, mut status, current) in cases {
        complete_rolling_update(&with(spec), &mut status);
        assert_eq!(status.current_revision.as_deref(), Some(current), "{status:?}");
    }
}
