//! Volumes by name, by the claim that they name, and by their set of access modes and size, and the search for the best one.
//!
//! Models pkg/controller/volume/persistentvolume/index.go: the closest set of access modes beats the closest size.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::{Choice, Choices};
use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use machinery::decision::Misfit;
use machinery::quantity::Quantity;
use machinery::{ObjectKey, Resource};

use super::pv_helpers::{
    Wanted, access_modes, capacity, check_access_modes, claim_of, find_matching_volumes,
    is_volume_bound_to_claim,
};

/// A set of access modes: sorted, each once.
type Modes = Arc<[String]>;

/// The controller's volumes.
#[derive(Clone, Debug, Default)]
pub struct PersistentVolumeOrderedIndex {
    by_name: OrdMap<Arc<str>, Arc<PersistentVolume>>,
    by_modes: OrdMap<Modes, Shelf>,
    /// The claim that volumes name → their names.
    by_claim: OrdMap<ObjectKey, OrdSet<Arc<str>>>,
}

/// The volumes of one set of access modes.
#[derive(Clone, Debug, Default)]
struct Shelf {
    count: u64,
    /// Those that name no claim, by size.
    free: OrdMap<Quantity, OrdMap<Arc<str>, Arc<PersistentVolume>>>,
}

fn modes_of(volume: &PersistentVolume) -> Modes {
    let mut modes = access_modes(volume.spec.as_ref().and_then(|spec| spec.access_modes.as_ref())).to_vec();
    modes.sort_unstable();
    modes.dedup();
    modes.into()
}

impl PersistentVolumeOrderedIndex {
    /// The volume of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<PersistentVolume>> {
        self.by_name.get(name)
    }

    /// Stores a volume.
    pub fn insert(&mut self, volume: Arc<PersistentVolume>) {
        let name: Arc<str> = volume.name().into();
        self.remove(&name);
        let shelf = self.by_modes.entry(modes_of(&volume)).or_default();
        shelf.count += 1;
        match claim_of(&volume) {
            Some(claim) => drop(self.by_claim.entry(claim).or_default().insert(name.clone())),
            None => {
                let of_size = shelf.free.entry(capacity(&volume)).or_default();
                of_size.insert(name.clone(), volume.clone());
            }
        }
        self.by_name.insert(name, volume);
    }

    /// Drops a volume.
    pub fn remove(&mut self, name: &str) -> Option<Arc<PersistentVolume>> {
        let volume = self.by_name.remove(name)?;
        let (modes, size) = (modes_of(&volume), capacity(&volume));
        if let Some(shelf) = self.by_modes.get_mut(&modes) {
            shelf.count -= 1;
            if let Some(of_size) = shelf.free.get_mut(&size) {
                of_size.remove(name);
                if of_size.is_empty() {
                    shelf.free.remove(&size);
                }
            }
            if shelf.count == 0 {
                self.by_modes.remove(&modes);
            }
        }
        if let Some(claim) = claim_of(&volume)
            && let Some(names) = self.by_claim.get_mut(&claim)
        {
            names.remove(name);
            if names.is_empty() {
                self.by_claim.remove(&claim);
            }
        }
        Some(volume)
    }

    /// The volumes that name this claim, by name.
    pub fn naming(&self, claim: &ObjectKey) -> impl Iterator<Item = &Arc<PersistentVolume>> {
        self.by_claim.get(claim).into_iter().flatten().filter_map(|name| self.by_name.get(name))
    }

    /// The volume that fits the claim best; among equals `choices` decides.
    pub fn find_best_match_for_claim(
        &self,
        claim: &PersistentVolumeClaim,
        delay_binding: bool,
        choices: &mut dyn Choices,
    ) -> Option<Arc<PersistentVolume>> {
        let (wanted, key) = (Wanted::new(claim, delay_binding), claim.key());
        for sets in self.all_possible_matching_access_modes(claim) {
            let mut best: Vec<&Arc<PersistentVolume>> = Vec::new();
            for (modes, shelf) in sets {
                let reserved = self.naming(&key).filter(|volume| modes_of(volume) == *modes);
                let found = find_matching_volumes(&wanted, reserved, &shelf.free);
                if let [volume] = found[..]
                    && is_volume_bound_to_claim(volume, claim)
                {
                    return Some(volume.clone());
                }
                best.extend(found);
            }
            best.sort_unstable_by_key(|volume| volume.name());
            let names: Vec<&str> = best.iter().map(|volume| volume.name()).collect();
            if !names.is_empty() {
                let claim = format!("{}/{}", claim.namespace(), claim.name());
                let chosen = choices.pick(Choice::Volume { claim: &claim }, &names);
                return best.get(chosen).copied().cloned();
            }
        }
        None
    }

    /// The sets that contain every mode of the claim, those of equal size together, the smallest first.
    fn all_possible_matching_access_modes(
        &self,
        claim: &PersistentVolumeClaim,
    ) -> impl Iterator<Item = Vec<(&Modes, &Shelf)>> {
        let wanted = access_modes(claim.spec.as_ref().and_then(|spec| spec.access_modes.as_ref()));
        let mut by_size: BTreeMap<usize, Vec<(&Modes, &Shelf)>> = BTreeMap::new();
        for (modes, shelf) in &self.by_modes {
            if wanted.iter().all(|mode| modes.contains(mode)) {
                by_size.entry(modes.len()).or_default().push((modes, shelf));
            }
        }
        by_size.into_values()
    }

    /// Every volume with the first reason why it does not fit the claim.
    pub fn misfits(&self, claim: &PersistentVolumeClaim) -> BTreeMap<String, Misfit> {
        let wanted = Wanted::new(claim, false);
        let misfit = |volume: &PersistentVolume| {
            if check_access_modes(claim, volume) { wanted.misfit(volume) } else { Some(Misfit::AccessModes) }
        };
        self.by_name.values().filter_map(|v| Some((v.name().to_owned(), misfit(v)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use machinery::{Kind, Object};
    use serde_json::{Value, json};

    use super::*;

    /// Chooses the last one, so that a choice shows.
    struct Last;

    impl Choices for Last {
        fn pick(&mut self, _: Choice<'_>, candidates: &[&str]) -> usize {
            candidates.len() - 1
        }
        fn suffix(&mut self, _: &str, _: usize) -> String {
            String::new()
        }
        fn uid(&mut self) -> String {
            String::new()
        }
        fn number(&mut self, _: &str, _: u64) -> u64 {
            0
        }
    }

    fn volume(name: &str, modes: &[&str], size: &str, extra: Value) -> Arc<PersistentVolume> {
        let mut value = json!({
            "metadata": {"name": name, "labels": {"name": name}},
            "spec": {"accessModes": modes, "capacity": {"storage": size}},
            "status": {"phase": "Available"},
        });
        for (part, fields) in extra.as_object().expect("an object") {
            for (key, field) in fields.as_object().expect("an object") {
                value[part][key] = field.clone();
            }
        }
        let object = Object::from_value(Kind::PersistentVolume, value).expect("a volume");
        object.get().cloned().expect("a volume")
    }

    fn claim(modes: &[&str], size: &str, spec: Value) -> Arc<PersistentVolumeClaim> {
        let mut value = json!({
            "metadata": {"name": "c", "namespace": "default", "uid": "u"},
            "spec": {"accessModes": modes, "resources": {"requests": {"storage": size}}},
        });
        for (key, field) in spec.as_object().expect("an object") {
            value["spec"][key] = field.clone();
        }
        let object = Object::from_value(Kind::PersistentVolumeClaim, value).expect("a claim");
        object.get().cloned().expect("a claim")
    }

    const RWO: &str = "ReadWriteOnce";
    const RWX: &str = "ReadWriteMany";
    const ROX: &str = "ReadOnlyMany";

    /// The volumes of the recorded scenario on matching, and three more.
    fn shelf() -> PersistentVolumeOrderedIndex {
        let mut index = PersistentVolumeOrderedIndex::default();
        let bound_to = |uid: &str| json!({"name": "c", "namespace": "default", "uid": uid});
        for volume in [
            volume("pva1", &[RWO], "10Gi", json!({})),
            volume("pvb2", &[RWX, RWO], "2Gi", json!({})),
            volume("pvc3", &[RWO], "5Gi", json!({})),
            volume("pvd4", &[RWX], "1Gi", json!({})),
            volume("pve5", &[RWO, ROX], "3Gi", json!({})),
            volume("pvf6", &[RWO], "4Gi", json!({"spec": {"storageClassName": "fast"}})),
            volume("pvg7", &[RWO], "6Gi", json!({"spec": {"volumeMode": "Block"}})),
            volume("pvh8", &[RWO, RWX, ROX], "50Gi", json!({})),
            volume(
                "released",
                &[RWO],
                "1Gi",
                json!({"spec": {"claimRef": bound_to("old")}, "status": {"phase": "Released"}}),
            ),
            volume("pending", &[RWO], "1Gi", json!({"status": {"phase": "Pending"}})),
            volume(
                "going",
                &[RWO],
                "1Gi",
                json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}),
            ),
        ] {
            index.insert(volume);
        }
        index
    }

    #[test]
    fn modes_come_before_size_and_equals_are_chosen_among() {
        let index = shelf();
        let find = |claim: &PersistentVolumeClaim| {
            index.find_best_match_for_claim(claim, false, &mut Last).map(|v| v.name().to_owned())
        };
        let cases = [
            (claim(&[RWO], "1Gi", json!({})), Some("pvc3")),
            (claim(&[RWO], "6Gi", json!({})), Some("pva1")),
            // Of the two sets of two modes each gives its smallest; then it is a choice.
            (claim(&[RWO], "11Gi", json!({})), Some("pvh8")),
            (claim(&[RWX], "1Gi", json!({})), Some("pvd4")),
            (claim(&[RWX], "2Gi", json!({})), Some("pvb2")),
            (claim(&[RWO], "1Gi", json!({"storageClassName": "fast"})), Some("pvf6")),
            (claim(&[RWO], "1Gi", json!({"storageClassName": ""})), Some("pvc3")),
            (claim(&[RWO], "1Gi", json!({"volumeMode": "Block"})), Some("pvg7")),
            (claim(&[RWO], "1Gi", json!({"selector": {"matchLabels": {"name": "pva1"}}})), Some("pva1")),
            (claim(&[RWO], "100Gi", json!({})), None),
            (claim(&["ReadWriteOncePod"], "1Gi", json!({})), None),
        ];
        for (claim, expected) in cases {
            assert_eq!(find(&claim).as_deref(), expected, "{:?}", claim.spec);
        }
    }

    #[test]
    fn equal_sets_and_sizes_are_a_choice() {
        let mut index = shelf();
        index.remove("pva1");
        index.remove("pvc3");
        let claim = claim(&[RWO], "1Gi", json!({}));
        let best = || index.find_best_match_for_claim(&claim, false, &mut Last);
        assert_eq!(best().map(|v| v.name().to_owned()).as_deref(), Some("pve5"), "pvb2 is as good");
    }

    #[test]
    fn a_volume_that_names_the_claim_wins_whatever_its_class() {
        let mut index = shelf();
        let reference = json!({"name": "c", "namespace": "default"});
        let reserved = json!({
            "spec": {"claimRef": reference, "storageClassName": "fast"},
            "status": {"phase": "Pending"},
        });
        index.insert(volume("reserved", &[RWO], "20Gi", reserved));
        for delay_binding in [false, true] {
            let claim = claim(&[RWO], "1Gi", json!({}));
            let best = index.find_best_match_for_claim(&claim, delay_binding, &mut Last);
            assert_eq!(best.map(|v| v.name().to_owned()).as_deref(), Some("reserved"));
        }
    }

    #[test]
    fn with_delayed_binding_the_scheduler_chooses() {
        let claim = claim(&[RWO], "1Gi", json!({}));
        assert_eq!(shelf().find_best_match_for_claim(&claim, true, &mut Last), None);
    }

    #[test]
    fn every_volume_has_its_first_misfit() {
        let expected = [
            ("going", Misfit::TooSmall),
            ("pending", Misfit::TooSmall),
            ("pva1", Misfit::Selector),
            ("pvb2", Misfit::TooSmall),
            ("pvc3", Misfit::Selector),
            ("pvd4", Misfit::AccessModes),
            ("pve5", Misfit::TooSmall),
            ("pvf6", Misfit::TooSmall),
            ("pvg7", Misfit::VolumeMode),
            ("pvh8", Misfit::Selector),
            ("released", Misfit::Released),
        ];
        let claim = claim(&[RWO], "5Gi", json!({"selector": {"matchLabels": {"name": "none"}}}));
        let expected: BTreeMap<String, Misfit> =
            expected.into_iter().map(|(name, misfit)| (name.to_owned(), misfit)).collect();
        assert_eq!(shelf().misfits(&claim), expected);
    }
}
