//! What the page remembers of the cluster's past: a revision's tone, a pod's earlier address, a set that is gone.
//!
//! Invariant: it is made of what was seen, in the order in which it was seen, and never asked for what is true now.

use std::collections::BTreeMap;

use client::Listers;
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use machinery::object::controller_of;
use machinery::{ObjectKey, Resource};

/// How many tones there are: colours with their patterns, `web/styles/revision.css`.
pub const TONES: usize = 6;

/// The address that a pod's name stands for, and the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Address {
    now: String,
    was: Option<String>,
}

/// What is needed to draw a set's claims once the set is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSet {
    /// `spec.serviceName`.
    pub service: String,
    /// Names of `spec.volumeClaimTemplates`.
    pub templates: Vec<String>,
}

/// The memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    seen: u64,
    // The revisions of a set (by its uid), in the order in which they appeared.
    revisions: BTreeMap<String, Vec<String>>,
    addresses: BTreeMap<ObjectKey, Address>,
    sets: BTreeMap<ObjectKey, KnownSet>,
}

impl Memory {
    /// Looks at the cluster as it is now.
    pub fn observe(&mut self, objects: &Listers) {
        if self.seen == objects.resource_version() {
            return;
        }
        self.seen = objects.resource_version();
        for set in objects.list::<StatefulSet>("") {
            self.sets.insert(set.key(), KnownSet::of(set));
        }
        for revision in objects.list::<ControllerRevision>("") {
            let Some(owner) = controller_of(&revision.metadata) else { continue };
            let known = self.revisions.entry(owner.uid.clone()).or_default();
            if !known.iter().any(|name| name == revision.name()) {
                known.push(revision.name().to_owned());
            }
        }
        for pod in objects.list::<Pod>("") {
            let Some(ip) = pod.status.as_ref().and_then(|status| status.pod_ip.as_deref()) else { continue };
            let address = self.addresses.entry(pod.key()).or_default();
            if address.now != ip {
                let before = std::mem::replace(&mut address.now, ip.to_owned());
                address.was = Some(before).filter(|before| !before.is_empty());
            }
        }
    }

    /// The tone of a set's revision: the same as long as the set lives.
    pub fn tone(&self, set_uid: &str, revision: &str) -> usize {
        let known = self.revisions.get(set_uid);
        known.and_then(|names| names.iter().position(|name| name == revision)).unwrap_or(0) % TONES
    }

    /// The address that the pod's name had before the present one.
    pub fn earlier_address(&self, pod: &ObjectKey) -> Option<&str> {
        self.addresses.get(pod).and_then(|address| address.was.as_deref())
    }

    /// Every set that was ever seen.
    pub fn sets(&self) -> impl Iterator<Item = (&ObjectKey, &KnownSet)> {
        self.sets.iter()
    }
}

impl KnownSet {
    /// What the set's spec says.
    pub fn of(set: &StatefulSet) -> KnownSet {
        let spec = set.spec.as_ref();
        let templates = spec.and_then(|spec| spec.volume_claim_templates.as_deref()).unwrap_or_default();
        KnownSet {
            service: spec.and_then(|spec| spec.service_name.clone()).unwrap_or_default(),
            templates: templates.iter().map(|claim| claim.name().to_owned()).collect(),
        }
    }
}
