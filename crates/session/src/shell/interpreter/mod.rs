//! The stack machine that runs a parsed line.
//!
//! All that a running line is lies in this value: the place in the program, the words that are being expanded, where
//! output goes and input comes from, the loops, and the command that is at work. So it can be cloned at any moment.
//! Invariants: a shell in a shell (`sh -c`, `eval`, `watch`, `timeout`, `xargs`) is the only recursion, at most
//! [`SHELL_LIMIT`] deep; what one line may use is [`Spent`] by all of its shells together.

mod loops;
mod sinks;
mod spent;
mod subshells;

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use kubectl::{Condition, Edited, Invocation, Progress, Stream};

use super::builtins::{self, Started};
use super::expansion;
use super::parser::{self, Op};
use super::variables::Variables;
use super::{Env, Memory, Printed, arithmetic, editor};
use loops::Loop;
use sinks::{Errors, Sink};
use spent::Spent;
use subshells::Subshell;

/// Longest word, in bytes.
const WORD_LIMIT: usize = 1 << 20;
/// What a word counts besides its bytes.
const WORD_COST: usize = 32;
/// How many bytes a command reads in one step, and how many of an expression are calculated.
const BYTES_PER_STEP: usize = 64;
const SIGNS_PER_STEP: usize = 8;
/// What a command gets that writes where nobody reads any more (128 + SIGPIPE).
const BROKEN_PIPE: i32 = 141;
/// What `timeout` ends with when it had to end the command.
const TIMED_OUT: i32 = 124;
/// What `xargs` ends with when one of its commands failed.
const XARGS_FAILED: i32 = 123;
/// How deep `sh -c`, `eval`, `watch`, `timeout` and `xargs` may call each other.
const SHELL_LIMIT: u32 = 5;
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

/// Standard input, and how much of it `read` has taken.
#[derive(Clone, Debug)]
struct Input {
    text: Arc<str>,
    at: usize,
}

impl Input {
    fn new(text: impl Into<Arc<str>>) -> Input {
        Input { text: text.into(), at: 0 }
    }

    /// What is left of it.
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }
}

/// The command at work.
#[derive(Clone)]
enum Running {
    Kubectl(Box<Invocation>),
    Sleep {
        until: Timestamp,
        what: String,
    },
    /// Another shell: `sh -c`, `eval`, each round of `watch`, each command of `xargs`, and what `timeout` runs.
    Shell(Box<Interpreter>),
}

/// A `watch`, and when its next round begins.
#[derive(Clone, Debug)]
struct Watch {
    every_ms: i64,
    command: String,
    next: Timestamp,
}

/// What `xargs` still has to run.
#[derive(Clone, Debug, Default)]
struct Batch {
    left: VecDeque<Vec<String>>,
    failed: bool,
}

/// A running line.
#[derive(Clone)]
pub struct Interpreter {
    program: Arc<[Op]>,
    at: usize,
    lists: Vec<List>,
    sinks: Vec<Sink>,
    errors: Vec<Errors>,
    inputs: Vec<Input>,
    loops: Vec<Loop>,
    scopes: Vec<Variables>,
    subshells: Vec<Subshell>,
    running: Option<Running>,
    watch: Option<Watch>,
    batch: Option<Batch>,
    /// How many shells this one runs in.
    depth: u32,
    /// When `timeout` ends the command at work.
    deadline: Option<Timestamp>,
    /// What the command at work has open in the page's editor.
    editing: Option<String>,
    spent: Spent,
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
            subshells: Vec::new(),
            running: None,
            watch: None,
            batch: None,
            depth: 0,
            deadline: None,
            editing: None,
            spent: Spent::default(),
        }
    }

    /// Runs on until a command waits or the line ends.
    pub fn resume(&mut self, memory: &mut Memory, env: &mut Env<'_>) -> Progress {
        match self.run(memory, env) {
            Ok(Some(condition)) => Progress::Wait(condition),
            Ok(None) => Progress::Exit(memory.status),
            Err(Stop(message)) => {
                env.printed.push(message);
                self.abandon(memory);
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
            if self.go_on(memory, env)? {
                continue;
            }
            let Some(op) = self.program.get(self.at).cloned() else { return Ok(None) };
            self.at += 1;
            self.spent.steps(1)?;
            self.execute(op, memory, env)?;
        }
    }

    /// Begins what `xargs` or `watch` has next, if there is something.
    fn go_on(&mut self, memory: &mut Memory, env: &mut Env<'_>) -> Result<bool, Stop> {
        if let Some(batch) = &mut self.batch {
            batch.failed |= memory.status != 0;
            match batch.left.pop_front() {
                Some(words) => self.open_shell(parser::command(words), None)?,
                None => {
                    memory.status = if batch.failed { XARGS_FAILED } else { 0 };
                    self.batch = None;
                }
            }
            return Ok(true);
        }
        let Some(watch) = self.watch.clone() else { return Ok(false) };
        if watch.next > env.now {
            let what = format!("watch {}", watch.command);
            self.running = Some(Running::Sleep { until: watch.next, what });
            return Ok(true);
        }
        let next = machinery::time::after_ms(env.now, watch.every_ms);
        env.printed.push(Printed::Clear);
        self.print(
            vec![(Stream::Out, builtins::watch_header(&watch.command, watch.every_ms, env.now))],
            env,
        )?;
        self.shell(&watch.command, None, memory, env)?;
        self.watch = Some(Watch { next, ..watch });
        Ok(true)
    }

    /// Runs a line in another shell.
    fn shell(
        &mut self,
        line: &str,
        input: Option<Input>,
        memory: &mut Memory,
        env: &mut Env<'_>,
    ) -> Result<(), Stop> {
        match parser::parse(line) {
            Ok(program) => self.open_shell(program, input),
            Err(error) => {
                memory.status = 2;
                self.print(vec![(Stream::Err, format!("{error}\n"))], env)
            }
        }
    }

    /// Another shell becomes the command at work.
    fn open_shell(&mut self, program: Vec<Op>, input: Option<Input>) -> Result<(), Stop> {
        if self.depth == SHELL_LIMIT {
            return Err(Stop::note(format!("stopped: shells run at most {SHELL_LIMIT} deep in each other")));
        }
        let mut shell = Interpreter::new(program);
        shell.depth = self.depth + 1;
        shell.inputs.extend(input);
        self.running = Some(Running::Shell(Box::new(shell)));
        Ok(())
    }

    /// Lets the command at work go on; what it waits for, if it does.
    fn poll(&mut self, memory: &mut Memory, env: &mut Env<'_>) -> Result<Option<Condition>, Stop> {
        if self.running.is_some() && self.deadline.is_some_and(|deadline| deadline <= env.now) {
            self.give_up(TIMED_OUT, memory);
        }
        let progress = match &mut self.running {
            None => return Ok(None),
            Some(Running::Sleep { until, .. }) if *until <= env.now => Progress::Exit(0),
            Some(Running::Sleep { until, what }) => {
                Progress::Wait(Condition { past: u64::MAX, until: Some(*until), what: what.clone() })
            }
            Some(Running::Shell(shell)) => {
                let mut printed = Vec::new();
                let mut inner = Env {
                    api: &mut *env.api,
                    files: &mut *env.files,
                    now: env.now,
                    features: env.features,
                    kubeconfig: &mut *env.kubeconfig,
                    schema: &mut *env.schema,
                    printed: &mut printed,
                };
                shell.spent = self.spent;
                let result = shell.run(memory, &mut inner);
                self.spent = shell.spent;
                self.pass_on(printed, env)?;
                match result {
                    Ok(Some(condition)) => Progress::Wait(condition),
                    Ok(None) => Progress::Exit(memory.status),
                    Err(Stop(error @ Printed::Err(_))) => {
                        self.pass_on(vec![error], env)?;
                        Progress::Exit(1)
                    }
                    // A limit holds for the whole line.
                    Err(stop) => return Err(stop),
                }
            }
            Some(Running::Kubectl(invocation)) => {
                let mut output = Vec::new();
                self.editing = None;
                let progress = resume(invocation, memory, env, &mut output);
                self.print(output, env)?;
                progress
            }
        };
        match progress {
            Progress::Exit(status) => memory.status = status,
            _ if self.nobody_reads() => self.give_up(BROKEN_PIPE, memory),
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
        (self.running, self.deadline) = (None, None);
        Ok(None)
    }

    /// The command at work ends before its time, and what would have come after it.
    fn give_up(&mut self, status: i32, memory: &mut Memory) {
        memory.status = status;
        if let Some(Running::Shell(shell)) = &self.running {
            shell.abandon(memory);
        }
        (self.running, self.deadline, self.watch, self.batch) = (None, None, None, None);
    }

    /// What the command at work has open in the page's editor.
    pub fn editing(&self) -> Option<&str> {
        match &self.running {
            Some(Running::Shell(shell)) => shell.editing(),
            _ => self.editing.as_deref(),
        }
    }

    /// The text in the page's editor was saved.
    pub fn edited(&mut self, text: &str) {
        match (self.editing.take(), &mut self.running) {
            (Some(_), Some(Running::Kubectl(invocation))) => {
                invocation.edited(Edited::Saved(text.to_owned()));
            }
            (_, Some(Running::Shell(shell))) => shell.edited(text),
            _ => {}
        }
    }

    fn execute(&mut self, op: Op, memory: &mut Memory, env: &mut Env<'_>) -> Result<(), Stop> {
        match op {
            Op::Words => self.lists.push(List::default()),
            Op::Text(text) => self.add(&text, false)?,
            Op::Variable { name, split } => {
                let value = expansion::variable(&name, memory);
                self.add(&value, split)?;
            }
            Op::Modify { name, modifier, split } => {
                let operand = self.words().pop().unwrap_or_default();
                let length = memory.variables.get(&name).map_or(0, |value| value.len());
                self.spent.expand(length)?;
                let value = expansion::modified(&name, modifier, &operand, memory).map_err(Stop::note)?;
                self.add(&value, split)?;
            }
            Op::Calculate => {
                let text = self.words().pop().unwrap_or_default();
                self.spent.steps(text.len() / SIGNS_PER_STEP)?;
                match arithmetic::evaluate(&text, &|name| expansion::variable(name, memory)) {
                    Ok(value) => self.add(&value.to_string(), false)?,
                    Err(why) => return Err(Stop(Printed::Err(format!("bash: {text}: {why}\n")))),
                }
            }
            Op::Glob { pattern, literal } => {
                let found = expansion::files(&pattern, env.files);
                let length: usize = found.iter().map(|name| name.len() + WORD_COST).sum();
                self.spent.expand(length + pattern.len())?;
                if let Some(list) = self.lists.last_mut() {
                    list.words.extend(if found.is_empty() { vec![literal] } else { found });
                }
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
                set(&name, &value, memory)?;
            }
            Op::Subshell { length } => self.open_subshell(length, memory.variables.clone()),
            Op::EndSubshell => {
                if let Some(subshell) = self.subshells.pop() {
                    memory.variables = subshell.variables;
                }
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
            Op::ToErrors => self.sinks.push(Sink::Errors),
            Op::EndToErrors => drop(self.sinks.pop()),
            Op::MergeErrors => self.errors.push(Errors::Output(self.sinks.len())),
            Op::DropErrors => self.errors.push(Errors::Nowhere),
            Op::EndErrors => drop(self.errors.pop()),
            Op::Input => {
                let text = self.words().pop().unwrap_or_default();
                self.inputs.push(Input::new(text));
            }
            Op::Gathered => {
                if let Some(Sink::Capture(text)) = self.sinks.pop() {
                    self.inputs.push(Input::new(text));
                }
            }
            Op::InputFile => {
                let name = self.words().pop().unwrap_or_default();
                let text = env.files.get(&name).ok_or_else(|| no_such_file(&name))?;
                self.spent.steps(text.len() / BYTES_PER_STEP)?;
                self.inputs.push(Input::new(text));
            }
            Op::EndInput => drop(self.inputs.pop()),
            Op::Each { variable, length } => {
                let items = self.words().into_iter();
                self.open_loop(length, Some((variable, items)));
                memory.status = 0;
            }
            Op::While { length } => self.open_loop(length, None),
            Op::Next => self.next_item(memory)?,
            Op::Test { until } => {
                if (memory.status == 0) == until {
                    memory.status = self.loops.last().map_or(0, |looping| looping.status);
                    self.leave(1, memory, env)?;
                }
            }
            Op::Again => {
                if let Some(looping) = self.loops.last_mut() {
                    looping.status = memory.status;
                    self.at = looping.start;
                }
            }
            Op::Jump(steps) => self.at += steps,
            Op::Negate => memory.status = i32::from(memory.status == 0),
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
        self.spent.expand(text.len() + WORD_COST)?;
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
                self.spent.expand(WORD_COST)?;
                list.words.extend(list.open.take());
            }
            if !piece.is_empty() {
                list.open.get_or_insert_default().push_str(piece);
            }
        }
        Ok(())
    }

    /// `read`: the next line goes to the variables, the rest of it to the last one; status 1 if there is none.
    fn read(&mut self, names: &[String], memory: &mut Memory) -> Result<(), Stop> {
        let input = self.inputs.last_mut();
        let rest = input.as_ref().map_or("", |input| input.rest());
        let line = rest.split_inclusive('\n').next().unwrap_or_default().to_owned();
        memory.status = i32::from(!line.ends_with('\n'));
        if let Some(input) = input {
            input.at += line.len();
        }
        let mut rest = line.trim();
        for (index, name) in names.iter().enumerate() {
            let (word, behind) = match rest.split_once([' ', '\t']) {
                Some((word, behind)) if index + 1 < names.len() => (word, behind.trim_start()),
                _ => (rest, ""),
            };
            set(name, word, memory)?;
            rest = behind;
        }
        Ok(())
    }

    fn start(
        &mut self,
        words: &[String],
        input: Option<Input>,
        memory: &mut Memory,
        env: &mut Env<'_>,
    ) -> Result<(), Stop> {
        self.spent.command()?;
        let typed: usize = words.iter().map(String::len).sum();
        let words = match builtins::unaliased(words, memory) {
            Ok(words) => words,
            Err(message) => {
                memory.status = 1;
                return self.print(vec![(Stream::Err, message + "\n")], env);
            }
        };
        let length: usize = words.iter().map(String::len).sum();
        self.spent.expand(length.saturating_sub(typed))?;
        let stdin = input.as_ref().map(Input::rest);
        let bytes = builtins::bytes_read(&words, stdin, env);
        self.spent.steps(words.len() + bytes / BYTES_PER_STEP)?;
        let mut output = Vec::new();
        let started = builtins::start(&words, stdin, memory, env, &mut output);
        self.print(output, env)?;
        match started {
            Started::Done(status) => memory.status = status,
            Started::Kubectl(invocation) => self.running = Some(Running::Kubectl(invocation)),
            Started::Unknown(hint) => {
                env.printed.push(Printed::Note(hint));
                memory.status = 127;
            }
            Started::Timed(deadline, command) => {
                self.open_shell(parser::command(command), input)?;
                self.deadline = deadline;
            }
            Started::Read(names) => self.read(&names, memory)?,
            Started::Break(loops) => {
                memory.status = 0;
                self.break_loops(loops, memory, env)?;
            }
            Started::Continue(loops) => {
                memory.status = 0;
                self.continue_loops(loops, memory, env)?;
            }
            Started::Exit(status) => {
                memory.status = status;
                self.exit(memory, env)?;
            }
            Started::Stopped(why) => return Err(Stop::note(why)),
            Started::Shell(line) => self.shell(&line, input, memory, env)?,
            Started::Watch(every_ms, command) => {
                self.watch = Some(Watch { every_ms, command, next: env.now });
            }
            Started::Batch(commands) => {
                memory.status = 0;
                self.batch = Some(Batch { left: commands.into(), failed: false });
            }
            Started::Sleep(until) => self.running = Some(Running::Sleep { until, what: words.join(" ") }),
        }
        Ok(())
    }
}

/// Lets a kubectl go on, through its editor where a variable names one.
fn resume(
    invocation: &mut Invocation,
    memory: &Memory,
    env: &mut Env<'_>,
    output: &mut Vec<(Stream, String)>,
) -> Progress {
    let editor = ["KUBE_EDITOR", "EDITOR"].iter().find_map(|name| memory.variables.get(name));
    let editor = editor.filter(|command| !editor::has_screen(command));
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

/// Gives a variable its value.
fn set(name: &str, value: &str, memory: &mut Memory) -> Result<(), Stop> {
    memory.variables.set(name, value).map_err(|why| Stop::note(format!("stopped: {why}")))
}

fn no_such_file(name: &str) -> Stop {
    Stop(Printed::Err(format!("bash: {name}: No such file or directory\n")))
}
