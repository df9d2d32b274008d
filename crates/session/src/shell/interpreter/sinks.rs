//! Where the output of a line goes: to the terminal, into filters and commands behind pipes, into files.

use kubectl::Stream;

use super::super::filters::{self, Filter};
use super::super::{Env, Memory, Printed};
use super::{BYTES_PER_STEP, Input, Interpreter, Stop, no_such_file};

/// Where standard output goes; the topmost sink first.
#[derive(Clone, Debug)]
pub(super) enum Sink {
    /// `$(…)`.
    Capture(String),
    /// `| grep …`: what it writes goes on to the sink below.
    Filter(Filter),
    /// `| command`: it runs when everything has been written.
    Collect { words: Vec<String>, text: String },
    /// `> FILE`.
    File { name: String, text: String },
    /// `> /dev/null`, or a pipe to a command that could not start.
    Nowhere,
    /// `>&2`.
    Errors,
}

/// Where standard error goes, if not to the terminal.
#[derive(Clone, Copy, Debug)]
pub(super) enum Errors {
    /// Where standard output went, with so many sinks.
    Output(usize),
    Nowhere,
}

impl Interpreter {
    /// What another shell printed goes where this one's output goes.
    pub(super) fn pass_on(&mut self, printed: Vec<Printed>, env: &mut Env<'_>) -> Result<(), Stop> {
        for piece in printed {
            match piece {
                Printed::Out(text) => self.print(vec![(Stream::Out, text)], env)?,
                Printed::Err(text) => self.print(vec![(Stream::Err, text)], env)?,
                other => env.printed.push(other),
            }
        }
        Ok(())
    }

    pub(super) fn open_pipe(&mut self, env: &mut Env<'_>) -> Result<(), Stop> {
        let words = self.words();
        if !words.first().is_some_and(|command| filters::is_filter(command)) {
            self.sinks.push(Sink::Collect { words, text: String::new() });
            return Ok(());
        }
        match Filter::new(&words) {
            Ok((filter, files)) if files.is_empty() => self.sinks.push(Sink::Filter(filter)),
            // It reads files, not the pipe.
            Ok(_) => self.sinks.push(Sink::Collect { words, text: String::new() }),
            Err(message) => {
                env.printed.push(Printed::Err(message + "\n"));
                self.sinks.push(Sink::Nowhere);
            }
        }
        Ok(())
    }

    pub(super) fn close_pipe(&mut self, memory: &mut Memory, env: &mut Env<'_>) -> Result<(), Stop> {
        match self.sinks.pop() {
            Some(Sink::Filter(filter)) => {
                let (text, status) = filter.finish().map_err(Stop::note)?;
                memory.status = status;
                self.write(self.sinks.len(), text, env)
            }
            Some(Sink::Collect { words, text }) => self.start(&words, Some(Input::new(text)), memory, env),
            _ => {
                memory.status = 2;
                Ok(())
            }
        }
    }

    pub(super) fn open_file(&mut self, append: bool, env: &mut Env<'_>) -> Result<(), Stop> {
        let words = self.words();
        let [name] = words.as_slice() else {
            return Err(Stop(Printed::Err("bash: ambiguous redirect\n".to_owned())));
        };
        if name == "/dev/null" {
            self.sinks.push(Sink::Nowhere);
            return Ok(());
        }
        let before = if append { env.files.get(name).unwrap_or_default().to_owned() } else { String::new() };
        if env.files.check(name, &before).is_err() {
            return Err(no_such_file(name));
        }
        self.spent.steps(before.len() / BYTES_PER_STEP)?;
        self.sinks.push(Sink::File { name: name.clone(), text: before });
        Ok(())
    }

    pub(super) fn close_file(&mut self, env: &mut Env<'_>) -> Result<(), Stop> {
        match self.sinks.pop() {
            Some(Sink::File { name, text }) => env.files.write(&name, &text).map_err(Stop::note),
            _ => Ok(()),
        }
    }

    /// Sends a command's output on its ways.
    pub(super) fn print(&mut self, output: Vec<(Stream, String)>, env: &mut Env<'_>) -> Result<(), Stop> {
        for (stream, text) in output {
            match (stream, self.errors.last()) {
                (Stream::Out, _) => self.write(self.sinks.len(), text, env)?,
                (Stream::Err, Some(Errors::Output(level))) => self.write(*level, text, env)?,
                (Stream::Err, Some(Errors::Nowhere)) => {}
                (Stream::Err, None) => {
                    self.spent.write(text.len())?;
                    env.printed.push(Printed::Err(text));
                }
            }
        }
        Ok(())
    }

    /// Writes to the topmost of the lowest `level` sinks.
    pub(super) fn write(&mut self, level: usize, mut text: String, env: &mut Env<'_>) -> Result<(), Stop> {
        let level = level.min(self.sinks.len());
        for sink in self.sinks[..level].iter_mut().rev() {
            if text.is_empty() {
                return Ok(());
            }
            self.spent.write(text.len())?;
            match sink {
                Sink::Filter(filter) => text = filter.feed(&text).map_err(Stop::note)?,
                Sink::Capture(before)
                | Sink::Collect { text: before, .. }
                | Sink::File { text: before, .. } => {
                    before.push_str(&text);
                    return Ok(());
                }
                Sink::Nowhere => return Ok(()),
                Sink::Errors => {
                    match self.errors.last() {
                        Some(Errors::Nowhere) => {}
                        _ => env.printed.push(Printed::Err(text)),
                    }
                    return Ok(());
                }
            }
        }
        if !text.is_empty() {
            self.spent.write(text.len())?;
            env.printed.push(Printed::Out(text));
        }
        Ok(())
    }

    /// Whether one of the filters that the command at work writes to takes nothing more.
    pub(super) fn nobody_reads(&self) -> bool {
        let mut filters = self.sinks.iter().rev().map_while(|sink| match sink {
            Sink::Filter(filter) => Some(filter),
            _ => None,
        });
        filters.any(Filter::is_done)
    }
}
