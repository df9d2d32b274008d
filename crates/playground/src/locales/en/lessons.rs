//! About lessons, and what a goal still lacks.

use crate::lesson::goal::{Field, Happening, Missing, Turn};
use crate::locales::LessonWords;

pub(in crate::locales) static LESSON_WORDS: LessonWords = LessonWords {
    intro: "Short walks, each in a world of its own. What you do counts, not how: type it, press it, drag it.",
    loading: "The lessons are on their way…",
    failed: "The lessons cannot be had:",
    all: "All lessons",
    open_file: "Open a lesson file of your own",
    broken: "This is no lesson yet:",
    reached: "Done.",
    missing_title: "Still missing:",
    hint: "Hint",
    solution: "Show a solution",
    solution_how: "One way to do it. Press a line to have it typed into the prompt, then press Enter there.",
    next: "Next step",
    again: "Begin this step anew",
    link: "Link to this step",
    step: |step, of| format!("Step {step} of {of}"),
    progress: |done, of| if done < of { format!("{done}/{of}") } else { "✓ done".to_owned() },
    following: |title| format!("Next lesson: {title}"),
    write: |file| format!("Write the file {file}"),
    wait: |seconds| format!("Let {seconds} s pass"),
    missing,
};

fn missing(missing: &Missing) -> String {
    match missing {
        Missing::Absent(key) => format!("`{key}` is not there."),
        Missing::Present(key) => format!("`{key}` is still there."),
        Missing::Terminating(key) => format!("`{key}` is on its way out."),
        Missing::Value { key, field, found } if found.is_empty() => {
            format!("`{key}` has no `{}`; wanted: `{}`.", field.path, field.value)
        }
        Missing::Value { key, field, found } => {
            format!("`{}` of `{key}` is `{found}`; wanted: `{}`.", field.path, field.value)
        }
        Missing::Unwanted { key, field } if field.value.is_empty() => {
            format!("`{key}` has no `{}` yet.", field.path)
        }
        Missing::Unwanted { key, field } => {
            format!("`{}` of `{key}` is still `{}`.", field.path, field.value)
        }
        Missing::Readiness { pod, wanted: true } => format!("`{pod}` is not Ready."),
        Missing::Readiness { pod, wanted: false } => format!("`{pod}` is Ready, and should not be."),
        Missing::NotKept(pod) => format!("`{pod}` is another pod than the one when this step began."),
        Missing::NotReplaced(pod) => format!("`{pod}` is still the pod that it was when this step began."),
        Missing::Count { kind, has, found, from, to } => {
            let wanted = if from == to { format!("{from}") } else { format!("at least {from}") };
            format!("{found} × `{}`{}; wanted: {wanted}.", kind.info().singular, with(has))
        }
        Missing::NotYet(happening) => format!("Not yet: {}.", happened(happening)),
        Missing::Happened(happening) => format!("It should not have come to this: {}.", happened(happening)),
        Missing::NotPrinted(text) => format!("The terminal has not shown `{text}`."),
    }
}

/// ` with `.status.phase` `Bound``.
fn with(has: &[Field]) -> String {
    let fields: Vec<String> = has.iter().map(|field| format!("`{}` `{}`", field.path, field.value)).collect();
    if fields.is_empty() { String::new() } else { format!(" with {}", fields.join(", ")) }
}

fn happened(happening: &Happening) -> String {
    let Happening { turn, key } = happening;
    let whom =
        if key.name.is_empty() { format!("a {}", key.kind.info().singular) } else { format!("`{key}`") };
    let what = match turn {
        Turn::Created => "is created",
        Turn::Ready => "becomes Ready",
        Turn::Unready => "stops being Ready",
        Turn::Terminating => "is asked to go",
        Turn::Gone => "is gone",
    };
    format!("{whom} {what}")
}
