//! Drawing again when an element has another size, or is shown again.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

/// Draws the component again after each resize of the element.
#[hook]
pub fn use_resizes(element: &NodeRef) {
    let update = use_force_update();
    let element = element.clone();
    use_effect_with((), move |()| {
        let closure = Closure::<dyn Fn()>::new(move || update.force_update());
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, element.cast::<Element>()) {
            observer.observe(&element);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(closure);
        }
    });
}
