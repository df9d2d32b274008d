//! What was done on the static page before the code arrived.

use playground::early::Early;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

use crate::dom;

/// What was done, and the id of the element that had the focus.
pub fn take() -> (Early, Option<String>) {
    let area = |id: &str| dom::by_id(id).and_then(|element| element.dyn_into::<HtmlTextAreaElement>().ok());
    let is_pressed = |id: &str| dom::by_id(id).is_some_and(|element| element.has_attribute("data-pressed"));
    let typed = |area: HtmlTextAreaElement| {
        let text = area.value();
        (area.default_value().ok().as_ref() != Some(&text)).then_some(text)
    };
    let early = Early {
        manifest: area("editor").and_then(typed),
        line: area("prompt").map(|line| line.value()).unwrap_or_default(),
        applies: is_pressed("apply"),
        enters: is_pressed("prompt"),
    };
    let focus = dom::document()
        .and_then(|document| document.active_element())
        .map(|element| element.id())
        .filter(|id| !id.is_empty());
    (early, focus)
}
