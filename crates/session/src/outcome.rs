//! What a program that drives a session is told: what a command line left, and everything that is stored. The JS API and
//! the host of an embed get the same; `crates/wasm/src/types.d.ts` declares it.

use std::collections::BTreeMap;

use machinery::Kind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::session::Session;
use crate::terminal::{Content, Entry};

/// What a command line left.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit status; 130 if the command was stopped.
    pub exit_code: i32,
    /// What the simulator says besides, one line each.
    pub notes: Vec<String>,
    /// What a command that was stopped had been waiting for.
    pub waiting_for: Option<String>,
}

impl RunResult {
    /// Adds what an entry of the terminal's log says. Whether the line has ended with it.
    pub fn add(&mut self, entry: &Entry) -> bool {
        let mut exit = None;
        entry.collect(&mut self.stdout, &mut self.stderr, &mut exit);
        if let Content::Note(note) = &entry.content {
            self.notes.push(note.to_string());
        }
        self.exit_code = exit.unwrap_or(self.exit_code);
        exit.is_some()
    }
}

/// Everything that is stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The virtual time, RFC 3339.
    pub time: String,
    /// Virtual seconds since the cluster was handed over.
    pub elapsed_seconds: f64,
    /// The newest resourceVersion.
    pub resource_version: String,
    /// Every object by kind, each sorted by namespace and name; every kind is there.
    pub objects: BTreeMap<String, Vec<Value>>,
}

impl Snapshot {
    /// What a session holds now.
    pub fn of(session: &Session) -> Snapshot {
        let server = session.world().server();
        let mut objects: BTreeMap<String, Vec<Value>> =
            Kind::ALL.iter().map(|kind| (kind.name().to_owned(), Vec::new())).collect();
        for object in server.all() {
            objects.entry(object.kind().name().to_owned()).or_default().push(object.to_value());
        }
        let elapsed = u32::try_from(session.elapsed_ms() / 1000).unwrap_or(u32::MAX);
        Snapshot {
            time: session.now().to_string(),
            elapsed_seconds: f64::from(elapsed),
            resource_version: server.resource_version().to_string(),
            objects,
        }
    }
}

/// Runs a command line to its end, or stops it.
pub fn run(session: &mut Session, line: &str, timeout_ms: u64) -> RunResult {
    let first = session.log().written();
    session.run(line);
    let mut result = RunResult::default();
    if !session.finish(timeout_ms) {
        result.waiting_for = session.running().map(|running| running.waits_for);
        session.interrupt();
    }
    for entry in session.log().since(first) {
        result.add(entry);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worlds::Start;

    #[test]
    fn a_command_that_nothing_ends_is_stopped() {
        let mut session = Session::new(Start::default());
        let watch = run(&mut session, "kubectl get pv -w", 60_000);
        assert_eq!((watch.exit_code, watch.waiting_for.is_some()), (130, true));
        assert_eq!(watch.stdout.lines().count(), 6);
        let next = run(&mut session, "kubectl get pv pv001 -o name", 60_000);
        assert_eq!((next.stdout.as_str(), next.exit_code), ("persistentvolume/pv001\n", 0));
        assert_eq!(run(&mut session, "f() { ls; }", 0).notes.len(), 1);
    }
}
