//! Volumes that a claim may have got one for another.

use cluster::World;
use k8s_openapi::api::core::v1::PersistentVolume;
use machinery::Resource;
use regex_lite::{Captures, Regex};

use super::terminal::Output;

/// The output as it would be with two equal volumes exchanged, for each pair of them.
pub fn exchanged<'a>(world: &'a World, output: &'a Output) -> impl Iterator<Item = Output> + 'a {
    let volumes: Vec<_> = world.server().list::<PersistentVolume>("").collect();
    let pairs = (0..volumes.len()).flat_map(|second| (0..second).map(move |first| (first, second)));
    pairs.map(move |(first, second)| (volumes[first], volumes[second])).filter(|(a, b)| are_equal(a, b)).map(
        |(a, b)| {
            let exchange = |text: &str| exchange(text, a.name(), b.name());
            Output { exit: output.exit, out: exchange(&output.out), err: exchange(&output.err) }
        },
    )
}

/// Whether no claim tells one from the other; labels are equal, too, that repeat the volume's own name.
fn are_equal(a: &PersistentVolume, b: &PersistentVolume) -> bool {
    let told = |volume: &PersistentVolume| {
        let mut spec = volume.spec.clone().unwrap_or_default();
        let mut labels = volume.metadata.labels.clone().unwrap_or_default();
        labels.values_mut().filter(|value| *value == volume.name()).for_each(String::clear);
        spec.access_modes.iter_mut().for_each(|modes| modes.sort_unstable());
        let class = (spec.storage_class_name, spec.volume_attributes_class_name);
        let reclaimed = spec.persistent_volume_reclaim_policy;
        (spec.capacity, spec.access_modes, class, labels, reclaimed, spec.volume_mode, spec.node_affinity)
    };
    told(a) == told(b)
}

/// The text with one name in the place of the other; the rows of a table in the order of their names.
fn exchange(text: &str, a: &str, b: &str) -> String {
    let word = Regex::new("[a-z0-9.-]+").expect("a pattern of ours");
    let other = |found: &Captures<'_>| match &found[0] {
        name if name == a => b.to_owned(),
        name if name == b => a.to_owned(),
        word => word.to_owned(),
    };
    let text = word.replace_all(text, other);
    let mut rows: Vec<&str> = text.split_inclusive('\n').collect();
    if text.starts_with("NAME ") {
        rows[1..].sort_by_key(|row| row.split_whitespace().next());
    }
    rows.concat()
}
