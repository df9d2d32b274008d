//! The editor's side of the model: the text that it shows, drafts that are not written yet, and what a command opens there.

use std::sync::Arc;

use machinery::yaml::Position;

use super::{Edit, Model, Pane};
use crate::marks::{Mark, Remedy};
use crate::{commands, confusable, trial};

impl Model {
    /// What the editor shows of a command's, if it does not show a file.
    pub fn shown_edit(&self) -> Option<&Edit> {
        self.edit.as_ref().filter(|edit| edit.shown)
    }

    /// The text of the file in the editor.
    pub fn text(&self) -> Arc<str> {
        let written = || self.session.files().get(&self.file).unwrap_or_default().into();
        self.drafts.get(&self.file).cloned().unwrap_or_else(written)
    }

    /// Replaces the text in the editor; the file itself is written before the next command.
    pub(crate) fn edit(&mut self, text: &str) {
        if let Some(edit) = self.edit.as_mut().filter(|edit| edit.shown) {
            edit.text = text.into();
        } else {
            self.draft(text);
        }
    }

    /// Replaces the text of the file in the editor.
    pub(crate) fn draft(&mut self, text: &str) {
        if self.session.files().get(&self.file) == Some(text) {
            self.drafts.remove(&self.file);
        } else {
            self.drafts.insert(self.file.clone(), text.into());
        }
    }

    /// Does what can be done at once about what is marked at a place of the file in the editor.
    pub(crate) fn remedy(&mut self, at: Position) {
        let mut marked = self.trial.marks.iter().filter(|mark| mark.span.start == at);
        let changed = match marked.find_map(Mark::remedy) {
            Some(Remedy::TakeLive) => trial::take_live(&self.session, &self.text(), at),
            Some(Remedy::Mend) => Some(confusable::mend(&self.text(), &self.trial.confusables(at.line))),
            None => return,
        };
        self.take_failed = changed.is_none();
        if let Some(text) = changed {
            self.draft(&text);
        }
    }

    /// Makes a file and opens it. Where one of that name says something else, the new one gets a number.
    pub(crate) fn add_file(&mut self, name: &str, text: &str) {
        let stem = name.strip_suffix(".yaml").unwrap_or(name);
        let numbered = (2..).map(|number| format!("{stem}-{number}.yaml"));
        let is_free = |name: &String| self.session.files().get(name).is_none_or(|other| other == text);
        if let Some(name) = std::iter::once(name.to_owned()).chain(numbered).find(is_free) {
            self.session.write_file(&name, text);
            self.drafts.remove(&*name);
            self.file = name.into();
        }
    }

    /// Runs a line in the terminal, with the files as the editor shows them.
    pub(crate) fn run(&mut self, line: &str) {
        for (name, text) in std::mem::take(&mut self.drafts) {
            match self.session.files().check(&name, &text) {
                Ok(()) => self.session.write_file(&name, &text),
                // The terminal says what is wrong; what was typed stays in the editor.
                Err(_) => {
                    self.session.write_file(&name, &text);
                    self.drafts.insert(name, text);
                }
            }
        }
        self.move_baseline();
        self.session.run(line);
    }

    /// Gives the text in the editor back to the command that waits for it: as it is, or as it was opened.
    pub(crate) fn close_edit(&mut self, saves: bool) {
        if let Some(edit) = self.edit.take() {
            self.move_baseline();
            self.session.save_edit(if saves { &edit.text } else { &edit.opened });
        }
    }

    /// What a command opens in the editor is shown there.
    pub(super) fn follow_edit(&mut self) {
        let opened = self.session.editing();
        if opened != self.edit.as_ref().map(|edit| &*edit.opened) {
            let edit = |text: &str| Edit { opened: text.into(), text: text.into(), shown: true };
            self.edit = opened.map(edit);
            if self.edit.is_some() {
                self.pane = Pane::Editor;
            }
        }
    }

    /// Runs what Apply stands for.
    pub(crate) fn apply(&mut self) {
        let line = commands::apply(&self.file);
        self.prompt.remember(&line);
        self.run(&line);
    }
}
