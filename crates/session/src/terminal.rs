//! The terminal's log: what was typed and what was answered, each with its virtual time.
//!
//! Invariant: an entry never changes; the log is bounded, and the oldest entries go first.

use std::sync::Arc;

use imbl::Vector;
use jiff::Timestamp;

/// Most entries.
const ENTRY_LIMIT: usize = 10_000;
/// Most bytes of text in all.
const TEXT_LIMIT: usize = 8 << 20;

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A command line starts.
    Command(Arc<str>),
    /// A piece of standard output; pieces need not end with a line.
    Out(Arc<str>),
    /// A piece of standard error.
    Err(Arc<str>),
    /// A line of ours.
    Note(Arc<str>),
    /// The command line has ended with this exit status.
    Exit(i32),
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 0, also counting entries that are gone.
    pub number: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What it is.
    pub content: Content,
}

impl Entry {
    /// Adds what a program that runs the command would read.
    pub fn collect(&self, out: &mut String, err: &mut String, exit: &mut Option<i32>) {
        match &self.content {
            Content::Out(text) => out.push_str(text),
            Content::Err(text) => err.push_str(text),
            Content::Exit(status) => *exit = Some(*status),
            Content::Command(_) | Content::Note(_) => {}
        }
    }

    fn size(&self) -> usize {
        match &self.content {
            Content::Command(text) | Content::Out(text) | Content::Err(text) | Content::Note(text) => {
                text.len()
            }
            Content::Exit(_) => 0,
        }
    }
}

/// The log. A clone shares its structure.
#[derive(Clone, Debug, Default)]
pub struct Terminal {
    entries: Vector<Entry>,
    written: u64,
    bytes: usize,
}

impl Terminal {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries were ever written: the number of the next one.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The entries, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The entries from this number on.
    pub fn since(&self, number: u64) -> impl Iterator<Item = &Entry> {
        let first = self.written - self.entries.len() as u64;
        self.entries.iter().skip(usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX))
    }

    /// Writes an entry.
    pub(crate) fn write(&mut self, at: Timestamp, content: Content) {
        let entry = Entry { number: self.written, at, content };
        self.written += 1;
        self.bytes += entry.size();
        self.entries.push_back(entry);
        while self.entries.len() > ENTRY_LIMIT || self.bytes > TEXT_LIMIT && self.entries.len() > 1 {
            let oldest = self.entries.pop_front();
            self.bytes -= oldest.map_or(0, |entry| entry.size());
        }
    }

    /// Removes every entry; numbers go on.
    pub(crate) fn clear(&mut self) {
        *self = Terminal { written: self.written, ..Terminal::default() };
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Content, ENTRY_LIMIT, Terminal};

    #[test]
    fn the_oldest_entries_go_first_and_numbers_stay() {
        let mut log = Terminal::default();
        for status in 0..=ENTRY_LIMIT {
            log.write(Timestamp::UNIX_EPOCH, Content::Exit(i32::try_from(status).expect("small")));
        }
        assert_eq!(log.len(), ENTRY_LIMIT);
        assert_eq!(log.iter().next().expect("one").content, Content::Exit(1));
        assert_eq!(log.since(ENTRY_LIMIT as u64).count(), 1);
        assert_eq!(log.since(0).count(), ENTRY_LIMIT);
        log.clear();
        assert_eq!((log.len(), log.written()), (0, ENTRY_LIMIT as u64 + 1));
    }
}
