//! What the page around an embed may say, and what it is told: `docs/src/embedding.md` describes it for people.
//!
//! Messages are JSON objects with `petset: 1`. What comes in has been checked for its origin by the shell; what is not
//! understood is ignored, so that hosts and embeds of different versions can meet. Invariant: every call is answered
//! once, unless the page goes away.

use std::rc::Rc;

use imbl::Vector;
use serde_json::{Value, json};
use session::{Content, QUEUE_LIMIT, RunResult, Snapshot};

use crate::commands;
use crate::model::Model;

/// The version of the protocol.
const PROTOCOL: u64 = 1;
/// The most virtual time that one call lets pass, in seconds: a day.
const ADVANCE_LIMIT_SECONDS: f64 = 86_400.0;
/// The course of no session.
const NO_COURSE: u64 = u64::MAX;

/// An act of the host, or of the shell that speaks with it.
#[derive(Clone, Debug, PartialEq)]
pub enum HostMsg {
    /// A message has come, as JSON.
    Said(String),
    /// So many messages were handed to the host.
    Sent(usize),
}

/// What there is between an embed and its host. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// What the host is to be told next, as JSON, oldest first.
    pub out: Vector<Rc<str>>,
    /// Where the host's knowledge ends; `None` before it has connected.
    known: Option<Known>,
    /// The line that runs, with what it has printed.
    line: Option<(Rc<str>, RunResult)>,
    /// The calls that wait for a line to end.
    calls: Vector<Called>,
}

/// A call that waits for a line to end.
#[derive(Clone, Debug)]
struct Called {
    id: u64,
    line: Rc<str>,
    /// The session's course in which the line was typed.
    course: u64,
}

/// What the host has been told.
#[derive(Clone, Debug, Default, PartialEq)]
struct Known {
    ready: bool,
    resource_version: u64,
    /// How many entries of the log; what happens again after a look at the past is no news.
    told: u64,
    /// How long the log was when it was last looked at.
    written: u64,
    course: u64,
    /// The lesson and the step (from 0) whose goal was reached last.
    goal: Option<(String, usize)>,
}

impl Host {
    /// The session is another one from here on.
    pub(crate) fn change_session(&mut self) {
        forget_lines(self, NO_COURSE);
        if let Some(known) = &mut self.known {
            (known.course, known.written) = (NO_COURSE, u64::MAX);
        }
    }

    fn tell(&mut self, mut message: Value) {
        message["petset"] = PROTOCOL.into();
        self.out.push_back(message.to_string().into());
    }

    fn answer(&mut self, id: u64, outcome: Result<Value, String>) {
        self.tell(match outcome {
            Ok(value) => json!({"type": "result", "id": id, "value": value}),
            Err(message) => json!({"type": "error", "id": id, "message": message}),
        });
    }
}

/// Applies an act of the host.
pub(crate) fn update(model: &mut Model, msg: HostMsg) {
    match msg {
        HostMsg::Said(text) => {
            let message: Value = serde_json::from_str(&text).unwrap_or_default();
            if message["petset"] == PROTOCOL {
                listen(model, &message);
            }
        }
        HostMsg::Sent(count) => {
            let sent = count.min(model.host.out.len());
            model.host.out = model.host.out.skip(sent);
        }
    }
}

fn listen(model: &mut Model, message: &Value) {
    match message["type"].as_str() {
        // Again: whoever lost its state, as a page that was reloaded in place, starts anew.
        Some("connect") => {
            model.host = Host { known: Some(Known::of(model)), ..Host::default() };
        }
        Some("call") => {
            let (Some(id), Some(method)) = (message["id"].as_u64(), message["method"].as_str()) else {
                return;
            };
            if let Some(outcome) = call(model, id, method, &message["argument"]) {
                model.host.answer(id, outcome);
            }
        }
        _ => {}
    }
}

/// Does what is asked; `None` if the answer comes when a line has ended.
fn call(model: &mut Model, id: u64, method: &str, argument: &Value) -> Option<Result<Value, String>> {
    match method {
        "snapshot" => {
            let snapshot = serde_json::to_value(Snapshot::of(&model.session));
            Some(snapshot.map_err(|error| error.to_string()))
        }
        "advance" => Some(advance(model, argument)),
        "apply" => match argument.as_str().ok_or("a manifest is a text".to_owned()).and_then(|manifest| {
            model.session.files().check(&model.file, manifest)?;
            model.draft(manifest);
            Ok(commands::apply(&model.file))
        }) {
            Ok(line) => run(model, id, &line),
            Err(problem) => Some(Err(problem)),
        },
        "run" => match argument.as_str().filter(|line| !line.trim().is_empty()) {
            Some(line) => run(model, id, line),
            None => Some(Err("there is no command line to run".to_owned())),
        },
        _ => Some(Err(format!("there is no method {method:?}; there are apply, run, advance and snapshot"))),
    }
}

fn run(model: &mut Model, id: u64, line: &str) -> Option<Result<Value, String>> {
    if model.session.running().is_some_and(|running| running.queued >= QUEUE_LIMIT) {
        return Some(Err(format!("not run: {QUEUE_LIMIT} lines wait already")));
    }
    model.run(line);
    // Typed in the past, it has begun another course.
    let course = model.session.course();
    model.host.calls.push_back(Called { id, line: line.into(), course });
    None
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range has just been checked")]
fn advance(model: &mut Model, argument: &Value) -> Result<Value, String> {
    let seconds = argument.as_f64().filter(|seconds| (0.0..=ADVANCE_LIMIT_SECONDS).contains(seconds));
    let seconds = seconds
        .ok_or_else(|| format!("{argument} is no number of seconds from 0 to {ADVANCE_LIMIT_SECONDS}"))?;
    model.session.advance((seconds * 1000.0).round() as u64);
    Ok(Value::Null)
}

impl Known {
    fn of(model: &Model) -> Known {
        let session = &model.session;
        Known {
            ready: false,
            resource_version: session.world().server().resource_version(),
            told: session.log().written(),
            written: session.log().written(),
            course: session.course(),
            goal: None,
        }
    }
}

/// Tells the host what is new in the session.
pub(crate) fn follow(model: &mut Model) {
    let Some(known) = model.host.known.clone() else { return };
    let now = Known { goal: known.goal.clone(), ready: true, ..Known::of(model) };
    let mut host = std::mem::take(&mut model.host);
    if !known.ready {
        if model.keep.opening.is_some() || model.lessons.is_awaited() {
            model.host = host;
            return;
        }
        host.tell(json!({"type": "ready"}));
    }
    let is_same = known.course == now.course;
    if !is_same {
        forget_lines(&mut host, now.course);
    }
    follow_log(&mut host, model, if is_same { known.told } else { known.written });
    if now.resource_version != known.resource_version {
        let elapsed = model.session.elapsed_ms() / 1000;
        host.tell(json!({
            "type": "change", "resourceVersion": now.resource_version.to_string(), "elapsedSeconds": elapsed,
        }));
    }
    let goal = follow_goal(&mut host, model, known.goal);
    let told = if is_same { known.told.max(now.told) } else { now.told };
    host.known = Some(Known { goal, told, ..now });
    model.host = host;
}

fn follow_log(host: &mut Host, model: &Model, from: u64) {
    for entry in model.session.log().since(from) {
        if let Content::Command(line) = &entry.content {
            host.line = Some((Rc::from(&**line), RunResult::default()));
        }
        let Some((line, result)) = &mut host.line else { continue };
        if !result.add(entry) {
            continue;
        }
        let (line, result) = (line.clone(), std::mem::take(result));
        host.line = None;
        let result = serde_json::to_value(result).unwrap_or_default();
        if let Some(index) = host.calls.iter().position(|called| called.line == line) {
            let called = host.calls.remove(index);
            host.answer(called.id, Ok(result.clone()));
        }
        let mut message = result;
        message["type"] = "command".into();
        message["line"] = Value::from(&*line);
        host.tell(message);
    }
}

/// Another course of events was left for this one, and with it the lines that ran there.
fn forget_lines(host: &mut Host, course: u64) {
    host.line = None;
    let (here, left): (Vector<Called>, Vector<Called>) =
        std::mem::take(&mut host.calls).into_iter().partition(|called| called.course == course);
    host.calls = here;
    for called in left {
        host.answer(called.id, Err("the course of events in which it ran was left".to_owned()));
    }
}

fn follow_goal(host: &mut Host, model: &Model, last: Option<(String, usize)>) -> Option<(String, usize)> {
    let course = model.lessons.course.as_ref().filter(|course| course.reached)?;
    let goal = (course.lesson.id.clone(), course.step);
    if last.as_ref() != Some(&goal) {
        let (step, steps) = (course.step + 1, course.lesson.steps.len());
        host.tell(json!({"type": "goal", "lesson": goal.0, "step": step, "steps": steps}));
    }
    Some(goal)
}
