//! Links and files that hold a world. The page's address keeps it in its fragment, which no server sees.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::UrlSearchParams;

use crate::dom;

/// How the packed world is called in a link's fragment; another way of packing will get another letter.
const NAME: &str = "g";
/// What an address has typed: `?run=kubectl get pods;kubectl get pvc`.
const RUN: &str = "run";

#[wasm_bindgen(module = "/js/link.js")]
extern "C" {
    fn pack(text: &str) -> Promise;
    fn unpack(packed: &str, limit: u32) -> Promise;
    #[wasm_bindgen(js_name = copy)]
    fn copy_text(text: &str) -> Promise;
    /// Lets the link with that id lead to a packed world, whatever becomes of the code that has asked for it.
    #[wasm_bindgen(js_name = point)]
    fn point_link(id: &str, text: &str, address: &str);
    /// Hands a text to the browser as a file.
    pub fn download(name: &str, text: &str);
}

/// The packed world in the page's address, if there is one.
pub fn in_address() -> Option<String> {
    dom::parameter(NAME)
}

/// The lines in the page's address that are to be typed, if there are any.
pub fn lines_in_address() -> Option<String> {
    dom::parameter(RUN)
}

/// Takes world and lines out of the page's address: it shows something else now.
pub fn leave_address() {
    let Some(window) = dom::window() else { return };
    let location = window.location();
    let query = location.search().ok().and_then(|query| UrlSearchParams::new_with_str(&query).ok());
    let Some(query) = query else { return };
    query.delete(RUN);
    let query = String::from(query.to_string());
    let query = if query.is_empty() { query } else { format!("?{query}") };
    if let Ok(history) = window.history() {
        // A browser that refuses keeps the old address, which opens the old world again.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&(page() + &query)));
    }
}

/// Lets the link with that id lead to a world.
pub fn point(id: &str, text: &str) {
    point_link(id, text, &format!("{}#{NAME}=", page()));
}

/// Unpacks a world and hands it on, or why it cannot be read.
pub fn open(packed: String, then: impl FnOnce(Result<String, String>) + 'static) {
    spawn_local(async move {
        let limit = u32::try_from(session::saved::TEXT_LIMIT).unwrap_or(u32::MAX);
        let text = JsFuture::from(unpack(&packed, limit)).await;
        then(text.map(|text| text.as_string().unwrap_or_default()).map_err(|error| message(&error)));
    });
}

/// Makes a link to a world and hands it on.
pub fn make(text: String, then: impl FnOnce(String) + 'static) {
    spawn_local(async move {
        let packed = JsFuture::from(pack(&text)).await.ok().and_then(|packed| packed.as_string());
        then(packed.map(|packed| format!("{}#{NAME}={packed}", page())).unwrap_or_default());
    });
}

/// The page's address without what is asked of it.
pub fn page() -> String {
    let address = dom::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    address.split(['#', '?']).next().unwrap_or_default().to_owned()
}

/// The packed world in a link that [`make`] made.
pub fn packed(link: &str) -> Option<String> {
    link.split_once(&format!("#{NAME}=")).map(|(_, packed)| packed.to_owned())
}

/// Copies a text, and says whether the browser allowed it.
pub fn copy(text: &str, then: impl FnOnce(bool) + 'static) {
    let copied = JsFuture::from(copy_text(text));
    spawn_local(async move { then(copied.await.is_ok()) });
}

fn message(error: &JsValue) -> String {
    let error = error.dyn_ref::<js_sys::Error>();
    error.map_or_else(|| "the link is damaged".to_owned(), |error| String::from(error.message()))
}
