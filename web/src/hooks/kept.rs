//! The world of the link or of the last visit is opened, once; what happens is kept in the browser.

use playground::Msg;
use playground::keep::KeepMsg;
use session::Saved;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

use crate::session::{Dispatch, State};
use crate::{dom, link};

/// Where the world of the last visit is kept.
const STORED: &str = "petset-world";
/// Longest text that is kept there, in bytes: browsers keep some five megabytes for a site.
const STORED_LIMIT: usize = 1 << 20;

#[wasm_bindgen(module = "/js/keeper.js")]
extern "C" {
    /// Calls back with whether this tab keeps its world, and again whenever that changes.
    #[wasm_bindgen(catch)]
    fn keep(tell: &JsValue) -> Result<(), JsValue>;
    /// From now on this tab keeps its world, and no other does.
    #[wasm_bindgen(catch)]
    pub fn take() -> Result<(), JsValue>;
}

/// Whether the world is there again at the next visit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// It is.
    #[default]
    Here,
    /// It will be, once somebody does something in it: it came with the page's address.
    OnceTouched,
    /// Another tab keeps its own.
    Elsewhere,
    /// The browser keeps nothing, or the world is too large.
    Nowhere,
}

/// Opens what is to be opened, and keeps the world whenever something was done. Whether it is kept.
#[hook]
pub fn use_kept(dispatch: &Dispatch, state: &State) -> Kept {
    let is_embed = state.0.embed.is_some();
    {
        let dispatch = dispatch.clone();
        use_effect_with((), move |()| {
            if let Some(packed) = link::in_address() {
                link::open(packed, move |opened| {
                    let msg = match opened {
                        Ok(text) => KeepMsg::Open { text, restored: false },
                        Err(why) => KeepMsg::Refuse(why),
                    };
                    dispatch.send(Msg::Keep(msg));
                });
            } else if let Some(lines) = link::lines_in_address() {
                dispatch.send(Msg::Keep(KeepMsg::Type(lines)));
            } else if dom::parameter("lesson").is_none()
                && let Some(text) = dom::stored(STORED)
            {
                dispatch.send(Msg::Keep(KeepMsg::Open { text, restored: true }));
            }
        });
    }
    let keeper = use_keeper(!is_embed);
    let fits = use_state(|| true);
    let session = &state.0.session;
    let last = session.inputs().next_back().cloned();
    let is_touched = state.0.is_touched();
    let is_kept = state.0.keep.opening.is_none() && is_touched && !is_embed && keeper == Some(true);
    let what = (session.start().clone(), session.inputs().len(), last.clone(), session.course(), keeper);
    use_effect_with(what, {
        let (fits, session) = (fits.clone(), session.clone());
        move |_| {
            if is_kept {
                let saved = Saved::whole(&session);
                let text = saved.to_text();
                let fits_here = text.len() <= STORED_LIMIT && saved.check_length().is_ok();
                let is_stored = fits_here && dom::store(STORED, &text);
                if *fits != is_stored {
                    fits.set(is_stored);
                }
                if is_stored && (link::in_address().is_some() || link::lines_in_address().is_some()) {
                    link::leave_address();
                }
            }
        }
    });
    match keeper {
        Some(false) => Kept::Elsewhere,
        _ if !*fits => Kept::Nowhere,
        _ if is_touched || last.is_none() || state.0.keep.restored => Kept::Here,
        _ => Kept::OnceTouched,
    }
}

/// Whether this tab is the one that keeps its world, once that is known.
#[hook]
fn use_keeper(asks: bool) -> Option<bool> {
    let keeps = use_state(|| None);
    let tell = keeps.setter();
    use_effect_with((), move |()| {
        if asks {
            let tell = Closure::<dyn Fn(bool)>::new(move |keeps| tell.set(Some(keeps)));
            // The tab may lose it as long as it is there.
            let _ = keep(&tell.into_js_value());
        }
    });
    *keeps
}
