//! The editor: files as tabs, a plain text area with line numbers and colours behind it, and Apply.

use std::rc::Rc;
use std::sync::Arc;

use playground::effect::Effect;
use playground::highlight::{Piece, highlight};
use playground::{Locale, Msg};
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::tabs::{Tab, Tabs};
use crate::hooks::use_dispatch;

/// The editor.
#[derive(Clone, PartialEq, Properties)]
pub struct EditorProps {
    /// The language.
    pub locale: Locale,
    /// The files' names.
    pub files: Vec<AttrValue>,
    /// The open one.
    pub file: AttrValue,
    /// Its text.
    pub text: Arc<str>,
    /// What Apply would do with it.
    pub effect: Rc<Effect>,
}

/// The editor.
#[component]
pub fn Editor(props: &EditorProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
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
    let files = props.files.clone();
    let onchoose = {
        let dispatch = dispatch.clone();
        Callback::from(move |index: usize| dispatch.send(Msg::Open(files[index].to_string())))
    };
    let tabs = props.files.iter().map(|name| Tab { label: name.clone(), count: None }).collect::<Vec<_>>();
    let chosen = props.files.iter().position(|name| *name == props.file).unwrap_or(0);
    let lines = props.text.lines().count().max(1) + usize::from(props.text.ends_with('\n'));
    let bright = !matches!(&*props.effect, Effect::Same | Effect::Nothing | Effect::Refused(_));
    let effect = (words.effect)(&props.effect);
    let tone = match &*props.effect {
        Effect::Refused(_) => "refused",
        Effect::Same | Effect::Nothing => "same",
        Effect::Changes { .. } | Effect::Unknown => "changes",
    };
    html! {
        <section class="editor" aria-labelledby="editor-title">
            <h2 class="hidden" id="editor-title">{words.editor}</h2>
            <Tabs id="file" label={words.files} {tabs} {chosen} panel="editor-panel" {onchoose} />
            <div class="editor-scroll" id="editor-panel" role="tabpanel" aria-label={props.file.clone()}>
                <div class="editor-sheet">
                    <Numbers {lines} />
                    <div class="editor-text">
                        <Colours text={props.text.clone()} />
                        <textarea
                            id="editor"
                            aria-label={props.file.clone()}
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
            <p class="hidden" id="editor-keys">{words.editor_keys}</p>
            <div class="editor-apply">
                <button
                    type="button"
                    id="apply"
                    class={classes!("control", bright.then_some("control-bright"))}
                    onclick={dispatch.on(Msg::Apply)}
                >
                    {words.apply}
                </button>
                <kbd aria-hidden="true">{"Ctrl ⏎"}</kbd>
                <p class="editor-effect" data-effect={tone} title={effect.clone()} aria-live="polite">{effect}</p>
            </div>
        </section>
    }
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
