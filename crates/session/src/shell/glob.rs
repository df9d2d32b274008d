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

/// Whether a text fits a pattern as a whole.
pub fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // Where the last star stands, and up to where it reaches.
    let mut star: Option<(usize, usize)> = None;
    let (mut p, mut t) = (0, 0);
    loop {
        if pattern.get(p) == Some(&'*') {
            star = Some((p + 1, t));
            p += 1;
            continue;
        }
        if t == text.len() && p == pattern.len() {
            return true;
        }
        let step = text.get(t).and_then(|c| fits_one(&pattern[p..], *c));
        match (step, &mut star) {
            (Some(length), _) => {
                p += length;
                t += 1;
            }
            (None, Some((after, reach))) if *reach < text.len() => {
                *reach += 1;
                (p, t) = (*after, *reach);
            }
            _ => return false,
        }
    }
}

/// How long the first element of the pattern is, if the character fits it.
fn fits_one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', escaped, ..] => (*escaped == c).then_some(2),
        ['[', rest @ ..] => {
            let (negated, rest) = match rest {
                ['!' | '^', rest @ ..] => (true, rest),
                rest => (false, rest),
            };
            // A bracket right behind the opening one is a character.
            let Some(end) = rest.iter().skip(1).position(|c| *c == ']').map(|end| end + 1) else {
                return (c == '[').then_some(1);
            };
            let set = &rest[..end];
            let found = set.iter().enumerate().any(|(i, first)| match set.get(i + 1..) {
                Some(['-', last, ..]) => (*first..=*last).contains(&c),
                _ => *first == c,
            });
            (found != negated).then_some(end + 2 + usize::from(negated))
        }
        [first, ..] => (*first == c).then_some(1),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

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
}
