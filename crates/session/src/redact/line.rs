//! Command lines: what is given to `kubectl` as flags and arguments, objects and patches, and here-documents.
//!
//! A line is read as the shell reads it, and so are the lines within it: commands in words, what is given to another shell,
//! and comments, as somebody may have put a `#` before a command. Invariant: lines within lines are at most
//! [`lexer::DEPTH_LIMIT`] deep; what stands deeper is left out.

use std::ops::Range;

use machinery::json;
use machinery::version::Features;
use machinery::yaml::documents_in;

use super::text::may_hold;
use super::{Edit, Kinds, Redactor, Sensitive, edited};
use crate::shell::lexer::{self, Part, SyntaxError, Token};

/// A word with its quotes taken off, and where it stands in the line.
struct Word {
    text: String,
    range: Range<usize>,
}

/// A flag with its value, and where that stands: with the flag before it, if both are one word.
struct Flag<'a> {
    name: &'a str,
    value: &'a str,
    prefix: &'a str,
    range: &'a Range<usize>,
}

/// Flags whose values are `NAME=VALUE`, and what these values are.
const PAIRS: [(&str, Sensitive); 4] = [
    ("--from-literal", Sensitive::SecretData),
    ("--env", Sensitive::EnvValues),
    ("-e", Sensitive::EnvValues),
    ("--annotations", Sensitive::Annotations),
];
/// Flags whose values are patches, or parts of an object.
const PARTS: [&str; 3] = ["-p", "--patch", "--overrides"];
/// Flags that say who one is.
const CREDENTIALS: [&str; 2] = ["--token", "--password"];
/// How properties of a kubeconfig end that say the same.
const CREDENTIAL_PROPERTIES: [&str; 3] = [".token", ".password", ".client-key-data"];
/// Flags of `create secret` whose values are data.
const DATA: [&str; 3] = ["--docker-password", "--docker-username", "--docker-email"];
/// Flags of `create secret` that name files.
const FILES: [&str; 4] = ["--from-file", "--from-env-file", "--cert", "--key"];
/// Commands that run their arguments, or what they read, as lines.
const SHELLS: [&str; 5] = ["sh", "bash", "eval", "watch", "alias"];
/// What stands for a line that the shell refuses: it is refused, too.
const REFUSED: &str = "'left out: this cannot be read";
/// What stands for a comment.
const COMMENT: &str = "# left out";
/// Where a line may hold what is to be left out, in lower case.
const MARKS: [&str; 9] =
    ["secret", "from-literal", "docker", "env", "-e", "annotat", "token", "password", "key"];

impl Redactor {
    /// Learns which files become data of Secrets. Each line has to be learned before any file is redacted.
    pub fn learn(&mut self, line: &str) {
        let mut other = Redactor::default();
        other.line(line, Features::default());
        self.secret_files.append(&mut other.secret_files);
    }

    /// A command line without what is to be left out.
    pub fn line(&mut self, line: &str, features: Features) -> String {
        if self.depth == lexer::DEPTH_LIMIT {
            return self.refused(line);
        }
        self.depth += 1;
        let redacted = self.read(line, features);
        self.depth -= 1;
        redacted.unwrap_or_else(|_| self.refused(line))
    }

    fn read(&mut self, line: &str, features: Features) -> Result<String, SyntaxError> {
        let (tokens, comments) = lexer::tokens_and_comments(line)?;
        let mut edits = Vec::new();
        for command in tokens.split(ends_command) {
            self.command(command, features, &mut edits);
        }
        for range in comments {
            let commented = line[range.clone()].trim_start_matches('#');
            if self.line(commented, features) != commented {
                edits.push((range, COMMENT.to_owned()));
            }
        }
        Ok(edited(line, edits))
    }

    /// What stands for a line that was not run.
    fn refused(&self, line: &str) -> String {
        let lower = line.to_ascii_lowercase();
        if self.shown == Kinds::ALL || !MARKS.iter().any(|mark| lower.contains(mark)) {
            return line.to_owned();
        }
        let end = if line.ends_with('\n') { "\n" } else { "" };
        format!("{REFUSED}{end}")
    }

    fn command(&mut self, tokens: &[Token], features: Features, edits: &mut Vec<Edit>) {
        let is_shell = words(tokens).any(|word| SHELLS.contains(&&*text(word, &mut typed)));
        // What changes within a word counts unless the word changes as a whole.
        let mut within = Vec::new();
        let command: Vec<Word> =
            words(tokens).map(|word| self.word(word, is_shell, features, &mut within)).collect();
        self.flags(&command, features, edits);
        self.properties(&command, edits);
        self.arguments(&command, is_shell, features, edits);
        edits.append(&mut within);
        for token in tokens {
            let Token::HereDocument(body) = token else { continue };
            let redacted = match is_shell {
                true => self.line(&body.source, features),
                false => self.body(body, features),
            };
            if redacted != body.source {
                edits.push((body.range.clone(), redacted));
            }
        }
    }

    /// A word with the lines within it redacted.
    fn word(
        &mut self,
        word: &lexer::Word,
        of_shell: bool,
        features: Features,
        edits: &mut Vec<Edit>,
    ) -> Word {
        let range = word.range.clone();
        let line = text(word, &mut typed);
        if !of_shell || line.starts_with('-') {
            return Word { text: self.substituted(word, features, edits), range };
        }
        let text = self.line(&line, features);
        if text != line {
            edits.push((range.clone(), quoted(&text)));
        }
        Word { text, range }
    }

    /// A word's text with the commands within it redacted.
    fn substituted(&mut self, word: &lexer::Word, features: Features, edits: &mut Vec<Edit>) -> String {
        text(word, &mut |source, range| {
            let redacted = self.line(source, features);
            let command = typed(&redacted, range);
            if redacted != source {
                edits.push((range.clone(), command.clone()));
            }
            command
        })
    }

    /// The text of a here-document.
    fn body(&mut self, body: &lexer::Word, features: Features) -> String {
        let mut edits = Vec::new();
        self.substituted(body, features, &mut edits);
        self.manifest(&edited(&body.source, edits), features)
    }

    fn flags(&mut self, command: &[Word], features: Features, edits: &mut Vec<Edit>) {
        let is_secret = command.iter().any(names_secret);
        // The rest of the command may be an alias, or a variable.
        let of_secret = is_secret || !has(command, "configmap") && !has(command, "cm");
        // Other commands know `-e`, too.
        let of_env = has(command, "run") || has(command, "set");
        for flag in flags(command) {
            if FILES.contains(&flag.name) && of_secret {
                let files = flag.value.split(',').filter_map(|source| source.rsplit('=').next());
                self.secret_files.extend(files.map(|file| file.trim_start_matches("./").to_owned()));
            }
            let value = match PARTS.contains(&flag.name) {
                true => self.part(flag.value, is_secret, features),
                false => self.flag(&flag, of_secret, of_env),
            };
            if let Some(value) = value.filter(|value| value != flag.value) {
                edits.push((flag.range.clone(), format!("{}{}", flag.prefix, quoted(&value))));
            }
        }
    }

    /// What is set in a kubeconfig.
    fn properties(&mut self, command: &[Word], edits: &mut Vec<Edit>) {
        if !has(command, "config") || !has(command, "set") {
            return;
        }
        let is_property = |word: &Word| CREDENTIAL_PROPERTIES.iter().any(|end| word.text.ends_with(end));
        for (_, value) in command.iter().zip(command.iter().skip(1)).filter(|(word, _)| is_property(word)) {
            let covered = self.cover(Sensitive::SecretData, &value.text);
            edits.push((value.range.clone(), quoted(&covered)));
        }
    }

    fn arguments(&mut self, command: &[Word], is_shell: bool, features: Features, edits: &mut Vec<Edit>) {
        let is_secret = command.iter().any(names_secret);
        let sets = has(command, "set");
        // What the pairs behind a word are.
        let mut kind = None;
        for word in command.iter().filter(|word| !word.text.starts_with('-')) {
            let redacted = match kind {
                Some(kind) => self.pair(kind, &word.text),
                None if is_shell => None,
                None if word.text.starts_with(['{', '[']) => self.part(&word.text, is_secret, features),
                None if word.text.contains(": ") => Some(self.manifest(&word.text, features)),
                None => None,
            };
            if let Some(text) = redacted.filter(|text| *text != word.text) {
                edits.push((word.range.clone(), quoted(&text)));
            }
            kind = kind.or(match &*word.text {
                "annotate" => Some(Sensitive::Annotations),
                "env" if sets => Some(Sensitive::EnvValues),
                _ => None,
            });
        }
    }

    /// What stands for a flag's value, if it is one of those.
    fn flag(&mut self, flag: &Flag<'_>, of_secret: bool, of_env: bool) -> Option<String> {
        if CREDENTIALS.contains(&flag.name) || of_secret && DATA.contains(&flag.name) {
            return Some(self.cover(Sensitive::SecretData, flag.value));
        }
        let (_, kind) = *PAIRS.iter().find(|(name, _)| *name == flag.name)?;
        let is_meant = match kind {
            Sensitive::SecretData => of_secret,
            Sensitive::EnvValues | Sensitive::Annotations => of_env,
        };
        if is_meant { self.pair(kind, flag.value) } else { None }
    }

    /// `NAME=VALUE` with the value covered.
    fn pair(&mut self, kind: Sensitive, pair: &str) -> Option<String> {
        let (name, value) = pair.split_once('=')?;
        // Objects may be named by a command that has a `=`, such as `$(kubectl get sts -l app=web -o name)`.
        if kind != Sensitive::SecretData && name.matches("$(").count() > name.matches(')').count() {
            return None;
        }
        let covered = match kind {
            Sensitive::SecretData => self.cover_secret(name, value),
            Sensitive::EnvValues => self.cover(kind, value),
            Sensitive::Annotations => self.cover_annotation(name, value),
        };
        Some(format!("{name}={covered}"))
    }

    /// What stands for a patch or a part of an object. One that cannot be read stays as wrong as it was.
    fn part(&mut self, text: &str, of_secret: bool, features: Features) -> Option<String> {
        let Some(Ok(before)) = documents_in(text, features).next() else {
            return (of_secret || may_hold(text)).then(|| self.cover(Sensitive::SecretData, text));
        };
        let mut after = before.value.clone();
        self.walk(&mut after, of_secret);
        (before.value != after).then(|| json::to_string(&after))
    }
}

/// A text as a word of the shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@".contains(c);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn has(command: &[Word], word: &str) -> bool {
    command.iter().any(|other| other.text == word)
}

/// Whether it names the kind, or an object of it.
fn names_secret(word: &Word) -> bool {
    matches!(word.text.split('/').next(), Some("secret" | "secrets"))
}

/// The flags with their values: `--name=value`, `--name value`, `-nvalue`.
fn flags(command: &[Word]) -> Vec<Flag<'_>> {
    let mut found = Vec::new();
    for (index, word) in command.iter().enumerate().filter(|(_, word)| word.text.starts_with('-')) {
        let (name, own) = name_and_value(&word.text);
        let (value, range) = match (own, command.get(index + 1)) {
            (Some(value), _) => (value, &word.range),
            (None, Some(next)) => (&*next.text, &next.range),
            (None, None) => continue,
        };
        let prefix = own.map_or("", |own| &word.text[..word.text.len() - own.len()]);
        found.push(Flag { name, value, prefix, range });
    }
    found
}

/// A flag's name, and the value in the same word. Of those with one letter only such as matter here have one.
fn name_and_value(word: &str) -> (&str, Option<&str>) {
    match word.strip_prefix("-p").or_else(|| word.strip_prefix("-e")).filter(|value| !value.is_empty()) {
        Some(value) => (&word[..2], Some(value.strip_prefix('=').unwrap_or(value))),
        None => word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value))),
    }
}

/// Whether the command before this token ends there. What is redirected belongs to it.
fn ends_command(token: &Token) -> bool {
    match token {
        Token::Newline => true,
        Token::Operator(operator) => !operator.contains(['<', '>']),
        Token::Word(_) | Token::HereDocument(_) => false,
    }
}

fn words(tokens: &[Token]) -> impl Iterator<Item = &lexer::Word> {
    tokens.iter().filter_map(|token| match token {
        Token::Word(word) => Some(word),
        _ => None,
    })
}

/// What is written for a command within a word, from its source and where it stands.
type Write<'a> = &'a mut dyn FnMut(&str, &Range<usize>) -> String;

fn typed(source: &str, _: &Range<usize>) -> String {
    format!("$({source})")
}

/// A word's text with its quotes taken off, in which expansions stand as they are typed.
fn text(word: &lexer::Word, write: Write<'_>) -> String {
    let begins_name = |c: char| c.is_ascii_alphabetic() || c == '_';
    let mut written = String::new();
    for part in &word.parts {
        written += &match part {
            Part::Text { text, .. } => text.clone(),
            Part::Variable { name, .. } if name.starts_with(begins_name) => format!("${{{name}}}"),
            Part::Variable { name, .. } => format!("${name}"),
            Part::Modified { name, modifier, operand, .. } => modifier.typed(name, &text(operand, write)),
            Part::Arithmetic { expression, .. } => format!("$(({}))", text(expression, write)),
            Part::Command { source, range, .. } => write(source, range),
        };
    }
    written
}
