//! Which words may stand where something is typed: commands, files, and what kubectl says of its own words.
//!
//! Follows bash's programmable completion with kubectl's script. The line is read up to the cursor only: what is quoted, and
//! where a command begins. Invariant: it only reads.

use kubectl::{Candidate, Completions};

use super::{Env, builtins};

/// Words behind which another command begins.
const BEFORE_COMMANDS: [&str; 9] = ["do", "then", "!", "if", "elif", "else", "while", "until", "{"];
/// What of bash's words opens a command with `$(`, `|`, `;` and the like.
const SEPARATORS: [char; 7] = [';', '|', '&', '(', ')', '`', '\n'];

/// What may stand at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where in the line the word begins that is replaced, in bytes.
    pub from: usize,
    /// The words; each stands for the whole word.
    pub candidates: Vec<Candidate>,
    /// Whether a candidate is only the beginning of a word, so that no blank follows it.
    pub open: bool,
}

/// The command that is being typed at the end of a text.
#[derive(Debug, Default, PartialEq, Eq)]
struct Begun {
    /// Its words before the last one, without quotes.
    words: Vec<String>,
    /// Whether a file is expected: the last operator was a redirection.
    redirects: bool,
    /// The last word as far as it is typed, and where it begins.
    word: String,
    from: usize,
}

/// What may stand at the end of `line`.
pub fn complete(line: &str, env: &mut Env<'_>) -> Completion {
    let begun = Begun::read(line);
    let found = begun.completions(env);
    let mut candidates = found.candidates;
    if let Some(before) = &found.files_after {
        let wanted = begun.word.strip_prefix(&**before).unwrap_or_default();
        let names = env.files.names().into_iter().filter(|name| name.starts_with(wanted));
        candidates
            .extend(names.map(|name| Candidate { text: format!("{before}{}", escaped(&name)), about: "" }));
    }
    Completion { from: begun.from, candidates, open: found.open }
}

impl Begun {
    fn read(line: &str) -> Begun {
        let mut begun = Begun::default();
        let mut quote = None;
        let mut in_word = false;
        let mut letters = line.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            let was_in_word = std::mem::replace(&mut in_word, true);
            if !was_in_word {
                begun.from = at;
            }
            match (quote, letter) {
                (Some(open), letter) if letter == open => quote = None,
                (Some('\''), letter) => begun.word.push(letter),
                (_, '\\') => begun.word.extend(letters.next().map(|(_, escaped)| escaped)),
                (_, '$') if letters.next_if(|(_, next)| *next == '(').is_some() => {
                    begun = Begun::default();
                    (quote, in_word) = (None, false);
                }
                (Some(_), letter) => begun.word.push(letter),
                (None, '\'' | '"') => quote = Some(letter),
                (None, letter) if SEPARATORS.contains(&letter) => {
                    begun = Begun::default();
                    in_word = false;
                }
                (None, '>' | '<') => {
                    begun.end_word(was_in_word);
                    (begun.redirects, in_word) = (true, false);
                }
                (None, letter) if letter.is_whitespace() => {
                    begun.end_word(was_in_word);
                    in_word = false;
                }
                (None, letter) => begun.word.push(letter),
            }
        }
        if !in_word {
            begun.from = line.len();
        }
        begun
    }

    /// A word has ended, if there was one.
    fn end_word(&mut self, was_in_word: bool) {
        if !was_in_word {
            return;
        }
        let word = std::mem::take(&mut self.word);
        if std::mem::take(&mut self.redirects) {
            return;
        }
        let begins_command = BEFORE_COMMANDS.contains(&&*word) || is_assignment(&word);
        if !self.words.is_empty() || !begins_command {
            self.words.push(word);
        }
    }

    fn completions(&self, env: &mut Env<'_>) -> Completions {
        let files = Completions { files_after: Some(String::new()), ..Completions::default() };
        if self.redirects {
            return files;
        }
        let mut words = self.words.as_slice();
        while let ["timeout", _, rest @ ..] = words.iter().map(String::as_str).collect::<Vec<_>>().as_slice()
        {
            words = &words[words.len() - rest.len()..];
        }
        match words.split_first() {
            None => commands(&self.word),
            Some((command, args)) if matches!(command.as_str(), "kubectl" | "k") => {
                kubectl::complete(args, &self.word, &mut env.kubectl(&mut Vec::new()))
            }
            Some((command, _)) if builtins::takes_files(command) => files,
            Some(_) => Completions::default(),
        }
    }
}

fn commands(begun: &str) -> Completions {
    let found = builtins::COMMANDS.iter().filter(|(name, _)| name.starts_with(begun));
    let candidates = found.map(|(name, about)| Candidate { text: (*name).to_owned(), about });
    Completions { candidates: candidates.collect(), ..Completions::default() }
}

/// Whether a word sets a variable: `NAME=value`.
pub fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// A file's name as it has to be typed.
fn escaped(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._-+,@%=:".contains(c);
    name.chars().flat_map(|c| (!is_plain(c)).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::Begun;

    #[test]
    fn the_command_under_the_cursor_is_found() {
        let cases: [(&str, &[&str], &str, usize); 15] = [
            ("", &[], "", 0),
            ("kub", &[], "kub", 0),
            ("kubectl get ", &["kubectl", "get"], "", 12),
            ("kubectl get po", &["kubectl", "get"], "po", 12),
            ("ls; k g", &["k"], "g", 6),
            ("k get po | gre", &[], "gre", 11),
            ("true && k get -n 'kube sys", &["k", "get", "-n"], "kube sys", 17),
            ("echo $(k get p", &["k", "get"], "p", 13),
            ("echo \"$(k get p", &["k", "get"], "p", 14),
            ("for i in 1 2; do k get p", &["k", "get"], "p", 23),
            ("A=1 B=2 k g", &["k"], "g", 10),
            ("k get > out.t", &["k", "get"], "out.t", 8),
            ("k get >out k", &["k", "get"], "k", 11),
            ("cat we\\ b", &["cat"], "we b", 4),
            ("echo '$(k' g", &["echo", "$(k"], "g", 11),
        ];
        for (line, words, word, from) in cases {
            let begun = Begun::read(line);
            assert_eq!(
                (begun.words.as_slice(), &*begun.word, begun.from),
                (&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()[..], word, from),
                "{line}"
            );
        }
        assert!(Begun::read("k get > o").redirects && !Begun::read("k get > o ").redirects);
    }
}
