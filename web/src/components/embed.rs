//! The page inside of another: a bar, and the parts that were asked for. Banner and main are the other page's.

use std::rc::Rc;

use playground::embed::{Embed, Part};
use playground::{Locale, Msg};
use yew::prelude::*;

use crate::hooks::use_dispatch;

/// The frame of an embed.
#[derive(Clone, PartialEq, Properties)]
pub struct EmbedFrameProps {
    /// The language.
    pub locale: Locale,
    /// How it shows.
    pub embed: Rc<Embed>,
    /// Whether there is a file that could be applied.
    pub has_file: bool,
    /// Whether applying it would do something.
    pub bright: bool,
    /// Opens the same world in a window of its own.
    pub onopen: Callback<()>,
    /// Editor and lesson, if they show.
    pub side: Html,
    /// Stage and terminal.
    pub view: Html,
    /// The time.
    pub foot: Html,
}

/// The frame of an embed.
#[component]
pub fn EmbedFrame(props: &EmbedFrameProps) -> Html {
    let dispatch = use_dispatch();
    let (words, share_words) = (props.locale.words(), props.locale.share_words());
    let embed = &props.embed;
    let onopen = props.onopen.reform(|_: MouseEvent| ());
    let applies = props.has_file && !embed.read_only && !embed.shows(Part::Editor);
    html! {
        <div class="embed" data-ready="true" data-readonly={embed.read_only.then_some("true")}>
            <div class="embed-bar">
                <h1 class="header-name">{"petset"}</h1>
                <p class="header-tagline">{words.simulated}</p>
                if applies {
                    <button type="button" id="apply" class={classes!("control", props.bright.then_some("control-bright"))} onclick={dispatch.on(Msg::Apply)}>
                        {words.apply}
                    </button>
                }
                <button type="button" class="control" onclick={onopen}>
                    {share_words.open_in_playground}<span aria-hidden="true">{" ↗"}</span>
                </button>
            </div>
            if !embed.problems.is_empty() {
                <div class="embed-problems" role="alert">
                    <p>{share_words.embed_problems}</p>
                    <ul>{ for embed.problems.iter().map(|problem| html! { <li>{problem}</li> }) }</ul>
                </div>
            }
            <div class="embed-work">
                { props.side.clone() }
                <div class="embed-view">{ props.view.clone() }</div>
            </div>
            { props.foot.clone() }
        </div>
    }
}
