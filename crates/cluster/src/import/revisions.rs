//! ControllerRevisions that are missing, or that say the same in other words.
//!
//! A set whose status has seen its newest generation says itself which revision records its template: whatever that one
//! holds means the template, or the controller would have made another. Without this, a field that is not simulated, or
//! the `creationTimestamp: null` of another version, would begin a rollout.

use std::sync::Arc;

use controllers::history::{CONTROLLER_REVISION_HASH_LABEL, revision_data};
use controllers::statefulset::stateful_set_utils::{get_patch, is_equivalent, new_revision};
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet, StatefulSetStatus};
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use machinery::object::controller_of;
use machinery::version::Features;
use machinery::{Kind, Object, Resource};

use super::{Assumption, Import};

pub(super) fn settle(import: &mut Import, features: Features) {
    let sets: Vec<StatefulSet> = import.list::<StatefulSet>().cloned().collect();
    for set in &sets {
        let Some(status) = set.status.as_ref() else { continue };
        if status.observed_generation == set.metadata.generation {
            settle_update(import, set, status.update_revision.as_deref().unwrap_or_default(), features);
        }
        for name in [&status.current_revision, &status.update_revision].into_iter().flatten() {
            if !import.has(Kind::ControllerRevision, set.namespace(), name) {
                let (set, revision) = (set.key(), name.clone());
                import.assume(Assumption::RevisionUnknown { set, revision });
            }
        }
    }
}

/// Sees to it that the update revision records the set's template.
fn settle_update(import: &mut Import, set: &StatefulSet, name: &str, features: Features) {
    if name.is_empty() {
        return;
    }
    let data = get_patch(set, features);
    let revision = |object: &&mut Object| {
        object.kind() == Kind::ControllerRevision
            && object.namespace() == set.namespace()
            && object.name() == name
    };
    let found = import.objects.iter_mut().find(revision);
    let (set_key, revision) = (set.key(), name.to_owned());
    let Some(Object::ControllerRevision(found)) = found else {
        let made = make(import, set, name, features);
        import.objects.push(made.into());
        return import.assume(Assumption::RevisionMade { set: set_key, revision });
    };
    let means = features.revisions_are_compared_by_meaning() && is_equivalent(found, &data, features);
    if revision_data(found) != Some(&data) && !means {
        Arc::make_mut(found).data = Some(RawExtension(data));
        import.assume(Assumption::RevisionRead { set: set_key, revision });
    }
}

fn make(import: &Import, set: &StatefulSet, name: &str, features: Features) -> ControllerRevision {
    let is_own =
        |r: &&ControllerRevision| controller_of(&r.metadata).is_some_and(|owner| owner.uid == set.uid());
    let newest = import.list::<ControllerRevision>().filter(is_own).map(|r| r.revision).max().unwrap_or(0);
    let collisions = set.status.as_ref().map_or(0, |s: &StatefulSetStatus| s.collision_count.unwrap_or(0));
    let mut made = new_revision(set, get_patch(set, features), newest.saturating_add(1), collisions);
    let hash = name.strip_prefix(set.name()).and_then(|rest| rest.strip_prefix('-')).unwrap_or(name);
    made.metadata.name = Some(name.to_owned());
    made.metadata.creation_timestamp = set.metadata.creation_timestamp.clone();
    let labels = made.metadata.labels.get_or_insert_default();
    labels.insert(CONTROLLER_REVISION_HASH_LABEL.to_owned(), hash.to_owned());
    made
}
