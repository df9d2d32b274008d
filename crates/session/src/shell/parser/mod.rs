//! Tokens to a program: a flat list of instructions for the interpreter's stack machine.
//!
//! Follows POSIX' Shell Command Language, 2.10 (grammar): lists, `&&` and `||`, pipelines, simple commands, assignments,
//! redirections, and the compound commands ([`compound`]). A flat program with relative jumps can be stopped and cloned between any two instructions,
//! which a walk over a tree could not.
//! Invariants: what the program opens (word lists, captures, pipes, files, inputs, loops, subshells) it closes, properly
//! nested; it stays below [`PROGRAM_LIMIT`], however often braces repeat what they stand beside.

mod compound;

use super::braces;
use super::glob;
use super::lexer::{self, DEPTH_LIMIT, Modifier, Part, SyntaxError, Token, Word};

/// Largest program, in bytes: the text of its words, and [`TOKEN_COST`] for each of them and for each token.
const PROGRAM_LIMIT: usize = 4 << 20;
const TOKEN_COST: usize = 32;

/// An instruction.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A new list of words begins.
    Words,
    /// Text is added to the open word.
    Text(String),
    /// A variable's value is added to the open word, split at blanks or whole.
    Variable {
        /// The variable.
        name: String,
        /// Whether it is split.
        split: bool,
    },
    /// The list's word is put into the operator of `${name…}`, and what comes of it is added to the open word.
    Modify {
        /// The variable.
        name: String,
        /// The operator.
        modifier: Modifier,
        /// Whether the value is split.
        split: bool,
    },
    /// The value of the list's word, an arithmetic expression, is added to the open word.
    Calculate,
    /// The names of the files that fit a pattern become words; if there are none, the pattern does.
    Glob {
        /// The pattern, in which a backslash takes the meaning of what follows.
        pattern: String,
        /// The word as it is.
        literal: String,
    },
    /// Standard output is captured from here on.
    Capture,
    /// What was captured, without final newlines, is added to the open word.
    EndCapture {
        /// Whether it is split.
        split: bool,
    },
    /// The open word ends.
    Word,
    /// The list's word becomes the value of this variable.
    Assign(String),
    /// A subshell begins: variables that are set in it are forgotten at its end, and `exit` ends only it.
    Subshell {
        /// How many instructions it has.
        length: usize,
    },
    /// The innermost subshell ends.
    EndSubshell,
    /// What is assigned from here on holds for one command.
    Scope,
    /// The variables are what they were before.
    EndScope,
    /// The list is run as a command.
    Run,
    /// The list is the right side of a pipe: standard output goes there from here on.
    Pipe,
    /// The left side of a pipe is done.
    EndPipe,
    /// Standard output goes from here on to the file that the list names.
    Write {
        /// Whether it is added to what the file holds.
        append: bool,
    },
    /// The file is complete.
    EndWrite,
    /// Standard output goes from here on where standard error goes.
    ToErrors,
    /// Standard output goes where it went before.
    EndToErrors,
    /// Standard error goes from here on where standard output goes.
    MergeErrors,
    /// Standard error is thrown away from here on.
    DropErrors,
    /// Standard error goes where it went before.
    EndErrors,
    /// The list's word is standard input from here on.
    Input,
    /// The file that the list names is standard input from here on.
    InputFile,
    /// What was captured is standard input from here on.
    Gathered,
    /// Standard input is what it was before.
    EndInput,
    /// A loop over the list begins; it ends so many instructions further on.
    Each {
        /// The loop's variable.
        variable: String,
        /// How many instructions the loop has.
        length: usize,
    },
    /// The loop's variable takes its next value; if there is none, the loop ends.
    Next,
    /// A loop begins that goes on while its condition has a status.
    While {
        /// How many instructions the loop has.
        length: usize,
    },
    /// If the last command failed (or, for `until`, succeeded), the loop ends.
    Test {
        /// Whether it is `until`.
        until: bool,
    },
    /// The loop goes on from its beginning.
    Again,
    /// If the last command failed, so many instructions are skipped (`&&`).
    SkipIfFailed(usize),
    /// If the last command succeeded, so many instructions are skipped (`||`).
    SkipIfSucceeded(usize),
    /// So many instructions are skipped.
    Jump(usize),
    /// Success becomes failure, and failure success.
    Negate,
    /// The status becomes 0.
    Succeed,
}

/// The program of a script.
///
/// # Errors
/// The first error of syntax, or the first thing that is not part of this shell.
pub fn parse(text: &str) -> Result<Vec<Op>, SyntaxError> {
    program(lexer::tokens(text)?, 0, &mut 0)
}

/// The program that runs one command, its words as they are.
pub fn command(words: Vec<String>) -> Vec<Op> {
    let words = words.into_iter().flat_map(|word| [Op::Text(word), Op::Word]);
    [Op::Words].into_iter().chain(words).chain([Op::Run]).collect()
}

/// The instructions in a subshell.
fn subshell(ops: Vec<Op>) -> impl Iterator<Item = Op> {
    [Op::Subshell { length: ops.len() }].into_iter().chain(ops).chain([Op::EndSubshell])
}

fn program(tokens: Vec<Token>, depth: usize, size: &mut usize) -> Result<Vec<Op>, SyntaxError> {
    let cost = tokens.len() * TOKEN_COST;
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), depth, size };
    parser.grow(cost)?;
    let ops = parser.list()?;
    match parser.tokens.next() {
        None => Ok(ops),
        Some(token) => Err(unexpected(Some(&token))),
    }
}

struct Parser<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
    /// How large the whole program is by now.
    size: &'a mut usize,
}

/// One part of a pipeline.
struct Stage {
    redirections: Vec<Redirection>,
    body: Body,
}

enum Body {
    /// Instructions that make the list of words of a simple command.
    Words(Vec<Op>),
    /// Instructions that run by themselves.
    Whole(Vec<Op>),
}

struct Redirection {
    open: Vec<Op>,
    close: Vec<Op>,
}

impl Stage {
    /// The instructions of a stage that stands alone, or first.
    fn whole(self) -> Vec<Op> {
        let mut ops: Vec<Op> = self.redirections.iter().flat_map(|r| r.open.iter().cloned()).collect();
        match self.body {
            Body::Words(words) => {
                ops.extend(words);
                ops.push(Op::Run);
            }
            Body::Whole(body) => ops.extend(body),
        }
        ops.extend(self.redirections.into_iter().rev().flat_map(|r| r.close));
        ops
    }

    /// The stage behind a pipe: only a simple command that writes to files at most can take text as it comes.
    fn reading(self) -> Stage {
        let writes = |r: &Redirection| r.close == [Op::EndWrite];
        match self.body {
            Body::Words(mut words) if !self.redirections.iter().all(writes) => {
                words.push(Op::Run);
                Stage { body: Body::Whole(words), ..self }
            }
            body => Stage { body, ..self },
        }
    }
}

impl Parser<'_> {
    /// Counts what has come to the program.
    fn grow(&mut self, bytes: usize) -> Result<(), SyntaxError> {
        *self.size += bytes;
        if *self.size > PROGRAM_LIMIT {
            return Err(SyntaxError::Unsupported(format!(
                "a line that becomes a program of more than {} MiB; this shell takes no larger ones",
                PROGRAM_LIMIT >> 20
            )));
        }
        Ok(())
    }

    /// Commands up to the end, or up to a keyword that closes something.
    fn list(&mut self) -> Result<Vec<Op>, SyntaxError> {
        let mut ops = Vec::new();
        loop {
            while self.tokens.next_if_eq(&Token::Newline).is_some() {}
            if self.tokens.peek().is_none() || self.at_end_of_body() {
                return Ok(ops);
            }
            ops.extend(self.and_or()?);
            match self.tokens.peek() {
                Some(Token::Operator(operator)) if operator == ";" => {
                    self.tokens.next();
                }
                Some(Token::Operator(operator)) if operator == "&" => {
                    return Err(SyntaxError::Unsupported(
                        "this shell runs nothing in the background, &".to_owned(),
                    ));
                }
                Some(Token::Newline) | None => {}
                Some(Token::Operator(operator)) if operator == ")" && self.depth > 0 => {}
                other => return Err(unexpected(other)),
            }
        }
    }

    fn at_keyword(&mut self, keyword: &str) -> bool {
        matches!(self.tokens.peek(), Some(Token::Word(word)) if word.plain() == Some(keyword))
    }

    fn next_operator(&mut self, among: &[&str]) -> Option<String> {
        let token =
            self.tokens.next_if(|t| matches!(t, Token::Operator(o) if among.contains(&o.as_str())))?;
        // After `&&`, `||` and `|` the command may go on in the next line.
        while self.tokens.next_if_eq(&Token::Newline).is_some() {}
        match token {
            Token::Operator(operator) => Some(operator),
            _ => None,
        }
    }

    fn and_or(&mut self) -> Result<Vec<Op>, SyntaxError> {
        let mut ops = self.pipeline()?;
        while let Some(operator) = self.next_operator(&["&&", "||"]) {
            let right = self.pipeline()?;
            let skip = if operator == "&&" { Op::SkipIfFailed } else { Op::SkipIfSucceeded };
            ops.push(skip(right.len()));
            ops.extend(right);
        }
        Ok(ops)
    }

    fn pipeline(&mut self) -> Result<Vec<Op>, SyntaxError> {
        let negated = self.at_keyword("!");
        if negated {
            self.tokens.next();
        }
        let first = self.stage()?;
        let mut rest = Vec::new();
        while self.next_operator(&["|"]).is_some() {
            rest.push(self.stage()?.reading());
        }
        let mut ops = Vec::new();
        if rest.is_empty() {
            ops.extend(first.whole());
            ops.extend(negated.then_some(Op::Negate));
            return Ok(ops);
        }
        // What stands right is opened first: it lies further down on the way of the output.
        for stage in rest.iter().rev() {
            match &stage.body {
                Body::Words(words) => {
                    ops.extend(stage.redirections.iter().flat_map(|r| r.open.iter().cloned()));
                    ops.extend(words.iter().cloned());
                    ops.push(Op::Pipe);
                }
                Body::Whole(_) => ops.push(Op::Capture),
            }
        }
        ops.extend(subshell(first.whole()));
        for stage in rest {
            match stage.body {
                Body::Words(_) => {
                    ops.extend(subshell(vec![Op::EndPipe]));
                    ops.extend(stage.redirections.into_iter().rev().flat_map(|r| r.close));
                }
                Body::Whole(_) => {
                    ops.push(Op::Gathered);
                    ops.extend(subshell(stage.whole()));
                    ops.push(Op::EndInput);
                }
            }
        }
        ops.extend(negated.then_some(Op::Negate));
        Ok(ops)
    }

    fn stage(&mut self) -> Result<Stage, SyntaxError> {
        let keyword = match self.tokens.peek() {
            Some(Token::Word(word)) => word.plain().unwrap_or_default().to_owned(),
            Some(Token::HereDocument(_)) => String::new(),
            Some(Token::Operator(operator)) if is_redirection(operator) => String::new(),
            Some(Token::Operator(operator)) if operator == "(" => "(".to_owned(),
            other => return Err(unexpected(other)),
        };
        match keyword.as_str() {
            "for" | "while" | "until" | "if" | "{" | "(" => self.compound(&keyword),
            "in" | "do" | "done" | "then" | "else" | "elif" | "fi" | "esac" | "}" => {
                Err(SyntaxError::unexpected(&keyword))
            }
            "case" | "select" | "function" | "[[" | "time" => {
                let message = format!("this small shell has no `{keyword}`; `help` lists what it has");
                Err(SyntaxError::Unsupported(message))
            }
            _ => self.simple(),
        }
    }

    fn simple(&mut self) -> Result<Stage, SyntaxError> {
        let mut assignments = Vec::new();
        let mut words = Vec::new();
        let mut redirections = Vec::new();
        while let Some(token) = self.tokens.next_if(|token| match token {
            Token::Word(_) | Token::HereDocument(_) => true,
            Token::Operator(operator) => is_redirection(operator),
            Token::Newline => false,
        }) {
            match token {
                Token::Word(word) => match assignment(&word) {
                    Some((name, value)) if words.is_empty() => {
                        assignments.push(Op::Words);
                        self.word(value, false, &mut assignments)?;
                        assignments.push(Op::Assign(name));
                    }
                    _ => words.extend(braces::expand(word)),
                },
                other => redirections.push(self.redirection(other)?),
            }
        }
        if matches!(self.tokens.peek(), Some(Token::Operator(operator)) if operator == "(")
            && words.len() == 1
        {
            return Err(SyntaxError::Unsupported("this small shell has no functions".to_owned()));
        }
        if words.is_empty() {
            assignments.insert(0, Op::Succeed);
            return Ok(Stage { redirections, body: Body::Whole(assignments) });
        }
        let mut ops = vec![Op::Words];
        for word in words {
            self.word(word, true, &mut ops)?;
        }
        if assignments.is_empty() {
            return Ok(Stage { redirections, body: Body::Words(ops) });
        }
        // The words are expanded before the variables are set.
        ops.push(Op::Scope);
        ops.extend(assignments);
        ops.extend([Op::Run, Op::EndScope]);
        Ok(Stage { redirections, body: Body::Whole(ops) })
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), SyntaxError> {
        if self.at_keyword(keyword) {
            self.tokens.next();
            Ok(())
        } else {
            Err(unexpected(self.tokens.peek()))
        }
    }

    fn redirection(&mut self, token: Token) -> Result<Redirection, SyntaxError> {
        let operator = match token {
            Token::HereDocument(body) => return self.input(body, Op::Input),
            Token::Operator(operator) => operator,
            _ => return Err(unexpected(Some(&token))),
        };
        let target = match self.tokens.next() {
            Some(Token::Word(word)) => word,
            other => return Err(unexpected(other.as_ref())),
        };
        match (operator.as_str(), target.plain()) {
            (">" | "1>" | ">>" | "1>>", _) => {
                let mut open = vec![Op::Words];
                self.word(target, true, &mut open)?;
                open.push(Op::Write { append: operator.ends_with(">>") });
                Ok(Redirection { open, close: vec![Op::EndWrite] })
            }
            ("&>" | "&>>", _) => {
                let mut open = vec![Op::Words];
                self.word(target, true, &mut open)?;
                open.extend([Op::Write { append: operator == "&>>" }, Op::MergeErrors]);
                Ok(Redirection { open, close: vec![Op::EndErrors, Op::EndWrite] })
            }
            ("<" | "0<", _) => self.input(target, Op::InputFile),
            ("<<<", _) => {
                let mut text = target;
                text.parts.push(Part::Text { text: "\n".to_owned(), quoted: true });
                self.input(text, Op::Input)
            }
            ("2>&", Some("1")) => Ok(Redirection { open: vec![Op::MergeErrors], close: vec![Op::EndErrors] }),
            (">&" | "1>&", Some("2")) => {
                Ok(Redirection { open: vec![Op::ToErrors], close: vec![Op::EndToErrors] })
            }
            ("2>" | "2>>", Some("/dev/null")) => {
                Ok(Redirection { open: vec![Op::DropErrors], close: vec![Op::EndErrors] })
            }
            _ => Err(SyntaxError::Unsupported(format!(
                "this shell does not redirect with {operator} {}; it has > FILE, >> FILE, &> FILE, < FILE, <<EOF, <<<, >&2, 2>&1 and 2>/dev/null",
                target.source
            ))),
        }
    }

    fn input(&mut self, word: Word, op: Op) -> Result<Redirection, SyntaxError> {
        let mut open = vec![Op::Words];
        self.word(word, false, &mut open)?;
        open.push(op);
        Ok(Redirection { open, close: vec![Op::EndInput] })
    }

    /// The instructions that expand one word; without `split` it stays one word.
    fn word(&mut self, word: Word, split: bool, ops: &mut Vec<Op>) -> Result<(), SyntaxError> {
        self.grow(TOKEN_COST)?;
        if let Some((pattern, literal)) = glob::pattern(&word).filter(|_| split) {
            self.grow(pattern.len())?;
            ops.push(Op::Glob { pattern, literal });
            return Ok(());
        }
        for part in word.parts {
            self.grow(TOKEN_COST)?;
            match part {
                Part::Text { text, .. } => {
                    self.grow(text.len())?;
                    ops.push(Op::Text(text));
                }
                Part::Variable { name, quoted } => ops.push(Op::Variable { name, split: split && !quoted }),
                Part::Modified { name, modifier, operand, quoted } => {
                    ops.push(Op::Words);
                    self.word(*operand, false, ops)?;
                    ops.push(Op::Modify { name, modifier, split: split && !quoted });
                }
                Part::Arithmetic { expression, .. } => {
                    ops.push(Op::Words);
                    self.word(*expression, false, ops)?;
                    ops.push(Op::Calculate);
                }
                Part::Command { tokens, quoted, .. } => {
                    if self.depth == DEPTH_LIMIT {
                        return Err(SyntaxError::too_deep());
                    }
                    ops.push(Op::Capture);
                    ops.extend(subshell(program(tokens, self.depth + 1, self.size)?));
                    ops.push(Op::EndCapture { split: split && !quoted });
                }
            }
        }
        ops.push(Op::Word);
        Ok(())
    }
}

fn unexpected(token: Option<&Token>) -> SyntaxError {
    match token {
        None => SyntaxError::end_of_file(),
        Some(Token::Newline) => SyntaxError::unexpected("newline"),
        Some(Token::Word(word)) => SyntaxError::unexpected(&word.source),
        Some(Token::Operator(operator)) => SyntaxError::unexpected(operator),
        Some(Token::HereDocument(_)) => SyntaxError::unexpected("<<"),
    }
}

fn is_redirection(operator: &str) -> bool {
    operator.contains(['<', '>'])
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `NAME=value` taken apart.
fn assignment(word: &Word) -> Option<(String, Word)> {
    let Part::Text { text, quoted: false } = word.parts.first()? else { return None };
    let (name, value) = text.split_once('=')?;
    if !is_name(name) {
        return None;
    }
    let mut parts = word.parts.clone();
    parts[0] = Part::Text { text: value.to_owned(), quoted: true };
    Some((name.to_owned(), Word { parts, ..Word::default() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_line_says_so_as_bash_does() {
        let cases = [
            ("for p in 1; echo; done", "bash: syntax error near unexpected token `echo'"),
            ("done", "bash: syntax error near unexpected token `done'"),
            ("for p in 1; do done", "bash: syntax error near unexpected token `done'"),
            ("for p in 1; do echo", "bash: syntax error: unexpected end of file"),
            ("for 1x in 1; do echo; done", "bash: `1x': not a valid identifier"),
            ("; echo", "bash: syntax error near unexpected token `;'"),
            ("echo ;; echo", "bash: syntax error near unexpected token `;;'"),
            ("a && && b", "bash: syntax error near unexpected token `&&'"),
            ("echo )", "bash: syntax error near unexpected token `)'"),
            ("echo >", "bash: syntax error: unexpected end of file"),
            ("echo >\n", "bash: syntax error near unexpected token `newline'"),
            ("echo 'a", "bash: unexpected EOF while looking for matching `''"),
            ("echo \"a", "bash: unexpected EOF while looking for matching `\"'"),
            ("echo $(seq 1", "bash: unexpected EOF while looking for matching `)'"),
            ("echo `seq 1", "bash: unexpected EOF while looking for matching ``'"),
            ("while true; done", "bash: syntax error near unexpected token `done'"),
            ("if true; then fi", "bash: syntax error near unexpected token `fi'"),
            ("if true; then echo", "bash: syntax error: unexpected end of file"),
            ("{ echo", "bash: syntax error: unexpected end of file"),
            ("( )", "bash: syntax error near unexpected token `)'"),
            ("f() { echo; }", "this small shell has no functions"),
            ("case x in esac", "this small shell has no `case`; `help` lists what it has"),
            ("sleep 5 &", "this shell runs nothing in the background, &"),
            ("echo $((1", "bash: unexpected EOF while looking for matching `)'"),
            ("echo ${a:-b", "bash: unexpected EOF while looking for matching `}'"),
            ("echo ${a^^}", "of ${…} this shell knows ${name}, ${#name} and the operators :- :+ # ## % %%"),
        ];
        for (line, message) in cases {
            assert_eq!(parse(line).expect_err(line).to_string(), message, "{line}");
        }
    }

    #[test]
    fn programs_are_bounded() {
        let nested = (0..8).fold("x".to_owned(), |inner, _| format!("echo {{1..1000}}$({inner})"));
        for line in
            [nested.clone(), format!("for i in {{1..1000}}$({nested}); do x; done"), "a;".repeat(100_000)]
        {
            let message = parse(&line).expect_err(&line).to_string();
            assert!(message.contains("a program of more than 4 MiB"), "{message}");
        }
        // Many branches take no longer than one after the other.
        let branches = "elif a; then b; ".repeat(10_000);
        assert_eq!(parse(&format!("if a; then b; {branches}fi")).expect("it is a program").len(), 100_011);
    }

    #[test]
    fn nesting_is_bounded() {
        let line = format!("{}{}", "echo $(".repeat(5000), ")".repeat(5000));
        assert_eq!(parse(&line), Err(SyntaxError::too_deep()));
        for (open, close) in [
            ("for p in 1; do ", "; done"),
            ("while true; do ", "; done"),
            ("if true; then ", "; fi"),
            ("{ ", "; }"),
            ("(", ")"),
            ("echo $((", "))"),
            ("echo ${x:-", "}"),
        ] {
            let line = format!("{} echo {}", open.repeat(5000), close.repeat(5000));
            assert_eq!(parse(&line), Err(SyntaxError::too_deep()), "{open}");
        }
    }
}
