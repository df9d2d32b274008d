//! The recorded scenarios, as they lie in `tests/conformance`.

use std::collections::{BTreeMap, BTreeSet};

use cluster::Defect;
use machinery::version::Features;
use node::kubelet::NamePattern;
use serde::Deserialize;
use serde_json::Value;

/// A scenario.
#[derive(Clone, Debug, Deserialize)]
pub struct Trace {
    /// Its name, that of the file.
    pub name: String,
    /// The feature gates that were set, as `Name=true,…`.
    pub gates: Option<String>,
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
    /// What came on its standard input.
    pub stdin: Option<String>,
    /// What the nodes did differently from this step on.
    #[serde(default)]
    pub kubelet: Knobs,
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

/// What the recorder's stand-in for the kubelets was told; times in seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Knobs {
    never_ready: Vec<String>,
    slow_ready: BTreeMap<String, f64>,
    start_delay: Option<f64>,
    stop_delay: Option<f64>,
    dead_nodes: BTreeSet<String>,
    stuck_delete: Vec<String>,
}

impl Knobs {
    /// The same as what is broken in the simulated cluster.
    pub fn defects(&self) -> BTreeSet<Defect> {
        let ms = |seconds: f64| (seconds * 1000.0) as u64;
        let pods = |name: &String| NamePattern(name.clone());
        let unready = self.never_ready.iter().map(|name| Defect::FailReadiness { pods: pods(name) });
        let slow = self.slow_ready.iter();
        let slow = slow.map(|(name, late)| Defect::SlowReady { pods: pods(name), ms: ms(*late) });
        let start = self.start_delay.map(|delay| Defect::SlowStart { ms: ms(delay) });
        let stop = self.stop_delay.map(|delay| Defect::SlowStop { ms: ms(delay) });
        let dead = self.dead_nodes.iter().map(|node| Defect::NodeDown { node: node.clone() });
        let stuck = self.stuck_delete.iter().map(|name| Defect::StuckDeletion { pods: pods(name) });
        unready.chain(slow).chain(start).chain(stop).chain(dead).chain(stuck).collect()
    }
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

    /// The simulated version and gates.
    pub fn features(&self) -> Features {
        let on =
            |gate: &str| self.gates.as_deref().is_some_and(|gates| gates.contains(&format!("{gate}=true")));
        Features { max_unavailable_stateful_set: on("MaxUnavailableStatefulSet"), ..Features::default() }
    }
}

impl Step {
    /// Which volume each claim got in this step, as (`namespace/claim`, volume): scripted where several were equal.
    pub fn bindings(&self) -> Vec<(String, String)> {
        let claimed = |line: &String| {
            let rest = line.strip_prefix("pv/")?;
            let (volume, rest) = rest.split_once(" Available ")?;
            let claim = rest.split_whitespace().next()?;
            Some((claim.to_owned(), volume.to_owned()))
        };
        self.trail.iter().filter_map(claimed).collect()
    }
}
