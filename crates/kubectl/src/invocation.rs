//! A running kubectl: which command it is, how far it has come, how it ends.
//!
//! Models cobra's Command.execute with kubectl's texts. Invariant: a clone goes on exactly as the original.

use std::collections::BTreeSet;

use crate::context::{Asking, Context};
use crate::failure::Failure;
use crate::verbs::{self, Next, Running};
use crate::{Env, Progress};

/// A running kubectl; all its progress is data.
#[derive(Clone, Debug)]
pub struct Invocation {
    state: State,
    stdin: Option<String>,
    warned: BTreeSet<String>,
    asking: Asking,
}

#[derive(Clone, Debug)]
enum State {
    New(Vec<String>),
    Running(Box<Running>),
    Ended(i32),
}

impl Invocation {
    /// A kubectl that has not begun; `args` are without the word kubectl.
    pub fn new(args: &[String], stdin: Option<String>) -> Invocation {
        Invocation {
            state: State::New(args.to_vec()),
            stdin,
            warned: BTreeSet::new(),
            asking: Asking::default(),
        }
    }

    /// Goes on until it has to wait, or ends. Once it has ended it stays so.
    pub fn resume(&mut self, env: &mut Env<'_>) -> Progress {
        let stdin = self.stdin.as_deref();
        let mut context = Context { env, stdin, warned: &mut self.warned, asking: &mut self.asking };
        if let State::New(args) = &self.state {
            match verbs::start(args, &mut context) {
                Ok(Next::Done) => self.state = State::Ended(0),
                Ok(Next::Exit(code)) => self.state = State::Ended(code),
                Ok(Next::Go(running)) => self.state = State::Running(running),
                Err(failure) => self.state = State::Ended(report(&mut context, &failure)),
            }
        }
        if let State::Running(running) = &mut self.state {
            match running.resume(&mut context) {
                Ok(Progress::Wait(condition)) => return Progress::Wait(condition),
                Ok(Progress::Edit(text)) => return Progress::Edit(text),
                Ok(Progress::Exit(code)) => self.state = State::Ended(code),
                Err(failure) => self.state = State::Ended(report(&mut context, &failure)),
            }
        }
        match self.state {
            State::Ended(code) => Progress::Exit(code),
            State::New(_) | State::Running(_) => Progress::Exit(1),
        }
    }

    /// Tells what became of the text in the editor; without effect on a command that has none open.
    pub fn edited(&mut self, edited: Edited) {
        if let State::Running(running) = &mut self.state {
            running.edited(edited);
        }
    }
}

/// What became of the text in an editor.
#[derive(Clone, Debug, PartialEq)]
pub enum Edited {
    /// It was saved like this.
    Saved(String),
    /// The editor, named like this, failed.
    Failed(String),
    /// There is no editor that is named like this.
    Missing(String),
}

// Every failure ends with 1; a command in a container ends with its own code.
fn report(context: &mut Context<'_, '_>, failure: &Failure) -> i32 {
    match failure {
        Failure::Fatal { place, text } => context.log_as('F', place, text),
        failure => context.err(failure.text()),
    }
    1
}
