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
    for (sign, stops_at) in [("-o", true), ("-a", false)] {
        if words.len() > 3
            && let Some(at) = words.iter().skip(1).position(|word| *word == sign)
        {
            let (left, right) = (any(&words[..=at], env)?, any(&words[at + 2..], env)?);
            return Ok(if stops_at { left || right } else { left && right });
        }
    }
    holds(words, env)
}

fn holds(words: &[&str], env: &Env<'_>) -> Result<bool, String> {
    match words {
        [] => Ok(false),
        ["!", rest @ ..] if !rest.is_empty() => holds(rest, env).map(|holds| !holds),
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
