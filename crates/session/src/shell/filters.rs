//! The commands that read lines and write lines: `cat`, `grep`, `head`, `tail`, `wc`, `sort`.
//!
//! Follows GNU's, with the options that people use on kubectl's output. A filter takes text as it comes, so that it
//! also stands behind a command that never ends (`kubectl get pods -w | grep myapp`).

use std::collections::VecDeque;

use regex_lite::{Regex, RegexBuilder};

/// A running filter.
#[derive(Clone, Debug)]
pub struct Filter {
    work: Work,
    /// The last line, while its end has not come.
    partial: String,
    /// The name of the file that is read, for `wc`.
    name: String,
}

#[derive(Clone, Debug)]
enum Work {
    Cat,
    Grep {
        pattern: Regex,
        invert: bool,
        count: bool,
        quiet: bool,
        only: bool,
        found: u64,
    },
    Head {
        left: u64,
    },
    Tail {
        keep: usize,
        lines: VecDeque<String>,
    },
    /// `tail -n +N`: everything from line N on.
    From {
        skip: u64,
    },
    Wc {
        lines: u64,
        words: u64,
        bytes: u64,
        shown: Counts,
    },
    Sort {
        lines: Vec<String>,
        order: Order,
    },
}

#[derive(Clone, Copy, Debug)]
struct Counts {
    lines: bool,
    words: bool,
    bytes: bool,
}

#[derive(Clone, Copy, Debug)]
struct Order {
    reverse: bool,
    numeric: bool,
    unique: bool,
    /// The field that is compared, from 1; 0 for the whole line.
    key: usize,
}

/// Whether a command is a filter.
pub fn is_filter(command: &str) -> bool {
    matches!(command, "cat" | "grep" | "head" | "tail" | "wc" | "sort")
}

impl Filter {
    /// The filter that the words ask for, and the files that it shall read.
    ///
    /// # Errors
    /// What the command says of its options, without a final newline.
    pub fn new(words: &[String]) -> Result<(Filter, Vec<String>), String> {
        let Some((command, arguments)) = words.split_first() else { return Err(String::new()) };
        let mut arguments = Arguments::new(command, arguments);
        let work = match command.as_str() {
            "grep" => grep(&mut arguments)?,
            "head" => Work::Head { left: count(&mut arguments)?.0 },
            "tail" => tail(&mut arguments)?,
            "wc" => wc(&mut arguments)?,
            "sort" => sort(&mut arguments)?,
            _ => {
                arguments.none()?;
                Work::Cat
            }
        };
        let files = arguments.operands;
        if command != "cat" && files.len() > 1 {
            return Err(format!("{command}: here it reads one file at a time"));
        }
        let name = files.first().cloned().unwrap_or_default();
        Ok((Filter { work, partial: String::new(), name }, files))
    }

    /// Takes text in; what comes out.
    pub fn feed(&mut self, text: &str) -> String {
        if matches!(self.work, Work::Cat) {
            return text.to_owned();
        }
        let mut out = String::new();
        for piece in text.split_inclusive('\n') {
            self.partial.push_str(piece);
            if piece.ends_with('\n') {
                let line = std::mem::take(&mut self.partial);
                self.line(&line, &mut out);
            }
        }
        out
    }

    /// The input is over; what still comes out, and the exit status.
    pub fn finish(mut self) -> (String, i32) {
        let mut out = String::new();
        let partial = std::mem::take(&mut self.partial);
        if !partial.is_empty() {
            self.line(&partial, &mut out);
        }
        let mut status = 0;
        match self.work {
            Work::Grep { count, found, .. } => {
                if count {
                    out.push_str(&format!("{found}\n"));
                }
                status = i32::from(found == 0);
            }
            Work::Tail { lines, .. } => out.extend(lines),
            Work::Sort { lines, order } => out.push_str(&sorted(lines, order)),
            Work::Wc { lines, words, bytes, shown } => {
                out.push_str(&counted([lines, words, bytes], shown, &self.name));
            }
            Work::Cat | Work::Head { .. } | Work::From { .. } => {}
        }
        (out, status)
    }

    /// Whether nothing more can come out: whoever writes here may stop.
    pub fn is_done(&self) -> bool {
        match self.work {
            Work::Head { left } => left == 0,
            Work::Grep { quiet, found, .. } => quiet && found > 0,
            _ => false,
        }
    }

    fn line(&mut self, line: &str, out: &mut String) {
        match &mut self.work {
            Work::Cat => out.push_str(line),
            Work::Grep { pattern, invert, count, quiet, only, found } => {
                let text = line.trim_end_matches('\n');
                if pattern.is_match(text) == *invert {
                    return;
                }
                *found += 1;
                if *count || *quiet {
                    return;
                }
                if *only {
                    let matches = pattern.find_iter(text).filter(|m| !m.is_empty());
                    matches.for_each(|m| out.push_str(&format!("{}\n", m.as_str())));
                } else {
                    out.push_str(text);
                    out.push('\n');
                }
            }
            Work::Head { left } => {
                if *left > 0 {
                    *left -= 1;
                    out.push_str(line);
                }
            }
            Work::From { skip } => {
                if *skip == 0 {
                    out.push_str(line);
                }
                *skip = skip.saturating_sub(1);
            }
            Work::Tail { keep, lines } => {
                lines.push_back(line.to_owned());
                if lines.len() > *keep {
                    lines.pop_front();
                }
            }
            Work::Wc { lines, words, bytes, .. } => {
                *lines += u64::from(line.ends_with('\n'));
                *words += line.split_whitespace().count() as u64;
                *bytes += line.len() as u64;
            }
            Work::Sort { lines, .. } => lines.push(line.trim_end_matches('\n').to_owned()),
        }
    }
}

/// A command's arguments: options taken apart as getopt does it, the rest in order.
struct Arguments<'a> {
    command: &'a str,
    rest: std::slice::Iter<'a, String>,
    /// What is left of `-abc`.
    cluster: &'a str,
    operands: Vec<String>,
}

impl<'a> Arguments<'a> {
    fn new(command: &'a str, arguments: &'a [String]) -> Arguments<'a> {
        Arguments { command, rest: arguments.iter(), cluster: "", operands: Vec::new() }
    }

    /// The next option letter; operands are put aside.
    fn next(&mut self) -> Option<char> {
        while self.cluster.is_empty() {
            let argument = self.rest.next()?;
            match argument.strip_prefix('-') {
                Some("-") => self.operands.extend(self.rest.by_ref().cloned()),
                Some(cluster) if !cluster.is_empty() => self.cluster = cluster,
                // `-` alone is standard input.
                Some(_) => {}
                None => self.operands.push(argument.clone()),
            }
        }
        let letter = self.cluster.chars().next()?;
        self.cluster = &self.cluster[letter.len_utf8()..];
        Some(letter)
    }

    /// The value of an option: the rest of its word, or the next one.
    fn value(&mut self, option: char) -> Result<&'a str, String> {
        let attached = std::mem::take(&mut self.cluster);
        if !attached.is_empty() {
            return Ok(attached);
        }
        let next = self.rest.next().map(String::as_str);
        next.ok_or_else(|| format!("{}: option requires an argument -- '{option}'", self.command))
    }

    fn invalid(&self, option: char) -> String {
        format!("{}: invalid option -- '{option}'", self.command)
    }

    fn none(&mut self) -> Result<(), String> {
        self.next().map_or(Ok(()), |option| Err(self.invalid(option)))
    }
}

fn grep(arguments: &mut Arguments<'_>) -> Result<Work, String> {
    let (mut invert, mut count, mut quiet, mut only) = (false, false, false, false);
    let (mut fold, mut extended, mut fixed, mut whole) = (false, false, false, false);
    let mut patterns = Vec::new();
    while let Some(option) = arguments.next() {
        match option {
            'v' => invert = true,
            'c' => count = true,
            'q' => quiet = true,
            'o' => only = true,
            'i' => fold = true,
            'E' => extended = true,
            'F' => fixed = true,
            'w' => whole = true,
            'e' => patterns.push(arguments.value('e')?.to_owned()),
            other => return Err(arguments.invalid(other)),
        }
    }
    if patterns.is_empty() {
        if arguments.operands.is_empty() {
            return Err("Usage: grep [-civqowEF] [-e PATTERN] PATTERN [FILE]".to_owned());
        }
        patterns.push(arguments.operands.remove(0));
    }
    let translate = |pattern: &String| match (fixed, extended) {
        (true, _) => regex_lite::escape(pattern),
        (false, true) => pattern.clone(),
        (false, false) => basic_to_extended(pattern),
    };
    let joined: Vec<String> = patterns.iter().map(|p| format!("(?:{})", translate(p))).collect();
    let joined = if whole { format!(r"\b(?:{})\b", joined.join("|")) } else { joined.join("|") };
    let pattern = RegexBuilder::new(&joined).case_insensitive(fold).build();
    let pattern = pattern.map_err(|error| format!("grep: {error}"))?;
    Ok(Work::Grep { pattern, invert, count, quiet, only, found: 0 })
}

/// A basic regular expression as an extended one: there `\|` is an operator and `|` a character.
fn basic_to_extended(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '|' | '+' | '?' | '(' | ')' | '{' | '}' => out.extend(['\\', c]),
            '\\' => match chars.next() {
                Some(c @ ('|' | '+' | '?' | '(' | ')' | '{' | '}')) => out.push(c),
                other => {
                    out.push('\\');
                    out.extend(other);
                }
            },
            // A star that follows nothing is a character.
            '*' if out.is_empty() || out == "^" => out.push_str("\\*"),
            c => out.push(c),
        }
    }
    out
}

/// `-n N`, `-nN`, `-N`: how many lines, and whether a `+` stood before.
fn count(arguments: &mut Arguments<'_>) -> Result<(u64, bool), String> {
    let mut lines = (10, false);
    while let Some(option) = arguments.next() {
        let text = match option {
            'n' => arguments.value('n')?.to_owned(),
            digit if digit.is_ascii_digit() => format!("{digit}{}", std::mem::take(&mut arguments.cluster)),
            other => return Err(arguments.invalid(other)),
        };
        let digits = text.strip_prefix('+').unwrap_or(&text);
        let number = digits.parse();
        let number =
            number.map_err(|_| format!("{}: invalid number of lines: '{text}'", arguments.command))?;
        lines = (number, text.starts_with('+'));
    }
    Ok(lines)
}

fn tail(arguments: &mut Arguments<'_>) -> Result<Work, String> {
    let (lines, from) = count(arguments)?;
    if from {
        return Ok(Work::From { skip: lines.saturating_sub(1) });
    }
    Ok(Work::Tail { keep: usize::try_from(lines).unwrap_or(usize::MAX), lines: VecDeque::new() })
}

fn wc(arguments: &mut Arguments<'_>) -> Result<Work, String> {
    let mut shown = Counts { lines: false, words: false, bytes: false };
    while let Some(option) = arguments.next() {
        match option {
            'l' => shown.lines = true,
            'w' => shown.words = true,
            'c' => shown.bytes = true,
            other => return Err(arguments.invalid(other)),
        }
    }
    if !(shown.lines || shown.words || shown.bytes) {
        shown = Counts { lines: true, words: true, bytes: true };
    }
    Ok(Work::Wc { lines: 0, words: 0, bytes: 0, shown })
}

fn counted(counts: [u64; 3], shown: Counts, name: &str) -> String {
    let shown = [shown.lines, shown.words, shown.bytes];
    let counts: Vec<u64> = counts.into_iter().zip(shown).filter(|(_, s)| *s).map(|(c, _)| c).collect();
    // Of a pipe GNU's wc does not know the size beforehand: several counts get seven columns.
    let width = if counts.len() > 1 { 7 } else { 0 };
    let text: Vec<String> = counts.iter().map(|count| format!("{count:width$}")).collect();
    let text = if name.is_empty() { text.join(" ") } else { format!("{} {name}", text.join(" ")) };
    text + "\n"
}

fn sort(arguments: &mut Arguments<'_>) -> Result<Work, String> {
    let mut order = Order { reverse: false, numeric: false, unique: false, key: 0 };
    while let Some(option) = arguments.next() {
        match option {
            'r' => order.reverse = true,
            'n' => order.numeric = true,
            'u' => order.unique = true,
            'k' => {
                let text = arguments.value('k')?;
                let first = text.split(',').next().unwrap_or_default();
                order.key =
                    first.parse().map_err(|_| format!("sort: invalid number at field start: '{text}'"))?;
            }
            other => return Err(arguments.invalid(other)),
        }
    }
    Ok(Work::Sort { lines: Vec::new(), order })
}

fn sorted(mut lines: Vec<String>, order: Order) -> String {
    let key = |line: &String| -> String {
        if order.key <= 1 {
            return line.clone();
        }
        line.split_whitespace().skip(order.key - 1).collect::<Vec<_>>().join(" ")
    };
    let number = |text: &str| -> i64 {
        let text = text.trim_start();
        let end = text.char_indices().find(|(i, c)| !(c.is_ascii_digit() || *i == 0 && *c == '-'));
        text[..end.map_or(text.len(), |(i, _)| i)].parse().unwrap_or(0)
    };
    let compare = |a: &String, b: &String| {
        let (x, y) = (key(a), key(b));
        let by_key = if order.numeric { number(&x).cmp(&number(&y)) } else { x.cmp(&y) };
        let all = by_key.then_with(|| a.cmp(b));
        if order.reverse { all.reverse() } else { all }
    };
    lines.sort_by(compare);
    if order.unique {
        lines.dedup();
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn filters_do_as_gnu_does() {
        let pods = "NAME READY\nmyapp-1 1/1\nmyapp-0 0/1\nweb 1/1\n";
        let cases = [
            ("grep myapp", pods, "myapp-1 1/1\nmyapp-0 0/1\n", 0),
            ("grep -v ^NAME", pods, "myapp-1 1/1\nmyapp-0 0/1\nweb 1/1\n", 0),
            ("grep -c 1/1", pods, "2\n", 0),
            ("grep -i name", pods, "NAME READY\n", 0),
            ("grep -E ^(NAME|web)", pods, "NAME READY\nweb 1/1\n", 0),
            ("grep ^NAME\\|^web", pods, "NAME READY\nweb 1/1\n", 0),
            ("grep -o [a-z]*-[0-9]", pods, "myapp-1\nmyapp-0\n", 0),
            ("grep -F .", pods, "", 1),
            ("grep -q web", pods, "", 0),
            ("head -2", pods, "NAME READY\nmyapp-1 1/1\n", 0),
            ("head -n1", pods, "NAME READY\n", 0),
            ("tail -n 1", pods, "web 1/1\n", 0),
            ("tail -n +3", pods, "myapp-0 0/1\nweb 1/1\n", 0),
            ("wc -l", pods, "4\n", 0),
            ("wc", pods, "      4       8      43\n", 0),
            ("sort", "b\na\nb\n", "a\nb\nb\n", 0),
            ("sort -ru", "b\na\nb\n", "b\na\n", 0),
            ("sort -n", "10\n9\n-1\n", "-1\n9\n10\n", 0),
            ("sort -k2", "a 2\nb 1\n", "b 1\na 2\n", 0),
            ("cat", "no newline", "no newline", 0),
        ];
        for (line, input, output, status) in cases {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let (mut filter, _) = Filter::new(&words).expect(line);
            let (early, late) = input.split_at(input.len() / 2);
            let mut printed = filter.feed(early) + &filter.feed(late);
            let (rest, exit) = filter.finish();
            printed.push_str(&rest);
            assert_eq!((printed.as_str(), exit), (output, status), "{line}");
        }
    }

    #[test]
    fn wrong_options_are_named() {
        let cases = [
            ("grep -Z x", "grep: invalid option -- 'Z'"),
            ("head -n x", "head: invalid number of lines: 'x'"),
            ("tail -n", "tail: option requires an argument -- 'n'"),
            ("cat -n", "cat: invalid option -- 'n'"),
        ];
        for (line, message) in cases {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(Filter::new(&words).expect_err(line), message);
        }
    }
}
