//! Commands that print what they are told: `echo`, `printf`, `seq`.

use super::Io;

/// Most numbers that `seq` prints.
const SEQ_LIMIT: u64 = 100_000;
/// Widest field of `printf`, and most bytes that it prints.
const WIDTH_LIMIT: usize = 1000;
const PRINTF_LIMIT: usize = 1 << 20;

pub(super) fn echo(arguments: &[String]) -> String {
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

/// What stands for a character: `\n`, `\t`.
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
            Some('r') => out.push('\r'),
            Some('a') => out.push('\u{7}'),
            Some('\\') => out.push('\\'),
            other => {
                out.push('\\');
                out.extend(other);
            }
        }
    }
    out
}

/// `printf FORMAT WORD…`: the format is used again while there are words.
pub(super) fn printf(arguments: &[String], io: &mut Io<'_>) -> i32 {
    let Some((format, words)) = arguments.split_first() else {
        return io.fail("usage: printf FORMAT [WORD]…");
    };
    let (format, mut words) = (unescape(format), words.iter());
    let (mut out, mut status) = (String::new(), 0);
    loop {
        let before = words.len();
        status |= print_once(&format, &mut words, &mut out, io);
        if out.len() > PRINTF_LIMIT {
            return io.fail(&format!("here it prints at most {} KiB", PRINTF_LIMIT >> 10));
        }
        if words.len() == 0 || words.len() == before {
            break;
        }
    }
    io.print(out);
    status
}

fn print_once(
    format: &str,
    words: &mut std::slice::Iter<'_, String>,
    out: &mut String,
    io: &mut Io<'_>,
) -> i32 {
    let mut status = 0;
    let mut rest = format;
    while let Some(at) = rest.find('%').filter(|_| out.len() <= PRINTF_LIMIT) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '.' | '+' | ' '));
        let (flags, tail) = rest.split_at(end.unwrap_or(rest.len()));
        let Some(kind) = tail.chars().next() else {
            out.push('%');
            break;
        };
        rest = &tail[kind.len_utf8()..];
        let mut word = || words.next().map(String::as_str).unwrap_or_default();
        let text = match kind {
            '%' => "%".to_owned(),
            's' => word().to_owned(),
            'b' => unescape(word()),
            'c' => word().chars().take(1).collect(),
            'q' => format!("'{}'", word().replace('\'', "'\\''")),
            'd' | 'i' | 'u' | 'x' | 'o' => {
                let word = word();
                let number = if word.is_empty() { Ok(0) } else { word.parse::<i64>() };
                if number.is_err() {
                    status = io.fail(&format!("{word}: invalid number"));
                }
                let number = number.unwrap_or(0);
                match kind {
                    'x' => format!("{number:x}"),
                    'o' => format!("{number:o}"),
                    _ => number.to_string(),
                }
            }
            'f' => {
                let places = flags.split_once('.').and_then(|(_, places)| places.parse().ok()).unwrap_or(6);
                let number: f64 = word().parse().unwrap_or(0.0);
                format!("{number:.0$}", usize::min(places, WIDTH_LIMIT))
            }
            other => {
                status = io.fail(&format!("`{other}': invalid format character"));
                return status;
            }
        };
        out.push_str(&padded(&text, flags, kind));
    }
    out.push_str(rest);
    status
}

fn padded(text: &str, flags: &str, kind: char) -> String {
    let left = flags.starts_with('-');
    let (width, precision) = flags
        .trim_start_matches(['-', '+', ' '])
        .split_once('.')
        .map_or((flags.trim_start_matches(['-', '+', ' ']), None), |(width, precision)| {
            (width, precision.parse::<usize>().ok())
        });
    let text = match (kind, precision) {
        ('s', Some(most)) => text.chars().take(most).collect(),
        _ => text.to_owned(),
    };
    let zeros = width.starts_with('0') && !left && kind != 's';
    let width = width.parse().unwrap_or(0).min(WIDTH_LIMIT);
    match (left, zeros) {
        (true, _) => format!("{text:<width$}"),
        (false, true) => {
            let sign = if text.starts_with('-') { "-" } else { "" };
            format!("{sign}{:0>1$}", &text[sign.len()..], width.saturating_sub(sign.len()))
        }
        (false, false) => format!("{text:>width$}"),
    }
}

pub(super) fn seq(arguments: &[String], io: &mut Io<'_>) -> i32 {
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
    let goes_to = |number: i64| if step > 0 { number <= last } else { number >= last };
    if goes_to(first) && first.abs_diff(last) / step.unsigned_abs() >= SEQ_LIMIT {
        return io.fail(&format!("here it prints at most {SEQ_LIMIT} numbers"));
    }
    let mut text = String::new();
    let mut number = first;
    while goes_to(number) {
        text.push_str(&format!("{number}\n"));
        let Some(next) = number.checked_add(step) else { break };
        number = next;
    }
    io.print(text)
}
