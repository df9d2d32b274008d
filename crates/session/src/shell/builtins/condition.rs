//! `test` and `[`.
//!
//! Follows POSIX' test, with `-a` and `-o` between plain conditions.

use super::{Env, Io};

/// Status 0 if the condition holds, 1 if it does not, 2 if it is none.
pub(super) fn test(arguments: &[String], env: &Env<'_>, io: &mut Io<'_>) -> i32 {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let words = match (io.command, words.as_slice()) {
        ("[", [words @ .., "]"]) => words.to_vec(),
        ("[", _) => return wrong(io, "missing `]'"),
        (_, words) => words.to_vec(),
    };
    match any(&words, env) {
        Ok(holds) => i32::from(!holds),
        Err(message) => wrong(io, &message),
    }
}

fn wrong(io: &mut Io<'_>, message: &str) -> i32 {
    io.output.push((kubectl::Stream::Err, format!("bash: {}: {message}\n", io.command)));
    2
}

/// Conditions with `-o` between them, which binds looser than `-a`.
fn any(words: &[&str], env: &Env<'_>) -> Result<bool, String> {
    let mut any = false;
    for part in parts(words, "-o") {
        let mut all = true;
        for condition in parts(part, "-a") {
            all &= holds(condition, env)?;
        }
        any |= all;
    }
    Ok(any)
}

/// What stands between the signs; three words and fewer are one condition, whatever they are.
fn parts<'a>(words: &'a [&'a str], sign: &str) -> Vec<&'a [&'a str]> {
    let (mut parts, mut rest) = (Vec::new(), words);
    while rest.len() > 3
        && let Some(at) = rest.iter().skip(1).position(|word| *word == sign)
    {
        parts.push(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    parts.push(rest);
    parts
}

fn holds(words: &[&str], env: &Env<'_>) -> Result<bool, String> {
    // A word alone is a text, even `!`.
    let nots = words.iter().take(words.len().saturating_sub(1)).take_while(|word| **word == "!").count();
    condition(&words[nots..], env).map(|holds| holds == (nots % 2 == 0))
}

fn condition(words: &[&str], env: &Env<'_>) -> Result<bool, String> {
    match words {
        [] => Ok(false),
        [text] => Ok(!text.is_empty()),
        [sign, text] => match *sign {
            "-n" => Ok(!text.is_empty()),
            "-z" => Ok(text.is_empty()),
            "-e" | "-f" | "-r" | "-w" => Ok(env.files.get(text).is_some()),
            "-s" => Ok(env.files.get(text).is_some_and(|text| !text.is_empty())),
            "-d" => Ok(matches!(*text, "." | "./" | "/" | "/tmp")),
            "-x" => Ok(false),
            sign => Err(format!("{sign}: unary operator expected")),
        },
        [left, sign, right] => match *sign {
            "=" | "==" => Ok(left == right),
            "!=" => Ok(left != right),
            "<" => Ok(left < right),
            ">" => Ok(left > right),
            "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
                let number = |text: &str| -> Result<i64, String> {
                    text.trim().parse().map_err(|_| format!("{text}: integer expression expected"))
                };
                let order = number(left)?.cmp(&number(right)?);
                Ok(match *sign {
                    "-eq" => order.is_eq(),
                    "-ne" => order.is_ne(),
                    "-lt" => order.is_lt(),
                    "-le" => order.is_le(),
                    "-gt" => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
            sign => Err(format!("{sign}: binary operator expected")),
        },
        _ => Err("too many arguments".to_owned()),
    }
}
