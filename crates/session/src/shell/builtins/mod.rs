//! The commands besides kubectl, and the table of what exists.
//!
//! Follows bash's builtins and GNU's coreutils, with the options that people use here. Time is the cluster's.

mod condition;
mod files;
mod memory;
mod texts;
mod times;

use jiff::Timestamp;
use kubectl::{Invocation, Stream};

use super::filters::{self, Filter, OUTPUT_LIMIT, OUTPUT_STOPPED};
use super::{Env, Memory, Printed};

pub use memory::unaliased;
pub use times::watch_header;

/// How a command began.
pub enum Started {
    /// It has ended already, with this status.
    Done(i32),
    /// A kubectl that has to be resumed.
    Kubectl(Box<Invocation>),
    /// It ends at this time.
    Sleep(Timestamp),
    /// Another command, which ends at this time at the latest, if there is one.
    Timed(Option<Timestamp>, Vec<String>),
    /// A line for another shell.
    Shell(String),
    /// A line for another shell, again and again after so many milliseconds.
    Watch(i64, String),
    /// Commands that run one after the other.
    Batch(Vec<Vec<String>>),
    /// A line of standard input goes to these variables.
    Read(Vec<String>),
    /// So many loops end.
    Break(usize),
    /// The outermost of so many loops goes on with its next round.
    Continue(usize),
    /// The line, or the subshell, ends with this status.
    Exit(i32),
    /// The line may not go on; why.
    Stopped(&'static str),
    /// There is no such command; what we say besides.
    Unknown(String),
}

/// Every command, with what `help` says of it.
pub const COMMANDS: [(&str, &str); 51] = [
    ("kubectl", "talks to the cluster; `k` is short for it"),
    ("[", "is true or not: [ -f FILE ], [ A = B ], [ 1 -lt 2 ]"),
    ("alias", "gives a command another name: alias kg='kubectl get'"),
    ("awk", "prints fields of lines: … | awk '{print $1}'"),
    ("bash", "runs a line: bash -c LINE"),
    ("break", "ends a loop"),
    ("cat", "shows files: cat FILE…"),
    ("clear", "empties the terminal"),
    ("continue", "goes on with a loop's next round"),
    ("cp", "copies a file: cp FROM TO"),
    ("cut", "keeps parts of lines: … | cut -d: -f1,3"),
    ("date", "tells the cluster's time: date [+FORMAT]"),
    ("echo", "prints its words: echo [-n] [-e] WORD…"),
    ("env", "lists the variables"),
    ("eval", "runs its words as a line"),
    ("exit", "ends the line: exit [STATUS]"),
    ("export", "sets variables: export NAME=VALUE"),
    ("false", "fails"),
    ("grep", "keeps lines: … | grep [-civqownEF] [-A N] [-B N] PATTERN"),
    ("head", "keeps the first lines: … | head [-n N]"),
    ("help", "shows this"),
    ("history", "lists the lines typed so far"),
    ("hostname", "tells this machine's name"),
    ("k", "kubectl"),
    ("ls", "lists the files"),
    ("mv", "renames a file: mv FROM TO"),
    ("printf", "prints a format: printf '%s\\n' WORD…"),
    ("pwd", "tells the folder"),
    ("read", "takes a line of standard input: … | while read NAME; do …"),
    ("rm", "removes files: rm FILE…"),
    ("sed", "changes lines: … | sed 's/OLD/NEW/g'"),
    ("seq", "counts: seq [FIRST [STEP]] LAST"),
    ("sh", "runs a line: sh -c LINE"),
    ("sleep", "lets the cluster's time pass: sleep 5, sleep 2m"),
    ("sort", "sorts lines: … | sort [-nru] [-t C] [-k N]"),
    ("tac", "turns the order of lines around"),
    ("tail", "keeps the last lines: … | tail [-n N]"),
    ("tee", "writes to a file, too: … | tee FILE"),
    ("test", "is true or not: test -f FILE"),
    ("timeout", "ends a command after a while: timeout 5 COMMAND"),
    ("touch", "makes empty files: touch FILE…"),
    ("tr", "exchanges characters: … | tr a-z A-Z"),
    ("true", "succeeds"),
    ("type", "tells what a word means"),
    ("unalias", "forgets an alias"),
    ("uniq", "leaves out repeated lines: … | uniq [-cdu]"),
    ("unset", "forgets variables"),
    ("watch", "runs a command every two seconds: watch [-n S] COMMAND"),
    ("wc", "counts lines, words and bytes: … | wc [-l] [-w] [-c]"),
    ("whoami", "tells who types"),
    ("xargs", "puts words behind a command: … | xargs [-n N] [-I X] COMMAND"),
];

/// Whether there is a command of that name.
pub fn is_command(name: &str) -> bool {
    COMMANDS.iter().any(|(known, _)| *known == name)
        || filters::is_filter(name)
        || matches!(name, ":" | "printenv" | "which" | "command")
}

/// Whether a command's words are names of files.
pub fn takes_files(command: &str) -> bool {
    filters::is_filter(command)
        || matches!(command, "ls" | "rm" | "mv" | "cp" | "touch" | "tee" | "test" | "[")
}

/// The one folder, and the machine that it is on.
const HOME: &str = "/root";
const HOST: &str = "playground";

const SYNTAX: &str = "\
Between them: 'quotes', \"quotes\", $variable, ${name:-default}, NAME=value, $(command) and `command`, $((1+1)), {1..5}, *.yaml,
; && || ! and pipes, > FILE, >> FILE, < FILE, >&2, 2>&1, <<EOF here-documents, <<< words,
if …; then …; fi, for NAME in WORDS; do …; done, while …; do …; done, { …; }, (…), # comments.
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
        "sleep" | "timeout" | "watch" => match times::start(arguments, env.now, &mut io) {
            Ok(started) => return started,
            Err(status) => status,
        },
        "alias" | "unalias" | "export" | "unset" | "env" | "printenv" | "type" | "which" | "command"
        | "read" | "break" | "continue" | "exit" | "eval" | "sh" | "bash" | "xargs" => {
            return memory::start(arguments, input, memory, &mut io);
        }
        "true" | ":" => 0,
        "false" => 1,
        "test" | "[" => condition::test(arguments, env, &mut io),
        "echo" => io.print(texts::echo(arguments)),
        "printf" => texts::printf(arguments, &mut io),
        "seq" => texts::seq(arguments, &mut io),
        "date" => times::date(arguments, env.now, &mut io),
        "ls" => files::ls(arguments, env, &mut io),
        "rm" => files::rm(arguments, env, &mut io),
        "touch" => files::touch(arguments, env, &mut io),
        "mv" | "cp" => files::copy(arguments, env, &mut io),
        "tee" => files::tee(arguments, input, env, &mut io),
        "pwd" => io.print(format!("{HOME}\n")),
        "whoami" => io.print("root\n".to_owned()),
        "hostname" => io.print(format!("{HOST}\n")),
        "history" => io.print(history(memory)),
        "help" => io.print(help()),
        "clear" => {
            env.printed.push(Printed::Clear);
            0
        }
        filter if filters::is_filter(filter) => match run_filter(words, input, env, &mut io) {
            Ok(status) => status,
            Err(why) => return Started::Stopped(why),
        },
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

/// How many bytes a command may have to read.
pub fn bytes_read(words: &[String], input: Option<&str>, env: &Env<'_>) -> usize {
    match words.split_first() {
        Some((command, files))
            if filters::is_filter(command) || matches!(command.as_str(), "tee" | "xargs") =>
        {
            let files = files.iter().filter_map(|name| env.files.get(name));
            files.chain(input).map(str::len).sum()
        }
        _ => 0,
    }
}

fn run_filter(
    words: &[String],
    input: Option<&str>,
    env: &Env<'_>,
    io: &mut Io<'_>,
) -> Result<i32, &'static str> {
    let (mut filter, files) = match Filter::new(words) {
        Ok(filter) => filter,
        Err(message) => {
            io.output.push((Stream::Err, message + "\n"));
            return Ok(2);
        }
    };
    let mut missing = false;
    if files.is_empty() {
        let Some(input) = input else {
            return Ok(io.fail("nothing to read: name a file, or put it behind a pipe"));
        };
        io.print(filter.feed(input)?);
    }
    let mut length = 0;
    for name in &files {
        match env.files.get(name) {
            Some(text) => {
                let text = filter.feed(text)?;
                length += text.len();
                if length > OUTPUT_LIMIT {
                    return Err(OUTPUT_STOPPED);
                }
                io.print(text);
            }
            None => {
                io.fail(&format!("{name}: No such file or directory"));
                missing = true;
            }
        }
    }
    let (rest, status) = filter.finish()?;
    io.print(rest);
    Ok(if missing { 1 } else { status })
}
