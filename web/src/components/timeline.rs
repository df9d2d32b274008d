//! The time bar: play, pause, step, speed, the clock, and a track of what happened.

use playground::model::Speed;
use playground::track::{Mark, Row, Tick, Track};
use playground::{Locale, Msg};
use yew::prelude::*;

use crate::hooks::use_dispatch;

/// The track shows at least so much time, in milliseconds.
const SPAN_MS: u64 = 60_000;
/// The track's width in its own units.
const WIDTH: u64 = 1000;

/// The bar.
#[derive(Clone, PartialEq, Properties)]
pub struct TimeBarProps {
    /// The language.
    pub locale: Locale,
    /// Whether time passes.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
    /// Since the session began.
    pub elapsed_ms: u64,
    /// What happened.
    pub track: Track,
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
    html! {
        <section class="time" aria-labelledby="time-title">
            <h2 class="hidden" id="time-title">{words.time}</h2>
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
            <div class="speeds" role="group" aria-label={words.speed}>
                { for Speed::ALL.into_iter().map(speed) }
            </div>
            <p class="time-clock">
                <span class="hidden">{words.clock}{" "}</span>
                <time data-testid="clock">{clock(props.elapsed_ms)}</time>
                {" "}
                <span class="time-state" data-live={props.playing.to_string()}>
                    {if props.playing { words.live } else { words.paused }}
                </span>
            </p>
            <Ticks
                locale={props.locale}
                track={props.track.clone()}
                // The head moves with the seconds, not with the frames.
                until_ms={(props.elapsed_ms / 250 * 250).max(SPAN_MS)}
                now_ms={props.elapsed_ms / 250 * 250}
            />
        </section>
    }
}

/// `00:04:12`.
fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[derive(Clone, PartialEq, Properties)]
struct TicksProps {
    locale: Locale,
    track: Track,
    until_ms: u64,
    now_ms: u64,
}

/// The track.
#[component]
fn Ticks(props: &TicksProps) -> Html {
    let words = props.locale.words();
    let x = |at_ms: u64| (at_ms * WIDTH / props.until_ms.max(1)).min(WIDTH);
    let top = |row: Row| 6 + 14 * Row::ALL.iter().position(|of| *of == row).unwrap_or(0);
    let tick = |tick: &Tick| {
        let (left, top) = (x(tick.at_ms), top(tick.row));
        let class = match (tick.row, tick.mark) {
            (Row::Commands, _) => "tick tick-command",
            (Row::Pods, _) => "tick tick-pod",
            (Row::Storage, _) => "tick tick-storage",
        };
        // What is gone is hollow: a low tick on the line.
        let height = if tick.mark == Mark::Gone { "4" } else { "9" };
        html! { <rect {class} x={left.to_string()} y={(top - 4).to_string()} width="3" {height} rx="1" /> }
    };
    let label = |row: Row| {
        let word = match row {
            Row::Commands => words.track_commands,
            Row::Pods => words.track_pods,
            Row::Storage => words.track_storage,
        };
        html! { <span>{word}</span> }
    };
    html! {
        <div class="track">
            <div class="track-rows" aria-hidden="true">{ for Row::ALL.into_iter().map(label) }</div>
            <svg
                class="track-picture"
                role="img"
                aria-label={words.track}
                viewBox="0 0 1000 46"
                preserveAspectRatio="none"
            >
                { for Row::ALL.into_iter().map(|row| html! {
                    <line class="track-line" x1="0" x2="1000" y1={top(row).to_string()} y2={top(row).to_string()} />
                }) }
                { for props.track.ticks().map(tick) }
                <line class="track-head" x1={x(props.now_ms).to_string()} x2={x(props.now_ms).to_string()} y1="0" y2="46" />
            </svg>
        </div>
    }
}
