//! A real server's version, the simulated one that is nearest to it, and what differs between the two.

use machinery::version::Version;

/// What changed in some release about StatefulSets, and shows in what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// 1.33: `spec.revisionHistoryLimit` can be changed.
    HistoryLimitIsMutable,
    /// 1.34: scaling down and updating wait for Available pods (`minReadySeconds`), before for Ready ones.
    HealthMeansAvailable,
    /// 1.34: a template that means the same as the newest revision's makes no new revision.
    RevisionsByMeaning,
    /// 1.34: `creationTimestamp: null` is not part of what is hashed: revisions have other names.
    RevisionNames,
    /// 1.34: a new set's templates are checked like pods and claims.
    TemplatesAreChecked,
    /// 1.35: Events begin with a capital letter.
    EventWords,
    /// 1.35: the set is looked at again exactly when its next pod becomes Available.
    AvailabilityIsExact,
    /// 1.35.0 to 1.35.3: the gate `MaxUnavailableStatefulSet` is on by default.
    MaxUnavailableWasOn,
}

/// The release (its minor number) that brought each.
const SINCE: [(u32, Difference); 7] = [
    (33, Difference::HistoryLimitIsMutable),
    (34, Difference::HealthMeansAvailable),
    (34, Difference::RevisionsByMeaning),
    (34, Difference::RevisionNames),
    (34, Difference::TemplatesAreChecked),
    (35, Difference::EventWords),
    (35, Difference::AvailabilityIsExact),
];
/// The minor numbers of the simulated versions.
const SIMULATED: [(u32, Version); 2] = [(32, Version::V1_32), (36, Version::V1_36)];
/// The first release after 1.32 that behaves more like 1.36 with sets.
const TURN: u32 = 34;

/// A server's version and what stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The server's release, as minor and patch number of Kubernetes 1.
    pub server: (u32, Option<u32>),
    /// The simulated version.
    pub version: Version,
    /// What the server does otherwise.
    pub differences: Vec<Difference>,
}

impl Nearest {
    /// What stands for the server that a person names: `1.34`, `v1.34.3-gke.100`, or what `kubectl version` prints.
    /// `None` where no version is named.
    pub fn of(text: &str) -> Option<Nearest> {
        let text = text.rsplit_once("Server Version:").map_or(text, |(_, server)| server).trim_start();
        let text = text.strip_prefix('v').unwrap_or(text).strip_prefix("1.")?;
        let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse::<u32>().ok());
        let (minor, patch) = (numbers.next()??, numbers.next().flatten());
        let version = if minor < TURN { Version::V1_32 } else { Version::V1_36 };
        let simulated = SIMULATED.iter().find(|(_, v)| *v == version).map_or(0, |(minor, _)| *minor);
        let differs = |(since, _): &&(u32, Difference)| (minor >= *since) != (simulated >= *since);
        let mut differences: Vec<Difference> = SINCE.iter().filter(differs).map(|(_, what)| *what).collect();
        // What is not said may be any of them.
        if minor == 35 && patch.is_none_or(|patch| patch <= 3) {
            differences.push(Difference::MaxUnavailableWasOn);
        }
        Some(Nearest { server: (minor, patch), version, differences })
    }

    /// Whether the server is older than any simulated version, or newer.
    pub fn is_outside(&self) -> bool {
        !(SIMULATED[0].0..=SIMULATED[1].0).contains(&self.server.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_version_and_what_differs() {
        use Difference as D;
        let cases: [(&str, Version, &[Difference]); 7] = [
            ("1.32", Version::V1_32, &[]),
            ("v1.33.13+k3s1", Version::V1_32, &[D::HistoryLimitIsMutable]),
            ("v1.34.3-gke.100", Version::V1_36, &[D::EventWords, D::AvailabilityIsExact]),
            ("1.35.2", Version::V1_36, &[D::MaxUnavailableWasOn]),
            ("1.35.6", Version::V1_36, &[]),
            ("Client Version: v1.31.0\nKustomize Version: v5\nServer Version: v1.36.2", Version::V1_36, &[]),
            ("1.28", Version::V1_32, &[]),
        ];
        for (text, version, differences) in cases {
            let nearest = Nearest::of(text).expect(text);
            assert_eq!((nearest.version, &*nearest.differences), (version, differences), "{text}");
            assert_eq!(nearest.is_outside(), text == "1.28", "{text}");
        }
        assert_eq!(["", "latest", "1.", "2.0", "v1.x"].map(Nearest::of), [const { None }; 5]);
    }
}
