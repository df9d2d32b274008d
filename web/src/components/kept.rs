//! What is said of kept worlds: that one is being opened or cannot be, that it is the one of the last visit, and that this
//! one is not kept.

use playground::keep::{Keep, KeepMsg};
use playground::{Locale, Msg};
use yew::prelude::*;

use crate::dom;
use crate::hooks::{take, use_dispatch};

/// What is said of the world that was opened.
#[derive(Clone, PartialEq, Properties)]
pub struct OpenedProps {
    /// The language.
    pub locale: Locale,
    /// What is to be said.
    pub keep: Keep,
}

/// What is said of the world that was opened.
#[component]
pub fn Opened(props: &OpenedProps) -> Html {
    let dispatch = use_dispatch();
    let (words, keep) = (props.locale.words(), &props.keep);
    let notice = |role: &'static str, text: String, label: &'static str, msg: KeepMsg| {
        html! {
            <div class="kept" {role} data-testid="kept">
                <p>{text}</p>
                <button type="button" class="control" onclick={dispatch.close(Msg::Keep(msg))}>{label}</button>
            </div>
        }
    };
    if keep.opening.is_some() {
        return notice("status", words.opening.to_owned(), words.stop, KeepMsg::Stop);
    }
    match &keep.refused {
        Some(why) => notice("alert", (words.not_opened)(why), words.close, KeepMsg::Dismiss),
        None if keep.restored => notice("status", words.restored.to_owned(), words.close, KeepMsg::Dismiss),
        None => html! {},
    }
}

/// Why the world is not kept.
#[derive(Clone, PartialEq, Properties)]
pub struct NotKeptProps {
    /// The language.
    pub locale: Locale,
    /// Whether another tab keeps its own; else there is no room.
    pub elsewhere: bool,
}

/// That the world is not kept, and what can be done about it.
#[component]
pub fn NotKept(props: &NotKeptProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.share_words();
    let read = use_state(|| false);
    let close = {
        let read = read.clone();
        Callback::from(move |event: MouseEvent| {
            read.set(true);
            dom::leave_button(&event);
        })
    };
    let take = Callback::from(|event: MouseEvent| {
        // Without locks there is no other tab to take it from.
        let _ = take();
        dom::leave_button(&event);
    });
    let (text, label, act) = match props.elsewhere {
        true => (words.kept_elsewhere, words.keep_here, take),
        false => (words.not_kept, words.save_file, dispatch.on(Msg::Keep(KeepMsg::Share(true)))),
    };
    html! {
        if !*read {
            <div class="kept" role="status" data-testid="not-kept">
                <p>{text}</p>
                <button type="button" class="control" onclick={act}>{label}</button>
                <button type="button" class="control" onclick={close}>{props.locale.words().close}</button>
            </div>
        }
    }
}
