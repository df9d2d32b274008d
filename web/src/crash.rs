//! A panic is our own bug: the page says so, leaves what was typed where it is, and makes a link that brings it back.

use std::cell::RefCell;
use std::rc::Rc;

use playground::{Msg, keep};

use crate::session::State;
use crate::{dom, link};

thread_local! {
    /// The last act, and the state before it.
    static LAST: RefCell<Option<(Rc<State>, Msg)>> = const { RefCell::new(None) };
}

/// Notes what is about to be done.
pub fn note(state: &Rc<State>, act: &Msg) {
    LAST.set(Some((state.clone(), act.clone())));
}

/// From here on, a panic shows the banner of `index.html` with its message.
pub fn show_panics() {
    // Yew would put its own hook in the place of any other.
    yew::set_custom_panic_hook(Box::new(|info| {
        web_sys::console::error_1(&info.to_string().into());
        // What fails after that fails because of it.
        let Some(banner) = dom::by_id("crash").filter(|banner| banner.has_attribute("hidden")) else {
            return;
        };
        write("crash-message", &info.to_string());
        // Nothing can be done if even this is refused.
        let _ = banner.remove_attribute("hidden");
        if let Some((state, act)) = LAST.take() {
            let words = state.0.locale.words();
            write("crash-title", words.crashed);
            write("crash-again", words.crashed_again);
            write("crash-link", words.crashed_link);
            link::point("crash-link", &keep::reproduction(&state.0, &act).to_text());
        }
    }));
}

fn write(id: &str, text: &str) {
    if let Some(element) = dom::by_id(id) {
        element.set_text_content(Some(text));
    }
}
