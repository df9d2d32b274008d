//! Owners that the dump does not have: without them the garbage collector would remove what they own.

use std::collections::BTreeSet;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use machinery::object::controller_of;
use machinery::{Kind, ObjectKey, Resource};

use super::{Assumption, Import};

pub(super) fn settle(import: &mut Import) {
    drop_missing(import);
    count_pods(import);
}

fn drop_missing(import: &mut Import) {
    let uids: BTreeSet<String> = import.objects.iter().map(|object| object.uid().to_owned()).collect();
    let mut missing = Vec::new();
    for object in &mut import.objects {
        let key = object.key();
        let mut dropped = |kind: Kind, name: &str| {
            let namespace = if kind.is_namespaced() { &key.namespace } else { "" };
            let owner = ObjectKey::new(kind, namespace, name);
            missing.push(Assumption::Ownerless { object: key.clone(), owner });
        };
        let is_missing = |owner: &OwnerReference| !uids.contains(&owner.uid);
        if !object.meta().owner_references.iter().flatten().any(is_missing) {
            continue;
        }
        let Some(owners) = &mut object.meta_mut().owner_references else { continue };
        owners.retain(|owner| {
            // An owner of a kind that is not simulated counts as existing.
            let kind = Kind::from_api(&owner.api_version, &owner.kind).filter(|_| is_missing(owner));
            kind.is_none_or(|kind| {
                dropped(kind, &owner.name);
                false
            })
        });
    }
    import.assumptions.extend(missing);
}

fn count_pods(import: &mut Import) {
    let mut fewer = Vec::new();
    for set in import.list::<StatefulSet>() {
        let counted = set.status.as_ref().map_or(0, |status| usize::try_from(status.replicas).unwrap_or(0));
        let is_own = |pod: &&Pod| controller_of(&pod.metadata).is_some_and(|owner| owner.uid == set.uid());
        let found = import.list::<Pod>().filter(is_own).count();
        if found < counted {
            fewer.push(Assumption::FewerPods { set: set.key(), counted, found });
        }
    }
    import.assumptions.extend(fewer);
}
