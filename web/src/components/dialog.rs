//! A dialog above the page. It is there as long as it is open; closed, it gives the focus back to where it was.

use playground::{Locale, Msg};
use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::hooks::use_dispatch;

/// A dialog.
#[derive(Clone, PartialEq, Properties)]
pub struct DialogProps {
    /// The language.
    pub locale: Locale,
    /// Its id.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The act after which it is not there any more.
    pub closed: Msg,
    /// What it holds, above the button that closes it.
    pub children: Html,
}

/// A dialog.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let dispatch = use_dispatch();
    let dialog = use_node_ref();
    use_effect_with((), {
        let dialog = dialog.clone();
        move |()| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                // Refused only if it is open already.
                let _ = dialog.show_modal();
            }
        }
    });
    // Told at once: the browser's own event comes later, perhaps after the key that opens the dialog again.
    let close = {
        let (dialog, dispatch, closed) = (dialog.clone(), dispatch.clone(), props.closed.clone());
        move || {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                dialog.close();
            }
            dispatch.send(closed.clone());
        }
    };
    let onclick = {
        let close = close.clone();
        Callback::from(move |_: MouseEvent| close())
    };
    // Of the Escape key.
    let oncancel = Callback::from(move |event: Event| {
        event.prevent_default();
        close();
    });
    let title_id = format!("{}-title", props.id);
    html! {
        <dialog class={classes!("dialog", props.id)} id={props.id} ref={dialog} aria-labelledby={title_id.clone()} {oncancel} onclose={dispatch.on(props.closed.clone())}>
            <h2 id={title_id}>{props.title}</h2>
            { props.children.clone() }
            <button type="button" class="control" {onclick}>{props.locale.words().close}</button>
        </dialog>
    }
}
