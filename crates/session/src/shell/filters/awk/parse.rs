//! Reads a program of awk.

use regex_lite::Regex;

use super::super::pattern::{build, classes};

/// How deep expressions and statements may nest.
pub(super) const MAX_DEPTH: usize = 50;
/// Most operators of a program: each can make an expression one deeper.
const MAX_OPERATORS: usize = 300;

const FUNCTIONS: [&str; 6] = ["length", "toupper", "tolower", "substr", "int", "index"];
const MISSING: [&str; 9] = ["while", "for", "do", "function", "delete", "in", "getline", "split", "gsub"];

/// A program: what runs first, for each record, and last.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub begin: Vec<Statement>,
    pub rules: Vec<Rule>,
    pub end: Vec<Statement>,
}

#[derive(Debug)]
pub(super) struct Rule {
    /// The pattern, or the first and the last of a range.
    pub pattern: Option<(Expression, Option<Expression>)>,
    pub statements: Vec<Statement>,
}

#[derive(Debug)]
pub(super) enum Statement {
    Print(Vec<Expression>),
    Printf(Vec<Expression>),
    Expression(Expression),
    If(Expression, Vec<Statement>, Vec<Statement>),
    Next,
    Exit(Option<Expression>),
}

#[derive(Debug)]
pub(super) enum Expression {
    Number(f64),
    Text(String),
    /// Whether the record fits.
    Pattern(Regex),
    Field(Box<Expression>),
    Variable(String),
    /// A variable, the sign before `=`, and the value.
    Assign(String, Option<char>, Box<Expression>),
    /// A variable, what is added, and whether the value is the one after.
    Increment(String, f64, bool),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Choice(Box<Expression>, Box<Expression>, Box<Expression>),
    Matches(Box<Expression>, Box<Expression>, bool),
    Compare(String, Box<Expression>, Box<Expression>),
    Calculate(char, Box<Expression>, Box<Expression>),
    Join(Box<Expression>, Box<Expression>),
    Call(String, Vec<Expression>),
}

/// Reads a program.
///
/// # Errors
/// What is wrong with it.
pub(super) fn program(text: &str) -> Result<Program, String> {
    let mut parser = Parser { rest: text, depth: 0, operators: 0, no_greater: false };
    let mut program = Program::default();
    loop {
        parser.skip_ends();
        if parser.rest.is_empty() {
            return Ok(program);
        }
        if parser.word("BEGIN") {
            program.begin.extend(parser.block()?);
        } else if parser.word("END") {
            program.end.extend(parser.block()?);
        } else {
            let pattern = match parser.rest.starts_with('{') {
                true => None,
                false => {
                    let first = parser.expression()?;
                    let last = if parser.eat(",") { Some(parser.expression()?) } else { None };
                    Some((first, last))
                }
            };
            let statements = match parser.rest.starts_with('{') {
                true => parser.block()?,
                false => vec![Statement::Print(Vec::new())],
            };
            program.rules.push(Rule { pattern, statements });
        }
    }
}

/// A text with `\t` and its like taken for what they stand for.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some(other)) => out.push(other),
            (c, _) => out.push(c),
        }
    }
    out
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
    operators: usize,
    /// Behind `print` a `>` would be a redirection.
    no_greater: bool,
}

impl Parser<'_> {
    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t']);
            match self.rest.strip_prefix("\\\n") {
                Some(rest) => self.rest = rest,
                None => break,
            }
        }
        if self.rest.starts_with('#') {
            self.rest = &self.rest[self.rest.find('\n').unwrap_or(self.rest.len())..];
        }
    }

    fn skip_ends(&mut self) {
        loop {
            self.skip_blanks();
            match self.rest.strip_prefix([';', '\n']) {
                Some(rest) => self.rest = rest,
                None => return,
            }
        }
    }

    fn eat(&mut self, sign: &str) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                self.skip_blanks();
                true
            }
            None => false,
        }
    }

    fn word(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        match self.rest.strip_prefix(word).filter(|rest| !goes_on(rest)) {
            Some(rest) => {
                self.rest = rest;
                self.skip_blanks();
                true
            }
            None => false,
        }
    }

    fn unexpected(&self) -> String {
        match self.rest.chars().next() {
            None => "unexpected end of the program".to_owned(),
            Some(c) => format!("syntax error near `{c}'"),
        }
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.eat(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        if self.depth == MAX_DEPTH {
            return Err(format!("nested more than {MAX_DEPTH} deep"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn count_operator(&mut self) -> Result<(), String> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            Err(format!("more than {MAX_OPERATORS} operators"))
        } else {
            Ok(())
        }
    }

    fn block(&mut self) -> Result<Vec<Statement>, String> {
        self.expect("{")?;
        let mut statements = Vec::new();
        loop {
            self.skip_ends();
            if self.eat("}") {
                return Ok(statements);
            }
            statements.push(self.deeper(Self::statement)?);
            let ended = self.rest.starts_with([';', '\n', '}']);
            if !ended && !matches!(statements.last(), Some(Statement::If(..))) {
                return Err(self.unexpected());
            }
        }
    }

    fn statement(&mut self) -> Result<Statement, String> {
        if self.word("print") {
            return Ok(Statement::Print(self.values()?));
        }
        if self.word("printf") {
            return Ok(Statement::Printf(self.values()?));
        }
        if self.word("next") {
            return Ok(Statement::Next);
        }
        if self.word("exit") {
            let ends = self.rest.is_empty() || self.rest.starts_with([';', '\n', '}']);
            return Ok(Statement::Exit(if ends { None } else { Some(self.expression()?) }));
        }
        if self.word("if") {
            self.expect("(")?;
            let condition = self.expression()?;
            self.expect(")")?;
            let then = self.branch()?;
            let before = self.rest;
            self.skip_ends();
            let otherwise = if self.word("else") {
                self.branch()?
            } else {
                self.rest = before;
                Vec::new()
            };
            return Ok(Statement::If(condition, then, otherwise));
        }
        self.expression().map(Statement::Expression)
    }

    fn branch(&mut self) -> Result<Vec<Statement>, String> {
        self.skip_blanks();
        if self.rest.starts_with('{') { self.block() } else { Ok(vec![self.deeper(Self::statement)?]) }
    }

    /// What is printed: values with commas between them, perhaps in parentheses.
    fn values(&mut self) -> Result<Vec<Expression>, String> {
        let mut values = Vec::new();
        let before = std::mem::replace(&mut self.no_greater, true);
        while !(self.rest.is_empty() || self.rest.starts_with([';', '\n', '}', '>', '|'])) {
            values.push(self.expression()?);
            if !self.eat(",") {
                break;
            }
        }
        self.no_greater = before;
        match self.rest.chars().next() {
            Some(c @ ('>' | '|')) => {
                Err(format!("this small awk prints to standard output only, not with {c}"))
            }
            _ => Ok(values),
        }
    }

    fn expression(&mut self) -> Result<Expression, String> {
        self.deeper(|parser| {
            let condition = parser.or()?;
            if !parser.eat("?") {
                return Ok(condition);
            }
            let yes = parser.expression()?;
            parser.expect(":")?;
            let no = parser.expression()?;
            Ok(Expression::Choice(Box::new(condition), Box::new(yes), Box::new(no)))
        })
    }

    fn or(&mut self) -> Result<Expression, String> {
        let mut left = self.and()?;
        while self.eat("||") {
            self.count_operator()?;
            left = Expression::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expression, String> {
        let mut left = self.matching()?;
        while self.eat("&&") {
            self.count_operator()?;
            left = Expression::And(Box::new(left), Box::new(self.matching()?));
        }
        Ok(left)
    }

    fn matching(&mut self) -> Result<Expression, String> {
        let mut left = self.comparison()?;
        loop {
            let negated = self.eat("!~");
            if !negated && !self.eat("~") {
                return Ok(left);
            }
            self.count_operator()?;
            left = Expression::Matches(Box::new(left), Box::new(self.comparison()?), negated);
        }
    }

    fn comparison(&mut self) -> Result<Expression, String> {
        let left = self.joined()?;
        for sign in ["==", "!=", "<=", ">=", "<", ">"] {
            if sign.starts_with('>') && self.no_greater || !self.eat(sign) {
                continue;
            }
            let right = self.joined()?;
            return Ok(Expression::Compare(sign.to_owned(), Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    fn joined(&mut self) -> Result<Expression, String> {
        let mut left = self.sum()?;
        loop {
            self.skip_blanks();
            let begins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '$' | '"' | '(' | '_' | '.');
            if !self.rest.starts_with(begins) {
                return Ok(left);
            }
            self.count_operator()?;
            left = Expression::Join(Box::new(left), Box::new(self.sum()?));
        }
    }

    fn sum(&mut self) -> Result<Expression, String> {
        let mut left = self.product()?;
        while let Some(sign) = self.sign(&['+', '-']) {
            self.count_operator()?;
            left = Expression::Calculate(sign, Box::new(left), Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut left = self.unary()?;
        while let Some(sign) = self.sign(&['*', '/', '%']) {
            self.count_operator()?;
            left = Expression::Calculate(sign, Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    /// One of these signs, if it is not part of a longer one.
    fn sign(&mut self, signs: &[char]) -> Option<char> {
        self.skip_blanks();
        let mut chars = self.rest.chars();
        let sign = chars.next().filter(|c| signs.contains(c))?;
        if chars.next().is_some_and(|next| next == '=' || next == sign) {
            return None;
        }
        self.rest = self.rest[sign.len_utf8()..].trim_start_matches([' ', '\t']);
        Some(sign)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        self.skip_blanks();
        for (sign, by) in [("++", 1.0), ("--", -1.0)] {
            if self.eat(sign) {
                return match self.name() {
                    Some(name) => Ok(Expression::Increment(name, by, true)),
                    None => Err(self.unexpected()),
                };
            }
        }
        if !self.rest.starts_with("!~") && self.eat("!") {
            return Ok(Expression::Not(Box::new(self.deeper(Self::unary)?)));
        }
        if self.eat("-") {
            return Ok(Expression::Negative(Box::new(self.deeper(Self::unary)?)));
        }
        self.primary()
    }

    fn name(&mut self) -> Option<String> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.rest = &self.rest[end..];
        Some(name.to_owned())
    }

    fn primary(&mut self) -> Result<Expression, String> {
        match self.rest.chars().next() {
            Some('$') => {
                self.rest = &self.rest[1..];
                let index = self.deeper(Self::primary)?;
                Ok(Expression::Field(Box::new(index)))
            }
            Some('(') => {
                self.eat("(");
                let before = std::mem::replace(&mut self.no_greater, false);
                let inner = self.expression()?;
                self.no_greater = before;
                self.expect(")")?;
                Ok(inner)
            }
            Some('"') => self.text('"').map(|text| Expression::Text(unescaped(&text))),
            Some('/') => {
                let pattern = self.text('/')?.replace("\\/", "/");
                self.count_operator()?;
                build(&classes(&pattern), false).map(Expression::Pattern)
            }
            Some(c) if c.is_ascii_digit() || c == '.' => {
                let end =
                    self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
                let number = self.rest[..end].parse().map_err(|_| self.unexpected())?;
                self.rest = &self.rest[end..];
                Ok(Expression::Number(number))
            }
            _ => self.named(),
        }
    }

    fn named(&mut self) -> Result<Expression, String> {
        let Some(name) = self.name() else {
            return Err(self.unexpected());
        };
        if MISSING.contains(&name.as_str()) {
            return Err(format!("`{name}' is not part of this small awk"));
        }
        if FUNCTIONS.contains(&name.as_str()) {
            let mut arguments = Vec::new();
            if self.eat("(") {
                while !self.eat(")") {
                    arguments.push(self.expression()?);
                    if !self.eat(",") && !self.rest.starts_with(')') {
                        return Err(self.unexpected());
                    }
                }
            }
            return Ok(Expression::Call(name, arguments));
        }
        if self.rest.starts_with(['(', '[']) {
            return Err(format!("`{name}{}' is not part of this small awk", &self.rest[..1]));
        }
        for (sign, by) in [("++", 1.0), ("--", -1.0)] {
            if self.eat(sign) {
                return Ok(Expression::Increment(name, by, false));
            }
        }
        for sign in ["+=", "-=", "*=", "/=", "%="] {
            if self.eat(sign) {
                let value = Box::new(self.expression()?);
                return Ok(Expression::Assign(name, sign.chars().next(), value));
            }
        }
        self.skip_blanks();
        if !self.rest.starts_with("==") && self.eat("=") {
            return Ok(Expression::Assign(name, None, Box::new(self.expression()?)));
        }
        Ok(Expression::Variable(name))
    }

    /// What stands between two of the same sign.
    fn text(&mut self, sign: char) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.rest[1..].chars();
        loop {
            match chars.next() {
                None => return Err("unexpected end of the program".to_owned()),
                Some('\\') => {
                    text.push('\\');
                    text.extend(chars.next());
                }
                Some(c) if c == sign => break,
                Some(c) => text.push(c),
            }
        }
        self.rest = chars.as_str();
        Ok(text)
    }
}
