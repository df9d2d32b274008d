//! `uniq`, `cut` and `tr`.

use std::collections::BTreeMap;

use super::Arguments;
use super::out::Out;

/// Most ranges of `cut`, and most characters of a set of `tr`.
const RANGE_LIMIT: usize = 100;
const SET_LIMIT: usize = 1000;

/// A running `uniq`.
#[derive(Clone, Debug)]
pub(super) struct Uniq {
    count: bool,
    repeated: bool,
    single: bool,
    fold: bool,
    /// The line at hand, and how often it came.
    current: Option<(String, u64)>,
}

impl Uniq {
    pub(super) fn new(arguments: &mut Arguments<'_>) -> Result<Uniq, String> {
        let mut uniq = Uniq { count: false, repeated: false, single: false, fold: false, current: None };
        while let Some(option) = arguments.next() {
            match option {
                'c' => uniq.count = true,
                'd' => uniq.repeated = true,
                'u' => uniq.single = true,
                'i' => uniq.fold = true,
                other => return Err(arguments.invalid(other)),
            }
        }
        Ok(uniq)
    }

    pub(super) fn line(&mut self, line: &str, out: &mut Out) {
        let fold = self.fold;
        let same = |a: &str| if fold { a.to_lowercase() == line.to_lowercase() } else { a == line };
        match &mut self.current {
            Some((text, count)) if same(text) => *count += 1,
            _ => {
                self.print(out);
                self.current = Some((line.to_owned(), 1));
            }
        }
    }

    pub(super) fn finish(mut self, out: &mut Out) {
        self.print(out);
    }

    fn print(&mut self, out: &mut Out) {
        let Some((text, count)) = self.current.take() else { return };
        if self.repeated && count == 1 || self.single && count > 1 {
            return;
        }
        let number = if self.count { format!("{count:>7} ") } else { String::new() };
        out.push_line(&format!("{number}{text}"));
    }
}

/// A running `cut`.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// What parts fields; none for characters.
    delimiter: Option<char>,
    only_delimited: bool,
    /// First and last, from 1.
    ranges: Vec<(usize, usize)>,
}

impl Cut {
    pub(super) fn new(arguments: &mut Arguments<'_>) -> Result<Cut, String> {
        let (mut delimiter, mut by_field, mut only_delimited, mut list) = ('\t', false, false, None);
        while let Some(option) = arguments.next() {
            match option {
                'd' => {
                    let text = arguments.value('d')?;
                    let mut chars = text.chars();
                    delimiter = match (chars.next(), chars.next()) {
                        (Some(c), None) => c,
                        _ => return Err("cut: the delimiter must be a single character".to_owned()),
                    };
                }
                'f' => (by_field, list) = (true, Some(arguments.value('f')?)),
                'c' | 'b' => list = Some(arguments.value(option)?),
                's' => only_delimited = true,
                other => return Err(arguments.invalid(other)),
            }
        }
        let Some(list) = list else {
            return Err("cut: you must specify a list of bytes, characters, or fields".to_owned());
        };
        let ranges = list.split(',').map(range).collect::<Result<Vec<_>, _>>()?;
        if ranges.len() > RANGE_LIMIT {
            return Err(format!("cut: here a list has at most {RANGE_LIMIT} ranges"));
        }
        Ok(Cut { delimiter: by_field.then_some(delimiter), only_delimited, ranges })
    }

    pub(super) fn line(&self, line: &str, out: &mut Out) {
        let is_wanted =
            |index: usize| self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&(index + 1)));
        match self.delimiter {
            None => {
                let wanted = line.chars().enumerate().filter(|(i, _)| is_wanted(*i));
                out.push_line(&wanted.map(|(_, c)| c).collect::<String>());
            }
            Some(delimiter) if !line.contains(delimiter) => {
                if !self.only_delimited {
                    out.push_line(line);
                }
            }
            Some(delimiter) => {
                let fields = line.split(delimiter).enumerate().filter(|(i, _)| is_wanted(*i));
                let fields: Vec<&str> = fields.map(|(_, field)| field).collect();
                out.push_line(&fields.join(&delimiter.to_string()));
            }
        }
    }
}

/// `3`, `2-4`, `2-`, `-4`.
fn range(text: &str) -> Result<(usize, usize), String> {
    let number = |text: &str, default: usize| match text {
        "" => Ok(default),
        text => text.parse().map_err(|_| format!("cut: invalid field value '{text}'")),
    };
    let (first, last) = match text.split_once('-') {
        Some(("", "")) => return Err("cut: invalid range with no endpoint: -".to_owned()),
        Some((first, last)) => (number(first, 1)?, number(last, usize::MAX)?),
        None => {
            let only = number(text, 0)?;
            (only, only)
        }
    };
    match (first, last) {
        (0, _) | (_, 0) => Err("cut: fields are numbered from 1".to_owned()),
        (first, last) if first > last => Err("cut: invalid decreasing range".to_owned()),
        range => Ok(range),
    }
}

/// A running `tr`.
#[derive(Clone, Debug)]
pub(super) struct Tr {
    /// Where each character first stands.
    from: BTreeMap<char, usize>,
    to: Vec<char>,
    complement: bool,
    delete: bool,
    squeeze: bool,
    last: Option<char>,
}

impl Tr {
    pub(super) fn new(arguments: &mut Arguments<'_>) -> Result<Tr, String> {
        let (mut complement, mut delete, mut squeeze) = (false, false, false);
        while let Some(option) = arguments.next() {
            match option {
                'c' | 'C' => complement = true,
                'd' => delete = true,
                's' => squeeze = true,
                other => return Err(arguments.invalid(other)),
            }
        }
        let mut sets = std::mem::take(&mut arguments.operands).into_iter();
        let (Some(from), to) = (sets.next(), sets.next()) else {
            return Err("tr: missing operand".to_owned());
        };
        if to.is_none() && !delete && !squeeze {
            return Err(format!(
                "tr: missing operand after '{from}'\nTwo strings must be given when translating."
            ));
        }
        if let Some(extra) = sets.next() {
            return Err(format!("tr: extra operand '{extra}'"));
        }
        let to = to.map(|to| characters(&to)).unwrap_or_default();
        let from = characters(&from).into_iter().enumerate().rev().map(|(at, c)| (c, at)).collect();
        Ok(Tr { from, to, complement, delete, squeeze, last: None })
    }

    pub(super) fn text(&mut self, text: &str, out: &mut Out) {
        let mut changed = String::new();
        for c in text.chars() {
            let place = self.from.get(&c).copied();
            let is_meant = place.is_some() != self.complement;
            if is_meant && self.delete {
                continue;
            }
            let new = match (is_meant, self.to.last()) {
                (true, Some(last)) => place.and_then(|place| self.to.get(place)).copied().unwrap_or(*last),
                _ => c,
            };
            let squeezed = self.squeeze && is_meant && self.last == Some(new);
            self.last = is_meant.then_some(new);
            if !squeezed {
                changed.push(new);
            }
        }
        out.push_str(&changed);
    }
}

/// The characters of a set: `a-z`, `[:upper:]`, `\n`; the first [`SET_LIMIT`] of them.
fn characters(set: &str) -> Vec<char> {
    let set = set.replace("[:upper:]", "A-Z").replace("[:lower:]", "a-z");
    let set = set.replace("[:digit:]", "0-9").replace("[:space:]", " \\t\\n\\r");
    let set = set.replace("[:alpha:]", "A-Za-z").replace("[:alnum:]", "0-9A-Za-z");
    let mut all = Vec::new();
    let mut chars = set.chars().peekable();
    while let Some(c) = chars.next().filter(|_| all.len() < SET_LIMIT) {
        let c = match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            c => c,
        };
        let is_range = chars.peek() == Some(&'-') && chars.clone().nth(1).is_some_and(|last| last >= c);
        if is_range && let Some(last) = chars.nth(1) {
            all.extend((c..=last).take(SET_LIMIT - all.len()));
        } else {
            all.push(c);
        }
    }
    all
}
