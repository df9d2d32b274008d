//! Volumes and storage classes that claims name and the dump does not have: both are cluster-scoped, so a dump of a
//! namespace lacks them.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::{Kind, Resource};
use serde_json::{Value, json};

use super::{Assumption, Import, class_of, volume_of};

/// On a claim: who is to make its volume; the second one is what older clusters wrote.
const STORAGE_PROVISIONER: [&str; 2] =
    ["volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner"];
/// On a volume: who made it.
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";
/// On a claim: the node of its pod, where its class waits for one.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// On the class that claims get which name none.
const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";
/// The driver of a volume of which nothing is known.
const UNKNOWN_DRIVER: &str = "unknown";

pub(super) fn settle(import: &mut Import) {
    make_volumes(import);
    make_classes(import);
}

fn make_volumes(import: &mut Import) {
    let claims: Vec<PersistentVolumeClaim> = import.list::<PersistentVolumeClaim>().cloned().collect();
    for claim in &claims {
        let Some(name) = volume_of(claim) else { continue };
        let phase = claim.status.as_ref().and_then(|status| status.phase.as_deref());
        if phase == Some("Bound") && !import.has(Kind::PersistentVolume, "", name) {
            import.make(Kind::PersistentVolume, volume(name, claim));
            let volume = name.to_owned();
            import.assume(Assumption::VolumeMade { volume, claim: claim.key() });
        }
    }
}

fn volume(name: &str, claim: &PersistentVolumeClaim) -> Value {
    let status = claim.status.clone().unwrap_or_default();
    let spec = claim.spec.clone().unwrap_or_default();
    let provisioner = provisioner_of(claim);
    let mut finalizers = vec!["kubernetes.io/pv-protection"];
    let mut annotations = BTreeMap::new();
    if let Some(provisioner) = provisioner {
        finalizers.push("external-provisioner.volume.kubernetes.io/finalizer");
        annotations.insert(PROVISIONED_BY, provisioner);
    }
    json!({
        "metadata": {
            "name": name,
            "annotations": annotations,
            "creationTimestamp": claim.metadata.creation_timestamp,
            "finalizers": finalizers,
        },
        "spec": {
            "accessModes": status.access_modes.or(spec.access_modes),
            "capacity": status.capacity,
            "claimRef": {
                "apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "namespace": claim.namespace(), "name": claim.name(), "uid": claim.uid(),
            },
            "csi": {"driver": provisioner.unwrap_or(UNKNOWN_DRIVER), "volumeHandle": name},
            "persistentVolumeReclaimPolicy": if provisioner.is_some() { "Delete" } else { "Retain" },
            "storageClassName": spec.storage_class_name.unwrap_or_default(),
            "volumeMode": spec.volume_mode.as_deref().unwrap_or("Filesystem"),
        },
        "status": {"phase": "Bound"},
    })
}

fn annotation<'m>(meta: &'m ObjectMeta, key: &str) -> Option<&'m str> {
    meta.annotations.as_ref()?.get(key).map(String::as_str)
}

fn provisioner_of(claim: &PersistentVolumeClaim) -> Option<&str> {
    STORAGE_PROVISIONER.iter().find_map(|key| annotation(&claim.metadata, key))
}

fn templates(import: &Import) -> impl Iterator<Item = (&StatefulSet, &PersistentVolumeClaim)> {
    import.list::<StatefulSet>().flat_map(move |set| {
        let templates = set.spec.as_ref().and_then(|spec| spec.volume_claim_templates.as_deref());
        templates.unwrap_or_default().iter().map(move |template| (set, template))
    })
}

fn make_classes(import: &mut Import) {
    let asked = import.list::<PersistentVolumeClaim>().chain(templates(import).map(|(_, claim)| claim));
    let names: BTreeSet<String> = asked.filter_map(class_of).map(str::to_owned).collect();
    for name in names {
        if import.has(Kind::StorageClass, "", &name) {
            continue;
        }
        match class(import, &name) {
            Some((value, assumption)) => {
                import.make(Kind::StorageClass, value);
                import.assume(assumption);
            }
            None => import.assume(Assumption::ClassUnknown { class: name }),
        }
    }
}

/// The class as its claims and volumes show it.
fn class(import: &Import, name: &str) -> Option<(Value, Assumption)> {
    let claims = || import.list::<PersistentVolumeClaim>().filter(|claim| class_of(claim) == Some(name));
    let of_class = |volume: &&PersistentVolume| {
        volume.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()) == Some(name)
    };
    let volumes = || import.list::<PersistentVolume>().filter(of_class);
    let made_by = || volumes().find_map(|volume| annotation(&volume.metadata, PROVISIONED_BY));
    let provisioner = claims().find_map(provisioner_of).or_else(made_by)?;
    let waits = claims().any(|claim| annotation(&claim.metadata, SELECTED_NODE).is_some());
    let policy = volumes()
        .find_map(|volume| volume.spec.as_ref()?.persistent_volume_reclaim_policy.clone())
        .unwrap_or_else(|| "Delete".to_owned());
    let default = is_default(import, name);
    let value = json!({
        "metadata": {
            "name": name,
            "annotations": if default { json!({DEFAULT_CLASS: "true"}) } else { json!({}) },
        },
        "provisioner": provisioner,
        "reclaimPolicy": policy,
        "volumeBindingMode": if waits { "WaitForFirstConsumer" } else { "Immediate" },
    });
    let (class, provisioner) = (name.to_owned(), provisioner.to_owned());
    Some((value, Assumption::ClassMade { class, provisioner, default }))
}

/// Whether claims got the class whose templates name none.
fn is_default(import: &Import, class: &str) -> bool {
    templates(import).filter(|(_, template)| class_of(template).is_none()).any(|(set, template)| {
        let prefix = format!("{}-{}-", template.name(), set.name());
        import.list::<PersistentVolumeClaim>().any(|claim| {
            let ordinal = claim.name().strip_prefix(&prefix).and_then(|rest| rest.parse::<u32>().ok());
            claim.namespace() == set.namespace() && ordinal.is_some() && class_of(claim) == Some(class)
        })
    })
}
