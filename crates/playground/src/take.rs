//! Edits that give a field of a manifest the value that the live object has.
//!
//! Invariant: such an edit changes that field and nothing else. How a text has to change depends on its style and on
//! what stands around the field, so that the likely ways are tried in turn, and the first that does it is taken.

use std::ops::Range;

use machinery::json;
use machinery::version::Features;
use machinery::yaml::{Document, documents_in, to_yaml};
use serde_json::Value;

use crate::marks::{Difference, differences};

/// Other words in place of those at these bytes.
struct Edit {
    range: Range<usize>,
    text: String,
}

impl Edit {
    fn apply(&self, text: &str) -> String {
        let Range { start, end } = self.range;
        [&text[..start], &self.text, &text[end..]].concat()
    }
}

/// The text in which a difference is none any more; it is in the document of that index, whose live object is given too.
pub fn take(
    text: &str,
    index: usize,
    difference: &Difference,
    live: &Value,
    features: Features,
) -> Option<String> {
    let at = Bytes::of(text, difference);
    let ways = if difference.live.is_null() { at.removals() } else { at.replacements(&difference.live) };
    let before = documents(text, features)?;
    let mut expected = differences(&before[index], live, features);
    expected.retain(|(path, _)| *path != difference.path);
    let takes = |changed: &String| {
        let Some(after) = documents(changed, features) else { return false };
        let others_stay = before.len() == after.len()
            && (0..before.len()).all(|i| i == index || before[i].value == after[i].value);
        others_stay && differences(&after[index], live, features) == expected
    };
    ways.iter().map(|way| way.apply(text)).find(takes)
}

/// All documents of a text, if it can be read.
fn documents(text: &str, features: Features) -> Option<Vec<Document>> {
    documents_in(text, features).collect::<Result<_, _>>().ok()
}

/// Where a field is in a text.
struct Bytes<'a> {
    text: &'a str,
    /// Where what belongs to it begins: its key, or the dash of a list's item.
    begins: usize,
    /// After its key, if it has one.
    key_ends: Option<usize>,
    value: Range<usize>,
    is_scalar: bool,
}

impl<'a> Bytes<'a> {
    fn of(text: &'a str, Difference { path, place, .. }: &Difference) -> Bytes<'a> {
        let value = place.value.start.offset(text)..place.value.end.offset(text);
        let value = value.start..value.start + without_end(&text[value]).len();
        let is_item = path
            .strip_suffix(']')
            .and_then(|path| path.rsplit_once('['))
            .is_some_and(|(_, index)| index.parse::<usize>().is_ok());
        let key = place.key.filter(|_| !is_item).map(|key| key.start.offset(text)..key.end.offset(text));
        let line = line_start(text, value.start);
        let dash = text[line..value.start].trim_end().strip_suffix('-').map(|before| line + before.len());
        let begins = key.as_ref().map_or(dash.unwrap_or(value.start), |key| key.start);
        Bytes { text, begins, key_ends: key.map(|key| key.end), value, is_scalar: place.is_scalar }
    }

    /// The value on its line, in block style below its key, in flow style.
    fn replacements(&self, live: &Value) -> Vec<Edit> {
        let printed = to_yaml(live);
        let mut ways = Vec::new();
        if self.is_scalar && !live.is_object() && !live.is_array() {
            ways.push(Edit { range: self.value.clone(), text: printed.trim_end().to_owned() });
        } else if let Some(key_ends) = self.key_ends {
            let column = self.text[line_start(self.text, self.begins)..self.begins].chars().count();
            let indent = " ".repeat(column + 2);
            let block: String = printed.lines().map(|line| format!("\n{indent}{line}")).collect();
            ways.push(Edit { range: key_ends..self.value.end, text: format!(":{block}") });
        }
        ways.push(Edit { range: self.value.clone(), text: json::to_string(live) });
        ways
    }

    /// Its lines; with the comma before it; up to what follows it; alone.
    fn removals(&self) -> Vec<Edit> {
        let Bytes { text, begins, value: Range { end, .. }, .. } = self;
        let line = line_start(text, *begins);
        let line_end = text[*end..].find('\n').map_or(text.len(), |ends| end + ends + 1);
        let after = text[*end..].trim_start();
        let next = text.len() - after.strip_prefix(',').unwrap_or(after).trim_start().len();
        let comma = text[..*begins].trim_end().strip_suffix(',').map(str::len);
        let lines = text[line..*begins].trim().is_empty().then_some(line..line_end);
        let ways = [lines, comma.map(|comma| comma..*end), Some(*begins..next), Some(*begins..*end)];
        ways.into_iter().flatten().map(|range| Edit { range, text: String::new() }).collect()
    }
}

/// A block ends where the next thing begins; the space and the comments before that are not its own.
fn without_end(value: &str) -> &str {
    let mut value = value.trim_end();
    while let Some((before, last)) = value.rsplit_once('\n')
        && last.trim_start().starts_with('#')
    {
        value = before.trim_end();
    }
    value
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}
