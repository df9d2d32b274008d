//! What Apply would do, found by doing it to copies of the session.
//!
//! Invariant: the session itself is not touched, and nothing is written into its log.

use machinery::yaml::{Document, Position, documents_in};
use machinery::{Kind, ObjectKey};
use serde_json::Value;
use session::Session;

use crate::commands;
use crate::confusable::{self, Blamed, Confusable};
use crate::effect::Effect;
use crate::marks::{self, Difference, Mark, Note};
use crate::take::take;

/// Longest text that is tried while somebody types, in bytes.
const TRIED: usize = 64 << 10;

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// In a sentence.
    pub effect: Effect,
    /// What is wrong with the text, and where the live objects differ from it; in the order of the text.
    pub marks: Vec<Mark>,
    /// What would change in each object, as `kubectl diff` has it.
    pub diff: Vec<ObjectDiff>,
}

/// What would change in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectDiff {
    /// As kubectl names its file: `apps.v1.StatefulSet.default.myapp`.
    pub name: String,
    /// The hunks of a unified difference.
    pub hunks: String,
}

impl Trial {
    /// Tries a text under a file's name.
    pub fn of(session: &Session, file: &str, text: &str) -> Trial {
        if text.len() > TRIED {
            return Trial::default();
        }
        if text.trim().is_empty() {
            return Trial { effect: Effect::Nothing, ..Trial::default() };
        }
        let mut copy = session.clone();
        while copy.running().is_some() {
            copy.interrupt();
        }
        let apply = |text: &str| Ran::of(&copy, file, text, &commands::apply(file));
        let applied = apply(text);
        let is_refused = applied.exit != Some(0);
        let blamed = if is_refused { confusable::blame(text, |text| apply(text).err) } else { None };
        Trial {
            marks: marks(&copy, file, text, is_refused, blamed),
            diff: if is_refused { Vec::new() } else { diff(&copy, file, text) },
            effect: if is_refused {
                Effect::Refused(applied.err.lines().next().unwrap_or_default().to_owned())
            } else {
                Effect::read(&applied.out, session, applied.session)
            },
        }
    }
}

impl Trial {
    /// The characters of a line that are to blame for what is wrong.
    pub fn confusables(&self, line: usize) -> Vec<Confusable> {
        let of_mark = |mark: &Mark| match mark.note {
            Note::Confusable(found) if found.at.line == line => Some(found),
            _ => None,
        };
        self.marks.iter().filter_map(of_mark).collect()
    }
}

/// The text, whose field marked at a place has got the value that the live object has; `None` if there is no such mark, or
/// if that would change more than this field.
pub fn take_live(session: &Session, text: &str, at: Position) -> Option<String> {
    let features = session.start().features;
    documents_in(text, features).map_while(Result::ok).enumerate().find_map(|(index, document)| {
        let live = live(session, &document.value)?;
        let differing = marks::differing(&document, &live, features);
        let difference = differing.iter().find(|difference| difference.mark().span.start == at)?;
        take(text, index, difference, &live, features)
    })
}

/// A command that has run on a copy of a session.
struct Ran {
    session: Session,
    out: String,
    err: String,
    exit: Option<i32>,
}

impl Ran {
    fn of(session: &Session, file: &str, text: &str, line: &str) -> Ran {
        let mut session = session.clone();
        session.write_file(file, text);
        let first = session.log().written();
        session.run(line);
        let (mut out, mut err, mut exit) = (String::new(), String::new(), None);
        for entry in session.log().since(first) {
            entry.collect(&mut out, &mut err, &mut exit);
        }
        Ran { session, out, err, exit }
    }
}

/// What `kubectl diff` prints, without the names of its temporary files.
fn diff(session: &Session, file: &str, text: &str) -> Vec<ObjectDiff> {
    let printed = Ran::of(session, file, text, &commands::diff(file)).out;
    let object = |part: &str| {
        let mut lines = part.lines();
        let name = lines.next()?.rsplit('/').next()?.to_owned();
        let hunks = lines.skip(2).map(|line| format!("{line}\n")).collect();
        Some(ObjectDiff { name, hunks })
    };
    let parts = printed.strip_prefix(DIFF).into_iter().flat_map(|printed| printed.split(NEXT_DIFF));
    parts.filter_map(object).collect()
}

/// What the difference of an object begins with.
const DIFF: &str = "diff -u -N ";
const NEXT_DIFF: &str = "\ndiff -u -N ";

/// The marks of a text; what the API server says of it is asked only if it is refused.
fn marks(session: &Session, file: &str, text: &str, is_refused: bool, blamed: Option<Blamed>) -> Vec<Mark> {
    let features = session.start().features;
    let blamed = blamed.map(|blamed| blamed.characters).unwrap_or_default();
    let mut marks: Vec<Mark> = blamed.into_iter().map(marks::confusable).collect();
    for document in documents_in(text, features) {
        let document = match document {
            Ok(document) => document,
            Err(error) => {
                marks.push(marks::unparsed(&error));
                break;
            }
        };
        let live = live(session, &document.value);
        let mut wrong = marks::undecoded(&document, features);
        if is_refused && wrong.is_empty() {
            wrong = refused(session, file, &document, live.as_ref());
        }
        marks.extend(wrong);
        if let Some(live) = &live {
            marks.extend(marks::differing(&document, live, features).iter().map(Difference::mark));
        }
    }
    marks.sort_by_key(|mark| (mark.span.start, !mark.is_wrong()));
    marks
}

/// The object that a document is about, as it is now.
fn live(session: &Session, document: &Value) -> Option<Value> {
    let kind = Kind::from_api(document["apiVersion"].as_str()?, document["kind"].as_str()?)?;
    let namespace = match document["metadata"]["namespace"].as_str() {
        _ if !kind.is_namespaced() => "",
        Some(namespace) => namespace,
        None => session.kubeconfig().namespace(),
    };
    let key = ObjectKey::new(kind, namespace, document["metadata"]["name"].as_str()?);
    Some(session.world().server().object(&key)?.to_value())
}

/// What is wrong with one document: it is applied alone, so that there is no doubt what is meant.
fn refused(session: &Session, file: &str, document: &Document, live: Option<&Value>) -> Vec<Mark> {
    let ran = Ran::of(session, file, &document.value.to_string(), &commands::apply(file));
    if ran.exit == Some(0) { Vec::new() } else { marks::refused(document, &ran.err, live) }
}
