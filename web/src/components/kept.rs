//! What is said of kept worlds: that one is being opened or cannot be, that it is the one of the last visit, and that this
//! one is not kept.

use playground::keep::{Keep, KeepMsg};
use playground::{Locale, Msg};
use yew::prelude::*;

use crate::dom;
use crate::hooks::{Kept, take, use_dispatch};

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

/// Whether the world is kept.
#[derive(Clone, PartialEq, Properties)]
pub struct NotKeptProps {
    /// The language.
    pub locale: Locale,
    /// Whether it is.
    pub kept: Kept,
}

/// That the world is not kept, and what can be done about it.
#[component]
pub fn NotKept(props: &NotKeptProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    // What one has read of once is not said again until it is another thing.
    let read = use_state(Kept::default);
    use_effect_with(props.kept, {
        let read = read.clone();
        move |kept| {
            if matches!(kept, Kept::Here | Kept::OnceTouched) {
                read.set(Kept::Here);
            }
        }
    });
    let close = {
        let (read, kept) = (read.clone(), props.kept);
        Callback::from(move |event: MouseEvent| {
            read.set(kept);
            dom::leave_button(&event);
        })
    };
    let take = Callback::from(|event: MouseEvent| {
        // Without locks there is no other tab to take it from.
        let _ = take();
        dom::leave_button(&event);
    });
    let (text, label, act) = match props.kept {
        kept if kept == *read => return html! {},
        Kept::Here | Kept::OnceTouched => return html! {},
        Kept::Elsewhere => (words.kept_elsewhere, words.keep_here, take),
        Kept::Nowhere => (words.not_kept, words.save_file, dispatch.on(Msg::Keep(KeepMsg::Share(true)))),
    };
    html! {
        <div class="kept" role="status" data-testid="not-kept">
            <p>{text}</p>
            <button type="button" class="control" onclick={act}>{label}</button>
            <button type="button" class="control" onclick={close}>{words.close}</button>
        </div>
    }
}
