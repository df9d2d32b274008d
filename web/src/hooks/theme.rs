//! Light, dark, or as the system has it.

use yew::prelude::*;

use crate::dom;

/// Where the choice is kept; `boot.js` reads it before anything is drawn.
const STORED: &str = "petset-theme";

/// A theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The value of `data-theme`.
    pub fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    fn next(self) -> Theme {
        match self {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        }
    }
}

/// The theme, and a callback that takes the next one.
#[hook]
pub fn use_theme() -> (Theme, Callback<MouseEvent>) {
    let theme = use_state(|| match dom::parameter("theme").or_else(|| dom::stored(STORED)).as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    });
    use_effect_with(*theme, |theme| {
        if let Some(root) = dom::document().and_then(|document| document.document_element()) {
            // Only a malformed attribute name is refused.
            let _ = root.set_attribute("data-theme", theme.name());
        }
        dom::store(STORED, theme.name());
    });
    let next = {
        let theme = theme.clone();
        Callback::from(move |_| theme.set(theme.next()))
    };
    (*theme, next)
}
