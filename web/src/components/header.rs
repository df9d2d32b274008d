//! The page's head: what it is, where to start, which Kubernetes, theme and help.

use playground::examples::Example;
use playground::keep::KeepMsg;
use playground::lesson::panel::LessonMsg;
use playground::predict::PredictMsg;
use playground::{Locale, Msg};
use session::{Start, StartWorld};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::version::VersionSelect;
use crate::hooks::{Theme, use_dispatch};

/// The start world with nothing in it but many nodes: a node takes 110 pods.
const MANY: &str = "many";
const MANY_NODES: u32 = 100;

/// The head.
#[derive(Clone, PartialEq, Properties)]
pub struct HeaderProps {
    /// The language.
    pub locale: Locale,
    /// How the session began.
    pub start: Start,
    /// The theme.
    pub theme: Theme,
    /// Takes the next theme.
    pub onthemes: Callback<MouseEvent>,
    /// The example with which it began.
    pub example: Option<Example>,
}

/// The head.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let open = dispatch.on(Msg::Help(true));
    let restart = {
        let start = props.start.clone();
        dispatch.map(move |event: Event| {
            let chosen = chosen(event)?;
            if let Some(example) = Example::named(&chosen) {
                return Some(Msg::Example(example));
            }
            let (world, nodes) = match chosen.as_str() {
                MANY => (StartWorld::Empty, MANY_NODES),
                world => (world.parse().ok()?, Start::default().nodes),
            };
            Some(Msg::Restart(Start { world, nodes, ..start.clone() }))
        })
    };
    let many = props.example.is_none() && props.start.nodes == MANY_NODES;
    let world = |world: StartWorld| {
        let label = match world {
            StartWorld::Manifest => words.world_manifest,
            StartWorld::Tutorial => words.world_tutorial,
            StartWorld::Empty => words.world_empty,
            StartWorld::Imported(_) => words.world_imported,
        };
        html! { <option value={world.to_string()} selected={props.example.is_none() && !many && world == props.start.world}>{label}</option> }
    };
    let example = |example: &Example| {
        let selected = props.example == Some(*example);
        html! { <option value={example.name()} {selected}>{(words.example_title)(*example)}</option> }
    };
    let (theme_name, icon) = match props.theme {
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
                <button type="button" class="control" onclick={dispatch.on(Msg::Lesson(LessonMsg::Open(true)))}>
                    {words.lessons}
                </button>
                <button type="button" class="control" onclick={dispatch.on(Msg::Keep(KeepMsg::Share(true)))}>{words.share}</button>
                <button type="button" class="control" onclick={dispatch.on(Msg::Predict(PredictMsg::Open(true)))}>
                    {props.locale.predict_words().open}
                </button>
                <label class="header-start">
                    <span aria-hidden="true">{words.start_from}</span>
                    <select class="control" id="world" aria-label={words.start_from} onchange={restart}>
                        <optgroup label={words.worlds}>
                            { for StartWorld::ALL.into_iter().map(world) }
                            <option value={MANY} selected={many}>{words.world_many}</option>
                            if matches!(props.start.world, StartWorld::Imported(_)) {
                                { world(props.start.world.clone()) }
                            }
                        </optgroup>
                        <optgroup label={words.examples}>{ for Example::ALL.iter().map(example) }</optgroup>
                    </select>
                </label>
                <VersionSelect locale={props.locale} start={props.start.clone()} class="header-version" />
                { for Locale::ALL.into_iter().filter(|locale| *locale != props.locale).map(|locale| html! {
                    <button type="button" class="control" lang={locale.tag()} onclick={dispatch.on(Msg::Locale(locale))}>
                        {locale.name()}
                    </button>
                }) }
                <button
                    type="button"
                    class="control control-icon"
                    aria-label={format!("{}: {theme_name}", words.theme)}
                    title={format!("{}: {theme_name}", words.theme)}
                    onclick={props.onthemes.clone()}
                >
                    <span aria-hidden="true">{icon}</span>
                </button>
                <button type="button" class="control control-icon" aria-label={words.help} title={words.help} onclick={open}>
                    <span aria-hidden="true">{"?"}</span>
                </button>
            </div>
        </header>
    }
}

/// What a select was set to.
fn chosen(event: Event) -> Option<String> {
    Some(event.target_dyn_into::<HtmlSelectElement>()?.value())
}
