//! What an unknown command may have meant.
//!
//! Models cobra's command.go (`SuggestionsFor`) and cobra.go (`ld`).

use super::overview;
use crate::failure::Failure;
use crate::go_value;

/// How many letters may differ.
const MAX_DISTANCE: usize = 2;

/// The failure of an unknown command, or of one that kubectl has and that is not simulated.
pub(super) fn unknown(word: &str) -> Failure {
    if overview::names().any(|name| name == word) {
        return Failure::message(format!(
            "\"kubectl {word}\" is not simulated here\nSee 'kubectl --help' for what is."
        ));
    }
    let lower = word.to_lowercase();
    let close = |name: &&str| distance(&lower, name) <= MAX_DISTANCE || name.starts_with(&lower);
    let suggestions: String = overview::names().filter(close).map(|name| format!("\t{name}\n")).collect();
    let mut text = format!("unknown command {} for \"kubectl\"", go_value::quote(word));
    if !suggestions.is_empty() {
        text.push_str("\n\nDid you mean this?\n");
        text.push_str(&suggestions);
    }
    Failure::Message(text)
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
        ];
        for (word, expected) in cases {
            assert_eq!(unknown(word).text(), expected);
        }
    }
}
