//! A sentence with the names in it marked.

use playground::locales::{Span, marked};
use yew::prelude::*;

/// The sentence as HTML.
pub fn sentence(text: &str) -> Html {
    marked(text)
        .into_iter()
        .map(|span| match span {
            Span::Text(text) => html! { {text} },
            Span::Code(text) => html! { <code>{text}</code> },
        })
        .collect()
}
