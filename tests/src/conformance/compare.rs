//! One step of a recording against what the engine did.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::events::{self, Row};
use super::free::{self, Texts};
use super::terminal::Output;
use super::trace::Step;

/// What the engine did in a step.
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
}

/// The first difference; `None` if there is none.
pub fn difference(step: &Step, played: &Played, texts: &Texts) -> Option<String> {
    let recorded = Output { exit: Some(step.exit), out: step.out.clone(), err: step.err.clone() };
    played
        .failure
        .clone()
        .or_else(|| outputs_differ(&step.run, &recorded, &played.output, texts))
        .or_else(|| {
            let (command, recorded) = step.watch()?;
            watches_differ(
                command,
                recorded,
                played.background.as_deref()?,
                texts,
                changes_at_once(&step.trail),
            )
        })
        .or_else(|| trails_differ(&step.trail, &played.trail, step.meets_conflict()))
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

fn trails_differ(recorded: &[String], ours: &[String], conflict: bool) -> Option<String> {
    let (theirs, mine) = (by_object(recorded), by_object(ours));
    let ids: BTreeSet<&str> = theirs.keys().chain(mine.keys()).copied().collect();
    let burst = changes_at_once(recorded);
    for id in ids {
        let theirs = theirs.get(id).cloned().unwrap_or_default();
        let mine = mine.get(id).cloned().unwrap_or_default();
        let is_status = |line: &&str| line.contains(" status ");
        let same = if id.starts_with("slice/") {
            theirs.last() == mine.last()
                && if burst {
                    courses_agree(&theirs, &mine)
                } else {
                    free::is_subsequence(&theirs, &mine) || free::is_subsequence(&mine, &theirs)
                }
        } else if id.starts_with("pvc/") && conflict {
            let is_owner = |line: &&&str| line.contains(" owners ");
            theirs.iter().filter(is_owner).eq(mine.iter().filter(is_owner))
                && theirs.iter().filter(|l| !is_owner(l)).eq(mine.iter().filter(|l| !is_owner(l)))
        } else if id.starts_with("sts/") && burst {
            let ends = |lines: &[&str]| {
                let statuses: Vec<String> =
                    lines.iter().filter(|l| is_status(l)).map(|l| (*l).to_owned()).collect();
                (statuses.first().cloned(), statuses.last().cloned())
            };
            let others = |lines: &[&str]| {
                lines.iter().filter(|l| !is_status(l)).map(|l| (*l).to_owned()).collect::<Vec<_>>()
            };
            ends(&theirs) == ends(&mine) && others(&theirs) == others(&mine)
        } else {
            theirs == mine
        };
        if !same {
            return Some(shown(&format!("trail of {id}"), &theirs.join("\n"), &mine.join("\n")));
        }
    }
    let (theirs, mine) = (pod_order(recorded), pod_order(ours));
    (!burst && theirs != mine).then(|| shown("order of the pods", &theirs.join("\n"), &mine.join("\n")))
}

/// Whether each pod went the same way through a slice's entries, though the pods went at different speeds.
fn courses_agree(theirs: &[&str], mine: &[&str]) -> bool {
    let (theirs, mine) = (courses(theirs), courses(mine));
    let pods: BTreeSet<&str> = theirs.keys().chain(mine.keys()).copied().collect();
    let of = |courses: &BTreeMap<&str, Vec<String>>, pod: &str| courses.get(pod).cloned().unwrap_or_default();
    pods.into_iter().all(|pod| {
        let (theirs, mine) = (of(&theirs, pod), of(&mine, pod));
        free::is_subsequence(&theirs, &mine) || free::is_subsequence(&mine, &theirs)
    })
}

/// What each pod was in a slice's entries, one after the other: `ready`, `serving+terminating`, or not there.
fn courses<'a>(entries: &[&'a str]) -> BTreeMap<&'a str, Vec<String>> {
    let mut courses: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let pods = |entry: &'a str| {
        let listed = entry.split_once(' ').map_or("", |(_, pods)| pods);
        listed.split(", ").filter_map(|pod| pod.split_once(':')).collect::<BTreeMap<&str, &str>>()
    };
    let all: BTreeSet<&str> = entries.iter().flat_map(|entry| pods(entry).into_keys()).collect();
    for entry in entries {
        let listed = pods(entry);
        for pod in &all {
            let state = listed.get(pod).copied().unwrap_or("not there").to_owned();
            let course = courses.entry(pod).or_default();
            if course.last() != Some(&state) {
                course.push(state);
            }
        }
    }
    courses
}

/// Each object's own lines, in order.
fn by_object(trail: &[String]) -> BTreeMap<&str, Vec<&str>> {
    let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in trail {
        let rest = line.strip_prefix("+ ").or_else(|| line.strip_prefix("- ")).unwrap_or(line);
        let id = rest.split_whitespace().next().unwrap_or_default();
        lines.entry(id).or_default().push(line);
    }
    lines
}

/// Births and deaths of pods, in order.
fn pod_order(trail: &[String]) -> Vec<&str> {
    let lines = trail.iter().map(String::as_str);
    lines.filter(|l| l.starts_with("+ pod/") || l.starts_with("- pod/")).collect()
}

/// Whether two pods were on their way (being born or dying) at the same time.
fn changes_at_once(trail: &[String]) -> bool {
    let mut busy: BTreeSet<&str> = BTreeSet::new();
    for line in trail {
        let rest = line.strip_prefix("+ ").or_else(|| line.strip_prefix("- ")).unwrap_or(line);
        let Some(pod) = rest.split_whitespace().next().filter(|id| id.starts_with("pod/")) else { continue };
        if line.starts_with("+ ") || line.ends_with(" terminating") {
            busy.insert(pod);
        } else if line.starts_with("- ") || line.ends_with(" ready") && !line.ends_with("not ready") {
            busy.remove(pod);
        }
        if busy.len() > 1 {
            return true;
        }
    }
    false
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
