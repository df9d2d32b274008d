//! Names of revisions that follow the clock.
//!
//! `kubectl rollout restart` writes the time into the template, and a revision is named by its template's hash. So such
//! a name is another one in each run; the replay calls it as the recording does.

use std::collections::BTreeMap;

use client::api::{Change, WatchEvent};
use machinery::Object;

/// What `kubectl rollout restart` writes to.
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Pairs of hashes: ours, and the recorded one.
#[derive(Clone, Debug, Default)]
pub struct Names(Vec<(String, String)>);

impl Names {
    /// Learns the names of the revisions that were made in a step, from the recorded one of the same set and number.
    pub fn learn<'a>(&mut self, recorded: &[String], changes: impl Iterator<Item = &'a WatchEvent>) {
        for change in changes.filter(|change| change.change == Change::Added) {
            let Object::ControllerRevision(revision) = &change.object else { continue };
            if !change.object.to_value()["data"].to_string().contains(RESTARTED_AT) {
                continue;
            }
            let Some((set, hash)) = change.object.name().rsplit_once('-') else { continue };
            let line = |line: &String| {
                let name = line.strip_prefix(&format!("+ cr/{set}-"))?;
                name.strip_suffix(&format!(" revision={}", revision.revision)).map(str::to_owned)
            };
            if let Some(theirs) = recorded.iter().find_map(line) {
                self.0.push((hash.to_owned(), theirs));
            }
        }
    }

    /// Learns the names of all revisions that were made in a step of another recording.
    pub fn pair(&mut self, recorded: &[String], other: &[String]) {
        let revision = |line: &String| {
            let (name, number) = line.strip_prefix("+ cr/")?.split_once(" revision=")?;
            let (set, hash) = name.rsplit_once('-')?;
            Some(((set.to_owned(), number.to_owned()), hash.to_owned()))
        };
        let recorded: BTreeMap<_, _> = recorded.iter().filter_map(revision).collect();
        for (key, hash) in other.iter().filter_map(revision) {
            if let Some(theirs) = recorded.get(&key) {
                self.0.push((hash, theirs.clone()));
            }
        }
    }

    /// The text with the recorded names.
    pub fn translate(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (ours, theirs)| text.replace(ours, theirs))
    }

    /// Whether such a name is in the text; what sorts by it is in another order.
    pub fn occur_in(&self, text: &str) -> bool {
        self.0.iter().any(|(_, theirs)| text.contains(theirs))
    }
}
