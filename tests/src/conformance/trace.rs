//! A recorded scenario: commands, and all that came of each.

use std::collections::{BTreeMap, BTreeSet};

use cluster::{Defect, Write};
use machinery::Kind;
use node::kubelet::NamePattern;
use regex_lite::Regex;
use serde::Deserialize;
use serde_json::Value;

use super::events::Row;

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
    /// What it printed, where that is not said with the watch itself.
    pub background_output: Option<String>,
    /// How long the step ran, in milliseconds.
    pub ms: u64,
    /// What happened, in order.
    #[serde(default)]
    pub trail: Vec<String>,
    /// Events that were made or seen again; absent where they were not recorded.
    pub events: Option<Vec<Event>>,
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
    /// The same as what is broken in the simulated cluster; a pattern stands for those of the pods that it fits.
    pub fn defects(&self, pods: &BTreeSet<&str>) -> BTreeSet<Defect> {
        let ms = |seconds: f64| (seconds * 1000.0) as u64;
        let fit = |pattern: &String| -> Vec<NamePattern> {
            let pattern = Regex::new(&format!("^(?:{pattern})$")).ok();
            let fits = |pod: &&&str| pattern.as_ref().is_some_and(|pattern| pattern.is_match(pod));
            pods.iter().filter(fits).map(|pod| NamePattern((*pod).to_owned())).collect()
        };
        let unready = self.never_ready.iter().flat_map(fit).map(|pods| Defect::FailReadiness { pods });
        let slow = self.slow_ready.iter().flat_map(|(pattern, late)| {
            let ms = ms(*late);
            fit(pattern).into_iter().map(move |pods| Defect::SlowReady { pods, ms })
        });
        let start = self.start_delay.map(|delay| Defect::SlowStart { ms: ms(delay) });
        let stop = self.stop_delay.map(|delay| Defect::SlowStop { ms: ms(delay) });
        let dead = self.dead_nodes.iter().map(|node| Defect::NodeDown { node: node.clone() });
        let stuck = self.stuck_delete.iter().flat_map(fit).map(|pods| Defect::StuckDeletion { pods });
        unready.chain(slow).chain(start).chain(stop).chain(dead).chain(stuck).collect()
    }
}

/// An Event of a step: type, reason, object, message, and how often it had been seen by then.
#[derive(Clone, Debug, Deserialize)]
pub struct Event(pub String, pub String, pub String, pub String, pub i32);

/// A watch that ran while the step did; two ways of writing it down.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Background {
    /// Its kubectl line; what it printed is the step's `background_output`.
    Line(String),
    /// Both in one place.
    Whole {
        /// The kubectl line.
        command: String,
        /// What it had printed at the end.
        stdout: String,
    },
}

impl Background {
    /// The kubectl line.
    pub fn command(&self) -> &str {
        let (Background::Line(command) | Background::Whole { command, .. }) = self;
        command
    }
}

impl Trace {
    /// Reads a recording.
    ///
    /// # Errors
    /// Where the text is no recording.
    pub fn parse(json: &str) -> Result<Trace, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Whether a claim found no volume in the step that made it: a resync may have found one later.
    pub fn has_waiting_claims(&self) -> bool {
        self.steps.iter().any(|step| {
            let mut made = step.trail.iter().filter_map(|line| line.strip_prefix("+ pvc/"));
            made.any(|claim| !step.trail.iter().any(|line| line.starts_with(&format!("pvc/{claim} Bound"))))
        })
    }

    /// The name of every pod that something happened to.
    pub fn pods(&self) -> BTreeSet<&str> {
        let lines = self.steps.iter().flat_map(|step| &step.trail);
        lines.filter_map(|line| line.strip_prefix("+ pod/")?.split(' ').next()).collect()
    }
}

impl Step {
    /// The watch that ran meanwhile, and what it printed.
    pub fn watch(&self) -> Option<(&str, &str)> {
        let background = self.background.as_ref()?;
        let printed = match background {
            Background::Line(_) => self.background_output.as_deref()?,
            Background::Whole { stdout, .. } => stdout,
        };
        Some((background.command(), printed))
    }

    /// Every sighting of an Event that was recorded; `None` where none was.
    pub fn seen(&self) -> Option<Vec<Row>> {
        let row = |Event(kind, reason, object, message, count): &Event| Row {
            object: object.clone(),
            reason: reason.clone(),
            kind: kind.clone(),
            message: message.clone(),
            count: *count,
        };
        Some(self.events.as_ref()?.iter().map(row).collect())
    }

    /// Whether two writers met in this step.
    pub fn meets_conflict(&self) -> bool {
        self.seen().is_some_and(|rows| rows.iter().any(Row::is_conflict))
    }

    /// Writes that never happened in this step: where the binder's met another one, the volume is bound and its claim is
    /// not, until the next resync.
    pub fn lost_writes(&self) -> Vec<Defect> {
        let bound = |line: &String| {
            let (volume, claim) = line.strip_prefix("pv/")?.split_once(" Bound ")?;
            Some((volume.to_owned(), claim.split_once('/')?.1.to_owned()))
        };
        let is_lost = |(volume, claim): &(String, String)| {
            let claims = self.state.as_ref().and_then(|state| state.get("pvc"));
            let left = claims.and_then(|claims| claims.get(claim));
            left.is_some_and(|left| left["phase"] == "Pending" && left["volumeName"] == volume.as_str())
        };
        let defect = |(_, claim): (String, String)| Defect::FailWrites {
            kind: Kind::PersistentVolumeClaim,
            write: Some(Write::Update),
            name: Some(NamePattern(claim)),
        };
        self.trail.iter().filter_map(bound).filter(is_lost).map(defect).collect()
    }

    /// Which node each pod got in this step, as (`namespace/pod`, node), where its Events say so.
    pub fn nodes(&self) -> Vec<(String, String)> {
        let assigned = |Event(_, _, _, message, _): &Event| {
            let (pod, node) = message.strip_prefix("Successfully assigned ")?.split_once(" to ")?;
            Some((pod.to_owned(), node.to_owned()))
        };
        self.events.iter().flatten().filter_map(assigned).collect()
    }

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
