//! Reads a template.
//!
//! Models client-go/util/jsonpath/parser.go. Departs in two points: ranges are matched with their ends here, and
//! filters nest at most [`MAX_DEPTH`] deep.

use serde_json::Value;

use super::{Node, Part, Template};

/// How deep filters and unions may nest.
const MAX_DEPTH: usize = 20;

/// Reads a template.
///
/// # Errors
/// Upstream's message about the first mistake.
pub(crate) fn parse(text: &str) -> Result<Template, String> {
    let mut parts: Vec<Part> = Vec::new();
    let mut open_ranges: Vec<usize> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        if start > 0 {
            parts.push(Part::Path(vec![Node::Text(rest[..start].to_owned())]));
        }
        let mut scanner = Scanner { text: &rest[start + 1..], at: 0 };
        let action = scanner.action(true, 0)?;
        rest = &rest[start + 1 + scanner.at..];
        match action.word.as_deref() {
            Some("range") => {
                open_ranges.push(parts.len());
                parts.push(Part::Range(action.nodes, 0));
            }
            Some("end") => {
                let Some(open) = open_ranges.pop() else {
                    parts.push(Part::Path(vec![Node::Failing("not in range, nothing to end".to_owned())]));
                    continue;
                };
                let length = parts.len() - open;
                if let Part::Range(_, count) = &mut parts[open] {
                    *count = length;
                }
                parts.push(Part::End);
            }
            _ => parts.push(Part::Path(action.nodes)),
        }
    }
    if !rest.is_empty() {
        parts.push(Part::Path(vec![Node::Text(rest.to_owned())]));
    }
    // A range that is not ended goes on to the end of the template.
    for open in open_ranges {
        let length = parts.len() - open;
        if let Part::Range(_, count) = &mut parts[open] {
            *count = length;
        }
    }
    Ok(Template { parts, strict: false })
}

#[derive(Default)]
struct Action {
    // `range` or `end`.
    word: Option<String>,
    nodes: Vec<Node>,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

fn is_terminator(c: char) -> bool {
    c == ' '
        || c == '\t'
        || c == '\r'
        || c == '\n'
        || matches!(c, '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

impl Scanner<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    // Up to the closing brace, or to the end of the text if there is none around it.
    fn action(&mut self, in_braces: bool, depth: usize) -> Result<Action, String> {
        if depth > MAX_DEPTH {
            return Err(format!("nested more than {MAX_DEPTH} deep"));
        }
        let mut action = Action::default();
        loop {
            let rest = &self.text[self.at..];
            if let Some(filter) = rest.strip_prefix("[?(") {
                self.at += rest.len() - filter.len();
                action.nodes.push(self.filter(depth)?);
                continue;
            }
            if rest.starts_with("..") {
                if matches!(action.nodes.last(), Some(Node::Recursive)) {
                    return Err("invalid multiple recursive descent".to_owned());
                }
                self.at += 2;
                action.nodes.push(Node::Recursive);
                if self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    action.nodes.push(self.field());
                }
                continue;
            }
            match self.next() {
                None if in_braces => return Err("unclosed action".to_owned()),
                None => return Ok(action),
                Some('\r' | '\n') if in_braces => return Err("unclosed action".to_owned()),
                Some('}') if in_braces => return Ok(action),
                Some(' ' | '@' | '$') => {}
                Some('[') => self.array(&mut action.nodes, depth)?,
                Some(quote @ ('"' | '\'')) => action.nodes.push(Node::Text(self.quoted(quote)?)),
                Some('.') => action.nodes.push(self.field()),
                Some(c) if c == '+' || c == '-' || c.is_ascii_digit() => {
                    self.at -= 1;
                    action.nodes.push(self.number()?);
                }
                Some(c) if c.is_alphanumeric() || c == '_' => {
                    self.at -= c.len_utf8();
                    let word = self.word();
                    match word.as_str() {
                        "true" | "false" => action.nodes.push(Node::Literal(Value::Bool(word == "true"))),
                        "range" | "end" if in_braces => action.word = Some(word),
                        // Another word is a mistake once it is reached (`evalIdentifier`).
                        _ => action.nodes.push(Node::Failing(format!("unrecognized identifier {word}"))),
                    }
                }
                Some(c) => {
                    return Err(format!("unrecognized character in action: U+{:04X} '{c}'", c as u32));
                }
            }
        }
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| !is_terminator(c)) {
            self.next();
        }
        self.text[start..self.at].to_owned()
    }

    fn field(&mut self) -> Node {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| !is_terminator(*c)) {
            self.next();
            let c = if c == '\\' { self.next() } else { Some(c) };
            name.extend(c.filter(|c| *c != '\\'));
        }
        if name == "*" { Node::Wildcard } else { Node::Field(name) }
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let start = self.at - quote.len_utf8();
        let (mut text, mut is_right) = (String::new(), true);
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated quoted string".to_owned()),
                Some(c) if c == quote => break,
                Some('\\') => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(c) if c == '\\' || c == quote => text.push(c),
                    _ => is_right = false,
                },
                Some(c) => text.push(c),
            }
        }
        match is_right {
            true => Ok(text),
            false => Err(format!("unquote string {} error invalid syntax", &self.text[start..self.at])),
        }
    }

    fn number(&mut self) -> Result<Node, String> {
        let start = self.at;
        if matches!(self.peek(), Some('+' | '-')) {
            self.next();
        }
        while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
            self.next();
        }
        let text = &self.text[start..self.at];
        if let Ok(int) = text.parse::<i64>() {
            return Ok(Node::Literal(int.into()));
        }
        let float = text.parse::<f64>().map_err(|_| format!("cannot parse number {text}"))?;
        Ok(Node::Literal(float.into()))
    }

    // After `[`.
    fn array(&mut self, nodes: &mut Vec<Node>, depth: usize) -> Result<(), String> {
        let start = self.at;
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated array".to_owned()),
                Some(']') => break,
                Some(_) => {}
            }
        }
        let text = &self.text[start..self.at - 1];
        if text.contains(',') {
            let inner = |text: &str| {
                let text = format!("[{}]", text.trim());
                Scanner { text: &text, at: 0 }.action(false, depth + 1).map(|action| action.nodes)
            };
            nodes.push(Node::Union(text.split(',').map(inner).collect::<Result<_, _>>()?));
            return Ok(());
        }
        if let Some(key) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''))
            && !key.contains('\'')
        {
            let path = format!(".{key}");
            nodes.extend(Scanner { text: &path, at: 0 }.action(false, depth + 1)?.nodes);
            return Ok(());
        }
        nodes.push(slice(text)?);
        Ok(())
    }

    // After `[?(`.
    fn filter(&mut self, depth: usize) -> Result<Node, String> {
        let start = self.at;
        // The first quotes are looked for, and no others: a bracket ends the filter before them and behind them.
        let (mut quote, mut is_closed, mut before) = (None, false, '(');
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated filter".to_owned()),
                Some(c @ ('"' | '\'')) => {
                    is_closed |= quote == Some(c) && before != '\\';
                    quote.get_or_insert(c);
                    before = c;
                }
                Some(')') if quote.is_some() == is_closed => break,
                Some(c) => before = c,
            }
        }
        let text = &self.text[start..self.at - 1];
        if self.next() != Some(']') {
            return Err("unclosed array expect ]".to_owned());
        }
        let path = |text: &str| Scanner { text, at: 0 }.action(false, depth + 1).map(|action| action.nodes);
        let is_operator = |c: char| matches!(c, '!' | '<' | '>' | '=');
        // An operator needs something before and behind it.
        let found = text.find(is_operator).filter(|at| *at > 0);
        let Some(at) = found else {
            return Ok(Node::Filter { left: path(text)?, operator: "exists".to_owned(), right: Vec::new() });
        };
        let mut end = at + text[at..].find(|c: char| !is_operator(c)).unwrap_or(text.len() - at);
        if end == text.len() && end - at > 1 {
            end -= 1;
        }
        if end == text.len() {
            return Ok(Node::Filter { left: path(text)?, operator: "exists".to_owned(), right: Vec::new() });
        }
        let (left, right) = (path(&text[..at])?, path(&text[end..])?);
        Ok(Node::Filter { left, operator: text[at..end].to_owned(), right })
    }
}

// `1`, `-1`, `1:3`, `::2`, `*`, or nothing.
fn slice(text: &str) -> Result<Node, String> {
    let text = if text == "*" { ":" } else { text };
    let parts: Vec<&str> = text.split(':').collect();
    let is_index = |part: &&str| part.strip_prefix('-').unwrap_or(part).bytes().all(|b| b.is_ascii_digit());
    if parts.len() > 3 || !parts.iter().all(is_index) {
        return Err(format!("invalid array index {text}"));
    }
    let number = |part: Option<&&str>| match part {
        None | Some(&"") => Ok(None),
        Some(part) => {
            part.parse::<i64>().map(Some).map_err(|_| format!("array index {part} is not a number"))
        }
    };
    let (start, end, step) = (number(parts.first())?, number(parts.get(1))?, number(parts.get(2))?);
    if parts.len() > 1 {
        return Ok(Node::Slice { start, end, end_is_derived: false, step });
    }
    // Empty brackets are the first one.
    let end = start.unwrap_or(0).saturating_add(1);
    Ok(Node::Slice { start, end: Some(end), end_is_derived: true, step: None })
}
