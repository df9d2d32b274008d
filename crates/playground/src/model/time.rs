//! The model in time: the past, what the objects are compared with, and the last act undone.

use std::sync::Arc;

use machinery::time::ms_between;
use session::{Dated, Input};

use super::{Baseline, Model};

impl Model {
    /// Whether the past is shown.
    pub fn is_past(&self) -> bool {
        self.session.is_past()
    }

    /// When everything that has happened ends, in milliseconds since the session began.
    pub fn end_ms(&self) -> u64 {
        ms_between(self.session.began(), self.session.end()).unsigned_abs()
    }

    /// Whether there is something to do in a frame: time to pass, a kept world to go on with, or a prediction. Time stands
    /// while a command waits for the schema.
    pub fn wants_frames(&self) -> bool {
        let passes = self.playing && !self.schema.is_awaited();
        passes || self.keep.opening.is_some() || self.predict.moments() > 0
    }

    /// Before an act: what the objects are now is what they will be compared with, unless a person has marked a moment.
    pub(crate) fn move_baseline(&mut self) {
        if !self.baseline.marked {
            self.mark(false);
        }
    }

    /// The objects are compared with what they are now.
    pub(crate) fn mark(&mut self, marked: bool) {
        let world = self.session.world().clone();
        self.baseline = Baseline { at_ms: self.session.elapsed_ms(), marked, world };
    }

    /// Undoes the last act, and the files that were written for it. What was typed into them stays in the editor.
    pub(crate) fn step_back(&mut self) {
        let texts: Vec<(Arc<str>, Arc<str>)> =
            self.session.files().iter().map(|file| (file.name.clone(), file.text.clone())).collect();
        let applied: Vec<&Dated> = self.session.inputs().take(self.session.applied()).collect();
        let files = applied.split_last().map_or(0, |(act, before)| {
            let is_of_it =
                |dated: &&&Dated| dated.at == act.at && matches!(dated.input, Input::WriteFile { .. });
            before.iter().rev().take_while(is_of_it).count()
        });
        if !self.session.step_back(1 + files) {
            return;
        }
        for (name, text) in texts {
            if self.session.files().get(&name) != Some(&*text) {
                self.drafts.insert(name, text);
            }
        }
    }
}
