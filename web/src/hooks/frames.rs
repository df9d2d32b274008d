//! Animation frames while there is something to do in them: none when time stands, none on a hidden page.

use playground::Msg;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

use crate::dom;
use crate::session::Dispatch;

/// Asks for one frame after each moment that was reached and drawn, so that a slow page slows the clock and never queues
/// work. (The cluster's own time may stand still for a frame, after requests have taken of it in advance.)
#[hook]
pub fn use_frames(dispatch: &Dispatch, wanted: bool, reached: (u64, u64)) {
    let last = use_mut_ref(|| None::<f64>);
    let dispatch = dispatch.clone();
    use_effect_with((wanted, reached), move |_| {
        let mut pending = None;
        if !wanted {
            *last.borrow_mut() = None;
        } else if let Some(window) = dom::window() {
            let frame = Closure::once(move |at: f64| {
                let before = last.borrow_mut().replace(at);
                // At least a millisecond, so that the next frame is asked for.
                dispatch.send(Msg::Frame((at - before.unwrap_or(at)).clamp(1.0, 1000.0) as u32));
            });
            let id = window.request_animation_frame(frame.as_ref().unchecked_ref());
            pending = id.ok().map(|id| (window, id, frame));
        }
        move || {
            if let Some((window, id, _frame)) = pending {
                // A frame that has run already is cancelled for nothing.
                let _ = window.cancel_animation_frame(id);
            }
        }
    });
}
