//! What a screen reader hears of the terminal: the answer to one's own command at once, what streams now and then.

use playground::Locale;
use session::{Content, Terminal};
use yew::prelude::*;

use crate::dom;

/// How often what streams is read, in milliseconds.
const PAUSE_MS: i32 = 5_000;
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
            // No more than the pause, and so no more than fits.
            #[expect(clippy::cast_possible_truncation, reason = "bounded")]
            let wait = if *streams { (at + f64::from(PAUSE_MS) - now).max(0.0) as i32 } else { 0 };
            if silent || *written < from {
                read.replace((*written, now));
            } else if *written > from {
                let written = *written;
                pending = dom::later(wait, move || {
                    read.replace((written, js_sys::Date::now()));
                    spoken.set(text(locale, &log, from).into());
                });
            }
            move || drop(pending)
        }
    });
    (*spoken).clone()
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
