//! Command lines: what is given to `kubectl` as flags and arguments, objects and patches, and here-documents.

use std::ops::Range;

use machinery::json;
use machinery::version::Features;
use machinery::yaml::documents_in;

use super::text::may_hold;
use super::{Edit, Redactor, Sensitive, edited};

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

impl Redactor {
    /// Learns which files become data of Secrets. Each line has to be learned before any file is redacted.
    pub fn learn(&mut self, line: &str) {
        for command in commands(line) {
            if !has(&command, "create") || !has(&command, "secret") {
                continue;
            }
            let files = flags(&command).into_iter().filter(|flag| FILES.contains(&flag.name));
            self.secret_files
                .extend(files.filter_map(|flag| flag.value.rsplit('=').next().map(str::to_owned)));
        }
    }

    /// A command line without what is to be left out.
    pub fn line(&mut self, line: &str, features: Features) -> String {
        let mut edits = Vec::new();
        for command in commands(line) {
            self.command(&command, features, &mut edits);
        }
        for body in here_documents(line) {
            edits.push((body.clone(), self.manifest(&line[body], features)));
        }
        edited(line, edits)
    }

    fn command(&mut self, command: &[Word], features: Features, edits: &mut Vec<Edit>) {
        let names_secret = |word: &Word| matches!(word.text.split('/').next(), Some("secret" | "secrets"));
        let is_secret = command.iter().any(names_secret);
        for flag in flags(command) {
            let value = match PARTS.contains(&flag.name) {
                true => self.part(flag.value, is_secret, features),
                false => self.flag(&flag, command, is_secret),
            };
            if let Some(value) = value.filter(|value| value != flag.value) {
                edits.push((flag.range.clone(), format!("{}{}", flag.prefix, quoted(&value))));
            }
        }
        if has(command, "config") && has(command, "set") {
            let is_property = |word: &Word| CREDENTIAL_PROPERTIES.iter().any(|end| word.text.ends_with(end));
            for (_, value) in command.iter().zip(&command[1..]).filter(|(word, _)| is_property(word)) {
                let covered = self.cover(Sensitive::SecretData, &value.text);
                edits.push((value.range.clone(), quoted(&covered)));
            }
        }
        let kind = match () {
            () if has(command, "annotate") => Some(Sensitive::Annotations),
            () if has(command, "set") && has(command, "env") => Some(Sensitive::EnvValues),
            () => None,
        };
        for word in command.iter().filter(|word| !word.text.starts_with('-')) {
            let redacted = match kind {
                Some(kind) => self.pair(kind, &word.text),
                None if word.text.starts_with(['{', '[']) => self.part(&word.text, is_secret, features),
                None if word.text.contains(": ") => Some(self.manifest(&word.text, features)),
                None => None,
            };
            if let Some(text) = redacted.filter(|text| *text != word.text) {
                edits.push((word.range.clone(), quoted(&text)));
            }
        }
    }

    /// What stands for a flag's value, if it is one of those.
    fn flag(&mut self, flag: &Flag<'_>, command: &[Word], is_secret: bool) -> Option<String> {
        if CREDENTIALS.contains(&flag.name) || is_secret && DATA.contains(&flag.name) {
            return Some(self.cover(Sensitive::SecretData, flag.value));
        }
        let (_, kind) = *PAIRS.iter().find(|(name, _)| *name == flag.name)?;
        let is_meant = match kind {
            Sensitive::SecretData => is_secret,
            // Others know `-e`, too.
            Sensitive::EnvValues | Sensitive::Annotations => has(command, "run") || has(command, "set"),
        };
        if is_meant { self.pair(kind, flag.value) } else { None }
    }

    /// `NAME=VALUE` with the value covered.
    fn pair(&mut self, kind: Sensitive, pair: &str) -> Option<String> {
        let (name, value) = pair.split_once('=')?;
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

/// The commands of a line as words; what stands in here-documents is not among them.
fn commands(line: &str) -> Vec<Vec<Word>> {
    let bodies = here_documents(line);
    let is_code = |at: usize| !bodies.iter().any(|body| body.contains(&at));
    let (mut commands, mut command, mut word) = (Vec::new(), Vec::new(), None::<Word>);
    let (mut quote, mut is_sign) = (None, false);
    let mut characters = line.char_indices().filter(|(at, _)| is_code(*at)).peekable();
    while let Some((at, character)) = characters.next() {
        // What stands behind the sign of a here-string is a word of its own.
        let was_sign = std::mem::replace(&mut is_sign, (quote, character) == (None, '<'));
        if was_sign != is_sign {
            command.extend(word.take());
        }
        let mut written = None;
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None | Some('"'), '\\') => {
                written = characters.next().map(|(_, escaped)| escaped).filter(|escaped| *escaped != '\n');
            }
            (None, ' ' | '\t') => {
                command.extend(word.take());
                continue;
            }
            (None, '\n' | ';' | '&' | '|' | '(' | ')' | '`') => {
                command.extend(word.take());
                commands.push(std::mem::take(&mut command));
                continue;
            }
            _ => written = Some(character),
        }
        let word = word.get_or_insert_with(|| Word { text: String::new(), range: at..at });
        word.text.extend(written);
        word.range.end = characters.peek().map_or(line.len(), |(next, _)| *next);
    }
    command.extend(word);
    commands.push(command);
    commands
}

/// Where the texts of here-documents stand.
fn here_documents(line: &str) -> Vec<Range<usize>> {
    let mut bodies = Vec::new();
    let mut at = 0;
    let mut ends: Vec<String> = Vec::new();
    let mut begins = 0;
    for text in line.split_inclusive('\n') {
        let start = at;
        at += text.len();
        match ends.first() {
            Some(end) if text.trim_end_matches('\n').trim_start_matches('\t') == end => {
                bodies.push(begins..start);
                ends.remove(0);
                begins = at;
            }
            Some(_) => {}
            None => {
                let marks = text.split("<<").skip(1).filter(|rest| !rest.starts_with('<'));
                ends = marks.filter_map(end_mark).collect();
                begins = at;
            }
        }
    }
    bodies
}

/// The word that ends a here-document, from what stands behind its operator.
fn end_mark(rest: &str) -> Option<String> {
    let word = rest.trim_start_matches('-').trim_start();
    let word: String = word.chars().take_while(|c| !c.is_whitespace() && !";|&<>()".contains(*c)).collect();
    let plain: String = word.chars().filter(|c| !"'\"\\".contains(*c)).collect();
    (!plain.is_empty()).then_some(plain)
}
