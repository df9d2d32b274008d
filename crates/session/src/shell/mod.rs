//! A small POSIX shell around kubectl, as cloneable data.
//!
//! A line is parsed to a flat program ([`parser`]) that a stack machine runs ([`interpreter`]). Where a command waits,
//! the machine stops, and goes on when it is resumed. What bash has and this shell has not is refused in words.
//! Invariant: nothing outside [`Env`] is touched; a line's steps, commands, words and output are bounded, and so is what
//! it leaves in variables. What it costs kubectl and the cluster is theirs to bound.

mod arithmetic;
mod braces;
mod builtins;
mod completion;
mod editor;
mod expansion;
mod filters;
mod glob;
mod interpreter;
pub(crate) mod lexer;
mod parser;
mod variables;

use std::sync::Arc;

use client::Api;
use client::api::Stream;
use imbl::Vector;
use jiff::Timestamp;
use kubectl::{Kubeconfig, Progress, SchemaSlot};
use machinery::version::Features;

use crate::files::Files;
pub use builtins::is_command;
pub use completion::{Completion, complete, is_assignment};
use interpreter::Interpreter;
use variables::Variables;

/// Whether a text is only the beginning of a command: a quote, a loop, a here-document is open, or a line goes on.
pub fn is_unfinished(text: &str) -> bool {
    match parser::parse(text) {
        // Only within a here-document the parenthesis is no mistake.
        Ok(_) => goes_on(text) || parser::parse(&format!("{text}\n)")).is_ok(),
        Err(error) => error.is_early_end(),
    }
}

/// Whether a line ends with a backslash that no other one makes a character.
fn goes_on(text: &str) -> bool {
    (text.len() - text.trim_end_matches('\\').len()) % 2 == 1
}

/// Longest script, in bytes: here-documents with whole manifests fit.
pub const SCRIPT_LIMIT: usize = 1 << 20;
/// Most lines in the history.
const HISTORY_LIMIT: usize = 1000;

/// The outside world, each time that the shell is resumed.
pub struct Env<'a> {
    /// The API server.
    pub api: &'a mut dyn Api,
    /// The folder.
    pub files: &'a mut Files,
    /// The time when it is resumed.
    pub now: Timestamp,
    /// The simulated version, and its gates.
    pub features: Features,
    /// The contexts, for kubectl.
    pub kubeconfig: &'a mut Kubeconfig,
    /// The schema of the API's kinds, for kubectl.
    pub schema: &'a mut SchemaSlot,
    /// What is printed, appended.
    pub printed: &'a mut Vec<Printed>,
}

impl Env<'_> {
    /// What kubectl sees of it, printing there.
    fn kubectl<'a>(&'a mut self, output: &'a mut Vec<(Stream, String)>) -> kubectl::Env<'a> {
        kubectl::Env {
            api: self.api,
            files: self.files,
            now: self.now,
            features: self.features,
            kubeconfig: self.kubeconfig,
            schema: self.schema,
            output,
        }
    }
}

/// Something that the terminal shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Printed {
    /// Standard output.
    Out(String),
    /// Standard error.
    Err(String),
    /// A line of ours.
    Note(String),
    /// Everything before it disappears.
    Clear,
}

/// What one line leaves for the next.
#[derive(Clone, Debug, Default)]
struct Memory {
    variables: Variables,
    aliases: Variables,
    /// `$?`.
    status: i32,
    history: Vector<Arc<str>>,
}

/// The shell: what it remembers, and the line that it runs.
#[derive(Clone, Default)]
pub struct Shell {
    memory: Memory,
    running: Option<Interpreter>,
}

impl Shell {
    /// Starts a line; the shell must be idle. A line that cannot be parsed ends at once, with the answer `false`.
    pub fn start(&mut self, line: &str, printed: &mut Vec<Printed>) -> bool {
        self.memory.history.push_back(line.trim_end().into());
        if self.memory.history.len() > HISTORY_LIMIT {
            self.memory.history.pop_front();
        }
        let program = if line.len() > SCRIPT_LIMIT {
            Err(lexer::SyntaxError::Unsupported(format!(
                "a line of {} KiB; this shell takes up to {} KiB at once",
                line.len() >> 10,
                SCRIPT_LIMIT >> 10
            )))
        } else {
            parser::parse(line)
        };
        match program {
            Ok(program) => {
                self.running = Some(Interpreter::new(program));
                true
            }
            Err(error) => {
                printed.push(match error {
                    lexer::SyntaxError::Bash(_) => Printed::Err(format!("{error}\n")),
                    lexer::SyntaxError::Unsupported(message) => Printed::Note(message),
                });
                self.memory.status = 2;
                false
            }
        }
    }

    /// Runs on until the line waits or ends; an idle shell ends at once, with its last status.
    pub fn resume(&mut self, env: &mut Env<'_>) -> Progress {
        let Some(interpreter) = &mut self.running else { return Progress::Exit(self.memory.status) };
        let progress = interpreter.resume(&mut self.memory, env);
        if matches!(progress, Progress::Exit(_)) {
            self.running = None;
        }
        progress
    }

    /// What the command at work has open in the page's editor.
    pub fn editing(&self) -> Option<&str> {
        self.running.as_ref()?.editing()
    }

    /// The text in the page's editor was saved.
    pub fn edited(&mut self, text: &str) {
        if let Some(interpreter) = &mut self.running {
            interpreter.edited(text);
        }
    }

    /// Ctrl-C: the line ends with status 130.
    pub fn interrupt(&mut self) {
        if let Some(line) = self.running.take() {
            line.abandon(&mut self.memory);
        }
        self.memory.status = 130;
    }

    /// `$?`.
    pub fn status(&self) -> i32 {
        self.memory.status
    }

    /// The lines that were typed, oldest first.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.memory.history.iter().map(|line| &**line)
    }
}

#[cfg(test)]
mod tests {
    use super::is_unfinished;

    #[test]
    fn a_line_goes_on_where_bash_asks_for_more() {
        let cases = [
            ("echo", false),
            ("echo \\", true),
            ("echo \\\\", false),
            ("echo \\\\\\", true),
            ("echo 'a", true),
            ("echo $(seq 1", true),
            ("for i in 1; do", true),
            ("cat <<EOF\na", true),
            ("cat <<EOF\na\nEOF", false),
            ("echo {1..1000}$(echo {1..1000}$(echo {1..1000}$(", true),
            ("echo {1..1000}$(echo {1..1000}$(echo {1..1000}))", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_unfinished(text), expected, "{text}");
        }
    }
}
