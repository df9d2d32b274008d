//! What was done on the static page before the code arrived: it is kept.

use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

use crate::dom;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Early {
    /// The text in the editor, if there is one.
    pub manifest: Option<String>,
    /// The text in the prompt.
    pub line: String,
    /// Whether Apply was pressed.
    pub apply: bool,
    /// The id of the element that had the focus.
    pub focus: Option<String>,
}

/// Reads the static page.
pub fn take() -> Early {
    let manifest = dom::by_id("editor").and_then(|element| element.dyn_into::<HtmlTextAreaElement>().ok());
    let line = dom::by_id("prompt").and_then(|element| element.dyn_into::<HtmlTextAreaElement>().ok());
    Early {
        manifest: manifest.map(|manifest| manifest.value()),
        line: line.map(|line| line.value()).unwrap_or_default(),
        focus: dom::document()
            .and_then(|document| document.active_element())
            .map(|element| element.id())
            .filter(|id| !id.is_empty()),
        apply: dom::by_id("apply").is_some_and(|button| button.has_attribute("data-pressed")),
    }
}
