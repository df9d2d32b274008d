//! `sed`, with the commands that people use on single lines: `s///`, `d`, `p`, `q`, for lines or ranges of them.

use regex_lite::{Captures, Regex};

use super::Arguments;
use super::out::{Out, VALUE_LIMIT, VALUE_STOPPED};
use super::pattern::compile;

/// Most commands of a script.
const COMMAND_LIMIT: usize = 200;

/// A running `sed`.
#[derive(Clone, Debug)]
pub(super) struct Sed {
    quiet: bool,
    commands: Vec<Command>,
    line: usize,
    /// The line at hand, if a command asks whether it is the last one: that shows when the next one comes, or none.
    held: Option<String>,
    done: bool,
}

#[derive(Clone, Debug)]
struct Command {
    first: Option<Address>,
    last: Option<Address>,
    negated: bool,
    /// Whether a range has begun.
    inside: bool,
    work: Work,
}

#[derive(Clone, Debug)]
enum Address {
    Line(usize),
    End,
    Pattern(Regex),
}

#[derive(Clone, Debug)]
enum Work {
    Delete,
    Print,
    Quit,
    Substitute { pattern: Regex, new: Vec<Piece>, all: bool, nth: usize, print: bool },
}

/// A piece of what `s` puts in: text, or a group.
#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Group(usize),
}

impl Sed {
    pub(super) fn new(arguments: &mut Arguments<'_>) -> Result<Sed, String> {
        let (mut quiet, mut extended, mut scripts) = (false, false, Vec::new());
        while let Some(option) = arguments.next() {
            match option {
                'n' => quiet = true,
                'E' | 'r' => extended = true,
                'e' => scripts.push(arguments.value('e')?.to_owned()),
                'i' => return Err("sed: -i: here it does not change files; write > FILE".to_owned()),
                other => return Err(arguments.invalid(other)),
            }
        }
        if scripts.is_empty() {
            if arguments.operands.is_empty() {
                return Err("Usage: sed [-nE] SCRIPT [FILE]".to_owned());
            }
            scripts.push(arguments.operands.remove(0));
        }
        let script = scripts.join("\n");
        let mut reader = Reader { rest: &script, extended };
        let commands = reader.commands().map_err(|why| format!("sed: -e expression #1: {why}"))?;
        Ok(Sed { quiet, commands, line: 0, held: None, done: false })
    }

    pub(super) fn line(&mut self, line: &str, out: &mut Out) {
        if !self.commands.iter().any(Command::asks_for_end) {
            self.process(line, false, out);
        } else if let Some(held) = self.held.replace(line.to_owned()) {
            self.process(&held, false, out);
        }
        if self.done {
            self.held = None;
        }
    }

    pub(super) fn finish(mut self, out: &mut Out) {
        if let Some(held) = self.held.take() {
            self.process(&held, true, out);
        }
    }

    /// Whether nothing more can come out.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    fn process(&mut self, line: &str, is_last: bool, out: &mut Out) {
        if self.done {
            return;
        }
        self.line += 1;
        let mut text = line.to_owned();
        for command in &mut self.commands {
            if command.applies(self.line, &text, is_last) == command.negated {
                continue;
            }
            match &command.work {
                Work::Delete => return,
                Work::Print => out.push_line(&text),
                Work::Quit => {
                    self.done = true;
                    break;
                }
                Work::Substitute { pattern, new, all, nth, print } => {
                    let Some((changed, count)) = substitute(&text, pattern, new, *all, *nth) else {
                        return out.stop(VALUE_STOPPED);
                    };
                    text = changed;
                    if *print && count > 0 {
                        out.push_line(&text);
                    }
                }
            }
        }
        if !self.quiet {
            out.push_line(&text);
        }
    }
}

impl Command {
    fn asks_for_end(&self) -> bool {
        [&self.first, &self.last].into_iter().any(|address| matches!(address, Some(Address::End)))
    }

    fn applies(&mut self, line: usize, text: &str, is_last: bool) -> bool {
        let fits = |address: &Address| match address {
            Address::Line(number) => *number == line,
            Address::End => is_last,
            Address::Pattern(pattern) => pattern.is_match(text),
        };
        match (&self.first, &self.last) {
            (None, _) => true,
            (Some(first), None) => fits(first),
            (Some(first), Some(last)) => {
                if self.inside {
                    self.inside = !fits(last);
                    return true;
                }
                let begins = fits(first);
                let one_line = matches!(last, Address::Line(number) if *number <= line);
                self.inside = begins && !one_line;
                begins
            }
        }
    }
}

/// The text with its new parts, and how many those are; `None` if it would be too long.
fn substitute(text: &str, pattern: &Regex, new: &[Piece], all: bool, nth: usize) -> Option<(String, usize)> {
    let (mut out, mut end, mut count) = (String::new(), 0, 0);
    for (index, found) in pattern.captures_iter(text).enumerate() {
        if index + 1 < nth || !all && count > 0 {
            continue;
        }
        let Some(whole) = found.get(0) else { continue };
        out.push_str(&text[end..whole.start()]);
        for piece in new {
            out.push_str(filled(piece, &found));
            if out.len() > VALUE_LIMIT {
                return None;
            }
        }
        end = whole.end();
        count += 1;
    }
    out.push_str(&text[end..]);
    Some((out, count))
}

fn filled<'a>(piece: &'a Piece, found: &Captures<'a>) -> &'a str {
    match piece {
        Piece::Text(text) => text,
        Piece::Group(number) => found.get(*number).map_or("", |group| group.as_str()),
    }
}

struct Reader<'a> {
    rest: &'a str,
    extended: bool,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn skip(&mut self, set: &[char]) {
        self.rest = self.rest.trim_start_matches(set);
    }

    fn commands(&mut self) -> Result<Vec<Command>, String> {
        let mut commands = Vec::new();
        loop {
            self.skip(&[' ', '\t', '\n', ';']);
            if self.rest.is_empty() {
                return Ok(commands);
            }
            let first = self.address()?;
            let mut last = None;
            if first.is_some() && self.rest.starts_with(',') {
                self.next();
                last = Some(self.address()?.ok_or("unexpected `,'")?);
            }
            self.skip(&[' ', '\t']);
            let negated = self.rest.starts_with('!');
            if negated {
                self.next();
            }
            let work = match self.next() {
                Some('d') => Work::Delete,
                Some('p') => Work::Print,
                Some('q') => Work::Quit,
                Some('s') => self.substitution()?,
                Some(other) => return Err(format!("here it knows s, d, p and q, not `{other}'")),
                None => return Err("missing command".to_owned()),
            };
            if commands.len() == COMMAND_LIMIT {
                return Err(format!("here a script has at most {COMMAND_LIMIT} commands"));
            }
            commands.push(Command { first, last, negated, inside: false, work });
        }
    }

    fn address(&mut self) -> Result<Option<Address>, String> {
        match self.rest.chars().next() {
            Some('$') => {
                self.next();
                Ok(Some(Address::End))
            }
            Some('/') => {
                self.next();
                let pattern = self.up_to('/').ok_or("unterminated address regex")?;
                Ok(Some(Address::Pattern(compile(&pattern, self.extended, false)?)))
            }
            Some(c) if c.is_ascii_digit() => {
                self.number("invalid usage of line address 0").map(|number| Some(Address::Line(number)))
            }
            _ => Ok(None),
        }
    }

    /// A number from 1 on; what is wrong if it is none.
    fn number(&mut self, wrong: &str) -> Result<usize, String> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits.parse().ok().filter(|number| *number > 0).ok_or_else(|| wrong.to_owned())
    }

    fn substitution(&mut self) -> Result<Work, String> {
        let unterminated = "unterminated `s' command";
        let separator = self.next().ok_or(unterminated)?;
        let pattern = self.up_to(separator).ok_or(unterminated)?;
        let new = self.up_to(separator).ok_or(unterminated)?;
        let (mut all, mut fold, mut print, mut nth) = (false, false, false, 0);
        while let Some(flag) = self.rest.chars().next().filter(|c| !matches!(c, ';' | '\n' | ' ' | '}')) {
            match flag {
                'g' => all = true,
                'i' | 'I' => fold = true,
                'p' => print = true,
                digit if digit.is_ascii_digit() => {
                    nth = self.number("number option to `s' command may not be zero")?;
                    continue;
                }
                _ => return Err("unknown option to `s'".to_owned()),
            }
            self.next();
        }
        let pattern = compile(&pattern, self.extended, fold)?;
        Ok(Work::Substitute { pattern, new: pieces(&new), all, nth, print })
    }

    /// The text up to a separator, which a backslash makes a character.
    fn up_to(&mut self, separator: char) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.next()? {
                '\\' => match self.next()? {
                    c if c == separator => text.push(c),
                    c => text.extend(['\\', c]),
                },
                c if c == separator => return Some(text),
                c => text.push(c),
            }
        }
    }
}

fn pieces(new: &str) -> Vec<Piece> {
    let (mut pieces, mut text) = (Vec::new(), String::new());
    let mut chars = new.chars();
    while let Some(c) = chars.next() {
        let group = match c {
            '&' => Some(0),
            '\\' => match chars.next() {
                Some('n') => {
                    text.push('\n');
                    None
                }
                Some('t') => {
                    text.push('\t');
                    None
                }
                Some(digit) if digit.is_ascii_digit() => {
                    digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok())
                }
                other => {
                    text.extend(other);
                    None
                }
            },
            c => {
                text.push(c);
                None
            }
        };
        if let Some(group) = group {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.push(Piece::Group(group));
        }
    }
    pieces.push(Piece::Text(text));
    pieces
}
