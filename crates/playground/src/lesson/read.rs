//! Reads lesson files. The format, with an example, is in `docs/src/lessons.md`.
//!
//! Invariant: no file makes it panic or hang; a file with any problem gives no lesson.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use machinery::{Kind, ObjectKey, yaml};
use serde_json::{Map, Value};
use session::StartWorld;

use super::goal::{Fate, Field, Goal, Happening, Pattern, Piece, Turn};
use super::outline::{Outline, below};
use super::{Act, Begin, Lesson, Step, Text};

/// The namespace of what a lesson names without one.
const NAMESPACE: &str = "default";
/// The most ordinals that one goal is about.
const ORDINALS: i32 = 1000;
/// The most virtual time that passes at once, in seconds: a day.
const WAIT_LIMIT_SECONDS: u64 = 86_400;

/// What is wrong with a lesson file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1, if it is known.
    pub line: Option<usize>,
    /// The field, empty for the whole file.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Reads the lessons of a file, one a document.
///
/// # Errors
/// Everything that is wrong in it.
pub fn read(text: &str) -> Result<Vec<Lesson>, Vec<Problem>> {
    let (mut lessons, mut problems) = (Vec::new(), Vec::new());
    for document in yaml::documents(text) {
        match document {
            Err(error) => {
                problems.push(Problem { line: error.line, path: String::new(), message: error.to_string() });
            }
            Ok(document) => {
                let mut outline = Outline { document: &document, problems: Vec::new() };
                lessons.push(lesson(&mut outline, &document.value));
                problems.append(&mut outline.problems);
            }
        }
    }
    if lessons.is_empty() && problems.is_empty() {
        problems.push(Problem {
            line: None,
            path: String::new(),
            message: "the file holds no lesson".to_owned(),
        });
    }
    if problems.is_empty() { Ok(lessons) } else { Err(problems) }
}

fn lesson(outline: &mut Outline<'_>, value: &Value) -> Lesson {
    let empty = Map::new();
    let map = outline.map("", value, &["id", "title", "about", "start", "steps"]).unwrap_or(&empty);
    let id = outline.required("", map, "id");
    if !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        outline.problem("id", "an id has lower-case letters, digits and - only, as it stands in links");
    }
    let steps: Vec<Step> = outline
        .items("steps", map.get("steps"))
        .into_iter()
        .map(|(path, item)| step(outline, &path, item))
        .collect();
    if steps.is_empty() {
        outline.problem("steps", "a lesson has at least one step");
    }
    Lesson {
        id,
        title: required_text(outline, "", map, "title"),
        about: required_text(outline, "", map, "about"),
        begin: map.get("start").map_or_else(Begin::default, |value| begin(outline, value)),
        steps,
    }
}

fn begin(outline: &mut Outline<'_>, value: &Value) -> Begin {
    let empty = Map::new();
    let map = outline.map("start", value, &["world", "maxUnavailable", "files", "do"]).unwrap_or(&empty);
    let world = match map.get("world") {
        None => StartWorld::default(),
        Some(value) => {
            let name = outline.text("start.world", value);
            StartWorld::from_str(&name).unwrap_or_else(|message| {
                outline.problem("start.world", message);
                StartWorld::default()
            })
        }
    };
    let mut begin =
        Begin { world, max_unavailable: outline.flag("start", map, "maxUnavailable"), acts: Vec::new() };
    if let Some(files) = map.get("files") {
        for (file, text) in files.as_object().unwrap_or(&empty) {
            let text = outline.text(&below("start.files", file), text);
            begin.acts.push(Act::Write { file: file.clone(), text });
        }
    }
    begin.acts.append(&mut acts(outline, "start.do", map.get("do")));
    begin
}

fn step(outline: &mut Outline<'_>, path: &str, value: &Value) -> Step {
    let empty = Map::new();
    let map = outline.map(path, value, &["text", "goal", "hints", "solution", "after"]).unwrap_or(&empty);
    let goals = outline.items(&below(path, "goal"), map.get("goal"));
    let goals: Vec<Goal> = goals.into_iter().filter_map(|(path, item)| goal(outline, &path, item)).collect();
    if goals.is_empty() {
        outline.problem(path, "a step has a goal");
    }
    let hints = outline.items(&below(path, "hints"), map.get("hints"));
    let hints = hints.into_iter().map(|(path, item)| text(outline, &path, item)).collect();
    let solution = acts(outline, &below(path, "solution"), map.get("solution"));
    if solution.is_empty() {
        outline.problem(path, "a step has a solution");
    }
    let after = map.get("after").map(|value| text(outline, &below(path, "after"), value));
    Step { text: required_text(outline, path, map, "text"), goals, hints, solution, after }
}

fn required_text(outline: &mut Outline<'_>, path: &str, map: &Map<String, Value>, key: &str) -> Text {
    match map.get(key) {
        Some(value) => text(outline, &below(path, key), value),
        None => {
            outline.problem(path, format!("{key} is missing"));
            Text::default()
        }
    }
}

/// A text in both languages, or one text for both.
fn text(outline: &mut Outline<'_>, path: &str, value: &Value) -> Text {
    let trimmed = |text: String| text.trim().to_owned();
    if value.is_object() {
        let Some(map) = outline.map(path, value, &["en", "zh"]) else { return Text::default() };
        let en = trimmed(outline.required(path, map, "en"));
        let zh = trimmed(outline.required(path, map, "zh"));
        return Text { en, zh };
    }
    let text = trimmed(outline.text(path, value));
    Text { en: text.clone(), zh: text }
}

/// Lines to type, `+ 40s` between them, `fault: {…}`, and files with their texts.
fn acts(outline: &mut Outline<'_>, path: &str, value: Option<&Value>) -> Vec<Act> {
    let mut acts = Vec::new();
    for (path, item) in outline.items(path, value) {
        if let Some(map) = item.as_object() {
            if let Some(fault) = map.get("fault") {
                match serde_json::from_value(fault.clone()) {
                    Ok(fault) => acts.push(Act::Fault(fault)),
                    Err(error) => outline.problem(&below(&path, "fault"), error.to_string()),
                }
                continue;
            }
            for (file, text) in map {
                let text = outline.text(&below(&path, file), text);
                acts.push(Act::Write { file: file.clone(), text });
            }
            continue;
        }
        let line = outline.text(&path, item);
        match line.strip_prefix('+') {
            None => acts.push(Act::Type(line)),
            Some(wait) => match seconds(wait.trim()) {
                Some(seconds) => acts.push(Act::Wait(seconds * 1000)),
                None => outline.problem(&path, "time passes in whole seconds, at most a day of them: + 40s"),
            },
        }
    }
    acts
}

/// The seconds of `40s`; more than [`WAIT_LIMIT_SECONDS`] could take longer to compute than anybody waits.
fn seconds(text: &str) -> Option<u64> {
    let seconds: u64 = text.strip_suffix('s')?.parse().ok()?;
    (seconds <= WAIT_LIMIT_SECONDS).then_some(seconds)
}

/// The predicates, each named by its first key, with the keys that may stand beside it.
const GOALS: [(&str, &[&str]); 7] = [
    ("object", &["object", "namespace", "has", "not"]),
    ("gone", &["gone", "namespace"]),
    ("pods", &["pods", "namespace", "image", "ready", "kept", "replaced"]),
    ("count", &["count", "namespace", "has", "is", "atLeast"]),
    ("order", &["order", "namespace"]),
    ("never", &["never", "namespace"]),
    ("printed", &["printed", "namespace"]),
];

fn goal(outline: &mut Outline<'_>, path: &str, value: &Value) -> Option<Goal> {
    let found = GOALS.iter().find(|(name, _)| value.get(name).is_some());
    let Some((name, keys)) = found else {
        let names: Vec<&str> = GOALS.iter().map(|(name, _)| *name).collect();
        outline.problem(path, format!("a goal is one of {}", names.join(", ")));
        return None;
    };
    let map = outline.map(path, value, keys)?;
    let namespace = match map.get("namespace") {
        Some(value) => outline.text(&below(path, "namespace"), value),
        None => NAMESPACE.to_owned(),
    };
    let mut reader = GoalReader { outline, path, namespace, map };
    match *name {
        "object" => Some(Goal::Object {
            key: reader.reference("object")?,
            has: reader.fields("has"),
            not: reader.fields("not"),
        }),
        "gone" => reader.reference("gone").map(Goal::Gone),
        "pods" => reader.pods(),
        "count" => reader.count(),
        "order" => {
            let items = reader.outline.items(&below(path, "order"), map.get("order"));
            items
                .into_iter()
                .map(|(path, item)| reader.happening(&path, item))
                .collect::<Option<_>>()
                .map(Goal::Order)
        }
        "never" => reader.happening(&below(path, "never"), map.get("never")?).map(Goal::Never),
        _ => reader.pattern().map(Goal::Printed),
    }
}

/// One goal that is being read.
struct GoalReader<'a, 'o, 'd> {
    outline: &'o mut Outline<'d>,
    path: &'a str,
    namespace: String,
    map: &'a Map<String, Value>,
}

impl GoalReader<'_, '_, '_> {
    fn reference(&mut self, key: &str) -> Option<ObjectKey> {
        let path = below(self.path, key);
        let text = self.outline.required(self.path, self.map, key);
        self.key(&path, &text)
    }

    /// `pod/web-0` as a key; `pod/` is any pod.
    fn key(&mut self, path: &str, text: &str) -> Option<ObjectKey> {
        let (word, name) = text.split_once('/').unwrap_or((text, ""));
        let Some(kind) = Kind::from_resource(word) else {
            self.outline
                .problem(path, format!("{text:?} names no object: write KIND/NAME, as in pod/myapp-0"));
            return None;
        };
        let namespace = if kind.is_namespaced() { self.namespace.as_str() } else { "" };
        Some(ObjectKey::new(kind, namespace, name))
    }

    fn fields(&mut self, key: &str) -> Vec<Field> {
        let path = below(self.path, key);
        let Some(value) = self.map.get(key) else { return Vec::new() };
        let Some(map) = value.as_object() else {
            self.outline.problem(&path, "this must be a map from fields (.spec.replicas) to values");
            return Vec::new();
        };
        let mut fields = Vec::new();
        for (field, value) in map {
            if let Err(message) = kubectl::json_path(field, &Value::Null) {
                self.outline.problem(&path, format!("{field:?} is no JSONPath: {message}"));
            }
            fields.push(Field { path: field.clone(), value: self.outline.text(&below(&path, field), value) });
        }
        fields
    }

    fn pods(&mut self) -> Option<Goal> {
        let path = below(self.path, "pods");
        let text = self.outline.required(self.path, self.map, "pods");
        let Some((set, ordinals)) =
            text.split_once(' ').and_then(|(set, range)| Some((set, ordinals(range)?)))
        else {
            self.outline.problem(&path, "write the set and its ordinals, as in \"myapp 0-2\" or \"myapp 3\"");
            return None;
        };
        let kept = self.outline.flag(self.path, self.map, "kept");
        let replaced = self.outline.flag(self.path, self.map, "replaced");
        if kept && replaced {
            self.outline.problem(self.path, "a pod is kept or replaced, not both");
        }
        let image = self.map.get("image").map(|value| self.outline.text(&below(self.path, "image"), value));
        let ready = self.map.contains_key("ready").then(|| self.outline.flag(self.path, self.map, "ready"));
        Some(Goal::Pods {
            namespace: self.namespace.clone(),
            set: set.to_owned(),
            ordinals,
            image,
            ready,
            fate: if kept { Some(Fate::Kept) } else { replaced.then_some(Fate::Replaced) },
        })
    }

    fn count(&mut self) -> Option<Goal> {
        let key = self.reference("count")?;
        let (is, at_least) = (
            self.outline.number(self.path, self.map, "is"),
            self.outline.number(self.path, self.map, "atLeast"),
        );
        let (from, to) = match (is, at_least) {
            (Some(is), None) => (is, is),
            (None, Some(from)) => (from, u64::MAX),
            _ => {
                self.outline.problem(self.path, "a count has either is or atLeast");
                return None;
            }
        };
        Some(Goal::Count {
            kind: key.kind,
            namespace: key.namespace.to_string(),
            has: self.fields("has"),
            from,
            to,
        })
    }

    fn happening(&mut self, path: &str, value: &Value) -> Option<Happening> {
        let text = self.outline.text(path, value);
        let (word, object) = text.split_once(' ').unwrap_or((&text, ""));
        let Some((turn, _)) = Turn::WORDS.iter().find(|(_, known)| *known == word) else {
            let words: Vec<&str> = Turn::WORDS.iter().map(|(_, word)| *word).collect();
            self.outline.problem(path, format!("{text:?} must begin with one of {}", words.join(", ")));
            return None;
        };
        Some(Happening { turn: *turn, key: self.key(path, object)? })
    }

    /// `10.244{pod/myapp-0 .status.podIP}` in its parts.
    fn pattern(&mut self) -> Option<Pattern> {
        let path = below(self.path, "printed");
        let text = self.outline.required(self.path, self.map, "printed");
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((literal, after)) = rest.split_once('{') {
            let Some((lookup, after)) = after.split_once('}') else {
                self.outline.problem(&path, "a { without its }: write {pod/myapp-0 .status.podIP}");
                return None;
            };
            let (object, field) = lookup.split_once(' ').unwrap_or((lookup, ".metadata.name"));
            pieces.push(Piece::Literal(literal.to_owned()));
            pieces.push(Piece::Lookup(self.key(&path, object)?, field.to_owned()));
            rest = after;
        }
        pieces.push(Piece::Literal(rest.to_owned()));
        Some(Pattern(pieces))
    }
}

/// `3` or `0-4`.
fn ordinals(text: &str) -> Option<RangeInclusive<i32>> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (from.parse::<i32>().ok()?, to.parse::<i32>().ok()?);
    (0 <= from && from <= to && to - from < ORDINALS).then_some(from..=to)
}

#[cfg(test)]
mod tests {
    use super::read;

    const WHOLE: &str =
        "id: a\ntitle: T\nabout: A\nsteps:\n- text: X\n  goal: [{gone: pod/a}]\n  solution: [ls]\n";

    #[test]
    fn a_broken_file_says_what_is_wrong_and_where() {
        let cases = [
            ("", "the file holds no lesson"),
            ("[1]", "this must be a map with id, title, about, start, steps"),
            ("id: a\ntitle: T\nabout: A\n", "steps: a lesson has at least one step"),
            ("id: A b\ntitle: T\n", "line 1: id: an id has lower-case letters"),
            ("id: a\ntittle: T\n", "line 2: tittle: there is no field \"tittle\" here"),
            (
                &WHOLE.replace("gone: pod/a", "gone: pood/a"),
                "line 6: steps[0].goal[0].gone: \"pood/a\" names no object",
            ),
            (&WHOLE.replace("gone: pod/a", "went: pod/a"), "a goal is one of object, gone, pods"),
            (&WHOLE.replace("gone: pod/a", "pods: web 5-2"), "write the set and its ordinals"),
            (&WHOLE.replace("gone: pod/a", "never: lost pod/a"), "must begin with one of +, ready"),
            (&WHOLE.replace("gone: pod/a", "printed: 'a {pod/a'"), "a { without its }"),
            (&WHOLE.replace("gone: pod/a", "count: pod"), "a count has either is or atLeast"),
            (&WHOLE.replace("[ls]", "[+ 2m]"), "time passes in whole seconds"),
            (&WHOLE.replace("[ls]", "[+ 86401s]"), "at most a day"),
            (&WHOLE.replace("text: X", "text: {en: X}"), "zh is missing"),
            ("id: a\n\ttitle: T\n", "yaml: "),
        ];
        for (text, expected) in cases {
            let problems = read(text).expect_err(text);
            let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert!(
                said.iter().any(|line| line.contains(expected)),
                "{text:?} says {said:?}, not {expected:?}"
            );
        }
        assert_eq!(read(WHOLE).expect("is whole").len(), 1);
    }
}
