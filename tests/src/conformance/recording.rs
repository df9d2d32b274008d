//! The formats of recordings, told apart by their content.

use machinery::version::{Features, Version};
use serde::Deserialize;
use serde_json::Value;

use super::accepted::Accepted;
use super::commands::Commands;
use super::dns::Dns;
use super::invalid::Invalid;
use super::trace::Trace;

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Recording {
    /// A scenario, step by step.
    Trace(Trace),
    /// Commands and what they printed.
    Commands(Commands),
    /// Broken and odd manifests, and what kubectl said to them.
    Invalid(Invalid),
    /// Odd manifests that were taken, and what became of them.
    Accepted(Accepted),
    /// What a DNS server answered.
    Dns(Dns),
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// What about the text is no recording, for people.
    pub fn parse(text: &str) -> Result<Recording, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        let has = |field: &str| value.get(field).is_some_and(Value::is_array);
        if has("steps") {
            read(value).map(Recording::Trace)
        } else if has("commands") {
            read(value).map(Recording::Commands)
        } else if has("states") {
            read(value).map(Recording::Dns)
        } else if has("cases") && value["cases"].get(0).is_some_and(|case| case.get("apply").is_some()) {
            read(value).map(Recording::Invalid)
        } else if has("cases") {
            read(value).map(Recording::Accepted)
        } else {
            Err("not a recording: it has no list `steps`, `commands`, `cases` or `states`".to_owned())
        }
    }

    /// How many pieces of it can be replayed apart from each other.
    pub fn parts(&self) -> usize {
        match self {
            Recording::Trace(_) | Recording::Commands(_) => 1,
            Recording::Invalid(invalid) => invalid.cases.len(),
            Recording::Accepted(accepted) => accepted.cases.len(),
            Recording::Dns(dns) => dns.states.len(),
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("not a recording: {error}"))
}

/// The version that a recording names: in `kubernetes` or `k8s_version`.
pub fn named_version(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(alias = "k8s_version")]
        kubernetes: Option<String>,
    }
    serde_json::from_str::<Named>(text).ok()?.kubernetes
}

/// The version of that name: `1.36`, `v1.36`, `v1.36.2`.
///
/// # Errors
/// A version that is not simulated.
pub fn version(name: &str) -> Result<Version, String> {
    let name = name.trim_start_matches('v');
    // The third number is the patch.
    let minor = name.match_indices('.').nth(1).map_or(name, |(at, _)| &name[..at]);
    minor.parse()
}

/// The version with the gates of a recording, which writes them as `Name=true,Other=false`.
///
/// # Errors
/// A gate that is not simulated, or no gate at all.
pub fn features(version: Version, gates: Option<&str>) -> Result<Features, String> {
    let mut features = Features::of(version);
    for gate in gates.unwrap_or_default().split(',').filter(|gate| !gate.is_empty()) {
        let (name, on) = gate.split_once('=').ok_or_else(|| format!("{gate:?} is no Name=true"))?;
        features.set_gate(name.trim(), on.trim() == "true")?;
    }
    Ok(features)
}

/// What came of one command, as the files of manifests write it.
#[derive(Clone, Debug, Deserialize)]
pub struct Answer {
    /// Exit status.
    pub exit_code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A text, or pieces that are repeated so many times.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Manifest {
    /// The text itself.
    Text(String),
    /// `{"join": [[text, times], …]}`.
    Pieces {
        /// The pieces.
        join: Vec<(String, usize)>,
    },
}

impl Manifest {
    /// The whole text.
    pub fn text(&self) -> String {
        match self {
            Manifest::Text(text) => text.clone(),
            Manifest::Pieces { join } => join.iter().map(|(piece, times)| piece.repeat(*times)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_recording_is_told_so() {
        for (text, expected) in [
            ("", "not JSON"),
            ("{\"steps\": [", "not JSON"),
            ("[]", "no list `steps`"),
            ("3", "no list `steps`"),
            ("{\"steps\": 3}", "no list `steps`"),
            ("{\"steps\": [{}]}", "not a recording: missing field"),
            ("{\"cases\": [{\"apply\": 1}]}", "not a recording"),
            ("{\"states\": [3]}", "not a recording"),
        ] {
            let error = Recording::parse(text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(version("1.20").is_err_and(|error| error.contains("1.20")));
        assert_eq!(version("v1.36.2"), Ok(Version::V1_36));
        let gates = features(Version::V1_32, Some("MaxUnavailableStatefulSet=true")).expect("gates");
        assert!(gates.max_unavailable_stateful_set && gates.version == Version::V1_32);
        assert!(features(Version::V1_36, Some("Nope=true")).is_err());
        assert!(features(Version::V1_36, Some("Nope")).is_err());
    }
}
