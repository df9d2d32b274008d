//! The help: what this is, and the keys.

use playground::Locale;
use web_sys::{HtmlDialogElement, HtmlInputElement};
use yew::prelude::*;

use super::sentence::sentence;
use crate::dom;

/// The dialog's id: it is opened from several places.
pub const ID: &str = "help";

/// The help.
#[derive(Clone, PartialEq, Properties)]
pub struct HelpProps {
    /// The language.
    pub locale: Locale,
    /// Whether single keys act.
    pub keys: bool,
    /// Switches them.
    pub onkeys: Callback<bool>,
}

/// The help.
#[component]
pub fn Help(props: &HelpProps) -> Html {
    let words = props.locale.words();
    let dialog = use_node_ref();
    let close = {
        let dialog = dialog.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        })
    };
    let onchange = {
        let onkeys = props.onkeys.clone();
        Callback::from(move |event: Event| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                onkeys.emit(input.checked());
            }
        })
    };
    let keys =
        [("Space", words.key_space), ("→", words.key_step), ("/", words.key_terminal), ("?", words.key_help)];
    html! {
        <dialog class="help" id={ID} ref={dialog} aria-labelledby="help-title">
            <h2 id="help-title">{words.help}</h2>
            { for words.help_text.lines().map(|paragraph| html! { <p>{sentence(paragraph)}</p> }) }
            if let Some(docs) = dom::docs() {
                <p><a href={docs} target="_blank">{words.docs}</a></p>
            }
            <h3>{words.keys}</h3>
            <dl class="help-keys">
                { for keys.iter().map(|(key, what)| html! { <><dt><kbd>{*key}</kbd></dt><dd>{*what}</dd></> }) }
            </dl>
            <label class="help-switch">
                <input type="checkbox" checked={props.keys} {onchange} />
                {words.keys_switch}
            </label>
            <button type="button" class="control" onclick={close}>{words.close}</button>
        </dialog>
    }
}
