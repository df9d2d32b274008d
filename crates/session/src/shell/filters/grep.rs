//! `grep`.

use std::collections::VecDeque;

use regex_lite::Regex;

use super::Arguments;
use super::out::Out;
use super::pattern::{basic_to_extended, build, classes};

/// A running `grep`.
#[derive(Clone, Debug)]
pub(super) struct Grep {
    pattern: Regex,
    invert: bool,
    count: bool,
    quiet: bool,
    only: bool,
    numbers: bool,
    most: Option<u64>,
    before: usize,
    after: usize,
    found: u64,
    line: u64,
    /// The lines before this one that may still be wanted, with their numbers.
    recent: VecDeque<(u64, String)>,
    /// How many lines are still wanted behind what was found.
    owed: usize,
    last_printed: Option<u64>,
}

impl Grep {
    pub(super) fn new(arguments: &mut Arguments<'_>) -> Result<Grep, String> {
        let mut grep = Grep {
            pattern: Regex::new("").map_err(|error| error.to_string())?,
            invert: false,
            count: false,
            quiet: false,
            only: false,
            numbers: false,
            most: None,
            before: 0,
            after: 0,
            found: 0,
            line: 0,
            recent: VecDeque::new(),
            owed: 0,
            last_printed: None,
        };
        let (mut fold, mut word, mut whole) = (false, false, false);
        let (mut extended, mut fixed) = (arguments.command == "egrep", arguments.command == "fgrep");
        let mut patterns = Vec::new();
        while let Some(option) = arguments.next() {
            match option {
                'v' => grep.invert = true,
                'c' => grep.count = true,
                'q' => grep.quiet = true,
                'o' => grep.only = true,
                'n' => grep.numbers = true,
                'i' | 'y' => fold = true,
                'E' | 'P' => extended = true,
                'G' => extended = false,
                'F' => fixed = true,
                'w' => word = true,
                'x' => whole = true,
                'h' | 's' | 'a' => {}
                'e' => patterns.push(arguments.value('e')?.to_owned()),
                'm' => grep.most = Some(number(arguments, 'm', "invalid max count")?),
                'A' => grep.after = lines(arguments, 'A')?,
                'B' => grep.before = lines(arguments, 'B')?,
                'C' => {
                    grep.after = lines(arguments, 'C')?;
                    grep.before = grep.after;
                }
                other => return Err(arguments.invalid(other)),
            }
        }
        if patterns.is_empty() {
            if arguments.operands.is_empty() {
                return Err("Usage: grep [-civqownEF] [-A N] [-B N] [-e PATTERN] PATTERN [FILE]".to_owned());
            }
            patterns.push(arguments.operands.remove(0));
        }
        let translate = |pattern: &String| match (fixed, extended) {
            (true, _) => regex_lite::escape(pattern),
            (false, true) => classes(pattern),
            (false, false) => classes(&basic_to_extended(pattern)),
        };
        let joined: Vec<String> = patterns.iter().map(|p| format!("(?:{})", translate(p))).collect();
        let mut joined = joined.join("|");
        if word {
            joined = format!(r"\b(?:{joined})\b");
        }
        if whole {
            joined = format!("^(?:{joined})$");
        }
        grep.pattern = build(&joined, fold).map_err(|error| format!("grep: {error}"))?;
        Ok(grep)
    }

    pub(super) fn line(&mut self, text: &str, out: &mut Out) {
        self.line += 1;
        if self.has_found_all() {
            if self.owed > 0 && !self.quiet {
                self.owed -= 1;
                self.print(self.line, text, '-', out);
            }
            return;
        }
        if self.pattern.is_match(text) == self.invert {
            self.pass(text, out);
            return;
        }
        self.found += 1;
        if self.count || self.quiet {
            return;
        }
        if self.only {
            for found in self.pattern.find_iter(text).filter(|found| !found.is_empty()) {
                let number = if self.numbers { format!("{}:", self.line) } else { String::new() };
                out.push_line(&format!("{number}{}", found.as_str()));
            }
            return;
        }
        for (number, line) in std::mem::take(&mut self.recent) {
            self.print(number, &line, '-', out);
        }
        self.print(self.line, text, ':', out);
        self.owed = self.after;
    }

    /// A line that does not fit, and may stand near one that does.
    fn pass(&mut self, text: &str, out: &mut Out) {
        if self.owed > 0 {
            self.owed -= 1;
            self.print(self.line, text, '-', out);
        } else if self.before > 0 {
            self.recent.push_back((self.line, text.to_owned()));
            if self.recent.len() > self.before {
                self.recent.pop_front();
            }
        }
    }

    fn print(&mut self, number: u64, text: &str, sign: char, out: &mut Out) {
        let gap = self.last_printed.is_some_and(|last| last + 1 < number);
        if gap && self.before + self.after > 0 {
            out.push_str("--\n");
        }
        self.last_printed = Some(number);
        if self.numbers {
            out.push_str(&format!("{number}{sign}"));
        }
        out.push_line(text);
    }

    /// The input is over; the exit status.
    pub(super) fn finish(self, out: &mut Out) -> i32 {
        if self.count {
            out.push_line(&self.found.to_string());
        }
        i32::from(self.found == 0)
    }

    /// Whether nothing more can come out.
    pub(super) fn is_done(&self) -> bool {
        self.has_found_all() && (self.quiet || self.owed == 0)
    }

    fn has_found_all(&self) -> bool {
        self.quiet && self.found > 0 || self.most.is_some_and(|most| self.found >= most)
    }
}

fn number(arguments: &mut Arguments<'_>, option: char, wrong: &str) -> Result<u64, String> {
    let text = arguments.value(option)?;
    text.parse().map_err(|_| format!("grep: {wrong}"))
}

fn lines(arguments: &mut Arguments<'_>, option: char) -> Result<usize, String> {
    let text = arguments.value(option)?;
    text.parse().map_err(|_| format!("grep: {text}: invalid context length argument"))
}
