//! A row of tabs: one is chosen, the arrow keys go along.

use yew::prelude::*;

use crate::dom;

/// A tab.
#[derive(Clone, PartialEq)]
pub struct Tab {
    /// What it says.
    pub label: AttrValue,
    /// A number behind it.
    pub count: Option<usize>,
}

/// A row of tabs.
#[derive(Clone, PartialEq, Properties)]
pub struct TabsProps {
    /// Distinguishes the row: tab N has the id `ID-tab-N`.
    pub id: AttrValue,
    /// What the row is about.
    pub label: AttrValue,
    /// The tabs.
    pub tabs: Vec<Tab>,
    /// The chosen one.
    pub chosen: usize,
    /// The panel that they switch.
    pub panel: AttrValue,
    /// Chooses one.
    pub onchoose: Callback<usize>,
}

/// A row of tabs.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let (count, chosen, id) = (props.tabs.len(), props.chosen, props.id.clone());
    let onkeydown = {
        let onchoose = props.onchoose.clone();
        let id = id.clone();
        Callback::from(move |event: KeyboardEvent| {
            let to = match event.key().as_str() {
                "ArrowRight" => (chosen + 1) % count,
                "ArrowLeft" => (chosen + count - 1) % count,
                "Home" => 0,
                "End" => count - 1,
                _ => return,
            };
            event.prevent_default();
            onchoose.emit(to);
            dom::focus(&format!("{id}-tab-{to}"));
        })
    };
    let tab = |(index, tab): (usize, &Tab)| {
        let is_chosen = index == chosen;
        let onclick = props.onchoose.reform(move |_| index);
        html! {
            <button
                key={index}
                type="button"
                role="tab"
                id={format!("{id}-tab-{index}")}
                class="tabs-tab"
                aria-selected={is_chosen.to_string()}
                aria-controls={props.panel.clone()}
                tabindex={if is_chosen { "0" } else { "-1" }}
                {onclick}
            >
                {&tab.label}
                if let Some(count) = tab.count {
                    <span class="tabs-count">{count}</span>
                }
            </button>
        }
    };
    html! {
        <div class="tabs" role="tablist" aria-label={props.label.clone()} {onkeydown}>
            { for props.tabs.iter().enumerate().map(tab) }
        </div>
    }
}
