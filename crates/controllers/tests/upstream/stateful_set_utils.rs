//! stateful_set_utils_test.go: names, identity, storage, owners of claims, revisions applied.

use std::sync::Arc;

use controllers::statefulset::stateful_set_utils::{
    ClaimPod, get_ordinal, get_parent_name_and_ordinal, get_patch, get_persistent_volume_claim_name,
    get_persistent_volume_claim_retention_policy, get_persistent_volume_claims, get_pod_name,
    get_stateful_set_max_unavailable, has_stale_owner_ref, has_unexpected_controller, identity_matches,
    is_claim_owner_up_to_date, is_equivalent, is_member_of, is_running_and_ready, new_revision,
    new_versioned_stateful_set_pod, storage_matches, update_claim_owner_ref_for_set_and_pod, update_identity,
    update_storage,
};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::object::controller_of;
use machinery::version::Features;
use machinery::{Kind, Object, Resource};
use serde_json::{Value, json};

use crate::fixture;

fn typed<K: Resource>(value: Value) -> K {
    let object = Object::from_value(K::KIND, value).expect("decodes");
    (**object.get::<K>().expect("of this kind")).clone()
}

/// A stored set `foo` with this policy.
fn set_with(policy: Option<(&str, &str)>) -> StatefulSet {
    let mut set = fixture::set(3);
    set["metadata"]["namespace"] = json!("default");
    set["metadata"]["uid"] = json!("set-uid");
    if let Some((scaled, deleted)) = policy {
        set["spec"]["persistentVolumeClaimRetentionPolicy"] =
            json!({"whenScaled": scaled, "whenDeleted": deleted});
    }
    typed(set)
}

fn set() -> StatefulSet {
    set_with(None)
}

fn pod_of(set: &StatefulSet, ordinal: i64) -> Pod {
    let revision = new_revision(set, get_patch(set, Features::default()), 1, 0);
    new_versioned_stateful_set_pod(set, &revision, &revision, ordinal).expect("a pod")
}

#[test]
fn get_parent_name_and_ordinal_of_pods() {
    let set = set();
    assert_eq!(get_parent_name_and_ordinal(pod_of(&set, 1).name()), Some(("foo", 1)));
    for (name, parent, ordinal) in [("1", None, -1), ("foo-a-10", Some("foo-a"), 10), ("foo-", None, -1)] {
        let mut pod = pod_of(&set, 1);
        pod.metadata.name = Some(name.to_owned());
        assert_eq!(get_parent_name_and_ordinal(name).map(|(parent, _)| parent), parent, "{name}");
        assert_eq!(get_ordinal(&pod), ordinal, "{name}");
    }
}

#[test]
fn get_claim_pod_name() {
    let set = set();
    assert_eq!(get_pod_name(&set, 10), "foo-10");
    let mut template = PersistentVolumeClaim::default();
    for (name, expected) in [("datadir", "datadir-foo-10"), ("my-data", "my-data-foo-10")] {
        template.metadata.name = Some(name.to_owned());
        assert_eq!(get_persistent_volume_claim_name(&set, &template, 10), expected);
    }
}

#[test]
fn is_member_of_set() {
    let (set, mut other) = (set(), set());
    other.metadata.name = Some("foo2".to_owned());
    let pod = pod_of(&set, 1);
    assert!(is_member_of(&set, &pod) && !is_member_of(&other, &pod));
}

#[test]
fn identity_matches_name_namespace_and_label() {
    let set = set();
    assert!(identity_matches(&set, &pod_of(&set, 1)));
    let breaks: [fn(&mut Pod); 4] = [
        |pod| pod.metadata.name = Some("foo".to_owned()),
        |pod| pod.metadata.name = Some("goo-1".to_owned()),
        |pod| pod.metadata.namespace = Some(String::new()),
        |pod| pod.metadata.labels = None,
    ];
    for (index, break_it) in breaks.iter().enumerate() {
        let mut pod = pod_of(&set, 1);
        pod.metadata.namespace = Some("default".to_owned());
        break_it(&mut pod);
        assert!(!identity_matches(&set, &pod), "case {index}");
        if index > 1 {
            update_identity(&set, &mut pod);
            assert!(identity_matches(&set, &pod), "TestUpdateIdentity, case {index}");
        }
    }
}

#[test]
fn storage_matches_claims_of_templates() {
    let set = set();
    assert!(storage_matches(&set, &pod_of(&set, 1)));
    let breaks: [fn(&mut Pod); 3] = [
        |pod| pod.spec.as_mut().expect("a spec").volumes = None,
        |pod| {
            for volume in pod.spec.as_mut().expect("a spec").volumes.iter_mut().flatten() {
                volume.persistent_volume_claim = None;
            }
        },
        |pod| {
            for volume in pod.spec.as_mut().expect("a spec").volumes.iter_mut().flatten() {
                if let Some(source) = &mut volume.persistent_volume_claim {
                    source.claim_name = "foo".to_owned();
                }
            }
        },
    ];
    for (index, break_it) in breaks.iter().enumerate() {
        let mut pod = pod_of(&set, 1);
        break_it(&mut pod);
        assert!(!storage_matches(&set, &pod), "case {index}");
        update_storage(&set, &mut pod);
        assert!(storage_matches(&set, &pod), "TestUpdateStorage, case {index}");
    }
    let mut pod = pod_of(&set, 1);
    pod.metadata.name = Some("bar".to_owned());
    assert!(!storage_matches(&set, &pod), "a pod without an ordinal has no claims");
}

#[test]
fn update_identity_restores_the_labels() {
    let set = set();
    let mut pod = pod_of(&set, 1);
    pod.metadata.labels = None;
    update_identity(&set, &mut pod);
    let labels = pod.metadata.labels.unwrap_or_default();
    assert_eq!(labels["statefulset.kubernetes.io/pod-name"], "foo-1");
    assert_eq!(labels["apps.kubernetes.io/pod-index"], "1");
}

#[test]
fn update_storage_keeps_other_volumes() {
    let set = set();
    let mut pod = pod_of(&set, 1);
    pod.spec.as_mut().expect("a spec").volumes.as_mut().expect("volumes").retain(|v| v.name != "datadir");
    update_storage(&set, &mut pod);
    let volumes = pod.spec.and_then(|spec| spec.volumes).unwrap_or_default();
    assert_eq!(volumes.iter().map(|v| v.name.as_str()).collect::<Vec<_>>(), ["datadir", "home"]);
}

#[test]
fn get_persistent_volume_claim_retention_policy_defaults_to_retain() {
    for policy in fixture::POLICIES {
        let got = get_persistent_volume_claim_retention_policy(&set_with(policy));
        let (scaled, deleted) = policy.unwrap_or(("Retain", "Retain"));
        assert_eq!(
            (got.delete_when_scaled, got.delete_when_deleted),
            (scaled == "Delete", deleted == "Delete")
        );
    }
}

/// An owner: kind, name, uid, whether it is the controller.
type Owner = (Kind, &'static str, &'static str, bool);

/// A claim with owners.
fn claim_of(owners: &[Owner]) -> PersistentVolumeClaim {
    let owners: Vec<Value> = owners
        .iter()
        .map(|(kind, name, uid, controller)| {
            let mut owner = json!({
                "apiVersion": kind.api_version(), "kind": kind.name(), "name": name, "uid": uid,
            });
            if *controller {
                owner["controller"] = json!(true);
                owner["blockOwnerDeletion"] = json!(true);
            }
            owner
        })
        .collect();
    typed(json!({"metadata": {"name": "datadir-foo-0", "ownerReferences": owners}}))
}

const SET: Owner = (Kind::StatefulSet, "foo", "set-uid", true);
const POD: Owner = (Kind::Pod, "foo-0", "pod-uid", true);

/// The pod with this ordinal, which is beyond the replicas from 3 on.
fn claim_pod(ordinal: i64) -> ClaimPod<'static> {
    ClaimPod { name: "foo-0", uid: "pod-uid", ordinal }
}

fn uids(claim: &PersistentVolumeClaim) -> Vec<&str> {
    claim.metadata.owner_references.iter().flatten().map(|owner| owner.uid.as_str()).collect()
}

#[test]
fn matches_ref_by_name_kind_and_group() {
    let set = set_with(Some(("Delete", "Delete")));
    // A reference of this name goes whatever its uid; of another name, kind or group it stays.
    let owners = [
        (Kind::StatefulSet, "foo", "set-uid", true),
        (Kind::StatefulSet, "bar", "bar-uid", false),
        (Kind::Deployment, "foo", "deployment-uid", false),
        (Kind::Pod, "foo-1", "pod-1-uid", false),
    ];
    let mut claim = claim_of(&owners);
    update_claim_owner_ref_for_set_and_pod(&mut claim, &set, claim_pod(3));
    assert_eq!(uids(&claim), ["bar-uid", "deployment-uid", "pod-1-uid", "pod-uid"]);
}

/// The table of A70: who owns a claim, by policy and by whether the pod is beyond the replicas.
fn wanted(policy: Option<(&str, &str)>, condemned: bool) -> &'static [&'static str] {
    match (policy.unwrap_or(("Retain", "Retain")), condemned) {
        (("Delete", _), true) => &["pod-uid"],
        ((_, "Delete"), _) => &["set-uid"],
        _ => &[],
    }
}

#[test]
fn is_claim_owner_up_to_date_by_policy() {
    let states: [&[Owner]; 4] = [&[], &[SET], &[POD], &[SET, POD]];
    for policy in fixture::POLICIES {
        let set = set_with(policy);
        for (ordinal, condemned) in [(0, false), (3, true)] {
            for owners in states {
                let claim = claim_of(owners);
                // Two controllers are one too many, whoever they are.
                let expected = uids(&claim) == wanted(policy, condemned);
                let got = is_claim_owner_up_to_date(&claim, &set, claim_pod(ordinal));
                assert_eq!(got, expected, "{policy:?} {condemned} {owners:?}");
            }
        }
    }
}

#[test]
fn claim_owner_up_to_date_edge_cases() {
    let set = set_with(Some(("Delete", "Delete")));
    let loose = |(kind, name, uid, _)| (kind, name, uid, false);
    let stranger = (Kind::Deployment, "other", "other-uid", true);
    let cases: [(&str, &[Owner], bool); 9] = [
        ("the set's reference is no controller's", &[loose(SET)], false),
        ("the pod's reference is no controller's", &[SET, loose(POD)], false),
        ("an earlier set's", &[(Kind::StatefulSet, "foo", "old", true)], true),
        ("an earlier pod's", &[(Kind::Pod, "foo-0", "old", true)], true),
        ("an earlier pod's beside the set's", &[SET, (Kind::Pod, "foo-0", "old", true)], true),
        ("another controller's alone", &[stranger], true),
        ("another controller's beside the set's", &[stranger, SET], false),
        ("another controller's beside the pod's", &[stranger, POD], false),
        ("a stranger's that is no controller's", &[SET, loose(stranger)], true),
    ];
    for (what, owners, expected) in cases {
        assert_eq!(is_claim_owner_up_to_date(&claim_of(owners), &set, claim_pod(0)), expected, "{what}");
    }
}

#[test]
fn update_claim_owner_ref_for_set_and_pod_by_policy() {
    let stranger = (Kind::ConfigMap, "other", "other-uid", false);
    let states: [&[Owner]; 5] =
        [&[], &[SET], &[POD], &[SET, POD], &[(Kind::StatefulSet, "foo", "set-uid", false)]];
    for policy in fixture::POLICIES {
        let set = set_with(policy);
        for (ordinal, condemned) in [(0, false), (3, true)] {
            for owners in states {
                let mut claim = claim_of(&[owners, &[stranger]].concat());
                update_claim_owner_ref_for_set_and_pod(&mut claim, &set, claim_pod(ordinal));
                let expected = [&["other-uid"], wanted(policy, condemned)].concat();
                assert_eq!(uids(&claim), expected, "{policy:?} {condemned} {owners:?}");
                assert!(is_claim_owner_up_to_date(&claim, &set, claim_pod(ordinal)));
            }
        }
    }
}

#[test]
fn update_claim_controller_ref() {
    let set = set_with(Some(("Retain", "Delete")));
    let mut claim = claim_of(&[(Kind::StatefulSet, "foo", "set-uid", false)]);
    update_claim_owner_ref_for_set_and_pod(&mut claim, &set, claim_pod(0));
    let owner = controller_of(&claim.metadata).expect("a controller");
    let expected = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "foo", "uid": "set-uid",
        "controller": true, "blockOwnerDeletion": true,
    });
    assert_eq!(json!(owner), expected);
}

#[test]
fn has_owner_ref_and_non_controller() {
    // Seen through what depends on it: a reference of the uid counts, a loose one has to be rewritten.
    let set = set_with(Some(("Retain", "Delete")));
    for (owner, up_to_date) in [(SET, true), ((SET.0, SET.1, SET.2, false), false)] {
        assert_eq!(is_claim_owner_up_to_date(&claim_of(&[owner]), &set, claim_pod(0)), up_to_date);
    }
}

#[test]
fn has_unexpected_controller_by_policy() {
    let cases: [(&[Owner], bool); 7] = [
        (&[], false),
        (&[SET], false),
        (&[POD], false),
        (&[(Kind::StatefulSet, "foo", "other", true)], true),
        (&[(Kind::Pod, "foo-0", "other", false)], true),
        (&[(Kind::Deployment, "d", "d-uid", true)], true),
        (&[(Kind::Deployment, "d", "d-uid", false)], false),
    ];
    for policy in fixture::POLICIES {
        let set = set_with(policy);
        let manages = policy.is_some_and(|policy| policy != ("Retain", "Retain"));
        for (owners, unexpected) in cases {
            let got = has_unexpected_controller(&claim_of(owners), &set, claim_pod(0));
            assert_eq!(got, manages && unexpected, "{policy:?} {owners:?}");
        }
    }
}

#[test]
fn has_stale_owner_ref_of_an_earlier_object() {
    let cases: [(&[Owner], bool); 4] = [
        (&[], false),
        (&[POD], false),
        (&[(Kind::Pod, "foo-0", "other", true)], true),
        (&[(Kind::Pod, "foo-1", "other", true)], false),
    ];
    for (owners, stale) in cases {
        assert_eq!(
            has_stale_owner_ref(&claim_of(owners), Kind::Pod, "foo-0", "pod-uid"),
            stale,
            "{owners:?}"
        );
    }
    assert!(
        has_stale_owner_ref(&claim_of(&[POD]), Kind::Pod, "foo-0", ""),
        "a pod not stored has no uid yet"
    );
}

#[test]
fn is_running_and_ready_needs_both() {
    let condition = |status: &str| json!([{"type": "Ready", "status": status}]);
    let cases = [
        (json!({}), false),
        (json!({"phase": "Pending", "conditions": condition("True")}), false),
        (json!({"phase": "Running"}), false),
        (json!({"phase": "Running", "conditions": condition("False")}), false),
        (json!({"phase": "Running", "conditions": condition("True")}), true),
    ];
    for (status, expected) in cases {
        let pod: Pod =
            typed(json!({"metadata": {"name": "foo-0"}, "spec": {"containers": []}, "status": status}));
        assert_eq!(is_running_and_ready(&pod), expected, "{status}");
    }
}

#[test]
fn ascending_ordinal() {
    let set = set();
    let mut pods: Vec<Pod> = [10, 2, 1, 0].into_iter().map(|ordinal| pod_of(&set, ordinal)).collect();
    pods.sort_by_key(get_ordinal);
    let names: Vec<&str> = pods.iter().map(|pod| pod.name()).collect();
    assert_eq!(names, ["foo-0", "foo-1", "foo-2", "foo-10"], "by number, not by text");
}

#[test]
fn new_pod_controller_ref() {
    let set = set();
    let pod = pod_of(&set, 1);
    let owner = controller_of(&pod.metadata).expect("a controller");
    assert_eq!(
        (owner.kind.as_str(), owner.name.as_str(), owner.uid.as_str()),
        ("StatefulSet", "foo", "set-uid")
    );
    assert_eq!((owner.api_version.as_str(), owner.block_owner_deletion), ("apps/v1", Some(true)));
    assert_eq!(pod.metadata.generate_name.as_deref(), Some("foo-"));
}

#[test]
fn create_apply_revision() {
    let old = set();
    let first = new_revision(&old, get_patch(&old, Features::default()), 1, 0);
    assert_eq!(json!(first.metadata.annotations), json!({"note": "set"}), "the set's annotations");
    let mut new = old.clone();
    let spec = new.spec.as_mut().expect("a spec");
    spec.template.spec.as_mut().expect("a spec").containers[0].image = Some("foo".to_owned());
    spec.service_name = Some("other".to_owned());
    spec.update_strategy = Some(
        typed::<StatefulSet>(json!({
            "metadata": {"name": "foo"},
            "spec": {
                "selector": {}, "template": {},
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}},
            },
        }))
        .spec
        .expect("a spec")
        .update_strategy
        .expect("a strategy"),
    );
    let second = new_revision(&new, get_patch(&new, Features::default()), 2, 0);
    // Only the template is the old one's; the rest is the set's as it is now.
    let pod = new_versioned_stateful_set_pod(&new, &first, &second, 0).expect("a pod");
    let spec = pod.spec.expect("a spec");
    assert_eq!(
        (spec.containers[0].image.as_deref(), spec.subdomain.as_deref()),
        (Some("nginx"), Some("other"))
    );
    let pod = new_versioned_stateful_set_pod(&new, &first, &second, 1).expect("a pod");
    assert_eq!(pod.spec.expect("a spec").containers[0].image.as_deref(), Some("foo"));
}

#[test]
fn rolling_update_apply_revision() {
    let mut set = set();
    let mut revisions = Vec::new();
    for value in ["one", "two", "three"] {
        let container =
            &mut set.spec.as_mut().expect("a spec").template.spec.as_mut().expect("a spec").containers[0];
        container.env = Some(vec![k8s_openapi::api::core::v1::EnvVar {
            name: "NAME".to_owned(),
            value: Some(value.to_owned()),
            ..Default::default()
        }]);
        revisions.push((
            new_revision(&set, get_patch(&set, Features::default()), 1, 0),
            get_patch(&set, Features::default()),
        ));
    }
    for (index, (revision, _)) in revisions.iter().enumerate() {
        let same: Vec<bool> =
            revisions.iter().map(|(_, data)| is_equivalent(revision, data, Features::default())).collect();
        let expected: Vec<bool> = (0..3).map(|other| other == index).collect();
        assert_eq!(same, expected, "a revision gives back its own template and no other");
    }
}

#[test]
fn get_persistent_volume_claims_merges_labels() {
    // (the template's labels, the claim's): the selector's win.
    let cases = [
        (json!(null), json!({"foo": "bar"})),
        (json!({"tier": "db"}), json!({"tier": "db", "foo": "bar"})),
        (json!({"foo": "own"}), json!({"foo": "bar"})),
    ];
    for (labels, expected) in cases {
        let mut set = fixture::set(1);
        set["metadata"]["namespace"] = json!("default");
        set["spec"]["volumeClaimTemplates"][0]["metadata"]["labels"] = labels;
        let set: StatefulSet = typed(set);
        let claims: Vec<PersistentVolumeClaim> = get_persistent_volume_claims(&set, 7).collect();
        assert_eq!((claims.len(), claims[0].name(), claims[0].namespace()), (1, "datadir-foo-7", "default"));
        assert_eq!(json!(claims[0].metadata.labels), expected);
    }
}

#[test]
fn get_stateful_set_max_unavailable_rounds_down() {
    let text = |text: &str| Some(IntOrString::String(text.to_owned()));
    let cases = [
        (None, 10, 1),
        (Some(IntOrString::Int(3)), 10, 3),
        (Some(IntOrString::Int(3)), 0, 3),
        (Some(IntOrString::Int(0)), 0, 1),
        (text("10%"), 25, 2),
        (text("100%"), 5, 5),
        (text("50%"), 5, 2),
        (text("10%"), 5, 1),
        (text("1%"), 0, 1),
        (text("0%"), 25, 1),
    ];
    for (given, replicas, expected) in cases {
        assert_eq!(
            get_stateful_set_max_unavailable(given.as_ref(), replicas),
            expected,
            "{given:?} {replicas}"
        );
    }
}

#[test]
fn overlapping_stateful_sets_keep_their_own_pods() {
    // Upstream sorts overlapping sets by age to warn of them; what counts is that a pod's name decides (K41, K42).
    let (foo, mut foo_1) = (set(), set());
    foo_1.metadata.name = Some("foo-1".to_owned());
    let pods = [Arc::new(pod_of(&foo, 1)), Arc::new(pod_of(&foo_1, 0))];
    let members = pods.map(|pod| (is_member_of(&foo, &pod), is_member_of(&foo_1, &pod)));
    assert_eq!(members, [(true, false), (false, true)]);
}
