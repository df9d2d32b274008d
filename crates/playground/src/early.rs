//! What was done on the static page before the code arrived: nothing of it is lost.

use crate::model::Model;
use crate::msg::Msg;
use crate::update::update;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Early {
    /// What was typed into the editor, if anything was.
    pub manifest: Option<String>,
    /// The text in the prompt.
    pub line: String,
    /// Whether Apply was pressed.
    pub applies: bool,
    /// Whether Enter was pressed in the prompt.
    pub enters: bool,
}

/// Does it, or once the world that is being opened stands where it is to be.
pub(crate) fn act(model: &mut Model, early: Early) {
    if model.keep.opening.is_some() {
        model.keep.early = Some(early);
        return;
    }
    let Early { manifest, line, applies, enters } = early;
    let typed = (!line.is_empty()).then_some(Msg::Type(line));
    let acts = [manifest.map(Msg::Edit), applies.then_some(Msg::Apply), typed, enters.then_some(Msg::Enter)];
    acts.into_iter().flatten().for_each(|act| update(model, act));
}
