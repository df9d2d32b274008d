//! controller_history_test.go: revisions listed, created, renumbered, deleted, adopted, found equal, sorted.

use std::sync::Arc;

use controllers::history::{
    adopt_controller_revision, controller_revision_name, create_controller_revision,
    delete_controller_revision, find_equal_revisions, hash_controller_revision, list_controller_revisions,
    sort_controller_revisions, update_controller_revision,
};
use controllers::statefulset::stateful_set_utils::{get_patch, new_revision};
use k8s_openapi::api::apps::v1::ControllerRevision;
use machinery::labels::Selector;
use machinery::object::controller_of;
use machinery::version::Features;
use machinery::{Kind, Resource, Status};
use serde_json::json;

use crate::fixture::{Fixture, set};
use crate::harness::Refuse;

/// A set without pods, and so far without revisions.
fn fixture() -> Fixture {
    Fixture::new(Features::default(), set(0))
}

fn selector(fixture: &Fixture) -> Selector {
    Selector::from_spec(&fixture.set().spec.expect("a spec").selector).expect("a selector")
}

/// The revision of the set's template, not stored.
fn revision(fixture: &Fixture, number: i64) -> ControllerRevision {
    let set = fixture.set();
    new_revision(&set, get_patch(&set, Features::default()), number, 0)
}

fn create(
    fixture: &mut Fixture,
    revision: ControllerRevision,
    collisions: &mut i32,
) -> Result<Arc<ControllerRevision>, client::Error> {
    let meta = fixture.set().metadata;
    fixture.cluster.with_context(|cx, _| create_controller_revision(cx, &meta, revision, collisions))
}

fn stored(fixture: &mut Fixture, number: i64) -> Arc<ControllerRevision> {
    let revision = revision(fixture, number);
    create(fixture, revision, &mut 0).expect("is created")
}

fn listed(fixture: &mut Fixture) -> Vec<String> {
    fixture.cluster.deliver();
    let (meta, selector) = (fixture.set().metadata, selector(fixture));
    let found = fixture.cluster.with_context(|cx, _| list_controller_revisions(cx, &meta, &selector));
    found.iter().map(|revision| revision.name().to_owned()).collect()
}

#[test]
fn real_history_list_controller_revisions() {
    let mut fixture = fixture();
    assert_eq!(listed(&mut fixture), [] as [&str; 0]);
    let own = stored(&mut fixture, 1).name().to_owned();
    let other_owner = json!([{
        "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "x", "uid": "x", "controller": true,
    }]);
    for (name, labels, owners) in [
        ("orphan", json!({"foo": "bar"}), json!(null)),
        ("others", json!({"foo": "bar"}), other_owner),
        ("unmatched", json!({"foo": "x"}), json!(null)),
    ] {
        fixture.cluster.create(json!({
            "apiVersion": "apps/v1", "kind": "ControllerRevision",
            "metadata": {"name": name, "labels": labels, "ownerReferences": owners}, "data": {}, "revision": 2,
        }));
    }
    assert_eq!(
        listed(&mut fixture),
        [own.as_str(), "orphan"],
        "owned or nobody's, and only those that match"
    );
}

#[test]
fn real_history_create_controller_revision() {
    let mut fixture = fixture();
    let first = stored(&mut fixture, 1);
    let data = &first.data.as_ref().expect("data").0;
    assert_eq!(first.name(), controller_revision_name("foo", &hash_controller_revision(data, 0)));
    let owner = controller_of(&first.metadata).expect("an owner");
    assert_eq!((owner.name.as_str(), owner.uid.as_str()), ("foo", fixture.set().uid()));
    let labels = first.metadata.labels.clone().unwrap_or_default();
    assert_eq!(labels["controller.kubernetes.io/hash"], hash_controller_revision(data, 0));
    assert_eq!(labels["foo"], "bar", "the template's labels");

    // Equal data under the same name: that object is used, and no collision counted.
    let mut collisions = 0;
    let revision = revision(&fixture, 1);
    let again = create(&mut fixture, revision, &mut collisions).expect("is used again");
    assert_eq!((again.uid(), collisions), (first.uid(), 0));

    // Other data under the same names: the next count gives the next name; the hash label keeps the first hash.
    fixture.set_image("foo");
    let second = self::revision(&fixture, 2);
    let data = second.data.as_ref().expect("data").0.clone();
    for count in 0..2 {
        fixture.cluster.create(json!({
            "apiVersion": "apps/v1", "kind": "ControllerRevision",
            "metadata": {"name": controller_revision_name("foo", &hash_controller_revision(&data, count))},
            "data": {"taken": count}, "revision": 1,
        }));
    }
    let created = create(&mut fixture, second, &mut collisions).expect("finds a free name");
    assert_eq!(collisions, 2);
    assert_eq!(created.name(), controller_revision_name("foo", &hash_controller_revision(&data, 2)));
    let label = &created.metadata.labels.as_ref().expect("labels")["controller.kubernetes.io/hash"];
    assert_eq!(*label, hash_controller_revision(&data, 0));

    let status = Status::internal("no");
    fixture.cluster.refuse(Refuse {
        verb: "create",
        kind: Kind::ControllerRevision,
        after: 0,
        times: 1,
        status,
    });
    let revision = self::revision(&fixture, 3);
    create(&mut fixture, revision, &mut collisions).expect_err("another refusal is returned");
}

#[test]
fn collisions_are_counted_in_the_status() {
    let mut fixture = fixture();
    let data = get_patch(&fixture.set(), Features::default());
    fixture.cluster.create(json!({
        "apiVersion": "apps/v1", "kind": "ControllerRevision",
        "metadata": {"name": controller_revision_name("foo", &hash_controller_revision(&data, 0))},
        "data": {"taken": true}, "revision": 1,
    }));
    fixture.sync();
    assert_eq!(fixture.status().collision_count, Some(1));
    assert_eq!(fixture.choice(), machinery::decision::RevisionChoice::Created { collisions: 1 });
    let name = controller_revision_name("foo", &hash_controller_revision(&data, 1));
    assert_eq!(fixture.status().update_revision, Some(name));
    // The count stays, and the data is still recognised.
    fixture.scale(1);
    fixture.sync();
    assert_eq!((fixture.status().collision_count, fixture.revisions().len()), (Some(1), 2));
}

#[test]
fn real_history_update_controller_revision() {
    let mut fixture = fixture();
    let first = stored(&mut fixture, 1);
    let update = |fixture: &mut Fixture, revision: &Arc<ControllerRevision>, number| {
        fixture.cluster.with_context(|cx, _| update_controller_revision(cx, revision, number))
    };
    fixture.cluster.calls();
    let same = update(&mut fixture, &first, 1).expect("nothing to do");
    assert_eq!((same.revision, fixture.cluster.calls()), (1, vec![]));
    assert_eq!(update(&mut fixture, &first, 2).expect("renumbered").revision, 2);
    // Stale by now: a conflict, and tried again on what is stored.
    assert_eq!(update(&mut fixture, &first, 3).expect("retried").revision, 3);
    assert_eq!(fixture.revisions()[0].revision, 3);
}

#[test]
fn real_history_delete_controller_revision() {
    let mut fixture = fixture();
    let first = stored(&mut fixture, 1);
    let delete =
        |fixture: &mut Fixture| fixture.cluster.with_context(|cx, _| delete_controller_revision(cx, &first));
    delete(&mut fixture).expect("is deleted");
    assert_eq!(fixture.revisions().len(), 0);
    delete(&mut fixture).expect_err("not found");
}

#[test]
fn real_history_adopt_controller_revision() {
    let mut fixture = fixture();
    let first = stored(&mut fixture, 1);
    let no_owner = json!({"metadata": {"ownerReferences": null}});
    fixture.cluster.patch(Kind::ControllerRevision, first.name(), no_owner);
    let set = fixture.set();
    let adopt = |fixture: &mut Fixture| {
        fixture.cluster.with_context(|cx, _| adopt_controller_revision(cx, &set, &first))
    };
    let adopted = adopt(&mut fixture).expect("is adopted");
    assert_eq!(controller_of(&adopted.metadata).map(|owner| owner.uid.as_str()), Some(set.uid()));
    // Another's stays another's: the API server takes one controller.
    let owner = json!([{
        "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "x", "uid": "x", "controller": true,
    }]);
    let others = json!({"metadata": {"ownerReferences": owner}});
    fixture.cluster.patch(Kind::ControllerRevision, first.name(), others);
    adopt(&mut fixture).expect_err("it is owned");
    fixture.cluster.delete(Kind::ControllerRevision, first.name(), Default::default());
    adopt(&mut fixture).expect_err("it is gone");
}

#[test]
fn real_history_release_controller_revision() {
    // Nothing ever releases a revision but its deletion with the set: one whose labels stop to match is no longer listed,
    // and keeps its owner, as upstream's StatefulSet controller leaves it.
    let mut fixture = fixture();
    let first = stored(&mut fixture, 1);
    fixture.cluster.patch(
        Kind::ControllerRevision,
        first.name(),
        json!({"metadata": {"labels": {"foo": "x"}}}),
    );
    assert_eq!(listed(&mut fixture), [] as [&str; 0]);
    fixture.sync();
    let kept = fixture.get::<ControllerRevision>(first.name()).expect("is kept");
    assert!(controller_of(&kept.metadata).is_some());
    // The next revision of the same template is the same object again.
    assert_eq!(fixture.status().update_revision.as_deref(), Some(first.name()));
}

#[test]
fn find_equal_revisions_by_data() {
    let mut fixture = fixture();
    let first = stored(&mut fixture, 1);
    fixture.set_image("foo");
    let second = stored(&mut fixture, 2);
    let mut third = (*first).clone();
    third.metadata.name = Some("foo-other".to_owned());
    let revisions = [first.clone(), second.clone(), Arc::new(third)];
    let equal = |data: &ControllerRevision| -> Vec<String> {
        let data = &data.data.as_ref().expect("data").0;
        find_equal_revisions(&revisions, data).iter().map(|revision| revision.name().to_owned()).collect()
    };
    assert_eq!(equal(&first), [first.name(), "foo-other"]);
    assert_eq!(equal(&second), [second.name()]);
}

#[test]
fn sort_controller_revisions_by_number_age_and_name() {
    let revision = |name: &str, number: i64, second: i64| {
        let mut revision = ControllerRevision { revision: number, ..Default::default() };
        revision.metadata.name = Some(name.to_owned());
        let created = jiff::Timestamp::from_second(second).expect("a time");
        revision.metadata.creation_timestamp = Some(machinery::time::seconds(created));
        Arc::new(revision)
    };
    let mut revisions = [
        revision("e", 3, 0),
        revision("d", 2, 9),
        revision("c", 2, 1),
        revision("b", 1, 5),
        revision("a", 1, 5),
    ];
    sort_controller_revisions(&mut revisions);
    assert_eq!(revisions.map(|revision| revision.name().to_owned()), ["a", "b", "c", "d", "e"]);
}
