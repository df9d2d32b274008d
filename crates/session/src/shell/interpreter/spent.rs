//! What a line has used up of what it may. The shells inside of it go on from there.

use super::super::filters::{OUTPUT_LIMIT, OUTPUT_STOPPED};
use super::Stop;

/// Most instructions of one line; a command takes some for what it reads, too.
const STEP_LIMIT: usize = 500_000;
/// Most commands of one line.
const COMMAND_LIMIT: usize = 5_000;
/// Most bytes that one line puts into words.
const WORDS_LIMIT: usize = 32 << 20;

/// Counts, each below its limit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    steps: usize,
    commands: usize,
    words: usize,
    written: usize,
}

impl Spent {
    pub(super) fn steps(&mut self, steps: usize) -> Result<(), Stop> {
        self.steps += steps;
        within(self.steps, STEP_LIMIT, || format!("stopped: a line may take {STEP_LIMIT} steps"))
    }

    pub(super) fn command(&mut self) -> Result<(), Stop> {
        self.commands += 1;
        within(self.commands, COMMAND_LIMIT, || format!("stopped: a line may run {COMMAND_LIMIT} commands"))
    }

    /// Bytes that come into words.
    pub(super) fn expand(&mut self, bytes: usize) -> Result<(), Stop> {
        self.words += bytes;
        within(self.words, WORDS_LIMIT, || {
            format!("stopped: a line may put {} MiB into words", WORDS_LIMIT >> 20)
        })
    }

    /// Bytes that go to the terminal, to a file or through a pipe.
    pub(super) fn write(&mut self, bytes: usize) -> Result<(), Stop> {
        self.written += bytes;
        within(self.written, OUTPUT_LIMIT, || OUTPUT_STOPPED.to_owned())
    }
}

fn within(used: usize, limit: usize, message: impl FnOnce() -> String) -> Result<(), Stop> {
    if used > limit { Err(Stop::note(message())) } else { Ok(()) }
}
