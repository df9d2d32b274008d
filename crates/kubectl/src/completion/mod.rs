//! Which words may stand where something is typed: what kubectl answers to the shell that asks it on Tab.
//!
//! Models cobra's completions.go (`getCompletions`) and kubectl/pkg/util/completion. Departs in two points: a flag that takes
//! a value is offered once, not a second time with `=` behind it, and more flags have values that are known.
//! Invariant: it only reads.

mod arguments;
mod values;

use std::collections::BTreeSet;

use crate::Env;
use crate::context::{Asking, Context};
use crate::flags::{self, Flag, Parsed};
use crate::verbs::{self, COMMANDS};

/// A word that may stand there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The whole word.
    pub text: String,
    /// What it is, in a few words; often empty.
    pub about: &'static str,
}

/// Every word that may stand there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// In the order in which kubectl lists them.
    pub candidates: Vec<Candidate>,
    /// Whether a candidate is only the beginning of a word, so that no blank follows it.
    pub open: bool,
    /// Whether a file's name may stand there, behind these letters of the word: `--filename=`.
    pub files_after: Option<String>,
}

impl Completions {
    fn of(texts: impl IntoIterator<Item = impl Into<String>>) -> Completions {
        let candidates = texts.into_iter().map(|text| Candidate { text: text.into(), about: "" }).collect();
        Completions { candidates, ..Completions::default() }
    }

    /// Only those that begin so, with other letters before them.
    fn beginning(mut self, before: &str, with: &str) -> Completions {
        self.candidates.retain(|candidate| candidate.text.starts_with(with));
        for candidate in &mut self.candidates {
            candidate.text.insert_str(0, before);
        }
        self
    }
}

/// A command line that is being typed, up to the word in question.
struct Typed<'a> {
    /// The command, as far as it is named: `rollout`.
    name: String,
    /// Its flags.
    flags: Vec<Flag>,
    /// What was given so far; nothing, if that makes no sense yet.
    parsed: Parsed,
    /// The beginning of the word.
    word: &'a str,
}

/// What may stand in the place of `word`, behind `args`; both are without the word kubectl.
pub fn complete(args: &[String], word: &str, env: &mut Env<'_>) -> Completions {
    let (warned, asking) = (&mut BTreeSet::new(), &mut Asking::default());
    let mut context = Context { env, stdin: None, warned, asking };
    if args.iter().any(|arg| arg == "--") {
        return Completions::default();
    }
    let mut rest = args.to_vec();
    let pending = rest.last().cloned();
    let name = verbs::take_name(&mut rest).unwrap_or_default();
    if !name.is_empty() && !verbs::begins(&name) {
        return Completions::default();
    }
    let command = COMMANDS.iter().find(|command| command.name == name);
    let flags = command.into_iter().flat_map(|command| (command.flags)().iter().copied().flatten());
    let flags: Vec<Flag> = flags.chain(flags::GLOBAL).copied().collect();
    let pending = pending.filter(|last| flags::takes_next(&flags, last));
    if pending.is_some() {
        rest.pop();
    }
    let mut parsed = flags::parse(&flags, &rest).unwrap_or_default();
    parsed.context_namespace = context.env.kubeconfig.namespace_for(&parsed, true).ok();
    let typed = Typed { name, flags, parsed, word };
    if let Some(flag) = pending.and_then(|last| typed.flag(&last)) {
        return values::of(&typed, &flag, "", word, &mut context);
    }
    if let Some((flag, value)) = word.split_once('=').filter(|_| word.starts_with("--")) {
        let known = typed.flag(flag);
        return known
            .map(|known| values::of(&typed, &known, &format!("{flag}="), value, &mut context))
            .unwrap_or_default();
    }
    if word.starts_with('-') {
        return typed.flag_names();
    }
    if command.is_none() {
        return typed.subcommands();
    }
    arguments::of(&typed, &mut context)
}

impl Typed<'_> {
    /// The flag that a word names.
    fn flag(&self, word: &str) -> Option<Flag> {
        let named = |flag: &&Flag| match word.strip_prefix("--") {
            Some(long) => flag.name == long,
            None => flag
                .letter
                .is_some_and(|letter| word.strip_prefix('-').is_some_and(|w| w.chars().eq([letter]))),
        };
        self.flags.iter().find(named).copied()
    }

    /// The flags that were not given yet, or may be given again.
    fn flag_names(&self) -> Completions {
        let may_follow = |flag: &&Flag| {
            !self.parsed.given(flag.name) || matches!(flag.takes, flags::Takes::List | flags::Takes::Each)
        };
        let mut candidates: Vec<Candidate> = self
            .flags
            .iter()
            .filter(may_follow)
            .flat_map(|flag| {
                let long = Candidate { text: format!("--{}", flag.name), about: flag.about };
                let short =
                    flag.letter.map(|letter| Candidate { text: format!("-{letter}"), about: flag.about });
                short.into_iter().chain([long])
            })
            .filter(|candidate| candidate.text.starts_with(self.word))
            .collect();
        candidates.sort();
        candidates.dedup();
        Completions { candidates, ..Completions::default() }
    }

    /// The words that may follow in a command's name.
    fn subcommands(&self) -> Completions {
        let before = if self.name.is_empty() { String::new() } else { format!("{} ", self.name) };
        let mut candidates: Vec<Candidate> = Vec::new();
        for command in COMMANDS {
            let Some(rest) = command.name.strip_prefix(&*before) else { continue };
            let (word, about) = match rest.split_once(' ') {
                Some((group, _)) => (group, ""),
                None => (rest, command.about),
            };
            let is_known = candidates.iter().any(|candidate| candidate.text == word);
            if word.starts_with(self.word) && !is_known {
                candidates.push(Candidate { text: word.to_owned(), about });
            }
        }
        candidates.sort();
        Completions { candidates, ..Completions::default() }
    }
}
