//! How nodes behave: whose kubelet they imitate, how long things take, and what is broken on purpose.

use std::collections::BTreeSet;

/// Whose kubelet the nodes imitate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// The real one, at a pace that people can watch.
    #[default]
    Default,
    /// The stand-in behind the recordings of a real control plane: quick, and with fewer events.
    Recorder,
}

/// How long things take, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From a pod's arrival on its node until its containers can be created.
    pub sandbox_ms: u64,
    /// Getting an image that is not on the node.
    pub pull_ms: u64,
    /// From a pod's deletion until its containers have ended; the grace period bounds it.
    pub stop_ms: u64,
}

impl Pace {
    /// The profile's own pace.
    pub fn of(profile: Profile) -> Pace {
        match profile {
            Profile::Default => Pace { sandbox_ms: 1200, pull_ms: 800, stop_ms: 2000 },
            Profile::Recorder => Pace { sandbox_ms: 500, pull_ms: 0, stop_ms: 500 },
        }
    }
}

/// What is broken on purpose. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// Pods that run and never become Ready.
    pub never_ready: Vec<NamePattern>,
    /// Pods that become Ready so many milliseconds late.
    pub slow_ready: Vec<(NamePattern, u64)>,
    /// Milliseconds in place of [`Pace::sandbox_ms`].
    pub start_delay_ms: Option<u64>,
    /// Milliseconds in place of [`Pace::stop_ms`].
    pub stop_delay_ms: Option<u64>,
    /// Nodes whose kubelet is silent.
    pub dead_nodes: BTreeSet<String>,
    /// Pods that never finish terminating.
    pub stuck_delete: Vec<NamePattern>,
}

impl Faults {
    /// Whether the pod is kept from becoming Ready for good.
    pub fn is_never_ready(&self, pod: &str) -> bool {
        self.never_ready.iter().any(|p| p.matches(pod))
    }

    /// By how many milliseconds the pod's readiness is late.
    pub fn slow_ready_ms(&self, pod: &str) -> Option<u64> {
        self.slow_ready.iter().find(|(p, _)| p.matches(pod)).map(|(_, ms)| *ms)
    }

    /// Whether the pod is kept from ending.
    pub fn is_stuck(&self, pod: &str) -> bool {
        self.stuck_delete.iter().any(|p| p.matches(pod))
    }
}

/// A pod's name, in which `.*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern(pub String);

impl NamePattern {
    /// Whether the whole name fits.
    pub fn matches(&self, name: &str) -> bool {
        let Some((first, rest_of_pattern)) = self.0.split_once(".*") else {
            return self.0 == name;
        };
        let (middle, last) = rest_of_pattern.rsplit_once(".*").unwrap_or(("", rest_of_pattern));
        let Some(mut rest) = name.strip_prefix(first) else {
            return false;
        };
        for part in middle.split(".*") {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::NamePattern;

    #[test]
    fn a_pattern_fits_the_whole_name() {
        let cases = [
            ("web-1", "web-1", true),
            ("web-1", "web-10", false),
            ("web-.*", "web-10", true),
            ("web-.*", "db-1", false),
            (".*-0", "web-0", true),
            (".*-0", "web-01", false),
            ("a.*b.*c", "axxbyyc", true),
            ("a.*b.*c", "axxcyyb", false),
            ("ab.*b", "ab", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(NamePattern(pattern.to_owned()).matches(name), expected, "{pattern} {name}");
        }
    }
}
