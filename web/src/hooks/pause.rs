//! A pause in typing.

use std::sync::Arc;

use playground::Msg;
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
        let pending = if *typing { dom::later(PAUSE_MS, move || dispatch.send(Msg::Typed)) } else { None };
        move || drop(pending)
    });
}
