//! The recorded scenarios, as they lie in `tests/conformance`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A scenario.
#[derive(Clone, Debug, Deserialize)]
pub struct Trace {
    /// Its name, that of the file.
    pub name: String,
    /// Files in the folder where the commands run.
    pub files: BTreeMap<String, String>,
    /// The commands, in order.
    pub steps: Vec<Step>,
}

/// One command and all that came of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Step {
    /// The shell line; `true` only lets time pass.
    pub run: String,
    /// Exit status.
    pub exit: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// A watch that ran meanwhile.
    pub background: Option<Background>,
    /// How long the step ran, in milliseconds.
    pub ms: u64,
    /// What happened, in order.
    #[serde(default)]
    pub trail: Vec<String>,
    /// The objects after the step, by kind and name; absent where nothing changed.
    pub state: Option<BTreeMap<String, BTreeMap<String, Value>>>,
}

/// A command that ran from the step's start to its end.
#[derive(Clone, Debug, Deserialize)]
pub struct Background {
    /// The kubectl line.
    pub command: String,
    /// What it had printed at the end.
    pub stdout: String,
}

impl Trace {
    /// Reads a recording.
    ///
    /// # Errors
    /// Where the text is no recording.
    pub fn parse(json: &str) -> Result<Trace, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Which volume each claim ever got, as (`namespace/claim`, volume): scripted where several were equal.
    pub fn bindings(&self) -> Vec<(String, String)> {
        let claimed = |line: &String| {
            let rest = line.strip_prefix("pv/")?;
            let (volume, rest) = rest.split_once(" Available ")?;
            let claim = rest.split_whitespace().next()?;
            Some((claim.to_owned(), volume.to_owned()))
        };
        self.steps.iter().flat_map(|step| &step.trail).filter_map(claimed).collect()
    }
}
