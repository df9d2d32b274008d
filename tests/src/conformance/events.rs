//! Events of a step, of a cluster or in a listing, as a set with counts.

use std::collections::{BTreeMap, BTreeSet};

use client::api::{Change, WatchEvent};
use k8s_openapi::api::core::v1::Event;
use machinery::Object;

use super::compare::lines_differ;
use super::free::{CONFLICT, NUMBER, RESYNCED, WAITS};

/// What an Event says when upstream's correlator has put several into one.
const COMBINED: &str = "(combined from similar events): ";

/// What the scheduler says of a claim that was just made and that its cache has not seen.
const UNSEEN_CLAIM: &str = "nodes are available: persistentvolumeclaim ";

/// An Event, and how often it has been seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The object, `pod/web-0`; in a description the reporter.
    pub object: String,
    /// `SuccessfulCreate`.
    pub reason: String,
    /// `Normal` or `Warning`.
    pub kind: String,
    /// What it says.
    pub message: String,
    /// How often it was seen.
    pub count: i32,
}

impl Row {
    /// An Event as it is stored; `kind_name` names the object's kind.
    pub fn of(event: &Event, kind_name: impl Fn(&str) -> String) -> Row {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let about = &event.involved_object;
        let series = event.series.as_ref().and_then(|series| series.count);
        Row {
            object: format!("{}/{}", kind_name(about.kind.as_deref().unwrap_or_default()), text(&about.name)),
            reason: text(&event.reason),
            kind: text(&event.type_),
            message: text(&event.message),
            count: event.count.filter(|count| *count > 0).or(series).unwrap_or(1),
        }
    }

    fn is_combined(&self) -> bool {
        self.message.starts_with(COMBINED)
    }

    /// Whether a write met another one and has to be tried again.
    pub fn is_conflict(&self) -> bool {
        self.message.contains(CONFLICT)
    }

    /// What the writer was at when it met another one: `Pod web-0 in StatefulSet web`.
    fn interrupted(&self) -> Option<&str> {
        let (_, rest) = self.message.split_once(' ')?;
        rest.split_once(" failed error:").map(|(subject, _)| subject).filter(|_| self.is_conflict())
    }
}

/// The short name of a kind in a trace's Events.
pub fn short(kind: &str) -> String {
    match kind {
        "StatefulSet" => "sts".to_owned(),
        "PersistentVolumeClaim" => "pvc".to_owned(),
        "PersistentVolume" => "pv".to_owned(),
        "Service" => "svc".to_owned(),
        "ControllerRevision" => "cr".to_owned(),
        _ => kind.to_lowercase(),
    }
}

/// Every sighting of an Event among these changes.
pub fn of<'a>(changes: impl Iterator<Item = &'a WatchEvent>) -> Vec<Row> {
    let seen = changes.filter(|change| change.change != Change::Deleted);
    seen.filter_map(|change| match &change.object {
        Object::Event(event) => Some(Row::of(event, short)),
        _ => None,
    })
    .collect()
}

/// The first difference between the Events of two steps.
pub fn steps_differ(what: &str, recorded: &[Row], ours: &[Row]) -> Option<String> {
    sets_differ(what, recorded, ours, &[&NUMBER[..], &RESYNCED].concat())
}

/// The first difference between all Events of two clusters.
pub fn difference(what: &str, recorded: &[Row], ours: &[Row]) -> Option<String> {
    sets_differ(what, recorded, ours, &[&NUMBER[..], &WAITS].concat())
}

fn sets_differ(what: &str, recorded: &[Row], ours: &[Row], any_number: &[&str]) -> Option<String> {
    let combined: BTreeSet<(&str, &str)> = recorded
        .iter()
        .chain(ours)
        .filter(|row| row.is_combined())
        .map(|row| (row.object.as_str(), row.reason.as_str()))
        .collect();
    // The retry tells of success in other words, or not at all.
    let interrupted: Vec<&str> = recorded.iter().chain(ours).filter_map(Row::interrupted).collect();
    let is_retried = |row: &Row| {
        let done = row.message.split_once(' ').and_then(|(_, rest)| rest.strip_suffix(" successful"));
        row.is_conflict() || done.is_some_and(|subject| interrupted.contains(&subject))
    };
    let [recorded, ours] = [recorded, ours]
        .map(|rows| rows.iter().filter(|row| !is_retried(row)).cloned().collect::<Vec<Row>>());
    let is_free = |row: &&Row| {
        any_number.contains(&row.reason.as_str())
            || combined.contains(&(row.object.as_str(), row.reason.as_str()))
    };
    let (theirs, mine) = (kept(&recorded, is_free), kept(&ours, is_free));
    lines_differ(what, &theirs, &mine).or_else(|| texts_differ(what, &recorded, &ours, is_free))
}

/// The rows whose number is compared, one a line.
fn kept(rows: &[Row], is_free: impl Fn(&&Row) -> bool) -> String {
    let mut lines: Vec<String> = rows
        .iter()
        .filter(|row| !is_free(row))
        .map(|Row { object, reason, kind, message, count }| {
            let count = if RESYNCED.contains(&reason.as_str()) { "*".to_owned() } else { count.to_string() };
            format!("{kind}  {reason}  {object}  {message}  x{count}\n")
        })
        .collect();
    lines.sort();
    lines.dedup_by(|a, b| a == b && a.ends_with("x*\n"));
    lines.concat()
}

/// Where both sides have rows of free number about an object, one side's texts are among the other's.
fn texts_differ(
    what: &str,
    recorded: &[Row],
    ours: &[Row],
    is_free: impl Fn(&&Row) -> bool,
) -> Option<String> {
    let texts = |rows: &[Row]| -> BTreeMap<(String, String), BTreeSet<String>> {
        let mut texts: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for row in rows.iter().filter(&is_free) {
            let text = row.message.strip_prefix(COMBINED).unwrap_or(&row.message);
            texts.entry((row.object.clone(), row.reason.clone())).or_default().insert(text.to_owned());
        }
        texts
    };
    let (theirs, mine) = (texts(recorded), texts(ours));
    theirs.iter().find_map(|(key, theirs)| {
        let mine = mine.get(key)?;
        let known = |texts: &BTreeSet<String>| -> BTreeSet<String> {
            texts.iter().filter(|text| !text.contains(UNSEEN_CLAIM)).cloned().collect()
        };
        let agree = theirs.is_subset(mine)
            || mine.is_subset(theirs)
            || known(theirs).is_subset(&known(mine))
            || known(mine).is_subset(&known(theirs));
        let joined =
            |texts: &BTreeSet<String>| texts.iter().map(|text| format!("{text}\n")).collect::<String>();
        let what = format!("{what}: {} of {}", key.1, key.0);
        (!agree).then(|| lines_differ(&what, &joined(theirs), &joined(mine)))?
    })
}

/// What `describe` or `get events` printed, with the Events apart from the rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// Everything else.
    pub rest: String,
    /// The Events.
    pub rows: Vec<Row>,
}

impl Listing {
    /// Reads what was printed, with cells told apart by two blanks.
    pub fn read(text: &str) -> Listing {
        let mut listing = Listing::default();
        let mut columns: Option<Vec<String>> = None;
        for line in text.split_inclusive('\n') {
            let cells: Vec<&str> = line.trim().split("  ").filter(|cell| !cell.is_empty()).collect();
            let is_rule = line.trim_start().starts_with("--");
            if cells.contains(&"Reason") && cells.contains(&"Message") || cells.contains(&"REASON") {
                columns = Some(cells.iter().map(|cell| cell.trim().to_uppercase()).collect());
            } else if let Some(names) = columns.as_ref().filter(|_| cells.len() > 2) {
                if !is_rule {
                    listing.rows.push(row(names, &cells));
                }
            } else if line.starts_with("Events:") {
                // Whether there are any follows from the rows.
                listing.rest += "Events:\n";
            } else {
                columns = None;
                listing.rest += line;
            }
        }
        listing
    }
}

fn row(names: &[String], cells: &[&str]) -> Row {
    // The message is last, and may have two blanks in it.
    let cell = |wanted: &[&str]| {
        let at = names.iter().position(|name| wanted.contains(&name.as_str()));
        at.and_then(|at| cells.get(at)).map_or("", |cell| cell.trim())
    };
    let message = cells.get(names.len().saturating_sub(1)..).unwrap_or_default().join("  ");
    let age = cell(&["AGE", "LAST SEEN"]);
    let times = age.split_once("(x").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    Row {
        object: cell(&["OBJECT", "FROM"]).to_owned(),
        reason: cell(&["REASON"]).to_owned(),
        kind: cell(&["TYPE"]).to_owned(),
        message: message.trim().to_owned(),
        count: times.unwrap_or(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(reason: &str, message: &str, count: i32) -> Row {
        let [object, kind] = ["pod/web-0", "Normal"].map(str::to_owned);
        Row { object, reason: reason.to_owned(), kind, message: message.to_owned(), count }
    }

    #[test]
    fn counts_matter_where_they_are_not_free() {
        let created = |count| vec![row("SuccessfulCreate", "a", count)];
        assert_eq!(difference("events", &created(1), &created(1)), None);
        assert!(difference("events", &created(1), &created(2)).is_some());
        assert!(difference("events", &created(1), &[]).is_some());
        let pending = |message: &str| vec![row("FailedScheduling", message, 1)];
        assert_eq!(difference("events", &pending("a"), &[]), None);
        assert!(difference("events", &pending("a"), &pending("b")).is_some());
        let unseen = pending("0/3 nodes are available: persistentvolumeclaim \"a\" not found.");
        assert_eq!(difference("events", &unseen, &pending("b")), None);
        let waiting = |count| vec![row("FailedBinding", "a", count)];
        assert_eq!(difference("events", &waiting(1), &waiting(3)), None);
        assert!(difference("events", &waiting(1), &[]).is_some());
        assert_eq!(steps_differ("events", &waiting(1), &[]), None);
        let conflict = [row("FailedUpdate", "the object has been modified; try again", 1)];
        assert_eq!(difference("events", &conflict, &[]), None);
        let text = "Update Pod web-0 in StatefulSet web failed error: the object has been modified";
        let retried = [row("SuccessfulCreate", "Create Pod web-0 in StatefulSet web successful", 1)];
        assert_eq!(difference("events", &[row("FailedUpdate", text, 1)], &retried), None);
        assert!(difference("events", &conflict, &retried).is_some());
    }

    #[test]
    fn a_combined_event_frees_the_form_of_its_kind() {
        let single = [row("FailedCreate", "a", 1), row("FailedCreate", "b", 1)];
        let combined = [row("FailedCreate", "(combined from similar events): a", 7)];
        assert_eq!(difference("events", &single, &combined), None);
        let other = [row("FailedCreate", "(combined from similar events): c", 7)];
        assert!(difference("events", &single, &other).is_some());
    }

    #[test]
    fn listings_are_read() {
        let described = "Name:  web-0\nEvents:\n  Type  Reason  Age  From  Message\n  ----  ------  ----  ----  -------\n  Normal  Pulled  <age> (x3 over <age>)  kubelet  it is  there\n";
        let listing = Listing::read(described);
        assert_eq!(listing.rest, "Name:  web-0\nEvents:\n");
        assert_eq!(listing.rows.len(), 1);
        assert_eq!((listing.rows[0].count, listing.rows[0].message.as_str()), (3, "it is  there"));
        assert_eq!(Listing::read("Name:  web-0\nEvents:  <none>\n").rest, listing.rest);
        let listed = "LAST SEEN  TYPE  REASON  OBJECT  MESSAGE\n<age>  Normal  Pulled  pod/web-0  there\n";
        assert_eq!(Listing::read(listed).rows[0].object, "pod/web-0");
    }
}
