//! What one writes into a page to embed what is on the screen, and how readers will see it there.

use std::collections::BTreeSet;

use playground::Locale;
use playground::embed::{Part, Snippet};
use web_sys::Element;
use yew::prelude::*;

use super::share::Shared;
use crate::link;

/// The snippet.
#[derive(Clone, PartialEq, Properties)]
pub struct ShareEmbedProps {
    /// The language.
    pub locale: Locale,
    /// The model.
    pub model: Shared,
    /// The link to what is handed on.
    pub address: AttrValue,
    /// Copies a text.
    pub oncopy: Callback<String>,
}

/// The snippet.
#[component]
pub fn ShareEmbed(props: &ShareEmbedProps) -> Html {
    let words = props.locale.share_words();
    let open = use_state(|| false);
    let parts = use_state(|| BTreeSet::from(Part::DEFAULT));
    let read_only = use_state(|| false);
    let ontoggle = {
        let open = open.clone();
        Callback::from(move |event: Event| {
            let details: Option<Element> = event.target_dyn_into();
            open.set(details.is_some_and(|details| details.has_attribute("open")));
        })
    };
    let part = |part: Part| {
        let checked = parts.contains(&part);
        let parts = parts.clone();
        let onchange = Callback::from(move |_: Event| {
            let mut chosen = (*parts).clone();
            if !chosen.remove(&part) {
                chosen.insert(part);
            }
            parts.set(chosen);
        });
        html! { <label class="share-extent"><input type="checkbox" {checked} {onchange} />{(words.embed_part)(part)}</label> }
    };
    let switch = {
        let read_only = read_only.clone();
        Callback::from(move |_: Event| read_only.set(!*read_only))
    };
    html! {
        <details class="share-embed" {ontoggle}>
            <summary>{words.embed}</summary>
            if *open {
                <fieldset class="share-extents">
                    <legend class="hidden">{words.embed_parts}</legend>
                    { for Part::ALL.into_iter().map(part) }
                    <label class="share-extent">
                        <input type="checkbox" checked={*read_only} onchange={switch} />{words.embed_read_only}
                    </label>
                </fieldset>
                { snippet(props, (*parts).clone(), *read_only) }
            }
        </details>
    }
}

/// The texts with their buttons, and the frame itself.
fn snippet(props: &ShareEmbedProps, parts: BTreeSet<Part>, read_only: bool) -> Html {
    let (words, model) = (props.locale.share_words(), &props.model.0);
    let snippet = Snippet {
        parts,
        read_only,
        state: if model.is_one_manifest() { None } else { link::packed(&props.address) },
        start: model.session.start().clone(),
        file: model.file.to_string(),
        manifest: model.text().to_string(),
    };
    let page = link::page();
    let text = |label: &'static str, copy: &'static str, text: String| {
        let onclick = {
            let text = text.clone();
            props.oncopy.reform(move |_: MouseEvent| text.clone())
        };
        html! {
            <div class="share-snippet">
                <textarea class="field share-link" readonly=true rows="3" aria-label={label} value={text} />
                <button type="button" class="control" {onclick}>{copy}</button>
            </div>
        }
    };
    let address = snippet.address(&page);
    html! {
        <>
            { text(words.embed_element, words.embed_copy_element, snippet.element(&page)) }
            { text(words.embed_frame, words.embed_copy_frame, snippet.frame(&page, words.embed_title)) }
            // Of another address it would only see another fragment.
            <iframe key={address.clone()} class="share-preview" title={words.embed_preview} src={address} />
        </>
    }
}
