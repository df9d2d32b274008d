//! What was pasted into the terminal, for review: nothing of it runs before a person says so.

use std::rc::Rc;

use playground::paste::Review;
use playground::{Locale, Msg};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::dom;
use crate::hooks::use_dispatch;

/// The buttons; one of them has the focus first.
const RUN: &str = "paste-run";
const DROP: &str = "paste-drop";

/// What was pasted.
#[derive(Clone, PartialEq, Properties)]
pub struct PasteProps {
    /// The language.
    pub locale: Locale,
    /// The pieces, and which will run.
    pub review: Rc<Review>,
}

/// What was pasted.
#[component]
pub fn PasteReview(props: &PasteProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let ticked = props.review.ticked().count();
    use_effect_with((), move |()| {
        dom::focus(if ticked > 0 { RUN } else { DROP });
        || dom::focus("prompt")
    });
    let piece = |(number, item): (usize, &playground::paste::Item)| {
        let onchange = dispatch.map(move |event: Event| {
            event.target_dyn_into::<HtmlInputElement>().map(|input| Msg::Tick(number, input.checked()))
        });
        html! {
            <li key={number}>
                <label class="paste-piece" data-ticked={item.ticked.then_some("true")}>
                    <input type="checkbox" checked={item.ticked} {onchange} />
                    <code lang="en">{&item.text}</code>
                </label>
            </li>
        }
    };
    let onkeydown =
        dispatch.map(|event: KeyboardEvent| (event.key() == "Escape").then_some(Msg::Reviewed(false)));
    // A click here is no click on the terminal, which would move the focus to the prompt.
    let onclick = Callback::from(|event: MouseEvent| event.stop_propagation());
    html! {
        <div class="paste" role="group" aria-labelledby="paste-title" {onkeydown} {onclick}>
            <h3 id="paste-title">{(words.paste_title)(ticked, props.review.items.len())}</h3>
            <p>{words.paste_about}</p>
            <ol>{ for props.review.items.iter().enumerate().map(piece) }</ol>
            <div class="paste-buttons">
                <button type="button" class="terminal-button" id={RUN} disabled={ticked == 0} onclick={dispatch.on(Msg::Reviewed(true))}>
                    {words.paste_run}
                </button>
                <button type="button" class="terminal-button" id={DROP} onclick={dispatch.on(Msg::Reviewed(false))}>{words.paste_drop}</button>
            </div>
        </div>
    }
}
