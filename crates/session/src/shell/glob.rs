//! Patterns of file names: `*.yaml`, `pv00?.yaml`, `[ab].yaml`.
//!
//! Follows POSIX' Shell Command Language, 2.13. Departs: a word that holds variables or commands is no pattern.

use super::lexer::{Part, Word};

/// The word as a pattern, and as it is; `None` if it is none.
pub fn pattern(word: &Word) -> Option<(String, String)> {
    let (mut pattern, mut literal, mut is_pattern) = (String::new(), String::new(), false);
    for part in &word.parts {
        let Part::Text { text, quoted } = part else { return None };
        literal.push_str(text);
        for c in text.chars() {
            is_pattern |= !quoted && matches!(c, '*' | '?' | '[');
            if *quoted && matches!(c, '*' | '?' | '[' | ']' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
    }
    is_pattern.then_some((pattern, literal))
}

/// Most steps to find what a pattern cuts off: characters times elements.
const WORK_LIMIT: usize = 1 << 24;

/// A pattern, in elements: each fits one character, but for the star.
pub struct Pattern<'a>(Vec<&'a [char]>);

impl<'a> Pattern<'a> {
    /// Takes a pattern apart.
    pub fn new(pattern: &'a [char]) -> Pattern<'a> {
        let (mut elements, mut rest) = (Vec::new(), pattern);
        while !rest.is_empty() {
            let (element, behind) = rest.split_at(length(rest));
            elements.push(element);
            rest = behind;
        }
        Pattern(elements)
    }

    /// What fits texts that are read from their end.
    pub fn reversed(mut self) -> Pattern<'a> {
        self.0.reverse();
        self
    }

    /// Whether a text fits as a whole.
    pub fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        // Where the last star stands, and up to where it reaches.
        let mut star: Option<(usize, usize)> = None;
        let (mut p, mut t) = (0, 0);
        loop {
            let element = self.0.get(p);
            match (element, text.get(t), &mut star) {
                (Some(['*']), ..) => {
                    star = Some((p + 1, t));
                    p += 1;
                }
                (None, None, _) => return true,
                (Some(element), Some(c), _) if fits_one(element, *c) => (p, t) = (p + 1, t + 1),
                (_, _, Some((after, reach))) if *reach < text.len() => {
                    *reach += 1;
                    (p, t) = (*after, *reach);
                }
                _ => return false,
            }
        }
    }

    /// How many characters at the beginning of a text fit: the fewest that do, or the most; `None` if none do.
    ///
    /// # Errors
    /// If it would be too much work.
    pub fn prefix(
        &self,
        text: impl Iterator<Item = char> + Clone,
        longest: bool,
    ) -> Result<Option<usize>, String> {
        let elements = &self.0;
        if text.clone().count().saturating_mul(elements.len()) > WORK_LIMIT {
            return Err("stopped: too long a text for so long a pattern".to_owned());
        }
        // Which elements may come next; all at once, so that no text is read twice.
        let mut open = vec![false; elements.len() + 1];
        open[0] = true;
        let mut found = None;
        let mut letters = text;
        for count in 0.. {
            for (p, element) in elements.iter().enumerate() {
                open[p + 1] |= open[p] && matches!(element, ['*']);
            }
            if open[elements.len()] {
                found = Some(count);
            }
            let Some(c) = letters.next().filter(|_| longest || found.is_none()) else { break };
            let mut next = vec![false; open.len()];
            for (p, element) in elements.iter().enumerate().filter(|(p, _)| open[*p]) {
                match element {
                    ['*'] => next[p] = true,
                    element => next[p + 1] |= fits_one(element, c),
                }
            }
            open = next;
        }
        Ok(found)
    }
}

/// How long the first element of a pattern is.
fn length(pattern: &[char]) -> usize {
    match pattern {
        ['\\', _, ..] => 2,
        ['[', rest @ ..] => {
            // A bracket right behind the opening one is a character.
            let first = 1 + usize::from(matches!(rest, ['!' | '^', ..]));
            rest.iter().skip(first).position(|c| *c == ']').map_or(1, |end| first + end + 2)
        }
        _ => 1,
    }
}

/// Whether a character fits an element that is no star.
fn fits_one(element: &[char], c: char) -> bool {
    match element {
        ['?'] => true,
        ['\\', escaped] => *escaped == c,
        ['[', '!' | '^', set @ .., ']'] => !holds(set, c),
        ['[', set @ .., ']'] => holds(set, c),
        element => element == [c],
    }
}

/// Whether a set such as `a-z_` holds a character.
fn holds(set: &[char], c: char) -> bool {
    set.iter().enumerate().any(|(i, first)| match set.get(i + 1..) {
        Some(['-', last, ..]) => (*first..=*last).contains(&c),
        _ => *first == c,
    })
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn fits(pattern: &str, text: &str) -> bool {
        let pattern: Vec<char> = pattern.chars().collect();
        Pattern::new(&pattern).fits(text)
    }

    #[test]
    fn patterns_fit_as_in_bash() {
        let cases = [
            ("*.yaml", "web.yaml", true),
            ("*.yaml", "web.yml", false),
            ("pv00?.yaml", "pv001.yaml", true),
            ("pv00?", "pv00", false),
            ("[a-c]*", "b1", true),
            ("[!a-c]*", "b1", false),
            ("[x", "[x", true),
            ("*a*b", "xaxbxb", true),
            ("*a*b", "xbxa", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("", "", true),
            ("*", "", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
        assert!(!fits(&"*a".repeat(500), &"a".repeat(400)));
    }

    #[test]
    fn patterns_cut_off_the_beginning_or_the_end() {
        // A pattern, a text, and how much of its beginning, and of its end, fits at least and at most.
        let some = |least, most| Some((least, most));
        let cases = [
            ("*-", "a-b-c", some(2, 4), None),
            ("-*", "a-b-c", None, some(2, 4)),
            ("*", "abc", some(0, 3), some(0, 3)),
            ("", "abc", some(0, 0), some(0, 0)),
            ("?", "äbü", some(1, 1), some(1, 1)),
            ("[!a]*b", "bbab", some(2, 4), some(3, 4)),
            ("x", "abc", None, None),
        ];
        for (pattern, text, front, back) in cases {
            let elements: Vec<char> = pattern.chars().collect();
            let pattern = Pattern::new(&elements);
            let cut = |longest| pattern.prefix(text.chars(), longest).expect(text);
            assert_eq!(cut(false).zip(cut(true)), front, "{text}");
            let pattern = pattern.reversed();
            let cut = |longest| pattern.prefix(text.chars().rev(), longest).expect(text);
            assert_eq!(cut(false).zip(cut(true)), back, "{text}");
        }
        let long = "a".repeat(1 << 13);
        let elements: Vec<char> = long.chars().collect();
        assert!(Pattern::new(&elements).prefix(long.chars(), true).is_err());
    }
}
