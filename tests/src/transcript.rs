//! Transcripts: what a person types, and every byte that the terminal answers.
//!
//! A transcript is a text of lines:
//!
//! | line | meaning |
//! |---|---|
//! | `world: manifest`, `version: 1.32`, `gate: NAME`, `profile: recorder`, `seed: 2` | at the top: how the session starts |
//! | `# …` | a comment; a blank line before it belongs to it |
//! | `$ command`, `> its next line` | a command line; time passes until it ends, or until only another input could end it |
//! | `^C` | Ctrl-C |
//! | `! {"type":"crash",…}` | something is broken on purpose, or healed: a fault as the JS API takes it |
//! | `+ 40s` | virtual time passes (`ms`, `s`, `m`, `h`) |
//! | `~ …` | a line of ours, as the terminal shows it |
//! | `[exit 1]` | the command failed |
//! | `[waits: …]` | the command still runs, and what it waits for |
//! | `[digest …]` | at the end: a hash of the whole session |
//! | everything else | standard output and standard error; `%` ends output that has no final newline |
//!
//! To play one is to write it anew from its inputs; it passes if nothing differs.
//! Invariant: what is written for a session depends on the inputs alone, so `write(parse(text))` is a fixed point.

use std::iter::Peekable;
use std::str::Lines;

use crate::schema::schema;
use cluster::Fault;
use node::kubelet::Profile;
use session::{Content, Session, Start, StartWorld};

/// How long a command may run, in virtual milliseconds.
const COMMAND_LIMIT_MS: u64 = 600_000;

/// A transcript without its answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    header: Vec<String>,
    start: Start,
    acts: Vec<Act>,
}

#[derive(Clone, Debug, PartialEq)]
enum Act {
    Comment(String),
    Command(String),
    Interrupt,
    Fault { written: String, fault: Fault },
    Pass { written: String, ms: u64 },
}

impl Transcript {
    /// Reads the inputs of a transcript.
    ///
    /// # Errors
    /// The first line that cannot be understood.
    pub fn parse(text: &str) -> Result<Transcript, String> {
        let mut transcript = Transcript {
            header: Vec::new(),
            start: Start { world: StartWorld::Empty, ..Start::default() },
            acts: Vec::new(),
        };
        let mut lines = text.lines().peekable();
        transcript.read_header(&mut lines)?;
        while let Some(line) = lines.next() {
            if let Some(first) = line.strip_prefix("$ ") {
                let mut command = first.to_owned();
                while let Some(more) = lines.next_if(|line| *line == ">" || line.starts_with("> ")) {
                    command.push('\n');
                    command.push_str(more.strip_prefix("> ").unwrap_or_default());
                }
                transcript.acts.push(Act::Command(command));
            } else if let Some(written) = line.strip_prefix("+ ") {
                let ms = milliseconds(written).ok_or_else(|| format!("{line:?} is no duration"))?;
                transcript.acts.push(Act::Pass { written: written.to_owned(), ms });
            } else if let Some(written) = line.strip_prefix("! ").filter(|rest| rest.starts_with('{')) {
                let fault = serde_json::from_str(written).map_err(|e| format!("{line:?}: {e}"))?;
                transcript.acts.push(Act::Fault { written: written.to_owned(), fault });
            } else if line == "#" || line.starts_with("# ") {
                transcript.acts.push(Act::Comment(line.to_owned()));
            } else if line == "^C" && !matches!(transcript.acts.last(), Some(Act::Interrupt)) {
                transcript.acts.push(Act::Interrupt);
            }
        }
        Ok(transcript)
    }

    fn read_header(&mut self, lines: &mut Peekable<Lines<'_>>) -> Result<(), String> {
        let is_setting = |line: &&str| line.split_once(": ").is_some_and(|(key, _)| !key.contains(' '));
        while let Some(line) = lines.next_if(is_setting) {
            let (key, value) = line.split_once(": ").unwrap_or_default();
            match (key, value) {
                ("world", world) => self.start.world = world.parse()?,
                ("version", version) => self.start.features.version = version.parse()?,
                ("gate", gate) => self.start.features.set_gate(gate, true)?,
                ("profile", "recorder") => self.start.profile = Profile::Recorder,
                ("seed", seed) => {
                    self.start.seed = seed.parse().map_err(|e| format!("seed {seed:?}: {e}"))?
                }
                _ => return Err(format!("no setting is called {line:?}")),
            }
            self.header.push(line.to_owned());
        }
        Ok(())
    }

    /// Plays the inputs in a new session, and writes the transcript anew.
    pub fn play(&self) -> String {
        self.play_and(|_| {})
    }

    /// The same, and shows the session after each act.
    pub fn play_and(&self, mut after_act: impl FnMut(&Session)) -> String {
        let mut session = Session::new(self.start.clone());
        session.give_schema(schema());
        let mut text: String = self.header.iter().map(|line| format!("{line}\n")).collect();
        let mut after_comment = false;
        for act in &self.acts {
            let is_comment = matches!(act, Act::Comment(_));
            if is_comment && !after_comment && !text.is_empty() {
                text.push('\n');
            }
            after_comment = is_comment;
            let first = session.log().written();
            match act {
                Act::Comment(comment) => text.push_str(&format!("{comment}\n")),
                Act::Command(command) => {
                    text.push_str(&format!("$ {}\n", command.replace('\n', "\n> ")));
                    session.run(command);
                    session.finish(COMMAND_LIMIT_MS);
                }
                Act::Interrupt => session.interrupt(),
                Act::Fault { written, fault } => {
                    text.push_str(&format!("! {written}\n"));
                    session.fault(fault.clone());
                }
                Act::Pass { written, ms } => {
                    text.push_str(&format!("+ {written}\n"));
                    session.advance(*ms);
                }
            }
            answers(&session, first, &mut text);
            if matches!(act, Act::Command(_))
                && let Some(running) = session.running()
            {
                text.push_str(&format!("[waits: {}]\n", running.waits_for));
            }
            after_act(&session);
        }
        text.push_str(&format!("\n[digest {:016x}]\n", session.digest()));
        text
    }
}

/// What the terminal shows from an entry on.
fn answers(session: &Session, first: u64, text: &mut String) {
    let mut open = false;
    for entry in session.log().since(first) {
        match &entry.content {
            Content::Command(_) => {}
            Content::Out(piece) | Content::Err(piece) => {
                text.push_str(piece);
                open = !piece.ends_with('\n');
            }
            Content::Note(note) => {
                close(&mut open, text);
                text.push_str(&format!("~ {note}\n"));
            }
            Content::Exit(status) => {
                close(&mut open, text);
                if !matches!(status, 0 | 130) {
                    text.push_str(&format!("[exit {status}]\n"));
                }
            }
        }
    }
    close(&mut open, text);
}

fn close(open: &mut bool, text: &mut String) {
    if std::mem::take(open) {
        text.push_str("%\n");
    }
}

fn milliseconds(written: &str) -> Option<u64> {
    let digits = written.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &written[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// Where two texts first differ, with some lines around; `None` if they do not.
pub fn difference(expected: &str, played: &str) -> Option<String> {
    if expected == played {
        return None;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), played.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let same_end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let mut text = format!("from line {} on (- expected, + played):\n", start + 1);
    for line in &old[start.saturating_sub(4)..start] {
        text.push_str(&format!("  {line}\n"));
    }
    let mut side = |sign: char, lines: &[&str]| {
        let shown = lines.len().min(30);
        lines[..shown].iter().for_each(|line| text.push_str(&format!("{sign} {line}\n")));
        if shown < lines.len() {
            text.push_str(&format!("{sign} … and {} lines more\n", lines.len() - shown));
        }
    };
    side('-', &old_rest[..old_rest.len() - same_end]);
    side('+', &new_rest[..new_rest.len() - same_end]);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::{Transcript, difference};

    #[test]
    fn a_transcript_is_written_anew_from_its_inputs() {
        let text = "\
world: empty
seed: 7

# The shell.
$ echo -n a; echo b >&2 2>/dev/null
$ cat <<EOF
> one
>
> EOF
wrong
$ sleep 5000
$ for
";
        let played = Transcript::parse(text).expect("reads").play();
        assert!(played.starts_with("world: empty\nseed: 7\n\n# The shell.\n"), "{played}");
        assert!(played.contains("> EOF\none\n\n$ sleep 5000\n[waits: sleep 5000]\n"), "{played}");
        let again = Transcript::parse(&played).expect("reads").play();
        assert_eq!(difference(&played, &again), None);
        assert!(difference(text, &played).expect("differs").contains("- wrong\n"));
    }

    #[test]
    fn what_is_no_transcript_is_refused() {
        for text in ["world: mars\n", "colour: red\n", "seed: x\n", "world: empty\n+ soon\n"] {
            assert!(Transcript::parse(text).is_err(), "{text}");
        }
    }
}
