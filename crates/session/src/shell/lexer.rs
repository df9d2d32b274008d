//! Characters to tokens: words with their quoting, operators, here-documents.
//!
//! Follows POSIX' Shell Command Language, 2.2 (quoting) and 2.3 (token recognition), as bash reads it. Departs where
//! bash has more: that is refused as [`SyntaxError::Unsupported`], never read as something else.
//! Invariant: recursion (`$(…)` within `$(…)`) is at most [`DEPTH_LIMIT`] deep.

use std::fmt;
use std::ops::Range;

/// How deep `$(…)` and loops may nest.
pub const DEPTH_LIMIT: usize = 30;

const OPERATORS: [&str; 21] = [
    "<(", ">(", "<<<", "<<-", "&>>", "&&", "||", ";;", "<<", ">>", ">&", "<&", "&>", "|&", ";", "|", "&",
    "(", ")", "<", ">",
];

/// Why a line cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxError {
    /// What bash says after `bash: `.
    Bash(String),
    /// Legal for bash, and not part of this shell; a sentence of ours.
    Unsupported(String),
}

impl SyntaxError {
    /// ``syntax error near unexpected token `…'``.
    pub fn unexpected(token: &str) -> SyntaxError {
        SyntaxError::Bash(format!("syntax error near unexpected token `{token}'"))
    }

    /// The line ends within a command.
    pub fn end_of_file() -> SyntaxError {
        SyntaxError::Bash("syntax error: unexpected end of file".to_owned())
    }

    fn unmatched(quote: char) -> SyntaxError {
        SyntaxError::Bash(format!("unexpected EOF while looking for matching `{quote}'"))
    }

    /// Whether more lines could make it right.
    pub fn is_early_end(&self) -> bool {
        *self == SyntaxError::end_of_file()
            || ['\'', '"', '`', ')', '}'].iter().any(|open| *self == SyntaxError::unmatched(*open))
    }

    /// Nested deeper than [`DEPTH_LIMIT`].
    pub fn too_deep() -> SyntaxError {
        SyntaxError::Unsupported(format!("nested more than {DEPTH_LIMIT} deep; this shell goes no deeper"))
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SyntaxError::Bash(message) => write!(f, "bash: {message}"),
            SyntaxError::Unsupported(message) => f.write_str(message),
        }
    }
}

/// One piece of a word.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Literal text.
    Text {
        /// The text, quotes removed.
        text: String,
        /// Whether it stood in quotes.
        quoted: bool,
    },
    /// `$name`, `${name}`, `$?`.
    Variable {
        /// The name.
        name: String,
        /// Whether it stood in quotes, and is not split.
        quoted: bool,
    },
    /// `${name:-word}` and its like.
    Modified {
        /// The variable.
        name: String,
        /// What becomes of its value.
        modifier: Modifier,
        /// What stands behind the operator.
        operand: Box<Word>,
        /// Whether it stood in quotes, and is not split.
        quoted: bool,
    },
    /// `$((…))`.
    Arithmetic {
        /// The expression.
        expression: Box<Word>,
        /// Whether it stood in quotes, and is not split.
        quoted: bool,
    },
    /// `$(…)`.
    Command {
        /// What stands in the parentheses.
        tokens: Vec<Token>,
        /// The same as text, without the backslashes of backquotes.
        source: String,
        /// Where all of it stands in the text that it is read from, be it that of a here-document.
        range: Range<usize>,
        /// Whether it stood in quotes, and is not split.
        quoted: bool,
    },
}

/// The operator of `${name…}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// `${#name}`: how many characters.
    Length,
    /// `${name-word}`, or `${name:-word}`, which takes an empty value for none.
    Default {
        /// Whether it is the one with a colon.
        or_empty: bool,
    },
    /// `${name+word}`, `${name:+word}`.
    Instead {
        /// Whether it is the one with a colon.
        or_empty: bool,
    },
    /// `${name#pattern}`, `${name##pattern}`.
    WithoutPrefix {
        /// Whether it is the one with two signs.
        longest: bool,
    },
    /// `${name%pattern}`, `${name%%pattern}`.
    WithoutSuffix {
        /// Whether it is the one with two signs.
        longest: bool,
    },
}

const MODIFIERS: [(&str, Modifier); 8] = [
    (":-", Modifier::Default { or_empty: true }),
    (":+", Modifier::Instead { or_empty: true }),
    ("-", Modifier::Default { or_empty: false }),
    ("+", Modifier::Instead { or_empty: false }),
    ("##", Modifier::WithoutPrefix { longest: true }),
    ("#", Modifier::WithoutPrefix { longest: false }),
    ("%%", Modifier::WithoutSuffix { longest: true }),
    ("%", Modifier::WithoutSuffix { longest: false }),
];

impl Modifier {
    /// `${name…}` as it is typed.
    pub fn typed(self, name: &str, operand: &str) -> String {
        match MODIFIERS.iter().find(|(_, modifier)| *modifier == self) {
            Some((sign, _)) => format!("${{{name}{sign}{operand}}}"),
            None => format!("${{#{name}}}"),
        }
    }
}

/// A word before expansion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Word {
    /// Its pieces.
    pub parts: Vec<Part>,
    /// As it was typed; of a here-document, its lines without the tabs that `<<-` takes off.
    pub source: String,
    /// Where it stands in the text that it is read from.
    pub range: Range<usize>,
}

impl Word {
    /// The text of a word without quotes and expansions: only such a word can be a keyword.
    pub fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text { text, quoted: false }] => Some(text),
            _ => None,
        }
    }

    fn push(&mut self, c: char, quoted: bool) {
        self.push_str(c.encode_utf8(&mut [0; 4]), quoted);
    }

    fn push_str(&mut self, more: &str, quoted: bool) {
        if let Some(Part::Text { text, quoted: q }) = self.parts.last_mut()
            && *q == quoted
        {
            text.push_str(more);
        } else {
            self.parts.push(Part::Text { text: more.to_owned(), quoted });
        }
    }
}

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A word.
    Word(Word),
    /// An operator; `1` or `2` before a redirection is part of it.
    Operator(String),
    /// The end of a line.
    Newline,
    /// `<<EOF` with its body.
    HereDocument(Word),
}

/// The tokens of a script.
///
/// # Errors
/// Where a quote or a parenthesis stays open, or something is not part of this shell.
pub fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    tokens_and_comments(text).map(|(tokens, _)| tokens)
}

/// The tokens of a script, and where its comments stand; those of commands within words are not among them.
///
/// # Errors
/// As [`tokens`].
pub fn tokens_and_comments(text: &str) -> Result<(Vec<Token>, Vec<Range<usize>>), SyntaxError> {
    let mut lexer = Lexer::new(text, 0);
    Ok((lexer.tokens(false)?, lexer.comments))
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    comments: Vec<Range<usize>>,
}

/// A here-document whose body has not begun yet.
struct Pending {
    token: usize,
    delimiter: String,
    quoted: bool,
    strip_tabs: bool,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, depth: usize) -> Lexer<'a> {
        Lexer { text, at: 0, depth, comments: Vec::new() }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, prefix: &str) -> bool {
        let found = self.text[self.at..].starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    /// Everything up to the end or, inside `$(`, up to the `)` that closes it.
    fn tokens(&mut self, nested: bool) -> Result<Vec<Token>, SyntaxError> {
        let mut tokens = Vec::new();
        let mut pending: Vec<Pending> = Vec::new();
        loop {
            self.skip_blanks();
            let Some(c) = self.peek() else {
                return if nested { Err(SyntaxError::unmatched(')')) } else { Ok(tokens) };
            };
            if c == '\n' {
                self.at += 1;
                for document in pending.drain(..) {
                    tokens[document.token] = Token::HereDocument(self.here_document(&document)?);
                }
                tokens.push(Token::Newline);
            } else if nested && c == ')' {
                self.at += 1;
                return Ok(tokens);
            } else if let Some(operator) = self.operator() {
                if operator == "<<" || operator == "<<-" {
                    pending.push(self.delimiter(tokens.len(), operator == "<<-")?);
                    tokens.push(Token::HereDocument(Word::default()));
                } else {
                    tokens.push(Token::Operator(operator));
                }
            } else {
                tokens.push(Token::Word(self.word()?));
            }
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            if self.eat(" ") || self.eat("\t") || self.eat("\r") || self.eat("\\\n") {
                continue;
            }
            if self.peek() == Some('#') {
                let (start, rest) = (self.at, &self.text[self.at..]);
                self.at += rest.find('\n').unwrap_or(rest.len());
                if self.depth == 0 {
                    self.comments.push(start..self.at);
                }
            }
            return;
        }
    }

    fn operator(&mut self) -> Option<String> {
        let rest = &self.text[self.at..];
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let operator = OPERATORS.iter().find(|o| rest[number..].starts_with(**o))?;
        // A number belongs to the operator only before a redirection.
        if number > 0 && !operator.starts_with(['<', '>']) {
            return None;
        }
        let end = number + operator.len();
        self.at += end;
        Some(rest[..end].to_owned())
    }

    fn delimiter(&mut self, token: usize, strip_tabs: bool) -> Result<Pending, SyntaxError> {
        self.skip_blanks();
        let word = self.word()?;
        if word.parts.is_empty() {
            return Err(SyntaxError::unexpected("newline"));
        }
        let mut pending = Pending { token, delimiter: String::new(), quoted: false, strip_tabs };
        for part in &word.parts {
            let Part::Text { text, quoted } = part else {
                return Err(SyntaxError::Unsupported(
                    "a here-document ends at a plain word, such as EOF".to_owned(),
                ));
            };
            pending.delimiter.push_str(text);
            pending.quoted |= quoted;
        }
        Ok(pending)
    }

    /// The lines up to the delimiter; up to the end of the script if it never comes, as bash does.
    fn here_document(&mut self, document: &Pending) -> Result<Word, SyntaxError> {
        let mut body = String::new();
        let mut range = self.at..self.at;
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let line = rest.split_inclusive('\n').next().unwrap_or_default();
            self.at += line.len();
            let line = if document.strip_tabs { line.trim_start_matches('\t') } else { line };
            if line.trim_end_matches(['\n', '\r']) == document.delimiter {
                break;
            }
            body.push_str(line);
            range.end = self.at;
        }
        let mut word = Word { range, ..Word::default() };
        word.push_str(if document.quoted { &body } else { "" }, true);
        let mut lexer = Lexer::new(&body, self.depth);
        while !document.quoted && lexer.quoted_piece(&mut word, "$`\\")? {}
        word.source = body;
        Ok(word)
    }

    fn word(&mut self) -> Result<Word, SyntaxError> {
        let start = self.at;
        let mut word = Word::default();
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\r' | '\n' | '|' | '&' | ';' | '(' | ')' | '<' | '>' => break,
                '\'' => self.single_quoted(&mut word)?,
                '"' => self.double_quoted(&mut word)?,
                '\\' => self.escaped(&mut word),
                '$' => self.dollar(&mut word, false)?,
                '`' => self.backquoted(&mut word, false)?,
                c => {
                    self.at += c.len_utf8();
                    word.push(c, false);
                }
            }
        }
        word.range = start..self.at;
        word.source = self.text[start..self.at].to_owned();
        Ok(word)
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        self.at += 1;
        let rest = &self.text[self.at..];
        let end = rest.find('\'').ok_or_else(|| SyntaxError::unmatched('\''))?;
        word.push_str(&rest[..end], true);
        self.at += end + 1;
        Ok(())
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), SyntaxError> {
        self.at += 1;
        word.push_str("", true);
        loop {
            if self.eat("\"") {
                return Ok(());
            }
            if !self.quoted_piece(word, "$`\"\\")? {
                return Err(SyntaxError::unmatched('"'));
            }
        }
    }

    /// One character or expansion of quoted text; `false` at the end of the script.
    fn quoted_piece(&mut self, word: &mut Word, escapable: &str) -> Result<bool, SyntaxError> {
        match self.peek() {
            None => return Ok(false),
            Some('$') => self.dollar(word, true)?,
            Some('`') => self.backquoted(word, true)?,
            Some('\\') => {
                self.at += 1;
                match self.next() {
                    Some('\n') => {}
                    Some(c) if escapable.contains(c) => word.push(c, true),
                    other => {
                        word.push('\\', true);
                        other.into_iter().for_each(|c| word.push(c, true));
                    }
                }
            }
            Some(c) => {
                self.at += c.len_utf8();
                word.push(c, true);
            }
        }
        Ok(true)
    }

    fn escaped(&mut self, word: &mut Word) {
        self.at += 1;
        match self.next() {
            Some('\n') => {}
            Some(c) => word.push(c, true),
            None => word.push('\\', true),
        }
    }

    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<(), SyntaxError> {
        let start = self.at;
        self.at += 1;
        if self.eat("((") {
            let expression = Box::new(self.deeper(|lexer| lexer.quoted_up_to("))", ')'))?);
            word.parts.push(Part::Arithmetic { expression, quoted });
            return Ok(());
        }
        if self.eat("(") {
            let tokens = self.deeper(|lexer| lexer.tokens(true))?;
            let source = self.text[start + 2..self.at - 1].to_owned();
            word.parts.push(Part::Command { tokens, source, range: start..self.at, quoted });
            return Ok(());
        }
        if self.eat("{") {
            let part = self.deeper(|lexer| lexer.braced(quoted))?;
            word.parts.push(part);
            return Ok(());
        }
        let mut name = self.name();
        if let Some(special) = self.peek().filter(|c| name.is_empty() && "?@*#0123456789".contains(*c)) {
            self.at += 1;
            name.push(special);
        }
        if !quoted && name.is_empty() && self.peek() == Some('\'') {
            return Err(SyntaxError::Unsupported("this shell has no $'…' quoting".to_owned()));
        }
        if name.is_empty() {
            word.push('$', quoted);
        } else {
            word.parts.push(Part::Variable { name, quoted });
        }
        Ok(())
    }

    /// The rest of `${…}`.
    fn braced(&mut self, quoted: bool) -> Result<Part, SyntaxError> {
        let is_length = self.eat("#");
        let mut name = self.name();
        if name.is_empty() && self.eat("?") {
            name.push('?');
        }
        if !name.is_empty() && self.eat("}") {
            let operand = Box::default();
            return Ok(match is_length {
                true => Part::Modified { name, modifier: Modifier::Length, operand, quoted },
                false => Part::Variable { name, quoted },
            });
        }
        let found = MODIFIERS.iter().find(|(sign, _)| self.text[self.at..].starts_with(sign));
        match found {
            Some((sign, modifier)) if !name.is_empty() && !is_length => {
                self.at += sign.len();
                let operand = Box::new(self.quoted_up_to("}", '}')?);
                Ok(Part::Modified { name, modifier: *modifier, operand, quoted })
            }
            _ => Err(SyntaxError::Unsupported(
                "of ${…} this shell knows ${name}, ${#name} and the operators :- :+ # ## % %%".to_owned(),
            )),
        }
    }

    /// A word that ends at a text; its parts are as if they stood in quotes.
    fn quoted_up_to(&mut self, end: &str, unmatched: char) -> Result<Word, SyntaxError> {
        let mut word = Word::default();
        word.push_str("", true);
        let mut open = 0_usize;
        loop {
            match self.peek() {
                _ if open == 0 && self.eat(end) => return Ok(word),
                Some(c @ ('(' | ')')) if end == "))" => {
                    self.at += 1;
                    open = if c == '(' { open + 1 } else { open.saturating_sub(1) };
                    word.push(c, true);
                }
                Some('"') => self.double_quoted(&mut word)?,
                Some('\'') => self.single_quoted(&mut word)?,
                _ if self.quoted_piece(&mut word, "$`\"\\}")? => {}
                _ => return Err(SyntaxError::unmatched(unmatched)),
            }
        }
    }

    fn name(&mut self) -> String {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = if rest.starts_with(|c: char| c.is_ascii_digit()) { "" } else { &rest[..end] };
        self.at += name.len();
        name.to_owned()
    }

    fn backquoted(&mut self, word: &mut Word, quoted: bool) -> Result<(), SyntaxError> {
        let start = self.at;
        self.at += 1;
        let mut script = String::new();
        loop {
            match self.next() {
                None => return Err(SyntaxError::unmatched('`')),
                Some('`') => break,
                Some('\\') => match self.next() {
                    Some(c @ ('`' | '\\' | '$')) => script.push(c),
                    other => {
                        script.push('\\');
                        script.extend(other);
                    }
                },
                Some(c) => script.push(c),
            }
        }
        let tokens = self.deeper(|lexer| Lexer::new(&script, lexer.depth).tokens(false))?;
        word.parts.push(Part::Command { tokens, source: script, range: start..self.at, quoted });
        Ok(())
    }

    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.depth == DEPTH_LIMIT {
            return Err(SyntaxError::too_deep());
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }
}
