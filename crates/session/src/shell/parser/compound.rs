//! Compound commands: `for`, `while`, `until`, `if`, `{ … }` and `( … )`.
//!
//! Follows POSIX' Shell Command Language, 2.9.4. A subshell keeps its variables to
//! itself, and ends at `exit`; nothing else of it can be seen here.

use super::super::braces;
use super::super::lexer::{DEPTH_LIMIT, SyntaxError, Token};
use super::{Body, Op, Parser, Stage, is_name, is_redirection, subshell, unexpected};

/// The words that end a body.
const ENDS: [&str; 7] = ["do", "done", "then", "elif", "else", "fi", "}"];

impl Parser<'_> {
    pub(super) fn at_end_of_body(&mut self) -> bool {
        let closes = matches!(self.tokens.peek(), Some(Token::Operator(operator)) if operator == ")");
        closes || ENDS.iter().any(|word| self.at_keyword(word))
    }

    /// The command that begins with this word, with its redirections.
    pub(super) fn compound(&mut self, keyword: &str) -> Result<Stage, SyntaxError> {
        if self.depth == DEPTH_LIMIT {
            return Err(SyntaxError::too_deep());
        }
        self.depth += 1;
        self.tokens.next();
        let ops = match keyword {
            "for" => self.for_loop()?,
            "while" | "until" => self.while_loop(keyword == "until")?,
            "if" => self.condition()?,
            "{" => {
                let body = self.body()?;
                self.keyword("}")?;
                body
            }
            _ => self.subshell()?,
        };
        self.depth -= 1;
        let mut redirections = Vec::new();
        while let Some(token) = self.tokens.next_if(|token| match token {
            Token::HereDocument(_) => true,
            Token::Operator(operator) => is_redirection(operator),
            _ => false,
        }) {
            redirections.push(self.redirection(token)?);
        }
        Ok(Stage { redirections, body: Body::Whole(ops) })
    }

    /// Commands, at least one.
    fn body(&mut self) -> Result<Vec<Op>, SyntaxError> {
        let body = self.list()?;
        if body.is_empty() { Err(unexpected(self.tokens.peek())) } else { Ok(body) }
    }

    fn for_loop(&mut self) -> Result<Vec<Op>, SyntaxError> {
        let variable = match self.tokens.next() {
            Some(Token::Word(word)) => word.source,
            Some(Token::Operator(operator)) if operator == "(" => {
                return Err(SyntaxError::Unsupported(
                    "this shell has no for ((…)); write for i in $(seq 0 4)".to_owned(),
                ));
            }
            other => return Err(unexpected(other.as_ref())),
        };
        if !is_name(&variable) {
            return Err(SyntaxError::Bash(format!("`{variable}': not a valid identifier")));
        }
        let mut ops = vec![Op::Words];
        if self.at_keyword("in") {
            self.tokens.next();
            while let Some(Token::Word(word)) = self.tokens.next_if(|t| matches!(t, Token::Word(_))) {
                for word in braces::expand(word) {
                    self.word(word, true, &mut ops)?;
                }
            }
        }
        self.tokens.next_if(|t| matches!(t, Token::Operator(o) if o == ";"));
        while self.tokens.next_if_eq(&Token::Newline).is_some() {}
        let body = self.do_done()?;
        ops.push(Op::Each { variable, length: body.len() + 2 });
        ops.push(Op::Next);
        ops.extend(body);
        ops.push(Op::Again);
        Ok(ops)
    }

    fn while_loop(&mut self, until: bool) -> Result<Vec<Op>, SyntaxError> {
        let condition = self.body()?;
        let body = self.do_done()?;
        let length = condition.len() + body.len() + 2;
        let mut ops = vec![Op::While { length }];
        ops.extend(condition);
        ops.push(Op::Test { until });
        ops.extend(body);
        ops.push(Op::Again);
        Ok(ops)
    }

    fn do_done(&mut self) -> Result<Vec<Op>, SyntaxError> {
        self.keyword("do")?;
        let body = self.body()?;
        self.keyword("done")?;
        Ok(body)
    }

    /// What stands behind `if` or `elif`, up to `fi`.
    fn condition(&mut self) -> Result<Vec<Op>, SyntaxError> {
        // Each branch, and its condition.
        let mut branches = vec![self.branch()?];
        let otherwise = loop {
            if self.at_keyword("elif") {
                self.tokens.next();
                branches.push(self.branch()?);
            } else if self.at_keyword("else") {
                self.tokens.next();
                break self.body()?;
            } else {
                break vec![Op::Succeed];
            }
        };
        self.keyword("fi")?;
        let lengths = branches.iter().map(|(condition, then)| condition.len() + then.len() + 2);
        let mut left = lengths.sum::<usize>() + otherwise.len();
        let mut ops = Vec::with_capacity(left);
        for (condition, then) in branches {
            left -= condition.len() + then.len() + 2;
            ops.extend(condition);
            ops.push(Op::SkipIfFailed(then.len() + 1));
            ops.extend(then);
            ops.push(Op::Jump(left));
        }
        ops.extend(otherwise);
        Ok(ops)
    }

    fn branch(&mut self) -> Result<(Vec<Op>, Vec<Op>), SyntaxError> {
        let condition = self.body()?;
        self.keyword("then")?;
        Ok((condition, self.body()?))
    }

    fn subshell(&mut self) -> Result<Vec<Op>, SyntaxError> {
        let body = self.body()?;
        match self.tokens.next() {
            Some(Token::Operator(operator)) if operator == ")" => {}
            other => return Err(unexpected(other.as_ref())),
        }
        Ok(subshell(body).collect())
    }
}
