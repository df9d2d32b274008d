//! The timeline's picture: rows with ticks, the head, the end of what has happened. It is a slider for the moment shown.

use std::rc::Rc;

use playground::locales::Words;
use playground::track::{Mark, Row, Tick};
use playground::view::timeline::{Cluster, Timeline, clock, near};
use playground::{Locale, Msg};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::sentence::sentence;
use crate::dom;
use crate::hooks::use_dispatch;
use crate::session::Dispatch;

/// How far apart the rows are, and where the first one lies, in pixels.
const ROW: usize = 12;
const FIRST: usize = 7;
/// Page Up and Page Down go so far, in milliseconds.
const PAGE_MS: u64 = 10_000;
/// Most ticks in the table.
const TABLE: usize = 100;

/// The picture's id: it gets the focus when one has come back from the past.
const ID: &str = "track";

/// The picture.
#[derive(Clone, PartialEq, Properties)]
pub struct TrackProps {
    /// The language.
    pub locale: Locale,
    /// What happened.
    pub ticks: Rc<Vec<Tick>>,
    /// The picture of it.
    pub timeline: Rc<Timeline>,
}

/// The picture.
#[component]
pub fn TrackPicture(props: &TrackProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let hovered = use_state(|| None::<u64>);
    let picture = use_node_ref();
    let timeline = &props.timeline;
    let (until_ms, end_ms, now_ms) = (timeline.until_ms, timeline.end_ms, timeline.now_ms);
    let moment = {
        let picture = picture.clone();
        move |event: &PointerEvent| -> Option<u64> {
            let area = picture.cast::<Element>()?.get_bounding_client_rect();
            let share = (f64::from(event.client_x()) - area.left()) / area.width().max(1.0);
            Some((share.clamp(0.0, 1.0) * until_ms as f64) as u64)
        }
    };
    let onpointerdown = dispatch.map({
        let moment = moment.clone();
        move |event: PointerEvent| {
            if let Some(track) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) {
                // Refused if the pointer is gone already, and then nothing is dragged.
                let _ = track.set_pointer_capture(event.pointer_id());
            }
            to(moment(&event)?, end_ms)
        }
    });
    let onpointermove = {
        let (hovered, dispatch, moment) = (hovered.clone(), dispatch.clone(), moment.clone());
        Callback::from(move |event: PointerEvent| {
            let at = moment(&event);
            let target = event.current_target().and_then(|target| target.dyn_into::<Element>().ok());
            if target.is_some_and(|track| track.has_pointer_capture(event.pointer_id()))
                && let Some(msg) = at.and_then(|at| to(at, end_ms))
            {
                dispatch.send(msg);
            }
            hovered.set(at);
        })
    };
    let onpointerleave = {
        let hovered = hovered.clone();
        Callback::from(move |_: PointerEvent| hovered.set(None))
    };
    let onfocus = {
        let hovered = hovered.clone();
        Callback::from(move |_: FocusEvent| hovered.set(None))
    };
    let onkeydown = dispatch.map(move |event: KeyboardEvent| {
        let msg = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => Msg::SeekTick(false),
            "ArrowRight" | "ArrowUp" => Msg::SeekTick(true),
            "PageUp" => Msg::Seek((now_ms + PAGE_MS).min(end_ms)),
            "PageDown" => Msg::Seek(now_ms.saturating_sub(PAGE_MS)),
            "Home" => Msg::Seek(0),
            "End" => Msg::Live,
            _ => return None,
        };
        event.prevent_default();
        event.stop_propagation();
        Some(msg)
    });
    let percent = |at_ms: u64| format!("{}%", timeline.permille(at_ms) as f64 / 10.0);
    let height = FIRST + ROW * (Row::ALL.len() - 1) + 7;
    let told = hovered.or(timeline.is_past().then_some(now_ms));
    html! {
        <div class="track">
            <div class="track-rows" aria-hidden="true">
                { for Row::ALL.into_iter().map(|row| html! { <span>{words.row(row)}</span> }) }
            </div>
            <div
                class="track-picture"
                ref={picture}
                id={ID}
                role="slider"
                tabindex="0"
                data-testid="track"
                aria-label={words.track}
                aria-describedby="track-keys"
                aria-valuemin="0"
                aria-valuemax={(end_ms / 1000).to_string()}
                aria-valuenow={(now_ms / 1000).to_string()}
                aria-valuetext={(words.head)(&clock(now_ms), timeline.is_past())}
                {onpointerdown} {onpointermove} {onpointerleave} {onfocus} {onkeydown}
            >
                <svg class="track-svg" width="100%" height={height.to_string()} aria-hidden="true">
                    { for Row::ALL.into_iter().map(|row| html! {
                        <line class="track-line" x1="0" x2="100%" y1={top(row).to_string()} y2={top(row).to_string()} />
                    }) }
                    { for timeline.clusters.iter().map(|cluster| tick(cluster, percent(cluster.at_ms), cluster.at_ms > now_ms)) }
                    { for timeline.forks_ms.iter().map(|at| html! {
                        <svg x={percent(*at)} class="track-fork"><path d="M0 0 V10 M0 4 Q4 4 4 9" /></svg>
                    }) }
                    if let Some(marked) = timeline.marked_ms {
                        <line class="track-mark" x1={percent(marked)} x2={percent(marked)} y1="0" y2="100%" />
                    }
                    <line class="track-end" x1={percent(end_ms)} x2={percent(end_ms)} y1="0" y2="100%" />
                    <line class="track-head" x1={percent(now_ms)} x2={percent(now_ms)} y1="0" y2="100%" />
                    <svg x={percent(now_ms)} class="track-knob"><circle r="5" cy="5" /></svg>
                </svg>
                <Axis timeline={props.timeline.clone()} />
                if let Some(at_ms) = told {
                    <Told locale={props.locale} ticks={props.ticks.clone()} {at_ms} {until_ms} seen={hovered.is_some()} />
                }
            </div>
            <p class="hidden" id="track-keys">{words.track_keys}</p>
            <Table locale={props.locale} ticks={props.ticks.clone()} />
        </div>
    }
}

/// Back to what happens now. The button for it goes with the past, so the focus moves on.
pub fn back_to_live(dispatch: &Dispatch) -> Callback<MouseEvent> {
    let dispatch = dispatch.clone();
    Callback::from(move |_| {
        dispatch.send(Msg::Live);
        dom::focus(ID);
    })
}

/// Beyond the end there is nothing to be seen yet: that is live.
fn to(at_ms: u64, end_ms: u64) -> Option<Msg> {
    Some(if at_ms >= end_ms { Msg::Live } else { Msg::Seek(at_ms) })
}

fn top(row: Row) -> usize {
    FIRST + ROW * Row::ALL.iter().position(|of| *of == row).unwrap_or(0)
}

/// Each mark has its own shape.
fn tick(cluster: &Cluster, x: String, future: bool) -> Html {
    let (name, path) = shape(cluster.row, cluster.mark);
    html! {
        <svg {x} y={top(cluster.row).to_string()} class="tick" data-mark={name} data-future={future.then_some("true")}>
            <path d={path} />
        </svg>
    }
}

fn shape(row: Row, mark: Mark) -> (&'static str, &'static str) {
    match mark {
        Mark::Act if row == Row::Faults => ("fault", "M1 -5 L-3 1 H0 L-1 5 L3 -1 H0 Z"),
        Mark::Act => ("act", "M-1.5 -5 h3 v10 h-3 Z"),
        Mark::Born => ("born", "M0 -4.5 L4 3 H-4 Z"),
        Mark::Ready => ("ready", "M-3.5 0 a3.5 3.5 0 1 0 7 0 a3.5 3.5 0 1 0 -7 0"),
        Mark::Unready => ("unready", "M-3.5 0 a3.5 3.5 0 1 0 7 0 a3.5 3.5 0 1 0 -7 0"),
        Mark::Bound => ("bound", "M-3 -3 h6 v6 h-6 Z"),
        Mark::Changed => ("changed", "M-2 -2 h4 v4 h-4 Z"),
        Mark::Leaving => ("leaving", "M0 4.5 L4 -3 H-4 Z"),
        Mark::Gone => ("gone", "M-3.5 -3.5 L3.5 3.5 M3.5 -3.5 L-3.5 3.5"),
        Mark::Broken => ("broken", "M0 -5 L5 0 L0 5 L-5 0 Z"),
    }
}

#[derive(Clone, PartialEq, Properties)]
struct AxisProps {
    timeline: Rc<Timeline>,
}

/// The moments below the picture.
#[component]
fn Axis(props: &AxisProps) -> Html {
    let timeline = &props.timeline;
    let label = |at: &u64| {
        let x = format!("{}%", timeline.permille(*at) as f64 / 10.0);
        let anchor = match *at {
            0 => "start",
            at if at == timeline.until_ms => "end",
            _ => "middle",
        };
        html! { <text {x} y="10" text-anchor={anchor}>{short(*at)}</text> }
    };
    html! {
        <svg class="track-axis" width="100%" height="13" aria-hidden="true">{ for timeline.labels_ms.iter().map(label) }</svg>
    }
}

/// `4:10`, `1:04:10`.
fn short(ms: u64) -> String {
    let full = clock(ms);
    full.strip_prefix("00:").map_or(full.clone(), |rest| rest.strip_prefix('0').unwrap_or(rest).to_owned())
}

#[derive(Clone, PartialEq, Properties)]
struct ToldProps {
    locale: Locale,
    ticks: Rc<Vec<Tick>>,
    at_ms: u64,
    until_ms: u64,
    seen: bool,
}

/// What happened where the pointer is, or where the head is.
#[component]
fn Told(props: &ToldProps) -> Html {
    let words = props.locale.words();
    let card = use_node_ref();
    {
        let card = card.clone();
        use_effect_with((props.at_ms, props.until_ms), move |(at, until)| {
            if let Some(card) = card.cast::<Element>() {
                let share = (*at as f64 / (*until).max(1) as f64).clamp(0.0, 1.0) * 100.0;
                dom::set_property(&card, "--at", &format!("{share:.2}%"));
            }
        });
    }
    let (told, more) = near(&props.ticks, props.at_ms, props.until_ms);
    if told.is_empty() && !props.seen {
        return html! {};
    }
    html! {
        <div class="told" ref={card} data-testid="told">
            <p class="told-clock">{clock(props.at_ms)}</p>
            if !told.is_empty() {
                <ul>{ for told.iter().map(|tick| row(words, tick)) }</ul>
            }
            if more > 0 {
                <p class="told-more">{(words.ticks_more)(more)}</p>
            }
        </div>
    }
}

fn row(words: &Words, tick: &Tick) -> Html {
    let (name, path) = shape(tick.row, tick.mark);
    html! {
        <li>
            <svg class="tick" data-mark={name} width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true"><path d={path} /></svg>
            <span>{sentence(&(words.tick)(tick))}</span>
        </li>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct TableProps {
    locale: Locale,
    ticks: Rc<Vec<Tick>>,
}

/// The same as a table, the newest first, for those who hear the page.
#[component]
fn Table(props: &TableProps) -> Html {
    let words = props.locale.words();
    let row = |tick: &Tick| {
        html! { <tr><td>{clock(tick.at_ms)}</td><td>{words.row(tick.row)}</td><td>{(words.tick)(tick).replace('`', "")}</td></tr> }
    };
    html! {
        <div class="hidden"><table>
            <caption>{words.track}</caption>
            <thead><tr><th scope="col">{words.at}</th><th scope="col">{words.object}</th><th scope="col">{words.what}</th></tr></thead>
            <tbody>{ for props.ticks.iter().rev().take(TABLE).map(row) }</tbody>
        </table></div>
    }
}
