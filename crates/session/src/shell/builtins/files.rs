//! Commands on the files of the one folder: `ls`, `rm`, `touch`, `mv`, `cp`, `tee`.

use super::{Env, Io};
use crate::files::plain;

/// Most bytes that `tee` writes.
const TEE_LIMIT: usize = 16 << 20;

pub(super) fn ls(arguments: &[String], env: &Env<'_>, io: &mut Io<'_>) -> i32 {
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

pub(super) fn rm(arguments: &[String], env: &mut Env<'_>, io: &mut Io<'_>) -> i32 {
    let force = arguments.iter().any(|argument| argument == "-f");
    let mut status = 0;
    for name in arguments.iter().filter(|argument| *argument != "-f") {
        if env.files.get(name).is_some() {
            env.files.remove(name);
        } else if !force {
            status = io.fail(&format!("cannot remove '{name}': No such file or directory"));
        }
    }
    status
}

/// `touch FILE…`: makes files that are not there.
pub(super) fn touch(arguments: &[String], env: &mut Env<'_>, io: &mut Io<'_>) -> i32 {
    if arguments.is_empty() {
        return io.fail("missing file operand");
    }
    let mut status = 0;
    for name in arguments.iter().filter(|name| env.files.get(name).is_none()).collect::<Vec<_>>() {
        if env.files.write(name, "").is_err() {
            status = io.fail(&format!("cannot touch '{name}': No such file or directory"));
        }
    }
    status
}

/// `mv FROM TO` and `cp FROM TO`.
pub(super) fn copy(arguments: &[String], env: &mut Env<'_>, io: &mut Io<'_>) -> i32 {
    let verb = if io.command == "mv" { "move" } else { "copy" };
    let names: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let (from, to) = match names.as_slice() {
        [] => return io.fail("missing file operand"),
        [from] => return io.fail(&format!("missing destination file operand after '{from}'")),
        [from, to] => (from.as_str(), to.as_str()),
        [.., last] => return io.fail(&format!("target '{last}' is not a directory")),
    };
    let Some(text) = env.files.get(from).map(str::to_owned) else {
        return io.fail(&format!("cannot stat '{from}': No such file or directory"));
    };
    if plain(from) == plain(to) {
        return io.fail(&format!("'{from}' and '{to}' are the same file"));
    }
    if env.files.write(to, &text).is_err() {
        return io.fail(&format!("cannot {verb} '{from}' to '{to}': No such file or directory"));
    }
    if io.command == "mv" {
        env.files.remove(from);
    }
    0
}

/// `tee [-a] FILE…`: standard input, also to files.
pub(super) fn tee(arguments: &[String], input: Option<&str>, env: &mut Env<'_>, io: &mut Io<'_>) -> i32 {
    let append = arguments.iter().any(|argument| argument == "-a");
    let text = input.unwrap_or_default();
    let mut status = 0;
    let mut left = TEE_LIMIT;
    for name in arguments.iter().filter(|argument| !argument.starts_with('-')) {
        let before = if append { env.files.get(name).unwrap_or_default() } else { "" };
        let Some(rest) = left.checked_sub(before.len() + text.len()) else {
            return io.fail(&format!("here it writes at most {} MiB", TEE_LIMIT >> 20));
        };
        left = rest;
        let whole = format!("{before}{text}");
        if env.files.write(name, &whole).is_err() {
            status = io.fail(&format!("{name}: No such file or directory"));
        }
    }
    io.print(text.to_owned());
    status
}
