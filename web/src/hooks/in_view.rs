//! Whether the page can be seen: an embed may have been scrolled away.

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{IntersectionObserver, IntersectionObserverEntry};
use yew::prelude::*;

use crate::dom;

/// Whether any of the page is in view. Only where it is an embed can it be otherwise.
#[hook]
pub fn use_in_view(is_embed: bool) -> bool {
    let in_view = use_state(|| true);
    let setter = in_view.setter();
    use_effect_with(is_embed, move |is_embed| {
        let seen = Closure::<dyn Fn(Array)>::new(move |entries: Array| {
            let last = entries.pop().dyn_into::<IntersectionObserverEntry>();
            setter.set(last.is_ok_and(|entry| entry.is_intersecting()));
        });
        let observer =
            is_embed.then(|| IntersectionObserver::new(seen.as_ref().unchecked_ref()).ok()).flatten();
        let root = dom::document().and_then(|document| document.document_element());
        if let (Some(observer), Some(root)) = (&observer, root) {
            observer.observe(&root);
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(seen);
        }
    });
    *in_view
}
