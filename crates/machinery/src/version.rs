//! Which Kubernetes is simulated, and which of its gates are on.

use std::fmt;

/// A simulated version of Kubernetes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// v1.36.2.
    #[default]
    V1_36,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V1_36 => "v1.36.2",
        })
    }
}

/// A cluster's version and feature gates: everything that makes the same request behave differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// The version.
    pub version: Version,
    /// Gate `MaxUnavailableStatefulSet`: beta, and off by default in every simulated version.
    pub max_unavailable_stateful_set: bool,
}
