//! Everything that time changes: the world, the files, the shell and what it runs, the terminal.
//!
//! One step is either one due item of the world or one resume of the command that waits. Their order depends on virtual
//! time alone, never on how far somebody asked to go: a minute in one go and a minute in frames end in the same state.

use std::sync::Arc;

use cluster::{Fault, World};
use imbl::Vector;
use jiff::Timestamp;
use kubectl::{Condition, Kubeconfig, Progress, SchemaSlot};

use crate::digest::Digest;
use crate::files::Files;
use crate::shell::{self, Completion, Env, Printed, Shell};
use crate::terminal::{Content, Terminal};
use crate::timeline::Input;

/// Most lines that wait for the one that runs.
pub const QUEUE_LIMIT: usize = 100;

/// The line in the foreground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// As it was typed.
    pub line: Arc<str>,
    /// What it waits for, for people.
    pub waits_for: String,
    /// When it goes on, whatever happens until then; `None` if only a change can wake it.
    pub until: Option<Timestamp>,
    /// How many lines wait for its end.
    pub queued: usize,
}

/// Everything that time changes. A clone shares its structure.
#[derive(Clone)]
pub(crate) struct State {
    pub world: World,
    pub files: Files,
    pub kubeconfig: Kubeconfig,
    pub shell: Shell,
    pub log: Terminal,
    /// Constant data for commands; no part of what time changes.
    pub schema: SchemaSlot,
    /// The line that runs, and what it waits for.
    foreground: Option<(Arc<str>, Condition)>,
    queue: Vector<Arc<str>>,
}

impl State {
    pub fn new(world: World) -> State {
        State {
            world,
            files: Files::default(),
            kubeconfig: Kubeconfig::default(),
            shell: Shell::default(),
            log: Terminal::default(),
            schema: SchemaSlot::default(),
            foreground: None,
            queue: Vector::new(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.world.now()
    }

    pub fn running(&self) -> Option<Running> {
        let (line, condition) = self.foreground.as_ref()?;
        Some(Running {
            line: line.clone(),
            waits_for: condition.what.clone(),
            until: condition.until,
            queued: self.queue.len(),
        })
    }

    /// Takes an input in, at the moment that it is.
    pub fn apply(&mut self, input: &Input) {
        match input {
            Input::WriteFile { name, text } => {
                if let Err(message) = self.files.write(name, text) {
                    self.note(message);
                }
            }
            Input::Command { line } => self.type_line(line),
            Input::Interrupt => self.interrupt(),
            Input::EditSaved { text } => self.edited(text),
            Input::Script(script) => self.world.script(script.clone()),
            Input::Fault(fault) => self.inject(fault),
        }
    }

    fn inject(&mut self, fault: &Fault) {
        match self.world.inject(fault) {
            Ok(()) => self.note(format!("fault: {fault}")),
            Err(why) => self.note(format!("no fault: {why}")),
        }
    }

    fn type_line(&mut self, line: &Arc<str>) {
        if self.queue.len() == QUEUE_LIMIT {
            self.note(format!("not queued: {QUEUE_LIMIT} lines wait already"));
            return;
        }
        if let Some((running, _)) = &self.foreground {
            self.note(format!("queued until this ends: {running}"));
        }
        self.queue.push_back(line.clone());
        self.start_next();
    }

    fn interrupt(&mut self) {
        if self.foreground.take().is_some() {
            self.shell.interrupt();
            self.write(Content::Err("^C\n".into()));
            self.write(Content::Exit(self.shell.status()));
            self.start_next();
        }
    }

    fn edited(&mut self, text: &str) {
        if let Some((line, _)) = self.foreground.take() {
            self.shell.edited(text);
            self.resume(line);
            self.start_next();
        }
    }

    /// Starts queued lines until one waits.
    fn start_next(&mut self) {
        while self.foreground.is_none() {
            let Some(line) = self.queue.pop_front() else { return };
            self.write(Content::Command(line.clone()));
            let mut printed = Vec::new();
            let started = self.shell.start(&line, &mut printed);
            self.print(printed);
            if started {
                self.resume(line);
            } else {
                self.write(Content::Exit(self.shell.status()));
            }
        }
    }

    /// Lets the shell run until it waits or the line ends.
    fn resume(&mut self, line: Arc<str>) {
        let (now, features) = (self.world.now(), self.world.features());
        let mut printed = Vec::new();
        let mut api = self.world.api();
        let (files, kubeconfig, schema) = (&mut self.files, &mut self.kubeconfig, &mut self.schema);
        let mut env = Env { api: &mut api, files, kubeconfig, now, features, schema, printed: &mut printed };
        let progress = self.shell.resume(&mut env);
        self.print(printed);
        self.foreground = match progress {
            Progress::Wait(mut condition) => {
                condition.until = condition.until.filter(|until| *until > now);
                Some((line, condition))
            }
            Progress::Exit(status) => {
                self.write(Content::Exit(status));
                None
            }
            // The shell turns an open editor into a wait.
            Progress::Edit(_) => None,
        };
    }

    /// What may stand at the end of a line. It only reads, but what reads could change: call it on a copy.
    pub fn complete(&mut self, line: &str) -> Completion {
        let (now, features) = (self.world.now(), self.world.features());
        let mut api = self.world.api();
        let (files, kubeconfig) = (&mut self.files, &mut self.kubeconfig);
        let (schema, printed) = (&mut self.schema, &mut Vec::new());
        shell::complete(line, &mut Env { api: &mut api, files, kubeconfig, now, features, schema, printed })
    }

    fn print(&mut self, printed: Vec<Printed>) {
        for piece in printed {
            match piece {
                Printed::Out(text) => self.write(Content::Out(text.into())),
                Printed::Err(text) => self.write(Content::Err(text.into())),
                Printed::Note(text) => self.note(text),
                Printed::Clear => self.log.clear(),
            }
        }
    }

    fn note(&mut self, text: String) {
        self.write(Content::Note(text.into()));
    }

    fn write(&mut self, content: Content) {
        self.log.write(self.world.now(), content);
    }

    fn is_awake(&self) -> bool {
        self.foreground.as_ref().is_some_and(|(_, condition)| {
            self.world.server().resource_version() > condition.past
                || condition.until.is_some_and(|until| until <= self.now())
        })
    }

    fn wakes_at(&self) -> Option<Timestamp> {
        self.foreground.as_ref().and_then(|(_, condition)| condition.until)
    }

    /// When something happens next, if ever.
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.is_awake() {
            return Some(self.now());
        }
        match (self.world.next_due(), self.wakes_at()) {
            (Some(work), Some(wake)) => Some(work.min(wake)),
            (work, wake) => work.or(wake),
        }
    }

    /// Whether everything up to now has happened.
    pub fn is_settled(&self) -> bool {
        self.next_due().is_none_or(|due| due > self.now())
    }

    /// Whether nothing will happen up to that time but periodic work.
    pub fn is_quiet(&self, up_to: Timestamp) -> bool {
        !self.is_awake() && self.wakes_at().is_none_or(|wake| wake > up_to) && self.world.is_quiet()
    }

    /// Does the next thing that is due; the world goes before a command that waits for the same moment.
    pub fn step(&mut self) {
        if self.is_awake() {
            if let Some((line, _)) = self.foreground.take() {
                self.resume(line);
                self.start_next();
            }
            return;
        }
        match (self.world.next_due(), self.wakes_at()) {
            (Some(work), Some(wake)) if wake < work => self.world.advance_to(wake),
            (None, Some(wake)) => self.world.advance_to(wake),
            _ => drop(self.world.step()),
        }
    }

    /// Does all work up to a moment; afterwards it is that moment.
    pub fn pass_to(&mut self, to: Timestamp) {
        while self.next_due().is_some_and(|due| due <= to) {
            self.step();
        }
        self.world.advance_to(to);
    }

    pub fn digest(&self) -> u64 {
        let mut digest = Digest::default();
        digest.add_number(self.world.digest());
        digest.add_number(self.now().as_millisecond().cast_unsigned());
        for file in self.files.iter() {
            digest.add(file.name.as_bytes());
            digest.add(file.text.as_bytes());
        }
        for entry in self.log.iter() {
            digest.add_entry(entry);
        }
        if let Some((line, condition)) = &self.foreground {
            digest.add(line.as_bytes());
            digest.add(condition.what.as_bytes());
            digest.add_number(condition.past);
        }
        for line in &self.queue {
            digest.add(line.as_bytes());
        }
        digest.value()
    }
}
