//! The ConfigMaps and Secrets that pods are configured by: a dump seldom has them, and without them no pod would start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use machinery::{Object, ObjectKey};
use node::references::{self, Reference};
use serde_json::json;

use super::{Assumption, Import};

pub(super) fn settle(import: &mut Import) {
    for (object, keys) in needed(&import.objects) {
        let (kind, namespace, name) = (object.kind, &*object.namespace, &*object.name);
        let place = import
            .objects
            .iter()
            .position(|o| o.kind() == kind && o.namespace() == namespace && o.name() == name);
        match place.map(|place| &mut import.objects[place]) {
            // What a Secret holds is not taken from a dump.
            Some(Object::Secret(secret)) => fill(Arc::make_mut(secret), keys),
            Some(_) => {}
            None => {
                let data: BTreeMap<String, &str> = keys.into_iter().map(|key| (key, "")).collect();
                import.make(kind, json!({"metadata": {"namespace": namespace, "name": name}, "data": data}));
                import.assume(Assumption::SettingsMade { object });
            }
        }
    }
}

/// What pods refer to and cannot do without, and the keys that it must have.
fn needed(objects: &[Object]) -> BTreeMap<ObjectKey, BTreeSet<String>> {
    let mut needed: BTreeMap<ObjectKey, BTreeSet<String>> = BTreeMap::new();
    for (namespace, spec) in objects.iter().filter_map(|o| Some((o.namespace(), o.pod_spec()?))) {
        let all = references::of_pod(spec).filter(|reference| !reference.is_optional);
        for Reference { kind, name, items, .. } in all {
            let keys = items.into_iter().map(|(key, _)| key.to_owned());
            needed.entry(ObjectKey::new(kind, namespace, name)).or_default().extend(keys);
        }
    }
    needed
}

fn fill(secret: &mut Secret, keys: BTreeSet<String>) {
    if !keys.is_empty() {
        let data = secret.data.get_or_insert_default();
        for key in keys {
            data.entry(key).or_insert(ByteString(Vec::new()));
        }
    }
}
