//! The stack machine that runs a parsed line.
//!
//! All that a running line is lies in this value: the place in the program, the words that are being expanded, where
//! output goes and input comes from, the loops, and the command that is at work. So it can be cloned at any moment.
//! Invariant: no recursion; instructions, commands and bytes of one line are bounded.

use std::sync::Arc;

use imbl::OrdMap;
use jiff::Timestamp;
use kubectl::{Condition, Edited, Invocation, Progress, Stream};

use super::builtins::{self, Started};
use super::editor;
use super::filters::{self, Filter};
use super::parser::Op;
use super::{Env, Memory, Printed};

/// Most instructions of one line.
const STEP_LIMIT: u32 = 500_000;
/// Most commands of one line.
const COMMAND_LIMIT: u32 = 5_000;
/// Most bytes that one line writes, to the terminal, to files and through pipes.
const OUTPUT_LIMIT: usize = 16 << 20;
/// Longest word, in bytes.
const WORD_LIMIT: usize = 1 << 20;
/// What a command gets that writes where nobody reads any more (128 + SIGPIPE).
const BROKEN_PIPE: i32 = 141;
/// What `timeout` ends with when it had to end the command.
const TIMED_OUT: i32 = 124;
/// Most times that one command opens its editor.
const EDIT_LIMIT: u32 = 20;

/// Why the whole line stops.
struct Stop(Printed);

impl Stop {
    fn note(message: impl Into<String>) -> Stop {
        Stop(Printed::Note(message.into()))
    }
}

/// A list of words under expansion.
#[derive(Clone, Debug, Default)]
struct List {
    words: Vec<String>,
    open: Option<String>,
}

/// Where standard output goes; the topmost sink first.
#[derive(Clone, Debug)]
enum Sink {
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
}

/// Where standard error goes, if not to the terminal.
#[derive(Clone, Copy, Debug)]
enum Errors {
    /// Where standard output went, with so many sinks.
    Output(usize),
    Nowhere,
}

#[derive(Clone, Debug)]
struct Loop {
    variable: String,
    items: std::vec::IntoIter<String>,
}

/// The command at work.
#[derive(Clone)]
enum Running {
    Kubectl(Box<Invocation>),
    Sleep { until: Timestamp, what: String },
}

/// A running line.
#[derive(Clone)]
pub struct Interpreter {
    program: Arc<[Op]>,
    at: usize,
    lists: Vec<List>,
    sinks: Vec<Sink>,
    errors: Vec<Errors>,
    inputs: Vec<Arc<str>>,
    loops: Vec<Loop>,
    scopes: Vec<OrdMap<String, String>>,
    running: Option<Running>,
    /// When `timeout` ends the command at work.
    deadline: Option<Timestamp>,
    /// What the command at work has open in the page's editor.
    editing: Option<String>,
    steps: u32,
    commands: u32,
    written: usize,
}

impl Interpreter {
    /// A line that has not begun.
    pub fn new(program: Vec<Op>) -> Interpreter {
        Interpreter {
            program: program.into(),
            at: 0,
            lists: Vec::new(),
            sinks: Vec::new(),
            errors: Vec::new(),
            inputs: Vec::new(),
            loops: Vec::new(),
            scopes: Vec::new(),
            running: None,
            deadline: None,
            editing: None,
            steps: 0,
            commands: 0,
            written: 0,
        }
    }

    /// Runs on until a command waits or the line ends.
    pub fn resume(&mut self, memory: &mut Memory, env: &mut Env<'_>) -> Progress {
        match self.run(memory, env) {
            Ok(Some(condition)) => Progress::Wait(condition),
            Ok(None) => Progress::Exit(memory.status),
            Err(Stop(message)) => {
                env.printed.push(message);
                memory.status = 1;
                Progress::Exit(1)
            }
        }
    }

    fn run(&mut self, memory: &mut Memory, env: &mut Env<'_>) -> Result<Option<Condition>, Stop> {
        loop {
            if let Some(condition) = self.poll(memory, env)? {
                return Ok(Some(condition));
            }
            let Some(op) = self.program.get(self.at).cloned() else { return Ok(None) };
            self.at += 1;
            self.steps += 1;
            if self.steps > STEP_LIMIT {
                return Err(Stop::note(format!("stopped: a line may take {STEP_LIMIT} steps")));
            }
            self.execute(op, memory, env)?;
        }
    }

    /// Lets the command at work go on; what it waits for, if it does.
    fn poll(&mut self, memory: &mut Memory, env: &mut Env<'_>) -> Result<Option<Condition>, Stop> {
        let progress = match &mut self.running {
            None => return Ok(None),
            Some(Running::Sleep { until, .. }) if *until <= env.now => Progress::Exit(0),
            Some(Running::Sleep { until, what }) => {
                Progress::Wait(Condition { past: u64::MAX, until: Some(*until), what: what.clone() })
            }
            Some(Running::Kubectl(invocation)) => {
                let mut output = Vec::new();
                self.editing = None;
                let progress = resume(invocation, memory, env, &mut output);
                self.print(output, env)?;
                progress
            }
        };
        let is_late = self.deadline.is_some_and(|deadline| deadline <= env.now);
        match progress {
            Progress::Exit(status) => memory.status = status,
            _ if is_late => memory.status = TIMED_OUT,
            _ if self.nobody_reads() => memory.status = BROKEN_PIPE,
            Progress::Wait(condition) => {
                let until = condition.until.into_iter().chain(self.deadline).min();
                return Ok(Some(Condition { until, ..condition }));
            }
            Progress::Edit(text) => {
                self.editing = Some(text);
                let what = "the editor: save, or press Ctrl-C".to_owned();
                return Ok(Some(Condition { past: u64::MAX, until: self.deadline, what }));
            }
        }
        self.running = None;
        self.deadline = None;
        Ok(None)
    }

    /// What the command at work has open in the page's editor.
    pub fn editing(&self) -> Option<&str> {
        self.editing.as_deref()
    }

    /// The text in the page's editor was saved.
    pub fn edited(&mut self, text: &str) {
        if let (Some(_), Some(Running::Kubectl(invocation))) = (self.editing.take(), &mut self.running) {
            invocation.edited(Edited::Saved(text.to_owned()));
        }
    }

    fn execute(&mut self, op: Op, memory: &mut Memory, env: &mut Env<'_>) -> Result<(), Stop> {
        match op {
            Op::Words => self.lists.push(List::default()),
            Op::Text(text) => self.add(&text, false)?,
            Op::Variable { name, split } => {
                let value = variable(&name, memory);
                self.add(&value, split)?;
            }
            Op::Capture => self.sinks.push(Sink::Capture(String::new())),
            Op::EndCapture { split } => {
                if let Some(Sink::Capture(text)) = self.sinks.pop() {
                    self.add(text.trim_end_matches('\n'), split)?;
                }
            }
            Op::Word => {
                if let Some(list) = self.lists.last_mut() {
                    list.words.extend(list.open.take());
                }
            }
            Op::Assign(name) => {
                let value = self.words().pop().unwrap_or_default();
                memory.variables.insert(name, value);
            }
            Op::Scope => self.scopes.push(memory.variables.clone()),
            Op::EndScope => {
                if let Some(before) = self.scopes.pop() {
                    memory.variables = before;
                }
            }
            Op::Run => {
                let words = self.words();
                let input = self.inputs.last().cloned();
                self.start(&words, input, memory, env)?;
            }
            Op::Pipe => self.open_pipe(env)?,
            Op::EndPipe => self.close_pipe(memory, env)?,
            Op::Write { append } => self.open_file(append, env)?,
            Op::EndWrite => self.close_file(env)?,
            Op::MergeErrors => self.errors.push(Errors::Output(self.sinks.len())),
            Op::DropErrors => self.errors.push(Errors::Nowhere),
            Op::EndErrors => drop(self.errors.pop()),
            Op::Input => {
                let text = self.words().pop().unwrap_or_default();
                self.inputs.push(text.into());
            }
            Op::InputFile => {
                let name = self.words().pop().unwrap_or_default();
                let text = env.files.get(&name).ok_or_else(|| no_such_file(&name))?;
                self.inputs.push(text.into());
            }
            Op::EndInput => drop(self.inputs.pop()),
            Op::Each(variable) => {
                let items = self.words().into_iter();
                self.loops.push(Loop { variable, items });
                memory.status = 0;
            }
            Op::Next(skip) => self.next_item(skip, memory),
            Op::Back(steps) => self.at -= steps,
            Op::SkipIfFailed(steps) if memory.status != 0 => self.at += steps,
            Op::SkipIfSucceeded(steps) if memory.status == 0 => self.at += steps,
            Op::SkipIfFailed(_) | Op::SkipIfSucceeded(_) => {}
            Op::Succeed => memory.status = 0,
        }
        Ok(())
    }

    fn words(&mut self) -> Vec<String> {
        self.lists.pop().map(|list| list.words).unwrap_or_default()
    }

    /// Adds text to the open word; with `split`, blanks in it end words.
    fn add(&mut self, text: &str, split: bool) -> Result<(), Stop> {
        let Some(list) = self.lists.last_mut() else { return Ok(()) };
        if list.open.as_ref().map_or(0, String::len) + text.len() > WORD_LIMIT {
            return Err(Stop::note(format!("stopped: a word may have {} KiB", WORD_LIMIT >> 10)));
        }
        if !split {
            list.open.get_or_insert_default().push_str(text);
            return Ok(());
        }
        let is_blank = |c: char| matches!(c, ' ' | '\t' | '\n');
        for (index, piece) in text.split(is_blank).enumerate() {
            if index > 0 {
                list.words.extend(list.open.take());
            }
            if !piece.is_empty() {
                list.open.get_or_insert_default().push_str(piece);
            }
        }
        Ok(())
    }

    fn next_item(&mut self, skip: usize, memory: &mut Memory) {
        let Some(looping) = self.loops.last_mut() else { return };
        match looping.items.next() {
            Some(item) => drop(memory.variables.insert(looping.variable.clone(), item)),
            None => {
                self.loops.pop();
                self.at += skip;
            }
        }
    }

    fn start(
        &mut self,
        words: &[String],
        input: Option<Arc<str>>,
        memory: &mut Memory,
        env: &mut Env<'_>,
    ) -> Result<(), Stop> {
        self.commands += 1;
        if self.commands > COMMAND_LIMIT {
            return Err(Stop::note(format!("stopped: a line may run {COMMAND_LIMIT} commands")));
        }
        let mut output = Vec::new();
        let started = builtins::start(words, input.as_deref(), memory, env, &mut output);
        self.print(output, env)?;
        match started {
            Started::Done(status) => memory.status = status,
            Started::Kubectl(invocation) => self.running = Some(Running::Kubectl(invocation)),
            Started::Unknown(hint) => {
                env.printed.push(Printed::Note(hint));
                memory.status = 127;
            }
            Started::Timed(deadline, command) => {
                self.start(&command, input, memory, env)?;
                self.deadline = Some(deadline);
            }
            Started::Sleep(until) => self.running = Some(Running::Sleep { until, what: words.join(" ") }),
        }
        Ok(())
    }

    fn open_pipe(&mut self, env: &mut Env<'_>) -> Result<(), Stop> {
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

    fn close_pipe(&mut self, memory: &mut Memory, env: &mut Env<'_>) -> Result<(), Stop> {
        match self.sinks.pop() {
            Some(Sink::Filter(filter)) => {
                let (text, status) = filter.finish();
                memory.status = status;
                self.write(self.sinks.len(), text, env)
            }
            Some(Sink::Collect { words, text }) => self.start(&words, Some(text.into()), memory, env),
            _ => {
                memory.status = 2;
                Ok(())
            }
        }
    }

    fn open_file(&mut self, append: bool, env: &mut Env<'_>) -> Result<(), Stop> {
        let words = self.words();
        let [name] = words.as_slice() else {
            return Err(Stop(Printed::Err("bash: ambiguous redirect\n".to_owned())));
        };
        if name == "/dev/null" {
            self.sinks.push(Sink::Nowhere);
            return Ok(());
        }
        let before = if append { env.files.get(name).unwrap_or_default().to_owned() } else { String::new() };
        if env.files.check(name.strip_prefix("./").unwrap_or(name), &before).is_err() {
            return Err(no_such_file(name));
        }
        self.sinks.push(Sink::File { name: name.clone(), text: before });
        Ok(())
    }

    fn close_file(&mut self, env: &mut Env<'_>) -> Result<(), Stop> {
        match self.sinks.pop() {
            Some(Sink::File { name, text }) => env.files.write(&name, &text).map_err(Stop::note),
            _ => Ok(()),
        }
    }

    /// Sends a command's output on its ways.
    fn print(&mut self, output: Vec<(Stream, String)>, env: &mut Env<'_>) -> Result<(), Stop> {
        for (stream, text) in output {
            match (stream, self.errors.last()) {
                (Stream::Out, _) => self.write(self.sinks.len(), text, env)?,
                (Stream::Err, Some(Errors::Output(level))) => self.write(*level, text, env)?,
                (Stream::Err, Some(Errors::Nowhere)) => {}
                (Stream::Err, None) => env.printed.push(Printed::Err(text)),
            }
        }
        Ok(())
    }

    /// Writes to the topmost of the lowest `level` sinks.
    fn write(&mut self, level: usize, mut text: String, env: &mut Env<'_>) -> Result<(), Stop> {
        self.written += text.len();
        if self.written > OUTPUT_LIMIT {
            return Err(Stop::note(format!("stopped: a line may write {} MiB", OUTPUT_LIMIT >> 20)));
        }
        for sink in self.sinks[..level].iter_mut().rev() {
            match sink {
                Sink::Filter(filter) => text = filter.feed(&text),
                Sink::Capture(before)
                | Sink::Collect { text: before, .. }
                | Sink::File { text: before, .. } => {
                    before.push_str(&text);
                    return Ok(());
                }
                Sink::Nowhere => return Ok(()),
            }
        }
        if !text.is_empty() {
            env.printed.push(Printed::Out(text));
        }
        Ok(())
    }

    fn nobody_reads(&self) -> bool {
        matches!(self.sinks.last(), Some(Sink::Filter(filter)) if filter.is_done())
    }
}

/// Lets a kubectl go on, through its editor where a variable names one.
fn resume(
    invocation: &mut Invocation,
    memory: &Memory,
    env: &mut Env<'_>,
    output: &mut Vec<(Stream, String)>,
) -> Progress {
    let editor = ["KUBE_EDITOR", "EDITOR"].iter().find_map(|name| memory.variables.get(*name));
    let editor = editor.filter(|command| !command.is_empty());
    let mut edits = 0;
    loop {
        let progress = invocation.resume(&mut env.kubectl(output));
        match (progress, editor) {
            (Progress::Edit(text), Some(command)) if edits < EDIT_LIMIT => {
                edits += 1;
                invocation.edited(editor::run(command, &text, output));
            }
            (progress, _) => return progress,
        }
    }
}

fn variable(name: &str, memory: &Memory) -> String {
    match name {
        "?" => memory.status.to_string(),
        "#" => "0".to_owned(),
        name => memory.variables.get(name).cloned().unwrap_or_default(),
    }
}

fn no_such_file(name: &str) -> Stop {
    Stop(Printed::Err(format!("bash: {name}: No such file or directory\n")))
}
