//! Finds what a template asks for.
//!
//! Models client-go/util/jsonpath/jsonpath.go. Departs: unions, `..` and ranges find at most [`WORK_LIMIT`] values in all.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::{Node, Part};

/// The values that one part found.
pub(crate) type Evaluated<'a> = Vec<Cow<'a, Value>>;

/// Most values that a template finds on its way, where each eight bytes of its own text count as one more.
const WORK_LIMIT: usize = 4 << 20;

/// How it is searched.
#[derive(Clone, Copy)]
struct Search {
    /// The opposite of `allowMissingKeys`.
    strict: bool,
    /// How many values were found.
    work: usize,
}

impl Search {
    /// Counts values that were found.
    fn count(&mut self, values: usize) -> Result<(), String> {
        self.work += values + 1;
        if self.work > WORK_LIMIT {
            Err(format!("it finds more than {WORK_LIMIT} values, and here it ends"))
        } else {
            Ok(())
        }
    }
}

// A range that is being walked: where its body begins, and the values that are left.
struct Frame<'a> {
    body: usize,
    end: usize,
    rest: std::vec::IntoIter<Cow<'a, Value>>,
    current: Cow<'a, Value>,
}

/// The results of every part, in order.
pub(super) fn find<'a>(
    parts: &'a [Part],
    data: &'a Value,
    strict: bool,
) -> Result<Vec<Evaluated<'a>>, String> {
    let mut results = Vec::new();
    let mut frames: Vec<Frame<'a>> = Vec::new();
    let (mut at, mut search) = (0, Search { strict, work: 0 });
    while at < parts.len() || !frames.is_empty() {
        search.count(0)?;
        let current = frames.last().map_or(Cow::Borrowed(data), |frame| frame.current.clone());
        let at_end = frames.last().is_some_and(|frame| at >= frame.end);
        match parts.get(at) {
            Some(Part::Path(nodes)) if !at_end => {
                results.push(walk(vec![current], nodes, &mut search)?);
                at += 1;
            }
            Some(Part::Range(nodes, length)) if !at_end => {
                let mut rest = walk(vec![current], nodes, &mut search)?.into_iter();
                let end = at + length;
                match rest.next() {
                    Some(first) => frames.push(Frame { body: at + 1, end, rest, current: first }),
                    None => at = end,
                }
                at += 1;
            }
            // The end of the innermost range, or of the template within it.
            _ => match frames.pop() {
                Some(mut frame) => match frame.rest.next() {
                    Some(next) => {
                        at = frame.body;
                        frames.push(Frame { current: next, ..frame });
                    }
                    None => at = frame.end + 1,
                },
                None => at += 1,
            },
        }
    }
    Ok(results)
}

fn walk<'a>(values: Evaluated<'a>, nodes: &'a [Node], search: &mut Search) -> Result<Evaluated<'a>, String> {
    let mut values = values;
    for node in nodes {
        values = step(values, node, search)?;
        search.count(values.len())?;
    }
    Ok(values)
}

fn step<'a>(values: Evaluated<'a>, node: &'a Node, search: &mut Search) -> Result<Evaluated<'a>, String> {
    match node {
        Node::Text(text) => {
            search.count(text.len() / 8)?;
            Ok(vec![Cow::Owned(Value::String(text.clone()))])
        }
        Node::Literal(value) => Ok(vec![Cow::Borrowed(value)]),
        Node::Failing(error) => Err(error.clone()),
        Node::Field(name) if name.is_empty() => Ok(values),
        Node::Field(name) => {
            let found: Evaluated<'a> = values.into_iter().filter_map(|value| field(value, name)).collect();
            if search.strict && found.is_empty() {
                return Err(format!("{name} is not found"));
            }
            Ok(found)
        }
        Node::Wildcard => Ok(values.into_iter().flat_map(children).collect()),
        Node::Recursive => descendants(values, search),
        Node::Slice { start, end, end_is_derived, step } => {
            let mut found = Vec::new();
            for value in values {
                slice(value, *start, *end, *end_is_derived, *step, &mut found)?;
            }
            Ok(found)
        }
        Node::Union(paths) => {
            let mut found = Vec::new();
            for path in paths {
                search.count(values.len())?;
                found.extend(walk(values.clone(), path, search)?);
            }
            Ok(found)
        }
        Node::Filter { left, operator, right } => filter(values, left, operator, right, search),
    }
}

fn field<'a>(value: Cow<'a, Value>, name: &str) -> Option<Cow<'a, Value>> {
    match value {
        Cow::Borrowed(value) => value.get(name).map(Cow::Borrowed),
        Cow::Owned(mut value) => value.get_mut(name).map(Value::take).map(Cow::Owned),
    }
}

fn children(value: Cow<'_, Value>) -> Vec<Cow<'_, Value>> {
    match value {
        Cow::Borrowed(Value::Array(items)) => items.iter().map(Cow::Borrowed).collect(),
        Cow::Borrowed(Value::Object(entries)) => entries.values().map(Cow::Borrowed).collect(),
        Cow::Owned(Value::Array(items)) => items.into_iter().map(Cow::Owned).collect(),
        Cow::Owned(Value::Object(entries)) => {
            entries.into_iter().map(|(_, value)| Cow::Owned(value)).collect()
        }
        _ => Vec::new(),
    }
}

// Every value that is no number, bool or null, before those within it.
fn descendants<'a>(values: Evaluated<'a>, search: &mut Search) -> Result<Evaluated<'a>, String> {
    let mut found = Vec::new();
    let mut waiting: Vec<Cow<'_, Value>> = values.into_iter().rev().collect();
    while let Some(value) = waiting.pop() {
        search.count(0)?;
        let inner = children(value.clone());
        if !inner.is_empty() || value.as_str().is_some_and(|text| !text.is_empty()) {
            found.push(value);
        }
        waiting.extend(inner.into_iter().rev());
    }
    Ok(found)
}

fn slice<'a>(
    value: Cow<'a, Value>,
    start: Option<i64>,
    end: Option<i64>,
    end_is_derived: bool,
    step: Option<i64>,
    found: &mut Evaluated<'a>,
) -> Result<(), String> {
    let type_name = match &*value {
        Value::Null => return Ok(()),
        Value::Array(_) => "",
        Value::Object(_) => "map[string]interface {}",
        Value::String(_) => "string",
        Value::Bool(_) => "bool",
        Value::Number(_) => "int64",
    };
    if !type_name.is_empty() {
        return Err(format!("{type_name} is not array or slice"));
    }
    let items = children(value);
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let mut start = start.unwrap_or(0);
    if start < 0 {
        start += length;
    }
    let mut end = end.unwrap_or(length);
    if end < 0 || (end == 0 && end_is_derived) {
        end += length;
    }
    if start == end {
        return Ok(());
    }
    if start >= length || start < 0 {
        return Err(format!("array index out of bounds: index {start}, length {length}"));
    }
    if end > length || end < 0 {
        return Err(format!("array index out of bounds: index {}, length {length}", end - 1));
    }
    if start > end {
        return Err(format!("starting index {start} is greater than ending index {end}"));
    }
    let step = step.unwrap_or(1);
    if step <= 0 {
        return Err("step must be > 0".to_owned());
    }
    let index = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    let taken = items.into_iter().skip(index(start)).take(index(end - start)).step_by(index(step));
    found.extend(taken);
    Ok(())
}

fn filter<'a>(
    values: Evaluated<'a>,
    left: &'a [Node],
    operator: &str,
    right: &'a [Node],
    search: &mut Search,
) -> Result<Evaluated<'a>, String> {
    let mut found = Vec::new();
    for value in values {
        if !value.is_array() {
            let text = crate::go_value::plain(&value);
            return Err(format!("{text} is not array or slice and cannot be filtered"));
        }
        for item in children(value) {
            if operator == "exists" {
                let mut lenient = Search { strict: false, ..*search };
                // What fails is there as well: the values that it failed at come back with the mistake.
                if walk(vec![item.clone()], left, &mut lenient).map_or(true, |lefts| !lefts.is_empty()) {
                    found.push(item);
                }
                search.work = lenient.work;
                continue;
            }
            let Some(one) = single(walk(vec![item.clone()], left, search)?)? else { continue };
            let Some(other) = single(walk(vec![item.clone()], right, search)?)? else { continue };
            if compare(&one, operator, &other)? {
                found.push(item);
            }
        }
    }
    Ok(found)
}

// The one value of a side of a comparison, if there is any.
fn single(values: Evaluated<'_>) -> Result<Option<Cow<'_, Value>>, String> {
    match values.len() {
        0 | 1 => Ok(values.into_iter().next()),
        _ => Err("can only compare one element at a time".to_owned()),
    }
}

fn compare(left: &Value, operator: &str, right: &Value) -> Result<bool, String> {
    let ordering = match (left, right) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) if matches!(operator, "==" | "!=") => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        },
        _ => return Err("incompatible types for comparison".to_owned()),
    };
    match operator {
        "==" => Ok(ordering == Ordering::Equal),
        "!=" => Ok(ordering != Ordering::Equal),
        "<" => Ok(ordering == Ordering::Less),
        "<=" => Ok(ordering != Ordering::Greater),
        ">" => Ok(ordering == Ordering::Greater),
        ">=" => Ok(ordering != Ordering::Less),
        _ => Err(format!("unrecognized filter operator {operator}")),
    }
}
