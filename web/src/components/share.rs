//! The dialog in which a world is handed on: as a link, as a file, or copied as text.

use std::cell::Cell;
use std::rc::Rc;

use playground::keep::{Extent, Form, KeepMsg};
use playground::{Locale, Model, Msg};
use session::{Saved, Sensitive};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::dialog::Dialog;
use super::share_embed::ShareEmbed;
use crate::hooks::{Kept, use_dispatch};
use crate::{dom, link};

/// A link that is longer is better a file: many programs cut it.
const LINK_LIMIT: usize = 32_000;

/// The dialog.
#[derive(Clone, PartialEq, Properties)]
pub struct ShareProps {
    /// The language.
    pub locale: Locale,
    /// Whether the browser keeps the world.
    pub kept: Kept,
    /// The model.
    pub model: Shared,
}

/// The model as it was when something was last done: a dialog is not drawn anew for every frame.
#[derive(Clone)]
pub struct Shared(pub Model);

impl PartialEq for Shared {
    fn eq(&self, other: &Shared) -> bool {
        let done = |Shared(model): &Shared| (model.session.inputs().len(), model.session.course());
        let chosen = |Shared(model): &Shared| (model.keep.extent, model.keep.shown);
        done(self) == done(other) && chosen(self) == chosen(other)
    }
}

/// The dialog.
#[component]
pub fn Share(props: &ShareProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.share_words();
    let (address, done) = (use_state(String::new), use_state(|| None::<Done>));
    let (saved, sensitive) = props.model.0.handed_on();
    let (files, lines) = saved.contents();
    {
        let (address, text) = (address.clone(), saved.to_text());
        use_effect_with(text.clone(), move |_| {
            // A link that comes late must not take the place of the one that was asked for after it.
            let is_wanted = Rc::new(Cell::new(true));
            address.set(String::new());
            link::make(text, {
                let is_wanted = is_wanted.clone();
                move |link| {
                    if is_wanted.get() {
                        address.set(link);
                    }
                }
            });
            move || is_wanted.set(false)
        });
    }
    let oncopy = {
        let done = done.clone();
        Callback::from(move |text: String| {
            let done = done.clone();
            link::copy(&text, move |copied| {
                done.set(Some(if copied { Done::Copied } else { Done::Refused }))
            });
        })
    };
    let copy = |form: Option<Form>| {
        let (address, model) = (address.clone(), props.model.clone());
        oncopy
            .reform(move |_: MouseEvent| form.map_or_else(|| (*address).clone(), |form| model.0.copied(form)))
    };
    let copy_link = {
        let address = address.clone();
        oncopy.reform(move |_: MouseEvent| format!("[petset]({})", *address))
    };
    let save = {
        let text = saved.to_text();
        Callback::from(move |_: MouseEvent| link::download("petset-world.json", &text))
    };
    let opened = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            let Some(file) = input.and_then(|input| input.files()?.get(0)) else { return };
            let dispatch = dispatch.clone();
            dom::read_text(file, move |text| {
                dispatch.send(Msg::Keep(KeepMsg::Open { text, restored: false }));
            });
        })
    };
    let extent = |extent: Extent, label: &'static str| {
        html! {
            <label class="share-extent">
                <input type="radio" name="extent" checked={props.model.0.keep.extent == extent}
                    onchange={dispatch.on(Msg::Keep(KeepMsg::Extent(extent)))} />
                {label}
            </label>
        }
    };
    let tick = |kind: Sensitive, values: usize| {
        let shown = props.model.0.keep.shown.has(kind);
        html! {
            <label class="share-extent">
                <input type="checkbox" checked={shown}
                    onchange={dispatch.on(Msg::Keep(KeepMsg::Show(kind, !shown)))} />
                {(words.sensitive)(kind, values)}
            </label>
        }
    };
    let long = address.len() > LINK_LIMIT;
    let kept = match props.kept {
        Kept::Here => words.kept,
        Kept::OnceTouched => words.kept_once_touched,
        Kept::Elsewhere => words.kept_elsewhere,
        Kept::Nowhere => words.not_kept,
    };
    html! {
        <Dialog locale={props.locale} id="share" title={props.locale.words().share} closed={Msg::Keep(KeepMsg::Share(false))}>
            <p>{(words.contents)(&files, lines)}</p>
            if let Some(objects) = saved.imported() {
                <p class="share-imported">{(words.imported)(objects)}</p>
            }
            <fieldset class="share-extents">
                <legend class="hidden">{words.extent}</legend>
                { extent(Extent::Whole, words.whole) }
                { extent(Extent::Start, words.start) }
            </fieldset>
            if !sensitive.is_empty() {
                <fieldset class="share-extents">
                    <legend>{words.left_out}</legend>
                    { for sensitive.iter().map(|(kind, values)| tick(*kind, *values)) }
                </fieldset>
                <p class="nothing">{words.copies}</p>
            }
            <input class="field share-link" id="share-link" readonly=true value={(*address).clone()} aria-label={words.link} />
            if let Err(why) = saved.check_length() {
                <p role="alert">{(props.locale.words().not_opened)(&why)}</p>
            } else if long {
                <p>{words.long}</p>
            }
            <div class="share-acts">
                <button type="button" class="control control-bright" disabled={address.is_empty()} onclick={copy(None)}>{words.copy_link}</button>
                <button type="button" class="control" onclick={save}>{words.save_file}</button>
                <button type="button" class="control" disabled={address.is_empty()} onclick={copy_link}>{words.copy_markdown_link}</button>
                <button type="button" class="control" onclick={copy(Some(Form::Markdown))}>{words.copy_markdown}</button>
                <button type="button" class="control" onclick={copy(Some(Form::Script))}>{words.copy_script}</button>
                <button type="button" class="control" onclick={copy(Some(Form::Manifest))}>{words.copy_manifest}</button>
            </div>
            <ShareEmbed locale={props.locale} model={props.model.clone()} address={AttrValue::from((*address).clone())} oncopy={oncopy.clone()} />
            <p role="status" class="share-done">
                {
                    match *done {
                        None => "",
                        Some(Done::Copied) => words.copied,
                        Some(Done::Refused) => words.not_copied,
                    }
                }
            </p>
            <label class="lesson-file">
                {words.open_file}
                <input type="file" accept=".json" onchange={opened} />
            </label>
            <p class="nothing">{kept}</p>
        </Dialog>
    }
}

/// Where a failure is to be seen again.
#[derive(Clone, PartialEq, Properties)]
pub struct ReproductionProps {
    /// The language.
    pub locale: Locale,
    /// The model.
    pub model: Shared,
}

/// A link to the world as it is.
#[component]
pub fn Reproduction(props: &ReproductionProps) -> Html {
    let address = use_state(String::new);
    use_effect_with((), {
        let (address, text) = (address.clone(), Saved::whole(&props.model.0.session).to_text());
        move |()| link::make(text, move |link| address.set(link))
    });
    html! { <p class="crash-acts"><a href={(*address).clone()}>{props.locale.words().crashed_link}</a></p> }
}

/// What became of a copy.
#[derive(Clone, Copy, PartialEq)]
enum Done {
    Copied,
    Refused,
}
