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
    let close = {
        let dialog = dialog.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        })
    };
    let title_id = format!("{}-title", props.id);
    html! {
        <dialog class={classes!("dialog", props.id)} id={props.id} ref={dialog} aria-labelledby={title_id.clone()} onclose={dispatch.on(props.closed.clone())}>
            <h2 id={title_id}>{props.title}</h2>
            { props.children.clone() }
            <button type="button" class="control" onclick={close}>{props.locale.words().close}</button>
        </dialog>
    }
}
