//! Characters that input methods, word processors and web pages put where a plain one was meant: full-width forms, spaces
//! that separate nothing, curly quotes, dashes, and what cannot be seen at all.
//!
//! In a label's value or a comment they are right. So none is blamed for an error unless the error is another one without
//! it, which is tried.

use std::ops::Range;

use machinery::yaml::{Position, Span};

/// Most lines of a text that are tried.
const LINE_LIMIT: usize = 20;
/// What can be seen of ASCII, in the order in which the full-width forms stand from U+FF01 on.
const ASCII: &str =
    "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

/// Such a character in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confusable {
    /// The character.
    pub character: char,
    /// What was meant: other characters, a space, or nothing at all.
    pub meant: &'static str,
    /// Where it stands.
    pub at: Position,
    offset: usize,
}

impl Confusable {
    /// The place that it takes up.
    pub fn span(&self) -> Span {
        Span { start: self.at, end: Position { column: self.at.column + 1, ..self.at } }
    }

    fn bytes(&self) -> Range<usize> {
        self.offset..self.offset + self.character.len_utf8()
    }
}

/// What is to blame for an error, and the text without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blamed {
    /// The characters, in the order of the text.
    pub characters: Vec<Confusable>,
    /// The text with what was meant in their places.
    pub mended: String,
}

/// Finds what is to blame for what is said of a text; `said` says it of any text. `None` if nothing is.
pub fn blame(text: &str, said: impl Fn(&str) -> String) -> Option<Blamed> {
    // What is only quoted in an error is not what causes it.
    let said = |text: &str| {
        let said = said(text);
        mend(&said, &confusables(&said))
    };
    let found = confusables(text);
    let mut characters = Vec::new();
    let mut before = if found.is_empty() { String::new() } else { said(text) };
    for line in found.chunk_by(|a, b| a.at.line == b.at.line).take(LINE_LIMIT) {
        let after = said(&mend(text, &[&characters, line].concat()));
        if after == before {
            continue;
        }
        // Those of the line that may as well stay, as in its comment.
        let mut blamed = line.to_vec();
        for harmless in line {
            let others: Vec<Confusable> = blamed.iter().filter(|c| *c != harmless).copied().collect();
            if said(&mend(text, &[&characters[..], &others].concat())) == after {
                blamed = others;
            }
        }
        characters.extend(blamed);
        before = after;
    }
    (!characters.is_empty()).then(|| Blamed { mended: mend(text, &characters), characters })
}

/// The text with what was meant in the places of these, which are in its order.
pub fn mend(text: &str, found: &[Confusable]) -> String {
    let mut mended = text.to_owned();
    for confusable in found.iter().rev() {
        mended.replace_range(confusable.bytes(), confusable.meant);
    }
    mended
}

fn confusables(text: &str) -> Vec<Confusable> {
    let mut found = Vec::new();
    let (mut at, mut before) = (Position { line: 1, column: 1 }, ' ');
    for (offset, character) in text.char_indices() {
        if !character.is_ascii()
            && let Some(meant) = meant(before, character, &text[offset + character.len_utf8()..])
        {
            found.push(Confusable { character, meant, at, offset });
        }
        at = match character {
            '\n' => Position { line: at.line + 1, column: 1 },
            _ => Position { column: at.column + 1, ..at },
        };
        before = character;
    }
    found
}

/// What was meant by a character between others.
fn meant(before: char, character: char, after: &str) -> Option<&'static str> {
    let meant = match character {
        '\u{ff01}'..='\u{ff5e}' => {
            let index = usize::try_from(u32::from(character) - 0xff01).ok()?;
            ASCII.get(index..=index)?
        }
        '\u{3000}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => " ",
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => "",
        '“' | '”' | '„' => "\"",
        '‘' | '’' | '‚' => "'",
        '。' => ".",
        '、' => ",",
        '【' => "[",
        '】' => "]",
        '￥' => "$",
        // Word processors make one dash of the two before a flag's name.
        '–' | '—' if before.is_whitespace() && after.starts_with(is_flag_name) && !is_one_letter(after) => {
            "--"
        }
        '–' | '—' | '‐' | '‑' | '−' => "-",
        _ => return None,
    };
    Some(meant)
}

fn is_flag_name(character: char) -> bool {
    character.is_ascii_alphabetic()
}

fn is_one_letter(after: &str) -> bool {
    !after.chars().nth(1).is_some_and(|second| is_flag_name(second) || second == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_with_what_was_meant() {
        // A text, the text as it was meant, and where the first one stands.
        for (text, mended, place) in [
            ("kubectl get pods", "kubectl get pods", None),
            ("kubectl get pods # 名字", "kubectl get pods # 名字", None),
            ("kubectl scale sts web －－replicas＝３", "kubectl scale sts web --replicas=3", Some((1, 23))),
            ("kubectl　get\u{a0}pods", "kubectl get pods", Some((1, 8))),
            ("kubectl get\u{200b} pods\u{feff}", "kubectl get pods", Some((1, 12))),
            ("kubectl scale sts web –replicas=3", "kubectl scale sts web --replicas=3", Some((1, 23))),
            ("kubectl get pods —A —n kube-system", "kubectl get pods -A -n kube-system", Some((1, 18))),
            (
                "kubectl get pods -o jsonpath=‘{.items}’",
                "kubectl get pods -o jsonpath='{.items}'",
                Some((1, 30)),
            ),
            ("a: 名\nb： “x”", "a: 名\nb: \"x\"", Some((2, 2))),
            ("～！｝", "~!}", Some((1, 1))),
        ] {
            let found = confusables(text);
            assert_eq!(mend(text, &found), mended);
            assert_eq!(found.first().map(|first| (first.at.line, first.at.column)), place, "{text}");
        }
    }

    #[test]
    fn only_what_causes_an_error_is_blamed() {
        // Complains of the first line with a full-width colon before its comment, quoting it.
        let said = |text: &str| {
            let code = |line: &str| line.split('#').next().unwrap_or_default().to_owned();
            text.lines().map(code).find(|line| line.contains('：')).unwrap_or_default()
        };
        for (text, lines, mended) in [
            ("a: 1", &[][..], ""),
            ("a: 1 # 一：", &[], ""),
            ("a： 1 # 一：\nb: “2”\nc： 3\n", &[1, 3], "a: 1 # 一：\nb: “2”\nc: 3\n"),
        ] {
            let blamed = blame(text, said);
            let found = blamed.iter().flat_map(|blamed| &blamed.characters).map(|c| c.at.line);
            assert_eq!(found.collect::<Vec<_>>(), lines, "{text}");
            assert_eq!(blamed.map_or(String::new(), |blamed| blamed.mended), mended);
        }
        assert_eq!(blame("：", |text| format!("{text} is refused")), None, "it is only quoted");
    }
}
