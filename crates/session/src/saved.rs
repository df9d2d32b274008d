//! A session as data: how it began, every input with its time, and the moment looked at. Share links, files that keep a
//! world, and bug reports are this.
//!
//! Read back, the inputs are the timeline of a new session, and whoever goes to its end replays them. Invariant: old
//! texts are understood for ever ([`FORMAT`] grows, and every earlier one stays readable); no text panics, and one that
//! is too large, has too many inputs or lasts too long is refused before anything is replayed.

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster::{Fault, Script};
use jiff::Timestamp;
use machinery::time::{after_ms, ms_between};
use machinery::version::MAX_UNAVAILABLE_STATEFUL_SET;
use serde::{Deserialize, Serialize};

use crate::import::Imported;
use crate::redact::{Kinds, Redactor, Sensitive};
use crate::session::Session;
use crate::timeline::{Dated, Input};
use crate::worlds::{IMPORTED, Start, StartWorld};

/// The newest format: the first that holds imported objects. What has none is written in the first one.
const FORMAT: u32 = 2;
/// The first format.
const FIRST_FORMAT: u32 = 1;
/// Most inputs.
const INPUT_LIMIT: usize = 5_000;
/// Longest text that is read, in bytes.
pub const TEXT_LIMIT: usize = 8 << 20;
/// Latest moment, in milliseconds since the session began: a week.
const END_LIMIT_MS: u64 = 7 * 24 * 3_600_000;
/// Most nodes.
pub(crate) const NODE_LIMIT: u32 = 2_000;

/// A session as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Saved {
    /// The format; see [`FORMAT`].
    petset: u32,
    /// The start world's name.
    world: String,
    /// The simulated version.
    version: String,
    /// The gates that are on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    gates: Vec<String>,
    /// The objects of an imported world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    imported: Option<SavedImport>,
    seed: u64,
    nodes: u32,
    /// The moment looked at, in milliseconds since the session began.
    at: u64,
    /// How far the session had come.
    end: u64,
    /// When, in milliseconds since the session began, and what.
    inputs: Vec<(u64, SavedAct)>,
}

/// The objects of an imported world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SavedImport {
    /// When it begins.
    at: Timestamp,
    objects: Vec<serde_json::Value>,
}

/// An input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum SavedAct {
    Write(String, String),
    Run(String),
    Interrupt(bool),
    Fault(Fault),
    Save(String),
    Choose(Script),
}

impl Saved {
    /// The whole course of a session.
    pub fn whole(session: &Session) -> Saved {
        let since = |at: Timestamp| ms_between(session.began(), at).unsigned_abs();
        let inputs = session.inputs().map(|dated| (since(dated.at), act(&dated.input)));
        Saved { inputs: inputs.collect(), end: since(session.end()), ..Saved::start(session) }
    }

    /// Only how a session began, with the files as they are now.
    pub fn start_only(session: &Session) -> Saved {
        let began = session.start().world.files();
        let is_new = |name: &str, text: &str| !began.contains(&(name, text));
        let files = session.files().iter().filter(|file| is_new(&file.name, &file.text));
        let write =
            |name: &Arc<str>, text: &Arc<str>| (0, SavedAct::Write(name.to_string(), text.to_string()));
        let inputs = files.map(|file| write(&file.name, &file.text)).collect();
        Saved { at: 0, end: 0, inputs, ..Saved::start(session) }
    }

    fn start(session: &Session) -> Saved {
        let start = session.start();
        let gates =
            start.features.max_unavailable_stateful_set.then(|| MAX_UNAVAILABLE_STATEFUL_SET.to_owned());
        let imported = match &start.world {
            StartWorld::Imported(i) => Some(SavedImport { at: i.at(), objects: i.to_values() }),
            _ => None,
        };
        Saved {
            petset: if imported.is_some() { FORMAT } else { FIRST_FORMAT },
            imported,
            world: start.world.to_string(),
            version: start.features.version.name().to_owned(),
            gates: gates.into_iter().collect(),
            seed: start.seed,
            nodes: start.nodes,
            at: session.elapsed_ms(),
            end: session.elapsed_ms(),
            inputs: Vec::new(),
        }
    }

    /// The same course with a line typed at its end, if there is one, and some time after that.
    #[must_use]
    pub fn going_on(mut self, line: Option<&str>, ms: u64) -> Saved {
        self.inputs.extend(line.map(|line| (self.end, SavedAct::Run(line.to_owned()))));
        self.end += ms;
        self.at = self.end;
        self
    }

    /// The same without what its owner may not want to hand on, but for the kinds that are shown; and how many different
    /// values of each kind there are.
    pub fn redacted(&self, shown: Kinds) -> (Saved, BTreeMap<Sensitive, usize>) {
        let features = self.start_again().map(|start| start.features).unwrap_or_default();
        let (mut saved, mut redactor) = (self.clone(), Redactor::showing(shown));
        let lines = self.inputs.iter().filter_map(|(_, act)| match act {
            SavedAct::Run(line) => Some(line),
            _ => None,
        });
        lines.for_each(|line| redactor.learn(line));
        for object in saved.imported.iter_mut().flat_map(|imported| &mut imported.objects) {
            redactor.redact(object);
        }
        for (_, act) in &mut saved.inputs {
            match act {
                SavedAct::Write(name, text) => *text = redactor.file(name, text, features),
                SavedAct::Run(line) => *line = redactor.line(line, features),
                SavedAct::Save(text) => *text = redactor.manifest(text, features),
                SavedAct::Interrupt(_) | SavedAct::Fault(_) | SavedAct::Choose(_) => {}
            }
        }
        (saved, redactor.counts())
    }

    /// As text.
    pub fn to_text(&self) -> String {
        // Only a map whose keys are no strings could fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a text.
    ///
    /// # Errors
    /// For people: what is wrong with it.
    pub fn from_text(text: &str) -> Result<Saved, String> {
        if text.len() > TEXT_LIMIT {
            return Err(format!("it has {} bytes; at most {} MiB are read", text.len(), TEXT_LIMIT >> 20));
        }
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
        match value["petset"].as_u64() {
            None => return Err("it is no saved world of petset".to_owned()),
            Some(format) if format > u64::from(FORMAT) => {
                return Err(format!(
                    "it was made by a newer petset (format {format}); this one reads up to {FORMAT}"
                ));
            }
            Some(_) => {}
        }
        let saved: Saved = serde_json::from_value(value).map_err(|error| error.to_string())?;
        saved.check()?;
        Ok(saved)
    }

    /// Whether it would be opened again, as far as its length goes.
    ///
    /// # Errors
    /// For people: what there is too much of.
    pub fn check_length(&self) -> Result<(), String> {
        if self.inputs.len() > INPUT_LIMIT {
            return Err(format!("it has {} inputs; at most {INPUT_LIMIT} are replayed", self.inputs.len()));
        }
        if self.end > END_LIMIT_MS {
            return Err("it lasts longer than a week".to_owned());
        }
        Ok(())
    }

    /// How it began, if everything about it is sound.
    fn check(&self) -> Result<Start, String> {
        let start = self.start_again()?;
        self.check_length()?;
        if self.nodes > NODE_LIMIT {
            return Err(format!("it has {} nodes; at most {NODE_LIMIT} are simulated", self.nodes));
        }
        let times = self.inputs.iter().map(|(at, _)| *at).chain([self.end]);
        if !times.is_sorted() || self.at > self.end {
            return Err("its inputs are not in the order of their times".to_owned());
        }
        Ok(start)
    }

    fn start_again(&self) -> Result<Start, String> {
        let mut start = Start { seed: self.seed, nodes: self.nodes, ..Start::default() };
        start.features.version = self.version.parse()?;
        for gate in &self.gates {
            start.features.set_gate(gate, true)?;
        }
        start.world = match &self.imported {
            Some(SavedImport { at, objects }) if self.world == IMPORTED => {
                StartWorld::Imported(Imported::from_values(*at, objects.clone(), start.features)?)
            }
            _ => self.world.parse()?,
        };
        Ok(start)
    }

    /// A session at its begin, with everything that was saved still before it, and the moment to go to, in milliseconds
    /// since the begin.
    ///
    /// # Errors
    /// For people: what is wrong with it.
    pub fn open(&self) -> Result<(Session, u64), String> {
        let session = Session::new(self.check()?);
        let began = session.began();
        let moment = |ms: u64| after_ms(began, i64::try_from(ms).unwrap_or(i64::MAX));
        let inputs = self.inputs.iter().map(|(at, act)| Dated { at: moment(*at), input: input(act) });
        let end = moment(self.end);
        Ok((session.with_future(inputs.collect(), end), self.at))
    }

    /// Whether it holds the objects of another cluster, and how many.
    pub fn imported(&self) -> Option<usize> {
        self.imported.as_ref().map(|imported| imported.objects.len())
    }

    /// The names of the files, and how many command lines there are: what somebody who shares it should know.
    pub fn contents(&self) -> (Vec<&str>, usize) {
        let mut files: Vec<&str> = Vec::new();
        let mut lines = 0;
        for (_, act) in &self.inputs {
            match act {
                SavedAct::Write(name, _) if !files.contains(&name.as_str()) => files.push(name),
                SavedAct::Run(_) => lines += 1,
                _ => {}
            }
        }
        (files, lines)
    }
}

fn act(input: &Input) -> SavedAct {
    match input {
        Input::WriteFile { name, text } => SavedAct::Write(name.to_string(), text.to_string()),
        Input::Command { line } => SavedAct::Run(line.to_string()),
        Input::Interrupt => SavedAct::Interrupt(true),
        Input::Fault(fault) => SavedAct::Fault(fault.clone()),
        Input::EditSaved { text } => SavedAct::Save(text.to_string()),
        Input::Script(script) => SavedAct::Choose(script.clone()),
    }
}

fn input(act: &SavedAct) -> Input {
    match act {
        SavedAct::Write(name, text) => {
            Input::WriteFile { name: name.as_str().into(), text: text.as_str().into() }
        }
        SavedAct::Run(line) => Input::Command { line: line.as_str().into() },
        SavedAct::Interrupt(_) => Input::Interrupt,
        SavedAct::Fault(fault) => Input::Fault(fault.clone()),
        SavedAct::Save(text) => Input::EditSaved { text: text.as_str().into() },
        SavedAct::Choose(script) => Input::Script(script.clone()),
    }
}
