//! Brace expansion: `pv00{1..5}`, `{a,b}`.
//!
//! As bash does it, before every other expansion and only outside quotes; what has neither a comma nor `..` between
//! its braces stays as it is (`jsonpath={.status}`). Departs: braces within braces, and braces around quotes, stay as
//! they are too, and so does what would become more than [`LIMIT`] words or [`BYTE_LIMIT`] bytes.

use super::lexer::{Part, Word};

/// The most words that one word becomes.
const LIMIT: usize = 1000;
/// The most bytes of script that those words come to.
const BYTE_LIMIT: usize = 256 << 10;
/// The most digits of a number in a sequence.
const DIGIT_LIMIT: usize = 20;

/// The words that a word stands for.
pub fn expand(word: Word) -> Vec<Word> {
    let most = LIMIT.min(BYTE_LIMIT / word.source.len().max(1));
    let mut done = Vec::new();
    let mut open = vec![word];
    // The words are taken from the end, so their order is kept.
    while let Some(word) = open.pop() {
        let room = most.saturating_sub(open.len() + done.len());
        match alternatives(&word, room) {
            Some(words) => open.extend(words.into_iter().rev()),
            None => done.push(word),
        }
    }
    done
}

/// The words for the first brace expression; `None` if there is none, or no room for them.
fn alternatives(word: &Word, room: usize) -> Option<Vec<Word>> {
    word.parts.iter().enumerate().find_map(|(index, part)| {
        let Part::Text { text, quoted: false } = part else { return None };
        let (start, end, items) = braces(text)?;
        if items.len() > room {
            return None;
        }
        let variants = items.into_iter().map(|item| {
            let mut word = word.clone();
            let text = format!("{}{item}{}", &text[..start], &text[end..]);
            word.parts[index] = Part::Text { text, quoted: false };
            word
        });
        Some(variants.collect())
    })
}

/// Where the first brace expression begins and ends, and what it stands for.
fn braces(text: &str) -> Option<(usize, usize, Vec<String>)> {
    text.match_indices('{').find_map(|(start, _)| {
        let inside = &text[start + 1..];
        let length = inside.find(['{', '}'])?;
        if inside[length..].starts_with('{') {
            return None;
        }
        let items = items(&inside[..length])?;
        Some((start, start + length + 2, items))
    })
}

fn items(inside: &str) -> Option<Vec<String>> {
    if inside.contains(',') {
        return Some(inside.split(',').map(str::to_owned).collect());
    }
    let (first, last) = inside.split_once("..")?;
    let (from, to): (i64, i64) = (first.parse().ok()?, last.parse().ok()?);
    if from.abs_diff(to) >= LIMIT as u64 || first.len().max(last.len()) > DIGIT_LIMIT {
        return None;
    }
    // A leading zero asks for numbers of equal width.
    let padded = [first, last].iter().any(|n| n.len() > 1 && n.starts_with('0'));
    let width = if padded { first.len().max(last.len()) } else { 0 };
    let number = |n: i64| format!("{n:0width$}");
    Some(if from <= to { (from..=to).map(number).collect() } else { (to..=from).rev().map(number).collect() })
}

#[cfg(test)]
mod tests {
    use super::super::lexer::{Token, tokens};
    use super::*;

    #[test]
    fn braces_expand_as_in_bash() {
        let cases = [
            ("pv00{1..3}", "pv001 pv002 pv003"),
            ("{08..10}", "08 09 10"),
            ("{2..0}", "2 1 0"),
            ("a{b,c}{1,2}", "ab1 ab2 ac1 ac2"),
            ("jsonpath={.status}", "jsonpath={.status}"),
            ("{0..99999999999}", "{0..99999999999}"),
            ("{}{a", "{}{a"),
            ("'{a,b}'", "{a,b}"),
        ];
        let cases = cases.map(|(text, expected)| (text.to_owned(), expected.to_owned()));
        // What would become too much stays as it is.
        let too_much = [
            format!("{{{}1..2}}", "0".repeat(70_000)),
            format!("{{{}}}", ",".repeat(1000)),
            format!("{{1..1000}}{}", "x".repeat(1000)),
        ];
        let unchanged = too_much.map(|text| (text.clone(), text));
        for (text, expected) in cases.into_iter().chain(unchanged) {
            let Some(Token::Word(word)) = tokens(&text).expect(&text).pop() else { panic!("{text}") };
            let texts = expand(word).into_iter().map(|word| match word.parts.as_slice() {
                [Part::Text { text, .. }] => text.clone(),
                _ => panic!("{text}"),
            });
            assert_eq!(texts.collect::<Vec<_>>().join(" "), expected);
        }
    }
}
