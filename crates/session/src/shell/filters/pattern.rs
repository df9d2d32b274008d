//! Regular expressions as grep and sed read them.

use regex_lite::{Regex, RegexBuilder};

/// Largest compiled pattern, in bytes: each byte of text costs as much time as it has parts.
const SIZE_LIMIT: usize = 1 << 17;

/// A pattern, in the basic syntax unless it is `extended`.
///
/// # Errors
/// What is wrong with it.
pub(super) fn compile(pattern: &str, extended: bool, fold: bool) -> Result<Regex, String> {
    let pattern = if extended { classes(pattern) } else { classes(&basic_to_extended(pattern)) };
    build(&pattern, fold)
}

/// A pattern in the syntax of the library.
///
/// # Errors
/// What is wrong with it.
pub(super) fn build(pattern: &str, fold: bool) -> Result<Regex, String> {
    let builder = &mut RegexBuilder::new(pattern);
    builder.case_insensitive(fold).size_limit(SIZE_LIMIT).build().map_err(|error| error.to_string())
}

/// A basic regular expression as an extended one: there `\|` is an operator and `|` a character.
pub(super) fn basic_to_extended(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '|' | '+' | '?' | '(' | ')' | '{' | '}' => out.extend(['\\', c]),
            '\\' => match chars.next() {
                Some(c @ ('|' | '+' | '?' | '(' | ')' | '{' | '}')) => out.push(c),
                other => {
                    out.push('\\');
                    out.extend(other);
                }
            },
            // A star that follows nothing is a character.
            '*' if out.is_empty() || out == "^" => out.push_str("\\*"),
            c => out.push(c),
        }
    }
    out
}

/// The classes of POSIX, and the words' ends of GNU, in the syntax of the library.
pub(super) fn classes(pattern: &str) -> String {
    let named = [
        ("[:space:]", "\\s"),
        ("[:digit:]", "0-9"),
        ("[:alpha:]", "a-zA-Z"),
        ("[:alnum:]", "a-zA-Z0-9"),
        ("[:upper:]", "A-Z"),
        ("[:lower:]", "a-z"),
        ("[:blank:]", " \\t"),
        ("\\<", "\\b"),
        ("\\>", "\\b"),
    ];
    named.iter().fold(pattern.to_owned(), |pattern, (posix, ours)| pattern.replace(posix, ours))
}
