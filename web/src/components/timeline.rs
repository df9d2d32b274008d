//! The time bar: play, step, step back, run until quiet, speed, the clock, other courses of events, and the timeline.

use std::rc::Rc;

use playground::model::{Fork, Speed};
use playground::track::Tick;
use playground::view::timeline::{Timeline, clock};
use playground::{Locale, Msg};
use yew::prelude::*;

use super::sentence::sentence;
use super::track::{TrackPicture, back_to_live};
use crate::hooks::{use_dispatch, use_leaving};

/// The bar.
#[derive(Clone, PartialEq, Properties)]
pub struct TimeBarProps {
    /// The language.
    pub locale: Locale,
    /// Whether time passes.
    pub playing: bool,
    /// Whether it runs through until quiet.
    pub rushing: bool,
    /// How fast.
    pub speed: Speed,
    /// Since the session began.
    pub elapsed_ms: u64,
    /// What happened.
    pub ticks: Rc<Vec<Tick>>,
    /// The same as a picture.
    pub timeline: Rc<Timeline>,
    /// The courses of events that were left.
    pub forks: Rc<Vec<Fork>>,
}

/// The bar.
#[component]
pub fn TimeBar(props: &TimeBarProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let (label, icon) = if props.playing { (words.pause, "pause") } else { (words.play, "play") };
    let speed = |speed: Speed| {
        html! {
            <button
                type="button"
                class="speed"
                aria-pressed={(speed == props.speed).to_string()}
                onclick={dispatch.on(Msg::Speed(speed))}
            >
                {format!("{}×", speed.factor())}
            </button>
        }
    };
    let button = |label: &'static str, icon: &'static str, id: &'static str, msg: Msg| {
        html! {
            <button type="button" class="control control-icon" aria-label={label} title={label} data-testid={id} onclick={dispatch.on(msg)}>
                <span class="time-icon" data-icon={icon} aria-hidden="true"></span>
            </button>
        }
    };
    let past = props.timeline.is_past();
    let (state, word) = match (past, props.rushing, props.playing) {
        (true, ..) => ("past", ""),
        (_, true, _) => ("live", words.rushing),
        (_, _, true) => ("live", words.live),
        _ => ("paused", words.paused),
    };
    html! {
        <section class="time" aria-labelledby="time-title">
            <h2 class="hidden" id="time-title">{words.time}</h2>
            <div class="time-controls">
                { button(words.step_back, "back", "step-back", Msg::StepBack) }
                <button
                    type="button"
                    class="control time-play"
                    aria-label={label}
                    title={label}
                    data-testid="play"
                    onclick={dispatch.on(Msg::Play(!props.playing))}
                >
                    <span class="time-icon" data-icon={icon} aria-hidden="true"></span>
                </button>
                <button type="button" class="control time-step" data-testid="step" onclick={dispatch.on(Msg::Step)}>
                    <span class="time-icon" data-icon="step" aria-hidden="true"></span>{words.step}
                </button>
                { button(words.run_until_quiet, "quiet", "quiet", Msg::RunUntilQuiet) }
                <div class="speeds" role="group" aria-label={words.speed}>
                    { for Speed::ALL.into_iter().map(speed) }
                </div>
            </div>
            <div class="time-now">
                <p class="time-clock" data-state={state}>
                    <span class="hidden">{words.clock}{" "}</span>
                    <time data-testid="clock">{clock(props.elapsed_ms)}</time>
                    {" "}
                    <span class="time-state">{word}</span>
                </p>
                if past {
                    <button type="button" class="time-live" data-testid="live" onclick={back_to_live(&dispatch)}>
                        {words.back_to_live}
                    </button>
                } else if !props.forks.is_empty() {
                    <Forks locale={props.locale} forks={props.forks.clone()} />
                }
            </div>
            <TrackPicture locale={props.locale} ticks={props.ticks.clone()} timeline={props.timeline.clone()} />
        </section>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ForksProps {
    locale: Locale,
    forks: Rc<Vec<Fork>>,
}

/// The other courses of events, each to be taken up.
#[component]
fn Forks(props: &ForksProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let open = use_state(|| false);
    let close = {
        let setter = open.setter();
        use_callback((), move |(), ()| setter.set(false))
    };
    let onfocusout = use_leaving(close.clone());
    let onkeydown = {
        let close = close.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                close.emit(());
            }
        })
    };
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let fork = |(index, fork): (usize, &Fork)| {
        let (dispatch, close) = (dispatch.clone(), close.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            close.emit(());
            dispatch.send(Msg::TakeUp(index));
        });
        html! { <li key={index}><button type="button" {onclick}>{sentence(&(words.fork)(fork))}</button></li> }
    };
    html! {
        <div class="forks" {onfocusout} {onkeydown}>
            <button type="button" class="time-live" data-testid="forks" aria-expanded={open.to_string()} onclick={toggle}>
                <span class="fork-icon" aria-hidden="true"></span>{(words.fork_count)(props.forks.len())}
            </button>
            if *open {
                <div class="menu-list forks-list">
                    <p class="forks-title">{words.forks}</p>
                    <ul>{ for props.forks.iter().enumerate().rev().map(fork) }</ul>
                </div>
            }
        </div>
    }
}
