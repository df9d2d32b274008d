//! A panic is our own bug: the page says so, and leaves what was typed where it is.

use std::panic;

use crate::dom;

/// From here on, a panic shows the banner of `index.html` with its message.
pub fn show_panics() {
    panic::set_hook(Box::new(|info| {
        let Some(banner) = dom::by_id("crash") else { return };
        if let Some(text) = dom::by_id("crash-message") {
            text.set_text_content(Some(&info.to_string()));
        }
        // Nothing can be done if even this is refused.
        let _ = banner.remove_attribute("hidden");
    }));
}
