//! Single keys, which act only while stage or timeline has the focus, and can be switched off.

use playground::Msg;
use web_sys::Element;
use yew::prelude::*;

use crate::dom;
use crate::session::Dispatch;

/// Where the choice is kept.
const STORED: &str = "petset-keys";
/// What has keys of its own.
const OWN_KEYS: &str = "input, textarea, select, [role=slider], dialog";

/// Whether single keys act, and how to switch them.
#[hook]
pub fn use_key_switch() -> (bool, Callback<bool>) {
    let on = use_state(|| dom::stored(STORED).as_deref() != Some("off"));
    let switch = {
        let on = on.clone();
        Callback::from(move |wanted: bool| {
            dom::store(STORED, if wanted { "on" } else { "off" });
            on.set(wanted);
        })
    };
    (*on, switch)
}

/// The keys themselves.
pub fn keys(dispatch: &Dispatch, on: bool, playing: bool) -> Callback<KeyboardEvent> {
    dispatch.map(move |event: KeyboardEvent| {
        let target = event.target_dyn_into::<Element>();
        let has_own =
            |selector| target.as_ref().is_some_and(|t| t.closest(selector).ok().flatten().is_some());
        if !on || event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
            return None;
        }
        let key = event.key();
        if key == "?" || key == "/" {
            if has_own("input, textarea, select") {
                return None;
            }
            event.prevent_default();
            if key == "?" {
                return Some(Msg::Help(true));
            }
            dom::focus("prompt");
            return None;
        }
        let msg = match key.as_str() {
            // A button's own key is the space bar.
            " " if !has_own("button, [role=tab], summary") && !has_own(OWN_KEYS) => Msg::Play(!playing),
            "ArrowRight" if !has_own(OWN_KEYS) && !has_own("[role=tab]") => Msg::Step,
            _ => return None,
        };
        event.prevent_default();
        Some(msg)
    })
}
