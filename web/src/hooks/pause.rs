//! A pause in typing.

use std::sync::Arc;

use playground::Msg;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

use crate::dom;
use crate::session::Dispatch;

/// How long nothing is typed in a pause, in milliseconds.
const PAUSE_MS: i32 = 250;

/// Says when nothing was typed for a moment.
#[hook]
pub fn use_pause(dispatch: &Dispatch, typing: bool, text: Arc<str>) {
    let dispatch = dispatch.clone();
    use_effect_with((typing, text), move |(typing, _)| {
        let mut pending = None;
        if *typing && let Some(window) = dom::window() {
            let pause = Closure::once(move || dispatch.send(Msg::Typed));
            let act = pause.as_ref().unchecked_ref();
            let id = window.set_timeout_with_callback_and_timeout_and_arguments_0(act, PAUSE_MS);
            pending = id.ok().map(|id| (window, id, pause));
        }
        move || {
            if let Some((window, id, _pause)) = pending {
                window.clear_timeout_with_handle(id);
            }
        }
    });
}
