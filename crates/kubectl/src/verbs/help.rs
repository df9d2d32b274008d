//! Help, short and in our own words, of what works here; only groups of commands say what they say upstream.

use super::{COMMANDS, Call, Command, Next, groups, overview, suggest};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, GLOBAL};
use crate::printers::tabwriter::{DESCRIBE, align};

pub(super) const COMMAND: Command = Command {
    name: "help",
    about: "Help about any command",
    usage: || &["kubectl help [COMMAND]"],
    flags: || &[],
    run: of,
};

pub(super) const OPTIONS: Command = Command {
    name: "options",
    about: "Print the flags that every command has",
    usage: || &["kubectl options"],
    flags: || &[],
    run: |_, context| {
        context.out(format!("These flags can be passed to any command:\n\n{}", flag_lines(GLOBAL)));
        Ok(Next::Done)
    },
};

/// `kubectl` alone, or with nothing but flags.
pub(super) fn root(context: &mut Context<'_, '_>) -> Next {
    context.out(overview::text(context.env.features));
    Next::Done
}

/// A group such as `rollout` without a command, or with one that it does not have (`DefaultSubCommandRun`).
pub(super) fn group(name: &str, rest: &[String], context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let path = format!("kubectl {name}");
    let parsed = flags::parse(&[], rest).map_err(|error| super::wrong_flag(&path, &error))?;
    let printed = groups::printed(name);
    if parsed.on("help") || !printed.fails {
        context.out(printed.text);
        return Ok(Next::Done);
    }
    if !parsed.args.is_empty() {
        let words = crate::go_value::quote(&parsed.args.join(" "));
        return Err(Failure::usage(&path, &format!("unknown command {words}")));
    }
    if printed.is_error {
        context.err(printed.text);
    } else {
        context.out(printed.text);
    }
    Ok(Next::Exit(1))
}

/// A command's help.
pub(super) fn text(command: &Command) -> String {
    let lines = |lines: &[&str]| lines.iter().map(|line| format!("  {line}\n")).collect::<String>();
    let usage = (command.usage)();
    let (usage, examples) = usage.split_at(1.min(usage.len()));
    let mut text = format!("{}.\n\nUsage:\n{}", command.about, lines(usage));
    if !examples.is_empty() {
        text.push_str(&format!("\nExamples:\n{}", lines(examples)));
    }
    let flags: Vec<Flag> = (command.flags)().iter().flat_map(|flags| flags.iter().copied()).collect();
    if !flags.is_empty() {
        text.push_str(&format!("\nOptions:\n{}", flag_lines(&flags)));
    }
    text.push_str("\nUse \"kubectl options\" for the flags that every command has.\n");
    text
}

fn of(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    // Words behind a command's name are not looked at.
    let mut rest = call.parsed.args.clone();
    let name = super::take_name(&mut rest).unwrap_or_default();
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => context.out(text(command)),
        None if !name.is_empty() && super::begins(&name) => {
            return group(&name, &["--help".to_owned()], context);
        }
        None if !name.is_empty() && !suggest::is_known(&name, context.env.features) => {
            let words: Vec<String> = call.parsed.args.iter().map(|word| format!("`{word}`")).collect();
            let usage = overview::usage(context.env.features);
            context.err(format!("Unknown help topic [{}]\n\n{usage}", words.join(" ")));
        }
        None => context.out(overview::text(context.env.features)),
    }
    Ok(Next::Done)
}

fn flag_lines(flags: &[Flag]) -> String {
    let mut flags = flags.to_vec();
    flags.sort_by_key(|flag| flag.name);
    flags.dedup_by_key(|flag| flag.name);
    let line = |flag: &Flag| {
        let letter = flag.letter.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
        format!("    {letter}--{}\t{}\n", flag.name, flag.about)
    };
    align(&flags.iter().map(line).collect::<String>(), DESCRIBE)
}
