//! The lines of `sh -c`: simple commands one after the other, quotes, variables, `$(…)`, `>` and `>>`.
//!
//! Follows POSIX' Shell Command Language as BusyBox' ash reads it. Departs: everything else of a shell is refused whole.
//! Invariant: a line is read to its end before anything of it runs; `$(…)` nests at most [`DEPTH`] deep.

use std::iter::Peekable;
use std::str::Chars;

/// How deep `$(…)` may nest.
const DEPTH: usize = 4;
/// Words that begin what is no simple command.
const KEYWORDS: [&str; 10] = ["for", "while", "until", "if", "case", "{", "}", "!", "function", "~"];

/// Not a line that is understood here.
#[derive(Debug)]
pub(super) struct Unsupported;

/// Whether a command runs, after how the one before it ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum When {
    Always,
    Succeeded,
    Failed,
}

/// A piece of a word.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) what: What,
    /// Not split into fields.
    pub(super) quoted: bool,
}

#[derive(Debug)]
pub(super) enum What {
    Text(String),
    Variable(String),
    Command(Vec<Command>),
}

pub(super) type Word = Vec<Piece>;

/// One simple command.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) when: When,
    pub(super) words: Vec<Word>,
    pub(super) redirects: Vec<Redirect>,
}

impl Command {
    /// The program, where it stands there in so many letters and nothing runs to find out its arguments.
    pub(super) fn program(&self) -> Option<&str> {
        let pieces = || self.words.iter().flatten();
        match self.words.first()?.as_slice() {
            [Piece { what: What::Text(name), .. }]
                if !pieces().any(|piece| matches!(piece.what, What::Command(_))) =>
            {
                Some(name)
            }
            _ => None,
        }
    }

    /// Whether it runs nothing but these programs, also to find out its arguments, and writes no file.
    pub(super) fn is_made_of(&self, programs: &[&str]) -> bool {
        let nested = self.words.iter().flatten().all(|piece| match &piece.what {
            What::Command(commands) => commands.iter().all(|command| command.is_made_of(programs)),
            _ => true,
        });
        let program = self.words.first().map(Vec::as_slice);
        let is_known =
            matches!(program, Some([Piece { what: What::Text(name), .. }]) if programs.contains(&&**name));
        nested && is_known && self.redirects.is_empty()
    }
}

/// `> FILE` or `>> FILE`.
#[derive(Debug)]
pub(super) struct Redirect {
    pub(super) file: Word,
    pub(super) append: bool,
}

/// Reads a line.
pub(super) fn parse(line: &str) -> Result<Vec<Command>, Unsupported> {
    let mut reader = Reader { chars: line.chars().peekable(), depth: 0 };
    let commands = reader.commands()?;
    if reader.chars.next().is_some() { Err(Unsupported) } else { Ok(commands) }
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    depth: usize,
}

impl Reader<'_> {
    /// Commands up to the end or a `)`.
    fn commands(&mut self) -> Result<Vec<Command>, Unsupported> {
        let mut commands = Vec::new();
        let mut when = When::Always;
        loop {
            let command = self.command(when)?;
            let is_empty = command.words.is_empty() && command.redirects.is_empty();
            if !is_empty {
                commands.push(command);
            }
            let next = self.chars.peek().copied();
            if is_empty && (when != When::Always || matches!(next, Some('&' | '|' | ';'))) {
                return Err(Unsupported);
            }
            if matches!(next, None | Some(')')) {
                return Ok(commands);
            }
            self.chars.next();
            when = match next {
                Some('&') if self.chars.next_if_eq(&'&').is_some() => When::Succeeded,
                Some('|') if self.chars.next_if_eq(&'|').is_some() => When::Failed,
                Some(';' | '\n') => When::Always,
                _ => return Err(Unsupported),
            };
        }
    }

    fn command(&mut self, when: When) -> Result<Command, Unsupported> {
        let mut command = Command { when, words: Vec::new(), redirects: Vec::new() };
        loop {
            while self.chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
            match self.chars.peek() {
                None | Some(';' | '&' | '|' | '\n' | ')') => return Ok(command),
                Some('>') => {
                    self.chars.next();
                    let append = self.chars.next_if_eq(&'>').is_some();
                    while self.chars.next_if_eq(&' ').is_some() {}
                    let file = self.word()?;
                    if file.is_empty() {
                        return Err(Unsupported);
                    }
                    command.redirects.push(Redirect { file, append });
                }
                Some(_) => {
                    let word = self.word()?;
                    if self.is_refused(&word, command.words.is_empty()) {
                        return Err(Unsupported);
                    }
                    command.words.push(word);
                }
            }
        }
    }

    /// A keyword, an assignment, a comment, or a descriptor's number before a redirection.
    fn is_refused(&mut self, word: &Word, is_first: bool) -> bool {
        let [Piece { what: What::Text(text), quoted: false }, ..] = &word[..] else {
            return word.is_empty();
        };
        let is_number = word.len() == 1 && text.bytes().all(|b| b.is_ascii_digit());
        text.starts_with(['#', '~'])
            || is_number && self.chars.peek() == Some(&'>')
            || is_first && (KEYWORDS.contains(&text.as_str()) || text.contains('='))
    }

    fn word(&mut self) -> Result<Word, Unsupported> {
        let mut word = Word::new();
        while let Some(c) =
            self.chars.next_if(|c| !matches!(c, ' ' | '\t' | '\n' | ';' | '&' | '|' | '>' | ')'))
        {
            match c {
                '\'' => {
                    let text = self.until('\'')?;
                    word.push(Piece { what: What::Text(text), quoted: true });
                }
                '"' => self.double_quoted(&mut word)?,
                '\\' => add(&mut word, self.chars.next().ok_or(Unsupported)?, true),
                '$' => {
                    let what = self.dollar()?;
                    word.push(Piece { what, quoted: false });
                }
                '<' | '(' | '`' | '*' | '?' | '[' => return Err(Unsupported),
                c => add(&mut word, c, false),
            }
        }
        Ok(word)
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), Unsupported> {
        word.push(Piece { what: What::Text(String::new()), quoted: true });
        loop {
            match self.chars.next().ok_or(Unsupported)? {
                '"' => return Ok(()),
                '`' => return Err(Unsupported),
                '$' => {
                    let what = self.dollar()?;
                    word.push(Piece { what, quoted: true });
                }
                '\\' => {
                    let next = self.chars.next_if(|c| matches!(c, '"' | '\\' | '$' | '`'));
                    add(word, next.unwrap_or('\\'), true);
                }
                c => add(word, c, true),
            }
        }
    }

    /// What follows a `$`.
    fn dollar(&mut self) -> Result<What, Unsupported> {
        if self.chars.next_if_eq(&'(').is_some() {
            self.depth += 1;
            if self.depth > DEPTH {
                return Err(Unsupported);
            }
            let commands = self.commands()?;
            self.depth -= 1;
            return self.chars.next_if_eq(&')').map(|_| What::Command(commands)).ok_or(Unsupported);
        }
        let is_braced = self.chars.next_if_eq(&'{').is_some();
        let mut name = String::new();
        while let Some(c) = self.chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
            name.push(c);
        }
        let is_closed = !is_braced || self.chars.next_if_eq(&'}').is_some();
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if is_closed && is_name { Ok(What::Variable(name)) } else { Err(Unsupported) }
    }

    fn until(&mut self, end: char) -> Result<String, Unsupported> {
        let mut text = String::new();
        loop {
            match self.chars.next().ok_or(Unsupported)? {
                c if c == end => return Ok(text),
                c => text.push(c),
            }
        }
    }
}

/// Adds a character to the word's last text.
fn add(word: &mut Word, c: char, quoted: bool) {
    match word.last_mut() {
        Some(Piece { what: What::Text(text), quoted: before }) if *before == quoted => text.push(c),
        _ => word.push(Piece { what: What::Text(c.to_string()), quoted }),
    }
}
