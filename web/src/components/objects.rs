//! The Objects tab: a list of all objects, and one of them as YAML with what has changed.

use std::rc::Rc;

use machinery::text_diff::Fate;
use playground::view::objects::{ObjectRow, Objects, State};
use playground::view::timeline::clock;
use playground::{Locale, Msg};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::hooks::use_dispatch;

/// The tab.
#[derive(Clone, PartialEq, Properties)]
pub struct ObjectsTabProps {
    /// The language.
    pub locale: Locale,
    /// The objects.
    pub objects: Rc<Objects>,
    /// Which of them are listed.
    pub filter: AttrValue,
    /// When they were what they are compared with.
    pub baseline_ms: u64,
    /// Whether a person has marked that moment.
    pub marked: bool,
}

/// The tab.
#[component]
pub fn ObjectsTab(props: &ObjectsTabProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let objects = &props.objects;
    let oninput = dispatch.map(|event: InputEvent| {
        event.target_dyn_into::<HtmlInputElement>().map(|input| Msg::Filter(input.value()))
    });
    let chosen = objects.chosen.as_ref().map(|(key, _)| key);
    let row = |row: &ObjectRow| {
        let (name, word) = match row.state {
            State::New => ("new", words.state_new),
            State::Changed => ("changed", words.state_changed),
            State::Gone => ("gone", words.state_gone),
            State::Same => ("same", ""),
        };
        html! {
            <li key={row.key.to_string()}>
                <button
                    type="button"
                    class="object-row"
                    data-state={name}
                    aria-pressed={(chosen == Some(&row.key)).to_string()}
                    onclick={dispatch.on(Msg::Select(Some(row.key.clone())))}
                >
                    <span lang="en">{row.key.to_string()}</span>
                    if !word.is_empty() {
                        {" "}<span class="object-state">{word}</span>
                    }
                </button>
            </li>
        }
    };
    let mark = if props.marked { words.unmark } else { words.mark };
    html! {
        <div class="objects">
            <div class="objects-side">
                <label class="objects-filter">
                    <span class="hidden">{words.filter}</span>
                    <input
                        type="search" class="control" placeholder={words.filter} spellcheck="false" autocomplete="off"
                        value={props.filter.clone()} {oninput}
                    />
                </label>
                if objects.rows.is_empty() {
                    <p class="nothing">{words.no_objects}</p>
                }
                <ul class="objects-list" aria-label={words.objects_list}>{ for objects.rows.iter().map(row) }</ul>
                if objects.more > 0 {
                    <p class="nothing">{(words.objects_more)(objects.more)}</p>
                }
            </div>
            <div class="objects-main">
                <p class="objects-compared">
                    {(words.compared)(&clock(props.baseline_ms), props.marked)}
                    <button type="button" class="why-more" data-testid="mark" onclick={dispatch.on(Msg::Mark(!props.marked))}>{mark}</button>
                </p>
                if let Some((key, lines)) = &objects.chosen {
                    <pre class="objects-yaml" tabindex="0" lang="en" aria-label={key.to_string()}>
                        { for lines.iter().map(|(fate, line)| self::line(*fate, line, words)) }
                    </pre>
                }
            </div>
        </div>
    }
}

fn line(fate: Fate, line: &str, words: &playground::locales::Words) -> Html {
    match fate {
        Fate::Kept => html! { <>{"  "}{line}{"\n"}</> },
        Fate::Added => html! { <ins><span class="hidden">{words.line_added}</span>{"+ "}{line}{"\n"}</ins> },
        Fate::Removed => {
            html! { <del><span class="hidden">{words.line_removed}</span>{"- "}{line}{"\n"}</del> }
        }
    }
}
