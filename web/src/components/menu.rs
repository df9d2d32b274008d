//! A button with a list of acts.

use playground::Msg;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::hooks::{use_dispatch, use_leaving};

/// An act.
#[derive(Clone, PartialEq)]
pub struct Item {
    /// What it is called.
    pub label: AttrValue,
    /// The command that it stands for, or nothing.
    pub title: String,
    /// What it does.
    pub msg: Msg,
}

impl Item {
    /// An act that runs a command.
    pub fn run(label: &'static str, line: String) -> Item {
        Item { label: label.into(), title: line.clone(), msg: Msg::Run(line) }
    }

    /// Another act.
    pub fn act(label: impl Into<AttrValue>, msg: Msg) -> Item {
        Item { label: label.into(), title: String::new(), msg }
    }
}

/// The menu.
#[derive(Clone, PartialEq, Properties)]
pub struct MenuProps {
    /// What the button is called.
    pub label: AttrValue,
    /// The acts.
    pub items: Vec<Item>,
    /// The button's class.
    #[prop_or(AttrValue::Static("menu-button"))]
    pub class: AttrValue,
    /// What the button shows.
    #[prop_or(AttrValue::Static("⋯"))]
    pub sign: AttrValue,
    /// For tests.
    #[prop_or_default]
    pub id: Option<AttrValue>,
}

/// The menu.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let dispatch = use_dispatch();
    let open = use_state(|| false);
    let list = use_node_ref();
    let button = use_node_ref();
    let setter = open.setter();
    let close = use_callback((), move |(), ()| setter.set(false));
    let onfocusout = use_leaving(close.clone());
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let onkeydown = {
        let (close, list, button, open) = (close.clone(), list.clone(), button.clone(), open.clone());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Escape" if *open => {
                event.stop_propagation();
                close.emit(());
                focus(&button);
            }
            "ArrowDown" | "ArrowUp" => {
                event.prevent_default();
                open.set(true);
                go(&list, event.key() == "ArrowDown");
            }
            _ => {}
        })
    };
    let item = |item: &Item| {
        let (dispatch, close, msg, button) =
            (dispatch.clone(), close.clone(), item.msg.clone(), button.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            close.emit(());
            focus(&button);
            let types = matches!(msg, Msg::Begin(_) | Msg::Recreate(_));
            dispatch.send(msg.clone());
            if types {
                crate::dom::focus("prompt");
            }
        });
        let title = (!item.title.is_empty()).then(|| item.title.clone());
        html! { <li><button type="button" {title} {onclick}>{&item.label}</button></li> }
    };
    html! {
        <div class="menu" {onfocusout} {onkeydown}>
            <button
                type="button"
                class={props.class.clone()}
                ref={button.clone()}
                data-testid={props.id.clone()}
                aria-label={props.label.clone()}
                aria-expanded={open.to_string()}
                onclick={toggle}
            >
                <span aria-hidden="true">{&props.sign}</span>
            </button>
            if *open {
                <ul class="menu-list" ref={list}>{ for props.items.iter().map(item) }</ul>
            }
        </div>
    }
}

/// Moves the focus to an element.
fn focus(element: &NodeRef) {
    if let Some(element) = element.cast::<HtmlElement>() {
        // Nothing is lost if it is gone.
        let _ = element.focus();
    }
}

/// Moves the focus to the next act, or the one before.
fn go(list: &NodeRef, down: bool) {
    let Some(list) = list.cast::<web_sys::Element>() else { return };
    let Ok(buttons) = list.query_selector_all("button") else { return };
    let focused = crate::dom::document().and_then(|document| document.active_element());
    let at = (0..buttons.length()).find(|index| {
        buttons.item(*index).as_ref()
            == focused.as_ref().map(|element| element.unchecked_ref::<web_sys::Node>())
    });
    let count = buttons.length().max(1);
    let to = match (at, down) {
        (None, true) => 0,
        (None, false) => count - 1,
        (Some(at), true) => (at + 1) % count,
        (Some(at), false) => (at + count - 1) % count,
    };
    if let Some(button) = buttons.item(to).and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
        // Nothing is lost if it is gone.
        let _ = button.focus();
    }
}
