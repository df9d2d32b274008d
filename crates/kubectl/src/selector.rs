//! Selectors as they are typed: `-l app=web,tier!=db,env in (a,b)` and `--field-selector status.phase=Running`.
//!
//! Models apimachinery/pkg/labels/selector.go (`Lexer`, `Parser`) and pkg/fields/selector.go, with their messages.

use machinery::field::{FieldError, Path};
use machinery::labels::{Operator, Selector};
use machinery::names;
use machinery::version::Features;

/// The operators that the parser lists when it finds none.
const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

#[derive(Clone, Debug, PartialEq)]
enum Token {
    End,
    Comma,
    Open,
    Close,
    Not,
    Equals,
    NotEquals,
    Greater,
    Less,
    Word,
}

/// How a term compares, as it was typed (selection.Operator).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sign {
    /// `=` or `==`.
    Equals,
    /// `!=`.
    NotEquals,
    /// `in`.
    In,
    /// `notin`.
    NotIn,
    /// The key alone.
    Exists,
    /// `!` before the key.
    DoesNotExist,
    /// `>`.
    GreaterThan,
    /// `<`.
    LessThan,
}

/// A part of a label selector: key, operator, sorted values.
pub(crate) type Term = (String, Sign, Vec<String>);

/// Reads a label selector.
///
/// # Errors
/// The server's message about what is wrong with it.
pub(crate) fn parse_labels(text: &str, features: Features) -> Result<Selector, String> {
    let mut selector = Selector::default();
    for (key, sign, values) in parse_terms(text, features)? {
        let operator = match sign {
            Sign::Equals | Sign::In => Operator::In(values),
            Sign::NotEquals | Sign::NotIn => Operator::NotIn(values),
            Sign::Exists => Operator::Exists,
            Sign::DoesNotExist => Operator::DoesNotExist,
            Sign::GreaterThan => Operator::GreaterThan(number(&values[0])?),
            Sign::LessThan => Operator::LessThan(number(&values[0])?),
        };
        selector.push(key, operator);
    }
    Ok(selector)
}

/// Reads the terms of a label selector, in the order in which they were typed.
///
/// # Errors
/// The server's message about what is wrong with it.
pub(crate) fn parse_terms(text: &str, features: Features) -> Result<Vec<Term>, String> {
    let mut parser = Parser { tokens: lex(text), at: 0, features };
    let mut terms = Vec::new();
    loop {
        match parser.peek() {
            (Token::Word | Token::Not, _) => {}
            (Token::End, _) => return Ok(terms),
            (_, found) => {
                return Err(format!("found '{found}', expected: !, identifier, or 'end of string'"));
            }
        }
        let term = parser.requirement().map_err(|error| format!("unable to parse requirement: {error}"))?;
        terms.push(term);
        match parser.next() {
            (Token::End, _) => return Ok(terms),
            (Token::Comma, _) => match parser.peek() {
                (Token::Word | Token::Not, _) => {}
                (_, found) => return Err(format!("found '{found}', expected: identifier after ','")),
            },
            (_, found) => return Err(format!("found '{found}', expected: ',' or 'end of string'")),
        }
    }
}

/// Reads a field selector: (path, value, equal or not).
///
/// # Errors
/// The server's message about what is wrong with it.
pub(crate) fn parse_fields(text: &str) -> Result<Vec<(String, String, bool)>, String> {
    let mut terms = Vec::new();
    for term in text.split(',').filter(|term| !term.is_empty()) {
        let (at, operator) = ["!=", "==", "="]
            .iter()
            .filter_map(|operator| term.find(operator).map(|at| (at, *operator)))
            .min_by_key(|(at, operator)| (*at, std::cmp::Reverse(operator.len())))
            .ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{term}'"))?;
        let value = &term[at + operator.len()..];
        terms.push((term[..at].to_owned(), value.to_owned(), operator != "!="));
    }
    Ok(terms)
}

fn lex(text: &str) -> Vec<(Token, String)> {
    let special = |c: char| matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<');
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '=' if rest.starts_with("==") => (Token::Equals, 2),
            '=' => (Token::Equals, 1),
            '!' if rest.starts_with("!=") => (Token::NotEquals, 2),
            '!' => (Token::Not, 1),
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '>' => (Token::Greater, 1),
            '<' => (Token::Less, 1),
            _ => {
                let end = rest.find(|c: char| special(c) || c.is_ascii_whitespace()).unwrap_or(rest.len());
                (Token::Word, end)
            }
        };
        tokens.push((token, rest[..length].to_owned()));
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser {
    tokens: Vec<(Token, String)>,
    at: usize,
    features: Features,
}

impl Parser {
    fn peek(&self) -> (Token, String) {
        self.tokens.get(self.at).cloned().unwrap_or((Token::End, String::new()))
    }

    fn next(&mut self) -> (Token, String) {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn requirement(&mut self) -> Result<Term, String> {
        let (mut token, mut key) = self.next();
        let absent = token == Token::Not;
        if absent {
            (token, key) = self.next();
        }
        if token != Token::Word {
            return Err(format!("found '{key}', expected: identifier"));
        }
        if let Some(error) = wrong(&Path::default(), &key, names::qualified_name(&key, self.features)) {
            return Err(error);
        }
        if absent {
            return Ok((key, Sign::DoesNotExist, Vec::new()));
        }
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Ok((key, Sign::Exists, Vec::new()));
        }
        let (token, word) = self.next();
        let sign = match (token, word.as_str()) {
            (Token::Equals, _) => Sign::Equals,
            (Token::NotEquals, _) => Sign::NotEquals,
            (Token::Word, "in") => Sign::In,
            (Token::Word, "notin") => Sign::NotIn,
            (Token::Greater, _) => Sign::GreaterThan,
            (Token::Less, _) => Sign::LessThan,
            (_, found) => return Err(format!("found '{found}', expected: {OPERATORS}")),
        };
        let values = match sign {
            Sign::In | Sign::NotIn => self.values()?,
            _ => vec![self.exact_value()?],
        };
        let compares_numbers = matches!(sign, Sign::GreaterThan | Sign::LessThan);
        for (i, value) in values.iter().enumerate() {
            let path = Path::new("values").index(i);
            if compares_numbers {
                number(value)?;
            }
            if let Some(error) = wrong(&path.key(&key), value, names::label_value(value, self.features)) {
                return Err(error);
            }
        }
        Ok((key, sign, values))
    }

    fn exact_value(&mut self) -> Result<String, String> {
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Ok(String::new());
        }
        match self.next() {
            (Token::Word, value) => Ok(value),
            (_, found) => Err(format!("found '{found}', expected: identifier")),
        }
    }

    // The set of values in parentheses, sorted; empty ones are allowed.
    fn values(&mut self) -> Result<Vec<String>, String> {
        let (token, found) = self.next();
        if token != Token::Open {
            return Err(format!("found '{found}' expected: '('"));
        }
        let mut values = Vec::new();
        loop {
            match self.next() {
                (Token::Word, value) => {
                    values.push(value);
                    match self.peek() {
                        (Token::Comma, _) => {
                            self.at += 1;
                            if self.peek().0 == Token::Close {
                                values.push(String::new());
                            }
                        }
                        (Token::Close, _) => {}
                        (_, found) => return Err(format!("found '{found}', expected: ',' or ')'")),
                    }
                }
                (Token::Comma, _) => values.push(String::new()),
                (Token::Close, _) => break,
                (_, found) => return Err(format!("found '{found}', expected: ',', ')' or identifier")),
            }
        }
        if values.is_empty() {
            values.push(String::new());
        }
        values.sort();
        values.dedup();
        Ok(values)
    }
}

fn number(value: &str) -> Result<i64, String> {
    let why = "for 'Gt', 'Lt' operators, the value must be an integer";
    let path = Path::new("values").index(0);
    value.parse().map_err(|_| FieldError::invalid(&path, value, why).to_string())
}

fn wrong(path: &Path, value: &str, messages: Vec<String>) -> Option<String> {
    (!messages.is_empty()).then(|| FieldError::invalid(path, value, messages.join("; ")).to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use machinery::version::Features;

    use super::{parse_fields, parse_labels};

    #[test]
    fn selectors_select() {
        let labels = BTreeMap::from([("app".to_owned(), "web".to_owned()), ("n".to_owned(), "1".to_owned())]);
        let cases = [
            ("app=web", true),
            ("app == web , n=1", true),
            ("app!=web", false),
            ("app in (x, web)", true),
            ("app notin (web)", false),
            ("app", true),
            ("!app", false),
            ("tier!=db", true),
            ("app=", false),
            ("", true),
            ("app in ()", false),
            ("in=web", false),
            ("n>0,n<2", true),
            ("n > 1", false),
        ];
        for (text, expected) in cases {
            let selector =
                parse_labels(text, Features::default()).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(selector.matches(Some(&labels)), expected, "{text}");
        }
    }

    #[test]
    fn errors_are_the_servers() {
        let cases = [
            ("app in web", "unable to parse requirement: found 'web' expected: '('"),
            ("a=b=c", "found '=', expected: ',' or 'end of string'"),
            ("a=b,", "found '', expected: identifier after ','"),
            ("=a", "found '=', expected: !, identifier, or 'end of string'"),
            (
                "a>b",
                "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
            ),
            ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_labels(text, Features::default()).expect_err(text), expected);
        }
    }

    #[test]
    fn field_selectors_are_read() {
        let expected = [
            ("status.phase".to_owned(), "Running".to_owned(), false),
            ("metadata.name".to_owned(), "a=b".to_owned(), true),
        ];
        assert_eq!(parse_fields("status.phase!=Running,metadata.name==a=b").expect("parses"), expected);
        assert_eq!(
            parse_fields("x").expect_err("no operator"),
            "invalid selector: 'x'; can't understand 'x'"
        );
    }
}
