//! The editor: files as tabs, the text, and Apply. Until CodeMirror is there, and if it never comes, the text stands in a
//! plain text area with line numbers and colours behind it.

use std::rc::Rc;
use std::sync::Arc;

use machinery::version::Features;
use machinery::yaml::Position;
use playground::effect::Effect;
use playground::highlight::{Piece, highlight};
use playground::model::Edit;
use playground::templates::Template;
use playground::trial::Trial;
use playground::{Locale, Msg, schema};
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::findings::Findings;
use super::menu::{Item, Menu};
use super::tabs::{Tab, Tabs};
use crate::dom;
use crate::hooks::{Shown, use_code, use_dispatch};
use crate::session::Dispatch;

/// What the tab of a command's text is called.
const EDIT: &str = "kubectl edit";

/// The editor.
#[derive(Clone, PartialEq, Properties)]
pub struct EditorProps {
    /// The language.
    pub locale: Locale,
    /// The files' names.
    pub files: Vec<AttrValue>,
    /// The open one.
    pub file: AttrValue,
    /// The text that is shown.
    pub text: Arc<str>,
    /// What a command has open.
    pub edit: Option<Edit>,
    /// What Apply would do with it.
    pub trial: Rc<Trial>,
    /// Which Kubernetes is simulated.
    pub features: Features,
    /// What is said of the kinds' fields, if it is there.
    pub schema: Option<schema::Shared>,
    /// What could not be done, in words.
    pub failed: Option<AttrValue>,
    /// Whether the texts can only be looked at.
    pub read_only: bool,
}

/// The editor.
#[component]
pub fn Editor(props: &EditorProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let edit = props.edit.as_ref().filter(|edit| edit.shown);
    let name = if edit.is_some() { AttrValue::Static(EDIT) } else { props.file.clone() };
    let trial = if edit.is_some() { Rc::default() } else { props.trial.clone() };
    let (area, host) = (use_node_ref(), use_node_ref());
    let shown = Shown {
        locale: props.locale,
        label: name.clone(),
        key: edit.map_or_else(|| name.clone(), |edit| AttrValue::from(&*edit.opened)),
        text: props.text.clone(),
        trial: trial.clone(),
        features: props.features,
        schema: props.schema.clone(),
    };
    let (stands, onreveal) = use_code(&dispatch, &area, &host, shown);
    use_edit_focus(props.edit.as_ref().map(|edit| edit.opened.clone()), onreveal.clone());
    let oninput = dispatch.map(|event: InputEvent| {
        event.target_dyn_into::<HtmlTextAreaElement>().map(|area| Msg::Edit(area.value()))
    });
    let onkeydown = dispatch.map(|event: KeyboardEvent| {
        let applies = event.key() == "Enter" && (event.ctrl_key() || event.meta_key());
        applies.then(|| {
            event.prevent_default();
            Msg::Apply
        })
    });
    let new = |template: Template| Item::act((words.template)(template), Msg::Template(template));
    let items: Vec<Item> = Template::ALL.into_iter().map(new).collect();
    let lines = props.text.lines().count().max(1) + usize::from(props.text.ends_with('\n'));
    html! {
        <section class="editor" aria-labelledby="editor-title">
            <h2 class="hidden" id="editor-title">{words.editor}</h2>
            <div class="editor-head">
                { file_tabs(props, &dispatch) }
                <Menu label={words.new_file} sign="+" class="control control-icon" {items} />
                if let Some(failed) = &props.failed {
                    <p class="editor-failed" role="alert">{failed}</p>
                }
            </div>
            <div class="editor-panel" id="editor-panel" role="tabpanel" aria-label={name.clone()}>
                <div class="editor-code" ref={host} />
                if !stands {
                    <div class="editor-scroll">
                        <div class="editor-sheet">
                            <Numbers {lines} />
                            <div class="editor-text">
                                <Colours text={props.text.clone()} />
                                <textarea
                                    id="editor"
                                    ref={area}
                                    readonly={props.read_only}
                                    aria-label={name.clone()}
                                    aria-describedby="editor-keys"
                                    spellcheck="false"
                                    autocapitalize="off"
                                    autocomplete="off"
                                    wrap="off"
                                    rows={lines.to_string()}
                                    value={props.text.to_string()}
                                    {oninput}
                                    {onkeydown}
                                />
                            </div>
                        </div>
                    </div>
                }
            </div>
            <p class="hidden" id="editor-keys">{words.editor_keys}</p>
            <Findings locale={props.locale} trial={trial.clone()} read_only={props.read_only} {onreveal} />
            { if edit.is_some() { save(props.locale, &dispatch) } else { apply(props.locale, &trial.effect, &dispatch) } }
        </section>
    }
}

/// The files, and behind them what a command has open.
fn file_tabs(props: &EditorProps, dispatch: &Dispatch) -> Html {
    let mut tabs: Vec<Tab> =
        props.files.iter().map(|name| Tab { label: name.clone(), count: None }).collect();
    let mut chosen = props.files.iter().position(|name| *name == props.file).unwrap_or(0);
    if let Some(edit) = &props.edit {
        if edit.shown {
            chosen = tabs.len();
        }
        tabs.push(Tab { label: AttrValue::Static(EDIT), count: None });
    }
    let (dispatch, files) = (dispatch.clone(), props.files.clone());
    let onchoose = Callback::from(move |index: usize| {
        dispatch.send(files.get(index).map_or(Msg::OpenEdit, |name| Msg::Open(name.to_string())));
    });
    html! {
        <Tabs id="file" label={props.locale.words().files} {tabs} {chosen} panel="editor-panel" {onchoose} />
    }
}

/// Below a file: Apply, and what it would do.
fn apply(locale: Locale, effect: &Effect, dispatch: &Dispatch) -> Html {
    let words = locale.words();
    let bright = effect.is_worth_it();
    let tone = match effect {
        Effect::Refused(_) => "refused",
        Effect::Same | Effect::Nothing => "same",
        Effect::Changes { .. } | Effect::Unknown => "changes",
    };
    let told = (words.effect)(effect);
    html! {
        <div class="editor-apply">
            <button
                type="button"
                id="apply"
                class={classes!("control", bright.then_some("control-bright"))}
                disabled={*effect == Effect::Nothing}
                onclick={dispatch.on(Msg::Apply)}
            >
                {words.apply}
            </button>
            <kbd aria-hidden="true">{"Ctrl ⏎"}</kbd>
            <p class="editor-effect" data-effect={tone} title={told.clone()} aria-live="polite">{told}</p>
        </div>
    }
}

/// Below what a command has opened: how to give it back.
fn save(locale: Locale, dispatch: &Dispatch) -> Html {
    let words = locale.words();
    html! {
        <div class="editor-apply">
            <button type="button" class="control control-bright" onclick={dispatch.on(Msg::SaveEdit)}>{words.save}</button>
            <button type="button" class="control" onclick={dispatch.on(Msg::CancelEdit)}>{words.cancel}</button>
            <p class="editor-effect" aria-live="polite">{words.edit_waits}</p>
        </div>
    }
}

/// The focus goes into what a command opens, and back to the prompt once it is closed.
#[hook]
fn use_edit_focus(opened: Option<Arc<str>>, onreveal: Callback<Position>) {
    let was_open = use_mut_ref(|| false);
    use_effect_with(opened, move |opened| {
        let was_open = was_open.replace(opened.is_some());
        if opened.is_some() {
            onreveal.emit(Position { line: 1, column: 1 });
        } else if was_open {
            dom::focus("prompt");
        }
    });
}

#[derive(Clone, PartialEq, Properties)]
struct NumbersProps {
    lines: usize,
}

#[component]
fn Numbers(props: &NumbersProps) -> Html {
    let numbers: String = (1..=props.lines).map(|line| format!("{line}\n")).collect();
    html! { <pre class="editor-numbers" aria-hidden="true">{numbers}</pre> }
}

#[derive(Clone, PartialEq, Properties)]
struct ColoursProps {
    text: Arc<str>,
}

/// The text once more, coloured, beneath the text area, which is transparent.
#[component]
fn Colours(props: &ColoursProps) -> Html {
    let piece = |(piece, text): (Piece, &str)| {
        let class = match piece {
            Piece::Plain => return html! { {text} },
            Piece::Key => "yaml-key",
            Piece::Text => "yaml-text",
            Piece::Number => "yaml-number",
            Piece::Comment => "yaml-comment",
            Piece::Mark => "yaml-mark",
        };
        html! { <span {class}>{text}</span> }
    };
    html! {
        <pre class="editor-colours" aria-hidden="true">
            { for highlight(&props.text).into_iter().map(piece) }
            {"\n"}
        </pre>
    }
}
