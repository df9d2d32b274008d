//! The language: as it was chosen, else as the browser prefers.

use playground::{Locale, Msg};
use yew::prelude::*;

use crate::dom;
use crate::session::Dispatch;

/// Where the choice is kept.
const STORED: &str = "petset-locale";

/// Takes the language once, and keeps the page's in the browser and in the document.
#[hook]
pub fn use_locale(dispatch: &Dispatch, locale: Locale) {
    {
        let dispatch = dispatch.clone();
        use_effect_with((), move |()| {
            let preferred = || dom::window().and_then(|window| window.navigator().language());
            let asked = dom::parameter("lang").or_else(|| dom::stored(STORED));
            if let Some(tag) = asked.or_else(preferred) {
                dispatch.send(Msg::Locale(Locale::preferred(&tag)));
            }
        });
    }
    use_effect_with(locale, |locale| {
        if let Some(root) = dom::document().and_then(|document| document.document_element()) {
            // Only a malformed attribute name is refused.
            let _ = root.set_attribute("lang", locale.tag());
        }
        dom::store(STORED, locale.tag());
    });
}
