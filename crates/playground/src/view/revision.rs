//! A set's revisions: which are alive, by number, tone and count.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use machinery::{ObjectKey, Resource};

use super::Snapshot;

/// The label in which a pod carries the name of its revision.
const REVISION_LABEL: &str = "controller-revision-hash";

/// A revision as a pod's band shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The ControllerRevision's name.
    pub name: String,
    /// Its number; `None` if the ControllerRevision is gone.
    pub number: Option<i64>,
    /// Its colour and pattern.
    pub tone: usize,
}

impl Revision {
    /// `r3`.
    pub fn label(&self) -> String {
        self.number.map_or_else(|| "r?".to_owned(), |number| format!("r{number}"))
    }
}

/// What a revision is to its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Both: no update is under way.
    Only,
    /// Pods below the partition run it.
    Current,
    /// Pods that are created from now on, at or above the partition, run it.
    Update,
    /// Neither: a pod still runs it.
    Old,
}

/// A revision in the strip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Living {
    /// Which.
    pub revision: Revision,
    /// What it is.
    pub role: Role,
    /// How many pods run it.
    pub pods: usize,
}

/// The revisions of one set.
#[derive(Clone, Debug)]
pub struct Revisions {
    set_uid: String,
    current: String,
    update: String,
    numbers: BTreeMap<String, i64>,
}

impl Revisions {
    /// Looks them up.
    pub fn of(snapshot: Snapshot<'_>, set: &StatefulSet) -> Revisions {
        let status = set.status.as_ref();
        let owned = snapshot.controlled::<ControllerRevision>(&set.metadata);
        Revisions {
            set_uid: set.uid().to_owned(),
            current: status.and_then(|s| s.current_revision.clone()).unwrap_or_default(),
            update: status.and_then(|s| s.update_revision.clone()).unwrap_or_default(),
            numbers: owned.map(|revision| (revision.name().to_owned(), revision.revision)).collect(),
        }
    }

    /// The revision of that name.
    pub fn get(&self, snapshot: Snapshot<'_>, name: &str) -> Revision {
        Revision {
            name: name.to_owned(),
            number: self.numbers.get(name).copied(),
            tone: snapshot.memory.tone(&self.set_uid, name),
        }
    }

    /// The revision that a pod runs.
    pub fn of_pod(&self, snapshot: Snapshot<'_>, pod: &Pod) -> Option<Revision> {
        name_of(pod).map(|name| self.get(snapshot, name))
    }

    /// The revision of `status.currentRevision`.
    pub fn current(&self, snapshot: Snapshot<'_>) -> Option<Revision> {
        (!self.current.is_empty()).then(|| self.get(snapshot, &self.current))
    }

    /// The revision of `status.updateRevision`.
    pub fn update(&self, snapshot: Snapshot<'_>) -> Option<Revision> {
        (!self.update.is_empty()).then(|| self.get(snapshot, &self.update))
    }

    fn role(&self, name: &str) -> Role {
        match (name == self.current, name == self.update) {
            (true, true) => Role::Only,
            (true, false) => Role::Current,
            (false, true) => Role::Update,
            // No status has been written yet.
            (false, false) if self.update.is_empty() => Role::Only,
            (false, false) => Role::Old,
        }
    }

    /// The current one, the update one and every other that a pod runs, by number.
    pub fn living<'a>(&'a self, snapshot: Snapshot<'_>, pods: impl Iterator<Item = &'a Pod>) -> Vec<Living> {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for name in [self.current.as_str(), self.update.as_str()] {
            if !name.is_empty() && counts.iter().all(|(known, _)| *known != name) {
                counts.push((name, 0));
            }
        }
        for name in pods.filter_map(name_of) {
            match counts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => counts.push((name, 1)),
            }
        }
        let living = |(name, pods): (&str, usize)| Living {
            revision: self.get(snapshot, name),
            role: self.role(name),
            pods,
        };
        let mut living: Vec<Living> = counts.into_iter().map(living).collect();
        living.sort_by_key(|living| living.revision.number);
        living
    }
}

/// The set that controls a pod, if one does and exists.
pub fn set_of<'a>(snapshot: Snapshot<'a>, pod: &Pod) -> Option<&'a StatefulSet> {
    let owner = machinery::object::controller_of(&pod.metadata)?;
    let set = snapshot.objects.get::<StatefulSet>(pod.namespace(), &owner.name)?;
    (owner.kind == "StatefulSet" && owner.uid == set.uid()).then_some(&**set)
}

/// The name of the revision that a pod runs.
pub fn name_of(pod: &Pod) -> Option<&str> {
    pod.metadata.labels.as_ref()?.get(REVISION_LABEL).map(String::as_str)
}

/// The ordinal in `SET-7`, if the name is one of that set's.
pub fn ordinal_in(name: &str, set: &ObjectKey) -> Option<i32> {
    let digits = name.strip_prefix(&*set.name)?.strip_prefix('-')?;
    let ordinal = digits.parse().ok()?;
    // `web-07` and `web-+7` are other names.
    (format!("{ordinal}") == digits && ordinal >= 0).then_some(ordinal)
}

#[cfg(test)]
mod tests {
    use machinery::{Kind, ObjectKey};

    #[test]
    fn an_ordinal_is_what_follows_the_last_dash_of_the_sets_own_names() {
        let set = ObjectKey::new(Kind::StatefulSet, "default", "web");
        for (name, ordinal) in [
            ("web-0", Some(0)),
            ("web-12", Some(12)),
            ("web-07", None),
            ("web--1", None),
            ("web-+1", None),
            ("web-db-1", None),
            ("web", None),
            ("webb-1", None),
            ("web-99999999999", None),
        ] {
            assert_eq!(super::ordinal_in(name, &set), ordinal, "{name}");
        }
    }
}
