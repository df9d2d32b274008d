//! One step of a recording against what the engine did.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::events::{self, Row};
use super::free::Texts;
use super::names::Names;
use super::terminal::Output;
use super::trace::Step;
use super::trails::{self, Freedom};

/// What happened in a step, in a replay or in another recording.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// What the command left behind.
    pub output: Output,
    /// Why the world stopped, if it did.
    pub failure: Option<String>,
    /// What the watch that ran meanwhile had printed.
    pub background: Option<String>,
    /// What happened.
    pub trail: Vec<String>,
    /// Every sighting of an Event.
    pub events: Vec<Row>,
    /// The objects afterwards.
    pub state: BTreeMap<String, BTreeMap<String, Value>>,
    /// The sets that are OrderedReady.
    pub ordered: BTreeSet<String>,
}

impl Played {
    /// The same with other names of revisions.
    pub fn with_names(self, names: &Names) -> Played {
        let text = |text: &String| names.translate(text);
        let value = |value: &Value| serde_json::from_str(&text(&value.to_string())).unwrap_or_default();
        let objects = |objects: &BTreeMap<String, Value>| {
            objects.iter().map(|(name, object)| (text(name), value(object))).collect()
        };
        Played {
            output: Output { out: text(&self.output.out), err: text(&self.output.err), ..self.output },
            background: self.background.as_ref().map(text),
            trail: self.trail.iter().map(text).collect(),
            events: self.events.into_iter().map(|row| Row { message: text(&row.message), ..row }).collect(),
            state: self.state.iter().map(|(kind, of_kind)| (kind.clone(), objects(of_kind))).collect(),
            ..self
        }
    }
}

/// The first difference; `None` if there is none.
///
/// `slices` are what the slices held before the step, as entries of a trail.
pub fn difference(step: &Step, slices: &[String], played: &Played, texts: &Texts) -> Option<String> {
    let recorded = Output { exit: Some(step.exit), out: step.out.clone(), err: step.err.clone() };
    let free = Freedom::of(step, slices);
    played
        .failure
        .clone()
        .or_else(|| outputs_differ(&step.run, &recorded, &played.output, texts))
        .or_else(|| {
            let (command, recorded) = step.watch()?;
            watches_differ(command, recorded, played.background.as_deref()?, texts, free.burst)
        })
        .or_else(|| trails::differ(&step.trail, &played.trail, &free, &played.ordered))
        .or_else(|| {
            let free = |mut row: Row| {
                row.message = texts.comparable("", &row.message);
                row
            };
            let recorded: Vec<Row> = step.seen()?.into_iter().map(free).collect();
            let ours: Vec<Row> = played.events.iter().cloned().map(free).collect();
            events::steps_differ("events", &recorded, &ours)
        })
        .or_else(|| states_differ(step.state.as_ref()?, &played.state))
}

/// The first difference in what a command left behind.
pub fn outputs_differ(run: &str, recorded: &Output, ours: &Output, texts: &Texts) -> Option<String> {
    if recorded.exit != ours.exit {
        let code =
            |exit: Option<i32>| exit.map_or_else(|| "it still runs".to_owned(), |code| code.to_string());
        return Some(format!(
            "exit: recorded {}, ours {}\nstderr: {}",
            code(recorded.exit),
            code(ours.exit),
            ours.err
        ));
    }
    let out = texts.difference(run, "stdout", &recorded.out, &ours.out);
    out.or_else(|| texts.difference(run, "stderr", &recorded.err, &ours.err))
}

fn watches_differ(
    command: &str,
    recorded: &str,
    ours: &str,
    texts: &Texts,
    by_object: bool,
) -> Option<String> {
    let (recorded, ours) = super::tables::aligned(recorded, ours);
    let rows = |text: &str| rows(&texts.comparable(command, text), by_object);
    lines_differ(command, &rows(&recorded), &rows(&ours))
}

/// Rows of a watch without repeats of the same row; each object's own where several change at once.
fn rows(text: &str, by_object: bool) -> String {
    let mut rows: Vec<&str> = text.lines().collect();
    if by_object {
        rows.sort_by_key(|row| row.split_whitespace().next());
    }
    rows.dedup();
    rows.join("\n")
}

fn states_differ(
    recorded: &BTreeMap<String, BTreeMap<String, Value>>,
    ours: &BTreeMap<String, BTreeMap<String, Value>>,
) -> Option<String> {
    let kinds: BTreeSet<&String> = recorded.keys().chain(ours.keys()).collect();
    for kind in kinds {
        let empty = BTreeMap::new();
        let (theirs, mine) = (recorded.get(kind).unwrap_or(&empty), ours.get(kind).unwrap_or(&empty));
        for name in theirs.keys().chain(mine.keys()) {
            let (theirs, mine) = (theirs.get(name), mine.get(name));
            if theirs.map(normal) != mine.map(normal) {
                let text = |v: Option<&Value>| v.map_or_else(|| "absent".to_owned(), |v| format!("{v:#}"));
                return Some(shown(&format!("state of {kind}/{name}"), &text(theirs), &text(mine)));
            }
        }
    }
    None
}

/// The value without zero counters: Go drops them, a recording may not.
fn normal(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(status) = value.get_mut("status").and_then(Value::as_object_mut) {
        status.retain(|_, v| v.as_i64() != Some(0));
    }
    value
}

/// The first line in which two texts differ, and both texts.
pub fn lines_differ(what: &str, recorded: &str, ours: &str) -> Option<String> {
    (recorded != ours).then(|| shown(what, recorded, ours))
}

fn shown(what: &str, recorded: &str, ours: &str) -> String {
    let at = recorded.lines().zip(ours.lines()).position(|(a, b)| a != b);
    let at = at.unwrap_or_else(|| recorded.lines().count().min(ours.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("(nothing)").to_owned();
    format!(
        "{what}, line {}:\n  recorded: {}\n  ours:     {}\n--- recorded\n{recorded}\n--- ours\n{ours}",
        at + 1,
        line(recorded),
        line(ours)
    )
}
