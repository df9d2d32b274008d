//! The help: what this is, and the keys.

use playground::{Locale, Msg};
use session::Start;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::dialog::Dialog;
use super::sentence::sentence;
use super::version::VersionSelect;
use crate::dom;

/// The help.
#[derive(Clone, PartialEq, Properties)]
pub struct HelpProps {
    /// The language.
    pub locale: Locale,
    /// How the session began.
    pub start: Start,
    /// Whether single keys act.
    pub keys: bool,
    /// Switches them.
    pub onkeys: Callback<bool>,
}

/// The help.
#[component]
pub fn Help(props: &HelpProps) -> Html {
    let (words, title) = (props.locale.help_words(), props.locale.words().help);
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
        <Dialog locale={props.locale} id="help" {title} closed={Msg::Help(false)}>
            { for words.text.lines().map(|paragraph| html! { <p>{sentence(paragraph)}</p> }) }
            <p><VersionSelect locale={props.locale} start={props.start.clone()} class="help-version" /></p>
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
        </Dialog>
    }
}
