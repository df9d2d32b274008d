//! Flags as kubectl reads them: `--flag=value`, `--flag value`, `-owide`, `-o wide`, clusters such as `-it`, and `--`.
//!
//! Models spf13/pflag (flag.go, `parseArgs`) with its error texts. Flags and arguments may be mixed.

mod catalogue;
mod values;

use std::collections::BTreeMap;

use crate::go_value;

pub(crate) use catalogue::*;
pub(crate) use values::{parse_bool, parse_duration, parse_timeout};

use values::parse_int;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Takes {
    /// A switch; `--flag=false` is allowed.
    Switch,
    /// Any text.
    Text,
    /// Any text, or this if the flag stands alone (pflag's NoOptDefVal).
    TextOr(&'static str),
    /// A whole number.
    Int,
    /// A Go duration such as `1m30s`.
    Duration,
    /// Texts separated by commas; the flag may be repeated.
    List,
    /// A text each time that the flag is given.
    Each,
}

/// A flag that a command knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag {
    /// The long name.
    pub name: &'static str,
    /// The letter, if it has one.
    pub letter: Option<char>,
    /// What it takes.
    pub takes: Takes,
    /// What it is for, in a few words.
    pub about: &'static str,
}

impl Flag {
    const fn new(name: &'static str, takes: Takes, about: &'static str) -> Flag {
        Flag { name, letter: None, takes, about }
    }

    /// The flag with a letter.
    pub const fn letter(self, letter: char) -> Flag {
        Flag { letter: Some(letter), ..self }
    }
}

/// A switch.
pub(crate) const fn switch(name: &'static str, about: &'static str) -> Flag {
    Flag::new(name, Takes::Switch, about)
}

/// A flag with any text.
pub(crate) const fn text(name: &'static str, about: &'static str) -> Flag {
    Flag::new(name, Takes::Text, about)
}

/// A flag with any text, which may stand alone and then means `alone`.
pub(crate) const fn text_or(name: &'static str, alone: &'static str, about: &'static str) -> Flag {
    Flag::new(name, Takes::TextOr(alone), about)
}

/// A flag with a whole number.
pub(crate) const fn int(name: &'static str, about: &'static str) -> Flag {
    Flag::new(name, Takes::Int, about)
}

/// A flag with a duration.
pub(crate) const fn duration(name: &'static str, about: &'static str) -> Flag {
    Flag::new(name, Takes::Duration, about)
}

/// A flag with several texts, separated by commas.
pub(crate) const fn list(name: &'static str, about: &'static str) -> Flag {
    Flag::new(name, Takes::List, about)
}

/// A flag that may be given several times, each time with one text.
pub(crate) const fn each(name: &'static str, about: &'static str) -> Flag {
    Flag::new(name, Takes::Each, about)
}

/// Flags that still work and say that they will not for long, with what pflag says after `has been deprecated, `.
const DEPRECATED: &[(&str, &str)] = &[("record", "--record will be removed in the future")];

/// A command line that was understood.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parsed {
    values: BTreeMap<&'static str, Vec<String>>,
    typed: Vec<(&'static str, String)>,
    /// What is no flag.
    pub args: Vec<String>,
    /// How many of the arguments stand before `--`, if it is there.
    pub before_dash: Option<usize>,
    /// The namespace of the context, once it is known.
    pub context_namespace: Option<String>,
    /// What to tell about flags that will go.
    pub deprecations: Vec<String>,
}

impl Parsed {
    /// Whether the flag was given, with any value.
    pub fn given(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Whether the switch is on.
    pub fn on(&self, name: &str) -> bool {
        self.on_or(name, false)
    }

    /// Whether the switch is on, where it has another default.
    pub fn on_or(&self, name: &str, default: bool) -> bool {
        self.text(name).map_or(default, |value| parse_bool(value).unwrap_or(default))
    }

    /// The last value of the flag.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.last().map(String::as_str)
    }

    /// The value of a whole number; it was checked when it was read.
    pub fn int(&self, name: &str) -> Option<i64> {
        parse_int(self.text(name)?).ok()
    }

    /// The value of a duration in milliseconds; it was checked when it was read.
    pub fn duration_ms(&self, name: &str) -> Option<i64> {
        parse_duration(self.text(name)?).ok()
    }

    /// Every value of the flag, in order.
    pub fn each(&self, name: &str) -> Vec<&str> {
        self.values.get(name).into_iter().flatten().map(String::as_str).collect()
    }

    /// The values of a list.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.values.get(name).into_iter().flatten().flat_map(|value| value.split(',')).collect()
    }

    /// Every flag with its value, as they were typed.
    pub fn typed(&self) -> &[(&'static str, String)] {
        &self.typed
    }

    /// The namespace that commands act in.
    pub fn namespace(&self) -> &str {
        let given = self.text("namespace").filter(|namespace| !namespace.is_empty());
        given.or(self.context_namespace.as_deref()).unwrap_or("default")
    }
}

/// Reads a command line.
///
/// # Errors
/// pflag's message about the first thing that is wrong.
pub(crate) fn parse(known: &[Flag], words: &[String]) -> Result<Parsed, String> {
    let mut parsed = Parsed::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            parsed.before_dash = Some(parsed.args.len());
            parsed.args.extend(words.by_ref().cloned());
        } else if let Some(long) = word.strip_prefix("--") {
            parse_long(known, long, &mut words, &mut parsed)?;
        } else if word.len() > 1 && word.starts_with('-') {
            parse_letters(known, word, &mut words, &mut parsed)?;
        } else {
            parsed.args.push(word.clone());
        }
    }
    Ok(parsed)
}

/// Whether the word is a flag that takes the next word as its value.
pub(crate) fn takes_next(known: &[Flag], word: &str) -> bool {
    let needs = |f: &Flag| !matches!(f.takes, Takes::Switch | Takes::TextOr(_));
    if let Some(long) = word.strip_prefix("--") {
        return all(known).any(|f| f.name == long && needs(f));
    }
    let mut letters = word.chars().skip(1);
    match (word.starts_with('-'), letters.next(), letters.next()) {
        (true, Some(letter), None) => all(known).any(|f| f.letter == Some(letter) && needs(f)),
        _ => false,
    }
}

/// The same before it is clear whose flag the word is: then an unknown one takes the next word (cobra's `stripFlags`), even
/// `--help`, which only a command has.
pub(crate) fn may_take_next(word: &str) -> bool {
    let (long, mut letters) = (word.strip_prefix("--"), word.chars().skip(1));
    let (letter, more) = (letters.next(), letters.next());
    let takes_none = |flag: &&Flag| {
        let is_meant = long.map_or(flag.letter == letter, |long| flag.name == long);
        is_meant && flag.name != "help" && matches!(flag.takes, Takes::Switch | Takes::TextOr(_))
    };
    let is_whole = long.map_or(letter.is_some() && more.is_none(), |long| !long.contains('='));
    is_whole && !GLOBAL.iter().any(|flag| takes_none(&flag))
}

fn all(known: &[Flag]) -> impl Iterator<Item = &Flag> {
    known.iter().chain(GLOBAL)
}

fn parse_long<'a>(
    known: &[Flag],
    long: &str,
    words: &mut impl Iterator<Item = &'a String>,
    parsed: &mut Parsed,
) -> Result<(), String> {
    let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
    // WordSepNormalizeFunc
    let name = &name.replace('_', "-");
    if name.is_empty() || name.starts_with('-') {
        return Err(format!("bad flag syntax: --{long}"));
    }
    let Some(flag) = all(known).find(|f| f.name == name) else {
        return Err(format!("unknown flag: --{name}"));
    };
    let value = match (value, flag.takes) {
        (Some(value), _) => value.to_owned(),
        (None, Takes::Switch) => "true".to_owned(),
        (None, Takes::TextOr(default)) => default.to_owned(),
        (None, _) => match words.next() {
            Some(next) => next.clone(),
            None => return Err(format!("flag needs an argument: --{name}")),
        },
    };
    set(flag, value, parsed)
}

fn parse_letters<'a>(
    known: &[Flag],
    word: &str,
    words: &mut impl Iterator<Item = &'a String>,
    parsed: &mut Parsed,
) -> Result<(), String> {
    let mut letters = word[1..].chars();
    while let Some(letter) = letters.next() {
        let Some(flag) = all(known).find(|f| f.letter == Some(letter)) else {
            return Err(format!("unknown shorthand flag: '{letter}' in -{letter}{}", letters.as_str()));
        };
        let rest = letters.as_str();
        let value = match flag.takes {
            _ if rest.starts_with('=') && rest.len() > 1 => rest[1..].to_owned(),
            Takes::Switch => {
                set(flag, "true".to_owned(), parsed)?;
                continue;
            }
            Takes::TextOr(default) => {
                set(flag, default.to_owned(), parsed)?;
                continue;
            }
            _ if !rest.is_empty() => rest.to_owned(),
            _ => match words.next() {
                Some(next) => next.clone(),
                None => return Err(format!("flag needs an argument: '{letter}' in -{letter}")),
            },
        };
        return set(flag, value, parsed);
    }
    Ok(())
}

fn set(flag: &Flag, value: String, parsed: &mut Parsed) -> Result<(), String> {
    let checked = match flag.takes {
        Takes::Switch => parse_bool(&value).map(drop),
        Takes::Int => parse_int(&value).map(drop),
        Takes::Duration => parse_duration(&value).map(drop),
        Takes::Text | Takes::TextOr(_) | Takes::List | Takes::Each => Ok(()),
    };
    if let Err(why) = checked {
        let name = match flag.letter {
            Some(letter) => format!("-{letter}, --{}", flag.name),
            None => format!("--{}", flag.name),
        };
        return Err(format!("invalid argument {} for \"{name}\" flag: {why}", go_value::quote(&value)));
    }
    if let Some((name, hint)) = DEPRECATED.iter().find(|(name, _)| *name == flag.name) {
        parsed.deprecations.push(format!("Flag --{name} has been deprecated, {hint}\n"));
    }
    parsed.typed.push((flag.name, value.clone()));
    parsed.values.entry(flag.name).or_default().push(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Flag] = &[
        OUTPUT,
        switch("stdin", "").letter('i'),
        switch("tty", "").letter('t'),
        list("filename", "").letter('f'),
        GRACE_PERIOD,
        TIMEOUT,
        DRY_RUN,
    ];

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn every_way_to_write_a_flag_is_read() {
        for line in ["a -owide b", "-o wide a b", "a b -o=wide", "a --output=wide b", "a --output wide b"] {
            let parsed = parse(KNOWN, &words(line)).expect(line);
            assert_eq!(
                (parsed.text("output"), parsed.args.as_slice()),
                (Some("wide"), &words("a b")[..]),
                "{line}"
            );
        }
        let parsed = parse(KNOWN, &words("-it p -f a,b -f c --dry_run -- ls -l")).expect("parses");
        assert!(parsed.on("stdin") && parsed.on("tty"));
        assert_eq!(parsed.list("filename"), ["a", "b", "c"]);
        assert_eq!(parsed.text("dry-run"), Some("unchanged"));
        assert_eq!((parsed.before_dash, parsed.args), (Some(1), words("p ls -l")));
    }

    #[test]
    fn what_is_wrong_is_told_as_pflag_tells_it() {
        let cases = [
            ("--foo", "unknown flag: --foo"),
            ("-Z", "unknown shorthand flag: 'Z' in -Z"),
            ("-iZx", "unknown shorthand flag: 'Z' in -Zx"),
            ("--output", "flag needs an argument: --output"),
            ("-o", "flag needs an argument: 'o' in -o"),
            (
                "--grace-period=x",
                "invalid argument \"x\" for \"--grace-period\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
            ),
            (
                "--timeout=5",
                "invalid argument \"5\" for \"--timeout\" flag: time: missing unit in duration \"5\"",
            ),
            (
                "--stdin=maybe",
                "invalid argument \"maybe\" for \"-i, --stdin\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(KNOWN, &words(line)).expect_err(line), expected);
        }
    }
}
