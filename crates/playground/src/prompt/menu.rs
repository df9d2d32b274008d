//! What Tab offers: the words that may stand at the caret, and the one that is chosen.

use session::shell::Completion;

/// The words that may stand where the caret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    /// The words with what each one is, in order.
    pub words: Vec<(String, &'static str)>,
    /// The one that is chosen.
    pub chosen: Option<usize>,
    /// Where in the line the word lies that they stand for, in bytes.
    from: usize,
    to: usize,
    open: bool,
}

impl Menu {
    /// The menu for what may stand at the end of `line[..to]`.
    pub fn new(found: Completion, to: usize) -> Menu {
        let words = found.candidates.into_iter().map(|candidate| (candidate.text, candidate.about)).collect();
        Menu { words, chosen: None, from: found.from, to, open: found.open }
    }

    /// The line with a word in its place, and where the caret stands then.
    pub fn with(&self, line: &str, word: usize) -> Option<(String, usize)> {
        let (word, _) = self.words.get(word)?;
        let rest = &line[self.to..];
        let is_whole = !self.open && !word.ends_with(['=', '/']);
        let blank = if is_whole && !rest.starts_with(' ') { " " } else { "" };
        Some(self.filled(line, &format!("{word}{blank}")))
    }

    /// The line with as much of the word as all have in common, if that is more than is there.
    pub fn with_common(&self, line: &str) -> Option<(String, usize)> {
        let (first, rest) = self.words.split_first()?;
        let common = rest.iter().fold(first.0.as_str(), |common, (word, _)| &common[..shared(common, word)]);
        // Quotes that were typed stay, unless there is more to say.
        (common.len() > self.to - self.from).then(|| self.filled(line, common))
    }

    /// The word now ends there.
    pub fn moved_to(&mut self, to: usize) {
        self.to = to;
    }

    fn filled(&self, line: &str, word: &str) -> (String, usize) {
        (format!("{}{word}{}", &line[..self.from], &line[self.to..]), self.from + word.len())
    }

    /// Chooses the next word, or the one before.
    pub fn choose(&mut self, forward: bool) {
        let count = self.words.len();
        self.chosen = Some(match (self.chosen, forward) {
            (None, true) => 0,
            (None, false) => count - 1,
            (Some(at), true) => (at + 1) % count,
            (Some(at), false) => (at + count - 1) % count,
        });
    }
}

/// How many bytes two words begin with in common, as whole characters.
fn shared(a: &str, b: &str) -> usize {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    same.map(|(letter, _)| letter.len_utf8()).sum()
}
