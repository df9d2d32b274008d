//! The page's head: what it is, where to start, theme and help.

use playground::{Locale, Msg};
use session::StartWorld;
use web_sys::{HtmlDialogElement, HtmlSelectElement};
use yew::prelude::*;

use super::sentence::sentence;
use crate::hooks::{Theme, use_dispatch, use_theme};

/// The head.
#[derive(Clone, PartialEq, Properties)]
pub struct HeaderProps {
    /// The language.
    pub locale: Locale,
    /// The world in which the session began.
    pub world: StartWorld,
}

/// The head.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let (theme, next_theme) = use_theme();
    let help = use_node_ref();
    let open = {
        let help = help.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(dialog) = help.cast::<HtmlDialogElement>() {
                // Refused only if it is open already.
                let _ = dialog.show_modal();
            }
        })
    };
    let close = {
        let help = help.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(dialog) = help.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        })
    };
    let restart = dispatch.map(|event: Event| {
        let chosen = event.target_dyn_into::<HtmlSelectElement>()?.value();
        chosen.parse().ok().map(Msg::Restart)
    });
    let world = |world: StartWorld| {
        let label = match world {
            StartWorld::Manifest => words.world_manifest,
            StartWorld::Tutorial => words.world_tutorial,
            StartWorld::Empty => words.world_empty,
        };
        html! { <option value={world.to_string()} selected={world == props.world}>{label}</option> }
    };
    let (theme_name, icon) = match theme {
        Theme::System => (words.theme_system, "◐"),
        Theme::Light => (words.theme_light, "○"),
        Theme::Dark => (words.theme_dark, "●"),
    };
    html! {
        <header class="header">
            <h1 class="header-name">{"petset"}</h1>
            <p class="header-tagline">
                <span class="header-what">{words.tagline}{" · "}</span>{words.simulated}
            </p>
            <div class="header-controls">
                <label class="header-start">
                    <span aria-hidden="true">{words.start_from}</span>
                    <select class="control" id="world" aria-label={words.start_from} onchange={restart}>
                        { for StartWorld::ALL.into_iter().map(world) }
                    </select>
                </label>
                <span class="header-version">{"Kubernetes v1.36"}</span>
                <button
                    type="button"
                    class="control control-icon"
                    aria-label={format!("{}: {theme_name}", words.theme)}
                    title={format!("{}: {theme_name}", words.theme)}
                    onclick={next_theme}
                >
                    <span aria-hidden="true">{icon}</span>
                </button>
                <button type="button" class="control control-icon" aria-label={words.help} title={words.help} onclick={open}>
                    <span aria-hidden="true">{"?"}</span>
                </button>
            </div>
            <dialog class="help" ref={help} aria-labelledby="help-title">
                <h2 id="help-title">{words.help}</h2>
                { for words.help_text.lines().map(|paragraph| html! { <p>{sentence(paragraph)}</p> }) }
                <button type="button" class="control" onclick={close}>{words.close}</button>
            </dialog>
        </header>
    }
}
