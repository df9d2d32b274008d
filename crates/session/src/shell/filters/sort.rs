//! `sort`.

use std::cmp::Ordering;

use super::Arguments;
use super::out::Out;

/// A running `sort`.
#[derive(Clone, Debug)]
pub(super) struct Sort {
    lines: Vec<String>,
    unique: bool,
    separator: Option<char>,
    /// How lines are compared where no key says otherwise.
    order: Order,
    keys: Vec<Key>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Order {
    reverse: bool,
    numeric: bool,
    /// By the size that a suffix gives a number, first.
    human: bool,
    fold: bool,
}

/// `-k FIRST[,LAST]`: fields, counted from 1, up to the end of the line if there is no last one.
#[derive(Clone, Copy, Debug)]
struct Key {
    first: usize,
    last: Option<usize>,
    order: Option<Order>,
}

impl Sort {
    pub(super) fn new(arguments: &mut Arguments<'_>) -> Result<Sort, String> {
        let mut sort = Sort {
            lines: Vec::new(),
            unique: false,
            separator: None,
            order: Order::default(),
            keys: Vec::new(),
        };
        while let Some(option) = arguments.next() {
            match option {
                'u' => sort.unique = true,
                't' => sort.separator = arguments.value('t')?.chars().next(),
                'k' => sort.keys.push(key(arguments.value('k')?)?),
                's' => {}
                other if !set(&mut sort.order, other) => return Err(arguments.invalid(other)),
                _ => {}
            }
        }
        Ok(sort)
    }

    pub(super) fn line(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    /// The lines in their order.
    pub(super) fn finish(mut self, out: &mut Out) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.sort_by(|a, b| self.compare(a, b).then_with(|| self.whole(a, b)));
        if self.unique {
            lines.dedup_by(|a, b| self.compare(a, b).is_eq());
        }
        lines.iter().for_each(|line| out.push_line(line));
    }

    /// The last resort: the whole lines, byte by byte.
    fn whole(&self, a: &str, b: &str) -> Ordering {
        if self.order.reverse { b.cmp(a) } else { a.cmp(b) }
    }

    fn compare(&self, a: &str, b: &str) -> Ordering {
        if self.keys.is_empty() {
            return compare(a, b, self.order);
        }
        let by_key = |key: &Key| {
            let order = key.order.unwrap_or(self.order);
            compare(&self.field(a, key), &self.field(b, key), order)
        };
        self.keys.iter().map(by_key).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    fn field(&self, line: &str, key: &Key) -> String {
        let count = key.last.map_or(usize::MAX, |last| last.saturating_sub(key.first - 1));
        match self.separator {
            Some(separator) => {
                let fields = line.split(separator).skip(key.first - 1).take(count);
                fields.collect::<Vec<_>>().join(&separator.to_string())
            }
            None => line.split_whitespace().skip(key.first - 1).take(count).collect::<Vec<_>>().join(" "),
        }
    }
}

fn compare(a: &str, b: &str, order: Order) -> Ordering {
    let found = if order.human {
        magnitude(a).cmp(&magnitude(b)).then_with(|| number(a).total_cmp(&number(b)))
    } else if order.numeric {
        number(a).total_cmp(&number(b))
    } else if order.fold {
        a.to_uppercase().cmp(&b.to_uppercase())
    } else {
        a.cmp(b)
    };
    if order.reverse { found.reverse() } else { found }
}

/// The number at the beginning of a text; 0 if there is none.
fn number(text: &str) -> f64 {
    parted(text).0.parse().unwrap_or(0.0)
}

/// Which suffix a number has, `K` (or `k`) before `M`; below zero in the opposite order. As in GNU, only its first letter
/// counts, so that `Mi` is `M`.
fn magnitude(text: &str) -> isize {
    let (digits, rest) = parted(text);
    if !digits.contains(|c| matches!(c, '1'..='9')) {
        return 0;
    }
    let suffix = rest.chars().next().map(|c| if c == 'k' { 'K' } else { c });
    let size = suffix.and_then(|suffix| "KMGTPEZYRQ".find(suffix)).map_or(0, |at| at as isize + 1);
    if digits.starts_with('-') { -size } else { size }
}

/// The digits at the beginning of a text, and what stands behind them.
fn parted(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.char_indices().find(|(i, c)| !(c.is_ascii_digit() || *c == '.' || *i == 0 && *c == '-'));
    text.split_at(end.map_or(text.len(), |(i, _)| i))
}

/// Takes an option in that changes the order; whether it is one.
fn set(order: &mut Order, option: char) -> bool {
    match option {
        'r' => order.reverse = true,
        'n' | 'g' => order.numeric = true,
        'h' => order.human = true,
        'f' => order.fold = true,
        'b' => {}
        _ => return false,
    }
    true
}

fn key(text: &str) -> Result<Key, String> {
    let wrong = || format!("sort: invalid number at field start: '{text}'");
    let (first, last) = text.split_once(',').map_or((text, None), |(first, last)| (first, Some(last)));
    let mut order: Option<Order> = None;
    let mut field = |text: &str| -> Result<usize, String> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        for option in text[digits.len()..].chars() {
            if !set(order.get_or_insert_default(), option) {
                return Err(wrong());
            }
        }
        // What comes behind a dot counts characters, which makes no difference to most keys.
        let digits = digits.split('.').next().unwrap_or_default();
        digits.parse().ok().filter(|field| *field > 0).ok_or_else(wrong)
    };
    let (first, last) = (field(first)?, last.map(&mut field).transpose()?);
    Ok(Key { first, last, order })
}
