//! The tree of a template.
//!
//! Models text/template/parse/parse.go, with its messages.

use super::functions;
use super::lex::{Kind, Token, lex, line_of};

/// How deep blocks and parentheses may nest.
pub(super) const MAX_DEPTH: usize = 50;

/// A node of the tree.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Text as it is.
    Text(String),
    /// `{{pipeline}}`.
    Action(Pipe),
    /// `{{if}}`, `{{with}}`, `{{range}}`.
    Block { word: Word, pipe: Pipe, body: Vec<Node>, otherwise: Vec<Node> },
    /// `{{break}}`.
    Break,
    /// `{{continue}}`.
    Continue,
}

/// The kind of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Word {
    If,
    With,
    Range,
}

/// Commands, each taking the result of the one before it as its last argument.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pipe {
    /// The variables that are set.
    pub variables: Vec<String>,
    /// Whether they were there before.
    pub assign: bool,
    /// The commands.
    pub commands: Vec<Command>,
}

/// A function with its arguments, or one operand.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Command {
    /// What it consists of.
    pub operands: Vec<Operand>,
    /// Its line, and its column from 0.
    pub place: (usize, usize),
    /// Its text, for messages.
    pub text: String,
}

/// An operand.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Dot,
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Quoted(String),
    Function(String),
    Fields(Vec<String>),
    Variable(String, Vec<String>),
    Pipe(Box<Pipe>, Vec<String>),
}

// Where a mistake is, and Go's message.
type Failed = (usize, String);
// Where nodes ended, and at which word: `end` or `else`.
type Ended = (usize, &'static str);

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    variables: Vec<String>,
    ranges: usize,
}

/// Reads a template; or the line and Go's message.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, Failed> {
    let on_line = |(at, message): Failed| (line_of(text, at), message);
    let tokens = lex(text).map_err(on_line)?;
    let mut parser = Parser { text, tokens, at: 0, variables: vec![String::new()], ranges: 0 };
    let (nodes, ended) = parser.nodes(0).map_err(on_line)?;
    match ended {
        None => Ok(nodes),
        Some((at, word)) => Err(on_line((at, format!("unexpected {{{{{word}}}}}")))),
    }
}

impl Parser<'_> {
    fn next(&mut self) -> Result<Token, Failed> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| (self.text.len(), "unexpected EOF".to_owned()))
    }

    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn expect_close(&mut self, place: &str) -> Result<(), Failed> {
        let token = self.next()?;
        match token.kind {
            Kind::Close => Ok(()),
            other => Err((token.at, format!("unexpected {} in {place}", describe(&other)))),
        }
    }

    // Nodes up to the end of the text, or up to `end` or `else`, which is returned and consumed.
    fn nodes(&mut self, depth: usize) -> Result<(Vec<Node>, Option<Ended>), Failed> {
        if depth > MAX_DEPTH {
            return Err((self.text.len(), format!("blocks nest more than {MAX_DEPTH} deep")));
        }
        let mut nodes = Vec::new();
        while self.at < self.tokens.len() {
            let token = self.next()?;
            if let Kind::Text(text) = token.kind {
                nodes.push(Node::Text(text));
                continue;
            }
            let word = match self.peek() {
                Some(Kind::Word(word)) => word.clone(),
                _ => String::new(),
            };
            let block = match word.as_str() {
                "if" => Some(Word::If),
                "with" => Some(Word::With),
                "range" => Some(Word::Range),
                _ => None,
            };
            if let Some(block) = block {
                self.at += 1;
                nodes.push(self.block(block, depth)?);
                continue;
            }
            match word.as_str() {
                "end" => {
                    self.at += 1;
                    self.expect_close("end")?;
                    return Ok((nodes, Some((token.at, "end"))));
                }
                "else" => {
                    self.at += 1;
                    return Ok((nodes, Some((token.at, "else"))));
                }
                "break" | "continue" => {
                    self.at += 1;
                    if self.ranges == 0 {
                        return Err((token.at, format!("{{{{{word}}}}} outside {{{{range}}}}")));
                    }
                    self.expect_close(&word)?;
                    nodes.push(if word == "break" { Node::Break } else { Node::Continue });
                }
                "define" | "block" | "template" => {
                    return Err((
                        token.at,
                        format!("{{{{{word}}}}} is not simulated; write the text in place"),
                    ));
                }
                _ => {
                    let pipe = self.pipe("command", depth)?;
                    self.expect_close("command")?;
                    nodes.push(Node::Action(pipe));
                }
            }
        }
        Ok((nodes, None))
    }

    fn block(&mut self, word: Word, depth: usize) -> Result<Node, Failed> {
        let name = match word {
            Word::If => "if",
            Word::With => "with",
            Word::Range => "range",
        };
        let known = self.variables.len();
        let pipe = self.pipe(name, depth)?;
        self.expect_close(name)?;
        self.ranges += usize::from(word == Word::Range);
        let (body, ended) = self.nodes(depth + 1)?;
        self.ranges -= usize::from(word == Word::Range);
        let mut otherwise = Vec::new();
        match ended {
            None => return Err((self.text.len(), "unexpected EOF".to_owned())),
            Some((_, "else")) => {
                let chained = match self.peek() {
                    Some(Kind::Word(next)) if next == "if" && word == Word::If => Some(Word::If),
                    Some(Kind::Word(next)) if next == "with" && word == Word::With => Some(Word::With),
                    _ => None,
                };
                if let Some(chained) = chained {
                    self.at += 1;
                    otherwise.push(self.block(chained, depth + 1)?);
                } else {
                    self.expect_close("else")?;
                    let (nodes, ended) = self.nodes(depth + 1)?;
                    match ended {
                        Some((_, "end")) => otherwise = nodes,
                        Some((at, _)) => return Err((at, "unexpected {{else}}".to_owned())),
                        None => return Err((self.text.len(), "unexpected EOF".to_owned())),
                    }
                }
            }
            Some(_) => {}
        }
        self.variables.truncate(known);
        Ok(Node::Block { word, pipe, body, otherwise })
    }

    fn pipe(&mut self, context: &str, depth: usize) -> Result<Pipe, Failed> {
        if depth > MAX_DEPTH {
            return Err((self.text.len(), format!("parentheses nest more than {MAX_DEPTH} deep")));
        }
        let (variables, assign) = self.declarations(context)?;
        let mut commands = Vec::new();
        loop {
            let start = self.tokens.get(self.at).map_or(self.text.len(), |token| token.at);
            let operands = self.operands(depth)?;
            let end = self.tokens.get(self.at).map_or(self.text.len(), |token| token.at);
            if operands.is_empty() {
                let message = if commands.is_empty() {
                    format!("missing value for {context}")
                } else {
                    "missing value for command".to_owned()
                };
                return Err((start, message));
            }
            let line_start = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
            let text = self.text[start..end].trim().to_owned();
            // A chain of fields is where its second part is (`operand`, newChain).
            let chain = text.split(char::is_whitespace).next().unwrap_or_default();
            let second =
                chain.get(1..).filter(|_| chain.starts_with(['.', '$'])).and_then(|rest| rest.find('.'));
            let place = (line_of(self.text, start), start - line_start + second.map_or(0, |at| at + 1));
            commands.push(Command { operands, place, text });
            if self.peek() == Some(&Kind::Sign("|")) {
                self.at += 1;
            } else {
                break;
            }
        }
        // They can be used from here on.
        if !assign {
            self.variables.extend(variables.iter().cloned());
        }
        Ok(Pipe { variables, assign, commands })
    }

    // `$x :=`, `$i, $x :=`, `$x =`.
    fn declarations(&mut self, context: &str) -> Result<(Vec<String>, bool), Failed> {
        let mut names = Vec::new();
        let mut ahead = self.at;
        while let Some(Kind::Variable(name)) = self.tokens.get(ahead).map(|token| &token.kind) {
            names.push(name.clone());
            ahead += 1;
            match self.tokens.get(ahead).map(|token| &token.kind) {
                Some(Kind::Sign(",")) if context == "range" && names.len() < 2 => ahead += 1,
                Some(Kind::Sign(sign @ (":=" | "="))) => {
                    let assign = *sign == "=";
                    let at = self.tokens[ahead].at;
                    self.at = ahead + 1;
                    if let Some(unknown) = names.iter().find(|name| assign && !self.variables.contains(name))
                    {
                        return Err((at, format!("undefined variable \"${unknown}\"")));
                    }
                    return Ok((names, assign));
                }
                _ => break,
            }
        }
        Ok((Vec::new(), false))
    }

    fn operands(&mut self, depth: usize) -> Result<Vec<Operand>, Failed> {
        let mut operands = Vec::new();
        loop {
            let Some(token) = self.tokens.get(self.at).cloned() else {
                return Err((self.text.len(), "unclosed action".to_owned()));
            };
            let mut operand = match token.kind {
                Kind::Close | Kind::Sign("|" | ")") => return Ok(operands),
                Kind::Dot => Operand::Dot,
                Kind::Field(name) => Operand::Fields(vec![name]),
                Kind::Variable(name) => {
                    if !self.variables.contains(&name) {
                        return Err((token.at, format!("undefined variable \"${name}\"")));
                    }
                    Operand::Variable(name, Vec::new())
                }
                Kind::Word(word) => match word.as_str() {
                    "true" | "false" => Operand::Bool(word == "true"),
                    "nil" => Operand::Nil,
                    name if functions::is_known(name) => Operand::Function(word),
                    _ => return Err((token.at, format!("function \"{word}\" not defined"))),
                },
                Kind::Quoted(text) => Operand::Quoted(text),
                Kind::Int(int) => Operand::Int(int),
                Kind::Float(float) => Operand::Float(float),
                Kind::Sign("(") => {
                    self.at += 1;
                    let pipe = self.pipe("parenthesized pipeline", depth + 1)?;
                    if self.peek() != Some(&Kind::Sign(")")) {
                        return Err((token.at, "unclosed left paren".to_owned()));
                    }
                    Operand::Pipe(Box::new(pipe), Vec::new())
                }
                other => return Err((token.at, format!("unexpected {} in operand", describe(&other)))),
            };
            self.at += 1;
            // The fields that follow without white space belong to it.
            while let Some(Token { kind: Kind::Field(name), spaced: false, .. }) = self.tokens.get(self.at) {
                match &mut operand {
                    Operand::Fields(names) | Operand::Variable(_, names) | Operand::Pipe(_, names) => {
                        names.push(name.clone());
                    }
                    _ => break,
                }
                self.at += 1;
            }
            operands.push(operand);
        }
    }
}

fn describe(kind: &Kind) -> String {
    match kind {
        Kind::Text(text) | Kind::Quoted(text) => crate::go_value::quote(text),
        Kind::Open => "\"{{\"".to_owned(),
        Kind::Close => "\"}}\"".to_owned(),
        Kind::Dot => "<.>".to_owned(),
        Kind::Field(name) => format!("<.{name}>"),
        Kind::Variable(name) => format!("\"${name}\""),
        Kind::Word(word) => format!("<{word}>"),
        Kind::Int(int) => format!("\"{int}\""),
        Kind::Float(float) => format!("\"{float}\""),
        Kind::Sign(sign) => format!("\"{sign}\""),
    }
}
