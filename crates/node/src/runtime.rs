//! What containers have left behind: the files they wrote, the connections they made.
//!
//! A file lies in a place: a PersistentVolume, a volume of a pod, or one run of a container. Departs: there are no
//! directories but those that files lie in. Invariant: what belongs to an object goes with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::api::{Change, WatchEvent};
use imbl::OrdMap;
use k8s_openapi::api::core::v1::PersistentVolume;
use machinery::Kind;

/// The largest file, in bytes.
const FILE_MAX: usize = 64 * 1024;
/// How many files one place holds.
const FILES_MAX: usize = 100;

/// Where files lie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The uid of the volume or the pod; a node's directory has its name and path here.
    pub owner: Arc<str>,
    /// Which part of a pod: a volume, or a run of a container. Empty for a volume.
    pub part: Arc<str>,
}

/// The files of one place, by their path in it.
type Files = BTreeMap<String, String>;

/// What containers have left behind. A clone shares its files.
#[derive(Clone, Debug, Default)]
pub struct Runtime {
    places: OrdMap<Place, Arc<Files>>,
    /// How many connections were made through services; they go to the endpoints in turn.
    pub(crate) connections: u64,
}

impl Runtime {
    /// A file's text.
    pub(crate) fn read(&self, place: &Place, path: &str) -> Option<&str> {
        self.places.get(place)?.get(path).map(String::as_str)
    }

    /// The paths of all files in a place.
    pub(crate) fn paths(&self, place: &Place) -> impl Iterator<Item = &str> {
        self.places.get(place).into_iter().flat_map(|files| files.keys().map(String::as_str))
    }

    /// Writes a file; false if there is no space for it.
    pub(crate) fn write(&mut self, place: &Place, path: &str, text: String) -> bool {
        let mut files = self.places.get(place).cloned().unwrap_or_default();
        let is_full = files.len() >= FILES_MAX && !files.contains_key(path);
        if is_full || text.len() > FILE_MAX {
            return false;
        }
        Arc::make_mut(&mut files).insert(path.to_owned(), text);
        self.places.insert(place.clone(), files);
        true
    }

    /// Removes a file.
    pub(crate) fn remove(&mut self, place: &Place, path: &str) {
        if let Some(files) = self.places.get_mut(place) {
            Arc::make_mut(files).remove(path);
        }
    }

    /// Hears of a change: files go with their pod or volume, and from a volume that is recycled.
    pub fn on_event(&mut self, event: &WatchEvent) {
        let is_owner = matches!(event.object.kind(), Kind::Pod | Kind::PersistentVolume);
        if is_owner && (event.change == Change::Deleted || is_recycled(event)) {
            self.forget(event.object.uid());
        }
    }

    fn forget(&mut self, owner: &str) {
        let first = Place { owner: owner.into(), part: "".into() };
        let places = self.places.range(first..).map(|(place, _)| place);
        let gone: Vec<Place> = places.take_while(|place| &*place.owner == owner).cloned().collect();
        for place in gone {
            self.places.remove(&place);
        }
    }

    /// Everything as text, piece by piece, for a hash; nothing where nothing was done.
    pub fn pieces(&self) -> impl Iterator<Item = String> {
        let files = self.places.iter().flat_map(|(place, files)| {
            files.iter().map(move |(path, text)| format!("{}\0{}\0{path}\0{text}", place.owner, place.part))
        });
        files.chain((self.connections > 0).then(|| self.connections.to_string()))
    }
}

/// Whether a volume that its claim had left is free again, which its recycler has scrubbed.
fn is_recycled(event: &WatchEvent) -> bool {
    let volume = event.object.get::<PersistentVolume>();
    let old = event.old.as_ref().and_then(|old| old.get::<PersistentVolume>());
    let is_in = |volume: &PersistentVolume, wanted: &str| {
        volume.status.as_ref().and_then(|status| status.phase.as_deref()) == Some(wanted)
    };
    let recycles = |volume: &PersistentVolume| {
        let policy = volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
        policy == Some("Recycle")
    };
    volume
        .zip(old)
        .is_some_and(|(volume, old)| recycles(volume) && is_in(old, "Released") && is_in(volume, "Available"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_owners_places_are_forgotten_and_its_neighbours_are_kept() {
        let mut runtime = Runtime::default();
        let places = ["a", "b", "ba", "c"].map(|owner| ["", "data"].map(|part| (owner, part)));
        for (owner, part) in places.into_iter().flatten() {
            runtime.write(&Place { owner: owner.into(), part: part.into() }, "file", String::new());
        }
        runtime.forget("b");
        let left: Vec<&str> = runtime.places.keys().map(|place| &*place.owner).collect();
        assert_eq!(left, ["a", "a", "ba", "ba", "c", "c"]);
    }
}
