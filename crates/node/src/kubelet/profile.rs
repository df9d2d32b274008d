//! How nodes behave: whose kubelet they imitate, how long things take, and what is broken on purpose.

use std::collections::BTreeSet;
use std::fmt;

use k8s_openapi::api::core::v1::Pod;
use machinery::Resource;
use serde::{Deserialize, Serialize};

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

/// What is broken on the nodes. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// Pods whose readiness probes fail, or would if they had any.
    pub fail_readiness: Vec<NamePattern>,
    /// Pods whose liveness probes fail.
    pub fail_liveness: Vec<NamePattern>,
    /// Pods whose startup probes fail.
    pub fail_startup: Vec<NamePattern>,
    /// Pods that get no sandbox.
    pub never_start: Vec<NamePattern>,
    /// Pods whose containers exit as soon as they have started.
    pub crash_loop: Vec<NamePattern>,
    /// Pods that become Ready so many milliseconds late.
    pub slow_ready: Vec<(NamePattern, u64)>,
    /// Milliseconds in place of [`Pace::sandbox_ms`].
    pub start_delay_ms: Option<u64>,
    /// Milliseconds in place of [`Pace::stop_ms`].
    pub stop_delay_ms: Option<u64>,
    /// Images that the registry does not have.
    pub missing_images: BTreeSet<String>,
    /// Nodes whose kubelet is silent.
    pub dead_nodes: BTreeSet<String>,
    /// Pods that never finish terminating.
    pub stuck_delete: Vec<NamePattern>,
}

/// Whether one of the patterns is the pod's.
pub(super) fn hits(patterns: &[NamePattern], pod: &Pod) -> bool {
    patterns.iter().any(|p| p.matches(pod.namespace(), pod.name()))
}

impl Faults {
    /// By how many milliseconds the pod's readiness is late.
    pub(super) fn slow_ready_ms(&self, pod: &Pod) -> Option<u64> {
        let hit = |(p, _): &&(NamePattern, u64)| p.matches(pod.namespace(), pod.name());
        self.slow_ready.iter().find(hit).map(|(_, ms)| *ms)
    }
}

/// A name, in which `.*` stands for any text; with a namespace before a `/` if it is to be of that one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NamePattern(pub String);

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl NamePattern {
    /// Whether an object's whole name fits.
    pub fn matches(&self, namespace: &str, name: &str) -> bool {
        let (wanted, pattern) = self.0.split_once('/').unwrap_or((namespace, &self.0));
        wanted == namespace && NamePattern::fits(pattern, name)
    }

    fn fits(pattern: &str, name: &str) -> bool {
        let Some((first, rest_of_pattern)) = pattern.split_once(".*") else {
            return pattern == name;
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
            ("default/web-.*", "web-1", true),
            ("prod/web-1", "web-1", false),
        ];
        for (pattern, name, expected) in cases {
            let fits = NamePattern(pattern.to_owned()).matches("default", name);
            assert_eq!(fits, expected, "{pattern} {name}");
        }
    }
}
