//! The commands besides kubectl, and the table of what exists.
//!
//! Follows bash's builtins and GNU's coreutils, with the options that people use here. Time is the cluster's.

use jiff::{Timestamp, tz};
use kubectl::{Invocation, Stream};

use super::filters::{self, Filter};
use super::{Env, Memory, Printed};

/// Most numbers that `seq` prints.
const SEQ_LIMIT: u64 = 100_000;

/// How a command began.
pub enum Started {
    /// It has ended already, with this status.
    Done(i32),
    /// A kubectl that has to be resumed.
    Kubectl(Box<Invocation>),
    /// It ends at this time.
    Sleep(Timestamp),
    /// Another command, which ends at this time at the latest.
    Timed(Timestamp, Vec<String>),
    /// There is no such command; what we say besides.
    Unknown(String),
}

/// Every command, with what `help` says of it.
pub const COMMANDS: [(&str, &str); 20] = [
    ("kubectl", "talks to the cluster; `k` is short for it"),
    ("cat", "shows files: cat FILE…"),
    ("clear", "empties the terminal"),
    ("date", "tells the cluster's time: date [+FORMAT]"),
    ("echo", "prints its words: echo [-n] [-e] WORD…"),
    ("false", "fails"),
    ("grep", "keeps lines: … | grep [-civqowEF] PATTERN"),
    ("head", "keeps the first lines: … | head [-n N]"),
    ("help", "shows this"),
    ("history", "lists the lines typed so far"),
    ("k", "kubectl"),
    ("ls", "lists the files"),
    ("rm", "removes files: rm FILE…"),
    ("seq", "counts: seq [FIRST [STEP]] LAST"),
    ("sleep", "lets the cluster's time pass: sleep 5, sleep 2m"),
    ("sort", "sorts lines: … | sort [-nru] [-k N]"),
    ("tail", "keeps the last lines: … | tail [-n N]"),
    ("timeout", "ends a command after a while: timeout 5 COMMAND"),
    ("true", "succeeds"),
    ("wc", "counts lines, words and bytes: … | wc [-l] [-w] [-c]"),
];

/// Whether there is a command of that name.
pub fn is_command(name: &str) -> bool {
    COMMANDS.iter().any(|(known, _)| *known == name)
}

/// Whether a command's words are names of files.
pub fn takes_files(command: &str) -> bool {
    filters::is_filter(command) || matches!(command, "ls" | "rm")
}

const SYNTAX: &str = "\
Between them: 'quotes', \"quotes\", $variable, NAME=value, $(command) and `command`, {1..5}, ; && ||, pipes,
> FILE, >> FILE, <<EOF here-documents, for NAME in WORDS; do COMMANDS; done, # comments.
";

/// Starts a command; a list without words succeeds.
pub fn start(
    words: &[String],
    input: Option<&str>,
    memory: &mut Memory,
    env: &mut Env<'_>,
    output: &mut Vec<(Stream, String)>,
) -> Started {
    let Some((command, arguments)) = words.split_first() else { return Started::Done(memory.status) };
    let mut io = Io { command, output };
    let status = match command.as_str() {
        "kubectl" | "k" => {
            return Started::Kubectl(Box::new(Invocation::new(arguments, input.map(str::to_owned))));
        }
        "sleep" => match duration_ms(arguments) {
            Ok(ms) => return Started::Sleep(machinery::time::after_ms(env.now, ms)),
            Err(message) => io.fail(&message),
        },
        "timeout" => match arguments.split_first() {
            Some((limit, command)) if !command.is_empty() => match duration_ms(std::slice::from_ref(limit)) {
                Ok(ms) => return Started::Timed(machinery::time::after_ms(env.now, ms), command.to_vec()),
                Err(message) => io.fail(&message),
            },
            _ => io.fail("missing operand"),
        },
        "true" | ":" => 0,
        "false" => 1,
        "echo" => io.print(echo(arguments)),
        "seq" => seq(arguments, &mut io),
        "date" => date(arguments, env.now, &mut io),
        "ls" => ls(arguments, env, &mut io),
        "rm" => rm(arguments, env, &mut io),
        "history" => io.print(history(memory)),
        "help" => io.print(help()),
        "clear" => {
            env.printed.push(Printed::Clear);
            0
        }
        filter if filters::is_filter(filter) => run_filter(words, input, env, &mut io),
        unknown => {
            io.output.push((Stream::Err, format!("bash: {unknown}: command not found\n")));
            return Started::Unknown(hint(unknown));
        }
    };
    Started::Done(status)
}

/// Where a command prints.
struct Io<'a> {
    command: &'a str,
    output: &'a mut Vec<(Stream, String)>,
}

impl Io<'_> {
    fn print(&mut self, text: String) -> i32 {
        self.output.push((Stream::Out, text));
        0
    }

    /// `COMMAND: message` on standard error, and status 1.
    fn fail(&mut self, message: &str) -> i32 {
        self.output.push((Stream::Err, format!("{}: {message}\n", self.command)));
        1
    }
}

fn hint(unknown: &str) -> String {
    match unknown {
        "vim" | "vi" | "nano" | "emacs" | "code" => {
            "the editor's tabs are the files; edit them there".to_owned()
        }
        _ => {
            let names: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
            format!("here there are: {}", names.join(" "))
        }
    }
}

fn help() -> String {
    let mut text = "Commands:\n".to_owned();
    for (name, meaning) in COMMANDS {
        text.push_str(&format!("  {name:<8} {meaning}\n"));
    }
    text + SYNTAX
}

fn history(memory: &Memory) -> String {
    let lines = memory.history.iter().enumerate();
    lines.map(|(index, line)| format!("{:5}  {line}\n", index + 1)).collect()
}

fn echo(arguments: &[String]) -> String {
    let mut rest = arguments;
    let (mut newline, mut escapes) = (true, false);
    while let Some((option, more)) = rest.split_first() {
        let letters = option.strip_prefix('-').unwrap_or_default();
        if letters.is_empty() || !letters.chars().all(|c| matches!(c, 'n' | 'e' | 'E')) {
            break;
        }
        newline &= !letters.contains('n');
        escapes = letters.contains('e') || escapes && !letters.contains('E');
        rest = more;
    }
    let mut text = rest.join(" ");
    if escapes {
        text = unescape(&text);
    }
    if newline {
        text.push('\n');
    }
    text
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('\\') => out.push('\\'),
            other => {
                out.push('\\');
                out.extend(other);
            }
        }
    }
    out
}

fn seq(arguments: &[String], io: &mut Io<'_>) -> i32 {
    let mut numbers = Vec::new();
    for argument in arguments {
        match argument.parse::<i64>() {
            Ok(number) => numbers.push(number),
            Err(_) => {
                return io.fail(&format!("‘{argument}’ is no whole number, and here seq takes only those"));
            }
        }
    }
    let (first, step, last) = match numbers[..] {
        [last] => (1, 1, last),
        [first, last] => (first, 1, last),
        [first, step, last] => (first, step, last),
        [] => return io.fail("missing operand"),
        _ => return io.fail("extra operand"),
    };
    if step == 0 {
        return io.fail("invalid Zero increment value: ‘0’");
    }
    if first.abs_diff(last) / step.unsigned_abs() >= SEQ_LIMIT {
        return io.fail(&format!("here it prints at most {SEQ_LIMIT} numbers"));
    }
    let mut text = String::new();
    let mut number = first;
    while if step > 0 { number <= last } else { number >= last } {
        text.push_str(&format!("{number}\n"));
        let Some(next) = number.checked_add(step) else { break };
        number = next;
    }
    io.print(text)
}

/// `5`, `0.5`, `2m`; several add up.
fn duration_ms(arguments: &[String]) -> Result<i64, String> {
    if arguments.is_empty() {
        return Err("missing operand".to_owned());
    }
    let mut sum: i64 = 0;
    for argument in arguments {
        let digits = argument.trim_end_matches(['s', 'm', 'h', 'd']);
        let unit = match &argument[digits.len()..] {
            "" | "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => 0,
        };
        let ms = thousandths(digits).filter(|_| unit > 0);
        let ms = ms.ok_or_else(|| format!("invalid time interval ‘{argument}’"))?;
        sum = sum.saturating_add(ms.saturating_mul(unit) / 1000);
    }
    Ok(sum)
}

/// A decimal number without sign, times 1000.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if text.is_empty() || text == "." || !(whole.to_owned() + fraction).chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    whole.checked_mul(1000)?.checked_add(fraction)
}

fn date(arguments: &[String], now: Timestamp, io: &mut Io<'_>) -> i32 {
    let format = match arguments {
        [] => "%a %b %e %H:%M:%S UTC %Y",
        [format] if format.starts_with('+') => &format[1..],
        [other, ..] => {
            return io.fail(&format!("invalid date ‘{other}’; here it takes only +FORMAT"));
        }
    };
    match jiff::fmt::strtime::format(format, &now.to_zoned(tz::TimeZone::UTC)) {
        Ok(text) => io.print(text + "\n"),
        Err(error) => io.fail(&format!("‘{format}’: {error}")),
    }
}

fn ls(arguments: &[String], env: &Env<'_>, io: &mut Io<'_>) -> i32 {
    let (options, names): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|a| a.starts_with('-'));
    let letters: String = options.iter().map(|option| &option[1..]).collect();
    if let Some(letter) = letters.chars().find(|letter| !matches!(letter, 'l' | 'a' | 'A' | '1')) {
        return io.fail(&format!("invalid option -- '{letter}'"));
    }
    let mut status = 0;
    let mut found = Vec::new();
    for name in names.iter().filter(|name| !matches!(name.as_str(), "." | "./")) {
        if env.files.get(name).is_some() {
            found.push((*name).clone());
        } else {
            io.fail(&format!("cannot access '{name}': No such file or directory"));
            status = 2;
        }
    }
    if found.is_empty() && status == 0 {
        found = env.files.names();
    }
    if letters.contains('l') {
        let sized = found.iter().map(|name| (name, env.files.get(name).map_or(0, str::len)));
        let rows: String =
            sized.map(|(name, size)| format!("-rw-r--r-- 1 root root {size:>7} {name}\n")).collect();
        io.print(rows);
    } else if !found.is_empty() {
        io.print(found.iter().map(|name| format!("{name}\n")).collect());
    }
    status
}

fn rm(arguments: &[String], env: &mut Env<'_>, io: &mut Io<'_>) -> i32 {
    let force = arguments.iter().any(|argument| argument == "-f");
    let mut status = 0;
    for name in arguments.iter().filter(|argument| *argument != "-f") {
        if env.files.get(name).is_some() {
            env.files.remove(name.strip_prefix("./").unwrap_or(name));
        } else if !force {
            status = io.fail(&format!("cannot remove '{name}': No such file or directory"));
        }
    }
    status
}

fn run_filter(words: &[String], input: Option<&str>, env: &Env<'_>, io: &mut Io<'_>) -> i32 {
    let (mut filter, files) = match Filter::new(words) {
        Ok(filter) => filter,
        Err(message) => {
            io.output.push((Stream::Err, message + "\n"));
            return 2;
        }
    };
    let mut missing = false;
    if files.is_empty() {
        let Some(input) = input else {
            return io.fail("nothing to read: name a file, or put it behind a pipe");
        };
        io.print(filter.feed(input));
    }
    for name in &files {
        match env.files.get(name) {
            Some(text) => drop(io.print(filter.feed(text))),
            None => {
                io.fail(&format!("{name}: No such file or directory"));
                missing = true;
            }
        }
    }
    let (rest, status) = filter.finish();
    io.print(rest);
    if missing { 1 } else { status }
}
