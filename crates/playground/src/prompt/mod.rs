//! The terminal's input line, with its history, what Tab offers and what Ctrl-R looks for.

mod menu;
mod search;

use imbl::Vector;
use session::shell::Completion;

pub use menu::Menu;
pub use search::Search;

/// Most lines that are remembered.
const HISTORY_LIMIT: usize = 500;

/// An act in the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptMsg {
    /// Tab: completes the word at the caret, which stands behind so many UTF-16 units, as the DOM counts.
    Complete(usize),
    /// Chooses the next word of the menu, or the one before.
    Choose(bool),
    /// Types something behind so many UTF-16 units.
    Insert(usize, &'static str),
    /// Takes a word of the menu; without a number the one that is chosen.
    Take(Option<usize>),
    /// Closes the menu; ends the search with the line that was found.
    Close,
    /// Ctrl-R: begins a search in the history, or looks for an older line.
    Search,
    /// Ends the search with the line that was there before it.
    Abort,
}

/// What is typed, and what was typed before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    text: String,
    // Where the caret shall be put, in bytes; `None` leaves it where it is.
    caret: Option<usize>,
    menu: Option<Menu>,
    search: Option<Search>,
    history: Vector<String>,
    // Where in the history the shown line stands, and what was typed before one went there.
    at: Option<usize>,
    typed: String,
}

impl Prompt {
    /// The line as it is shown.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the page puts the caret after what was done last, in UTF-16 units; `None` leaves it where it is.
    pub fn caret(&self) -> Option<usize> {
        self.caret.map(|caret| self.text[..caret].encode_utf16().count())
    }

    /// What Tab offers.
    pub fn menu(&self) -> Option<&Menu> {
        self.menu.as_ref()
    }

    /// What Ctrl-R looks for.
    pub fn search(&self) -> Option<&Search> {
        self.search.as_ref()
    }

    /// Replaces the line, or what is looked for.
    pub fn edit(&mut self, text: String) {
        self.menu = None;
        self.caret = None;
        match &mut self.search {
            Some(search) => search.look_for(text, &self.history),
            None => {
                self.text = text;
                self.at = None;
            }
        }
    }

    /// The line up to so many UTF-16 units.
    pub fn up_to(&self, units: usize) -> &str {
        let mut left = units;
        let end = self.text.char_indices().find(|(_, letter)| match left.checked_sub(letter.len_utf16()) {
            Some(less) => {
                left = less;
                false
            }
            None => true,
        });
        &self.text[..end.map_or(self.text.len(), |(end, _)| end)]
    }

    /// Types something behind so many UTF-16 units, and puts the caret behind it.
    pub fn insert(&mut self, units: usize, typed: &str) {
        let at = self.up_to(units).len();
        let mut text = self.text.clone();
        text.insert_str(at, typed);
        self.edit(text);
        self.caret = Some(at + typed.len());
    }

    /// Takes in what may stand at the end of the line's first `to` bytes: the only word, or what all have in common and
    /// the menu.
    pub fn offer(&mut self, found: Completion, to: usize) {
        let menu = Menu::new(found, to);
        let filled = match menu.words.len() {
            0 => return,
            1 => menu.with(&self.text, 0),
            _ => menu.with_common(&self.text),
        };
        let is_only = menu.words.len() == 1;
        self.menu = (!is_only).then_some(menu);
        if let Some((text, caret)) = filled {
            if let Some(menu) = &mut self.menu {
                menu.moved_to(caret);
            }
            (self.text, self.caret) = (text, Some(caret));
        }
    }

    /// Chooses the next word of the menu, or the one before.
    pub fn choose(&mut self, forward: bool) {
        if let Some(menu) = &mut self.menu {
            menu.choose(forward);
        }
    }

    /// Puts a word of the menu into the line; without a number the one that is chosen.
    pub fn take_word(&mut self, word: Option<usize>) {
        let Some(menu) = self.menu.take() else { return };
        if let Some((text, caret)) = word.or(menu.chosen).and_then(|word| menu.with(&self.text, word)) {
            (self.text, self.caret) = (text, Some(caret));
        }
    }

    /// Begins a search, or looks for an older line.
    pub fn search_older(&mut self) {
        self.menu = None;
        match &mut self.search {
            Some(search) => search.older(&self.history),
            None => self.search = Some(Search::default()),
        }
    }

    /// Ends the search with the line that was found, and closes the menu.
    pub fn close(&mut self) {
        self.menu = None;
        if let Some(found) = self.search.take().and_then(|search| search.found) {
            self.caret = Some(found.len());
            (self.text, self.at) = (found, None);
        }
    }

    /// Ends the search with the line that was there before, and closes the menu.
    pub fn abort(&mut self) {
        (self.menu, self.search) = (None, None);
    }

    /// Shows the line before.
    pub fn earlier(&mut self) {
        self.menu = None;
        let at = self.at.unwrap_or(self.history.len());
        if at == 0 {
            return;
        }
        if self.at.is_none() {
            self.typed = std::mem::take(&mut self.text);
        }
        self.show(at - 1);
    }

    /// Shows the line after, at the end what was typed.
    pub fn later(&mut self) {
        self.menu = None;
        match self.at {
            Some(at) if at + 1 < self.history.len() => self.show(at + 1),
            Some(_) => {
                (self.at, self.caret) = (None, None);
                self.text = std::mem::take(&mut self.typed);
            }
            None => {}
        }
    }

    /// Takes the line away to run it.
    pub fn take(&mut self) -> String {
        self.close();
        (self.at, self.caret) = (None, None);
        let line = std::mem::take(&mut self.text);
        self.remember(&line);
        line
    }

    /// Remembers a line that was run in another way.
    pub fn remember(&mut self, line: &str) {
        if line.trim().is_empty() || self.history.last().is_some_and(|last| last == line) {
            return;
        }
        if self.history.len() == HISTORY_LIMIT {
            self.history.pop_front();
        }
        self.history.push_back(line.to_owned());
    }

    fn show(&mut self, at: usize) {
        (self.at, self.caret) = (Some(at), None);
        self.text.clone_from(&self.history[at]);
    }
}

#[cfg(test)]
mod tests {
    use session::{Session, Start, StartWorld};

    use super::Prompt;

    #[test]
    fn a_caret_goes_with_the_line_that_it_stands_in() {
        let session = Session::new(Start { world: StartWorld::Empty, ..Start::default() });
        let completed = || {
            let mut prompt = Prompt::default();
            prompt.remember("ls");
            prompt.edit("kub".to_owned());
            prompt.offer(session.complete("kub"), 3);
            assert_eq!((prompt.text(), prompt.caret()), ("kubectl ", Some(8)));
            prompt
        };
        let mut taken = completed();
        taken.take();
        assert_eq!((taken.text(), taken.caret()), ("", None));
        let mut back = completed();
        back.earlier();
        assert_eq!((back.text(), back.caret()), ("ls", None));
        back.later();
        assert_eq!((back.text(), back.caret()), ("kubectl ", None));
        let mut found = completed();
        found.search_older();
        found.edit("l".to_owned());
        found.take();
        assert_eq!((found.text(), found.caret()), ("", None));
    }

    #[test]
    fn tab_fills_in_what_is_certain_and_offers_the_rest() {
        let mut session = Session::new(Start { world: StartWorld::Empty, ..Start::default() });
        session.write_file("web-\u{540d}.yaml", "");
        // The line with the caret as |, what Tab makes of it, and how many words it offers.
        let cases = [
            ("kub|", "kubectl |", 0),
            ("kub| get", "kubectl| get", 0),
            ("nothing|", "nothing|", 0),
            ("kubectl get no|", "kubectl get nodes |", 0),
            ("kubectl get nodes n|", "kubectl get nodes node-|", 3),
            ("kubectl rollout re|", "kubectl rollout res|", 2),
            ("kubectl get nodes -o=|", "kubectl get nodes -o=|", 0),
            ("kubectl get nodes --field-s|", "kubectl get nodes --field-selector |", 0),
            ("kubectl explain statef|", "kubectl explain statefulsets|", 0),
            ("cat w|", "cat web-\u{540d}.yaml |", 0),
            ("echo '\u{1f980}'; cat w|; ls", "echo '\u{1f980}'; cat web-\u{540d}.yaml |; ls", 0),
        ];
        for (line, expected, offered) in cases {
            let (before, after) = line.split_once('|').expect("a caret");
            let mut prompt = Prompt::default();
            prompt.edit(format!("{before}{after}"));
            let units = before.encode_utf16().count();
            assert_eq!(prompt.up_to(units), before);
            prompt.offer(session.complete(before), before.len());
            let caret = prompt.caret().map_or(before, |units| prompt.up_to(units)).len();
            let mut text = prompt.text().to_owned();
            text.insert(caret, '|');
            assert_eq!(text, expected);
            assert_eq!(prompt.menu().map_or(0, |menu| menu.words.len()), offered, "{line}");
        }
    }

    #[test]
    fn what_is_typed_by_a_button_stands_at_the_caret() {
        let mut prompt = Prompt::default();
        prompt.edit("echo '\u{1f980}".to_owned());
        prompt.insert(8, "'");
        assert_eq!((prompt.text(), prompt.caret()), ("echo '\u{1f980}'", Some(9)));
        prompt.insert(0, "|");
        assert_eq!((prompt.text(), prompt.caret()), ("|echo '\u{1f980}'", Some(1)));
    }

    #[test]
    fn a_word_of_the_menu_is_chosen_and_taken() {
        let session = Session::new(Start { world: StartWorld::Empty, ..Start::default() });
        let mut prompt = Prompt::default();
        prompt.edit("kubectl drain n".to_owned());
        prompt.offer(session.complete(prompt.text()), prompt.text().len());
        for (forward, chosen) in [(true, 0), (true, 1), (false, 0), (false, 2)] {
            prompt.choose(forward);
            assert_eq!(prompt.menu().and_then(|menu| menu.chosen), Some(chosen));
        }
        prompt.take_word(None);
        assert_eq!((prompt.text(), prompt.menu()), ("kubectl drain node-3 ", None));
    }

    #[test]
    fn a_search_goes_back_through_the_lines_that_have_it() {
        let mut prompt = Prompt::default();
        for line in ["kubectl get pods", "kubectl get pv", "kubectl get pods", "ls"] {
            prompt.remember(line);
        }
        prompt.edit("typed".to_owned());
        prompt.search_older();
        prompt.edit("get p".to_owned());
        let found = |prompt: &Prompt| prompt.search().map(|search| (search.found.clone(), search.failed));
        assert_eq!(found(&prompt), Some((Some("kubectl get pods".to_owned()), false)));
        prompt.search_older();
        assert_eq!(found(&prompt), Some((Some("kubectl get pv".to_owned()), false)));
        prompt.search_older();
        prompt.search_older();
        assert_eq!(found(&prompt), Some((Some("kubectl get pods".to_owned()), true)));
        let mut aborted = prompt.clone();
        aborted.abort();
        assert_eq!(aborted.text(), "typed");
        assert_eq!(prompt.take(), "kubectl get pods");
        prompt.search_older();
        prompt.edit("none such".to_owned());
        assert_eq!(found(&prompt), Some((None, true)));
    }

    #[test]
    fn the_history_leads_back_and_forth_and_keeps_what_was_typed() {
        let mut prompt = Prompt::default();
        for line in ["kubectl get pods", "kubectl get pods", "kubectl get pv", " "] {
            prompt.edit(line.to_owned());
            assert_eq!(prompt.take(), line);
        }
        prompt.edit("kube".to_owned());
        let mut seen = Vec::new();
        for back in [true, true, true, false, false, false] {
            if back {
                prompt.earlier()
            } else {
                prompt.later()
            }
            seen.push(prompt.text().to_owned());
        }
        let (pods, pv) = ("kubectl get pods", "kubectl get pv");
        assert_eq!(seen, [pv, pods, pods, pv, "kube", "kube"]);
    }
}
