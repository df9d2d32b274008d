//! The project's lessons, fetched when somebody wants them, and how far one has come, kept in the browser.

use playground::Msg;
use playground::lesson::panel::{LessonMsg, Lessons};
use yew::prelude::*;

use crate::dom;
use crate::session::Dispatch;

/// Where the lessons lie, beside the page.
const FILE: &str = "lazy/lessons.yaml";
/// Where progress is kept.
const STORED: &str = "petset-lessons";

/// Fetches the catalogue once it is wanted; reads progress once and keeps it whenever it grows.
#[hook]
pub fn use_catalogue(dispatch: &Dispatch, lessons: &Lessons) {
    {
        let dispatch = dispatch.clone();
        use_effect_with((), move |()| {
            if let Some(progress) = dom::stored(STORED) {
                dispatch.send(Msg::Lesson(LessonMsg::Progress(progress)));
            }
            if let Some((id, step)) = linked() {
                dispatch.send(Msg::Lesson(LessonMsg::Take(id, step)));
            }
        });
    }
    {
        let dispatch = dispatch.clone();
        use_effect_with(lessons.wants_catalogue(), move |wanted| {
            if *wanted {
                dom::fetch_text(FILE, move |text| dispatch.send(Msg::Lesson(LessonMsg::Arrived(text))));
            }
        });
    }
    use_effect_with(lessons.done.clone(), {
        let progress = lessons.progress();
        move |_| {
            if !progress.is_empty() {
                dom::store(STORED, &progress);
            }
        }
    });
}

/// The lesson and the step that the page's address names: `?lesson=canary&step=2` (from 1).
fn linked() -> Option<(String, usize)> {
    let id = dom::parameter("lesson")?;
    let step = dom::parameter("step").and_then(|step| step.parse::<usize>().ok()).unwrap_or(1);
    Some((id, step.saturating_sub(1)))
}
