//! The Why line: the most urgent answer, or the one about what was clicked, the ways out, and what to try next.

use std::rc::Rc;

use playground::locales::{Span, marked};
use playground::model::Pane;
use playground::view::acts::Act;
use playground::view::why::{Help, WayOut, Why, WhyKind};
use playground::{Locale, Msg};
use yew::prelude::*;

use super::sentence::sentence;
use crate::dom;
use crate::hooks::use_dispatch;
use crate::session::Dispatch;

/// The line.
#[derive(Clone, PartialEq, Properties)]
pub struct WhyLineProps {
    /// The language.
    pub locale: Locale,
    /// Every answer, the most urgent first.
    pub whys: Rc<Vec<Why>>,
    /// The answer about what was clicked.
    pub selected: Option<Rc<Why>>,
    /// What to try next.
    pub acts: Rc<Vec<Act>>,
}

/// The line.
#[component]
pub fn WhyLine(props: &WhyLineProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let open = use_state(|| false);
    let Some(first) = props.selected.as_deref().or(props.whys.first()) else { return html! {} };
    let others = if props.selected.is_some() { &[] } else { props.whys.get(1..).unwrap_or_default() };
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    // The button goes with what was quiet: who pressed it by a key goes on at the command line.
    let run = |command: &str| {
        let (dispatch, command) = (dispatch.clone(), command.to_owned());
        Callback::from(move |event: MouseEvent| {
            dispatch.send(Msg::Run(command.clone()));
            if event.detail() == 0 {
                dom::focus("prompt");
            }
        })
    };
    html! {
        <section class="why" aria-labelledby="why-title" data-kind={kind_name(first.kind)} data-testid="why">
            <h2 class="hidden" id="why-title">{words.why}</h2>
            <div class="why-line">
                { answer(&dispatch, props.locale, first, props.selected.is_some()) }
                if !others.is_empty() {
                    <button type="button" class="why-more" data-testid="why-more" aria-expanded={open.to_string()} onclick={toggle}>
                        {(words.why_more)(others.len())}{if *open { " ▴" } else { " ▾" }}
                    </button>
                }
                if props.selected.is_some() {
                    <button type="button" class="why-more" onclick={dispatch.on(Msg::Select(None))}>
                        {"← "}{words.back_to_all}
                    </button>
                }
            </div>
            if *open {
                { for others.iter().map(|why| html! {
                    <div class="why-line why-other" data-kind={kind_name(why.kind)}>{ answer(&dispatch, props.locale, why, false) }</div>
                }) }
            }
            if first.kind == WhyKind::Quiet && props.selected.is_none() && !props.acts.is_empty() {
                <div class="why-acts">
                    <span>{words.try_next}</span>
                    { for props.acts.iter().map(|act| html! {
                        <button type="button" class="why-act" title={act.command.clone()} onclick={run(&act.command)}>
                            {(words.act)(&act.kind)}
                        </button>
                    }) }
                </div>
            }
        </section>
    }
}

fn kind_name(kind: WhyKind) -> &'static str {
    match kind {
        WhyKind::Stuck => "stuck",
        WhyKind::Waiting => "waiting",
        WhyKind::Beyond => "beyond",
        WhyKind::Progressing => "progressing",
        WhyKind::Quiet => "quiet",
    }
}

/// `asked`: somebody wants to know; the rule of what is quiet is told only then.
fn answer(dispatch: &Dispatch, locale: Locale, why: &Why, asked: bool) -> Html {
    let words = locale.words();
    let next = (words.why_next)(why);
    html! {
        <>
            <span class="why-kind">{words.kind(why.kind)}</span>
            <div class="why-body">
                <p class="why-sentence">{ linked(dispatch, &(words.why_sentence)(why), why) }</p>
                if !next.is_empty() {
                    <p class="why-next">{words.next}{sentence(&next)}</p>
                }
                if let Some(rule) = why.rule.filter(|_| asked || why.kind != WhyKind::Quiet) {
                    <p class="why-rule">{words.rule}{sentence(&(words.why_rule)(rule))}</p>
                }
                if !why.ways_out.is_empty() {
                    <ul class="why-ways">{ for why.ways_out.iter().map(|way| way_out(dispatch, locale, way, why.kind)) }</ul>
                }
            </div>
        </>
    }
}

/// The sentence, in which the name of the object that blocks leads to it.
fn linked(dispatch: &Dispatch, text: &str, why: &Why) -> Html {
    let span = |span: Span| match (span, &why.about) {
        (Span::Code(name), Some(key)) if *name == *key.name => html! {
            <button type="button" class="why-link" onclick={dispatch.on(Msg::Select(Some(key.clone())))}>
                <code>{name}</code>
            </button>
        },
        (Span::Code(name), _) => html! { <code>{name}</code> },
        (Span::Text(text), _) => html! { {text} },
    };
    marked(text).into_iter().map(span).collect()
}

fn way_out(dispatch: &Dispatch, locale: Locale, way: &WayOut, kind: WhyKind) -> Html {
    let words = locale.words();
    let label = if kind == WhyKind::Quiet { words.way_on } else { words.way_out };
    let button = match &way.help {
        Help::Command(command) => {
            let first = command.lines().next().unwrap_or_default().to_owned();
            let more = if command.contains('\n') { " …" } else { "" };
            html! {
                <button type="button" class="why-out" data-testid="way-out" title={words.way_out_hint} onclick={type_in(dispatch, command)}>
                    {label}<code>{first}{more}</code>
                </button>
            }
        }
        Help::Heal(defect) => {
            let fault = playground::heal(defect);
            html! {
                <button type="button" class="why-out" data-testid="heal" onclick={dispatch.on(Msg::Fault(fault))}>
                    {words.heal}{": "}{defect.to_string()}
                </button>
            }
        }
    };
    html! {
        <li>
            {button}
            if let Some(risk) = way.risk {
                <span class="why-risk"><strong>{words.at_risk}</strong>{(words.risk)(risk)}</span>
            }
        </li>
    }
}

/// Puts a command into the prompt; a person runs it.
fn type_in(dispatch: &Dispatch, command: &str) -> Callback<MouseEvent> {
    let (dispatch, command) = (dispatch.clone(), command.to_owned());
    Callback::from(move |_| {
        dispatch.send(Msg::Begin(command.clone()));
        dispatch.send(Msg::Pane(Pane::Terminal));
        dom::focus("prompt");
    })
}
