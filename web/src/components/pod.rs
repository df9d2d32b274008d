//! A pod's card, and its menu.

use playground::view::pod::{PodCard, Shape};
use playground::{Locale, Msg, commands};
use yew::prelude::*;

use super::menu::{Item, Menu};
use crate::hooks::use_dispatch;

/// The card.
#[derive(Clone, PartialEq, Properties)]
pub struct PodProps {
    /// The language.
    pub locale: Locale,
    /// The pod.
    pub pod: PodCard,
    /// Whether it is the one that Why is asked about.
    #[prop_or_default]
    pub selected: bool,
    /// Its place in the order in which the dragged partition would replace it.
    #[prop_or_default]
    pub replaced: Option<usize>,
    /// Its name in the DNS, if it has one, and the pod from which to ask for it.
    #[prop_or_default]
    pub fqdn: Option<AttrValue>,
}

/// The card.
#[component]
pub fn Pod(props: &PodProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let pod = &props.pod;
    let place =
        [pod.node.as_deref(), pod.ip.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let was = pod.was_ip.as_ref().map(|was| format!("{} {was}", words.was));
    let revision = pod.revision.as_ref();
    let label = revision.map(playground::view::revision::Revision::label);
    let chip = match &label {
        Some(label) => format!("{label} · {}", pod.image),
        None => pod.image.clone(),
    };
    let note = pod.note.as_ref().map(words.note);
    html! {
        <article
            class="pod"
            data-pod={pod.key.name.to_string()}
            data-status={pod.status.clone()}
            data-shape={shape_name(pod.shape)}
            data-revision={label}
            data-selected={props.selected.then_some("true")}
            data-replaced={props.replaced.is_some().then_some("true")}
        >
            if let Some(revision) = revision {
                <span class="band" data-tone={revision.tone.to_string()} aria-hidden="true"></span>
            }
            <h3 class="pod-name">
                <button type="button" class="card-main" onclick={dispatch.on(Msg::Select((!props.selected).then(|| pod.key.clone())))}>
                    {&*pod.key.name}
                </button>
            </h3>
            <p class="pod-status">
                <span class="shape" aria-hidden="true"></span>
                <span class="pod-word">{&pod.status}</span>{" "}<span class="pod-ready">{&pod.ready}</span>
            </p>
            <p class="pod-place">{if place.is_empty() { words.no_node.to_owned() } else { place }}</p>
            <p class="pod-more">
                if let Some(note) = note {
                    <span class="pod-note" title={note.clone()}>{note}</span>
                } else {
                    <span>{format!("{} {}", words.age, pod.age)}</span>
                    if let Some(was) = was {
                        <span class="pod-was">{was}</span>
                    }
                }
            </p>
            <p class="pod-chip" data-tone={revision.map(|revision| revision.tone.to_string())}>{chip}</p>
            if let Some(order) = props.replaced {
                <p class="pod-replaced">{format!("{}. {}", order + 1, words.would_replace)}</p>
            }
            <Menu label={format!("{} {}", words.pod_menu, pod.key.name)} id={format!("menu-{}", pod.key.name)} items={items(props)} />
        </article>
    }
}

fn shape_name(shape: Shape) -> &'static str {
    match shape {
        Shape::Ready => "ready",
        Shape::Starting => "starting",
        Shape::Stopping => "stopping",
        Shape::Broken => "broken",
        Shape::Ended => "ended",
    }
}

/// What can be done with a pod.
fn items(props: &PodProps) -> Vec<Item> {
    let words = props.locale.words();
    let key = &props.pod.key;
    let mut items = vec![
        Item::run(words.delete_pod, commands::delete(key)),
        Item::run(words.force_delete, commands::force_delete(key)),
        Item::act(words.crash, Msg::Fault(playground::crash(key))),
        match &props.pod.fails_readiness {
            Some(defect) => Item::act(words.heal_readiness, Msg::Fault(playground::heal(defect))),
            None => Item::act(words.fail_readiness, Msg::Fault(playground::fail_readiness(key))),
        },
        Item::act(words.exec, Msg::Begin(commands::exec(key))),
    ];
    if let Some(fqdn) = &props.fqdn {
        items.push(Item::run(words.look_up, commands::lookup(key, fqdn)));
    }
    items.push(Item::act(words.look_up_from, Msg::LookUpFrom(key.clone())));
    items.push(Item::run(words.show_yaml, commands::yaml(key)));
    items
}
