//! The lesson panel: the list of lessons, or the step that is being taken.

use std::sync::Arc;

use playground::lesson::panel::{Catalogue, LessonMsg, Lessons};
use playground::lesson::{Act, Course, Lesson};
use playground::{Locale, Msg};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::sentence::sentence;
use crate::dom;
use crate::hooks::{use_catalogue, use_dispatch};
use crate::session::Dispatch;

/// The panel.
#[derive(Clone, PartialEq, Properties)]
pub struct LessonPanelProps {
    /// The language.
    pub locale: Locale,
    /// What it shows.
    pub lessons: Lessons,
}

/// The panel.
#[component]
pub fn LessonPanel(props: &LessonPanelProps) -> Html {
    let dispatch = use_dispatch();
    let (words, lessons) = (props.locale.lesson_words(), &props.lessons);
    use_catalogue(&dispatch, lessons);
    if !lessons.open {
        return html! {};
    }
    html! {
        <section class="lesson" aria-labelledby="lesson-title" data-testid="lesson">
            {
                match &lessons.course {
                    Some(course) => step(&dispatch, props.locale, lessons, course),
                    None => list(&dispatch, props.locale, lessons),
                }
            }
            if !lessons.problems.is_empty() {
                <div class="lesson-problems" role="alert">
                    <p>{words.broken}</p>
                    <ul>{ for lessons.problems.iter().map(|problem| html! { <li>{problem}</li> }) }</ul>
                </div>
            }
        </section>
    }
}

fn on<E: 'static>(dispatch: &Dispatch, msg: LessonMsg) -> Callback<E> {
    dispatch.on(Msg::Lesson(msg))
}

fn head(dispatch: &Dispatch, locale: Locale, title: &str, back: Option<LessonMsg>) -> Html {
    let (words, close) = (locale.lesson_words(), locale.words().close);
    html! {
        <header class="lesson-head">
            if let Some(back) = back {
                <button type="button" class="control control-icon" aria-label={words.all} title={words.all}
                    onclick={on(dispatch, back)}>
                    <span aria-hidden="true">{"←"}</span>
                </button>
            }
            <h2 class="lesson-title" id="lesson-title">{title.to_owned()}</h2>
            <button type="button" class="control control-icon" aria-label={close} title={close}
                onclick={on(dispatch, LessonMsg::Open(false))}>
                <span aria-hidden="true">{"×"}</span>
            </button>
        </header>
    }
}

fn list(dispatch: &Dispatch, locale: Locale, lessons: &Lessons) -> Html {
    let words = locale.lesson_words();
    html! {
        <>
            { head(dispatch, locale, locale.words().lessons, None) }
            <div class="lesson-body">
                <p class="lesson-intro">{words.intro}</p>
                {
                    match &lessons.catalogue {
                        Catalogue::Unread => html! { <p role="status">{words.loading}</p> },
                        Catalogue::Failed(why) => html! {
                            <p role="alert">{words.failed}{" "}<code>{why}</code></p>
                        },
                        Catalogue::Ready(all) => html! {
                            <ol class="lesson-list">
                                { for all.iter().map(|lesson| entry(dispatch, locale, lessons, lesson)) }
                            </ol>
                        },
                    }
                }
                <label class="lesson-file">
                    {words.open_file}
                    <input type="file" accept=".yaml,.yml" onchange={opened(dispatch)} />
                </label>
            </div>
        </>
    }
}

fn entry(dispatch: &Dispatch, locale: Locale, lessons: &Lessons, lesson: &Arc<Lesson>) -> Html {
    let (done, all) = (lessons.done.get(&lesson.id).copied().unwrap_or(0), lesson.steps.len());
    let from = if done < all { done } else { 0 };
    html! {
        <li class="lesson-entry" data-done={(done >= all).to_string()}>
            <button type="button" class="lesson-take" onclick={on(dispatch, LessonMsg::Take(lesson.id.clone(), from))}>
                <span class="lesson-name">{lesson.title.of(locale).to_owned()}</span>
                <span class="lesson-about">{sentence(lesson.about.of(locale))}</span>
                <span class="lesson-count">{(locale.lesson_words().progress)(done, all)}</span>
            </button>
        </li>
    }
}

/// Reads the chosen file and hands its text on.
fn opened(dispatch: &Dispatch) -> Callback<Event> {
    let dispatch = dispatch.clone();
    Callback::from(move |event: Event| {
        let input: Option<HtmlInputElement> = event.target_dyn_into();
        let Some(file) = input.and_then(|input| input.files()?.get(0)) else { return };
        let dispatch = dispatch.clone();
        dom::read_text(file, move |text| dispatch.send(Msg::Lesson(LessonMsg::File(text))));
    })
}

fn step(dispatch: &Dispatch, locale: Locale, lessons: &Lessons, course: &Course) -> Html {
    let words = locale.lesson_words();
    let (lesson, current) = (&course.lesson, course.current());
    let again = LessonMsg::Take(lesson.id.clone(), course.step);
    html! {
        <>
            { head(dispatch, locale, lesson.title.of(locale), Some(LessonMsg::Leave)) }
            <div class="lesson-body">
                if course.step == 0 {
                    <p class="lesson-intro">{sentence(lesson.about.of(locale))}</p>
                }
                <ol class="lesson-steps" aria-hidden="true">
                    { for (0..lesson.steps.len()).map(|index| {
                        let done = index < course.step || index == course.step && course.reached;
                        html! { <li data-done={done.to_string()} data-here={(index == course.step).to_string()} /> }
                    }) }
                </ol>
                <div class="lesson-here">
                    <h3 class="lesson-step">{(words.step)(course.step + 1, lesson.steps.len())}</h3>
                    if let Some(link) = lessons.link(course.step) {
                        <a class="lesson-link" href={link} target="_blank">{words.link}</a>
                    }
                </div>
                <p class="lesson-text">{sentence(current.text.of(locale))}</p>
                <div class="lesson-state" role="status" data-reached={course.reached.to_string()}>
                    if course.reached {
                        <p class="lesson-reached">{"✓ "}{words.reached}</p>
                        if let Some(after) = &current.after {
                            <p class="lesson-after">{sentence(after.of(locale))}</p>
                        }
                    } else {
                        <p class="lesson-missing-title">{words.missing_title}</p>
                        <ul class="lesson-missing">
                            { for course.missing.iter().map(|missing| html! {
                                <li>{sentence(&(words.missing)(missing))}</li>
                            }) }
                        </ul>
                    }
                </div>
                { for current.hints[..course.hints].iter().map(|hint| html! {
                    <p class="lesson-hint">{sentence(hint.of(locale))}</p>
                }) }
                if lessons.solution {
                    <div class="lesson-solution">
                        <p>{words.solution_how}</p>
                        { for current.solution.iter().map(|act| attempt(dispatch, locale, act)) }
                    </div>
                }
            </div>
            <footer class="lesson-foot">
                if course.reached && !course.is_done() {
                    <button type="button" class="control control-bright" onclick={on(dispatch, LessonMsg::Next)}>{words.next}</button>
                } else if let Some(following) = lessons.following().filter(|_| course.is_done()) {
                    <button type="button" class="control control-bright"
                        onclick={on(dispatch, LessonMsg::Take(following.id.clone(), 0))}>
                        {(words.following)(following.title.of(locale))}
                    </button>
                }
                if course.hints < current.hints.len() && !course.reached {
                    <button type="button" class="control" onclick={on(dispatch, LessonMsg::Hint)}>{words.hint}</button>
                }
                if !lessons.solution && !course.reached {
                    <button type="button" class="control" onclick={on(dispatch, LessonMsg::Solution)}>{words.solution}</button>
                }
                <button type="button" class="control" onclick={on(dispatch, again)}>{words.again}</button>
            </footer>
        </>
    }
}

/// An act of the solution as a button that does it, or types it.
fn attempt(dispatch: &Dispatch, locale: Locale, act: &Act) -> Html {
    let words = locale.lesson_words();
    let label = match act {
        Act::Type(line) => html! { <code>{line.clone()}</code> },
        Act::Write { file, .. } => html! { {(words.write)(file)} },
        Act::Wait(ms) => html! { {(words.wait)(ms / 1000)} },
        Act::Fault(fault) => html! { {fault.to_string()} },
    };
    let act = LessonMsg::Try(act.clone());
    let dispatch = dispatch.clone();
    let run = Callback::from(move |_: MouseEvent| {
        dispatch.send(Msg::Lesson(act.clone()));
        if matches!(act, LessonMsg::Try(Act::Type(_))) {
            dom::focus("prompt");
        }
    });
    html! { <button type="button" class="lesson-act" onclick={run}>{label}</button> }
}
