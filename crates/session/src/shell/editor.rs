//! The editors that `KUBE_EDITOR` and `EDITOR` can name: programs that change a text without a screen.
//!
//! Follows how kubectl calls an editor (kubectl/pkg/cmd/util/editor/editor.go), and GNU sed for `s/…/…/`.

use kubectl::{Edited, Stream};

/// Most bytes that `sed` puts into a text, and longest pattern that it looks for.
const TEXT_LIMIT: usize = 4 << 20;
const PATTERN_LIMIT: usize = 1000;

/// Editors that show the text: what the page has stands for each of them, and for none.
const WITH_SCREEN: [&str; 8] = ["code", "emacs", "micro", "nano", "nvim", "subl", "vi", "vim"];

/// Whether it is an editor that people type in.
pub fn has_screen(command: &str) -> bool {
    command.split_whitespace().next().is_none_or(|program| WITH_SCREEN.contains(&program))
}

/// Runs an editor's command line on a text.
pub fn run(command: &str, text: &str, output: &mut Vec<(Stream, String)>) -> Edited {
    let words = words(command);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["true" | ":"] => Edited::Saved(text.to_owned()),
        ["cat"] => {
            output.push((Stream::Out, text.to_owned()));
            Edited::Saved(text.to_owned())
        }
        ["sed", "-i", script] => match substitute(script, text) {
            Some(text) => Edited::Saved(text),
            None => Edited::Failed(command.to_owned()),
        },
        ["sed" | "false", ..] => Edited::Failed(command.to_owned()),
        _ => Edited::Missing(command.to_owned()),
    }
}

/// Blanks part words, but for those behind a backslash.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match (c, words.last_mut()) {
            (' ' | '\t', _) => words.push(String::new()),
            ('\\', Some(word)) => match chars.next() {
                Some(c @ (' ' | '\\')) => word.push(c),
                next => {
                    word.push('\\');
                    word.extend(next);
                }
            },
            (c, Some(word)) => word.push(c),
            (_, None) => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `s/PATTERN/TEXT/[g]` on every line, where a dot in the pattern stands for any character.
fn substitute(script: &str, text: &str) -> Option<String> {
    let separator = script.strip_prefix('s')?.chars().next()?;
    let parts: Vec<&str> = script.split(separator).collect();
    let &[_, pattern, new, flags] = parts.as_slice() else { return None };
    if pattern.is_empty() || pattern.len() > PATTERN_LIMIT || !["", "g"].contains(&flags) {
        return None;
    }
    let mut left = TEXT_LIMIT;
    let pattern: Vec<char> = pattern.chars().collect();
    let line = |line: &str| -> Option<String> {
        let chars: Vec<char> = line.chars().collect();
        let mut out = String::new();
        let (mut at, mut done) = (0, false);
        while at < chars.len() {
            let found = chars[at..].iter().zip(&pattern).take_while(|(c, p)| c == p || **p == '.').count();
            if found == pattern.len() && !done {
                left = left.checked_sub(new.len())?;
                out.push_str(new);
                at += found;
                done = flags.is_empty();
            } else {
                out.push(chars[at]);
                at += 1;
            }
        }
        Some(out)
    };
    Some(text.split('\n').map(line).collect::<Option<Vec<_>>>()?.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editors_that_people_type_in_are_known() {
        for (command, expected) in
            [("", true), ("code --wait", true), ("vim", true), ("sed -i s/a/b/", false), ("nosuch", false)]
        {
            assert_eq!(has_screen(command), expected, "{command}");
        }
    }

    #[test]
    fn sed_replaces_the_first_on_each_line() {
        let run = |command: &str| run(command, "replicas: 3\na a\n", &mut Vec::new());
        let saved = |text: &str| Edited::Saved(text.to_owned());
        assert_eq!(run("sed -i s/replicas:.3/replicas:\\ 2/"), saved("replicas: 2\na a\n"));
        assert_eq!(run("sed -i s/a/b/g"), saved("replicbs: 3\nb b\n"));
        assert_eq!(run("true"), saved("replicas: 3\na a\n"));
        assert_eq!(run("false"), Edited::Failed("false".to_owned()));
        assert_eq!(run("nosuch -w"), Edited::Missing("nosuch -w".to_owned()));
        assert_eq!(run("sed -i nonsense"), Edited::Failed("sed -i nonsense".to_owned()));
    }
}
