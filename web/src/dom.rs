//! The few things asked of the DOM directly.

use js_sys::Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, Element, File, HtmlElement, MouseEvent, Response, UrlSearchParams, Window};

/// The window.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// The document.
pub fn document() -> Option<Document> {
    window()?.document()
}

/// The element with that id.
pub fn by_id(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

/// Moves the focus to the element with that id.
pub fn focus(id: &str) {
    if let Some(element) = by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // Only an element that cannot be focused refuses, and then the focus stays where it was.
        let _ = element.focus();
    }
}

/// A button goes away by what it does: where it was pressed with the keyboard, the focus goes to the command line, or to
/// the stage where that is not in view. (On a touch screen the command line would bring up the keys.)
pub fn leave_button(event: &MouseEvent) {
    if event.detail() == 0 {
        focus("stage");
        focus("prompt");
    }
}

/// A call to come, that does not come once this is dropped.
pub struct Pending {
    window: Window,
    id: i32,
    _act: Closure<dyn FnMut()>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.window.clear_timeout_with_handle(self.id);
    }
}

/// Calls it once, in so many milliseconds.
pub fn later(ms: i32, act: impl FnOnce() + 'static) -> Option<Pending> {
    let window = window()?;
    let act = Closure::once(act);
    let id = window
        .set_timeout_with_callback_and_timeout_and_arguments_0(act.as_ref().unchecked_ref(), ms)
        .ok()?;
    Some(Pending { window, id, _act: act })
}

/// What is kept in the browser under that name; an embed remembers nothing.
pub fn stored(name: &str) -> Option<String> {
    if is_embed() {
        return None;
    }
    window()?.local_storage().ok()??.get_item(name).ok()?
}

/// Keeps something in the browser; false if it cannot, as in an embed, in a private window or when there is no more room.
pub fn store(name: &str, value: &str) -> bool {
    if is_embed() {
        return false;
    }
    let storage = window().and_then(|window| window.local_storage().ok()?);
    storage.is_some_and(|storage| storage.set_item(name, value).is_ok())
}

/// What the page's address says about a name: `2` of `?step=2` or of `#step=2`.
pub fn parameter(name: &str) -> Option<String> {
    settings().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// Everything that the page's address says, after `?` and after `#`.
pub fn settings() -> Vec<(String, String)> {
    let Some(location) = window().map(|window| window.location()) else { return Vec::new() };
    let query = location.search().unwrap_or_default();
    let fragment = location.hash().unwrap_or_default();
    let mut settings = Vec::new();
    for text in [query.as_str(), fragment.trim_start_matches('#')] {
        let Ok(found) = UrlSearchParams::new_with_str(text) else { continue };
        for entry in js_sys::try_iter(&found).ok().flatten().into_iter().flatten().flatten() {
            let text = |index| Array::from(&entry).get(index).as_string().unwrap_or_default();
            settings.push((text(0), text(1)));
        }
    }
    settings
}

/// Whether the page stands inside of another, by its address.
pub fn is_embed() -> bool {
    document()
        .and_then(|document| document.document_element())
        .is_some_and(|root| root.has_attribute("data-embed"))
}

/// Where the docs are; the head of the page says it, if they are beside it.
pub fn docs() -> Option<String> {
    document()?.query_selector("link[rel=help]").ok()??.get_attribute("href")
}

/// Opens a page in a window of its own.
pub fn open_window(address: &str) {
    if let Some(window) = window() {
        // A browser that blocks it says so itself.
        let _ = window.open_with_url_and_target_and_features(address, "_blank", "noopener");
    }
}

/// Fetches a text that lies beside the page, and hands it on, or why it cannot be had.
pub fn fetch_text(path: &str, then: impl FnOnce(Result<String, String>) + 'static) {
    let Some(window) = window() else { return };
    let path = path.to_owned();
    spawn_local(async move {
        let text = async {
            let response: Response = JsFuture::from(window.fetch_with_str(&path)).await?.dyn_into()?;
            if !response.ok() {
                return Err(JsValue::from(format!("{path}: status {}", response.status())));
            }
            JsFuture::from(response.text()?).await
        };
        let message =
            |error: JsValue| error.as_string().unwrap_or_else(|| format!("{path} cannot be fetched"));
        then(text.await.map(|text| text.as_string().unwrap_or_default()).map_err(message));
    });
}

/// Reads a file that a person chose; one that cannot be read is as good as empty.
pub fn read_text(file: File, then: impl FnOnce(String) + 'static) {
    spawn_local(async move {
        let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
        then(text.unwrap_or_default());
    });
}

/// Sets a custom property of an element, where its style sheet reads it.
pub fn set_property(element: &Element, name: &str, value: &str) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        // Only a style that is read-only refuses; an element's own is not.
        let _ = element.style().set_property(name, value);
    }
}
