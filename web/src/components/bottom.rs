//! On a narrow screen: which pane is shown.

use playground::model::Pane;
use playground::{Locale, Msg};
use yew::prelude::*;

use crate::hooks::use_dispatch;

/// Which pane.
#[derive(Clone, PartialEq, Properties)]
pub struct BottomTabsProps {
    /// The language.
    pub locale: Locale,
    /// The pane that is shown.
    pub pane: Pane,
}

/// The panes' buttons.
#[component]
pub fn BottomTabs(props: &BottomTabsProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let button = |pane: Pane| {
        let label = match pane {
            Pane::Stage => words.pane_stage,
            Pane::Why => words.pane_why,
            Pane::Terminal => words.pane_terminal,
            Pane::Editor => words.pane_editor,
        };
        let current = (pane == props.pane).then_some("page");
        html! {
            <button type="button" class="bottom-tab" aria-current={current} onclick={dispatch.on(Msg::Pane(pane))}>
                {label}
            </button>
        }
    };
    html! {
        <nav class="bottom" aria-label={words.panes}>
            { for Pane::ALL.into_iter().map(button) }
        </nav>
    }
}
