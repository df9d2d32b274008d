//! What an unknown command may have meant.
//!
//! Models cobra's command.go (`SuggestionsFor`) and cobra.go (`ld`).

use machinery::version::Features;

use super::overview;
use crate::failure::Failure;
use crate::go_value;

/// How many letters may differ.
const MAX_DISTANCE: usize = 2;
/// Words of other tools, as (command, word).
const OTHER_WORDS: [(&str, &str); 6] = [
    ("get", "list"),
    ("get", "ls"),
    ("delete", "rm"),
    ("delete", "remove"),
    ("top", "stats"),
    ("describe", "inspect"),
];
/// The same before 1.33.
const OTHER_WORDS_BEFORE: [(&str, &str); 5] =
    [("get", "list"), ("get", "ps"), ("delete", "rm"), ("wait", "list"), ("wait", "ps")];

/// The failure of an unknown command, or of one that kubectl has and that is not simulated.
pub(super) fn unknown(word: &str, features: Features) -> Failure {
    if is_known(word, features) {
        return not_simulated(word);
    }
    let lower = word.to_lowercase();
    let others: &[(&str, &str)] =
        if features.more_words_are_suggested() { &OTHER_WORDS } else { &OTHER_WORDS_BEFORE };
    let mut suggestions = String::new();
    for name in overview::names(features) {
        let is_close = distance(&lower, name) <= MAX_DISTANCE || name.starts_with(&lower);
        let is_meant = others.contains(&(name, lower.as_str()));
        let line = format!("\t{name}\n");
        suggestions.push_str(&line.repeat(usize::from(is_close) + usize::from(is_meant)));
    }
    let mut text = format!("unknown command {} for \"kubectl\"", go_value::quote(word));
    if !suggestions.is_empty() {
        text.push_str("\n\nDid you mean this?\n");
        text.push_str(&suggestions);
    }
    Failure::Message(text)
}

/// Whether kubectl has such a command, simulated or not.
pub(super) fn is_known(word: &str, features: Features) -> bool {
    overview::names(features).any(|name| name == word)
}

/// The failure of a command that kubectl has and that is not simulated.
pub(super) fn not_simulated(command: &str) -> Failure {
    Failure::message(format!(
        "\"kubectl {command}\" is not simulated here\nSee 'kubectl --help' for what is."
    ))
}

// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use machinery::version::{Features, Version};

    use super::unknown;

    #[test]
    fn close_commands_are_suggested() {
        let cases = [
            ("foo", "error: unknown command \"foo\" for \"kubectl\"\n\nDid you mean this?\n\ttop\n"),
            (
                "ge",
                "error: unknown command \"ge\" for \"kubectl\"\n\nDid you mean this?\n\tset\n\tget\n\tcp\n",
            ),
            ("frobnicate", "error: unknown command \"frobnicate\" for \"kubectl\"\n"),
            (
                "ls",
                "error: unknown command \"ls\" for \"kubectl\"\n\nDid you mean this?\n\tget\n\tlogs\n\tcp\n",
            ),
            (
                "hel",
                "error: unknown command \"hel\" for \"kubectl\"\n\nDid you mean this?\n\tset\n\tget\n\thelp\n",
            ),
        ];
        for (word, expected) in cases {
            assert_eq!(unknown(word, Features::default()).text(), expected);
        }
        let old = unknown("list", Features::of(Version::V1_32)).text();
        assert!(old.ends_with("Did you mean this?\n\tget\n\twait\n"), "{old}");
    }
}
