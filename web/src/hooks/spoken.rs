//! What a screen reader hears of the terminal: the answer to one's own command at once, what streams now and then.

use playground::Locale;
use session::{Content, Terminal};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use yew::prelude::*;

use crate::dom;

/// How often what streams is read, in milliseconds.
const PAUSE_MS: f64 = 5_000.0;
/// Most lines that are read at once.
const LINES: usize = 20;

/// What is to be read now. `streams` is whether a command runs; `silent`, whether what is written was written before.
#[hook]
pub fn use_spoken(locale: Locale, log: &Terminal, streams: bool, silent: bool) -> AttrValue {
    let spoken = use_state(AttrValue::default);
    // Up to where it was read, and when.
    let read = use_mut_ref(|| (log.written(), 0.0));
    use_effect_with((log.written(), streams), {
        let (spoken, log) = (spoken.clone(), log.clone());
        move |(written, streams)| {
            let (from, at) = *read.borrow();
            let now = js_sys::Date::now();
            let mut pending = None;
            let wait = if *streams { (at + PAUSE_MS - now).max(0.0) } else { 0.0 };
            if silent || *written < from {
                read.replace((*written, now));
            } else if *written > from {
                let written = *written;
                pending = later(wait, move || {
                    read.replace((written, js_sys::Date::now()));
                    spoken.set(text(locale, &log, from).into());
                });
            }
            move || drop(pending)
        }
    });
    (*spoken).clone()
}

/// A call to come, that does not come once this is dropped.
struct Pending {
    window: web_sys::Window,
    id: i32,
    _act: Closure<dyn FnMut()>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.window.clear_timeout_with_handle(self.id);
    }
}

fn later(ms: f64, act: impl FnOnce() + 'static) -> Option<Pending> {
    let window = dom::window()?;
    let act = Closure::once(act);
    // At most the pause, and so no more than fits.
    #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
    let id = window
        .set_timeout_with_callback_and_timeout_and_arguments_0(act.as_ref().unchecked_ref(), ms as i32)
        .ok()?;
    Some(Pending { window, id, _act: act })
}

/// What was printed since then; of much only the last.
fn text(locale: Locale, log: &Terminal, from: u64) -> String {
    let printed: String = log
        .since(from)
        .filter_map(|entry| match &entry.content {
            Content::Out(text) | Content::Err(text) | Content::Note(text) => Some(&**text),
            Content::Command(_) | Content::Exit(_) => None,
        })
        .collect();
    let lines: Vec<&str> = printed.lines().collect();
    match lines.len().checked_sub(LINES) {
        Some(more @ 1..) => format!("{}\n{}", lines[more..].join("\n"), (locale.words().spoken_more)(more)),
        _ => lines.join("\n"),
    }
}
