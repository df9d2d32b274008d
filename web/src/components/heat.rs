//! All ordinals of a long set at a glance: painted cells, of which a part is chosen to be looked at.
//!
//! Each shape has its own form, so that nothing depends on colour; the colour is the revision's.

use std::rc::Rc;

use playground::memory::TONES;
use playground::view::pod::Shape;
use playground::view::set::PART;
use playground::view::stage::{SetView, Slot};
use playground::{Locale, Msg};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};
use yew::prelude::*;

use crate::dom;
use crate::hooks::{Theme, use_dispatch, use_resizes};

/// The strip.
#[derive(Clone, PartialEq, Properties)]
pub struct HeatProps {
    /// The language.
    pub locale: Locale,
    /// The set.
    pub set: Rc<SetView>,
    /// The theme, which decides the colours.
    pub theme: Theme,
}

/// How the cells lie: their size with the gap, the gap, and how many are in a row.
#[derive(Clone, Copy)]
struct Grid {
    pitch: usize,
    gap: usize,
    columns: usize,
}

impl Grid {
    fn of(slots: usize, width: usize) -> Grid {
        let (pitch, gap) = match slots {
            0..=150 => (18, 3),
            151..=600 => (13, 2),
            601..=2500 => (9, 1),
            _ => (5, 1),
        };
        Grid { pitch, gap, columns: (width / pitch).max(1) }
    }

    fn rows(self, slots: usize) -> usize {
        slots.div_ceil(self.columns)
    }
}

/// The strip.
#[component]
pub fn Heat(props: &HeatProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let frame = use_node_ref();
    let canvas = use_node_ref();
    use_resizes(&frame);
    {
        let (frame, canvas, set) = (frame.clone(), canvas.clone(), props.set.clone());
        let width = frame.cast::<Element>().map_or(0, |frame| frame.client_width());
        use_effect_with((props.set.slots.clone(), props.set.part, props.theme, width), move |_| {
            if let (Some(frame), Some(canvas)) = (frame.cast::<Element>(), canvas.cast::<HtmlCanvasElement>())
            {
                paint(&frame, &canvas, &set);
            }
        });
    }
    let set = &props.set;
    let (slots, key, first) = (set.slots.len(), set.key.clone(), set.part.first);
    let onclick = dispatch.map({
        let (canvas, key) = (canvas.clone(), key.clone());
        move |event: MouseEvent| {
            let canvas = canvas.cast::<Element>()?;
            let grid = Grid::of(slots, usize::try_from(canvas.client_width()).ok()?);
            let area = canvas.get_bounding_client_rect();
            let cell = |at: f64| (at.max(0.0) as usize) / grid.pitch;
            let (x, y) =
                (f64::from(event.client_x()) - area.left(), f64::from(event.client_y()) - area.top());
            let index = cell(y) * grid.columns + cell(x).min(grid.columns - 1);
            Some(Msg::LookAt(key.clone(), Some(index.min(slots - 1) / PART * PART)))
        }
    });
    let onkeydown = dispatch.map({
        let key = key.clone();
        move |event: KeyboardEvent| {
            let to = match event.key().as_str() {
                "ArrowRight" | "ArrowDown" => first + PART,
                "ArrowLeft" | "ArrowUp" => first.saturating_sub(PART),
                "PageDown" => first + 10 * PART,
                "PageUp" => first.saturating_sub(10 * PART),
                "Home" => 0,
                "End" => slots,
                _ => return None,
            };
            event.prevent_default();
            event.stop_propagation();
            Some(Msg::LookAt(key.clone(), Some(to.min(slots.saturating_sub(PART)))))
        }
    });
    let shown = set.shown();
    let ordinal = |index: usize| set.slots.get(index).map_or(0, |slot| slot.ordinal);
    let text = (words.part)(ordinal(shown.start), ordinal(shown.end.saturating_sub(1)), slots);
    let shapes = [
        Some(Shape::Ready),
        Some(Shape::Starting),
        Some(Shape::Stopping),
        Some(Shape::Broken),
        Some(Shape::Ended),
        None,
    ];
    let counted = shapes.map(|shape| (shape, set.count(shape)));
    html! {
        <div class="heat">
            <div
                class="heat-frame"
                ref={frame}
                role="slider"
                tabindex="0"
                data-testid="heat"
                aria-label={words.heat}
                aria-valuemin="0"
                aria-valuemax={slots.saturating_sub(1).to_string()}
                aria-valuenow={first.to_string()}
                aria-valuetext={text.clone()}
                {onclick}
                {onkeydown}
            >
                <canvas ref={canvas} aria-hidden="true"></canvas>
                <span class="heat-inks" aria-hidden="true">
                    { for (0..TONES).map(|tone| html! { <i data-ink={format!("tone-{tone}")}></i> }) }
                    { for ["bad", "line", "accent", "split"].map(|ink| html! { <i data-ink={ink}></i> }) }
                </span>
            </div>
            <div class="heat-legend">
                <ul>
                    { for counted.into_iter().filter(|(_, count)| *count > 0).map(|(shape, count)| html! {
                        <li data-shape={shape_name(shape)}>
                            <span class="shape" aria-hidden="true"></span>{words.shape(shape)}{" "}<strong>{count}</strong>
                        </li>
                    }) }
                </ul>
                <span class="heat-part">{text}</span>
                if !set.part.follows {
                    <button type="button" class="why-more" data-testid="follow" onclick={dispatch.on(Msg::LookAt(key, None))}>
                        {words.follow}
                    </button>
                }
            </div>
        </div>
    }
}

fn shape_name(shape: Option<Shape>) -> &'static str {
    match shape {
        Some(Shape::Ready) => "ready",
        Some(Shape::Starting) => "starting",
        Some(Shape::Stopping) => "stopping",
        Some(Shape::Broken) => "broken",
        Some(Shape::Ended) => "ended",
        None => "none",
    }
}

/// The colour that the style sheet gives an ink.
fn ink(frame: &Element, name: &str) -> String {
    let element = frame.query_selector(&format!("[data-ink={name}]")).ok().flatten();
    let style = element.and_then(|element| dom::window()?.get_computed_style(&element).ok()?);
    style.and_then(|style| style.get_property_value("color").ok()).unwrap_or_default()
}

fn paint(frame: &Element, canvas: &HtmlCanvasElement, set: &SetView) {
    let width = usize::try_from(frame.client_width()).unwrap_or(0);
    let grid = Grid::of(set.slots.len(), width);
    let height = grid.rows(set.slots.len()) * grid.pitch + 4;
    let scale = dom::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 3.0);
    canvas.set_width((width as f64 * scale) as u32);
    canvas.set_height((height as f64 * scale) as u32);
    dom::set_property(frame, "--heat-height", &format!("{height}px"));
    let context = canvas.get_context("2d").ok().flatten();
    let Some(context) = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok())
    else {
        return;
    };
    // Only a scale that is no number is refused.
    let _ = context.scale(scale, scale);
    let at = |index: usize| {
        let (x, y) = (index % grid.columns * grid.pitch, index / grid.columns * grid.pitch);
        (x as f64 + 1.0, y as f64 + 1.0)
    };
    let size = (grid.pitch - grid.gap) as f64;
    let layer = |wanted: &dyn Fn(&Slot) -> bool, draw: &dyn Fn(f64, f64)| {
        context.begin_path();
        for (index, _) in set.slots.iter().enumerate().filter(|(_, slot)| wanted(slot)) {
            let (x, y) = at(index);
            draw(x, y);
        }
    };
    let tones = set.slots.iter().map(|slot| slot.tone).max().unwrap_or(0);
    for tone in 0..=tones {
        let colour = ink(frame, &format!("tone-{tone}"));
        context.set_fill_style_str(&colour);
        context.set_stroke_style_str(&colour);
        context.set_line_width((size / 6.0).clamp(1.0, 2.0));
        let of = move |slot: &Slot, shape| slot.tone == tone && slot.shape == Some(shape);
        layer(&|slot| of(slot, Shape::Ready), &|x, y| context.rect(x, y, size, size));
        context.fill();
        layer(&|slot| of(slot, Shape::Stopping), &|x, y| {
            context.move_to(x, y);
            context.line_to(x + size, y);
            context.line_to(x, y + size);
            context.close_path();
        });
        context.fill();
        layer(&|slot| of(slot, Shape::Starting), &|x, y| {
            context.rect(x + 0.5, y + 0.5, size - 1.0, size - 1.0)
        });
        context.stroke();
        layer(&|slot| of(slot, Shape::Ended), &|x, y| {
            context.rect(x + size / 3.0, y + size / 3.0, size / 3.0, size / 3.0)
        });
        context.fill();
    }
    context.set_fill_style_str(&ink(frame, "bad"));
    layer(&|slot| slot.shape == Some(Shape::Broken), &|x, y| {
        context.move_to(x + size / 2.0, y - 1.0);
        context.line_to(x + size + 1.0, y + size / 2.0);
        context.line_to(x + size / 2.0, y + size + 1.0);
        context.line_to(x - 1.0, y + size / 2.0);
        context.close_path();
    });
    context.fill();
    context.set_stroke_style_str(&ink(frame, "line"));
    context.set_line_width(1.0);
    layer(&|slot| slot.shape.is_none() && slot.wanted, &|x, y| {
        context.rect(x + 0.5, y + 0.5, size - 1.0, size - 1.0)
    });
    context.stroke();
    if let Some(partition) = set.partition().filter(|partition| *partition > 0) {
        context.set_fill_style_str(&ink(frame, "split"));
        let before = set.slots.iter().position(|slot| slot.ordinal - set.start >= partition);
        if let Some((x, y)) = before.map(at) {
            context.fill_rect(x - 2.0, y - 2.0, 2.0, size + 4.0);
        }
    }
    context.set_stroke_style_str(&ink(frame, "accent"));
    context.set_line_width(2.0);
    context.begin_path();
    for index in set.shown() {
        let (x, y) = at(index);
        context.move_to(x - 0.5, y + size + 1.0);
        context.line_to(x + size + 1.0, y + size + 1.0);
    }
    context.stroke();
}
