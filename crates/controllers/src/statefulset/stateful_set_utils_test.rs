//! Tables over the predicates of `stateful_set_utils`.

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
fn claims_have_the_template_labels_and_the_selectors() {
    let set = with(json!({"volumeClaimTemplates": claims()}));
    let made: Vec<_> = get_persistent_volume_claims(&set, 2).collect();
    assert_eq!(made.len(), 1);
    assert_eq!((made[0].name(), made[0].namespace()), ("data-web-2", "default"));
    assert_eq!(json!(made[0].metadata.labels), json!({"app": "web", "tier": "x"}));
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
fn owners_of_claims_follow_the_retention_policy() {
    // (whenScaled, whenDeleted, ordinal, who owns)
    let cases = [
        ("Retain", "Retain", 0, None),
        ("Retain", "Retain", 7, None),
        ("Retain", "Delete", 0, Some("StatefulSet")),
        ("Retain", "Delete", 7, Some("StatefulSet")),
        ("Delete", "Retain", 0, None),
        ("Delete", "Retain", 7, Some("Pod")),
        ("Delete", "Delete", 0, Some("StatefulSet")),
        ("Delete", "Delete", 7, Some("Pod")),
    ];
    for (scaled, deleted, ordinal, owner) in cases {
        let policy = json!({"whenScaled": scaled, "whenDeleted": deleted});
        let set = with(json!({"persistentVolumeClaimRetentionPolicy": policy}));
        let name = get_pod_name(&set, ordinal);
        let pod = ClaimPod { name: &name, uid: "pod", ordinal };
        // From every state to the wanted one.
        for start in [None, Some(("StatefulSet", "set")), Some(("Pod", "pod"))] {
            let mut claim = PersistentVolumeClaim::default();
            claim.metadata.owner_references = start.map(|(kind, uid)| {
                let (kind, owner) =
                    if kind == "Pod" { (Kind::Pod, name.as_str()) } else { (Kind::StatefulSet, "web") };
                let (name, uid) = (Some(owner.to_owned()), Some(uid.to_owned()));
                let meta = ObjectMeta { name, uid, ..Default::default() };
                vec![new_controller_ref(kind, &meta)]
            });
            let before = is_claim_owner_up_to_date(&claim, &set, pod);
            update_claim_owner_ref_for_set_and_pod(&mut claim, &set, pod);
            let owners: Vec<&str> =
                claim.metadata.owner_references.iter().flatten().map(|owner| owner.kind.as_str()).collect();
            assert_eq!(owners, owner.into_iter().collect::<Vec<_>>(), "{scaled} {deleted} {ordinal}");
            assert!(is_claim_owner_up_to_date(&claim, &set, pod));
            assert_eq!(
                before,
                start.map(|(kind, _)| kind) == owner,
                "{scaled} {deleted} {ordinal} {start:?}"
            );
        }
    }
}

#[test]
fn stale_and_foreign_owners_are_left_alone() {
    let policy = json!({"whenScaled": "Delete", "whenDeleted": "Delete"});
    let set = with(json!({"persistentVolumeClaimRetentionPolicy": policy}));
    let pod = ClaimPod { name: "web-0", uid: "pod", ordinal: 0 };
    let owned_by = |kind: Kind, name: &str, uid: &str| {
        let meta = ObjectMeta { name: Some(name.into()), uid: Some(uid.into()), ..Default::default() };
        let mut claim = PersistentVolumeClaim::default();
        claim.metadata.owner_references = Some(vec![new_controller_ref(kind, &meta)]);
        claim
    };
    let stale = owned_by(Kind::Pod, "web-0", "earlier");
    assert!(has_stale_owner_ref(&stale, Kind::Pod, "web-0", ""));
    assert!(is_claim_owner_up_to_date(&stale, &set, pod));

    let mut foreign = owned_by(Kind::ConfigMap, "cm", "other");
    assert!(has_unexpected_controller(&foreign, &set, pod));
    assert!(is_claim_owner_up_to_date(&foreign, &set, pod));
    foreign
        .metadata
        .owner_references
        .get_or_insert_default()
        .push(new_controller_ref(Kind::StatefulSet, &set.metadata));
    assert!(!is_claim_owner_up_to_date(&foreign, &set, pod), "our own reference has to go");
    update_claim_owner_ref_for_set_and_pod(&mut foreign, &set, pod);
    assert_eq!(foreign.metadata.owner_references.iter().flatten().count(), 1);
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

#[test]
fn max_unavailable_is_at_least_one() {
    let percent = |text: &str| Some(IntOrString::String(text.to_owned()));
    let cases = [
        (None, 10, 1),
        (Some(IntOrString::Int(3)), 10, 3),
        (Some(IntOrString::Int(0)), 10, 1),
        (percent("25%"), 10, 2),
        (percent("5%"), 10, 1),
    ];
    for (given, replicas, expected) in cases {
        assert_eq!(get_stateful_set_max_unavailable(given.as_ref(), replicas), expected, "{given:?}");
    }
}
