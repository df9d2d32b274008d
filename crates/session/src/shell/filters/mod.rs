//! The commands that read lines and write lines: `cat`, `grep`, `head`, `sort`, `cut`, `sed`, `awk` and others.
//!
//! Follows GNU's, with the options that people use on kubectl's output. A filter takes text as it comes, so that it
//! also stands behind a command that never ends (`kubectl get pods -w | grep myapp`).

mod awk;
mod fields;
mod grep;
mod out;
mod pattern;
mod sed;
mod sort;

use std::collections::VecDeque;

use out::Out;
pub use out::{OUTPUT_LIMIT, OUTPUT_STOPPED};

/// Most lines that a filter reads.
const LINE_LIMIT: usize = 1 << 20;
/// Most work of a filter: bytes that it reads, times bytes of its script.
const WORK_LIMIT: usize = 1 << 29;

/// A running filter.
#[derive(Clone, Debug)]
pub struct Filter {
    work: Work,
    /// The last line, while its end has not come.
    partial: String,
    /// The name of the file that is read, for `wc`.
    name: String,
    /// How long its script and its options are, and how much it has done.
    weight: usize,
    lines: usize,
    done: usize,
}

#[derive(Clone, Debug)]
enum Work {
    Cat,
    Grep(Box<grep::Grep>),
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
    Sort(Box<sort::Sort>),
    Uniq(Box<fields::Uniq>),
    Cut(Box<fields::Cut>),
    Tr(Box<fields::Tr>),
    Tac(Vec<String>),
    Sed(Box<sed::Sed>),
    Awk(Box<awk::Awk>),
}

#[derive(Clone, Copy, Debug)]
struct Counts {
    lines: bool,
    words: bool,
    bytes: bool,
}

/// Whether a command is a filter.
pub fn is_filter(command: &str) -> bool {
    matches!(
        command,
        "cat"
            | "grep"
            | "egrep"
            | "fgrep"
            | "head"
            | "tail"
            | "wc"
            | "sort"
            | "uniq"
            | "cut"
            | "tr"
            | "tac"
            | "sed"
            | "awk"
    )
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
            "grep" | "egrep" | "fgrep" => Work::Grep(Box::new(grep::Grep::new(&mut arguments)?)),
            "head" => Work::Head { left: count(&mut arguments)?.0 },
            "tail" => tail(&mut arguments)?,
            "wc" => wc(&mut arguments)?,
            "sort" => Work::Sort(Box::new(sort::Sort::new(&mut arguments)?)),
            "uniq" => Work::Uniq(Box::new(fields::Uniq::new(&mut arguments)?)),
            "cut" => Work::Cut(Box::new(fields::Cut::new(&mut arguments)?)),
            "tr" => Work::Tr(Box::new(fields::Tr::new(&mut arguments)?)),
            "sed" => Work::Sed(Box::new(sed::Sed::new(&mut arguments)?)),
            "awk" => Work::Awk(Box::new(awk::Awk::new(&mut arguments)?)),
            "tac" => {
                arguments.none()?;
                Work::Tac(Vec::new())
            }
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
        let weight = words.iter().map(String::len).sum();
        Ok((Filter { work, partial: String::new(), name, weight, lines: 0, done: 0 }, files))
    }

    /// Takes text in; what comes out.
    ///
    /// # Errors
    /// Why it must not go on.
    pub fn feed(&mut self, text: &str) -> Result<String, &'static str> {
        if matches!(self.work, Work::Cat) {
            return Ok(text.to_owned());
        }
        let mut out = Out::default();
        for piece in text.split_inclusive('\n') {
            self.partial.push_str(piece);
            if piece.ends_with('\n') {
                let line = std::mem::take(&mut self.partial);
                self.line(&line, &mut out);
                if out.is_stopped() {
                    break;
                }
            }
        }
        out.done()
    }

    /// The input is over; what still comes out, and the exit status.
    ///
    /// # Errors
    /// Why it must not go on.
    pub fn finish(mut self) -> Result<(String, i32), &'static str> {
        let mut out = Out::default();
        let partial = std::mem::take(&mut self.partial);
        if !partial.is_empty() {
            self.line(&partial, &mut out);
        }
        let mut status = 0;
        match self.work {
            Work::Grep(grep) => status = grep.finish(&mut out),
            Work::Tail { lines, .. } => lines.iter().for_each(|line| out.push_str(line)),
            Work::Sort(sort) => sort.finish(&mut out),
            Work::Uniq(uniq) => uniq.finish(&mut out),
            Work::Tac(lines) => lines.iter().rev().for_each(|line| out.push_str(line)),
            Work::Sed(sed) => sed.finish(&mut out),
            Work::Awk(awk) => status = awk.finish(&mut out),
            Work::Wc { lines, words, bytes, shown } => {
                out.push_str(&counted([lines, words, bytes], shown, &self.name));
            }
            Work::Cat | Work::Head { .. } | Work::From { .. } | Work::Cut(_) | Work::Tr(_) => {}
        }
        Ok((out.done()?, status))
    }

    /// Whether nothing more can come out: whoever writes here may stop.
    pub fn is_done(&self) -> bool {
        match self.work {
            Work::Head { left } => left == 0,
            Work::Grep(ref grep) => grep.is_done(),
            Work::Sed(ref sed) => sed.is_done(),
            Work::Awk(ref awk) => awk.is_done(),
            _ => false,
        }
    }

    fn line(&mut self, line: &str, out: &mut Out) {
        self.lines += 1;
        self.done += line.len() * self.weight;
        if self.lines > LINE_LIMIT || self.done > WORK_LIMIT {
            return out.stop("stopped: too many lines, or too long ones, for a filter");
        }
        match &mut self.work {
            Work::Cat => out.push_str(line),
            Work::Grep(grep) => grep.line(line.trim_end_matches('\n'), out),
            Work::Uniq(uniq) => uniq.line(line.trim_end_matches('\n'), out),
            Work::Cut(cut) => cut.line(line.trim_end_matches('\n'), out),
            Work::Tr(tr) => tr.text(line, out),
            Work::Tac(lines) => lines.push(format!("{}\n", line.trim_end_matches('\n'))),
            Work::Sed(sed) => sed.line(line.trim_end_matches('\n'), out),
            Work::Awk(awk) => awk.line(line.trim_end_matches('\n'), out),
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
            Work::Sort(sort) => sort.line(line.trim_end_matches('\n')),
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
                // Colours are never shown, so it is all the same whether they are asked for.
                Some(long) if long.starts_with("-color") => {}
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
            ("sort -h", "1Gi\n500Mi\n-1K\n2\n9999\n1.5G\n", "-1K\n2\n9999\n500Mi\n1Gi\n1.5G\n", 0),
            ("sort -rh -k2", "a 2Mi\nb 1Gi\n", "b 1Gi\na 2Mi\n", 0),
            ("sort -k2", "a 2\nb 1\n", "b 1\na 2\n", 0),
            ("cat", "no newline", "no newline", 0),
            ("grep -n 1/1", pods, "2:myapp-1 1/1\n4:web 1/1\n", 0),
            ("grep -A1 NAME", pods, "NAME READY\nmyapp-1 1/1\n", 0),
            ("grep -B1 web", pods, "myapp-0 0/1\nweb 1/1\n", 0),
            ("grep -m1 1/1", pods, "myapp-1 1/1\n", 0),
            ("grep -x web", "web\nweb2\n", "web\n", 0),
            ("egrep NAME|web", pods, "NAME READY\nweb 1/1\n", 0),
            ("sort -t: -k2n", "a:10\nb:9\n", "b:9\na:10\n", 0),
            ("sort -k2,2 -k1,1r", "a 1\nb 1\nc 0\n", "c 0\nb 1\na 1\n", 0),
            ("uniq", "a\na\nb\na\n", "a\nb\na\n", 0),
            ("uniq -c", "a\na\nb\n", "      2 a\n      1 b\n", 0),
            ("uniq -d", "a\na\nb\n", "a\n", 0),
            ("uniq -u", "a\na\nb\n", "b\n", 0),
            ("cut -d: -f1,3", "a:b:c\nx\n", "a:c\nx\n", 0),
            ("cut -d: -f2-", "a:b:c\n", "b:c\n", 0),
            ("cut -c1-3", "abcdef\n", "abc\n", 0),
            ("tr a-c A-C", "abcd\n", "ABCd\n", 0),
            ("tr -d bc", "abcd\n", "ad\n", 0),
            ("tr -s a", "aaab\n", "ab\n", 0),
            ("tr , \\n", "a,b", "a\nb", 0),
            ("tac", "a\nb\n", "b\na\n", 0),
            ("sed s/web/W/", pods, "NAME READY\nmyapp-1 1/1\nmyapp-0 0/1\nW 1/1\n", 0),
            ("sed s/a/b/g", "aaa\n", "bbb\n", 0),
            ("sed s/a/b/2", "aaa\n", "aba\n", 0),
            ("sed s/a/b/10", "aaaaaaaaaaa\n", "aaaaaaaaaba\n", 0),
            ("sed s/a/b/2g", "aaa\n", "abb\n", 0),
            ("sed s/\\(a\\)\\(b\\)/\\2\\1&/", "ab\n", "baab\n", 0),
            ("sed -E s|(a)+|<\\1>|", "aab\n", "<a>b\n", 0),
            ("sed -n 2p", pods, "myapp-1 1/1\n", 0),
            ("sed 1d", "a\nb\n", "b\n", 0),
            ("sed -n /myapp/p", pods, "myapp-1 1/1\nmyapp-0 0/1\n", 0),
            ("sed /myapp/d;1d", pods, "web 1/1\n", 0),
            ("sed $d", "a\nb\n", "a\n", 0),
            ("sed 2q", pods, "NAME READY\nmyapp-1 1/1\n", 0),
            ("sed -n 2,3p", pods, "myapp-1 1/1\nmyapp-0 0/1\n", 0),
            ("awk {print$1}", "a b\n  c d\n", "a\nc\n", 0),
        ];
        for (line, input, output, status) in cases {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let (mut filter, _) = Filter::new(&words).expect(line);
            let (early, late) = input.split_at(input.len() / 2);
            let mut printed = filter.feed(early).expect(line) + &filter.feed(late).expect(line);
            let (rest, exit) = filter.finish().expect(line);
            printed.push_str(&rest);
            assert_eq!((printed.as_str(), exit), (output, status), "{line}");
        }
    }

    #[test]
    fn filters_are_bounded() {
        let numbers: String = (0..100_000).map(|n| format!("{n}\n")).collect();
        let doubled = "s/a/aa/g;".repeat(40);
        let prints = format!("sed {}", "p;".repeat(200));
        let cases = [
            ("awk {s=s$1s}", numbers.as_str(), "a line or value in a filter may have 1024 KiB"),
            ("awk {s=s$1;print(s)}", numbers.as_str(), "a line may write 16 MiB"),
            ("awk {x=$1;printf\"%999d%999d%999d\",1,2,3}", numbers.as_str(), "a line may write 16 MiB"),
            (&format!("sed {doubled}"), "a\n", "a line or value in a filter may have 1024 KiB"),
            (&prints, numbers.as_str(), "a line may write 16 MiB"),
            (&format!("awk {{{}}}", "x=$0;".repeat(10_000)), numbers.as_str(), "an awk may make 128 MiB"),
            ("tac", &"\n".repeat(2 << 20), "too many lines"),
        ];
        for (line, input, message) in cases {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let (mut filter, _) = Filter::new(&words).expect(line);
            let stopped = filter.feed(input).and_then(|_| filter.finish()).expect_err(message);
            assert!(stopped.contains(message), "{stopped}, not {message}");
        }
        // A set of characters is never larger than what is kept of it.
        let words = ["tr", "\u{1}-\u{10ffff}\u{1}-\u{10ffff}", "x"].map(str::to_owned);
        assert!(Filter::new(&words).is_ok());
    }

    #[test]
    fn wrong_options_are_named() {
        let cases = [
            ("sed s/a/b/0", "sed: -e expression #1: number option to `s' command may not be zero"),
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
