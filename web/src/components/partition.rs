//! The partition: a line between ordinals with a handle that drags. One command when it is let go.

use std::rc::Rc;

use playground::view::stage::SetView;
use playground::{Locale, Msg};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::dom;
use crate::hooks::{use_dispatch, use_resizes};

/// How far before the first and after the last column the line stands, in pixels: beside, and where they are stacked.
const EDGE: i32 = 7;
const STACKED_EDGE: i32 = 20;

/// The line.
#[derive(Clone, PartialEq, Properties)]
pub struct PartitionProps {
    /// The language.
    pub locale: Locale,
    /// The set.
    pub set: Rc<SetView>,
    /// Where the line stands: dragged, or as the set has it.
    pub partition: i32,
    /// Whether it is being dragged.
    pub dragged: bool,
    /// The list of the columns, over which the line lies.
    pub columns: NodeRef,
}

/// The line.
#[component]
pub fn Partition(props: &PartitionProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let line = use_node_ref();
    use_place(&line, &props.columns, props.set.start.saturating_add(props.partition));
    let key = props.set.key.clone();
    let highest = props.set.replicas.max(props.partition);
    let onpointerdown = Callback::from(|event: PointerEvent| {
        if let Some(handle) = event.target_dyn_into::<Element>() {
            // Refused if the pointer is gone already, and then nothing is dragged.
            let _ = handle.set_pointer_capture(event.pointer_id());
        }
    });
    let onpointermove = dispatch.map({
        let (key, columns) = (key.clone(), props.columns.clone());
        move |event: PointerEvent| {
            let held = event.target_dyn_into::<Element>()?.has_pointer_capture(event.pointer_id());
            let index = boundary_at(&columns.cast::<Element>()?, &event)?;
            held.then(|| Msg::Drag(key.clone(), index))
        }
    });
    let onkeydown = dispatch.map({
        let partition = props.partition;
        move |event: KeyboardEvent| {
            let msg = match event.key().as_str() {
                "ArrowRight" | "ArrowDown" => Msg::Drag(key.clone(), (partition + 1).min(highest)),
                "ArrowLeft" | "ArrowUp" => Msg::Drag(key.clone(), (partition - 1).max(0)),
                "Home" => Msg::Drag(key.clone(), 0),
                "End" => Msg::Drag(key.clone(), highest),
                "Enter" | " " => Msg::Drop,
                "Escape" => Msg::CancelDrag,
                _ => return None,
            };
            event.prevent_default();
            Some(msg)
        }
    });
    let text = (words.partition_place)(&props.set, props.partition);
    html! {
        <div
            class="partition"
            ref={line}
            data-partition={props.partition.to_string()}
            data-dragged={props.dragged.then_some("true")}
            data-idle={(props.partition == 0).then_some("true")}
        >
            <div
                class="partition-handle"
                role="slider"
                tabindex="0"
                data-testid="partition-handle"
                aria-label={words.partition}
                aria-valuemin="0"
                aria-valuemax={highest.to_string()}
                aria-valuenow={props.partition.to_string()}
                aria-valuetext={text.clone()}
                {onpointerdown}
                {onpointermove}
                onpointerup={dispatch.on(Msg::Drop)}
                onpointercancel={dispatch.on(Msg::CancelDrag)}
                onblur={dispatch.on(Msg::Drop)}
                {onkeydown}
            >
                {text}
            </div>
        </div>
    }
}

/// The columns with their ordinals, in order, leaving out those that the set does not want.
fn wanted(columns: &Element) -> Vec<(i32, HtmlElement)> {
    let children = columns.children();
    let column = |index| {
        let element = children.item(index)?.dyn_into::<HtmlElement>().ok()?;
        let wanted = element.get_attribute("data-wanted")? == "true";
        wanted.then_some((element.get_attribute("data-ordinal")?.parse().ok()?, element))
    };
    (0..children.length()).filter_map(column).collect()
}

/// The boundary nearest to the pointer, as a number of columns below it.
fn boundary_at(columns: &Element, event: &PointerEvent) -> Option<i32> {
    let all = wanted(columns);
    let below = |element: &HtmlElement| {
        let area = element.get_bounding_client_rect();
        if is_stacked(&all) {
            f64::from(event.client_y()) > area.top() + area.height() / 2.0
        } else {
            f64::from(event.client_x()) > area.left() + area.width() / 2.0
        }
    };
    i32::try_from(all.iter().filter(|(_, element)| below(element)).count()).ok()
}

/// Whether the columns stand one below the other, as on a narrow screen.
fn is_stacked(all: &[(i32, HtmlElement)]) -> bool {
    matches!(all, [(_, first), (_, second), ..] if first.offset_left() == second.offset_left())
}

/// Puts the line before the first column whose ordinal is not below `ordinal`, whenever it or they are drawn or resized.
#[hook]
fn use_place(line: &NodeRef, columns: &NodeRef, ordinal: i32) {
    use_resizes(columns);
    let (line, columns) = (line.clone(), columns.clone());
    use_effect(move || {
        if let (Some(line), Some(columns)) = (line.cast::<Element>(), columns.cast::<Element>()) {
            place(&line, &wanted(&columns), ordinal);
        }
    });
}

fn place(line: &Element, all: &[(i32, HtmlElement)], ordinal: i32) {
    let below = all.iter().filter(|(of, _)| *of < ordinal).count();
    let before = below.checked_sub(1).and_then(|last| all.get(last)).map(|(_, element)| element);
    let after = all.get(below).map(|(_, element)| element);
    let (x, y) = match (before, after) {
        (Some(last), Some(next)) => (
            (last.offset_left() + last.offset_width() + next.offset_left()) / 2,
            (last.offset_top() + last.offset_height() + next.offset_top()) / 2,
        ),
        (None, Some(next)) => (next.offset_left() - EDGE, next.offset_top() - STACKED_EDGE),
        (Some(last), None) => (
            last.offset_left() + last.offset_width() + EDGE,
            last.offset_top() + last.offset_height() + STACKED_EDGE,
        ),
        (None, None) => return,
    };
    dom::set_property(line, "--x", &format!("{x}px"));
    dom::set_property(line, "--y", &format!("{y}px"));
}
