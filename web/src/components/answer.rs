//! What a change would bring about: first the sentence, then each step, then what cannot be known.

use std::rc::Rc;

use playground::predict::{Answer, Outcome, Predict, PredictMsg};
use playground::view::timeline::clock;
use playground::{Locale, Msg};
use session::predict::{Said, SetCourse, Step};
use web_sys::HtmlElement;
use yew::prelude::*;

use super::sentence::sentence;
use crate::hooks::use_dispatch;
use crate::link;
use crate::session::Dispatch;

/// The answer.
#[derive(Clone, PartialEq, Properties)]
pub struct AnswerViewProps {
    /// The language.
    pub locale: Locale,
    /// Where the panel stands.
    pub predict: Predict,
}

/// The answer.
#[component]
pub fn AnswerView(props: &AnswerViewProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.predict_words();
    let title = use_node_ref();
    use_effect_with(props.predict.clone(), {
        let title = title.clone();
        move |predict: &Predict| {
            if let (Some(_), Some(title)) = (&predict.answer, title.cast::<HtmlElement>()) {
                // A heading that takes the focus is read out; with it the answer comes into view.
                let _ = title.focus();
                title.scroll_into_view();
            }
        }
    });
    html! {
        <section class="predict-answer" aria-labelledby="predict-answer">
            <h3 id="predict-answer" ref={title} tabindex="-1"><span class="predict-number" aria-hidden="true">{"3"}</span>{words.answer}</h3>
            { answer(props, &dispatch) }
            <h4>{words.unknown}</h4>
            <ul class="predict-unknown">
                { for words.unknown_list.lines().map(|line| html! { <li>{sentence(line)}</li> }) }
            </ul>
        </section>
    }
}

fn answer(props: &AnswerViewProps, dispatch: &Dispatch) -> Html {
    let words = props.locale.predict_words();
    let button = |class, label, msg| {
        html! { <button type="button" {class} onclick={dispatch.on(Msg::Predict(msg))}>{label}</button> }
    };
    let is_imported = props.predict.import.as_ref().is_some_and(|read| read.result.is_ok());
    let open = is_imported.then(|| button("control", words.open_world, PredictMsg::OpenWorld));
    if let Some(running) = &props.predict.running {
        return html! {
            <div class="predict-acts">
                <p class="predict-running" role="status">{(words.running)(running.steps())}</p>
                { button("control", words.stop, PredictMsg::Stop) }
            </div>
        };
    }
    match props.predict.answer.as_deref() {
        None => html! {
            <>
                <p class="nothing">{words.unasked}</p>
                <div class="predict-acts">{open}</div>
            </>
        },
        Some(Err(why)) => html! {
            <>
                <p class="predict-refused">{sentence(&(words.not_tried)(why))}</p>
                <div class="predict-acts">{open}</div>
            </>
        },
        Some(Ok(answer)) => html! {
            <>
                { told(props.locale, answer) }
                <div class="predict-acts">
                    if answer.outcome() != Outcome::Refused {
                        { button("control control-bright", words.play, PredictMsg::Play) }
                    }
                    {open}
                    <CopyMarkdown locale={props.locale} predict={props.predict.clone()} />
                </div>
                { steps(props.locale, answer) }
                { why(props.locale, answer) }
            </>
        },
    }
}

/// The button that copies the answer, and what became of it.
#[component]
fn CopyMarkdown(props: &AnswerViewProps) -> Html {
    let copied = use_state(|| None::<bool>);
    use_effect_with(props.predict.answer.as_ref().map(Rc::as_ptr), {
        let copied = copied.clone();
        move |_| copied.set(None)
    });
    let onclick = {
        let (copied, props) = (copied.clone(), props.clone());
        Callback::from(move |_: MouseEvent| {
            let copied = copied.clone();
            link::copy(&props.predict.markdown(props.locale), move |done| copied.set(Some(done)));
        })
    };
    let words = props.locale.share_words();
    html! {
        <>
            <button type="button" class="control" {onclick}>{props.locale.predict_words().copy}</button>
            <p class="predict-copied" role="status">
                { match *copied { None => "", Some(true) => words.copied, Some(false) => words.not_copied } }
            </p>
        </>
    }
}

/// The answer in a word, then in sentences.
fn told(locale: Locale, answer: &Answer) -> Html {
    let words = locale.predict_words();
    let prediction = &answer.prediction;
    let failed = prediction.said.iter().filter(|said| said.exit.is_some_and(|exit| exit != 0));
    let refusal = |said: &Said| {
        html! { <pre class="predict-said" lang="en" tabindex="0">{format!("$ {}\n{}", said.line, said.err.trim_end())}</pre> }
    };
    let course =
        |course: &SetCourse| html! { <p data-testid="course">{sentence(&(words.course)(course))}</p> };
    let claims: Vec<&str> = prediction.claims_gone().into_iter().map(|claim| &*claim.name).collect();
    let (tone, shape) = match answer.outcome() {
        Outcome::Stuck => ("stuck", "■"),
        Outcome::Refused => ("refused", "✕"),
        Outcome::CutShort => ("cut", "…"),
        Outcome::Through => ("through", "✓"),
        Outcome::Nothing => ("nothing", "○"),
    };
    html! {
        <>
            <div class="predict-course" data-tone={tone}>
                <p class="predict-outcome" data-testid="outcome">
                    <span aria-hidden="true">{shape}{" "}</span>{(words.outcome)(answer.outcome())}
                </p>
                { for prediction.sets.iter().map(course) }
                if let Some(why) = answer.stuck() {
                    <p class="predict-why" data-testid="stuck">{sentence(&(locale.words().why_sentence)(why))}</p>
                }
            </div>
            if prediction.is_refused() {
                <p>{words.refused}</p>
                { for failed.map(refusal) }
            }
            if !claims.is_empty() {
                <p class="predict-harm">{sentence(&(words.claims_gone)(&claims))}</p>
            }
            <p class="nothing">
                {(words.end)(prediction.end)}{" "}{if answer.imported { words.in_import } else { words.in_page }}
            </p>
        </>
    }
}

fn why(locale: Locale, answer: &Answer) -> Html {
    let words = locale.words();
    html! {
        <>
            <h4>{locale.predict_words().why}</h4>
            <ul class="predict-whys">
                {
                    for answer.whys.iter().map(|why| html! {
                        <li><strong>{words.kind(why.kind)}</strong>{" · "}{sentence(&(words.why_sentence)(why))}</li>
                    })
                }
            </ul>
        </>
    }
}

fn steps(locale: Locale, answer: &Answer) -> Html {
    let words = locale.predict_words();
    if answer.rows().is_empty() {
        return html! {};
    }
    let row = |step: &Step| {
        html! {
            <tr>
                <td class="table-seen">{clock(step.at_ms)}</td>
                <td class="table-object" lang="en">{step.object.to_string()}</td>
                <td>{sentence(&(words.step)(step))}</td>
                <td>{sentence(&(words.after)(&step.after))}</td>
            </tr>
        }
    };
    html! {
        <>
            <h4 id="predict-steps">{words.steps}</h4>
            <p class="nothing">{words.pace}</p>
            <div class="predict-steps" role="region" aria-labelledby="predict-steps" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{words.column_time}</th>
                            <th scope="col">{words.column_object}</th>
                            <th scope="col">{words.column_what}</th>
                            <th scope="col">{words.column_after}</th>
                        </tr>
                    </thead>
                    <tbody>{ for answer.rows().iter().map(row) }</tbody>
                </table>
            </div>
            if answer.more() > 0 {
                <p class="nothing">{(words.more)(answer.more())}</p>
            }
        </>
    }
}
