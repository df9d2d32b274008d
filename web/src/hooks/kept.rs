//! The world of the link or of the last visit is opened, once; what happens is kept in the browser.

use playground::Msg;
use playground::keep::KeepMsg;
use session::Saved;
use yew::prelude::*;

use crate::session::{Dispatch, State};
use crate::{dom, link};

/// Where the world of the last visit is kept.
const STORED: &str = "petset-world";
/// Longest text that is kept there, in bytes: browsers keep some five megabytes for a site.
const STORED_LIMIT: usize = 1 << 20;

/// Opens what is to be opened, and keeps the world whenever something was done. Whether it could be kept.
#[hook]
pub fn use_kept(dispatch: &Dispatch, state: &State) -> bool {
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
            } else if dom::parameter("lesson").is_none()
                && let Some(text) = dom::stored(STORED)
            {
                dispatch.send(Msg::Keep(KeepMsg::Open { text, restored: true }));
            }
        });
    }
    let kept = use_state(|| true);
    let session = &state.0.session;
    let last = session.inputs().next_back().cloned();
    let is_kept = state.0.keep.opening.is_none() && last.is_some() && state.0.embed.is_none();
    let what = (session.start().clone(), session.inputs().len(), last, session.course());
    use_effect_with(what, {
        let (kept, session) = (kept.clone(), session.clone());
        move |_| {
            if is_kept {
                let text = Saved::whole(&session).to_text();
                let fits = text.len() <= STORED_LIMIT && dom::store(STORED, &text);
                if *kept != fits {
                    kept.set(fits);
                }
            }
        }
    });
    *kept
}
