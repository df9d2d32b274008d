//! A session on an empty cluster whose nodes behave like the recorder's, and commands in it.

use std::cell::RefCell;

use crate::schema::schema;
use machinery::version::Features;
use node::kubelet::Profile;
use session::{Session, Start, StartWorld};

use super::recording::Answer;

/// How long a command without a recorded duration may run, in virtual milliseconds.
const COMMAND_LIMIT_MS: u64 = 120_000;

/// What a command left behind.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// Exit status; `None` if it still runs.
    pub exit: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

thread_local! {
    /// Empty clusters that were made: hundreds of scenarios begin with one.
    static MADE: RefCell<Vec<(Features, Session)>> = const { RefCell::new(Vec::new()) };
}

/// A session on an empty cluster.
pub fn empty(features: Features) -> Session {
    MADE.with_borrow_mut(|made| match made.iter().find(|(of, _)| *of == features) {
        Some((_, session)) => session.clone(),
        None => {
            let world = StartWorld::Empty;
            let start = Start { world, seed: 1, features, profile: Profile::Recorder, ..Start::default() };
            let mut session = Session::new(start);
            session.give_schema(schema());
            made.push((features, session.clone()));
            session
        }
    })
}

/// Types a line, lets time pass as told, and takes what was printed.
pub fn run(session: &mut Session, line: &str, pass: impl FnOnce(&mut Session)) -> Output {
    let seen = session.log().written();
    session.run(line);
    pass(session);
    let mut output = Output::default();
    for entry in session.log().since(seen) {
        entry.collect(&mut output.out, &mut output.err, &mut output.exit);
    }
    output
}

/// Lets time pass until the command has ended; one that would never end is interrupted.
pub fn to_its_end(session: &mut Session) {
    if !session.finish(COMMAND_LIMIT_MS) {
        session.interrupt();
    }
}

/// The line, with what comes on its standard input as a here-document.
pub fn with_input(line: &str, input: Option<&str>) -> String {
    match input {
        None => line.to_owned(),
        Some(text) => {
            format!("{line} <<'END-OF-STDIN'\n{}\nEND-OF-STDIN\n", text.trim_end_matches('\n'))
        }
    }
}

impl From<&Answer> for Output {
    fn from(answer: &Answer) -> Output {
        let Answer { exit_code, stdout, stderr } = answer;
        Output { exit: Some(*exit_code), out: stdout.clone(), err: stderr.clone() }
    }
}
