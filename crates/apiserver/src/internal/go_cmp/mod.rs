//! The difference of two structs as go-cmp reports it (github.com/google/go-cmp v0.6.0: cmp/report_*.go).
//!
//! The two are compared down to the leaves, which makes a tree ([`Node`]); of that the report shows what differs, with
//! two neighbours on each side. How much it says of a value follows from a verbosity that sinks with each level. What
//! go-cmp leaves to chance, drawn anew whenever the server starts, is as in the recordings. Departs in these points:
//! values of types that are not known print as `{...}`, and texts of many lines and lists of numbers like any others.

mod edits;
mod long_text;
mod text;

use machinery::go_text;
use machinery::quantity::Quantity;
use serde_json::{Value, json};

use self::edits::{Edit, Likeness, Tally, edits};
use self::text::{Record, Text};
use super::{Form, Type, fields};

/// Equal records that are shown before and after a change.
const CONTEXT: usize = 2;
/// From how many bytes on a text shows only what changes in it.
const LONG: usize = 32;
/// How often more is said of two values that look the same.
const SECOND_LOOKS: u32 = 6;

pub fn difference(shape: &'static str, old: &Value, new: &Value) -> String {
    let root = compare(Type(shape), Some(old), Some(new));
    let report = show(&root, Options { side: Side::Both, is_typed: true, verbosity: 0 });
    report.map_or_else(String::new, Text::print)
}

/// Two values of one type, and what they consist of.
struct Node<'a> {
    of: Type,
    /// A nil is null; None is an element or entry that is not there.
    old: Option<&'a Value>,
    new: Option<&'a Value>,
    /// Fields, elements and entries with their keys, or what a pointer points to.
    children: Vec<(String, Node<'a>)>,
    leaves: Likeness,
    descendants: usize,
    height: usize,
}

impl<'a> Node<'a> {
    fn push(&mut self, key: String, child: Node<'a>) {
        self.leaves.same += child.leaves.same;
        self.leaves.different += child.leaves.different;
        self.descendants += child.descendants + 1;
        self.height = self.height.max(child.height + 1);
        self.children.push((key, child));
    }

    fn is_same(&self) -> bool {
        self.leaves.different == 0
    }

    fn edit(&self) -> Edit {
        match (self.old, self.new) {
            _ if self.is_same() => Edit::Same,
            (_, None) => Edit::Removed,
            (None, _) => Edit::Inserted,
            _ => Edit::Modified,
        }
    }

    fn long_texts(&self) -> Option<(&'a str, &'a str)> {
        let long = |value: Option<&'a Value>| value?.as_str().filter(|text| text.len() >= LONG);
        if matches!(self.of.form(), Form::Text) { long(self.old).zip(long(self.new)) } else { None }
    }
}

fn compare<'a>(of: Type, old: Option<&'a Value>, new: Option<&'a Value>) -> Node<'a> {
    let (children, leaves) = (Vec::new(), Likeness::default());
    let mut node = Node { of, old, new, children, leaves, descendants: 0, height: 0 };
    let (Some(x), Some(y)) = (old, new) else {
        node.leaves = Likeness::leaf(false);
        return node;
    };
    match (of.form(), x, y) {
        (Form::Struct(shape), ..) => {
            for field in fields(shape).filter(|field| !field.is_later) {
                let child = compare(field.of, Some(field.value(x)), Some(field.value(y)));
                node.push(field.go_name.to_owned(), child);
            }
        }
        (Form::Pointer(target), ..) if !x.is_null() && !y.is_null() => {
            node.push(String::new(), compare(target, old, new));
        }
        (Form::List(of), Value::Array(xs), Value::Array(ys)) => {
            let (mut old, mut new) = (xs.iter(), ys.iter());
            for edit in edits(xs.len(), ys.len(), &|i, j| compare(of, xs.get(i), ys.get(j)).leaves) {
                let x = if edit == Edit::Inserted { None } else { old.next() };
                let y = if edit == Edit::Removed { None } else { new.next() };
                node.push(String::new(), compare(of, x, y));
            }
        }
        (Form::Map(of), Value::Object(xs), Value::Object(ys)) => {
            let mut keys: Vec<&String> = xs.keys().chain(ys.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                node.push(map_key(of, key), compare(of, xs.get(key), ys.get(key)));
            }
        }
        (Form::Quantity, ..) => node.leaves = Likeness::leaf(quantity(x) == quantity(y)),
        (form, ..) => {
            let is_same = match scalar(&form, x) {
                Some(text) => scalar(&form, y) == Some(text),
                None => x == y,
            };
            node.leaves = Likeness::leaf(is_same);
        }
    }
    node
}

/// What is shown of a pair of values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    /// Either, as they are equal.
    Same,
    Old,
    New,
}

#[derive(Clone, Copy)]
struct Options {
    side: Side,
    /// Whether the type of a struct, list or map is told; of equal values it never is.
    is_typed: bool,
    verbosity: u32,
}

impl Options {
    /// How many parts of a value are shown.
    fn parts(self) -> usize {
        (1 << self.verbosity >> 1) << 2
    }

    /// For the parts of a value, of which those of structs tell their types.
    fn inner(self, of: Type) -> Options {
        let is_typed = matches!(of.form(), Form::Struct(_));
        Options { is_typed, verbosity: self.verbosity.saturating_sub(1), ..self }
    }

    fn block(self, of: Type, records: Vec<Record>) -> Text {
        let is_typed = self.is_typed && self.side != Side::Same;
        let name = if is_typed { type_name(of) } else { String::new() };
        Text::Block { open: name + "{", records, close: "}" }
    }
}

/// None where the side has no such value.
fn show(node: &Node<'_>, options: Options) -> Option<Text> {
    let verbosity = if options.side == Side::Same { 1 } else { options.verbosity.clamp(3, 16) };
    let options = Options { verbosity, ..options };
    let Some((_, first)) = node.children.first() else {
        let side = if options.side == Side::Old { node.old } else { node.new };
        return Some(show_value(node.of, side?, options));
    };
    if let Form::Pointer(_) = node.of.form() {
        return Some(show(first, options)?.behind("&"));
    }
    let records = match options.side {
        Side::Both => show_changes(node, options),
        _ => show_parts(node, options),
    };
    Some(options.block(node.of, records))
}

fn show_parts(node: &Node<'_>, options: Options) -> Vec<Record> {
    let limit = if options.side == Side::Same { options.parts() } else { 2 << options.verbosity };
    let is_struct = matches!(node.of.form(), Form::Struct(_));
    let mut records = Vec::new();
    for (key, child) in &node.children {
        if records.len() == limit {
            records.push(Record::dots(None));
            break;
        }
        let side = if options.side == Side::Old { child.old } else { child.new };
        if is_struct && side.is_none_or(|value| is_zero(child.of, value)) {
            continue;
        }
        records.extend(show(child, options.inner(node.of)).map(|text| Record::of(' ', key, text)));
    }
    records
}

fn show_changes(node: &Node<'_>, options: Options) -> Vec<Record> {
    let name = match node.of.form() {
        Form::Struct(_) => "field",
        Form::Map(_) => "entry",
        _ => "element",
    };
    let inner = options.inner(node.of);
    let groups: Vec<_> = node.children.chunk_by(|(_, a), (_, b)| a.is_same() == b.is_same()).collect();
    let (mut records, mut shown, mut rest) = (Vec::new(), 0, Tally::default());
    for (i, group) in groups.iter().enumerate() {
        let tally = group.iter().map(|(_, child)| child.edit()).collect::<Tally>();
        if shown >= 2 << options.verbosity {
            rest += tally;
        } else if tally.same > 0 {
            let head = if i == 0 { 0 } else { CONTEXT.min(tally.same) };
            let tail = if i + 1 == groups.len() { 0 } else { CONTEXT.min(tally.same - head) };
            let hidden = tally.same - head - tail;
            // One line that says that one is hidden would hide nothing.
            let (tail, hidden) = if hidden == 1 { (tail + 1, 0) } else { (tail, hidden) };
            let same = Options { side: Side::Same, ..inner };
            let show_same =
                |(key, child): &(String, Node<'_>)| Some(Record::of(' ', key, show(child, same)?));
            records.extend(group[..head].iter().filter_map(show_same));
            if hidden > 0 {
                records.push(Record::dots(Some(Tally { same: hidden, ..tally }.words(name))));
            }
            records.extend(group[tally.same - tail..].iter().filter_map(show_same));
        } else {
            group.iter().for_each(|(key, child)| show_change(key, child, inner, &mut records));
            shown += group.len();
        }
    }
    if rest != Tally::default() {
        records.push(Record::dots(Some(rest.words(name))));
    }
    records
}

fn show_change(key: &str, node: &Node<'_>, options: Options, records: &mut Vec<Record>) {
    if let Some((old, new)) = node.long_texts() {
        records.push(Record::of(' ', key, long_text::difference(old, new, options)));
    } else if node.descendants == node.height {
        // Nothing branches below, so both are shown whole.
        let sides = |look: u32| {
            let verbosity = options.verbosity + 2 * look;
            [Side::Old, Side::New].map(|side| show(node, Options { side, verbosity, ..options }))
        };
        let differ = (0..=SECOND_LOOKS).map(sides).find(|[old, new]| old != new);
        for (sign, text) in ['-', '+'].into_iter().zip(differ.unwrap_or_else(|| sides(SECOND_LOOKS))) {
            records.extend(text.map(|text| Record::of(sign, key, text)));
        }
    } else {
        records.extend(show(node, options).map(|text| Record::of(' ', key, text)));
    }
}

/// A value alone; zero fields of structs are left out.
fn show_value(of: Type, value: &Value, options: Options) -> Text {
    let form = of.form();
    let inner = options.inner(of);
    let parts: Vec<(String, Type, &Value)> = match (&form, value) {
        (Form::Text, value) => {
            return Text::Line(quote(value.as_str().unwrap_or_default(), options.verbosity));
        }
        (Form::Quantity, value) => return show_quantity(value, options),
        (Form::Struct(shape), value) => {
            let parts = fields(shape).filter(|field| !field.is_later);
            let parts = parts.map(|field| (field.go_name.to_owned(), field.of, field.value(value)));
            parts.filter(|(_, of, value)| !is_zero(*of, value)).collect()
        }
        (Form::Pointer(_) | Form::List(_) | Form::Map(_) | Form::Unknown, Value::Null) => {
            return Text::Line("nil".to_owned());
        }
        (Form::Pointer(target), value) => {
            return match string_method(*target, value) {
                Some(text) => Text::Line(format!("s{}", quote(&text, options.verbosity))),
                None => show_value(*target, value, options).behind("&"),
            };
        }
        (Form::List(of), Value::Array(items)) => {
            items.iter().map(|item| (String::new(), *of, item)).collect()
        }
        (Form::Map(of), Value::Object(map)) => {
            map.iter().map(|(key, value)| (map_key(*of, key), *of, value)).collect()
        }
        _ => return Text::Line(scalar(&form, value).unwrap_or_else(|| "{...}".to_owned())),
    };
    let shown = parts.iter().take(options.parts());
    let mut records: Vec<Record> =
        shown.map(|(key, of, value)| Record::of(' ', key, show_value(*of, value, inner))).collect();
    if parts.len() > records.len() {
        records.push(Record::dots(None));
    }
    options.block(of, records)
}

fn quantity(value: &Value) -> Option<Quantity> {
    Quantity::parse(value.as_str().unwrap_or("0")).ok()
}

/// The unexported fields of a `resource.Quantity`; the text is there where it was read and is canonical.
fn show_quantity(value: &Value, options: Options) -> Text {
    let parts = quantity(value).map(|quantity| {
        let (amount, scale) = quantity.amount();
        json!({
            "i": { "value": i64::try_from(amount).unwrap_or(i64::MAX), "scale": scale },
            "s": quantity.text(),
            "format": quantity.format().name(),
        })
    });
    show_value(Type("resource.Quantity"), &parts.unwrap_or_default(), options)
}

/// What the `String` method of a pointer says, where its type has one.
fn string_method(target: Type, value: &Value) -> Option<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match target.form() {
        Form::Quantity => Some(quantity(value)?.to_string()),
        Form::Struct("v1.LabelSelector") => {
            let labels = value["matchLabels"].as_object().into_iter().flatten();
            let labels: String = labels.map(|(key, label)| format!("{key}: {},", text(label))).collect();
            let requirements = value["matchExpressions"].as_array().into_iter().flatten();
            let requirements: String = requirements
                .map(|requirement| {
                    let [key, operator] = ["key", "operator"].map(|field| text(&requirement[field]));
                    let values = requirement["values"].as_array().cloned().unwrap_or_default();
                    let values = go_text::display(&Value::Array(values));
                    format!("LabelSelectorRequirement{{Key:{key},Operator:{operator},Values:{values},}},")
                })
                .collect();
            Some(format!(
                "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},\
                 MatchExpressions:[]LabelSelectorRequirement{{{requirements}}},}}"
            ))
        }
        _ => None,
    }
}

fn scalar(form: &Form, value: &Value) -> Option<String> {
    match form {
        Form::Text => Some(value.as_str().unwrap_or_default().to_owned()),
        Form::Bool => Some(value.as_bool().unwrap_or_default().to_string()),
        Form::Number => Some(value.as_i64().unwrap_or_default().to_string()),
        Form::IsText => Some(i32::from(value.is_string()).to_string()),
        _ => None,
    }
}

fn is_zero(of: Type, value: &Value) -> bool {
    match of.form() {
        Form::Text => value.as_str().is_none_or(str::is_empty),
        Form::Bool => value.as_bool() != Some(true),
        Form::Number => value.as_i64().is_none_or(|number| number == 0),
        Form::IsText => !value.is_string(),
        Form::Struct(shape) => fields(shape).all(|field| is_zero(field.of, field.value(value))),
        _ => value.is_null(),
    }
}

fn type_name(of: Type) -> String {
    match of.form() {
        Form::Text => {
            of.0.strip_prefix('\'').map_or_else(|| "string".to_owned(), |name| format!("core.{name}"))
        }
        Form::Number => "int64".to_owned(),
        Form::Struct(shape) if shape.contains('.') => shape.to_owned(),
        Form::Struct(shape) => format!("core.{shape}"),
        Form::List(of) => format!("[]{}", type_name(of)),
        Form::Map(Type("")) => "map[string]string".to_owned(),
        Form::Map(_) => "core.ResourceList".to_owned(),
        // Types of single values and pointers are not told.
        _ => String::new(),
    }
}

/// `ResourceName` has a `String` method, a label's key is plain text.
fn map_key(of: Type, key: &str) -> String {
    let sign = if of.0.is_empty() { "" } else { "s" };
    format!("{sign}{}", quote(key, SECOND_LOOKS))
}

/// A text cut to what the verbosity allows, in whichever quotes leave it as it is.
fn quote(text: &str, verbosity: u32) -> String {
    let limit = 32 << verbosity;
    if text.len() > limit + "...".len() {
        return format!("{}...", quote_whole(&text[..text.floor_char_boundary(limit)]));
    }
    quote_whole(text)
}

fn quote_whole(text: &str) -> String {
    let as_it_is = |text: &str| go_text::quote(text).len() == text.len() + 2;
    if !as_it_is(text) && !text.contains('`') && as_it_is(&text.replace(['"', '\\', '\t'], "")) {
        return format!("`{text}`");
    }
    go_text::quote(text)
}
#[cfg(test)]
mod tests {
    use super::*;

    /// Shape, old, new and what go-cmp reports of them, with plain spaces.
    const CASES: &str = include_str!("cases.txt");

    #[test]
    fn differences_are_as_go_cmp_reports_them() {
        for case in CASES.split("\n\n") {
            let mut lines = case.lines();
            let title = lines.next().expect("a title");
            let shape = lines.next().expect("a shape");
            let mut value = || serde_json::from_str::<Value>(lines.next().expect("a value")).expect("JSON");
            let (old, new) = (value(), value());
            let report = difference(shape, &old, &new).replace('\u{a0}', " ");
            assert_eq!(report.lines().collect::<Vec<_>>(), lines.collect::<Vec<_>>(), "{title}\n{report}");
        }
    }

    #[test]
    fn texts_are_in_the_quotes_that_leave_them_as_they_are() {
        let cases = [
            ("a", r#""a""#),
            ("a\"b\\c\td", "`a\"b\\c\td`"),
            ("`\"", r#""`\"""#),
            ("a\nb", r#""a\nb""#),
            (&"x".repeat(36), &format!("\"{}\"...", "x".repeat(32))),
        ];
        for (text, quoted) in cases {
            assert_eq!(quote(text, 0), quoted);
        }
    }
}
