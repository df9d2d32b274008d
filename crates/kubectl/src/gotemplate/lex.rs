//! The tokens of a template.
//!
//! Models text/template/parse/lex.go.

/// A token, with where it is in the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its offset in bytes.
    pub at: usize,
    /// Whether white space is before it: `.a .b` are two operands, `.a.b` is one.
    pub spaced: bool,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Text outside of actions.
    Text(String),
    /// `{{`.
    Open,
    /// `}}`.
    Close,
    /// `.name`.
    Field(String),
    /// `.` alone.
    Dot,
    /// `$name`; `$` is the data.
    Variable(String),
    /// A keyword or a function.
    Word(String),
    /// A string.
    Quoted(String),
    /// A number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// `|`, `(`, `)`, `,`, `=`, `:=`.
    Sign(&'static str),
}

/// The line of an offset, from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}

/// All tokens, or the offset and Go's message.
pub(super) fn lex(text: &str) -> Result<Vec<Token>, (usize, String)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut trim_start = false;
    while at < text.len() {
        let open = text[at..].find("{{").map(|found| at + found);
        let end = open.unwrap_or(text.len());
        let mut piece = &text[at..end];
        if trim_start {
            piece = piece.trim_start();
        }
        let Some(open) = open else {
            push_text(&mut tokens, piece, at);
            break;
        };
        let mut inner = open + 2;
        if text[inner..].starts_with('-') && text[inner + 1..].starts_with(char::is_whitespace) {
            piece = piece.trim_end();
            inner += 1;
        }
        push_text(&mut tokens, piece, at);
        let after_space = inner + text[inner..].len() - text[inner..].trim_start().len();
        (at, trim_start) = if text[after_space..].starts_with("/*") {
            comment(text, after_space)?
        } else {
            tokens.push(Token { kind: Kind::Open, at: open, spaced: false });
            action(text, inner, &mut tokens)?
        };
    }
    Ok(tokens)
}

fn push_text(tokens: &mut Vec<Token>, text: &str, at: usize) {
    if !text.is_empty() {
        tokens.push(Token { kind: Kind::Text(text.to_owned()), at, spaced: false });
    }
}

// Where the text goes on after a comment, and whether its white space is trimmed.
fn comment(text: &str, at: usize) -> Result<(usize, bool), (usize, String)> {
    let Some(end) = text[at..].find("*/").map(|found| at + found + 2) else {
        return Err((at, "unclosed comment".to_owned()));
    };
    match closing(text, end) {
        Some((end, trim)) => Ok((end, trim)),
        None => Err((at, "comment ends before closing delimiter".to_owned())),
    }
}

// `}}` or ` -}}` at this place.
fn closing(text: &str, at: usize) -> Option<(usize, bool)> {
    let rest = &text[at..];
    let spaces = rest.len() - rest.trim_start().len();
    if spaces > 0 && rest[spaces..].starts_with("-}}") {
        return Some((at + spaces + 3, true));
    }
    rest[spaces..].starts_with("}}").then_some((at + spaces + 2, false))
}

fn action(text: &str, start: usize, tokens: &mut Vec<Token>) -> Result<(usize, bool), (usize, String)> {
    let mut at = start;
    let mut open_parentheses = 0_usize;
    let first_token = tokens.len();
    loop {
        if let Some((end, trim)) = closing(text, at) {
            if open_parentheses > 0 {
                return Err((at, "unclosed left paren".to_owned()));
            }
            tokens.push(Token { kind: Kind::Close, at, spaced: false });
            return Ok((end, trim));
        }
        let rest = &text[at..];
        let trimmed = rest.trim_start();
        let spaced = trimmed.len() < rest.len();
        at += rest.len() - trimmed.len();
        let Some(first) = trimmed.chars().next() else {
            return Err((at, "unclosed action".to_owned()));
        };
        let before = tokens[first_token..].last().map(|token| &token.kind);
        // What has a name ends before a space or one of these (`atTerminator`).
        let is_named = matches!(before, Some(Kind::Dot | Kind::Field(_) | Kind::Variable(_) | Kind::Word(_)));
        if is_named && !spaced && !matches!(first, '.' | ',' | '|' | ':' | '(' | ')') {
            return Err((at, format!("bad character U+{:04X} '{first}'", first as u32)));
        }
        let (kind, length) = match first {
            '"' => string(trimmed, at)?,
            '`' => match trimmed[1..].find('`') {
                Some(end) => (Kind::Quoted(trimmed[1..=end].to_owned()), end + 2),
                None => return Err((at, "unterminated raw quoted string".to_owned())),
            },
            '\'' => character(trimmed, at)?,
            '(' => (Kind::Sign("("), 1),
            ')' => (Kind::Sign(")"), 1),
            '|' => (Kind::Sign("|"), 1),
            ',' => (Kind::Sign(","), 1),
            '=' => (Kind::Sign("="), 1),
            ':' if trimmed.starts_with(":=") => (Kind::Sign(":="), 2),
            ':' => return Err((at, "expected :=".to_owned())),
            '.' if !trimmed[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                let name = word(&trimmed[1..]);
                if name.is_empty() { (Kind::Dot, 1) } else { (Kind::Field(name.to_owned()), 1 + name.len()) }
            }
            '$' => {
                let name = word(&trimmed[1..]);
                (Kind::Variable(name.to_owned()), 1 + name.len())
            }
            c if c.is_ascii_digit() || matches!(c, '+' | '-' | '.') => number(trimmed, at)?,
            c if c.is_alphabetic() || c == '_' => {
                let name = word(trimmed);
                (Kind::Word(name.to_owned()), name.len())
            }
            c if c.is_ascii_graphic() => {
                let begins = matches!(before, None | Some(Kind::Sign("|" | "(")));
                let place = if begins { "command" } else { "operand" };
                return Err((
                    at,
                    format!("unexpected {} in {place}", crate::go_value::quote(&c.to_string())),
                ));
            }
            c => return Err((at, format!("unrecognized character in action: U+{:04X} '{c}'", c as u32))),
        };
        match kind {
            Kind::Sign("(") => open_parentheses += 1,
            Kind::Sign(")") if open_parentheses == 0 => {
                return Err((at, "unexpected right paren".to_owned()));
            }
            Kind::Sign(")") => open_parentheses -= 1,
            _ => {}
        }
        tokens.push(Token { kind, at, spaced });
        at += length;
    }
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

fn string(text: &str, at: usize) -> Result<(Kind, usize), (usize, String)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Ok((Kind::Quoted(value), i + 1)),
            '\n' => break,
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some(c @ ('\\' | '"' | '\'')) => value.push(c),
                _ => return Err((at, "invalid syntax".to_owned())),
            },
            c => value.push(c),
        }
    }
    Err((at, "unterminated quoted string".to_owned()))
}

fn character(text: &str, at: usize) -> Result<(Kind, usize), (usize, String)> {
    let mut chars = text.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some(c), Some('\'')) if c != '\\' => Ok((Kind::Int(i64::from(c as u32)), 2 + c.len_utf8())),
        _ => Err((at, "unterminated character constant".to_owned())),
    }
}

fn number(text: &str, at: usize) -> Result<(Kind, usize), (usize, String)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let digits = &text[..end];
    if let Ok(int) = digits.parse::<i64>() {
        return Ok((Kind::Int(int), end));
    }
    match digits.parse::<f64>() {
        Ok(float) if digits.contains(|c: char| c.is_ascii_digit()) => Ok((Kind::Float(float), end)),
        _ => Err((at, format!("bad number syntax: {}", crate::go_value::quote(digits)))),
    }
}
