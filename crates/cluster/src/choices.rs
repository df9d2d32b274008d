//! Who chooses where Kubernetes leaves it open: a script, the order of names, or a generator.
//!
//! The generator is SplitMix64 (Steele, Lea, Flood 2014) over 64-bit integers, the same on every platform. Each purpose and
//! object has its own stream, so that one more draw for one object changes nothing for another.
//! Invariant: the same seed and the same questions give the same choices.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::{Choice, Choices};
use imbl::OrdMap;
use serde::{Deserialize, Serialize};

/// Upstream's alphabet for generated names: no vowels, nothing that looks alike (apimachinery/pkg/util/rand/rand.go).
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// What is chosen for whom, taken from a recording. Whoever is not named here is chosen for as usual.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Script {
    /// `namespace/name` of a claim → the volume that it gets.
    pub volumes: BTreeMap<String, String>,
    /// `namespace/name` of a pod → the node that it gets.
    pub nodes: BTreeMap<String, String>,
    /// The next resync of the volumes' controller comes so many milliseconds from now.
    pub resync_ms: Option<u64>,
}

/// A source of choices. A clone shares its structure.
#[derive(Clone, Debug)]
pub(crate) struct Chooser {
    seed: u64,
    streams: OrdMap<Arc<str>, u64>,
    pub(crate) script: Script,
}

impl Chooser {
    /// A chooser of that seed; `name` keeps its streams apart from those of others.
    pub(crate) fn new(seed: u64, name: &str) -> Chooser {
        Chooser { seed: mix(seed ^ fnv1a(name)), streams: OrdMap::new(), script: Script::default() }
    }

    fn next(&mut self, stream: &str) -> u64 {
        let step = |state: u64| state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        if let Some(state) = self.streams.get_mut(stream) {
            *state = step(*state);
            return mix(*state);
        }
        let state = step(self.seed ^ fnv1a(stream));
        self.streams.insert(stream.into(), state);
        mix(state)
    }
}

/// SplitMix64's output function.
fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn fnv1a(text: &str) -> u64 {
    crate::digest::fnv1a(crate::digest::START, text.as_bytes())
}

impl Choices for Chooser {
    fn pick(&mut self, choice: Choice<'_>, candidates: &[&str]) -> usize {
        let scripted = match choice {
            Choice::Volume { claim } => self.script.volumes.get(claim),
            Choice::Node { pod } => self.script.nodes.get(pod),
        };
        if let Some(index) = scripted.and_then(|name| candidates.iter().position(|c| c == name)) {
            return index;
        }
        match choice {
            // The first by name: a tutorial that says which volume a claim gets stays true.
            Choice::Volume { .. } => 0,
            Choice::Node { pod } => {
                let bound = u64::try_from(candidates.len()).unwrap_or(u64::MAX).max(1);
                usize::try_from(self.number(&format!("node/{pod}"), bound)).unwrap_or(0)
            }
        }
    }

    fn suffix(&mut self, base: &str, length: usize) -> String {
        let stream = format!("suffix/{base}");
        let letter = |n: u64| char::from(ALPHABET[usize::try_from(n % ALPHABET.len() as u64).unwrap_or(0)]);
        (0..length).map(|_| letter(self.next(&stream))).collect()
    }

    fn uid(&mut self) -> String {
        // Version 4, variant 1 of RFC 9562.
        let high = self.next("uid") & 0xffff_ffff_ffff_0fff | 0x4000;
        let low = self.next("uid") & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    fn number(&mut self, stream: &str, bound: u64) -> u64 {
        self.next(stream) % bound.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // Of a state that starts at 0, as in the reference implementation.
        let mut chooser = Chooser { seed: fnv1a("s"), ..Chooser::new(0, "") };
        assert_eq!(chooser.next("s"), 0xe220_a839_7b1d_cdaf);
        assert_eq!(chooser.next("s"), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn streams_do_not_disturb_each_other() {
        let (mut one, mut two) = (Chooser::new(1, "api"), Chooser::new(1, "api"));
        one.suffix("a-", 5);
        assert_eq!(one.suffix("b-", 5), two.suffix("b-", 5));
        assert_ne!(one.suffix("b-", 5), one.suffix("b-", 5));
        assert_ne!(Chooser::new(1, "api").uid(), Chooser::new(2, "api").uid());
    }

    #[test]
    fn uids_have_the_form_of_version_4() {
        let uid = Chooser::new(7, "api").uid();
        let parts: Vec<usize> = uid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{uid}");
        assert_eq!(&uid[14..15], "4");
        assert!("89ab".contains(&uid[19..20]), "{uid}");
    }

    #[test]
    fn a_script_wins_where_it_names_a_candidate() {
        let mut chooser = Chooser::new(1, "components");
        chooser.script.volumes.insert("default/data-web-0".to_owned(), "pv002".to_owned());
        let claim = |claim| Choice::Volume { claim };
        let cases = [
            ("default/data-web-0", &["pv001", "pv002"][..], 1),
            ("default/data-web-0", &["pv001", "pv003"][..], 0),
            ("default/data-web-1", &["pv001", "pv002"][..], 0),
        ];
        for (name, candidates, expected) in cases {
            assert_eq!(chooser.pick(claim(name), candidates), expected, "{name} {candidates:?}");
        }
    }
}
