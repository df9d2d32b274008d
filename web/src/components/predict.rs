//! The panel of import and prediction: the dump and the change on one side, the answer on the other.

use std::rc::Rc;

use playground::predict::{Dump, NotRead, Predict, PredictMsg, Read};
use playground::{Locale, Msg};
use session::import::{Import, Note, TEXT_LIMIT};
use web_sys::{File, HtmlDialogElement, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::answer::AnswerView;
use super::sentence::sentence;
use crate::dom;
use crate::hooks::use_dispatch;

/// Most remarks about a dump that are listed.
const NOTES: usize = 200;

/// The panel.
#[derive(Clone, PartialEq, Properties)]
pub struct PredictPanelProps {
    /// The language.
    pub locale: Locale,
    /// Where it stands.
    pub predict: Predict,
}

/// The panel.
#[component]
pub fn PredictPanel(props: &PredictPanelProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.predict_words();
    let dialog = use_node_ref();
    use_effect_with(props.predict.open, {
        let dialog = dialog.clone();
        move |open| {
            let Some(dialog) = dialog.cast::<HtmlDialogElement>() else { return };
            if *open {
                // Refused only if it is open already.
                let _ = dialog.show_modal();
            } else {
                dialog.close();
            }
        }
    });
    let close = Msg::Predict(PredictMsg::Open(false));
    // Of the Escape key: told at once, since the browser's own event may come after the key that opens the panel again.
    let oncancel = {
        let close = close.clone();
        dispatch.map(move |event: Event| {
            event.prevent_default();
            Some(close.clone())
        })
    };
    html! {
        <dialog class="predict" ref={dialog} aria-labelledby="predict-title" {oncancel} onclose={dispatch.on(close.clone())}>
            <div class="predict-head">
                <h2 id="predict-title">{words.title}</h2>
                <p class="predict-privacy">{words.privacy}</p>
                <button type="button" class="control" onclick={dispatch.on(close)}>{props.locale.words().close}</button>
            </div>
            <div class="predict-body">
                <div class="predict-ask">
                    <Cluster locale={props.locale} import={Shared(props.predict.import.clone())} />
                    <ChangeForm locale={props.locale} namespace={props.predict.namespace().unwrap_or_default()} />
                </div>
                <AnswerView locale={props.locale} predict={props.predict.clone()} />
            </div>
        </dialog>
    }
}

/// A dump that was read, compared by reference.
#[derive(Clone)]
struct Shared(Option<Rc<Read>>);

impl PartialEq for Shared {
    fn eq(&self, other: &Shared) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        }
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ClusterProps {
    locale: Locale,
    import: Shared,
}

/// The dump.
#[component]
fn Cluster(props: &ClusterProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.predict_words();
    let (form, dump, server, at) = (use_node_ref(), use_node_ref(), use_node_ref(), use_node_ref());
    let onsubmit = {
        let (dump, server, at) = (dump.clone(), server.clone(), at.clone());
        dispatch.map(move |event: SubmitEvent| {
            event.prevent_default();
            let value = |field: &NodeRef| Some(field.cast::<HtmlInputElement>()?.value());
            let text = dump.cast::<HtmlTextAreaElement>()?.value();
            let dump = Dump { text, server: value(&server)?, at: value(&at)? };
            Some(Msg::Predict(PredictMsg::Read(dump)))
        })
    };
    // Whatever was typed is read when the field is left: no change is tried in another cluster than the one that is seen.
    let submit = {
        let form = form.clone();
        Callback::from(move |()| submit(&form))
    };
    let onchange = submit.reform(|_: Event| ());
    let oninput = {
        let submit = submit.clone();
        Callback::from(move |event: InputEvent| {
            if event.input_type() == "insertFromPaste" {
                submit.emit(());
            }
        })
    };
    let take = {
        let (dump, dispatch) = (dump.clone(), dispatch.clone());
        Callback::from(move |file: File| {
            if file.size() > TEXT_LIMIT as f64 {
                dispatch.send(Msg::Predict(PredictMsg::TooLong(file.size() as usize)));
                return;
            }
            let (dump, submit) = (dump.clone(), submit.clone());
            dom::read_text(file, move |text| {
                if let Some(dump) = dump.cast::<HtmlTextAreaElement>() {
                    dump.set_value(&text);
                    submit.emit(());
                }
            });
        })
    };
    let onfile = {
        let take = take.clone();
        Callback::from(move |event: Event| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            if let Some(file) = input.and_then(|input| input.files()?.get(0)) {
                take.emit(file);
            }
        })
    };
    let ondrop = Callback::from(move |event: DragEvent| {
        if let Some(file) = dropped(&event) {
            event.prevent_default();
            take.emit(file);
        }
    });
    // Without, the browser would not let a file fall here.
    let ondragover = Callback::from(|event: DragEvent| event.prevent_default());
    html! {
        <form class="predict-part" ref={form} {onsubmit} {ondrop} {ondragover} aria-labelledby="predict-cluster">
            <h3 id="predict-cluster"><span class="predict-number" aria-hidden="true">{"1"}</span>{words.cluster}</h3>
            <p class="predict-how">{sentence(words.dump_how)}</p>
            <label class="predict-label" for="predict-dump">{words.dump}</label>
            <textarea class="field predict-text predict-dump" id="predict-dump" ref={dump} lang="en" spellcheck="false"
                autocapitalize="off" autocomplete="off" placeholder={"apiVersion: v1\nkind: List\nitems:"}
                onchange={onchange.clone()} {oninput} />
            <label class="predict-file">
                {words.file}
                <input type="file" accept=".yaml,.yml,.json,.txt" onchange={onfile} />
            </label>
            <div class="predict-fields">
                <label><span>{sentence(words.server)}</span><input class="field predict-input" ref={server} lang="en" autocomplete="off" spellcheck="false" placeholder="1.34" onchange={onchange.clone()} /></label>
                <label>{words.at}<input class="field predict-input" ref={at} lang="en" autocomplete="off" spellcheck="false" placeholder="2026-01-31T12:00:00Z" {onchange} /></label>
            </div>
            <div class="predict-acts">
                <button type="submit" class="control control-bright">{words.read}</button>
            </div>
            <div role="status" data-testid="read">{ read(props.locale, props.import.0.as_deref()) }</div>
        </form>
    }
}

fn submit(form: &NodeRef) {
    if let Some(form) = form.cast::<HtmlFormElement>() {
        // Refused only by a field that is not valid, and none has a rule.
        let _ = form.request_submit();
    }
}

/// The file that was dropped, if it is one.
fn dropped(event: &DragEvent) -> Option<File> {
    event.data_transfer()?.files()?.get(0)
}

fn read(locale: Locale, read: Option<&Read>) -> Html {
    let words = locale.predict_words();
    let Some(read) = read else {
        return html! { <p class="nothing">{words.no_dump}</p> };
    };
    let nearest = read.nearest.as_ref().map(|nearest| {
        html! {
            <div class="predict-nearest">
                <p>{sentence(&(words.nearest)(nearest))}</p>
                <ul>
                    { for nearest.differences.iter().map(|difference| html! { <li>{sentence(&(words.difference)(*difference))}</li> }) }
                </ul>
            </div>
        }
    });
    html! {
        <>
            {
                match &read.result {
                    Ok(import) => report(locale, import),
                    Err(why) => refused(locale, why),
                }
            }
            {nearest}
        </>
    }
}

fn refused(locale: Locale, why: &NotRead) -> Html {
    html! { <p class="predict-refused">{sentence(&(locale.predict_words().not_read)(why))}</p> }
}

fn report(locale: Locale, import: &Import) -> Html {
    let words = locale.predict_words();
    let summary = (words.read_summary)(import.imported.objects().len(), &import.imported.at().to_string());
    let more = import.notes.len().saturating_sub(NOTES);
    let note = |note: &Note| {
        let line = note.line.map(|line| html! { <span class="predict-line">{(words.line)(line)}</span> });
        html! { <li>{line}{sentence(&(words.fact)(&note.fact))}</li> }
    };
    html! {
        <>
            <p class="predict-read">{summary}</p>
            if import.notes.is_empty() {
                <p class="nothing">{words.report_empty}</p>
            } else {
                <details class="predict-report" open=true>
                    <summary>{words.report}{" ("}{import.notes.len()}{")"}</summary>
                    <ul>{ for import.notes.iter().take(NOTES).map(note) }</ul>
                    if more > 0 {
                        <p class="nothing">{format!("+ {more}")}</p>
                    }
                </details>
            }
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct ChangeFormProps {
    locale: Locale,
    /// The namespace that the imported sets are in.
    namespace: String,
}

/// The change.
#[component]
fn ChangeForm(props: &ChangeFormProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.predict_words();
    let (form, change, namespace) = (use_node_ref(), use_node_ref(), use_node_ref());
    let onkeydown = {
        let form = form.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                submit(&form);
            }
        })
    };
    use_effect_with(props.namespace.clone(), {
        let namespace = namespace.clone();
        move |name: &String| {
            if let Some(input) = namespace.cast::<HtmlInputElement>() {
                input.set_value(name);
            }
        }
    });
    let onsubmit = {
        let (change, namespace) = (change.clone(), namespace.clone());
        dispatch.map(move |event: SubmitEvent| {
            event.prevent_default();
            let change = change.cast::<HtmlTextAreaElement>()?.value();
            let namespace = namespace.cast::<HtmlInputElement>()?.value();
            Some(Msg::Predict(PredictMsg::Try { change, namespace }))
        })
    };
    html! {
        <form class="predict-part" ref={form} {onsubmit} aria-labelledby="predict-change">
            <h3 id="predict-change"><span class="predict-number" aria-hidden="true">{"2"}</span>{words.change}</h3>
            <p class="predict-how">{sentence(words.change_how)}</p>
            <label class="predict-label" for="predict-text">{words.change_text}</label>
            <textarea class="field predict-text" id="predict-text" ref={change} lang="en" spellcheck="false"
                autocapitalize="off" autocomplete="off" placeholder="kubectl set image sts/web nginx=nginx:1.27" {onkeydown} />
            <div class="predict-fields">
                <label>{words.namespace}<input class="field predict-input" ref={namespace} lang="en" autocomplete="off" spellcheck="false" placeholder="default" /></label>
            </div>
            <div class="predict-acts">
                <button type="submit" class="control control-bright">{words.predict}</button>
            </div>
        </form>
    }
}
