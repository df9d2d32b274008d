//! The terminal: a log of what was typed and answered, and a prompt.

use std::rc::Rc;

use machinery::ObjectKey;
use playground::confusable::{Blamed, Confusable};
use playground::paste::Review;
use playground::prompt::Prompt;
use playground::{Locale, Msg};
use session::{Content, Entry, Running, Terminal};
use unicode_width::UnicodeWidthChar;
use web_sys::Element;
use yew::prelude::*;

use super::paste::PasteReview;
use super::prompt::PromptLine;
use super::sentence::sentence;
use super::touch_keys::TouchKeys;
use crate::dom;
use crate::hooks::{use_dispatch, use_spoken};

/// Most entries that are drawn.
const DRAWN: usize = 1000;
/// Most characters of a failed line that are told of.
const TOLD: usize = 3;

/// The terminal.
#[derive(Clone, Properties)]
pub struct TerminalProps {
    /// The language.
    pub locale: Locale,
    /// Which course of events it is, and how many entries were ever written: they decide whether the log is drawn anew.
    pub written: (u64, u64),
    /// The log.
    pub log: Terminal,
    /// The line in the prompt.
    pub prompt: Prompt,
    /// The characters for which the last line has failed.
    pub slip: Option<Rc<Blamed>>,
    /// What was pasted and has to be reviewed.
    pub review: Option<Rc<Review>>,
    /// Whether a command waits for the schema of the API.
    pub fetching: bool,
    /// Why it could not be fetched.
    pub unfetched: Option<AttrValue>,
    /// The command in the foreground.
    pub running: Option<Running>,
    /// Whether time passes.
    pub playing: bool,
    /// Whether a kept world is being opened, whose log was written before.
    pub opening: bool,
    /// Whether a phone's keys are there, and the set that its lines to begin with are about.
    pub keys: Option<Option<ObjectKey>>,
}

impl PartialEq for TerminalProps {
    fn eq(&self, other: &TerminalProps) -> bool {
        // An entry never changes, so the number stands for the log; `clear` changes its length alone.
        self.written == other.written
            && self.log.len() == other.log.len()
            && self.prompt == other.prompt
            && self.slip == other.slip
            && self.review == other.review
            && (self.fetching, &self.unfetched) == (other.fetching, &other.unfetched)
            && self.running == other.running
            && (self.playing, self.opening) == (other.playing, other.opening)
            && self.keys == other.keys
            && self.locale == other.locale
    }
}

/// The terminal.
#[component]
pub fn TerminalPane(props: &TerminalProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let spoken = use_spoken(props.locale, &props.log, props.running.is_some(), props.opening);
    let scroll = use_node_ref();
    use_effect_with(
        (props.written, props.running.is_some(), props.prompt.menu().is_some(), props.review.is_some()),
        {
            let scroll = scroll.clone();
            move |_| {
                if let Some(element) = scroll.cast::<Element>() {
                    element.set_scroll_top(element.scroll_height());
                }
            }
        },
    );
    let first = props.log.written().saturating_sub(DRAWN as u64);
    let onclick = Callback::from(|_: MouseEvent| {
        let selecting =
            dom::window().and_then(|window| window.get_selection().ok()?).is_some_and(|s| !s.is_collapsed());
        if !selecting {
            dom::focus("prompt");
        }
    });
    html! {
        <section class="terminal" aria-labelledby="terminal-title">
            <h2 class="hidden" id="terminal-title">{words.terminal}</h2>
            // The prompt is the keyboard's way in; a click anywhere leads to it.
            <div class="terminal-scroll" ref={scroll} {onclick} tabindex="0" role="group" aria-label={words.terminal}>
                if props.log.is_empty() {
                    <p class="terminal-hint">{words.terminal_hint}</p>
                }
                <div class="terminal-log" role="log" aria-live="off" aria-label={words.terminal_log} lang="en">
                    { for props.log.since(first).map(|entry| html! { <Line key={entry.number} locale={props.locale} entry={entry.clone()} /> }) }
                </div>
                if let Some(slip) = &props.slip {
                    <Slip locale={props.locale} slip={slip.clone()} />
                }
                if let Some(running) = &props.running {
                    <div class="terminal-wait">
                        <span class="terminal-spinner" aria-hidden="true"></span>
                        <span class="terminal-waits">{waits_for(running, words)}</span>
                        <button type="button" class="terminal-button" onclick={dispatch.on(Msg::Interrupt)}>
                            {words.stop}<kbd aria-hidden="true">{"Ctrl C"}</kbd>
                        </button>
                        if !props.playing {
                            <button type="button" class="terminal-button" onclick={dispatch.on(Msg::Play(true))}>{words.go_on}</button>
                        }
                    </div>
                }
                if props.fetching {
                    <p class="terminal-wait" role="status">
                        <span class="terminal-spinner" aria-hidden="true"></span>{words.schema_fetched}
                    </p>
                } else if let Some(why) = &props.unfetched {
                    <p class="terminal-note" role="alert">{"# "}{(words.schema_failed)(why)}</p>
                }
                <PromptLine locale={props.locale} prompt={props.prompt.clone()} />
                if let Some(review) = &props.review {
                    <PasteReview locale={props.locale} review={review.clone()} />
                }
            </div>
            <p class="hidden" role="status" data-testid="spoken">{spoken}</p>
            if let Some(set) = &props.keys {
                <TouchKeys locale={props.locale} has_menu={props.prompt.menu().is_some()} set={set.clone()} />
            }
        </section>
    }
}

fn waits_for(running: &Running, words: &playground::locales::Words) -> String {
    match running.waits_for.as_str() {
        "" => words.waiting.to_owned(),
        what => format!("{} {what}", words.waiting_for),
    }
}

#[derive(Clone, PartialEq, Properties)]
struct SlipProps {
    locale: Locale,
    slip: Rc<Blamed>,
}

/// The characters for which the last line has failed, and an offer to replace them.
#[component]
fn Slip(props: &SlipProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let onclick = Callback::from(move |_: MouseEvent| {
        dispatch.send(Msg::Mend);
        dom::focus("prompt");
    });
    let place = |found: &Confusable| {
        let line = (found.at.line > 1).then(|| (words.line)(found.at.line));
        let parts = line.into_iter().chain([(words.confusable)(found)]);
        html! { <li>{"# "}{parts.collect::<Vec<_>>().join(" · ")}</li> }
    };
    let characters = &props.slip.characters;
    html! {
        <div class="terminal-note terminal-slip" role="status" data-testid="slip">
            <ul>{ for characters.iter().take(TOLD).map(place) }</ul>
            if characters.len() > TOLD {
                <p>{"# "}{(words.more_of)(characters.len() - TOLD)}</p>
            }
            <button type="button" class="terminal-button" {onclick}>{words.mend_line}</button>
        </div>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct LineProps {
    locale: Locale,
    entry: Entry,
}

/// One entry. An exit status shows only where it is not 0.
#[component]
fn Line(props: &LineProps) -> Html {
    match &props.entry.content {
        Content::Command(line) => html! {
            <p class="terminal-command"><span class="terminal-sign" aria-hidden="true">{"$ "}</span>{cells(line)}</p>
        },
        Content::Out(text) => html! { <pre class="terminal-out">{cells(text.trim_end_matches('\n'))}</pre> },
        Content::Err(text) => html! {
            <>
                <pre class={class_of_err(text)}>{cells(text.trim_end_matches('\n'))}</pre>
                if let Some(ours) = props.locale.words().beneath(text) {
                    <p class="terminal-note" lang={props.locale.tag()}>{"# "}{sentence(&ours)}</p>
                }
            </>
        },
        Content::Note(text) => html! { <p class="terminal-note">{"# "}{&**text}</p> },
        Content::Exit(0) => html! {},
        Content::Exit(status) => html! { <p class="terminal-exit">{format!("# exit {status}")}</p> },
    }
}

/// Warnings are no errors: kubectl gives them another colour, too.
fn class_of_err(text: &str) -> &'static str {
    let is_warning = text.lines().all(|line| line.starts_with("Warning: "));
    if is_warning { "terminal-err terminal-warning" } else { "terminal-err" }
}

/// A text in which each character takes as many cells as in a terminal: Han take two.
fn cells(text: &str) -> Html {
    if text.is_ascii() {
        return html! { {text} };
    }
    let is_wide = |character: char| character.width() == Some(2);
    let mut rest = text;
    let mut parts = Vec::new();
    while let Some(at) = rest.find(is_wide) {
        let (before, wide) = rest.split_at(at);
        let end = wide.chars().next().map_or(0, char::len_utf8);
        parts.push(html! { <>{before}<span class="terminal-wide">{&wide[..end]}</span></> });
        rest = &wide[end..];
    }
    parts.into_iter().chain([html! { {rest} }]).collect()
}
