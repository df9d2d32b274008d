//! The terminal's input line, with its history.

use imbl::Vector;

/// Most lines that are remembered.
const HISTORY_LIMIT: usize = 500;

/// What is typed, and what was typed before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    text: String,
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

    /// Replaces the line.
    pub fn edit(&mut self, text: String) {
        self.text = text;
        self.at = None;
    }

    /// Shows the line before.
    pub fn earlier(&mut self) {
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
        match self.at {
            Some(at) if at + 1 < self.history.len() => self.show(at + 1),
            Some(_) => {
                self.at = None;
                self.text = std::mem::take(&mut self.typed);
            }
            None => {}
        }
    }

    /// Takes the line away to run it.
    pub fn take(&mut self) -> String {
        self.at = None;
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
        self.at = Some(at);
        self.text.clone_from(&self.history[at]);
    }
}

#[cfg(test)]
mod tests {
    use super::Prompt;

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
