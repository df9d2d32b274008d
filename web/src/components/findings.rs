//! What was found out about the file in the editor: the marks as a list, and what would change.

use std::rc::Rc;

use machinery::yaml::Position;
use playground::marks::{Mark, Note};
use playground::trial::{ObjectDiff, Trial};
use playground::{Locale, Msg};
use yew::prelude::*;

use super::sentence::sentence;
use crate::hooks::use_dispatch;

/// What was found out.
#[derive(Clone, PartialEq, Properties)]
pub struct FindingsProps {
    /// The language.
    pub locale: Locale,
    /// What Apply would do.
    pub trial: Rc<Trial>,
    /// Whether the text can only be looked at.
    pub read_only: bool,
    /// Goes to a place in the text.
    pub onreveal: Callback<Position>,
}

/// What was found out.
#[component]
pub fn Findings(props: &FindingsProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let Trial { marks, diff, .. } = &*props.trial;
    let wrong = marks.iter().filter(|mark| mark.is_wrong()).count();
    // The button goes with the mark: who pressed it by a key goes on in the text.
    let mend = |at: Position| {
        let (dispatch, onreveal) = (dispatch.clone(), props.onreveal.clone());
        Callback::from(move |event: MouseEvent| {
            dispatch.send(Msg::Remedy(at));
            if event.detail() == 0 {
                onreveal.emit(at);
            }
        })
    };
    let item = |mark: &Mark| {
        let at = mark.span.start;
        let note = (words.mark_note)(&mark.note);
        let ours = words.beneath(&note).filter(|_| mark.is_wrong());
        let remedy = mark.remedy().filter(|_| !props.read_only);
        html! {
            <li>
                <button type="button" data-wrong={mark.is_wrong().to_string()} onclick={props.onreveal.reform(move |_| at)}>
                    <span class="findings-line">{(words.line)(at.line)}</span>
                    <span>
                        <span lang={matches!(mark.note, Note::Wrong(_)).then_some("en")}>{note}</span>
                        if let Some(ours) = ours {
                            <span class="findings-ours">{sentence(&ours)}</span>
                        }
                    </span>
                </button>
                if let Some(remedy) = remedy {
                    <button
                        type="button"
                        class="findings-remedy"
                        aria-label={words.remedy_at(remedy, at.line)}
                        onclick={mend(at)}
                    >
                        {words.remedy(remedy)}
                    </button>
                }
            </li>
        }
    };
    html! {
        <div class="findings">
            if !marks.is_empty() {
                <details open={wrong > 0}>
                    <summary>{(words.mark_count)(wrong, marks.len() - wrong)}</summary>
                    <ul class="findings-list" data-testid="findings">{ for marks.iter().map(item) }</ul>
                </details>
            }
            if !diff.is_empty() {
                <details>
                    <summary>{words.diff}</summary>
                    <div class="findings-diff" data-testid="diff" tabindex="0" role="group" aria-label={words.diff} lang="en">
                        { for diff.iter().map(object) }
                    </div>
                </details>
            }
        </div>
    }
}

/// What would change in an object.
fn object(diff: &ObjectDiff) -> Html {
    let line = |line: &str| {
        let fate = match line.as_bytes().first() {
            Some(b'+') => "added",
            Some(b'-') => "removed",
            Some(b'@') => "place",
            _ => "kept",
        };
        html! { <span data-fate={fate}>{line}{"\n"}</span> }
    };
    html! { <><h3>{&diff.name}</h3><pre>{ for diff.hunks.lines().map(line) }</pre></> }
}
