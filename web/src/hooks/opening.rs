//! An embed's world is taken along into the whole page.

use session::Saved;
use yew::prelude::*;

use crate::session::State;
use crate::{dom, link};

/// Opens the world as it is then in a window of its own.
#[hook]
pub fn use_opening(state: &UseReducerHandle<State>) -> Callback<()> {
    let last = use_mut_ref(|| state.clone());
    last.replace(state.clone());
    use_callback((), move |(), ()| {
        let text = Saved::whole(&last.borrow().0.session).to_text();
        link::make(text, |link| dom::open_window(&link));
    })
}
