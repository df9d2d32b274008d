//! A set's strip: name, readiness, revisions, and the controls that type commands.

use std::rc::Rc;

use playground::locales::Words;
use playground::model::{Asked, ImageForm, Number};
use playground::view::revision::Living;
use playground::view::stage::{SetView, Strategy};
use playground::{Locale, Msg, commands};
use web_sys::{HtmlElement, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::menu::{Item, Menu};
use super::stepper::Stepper;
use crate::dom;
use crate::hooks::use_dispatch;
use crate::session::Dispatch;

/// The strip.
#[derive(Clone, PartialEq, Properties)]
pub struct StripProps {
    /// The language.
    pub locale: Locale,
    /// The set.
    pub set: Rc<SetView>,
    /// The form for another image, if it is open for this set.
    pub form: Option<ImageForm>,
    /// What its numbers will be.
    pub asked: Rc<Asked>,
}

/// The strip.
#[component]
pub fn Strip(props: &StripProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let set = &props.set;
    let state = match (set.deleted, set.terminating) {
        (true, _) => Some(words.deleted),
        (_, true) => Some(words.deleting),
        _ => None,
    };
    let complete = set.ready == set.replicas;
    let set_image = use_node_ref();
    html! {
        <div class="strip">
            <h2 class="strip-name">
                if &*set.key.namespace != "default" {
                    <span class="strip-namespace">{&*set.key.namespace}{"/"}</span>
                }
                {&*set.key.name}
            </h2>
            if let Some(state) = state {
                <span class="strip-state">{state}</span>
            }
            if !set.deleted {
                <span class="strip-ready" data-complete={complete.to_string()} data-testid="ready">
                    {format!("{}/{} {}", set.ready, set.replicas, words.ready)}
                </span>
                <ul class="strip-revisions">
                    { for set.revisions.iter().map(|living| revision(living, words)) }
                </ul>
                <div class="strip-controls">
                    { controls(&dispatch, props, &set_image) }
                </div>
            }
            if let Some(form) = &props.form {
                <Image locale={props.locale} form={form.clone()} opener={set_image} containers={
                    set.containers.iter().map(|container| AttrValue::from(container.name.clone())).collect::<Vec<_>>()
                } />
            }
        </div>
    }
}

fn revision(living: &Living, words: &Words) -> Html {
    let label = living.revision.label();
    html! {
        <li class="revision" key={living.revision.name.clone()} title={living.revision.name.clone()}>
            <span class="band" data-tone={living.revision.tone.to_string()} aria-hidden="true"></span>
            {words.role(living.role)}{" "}<strong>{label}</strong>
            {" "}<span class="revision-count">{format!("×{}", living.pods)}</span>
        </li>
    }
}

fn controls(dispatch: &Dispatch, props: &StripProps, set_image: &NodeRef) -> Html {
    let (set, words, form_open) = (&props.set, props.locale.words(), props.form.is_some());
    let key = set.key.clone();
    let set_number = |number| {
        let key = key.clone();
        dispatch.map(move |value| Some(Msg::SetNumber(key.clone(), number, value)))
    };
    // A number that was asked for counts, although its command may still wait.
    let number = |number, now| props.asked.get(&(key.clone(), number)).copied().unwrap_or(now);
    let (scale, partition) = (set_number(Number::Replicas), set_number(Number::Partition));
    let less_more = || (AttrValue::from(words.less), AttrValue::from(words.more));
    let toggle = dispatch.on(Msg::ImageForm((!form_open).then(|| key.clone())));
    html! {
        <>
            <Stepper id="replicas" label={words.replicas} words={less_more()} value={number(Number::Replicas, set.replicas)} onstep={scale} />
            if let Strategy::Rolling { partition: value } = set.strategy {
                <Stepper id="partition" label={words.partition} words={less_more()} value={number(Number::Partition, value)} onstep={partition} />
            } else {
                <span class="strip-note">{words.on_delete}</span>
            }
            <button
                type="button"
                class="control"
                ref={set_image}
                data-testid="set-image"
                aria-expanded={form_open.to_string()}
                onclick={toggle}
            >
                {words.set_image}
            </button>
            <Menu label={format!("{} {}", words.set_menu, key.name)} id="set-menu" class="control control-icon" items={items(set, words)} />
        </>
    }
}

/// What else can be done with a set.
fn items(set: &SetView, words: &Words) -> Vec<Item> {
    let key = &set.key;
    let (strategy, on_delete) = match set.strategy {
        Strategy::Rolling { .. } => (words.to_on_delete, true),
        Strategy::OnDelete => (words.to_rolling_update, false),
    };
    let recreate = if set.parallel { words.recreate_ordered } else { words.recreate_parallel };
    vec![
        Item::run(strategy, commands::strategy(key, on_delete)),
        Item::run(words.restart, commands::restart(key)),
        Item::run(words.roll_back, commands::undo(key)),
        Item::act(recreate, Msg::Recreate(key.clone())),
        Item::run(words.delete_set, commands::delete(key)),
        Item::run(words.delete_set_foreground, commands::foreground(key)),
        Item::run(words.delete_set_orphan, commands::orphan(key)),
    ]
}

#[derive(Clone, PartialEq, Properties)]
struct ImageProps {
    locale: Locale,
    form: ImageForm,
    containers: Vec<AttrValue>,
    /// The button that has opened it.
    opener: NodeRef,
}

/// The form for another image.
#[component]
fn Image(props: &ImageProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    use_effect_with(props.opener.clone(), |opener| {
        dom::focus("image");
        let opener = opener.clone();
        move || {
            if let Some(opener) = opener.cast::<HtmlElement>() {
                // Nothing is lost if it is gone.
                let _ = opener.focus();
            }
        }
    });
    let (container, image) = (props.form.container.clone(), props.form.image.clone());
    let oninput = dispatch.map({
        let container = container.clone();
        move |event: InputEvent| {
            let value = event.target_dyn_into::<HtmlInputElement>()?.value();
            Some(Msg::EditImage(container.clone(), value))
        }
    });
    let onchange = dispatch.map(move |event: Event| {
        let value = event.target_dyn_into::<HtmlSelectElement>()?.value();
        Some(Msg::EditImage(value, image.clone()))
    });
    let onsubmit = dispatch.map(|event: SubmitEvent| {
        event.prevent_default();
        Some(Msg::SubmitImage)
    });
    let onkeydown =
        dispatch.map(|event: KeyboardEvent| (event.key() == "Escape").then_some(Msg::ImageForm(None)));
    html! {
        <form class="strip-form" {onsubmit} {onkeydown}>
            if props.containers.len() > 1 {
                <label>
                    {words.container}
                    <select class="control" {onchange}>
                        { for props.containers.iter().map(|name| html! {
                            <option value={name.clone()} selected={**name == *container}>{name}</option>
                        }) }
                    </select>
                </label>
            }
            <label class="strip-image">
                {words.image}
                <input id="image" class="control" type="text" spellcheck="false" autocomplete="off"
                    value={props.form.image.clone()} {oninput} />
            </label>
            <button type="submit" class="control control-bright">{words.set}</button>
            <button type="button" class="control" onclick={dispatch.on(Msg::ImageForm(None))}>{words.cancel}</button>
        </form>
    }
}
