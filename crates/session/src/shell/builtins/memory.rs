//! Commands on what the shell remembers and on other commands: `alias`, `export`, `read`, `xargs`, `sh -c`.

use kubectl::Stream;

use super::super::lexer::{self, Part, Token};
use super::super::variables::Variables;
use super::{Io, Memory, Started, is_command};

/// Most commands that `xargs` makes, most bytes of their words, and what each word counts besides.
const BATCH_LIMIT: usize = 1000;
const BATCH_BYTES: usize = 4 << 20;
const WORD_COST: usize = 32;
/// How many aliases in a row may stand for each other.
const ALIAS_LIMIT: usize = 20;

/// Starts one of these commands.
pub(super) fn start(
    arguments: &[String],
    input: Option<&str>,
    memory: &mut Memory,
    io: &mut Io<'_>,
) -> Started {
    let status = match io.command {
        "alias" => alias(arguments, memory, io),
        "unalias" => unalias(arguments, memory, io),
        "export" => export(arguments, memory, io),
        "unset" => {
            for name in arguments {
                memory.variables.remove(name);
            }
            0
        }
        "env" | "printenv" => environment(arguments, memory, io),
        "type" | "which" | "command" => meaning(arguments, memory, io),
        "read" => {
            let names: Vec<String> =
                arguments.iter().filter(|name| !name.starts_with('-')).cloned().collect();
            return Started::Read(if names.is_empty() { vec!["REPLY".to_owned()] } else { names });
        }
        "break" | "continue" | "exit" => return leave(arguments, memory, io),
        "eval" => return Started::Shell(arguments.join(" ")),
        "sh" | "bash" => match arguments {
            [option, line, ..] if option == "-c" => return Started::Shell(line.clone()),
            [] if input.is_some() => return Started::Shell(input.unwrap_or_default().to_owned()),
            _ => io.fail("here it runs a line only: sh -c 'LINE'"),
        },
        _ => match xargs(arguments, input.unwrap_or_default()) {
            Ok(commands) => return Started::Batch(commands),
            Err(message) => io.fail(&message),
        },
    };
    Started::Done(status)
}

/// The words with what stands behind an alias in its place; an alias within its own meaning is a command.
///
/// # Errors
/// Where an alias is more than a command's first words.
pub fn unaliased(words: &[String], memory: &Memory) -> Result<Vec<String>, String> {
    let mut words = words.to_vec();
    let mut seen: Vec<String> = Vec::new();
    while seen.len() < ALIAS_LIMIT
        && let Some(name) = words.first().filter(|name| !seen.contains(name)).cloned()
        && let Some(value) = memory.aliases.get(&name)
    {
        let tokens = lexer::tokens(value).unwrap_or_default().into_iter();
        let plain: Option<Vec<String>> = tokens.map(plain).collect();
        let Some(mut expanded) = plain.filter(|words| !words.is_empty()) else {
            return Err(format!("bash: {name}: here an alias stands for a command and its first words only"));
        };
        expanded.extend(words.drain(1..));
        words = expanded;
        seen.push(name);
    }
    Ok(words)
}

/// The text of a word without expansions.
fn plain(token: Token) -> Option<String> {
    let Token::Word(word) = token else { return None };
    word.parts.into_iter().try_fold(String::new(), |text, part| match part {
        Part::Text { text: more, .. } => Some(text + &more),
        _ => None,
    })
}

fn alias(arguments: &[String], memory: &mut Memory, io: &mut Io<'_>) -> i32 {
    let shown = |name: &str, value: &str| format!("alias {name}='{value}'\n");
    if arguments.is_empty() {
        return io.print(memory.aliases.iter().map(|(name, value)| shown(name, value)).collect());
    }
    let mut status = 0;
    for argument in arguments {
        match argument.split_once('=') {
            Some((name, value)) => {
                if let Err(why) = memory.aliases.set(name, value) {
                    return io.fail(&why);
                }
            }
            None => match memory.aliases.get(argument).cloned() {
                Some(value) => drop(io.print(shown(argument, &value))),
                None => status = not_found(io, argument),
            },
        }
    }
    status
}

fn unalias(arguments: &[String], memory: &mut Memory, io: &mut Io<'_>) -> i32 {
    let mut status = 0;
    for name in arguments {
        if name == "-a" {
            memory.aliases = Variables::default();
        } else if !memory.aliases.remove(name) {
            status = not_found(io, name);
        }
    }
    status
}

fn not_found(io: &mut Io<'_>, name: &str) -> i32 {
    io.output.push((Stream::Err, format!("bash: {}: {name}: not found\n", io.command)));
    1
}

fn export(arguments: &[String], memory: &mut Memory, io: &mut Io<'_>) -> i32 {
    let names: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    if names.is_empty() {
        let line = |(name, value): (&str, &str)| format!("declare -x {name}=\"{value}\"\n");
        return io.print(memory.variables.iter().map(line).collect());
    }
    for name in names {
        let set = match name.split_once('=') {
            Some((name, value)) => memory.variables.set(name, value),
            None if memory.variables.get(name).is_some() => Ok(()),
            None => memory.variables.set(name, ""),
        };
        if let Err(why) = set {
            return io.fail(&why);
        }
    }
    0
}

fn environment(arguments: &[String], memory: &Memory, io: &mut Io<'_>) -> i32 {
    match arguments {
        [] => {
            let line = |(name, value): (&str, &str)| format!("{name}={value}\n");
            io.print(memory.variables.iter().map(line).collect())
        }
        [name] => match memory.variables.get(name) {
            Some(value) => io.print(format!("{value}\n")),
            None => 1,
        },
        _ => io.fail("here it lists the variables only"),
    }
}

fn meaning(arguments: &[String], memory: &Memory, io: &mut Io<'_>) -> i32 {
    let mut status = 0;
    for name in arguments.iter().filter(|argument| !argument.starts_with('-')) {
        let text = match (memory.aliases.get(name), io.command) {
            (Some(value), "type") => format!("{name} is aliased to `{value}'\n"),
            (Some(value), _) => format!("alias {name}='{value}'\n"),
            (None, "type") if is_command(name) => format!("{name} is /usr/bin/{name}\n"),
            (None, _) if is_command(name) => format!("/usr/bin/{name}\n"),
            (None, command) => {
                if command == "type" {
                    io.output.push((Stream::Err, format!("bash: type: {name}: not found\n")));
                }
                status = 1;
                continue;
            }
        };
        io.print(text);
    }
    status
}

fn leave(arguments: &[String], memory: &Memory, io: &mut Io<'_>) -> Started {
    let number = arguments.first().map(|text| text.parse::<i32>());
    match (io.command, number) {
        (command, Some(Err(_))) => {
            let argument = &arguments[0];
            io.output
                .push((Stream::Err, format!("bash: {command}: {argument}: numeric argument required\n")));
            Started::Exit(2)
        }
        ("exit", number) => Started::Exit(number.and_then(Result::ok).unwrap_or(memory.status) & 0xff),
        ("break", number) => Started::Break(loops(number)),
        (_, number) => Started::Continue(loops(number)),
    }
}

fn loops(number: Option<Result<i32, std::num::ParseIntError>>) -> usize {
    number.and_then(Result::ok).and_then(|number| usize::try_from(number).ok()).unwrap_or(1).max(1)
}

/// The commands that `xargs` runs.
fn xargs(arguments: &[String], input: &str) -> Result<Vec<Vec<String>>, String> {
    let (mut at_once, mut place, mut skip_empty, mut rest) = (usize::MAX, None, false, arguments);
    while let Some((option, more)) = rest.split_first().filter(|(option, _)| option.starts_with('-')) {
        let behind = option.char_indices().nth(2).map_or(option.len(), |(at, _)| at);
        let (letter, attached) = option.split_at(behind);
        let value = || match attached {
            "" => more.first().cloned().map(|value| (value, &more[1..])),
            attached => Some((attached.to_owned(), more)),
        };
        let missing = || format!("option requires an argument -- '{}'", &letter[1..]);
        match letter {
            "-r" | "-t" => (skip_empty, rest) = (skip_empty || letter == "-r", more),
            "-n" | "-L" => {
                let (text, behind) = value().ok_or_else(missing)?;
                at_once = text
                    .parse()
                    .ok()
                    .filter(|n| *n > 0)
                    .ok_or(format!("invalid number \"{text}\" for -n option"))?;
                rest = behind;
            }
            "-I" => {
                let (text, behind) = value().ok_or_else(missing)?;
                if text.is_empty() {
                    return Err("-I: a word has to stand there".to_owned());
                }
                (place, rest) = (Some(text), behind);
            }
            _ => return Err(format!("invalid option -- '{}'", option.trim_start_matches('-'))),
        }
    }
    let command: Vec<String> = if rest.is_empty() { vec!["echo".to_owned()] } else { rest.to_vec() };
    // What each command gets: a line that takes the place of parts of its words, or words behind the others.
    let mut shares: Vec<Vec<&str>> = match place {
        Some(_) => {
            let lines = input.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.map(|line| vec![line]).collect()
        }
        None => {
            let words: Vec<&str> = input.split_whitespace().collect();
            words.chunks(at_once.min(words.len().max(1))).map(<[&str]>::to_vec).collect()
        }
    };
    if shares.is_empty() && place.is_none() && !skip_empty {
        shares.push(Vec::new());
    }
    let places = match &place {
        Some(place) => command.iter().map(|word| word.matches(place).count()).sum(),
        None => 1,
    };
    let length = command.iter().map(|word| word.len() + WORD_COST).sum::<usize>();
    if shares.len() > BATCH_LIMIT {
        return Err(format!("{} commands; here it runs at most {BATCH_LIMIT}", shares.len()));
    }
    if length * shares.len() + places * input.len() > BATCH_BYTES {
        return Err(format!("here all commands together may have {} KiB", BATCH_BYTES >> 10));
    }
    let filled = |share: Vec<&str>| match &place {
        Some(place) => command.iter().map(|word| word.replace(place, &share.concat())).collect(),
        None => command.iter().map(String::as_str).chain(share).map(str::to_owned).collect(),
    };
    Ok(shares.into_iter().map(filled).collect())
}
