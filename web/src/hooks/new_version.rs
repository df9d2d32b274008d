//! That a newer version of the page can be taken.

use js_sys::Function;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::CustomEvent;
use yew::prelude::*;

use crate::dom;

/// What `lazy/offline.js` says on the window; the detail is the function that takes the version.
const EVENT: &str = "newversion";

/// The function that takes the newer version, once there is one.
#[hook]
pub fn use_new_version() -> UseStateHandle<Option<Function>> {
    let offered = use_state(|| None);
    let setter = offered.setter();
    use_effect_with((), move |()| {
        let hear = Closure::<dyn Fn(CustomEvent)>::new(move |event: CustomEvent| {
            setter.set(event.detail().dyn_into().ok());
        });
        if let Some(window) = dom::window() {
            // The page listens as long as it is there; a window refuses no listener.
            let _ = window.add_event_listener_with_callback(EVENT, hear.into_js_value().unchecked_ref());
        }
    });
    offered
}
