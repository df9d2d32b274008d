//! When the focus leaves a group of elements.

use wasm_bindgen::JsCast;
use yew::prelude::*;

/// A callback for `focusout` that runs `leave` once the focus is no longer inside the element.
#[hook]
pub fn use_leaving(leave: Callback<()>) -> Callback<FocusEvent> {
    use_callback(leave, |event: FocusEvent, leave| {
        let inside = event.current_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let focused = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        if !inside.is_some_and(|inside| inside.contains(focused.as_ref())) {
            leave.emit(());
        }
    })
}
