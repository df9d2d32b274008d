//! What the keyboard of a phone has not, above it: Tab, the line before, quotes and braces, Stop; and lines to begin with.

use machinery::ObjectKey;
use playground::prompt::PromptMsg;
use playground::{Locale, Msg, commands};
use yew::prelude::*;

use super::prompt;
use crate::dom;
use crate::hooks::use_dispatch;

/// What is typed often and stands deep in a phone's keyboard.
const TYPED: [&str; 3] = ["'", "{", "}"];

/// The keys.
#[derive(Clone, PartialEq, Properties)]
pub struct TouchKeysProps {
    /// The language.
    pub locale: Locale,
    /// Whether Tab has offered a list.
    pub has_menu: bool,
    /// The set that the lines are about.
    pub set: Option<ObjectKey>,
}

/// The keys.
#[component]
pub fn TouchKeys(props: &TouchKeysProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let has_menu = props.has_menu;
    // The prompt keeps the focus, and the keyboard stays.
    let onmousedown = Callback::from(|event: MouseEvent| event.prevent_default());
    let key = |label: &'static str, sign: &'static str, onclick: Callback<MouseEvent>| {
        html! { <button type="button" class="terminal-button" aria-label={label} {onclick}>{sign}</button> }
    };
    let typed = |text: &'static str| {
        let act = dispatch.map(move |_: MouseEvent| {
            Some(Msg::Prompt(PromptMsg::Insert(prompt::caret(&prompt::input()?), text)))
        });
        key(text, text, act)
    };
    let beginning = |line: String| {
        let (dispatch, text) = (dispatch.clone(), line.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            dispatch.send(Msg::Begin(text.clone()));
            dom::focus("prompt");
        });
        html! { <button type="button" class="terminal-button" {onclick}>{line}</button> }
    };
    html! {
        <div class="touch-keys" {onmousedown}>
            <div role="group" aria-label={words.beginnings} lang="en">
                { for commands::beginnings(props.set.as_ref()).into_iter().map(beginning) }
            </div>
            <div role="group" aria-label={words.touch_keys}>
                { key(words.complete, "Tab", dispatch.map(move |_: MouseEvent| prompt::tab(has_menu))) }
                { key(words.earlier_line, "↑", dispatch.on(Msg::Earlier)) }
                { for TYPED.into_iter().map(typed) }
                { key(words.stop, words.stop, dispatch.on(Msg::Interrupt)) }
            </div>
        </div>
    }
}
