//! Ctrl-R: a line of the history that holds what is typed, newest first (readline's reverse-search-history).

use imbl::Vector;

/// A search in the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// What is looked for.
    pub query: String,
    /// The line that was found last; what is typed beyond it is found nowhere.
    pub found: Option<String>,
    /// Whether the query is found nowhere.
    pub failed: bool,
    at: Option<usize>,
}

impl Search {
    /// Looks for something else, from the newest line on.
    pub fn look_for(&mut self, query: String, history: &Vector<String>) {
        (self.query, self.at) = (query, None);
        self.find(history.len(), history);
    }

    /// Goes on to an older line.
    pub fn older(&mut self, history: &Vector<String>) {
        self.find(self.at.unwrap_or(history.len()), history);
    }

    fn find(&mut self, before: usize, history: &Vector<String>) {
        if self.query.is_empty() {
            (self.found, self.failed) = (None, false);
            return;
        }
        let is_other = |line: &str| self.at.is_none() || self.found.as_deref() != Some(line);
        let found =
            (0..before).rev().find(|at| history[*at].contains(&*self.query) && is_other(&history[*at]));
        self.failed = found.is_none();
        if let Some(at) = found {
            (self.at, self.found) = (Some(at), Some(history[at].clone()));
        }
    }
}
