//! One identity: its name, its pod or a ghost, its claims, its volumes.

use playground::view::stage::Column as View;
use playground::{Locale, Msg};
use yew::prelude::*;

use super::claim::{Claim, Volume};
use super::pod::Pod;
use crate::hooks::use_dispatch;

/// The column.
#[derive(Clone, PartialEq, Properties)]
pub struct ColumnProps {
    /// The language.
    pub locale: Locale,
    /// The identity.
    pub column: View,
    /// Whether the partition's line runs before it.
    pub boundary: bool,
    /// The pod's place in the order in which the dragged partition would replace it.
    pub replaced: Option<usize>,
    /// Whether Why is asked about its pod.
    pub selected: bool,
}

/// The column.
#[component]
pub fn Column(props: &ColumnProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let column = &props.column;
    let answer = match &column.name.answer {
        Ok(addresses) => html! { <span class="name-answer">{format!("→ {}", addresses.join(", "))}</span> },
        Err(broken) => html! {
            <span class="name-answer name-none">
                <abbr title={(words.broken)(broken)}>{words.nxdomain}</abbr>{" · "}{(words.broken)(broken)}
            </span>
        },
    };
    html! {
        <li
            class="column"
            data-ordinal={column.ordinal.to_string()}
            data-wanted={column.wanted.to_string()}
            data-boundary={props.boundary.then_some("true")}
        >
            <div class="name" data-dns={column.name.name.clone()} data-answers={column.name.answer.is_ok().to_string()}>
                <button
                    type="button"
                    class="card-main name-host"
                    title={column.name.fqdn.clone()}
                    onclick={dispatch.on(Msg::AskName(column.key.clone()))}
                >
                    {&column.name.name}
                </button>
                {answer}
            </div>
            if let Some(pod) = &column.pod {
                <Pod
                    key={pod.uid.clone()}
                    locale={props.locale}
                    pod={pod.clone()}
                    selected={props.selected}
                    replaced={props.replaced}
                    fqdn={Some(AttrValue::from(column.name.fqdn.clone()))}
                />
            } else {
                <div class="pod pod-ghost" data-ghost={column.key.name.to_string()}>
                    <h3 class="pod-name">
                        <button type="button" class="card-main" onclick={dispatch.on(Msg::Select(Some(column.key.clone())))}>
                            {&*column.key.name}
                        </button>
                    </h3>
                    <p class="pod-place">{if column.wanted { words.no_pod } else { words.no_pod_wanted }}</p>
                </div>
            }
            <div class="claims">
                { for column.claims.iter().map(|claim| html! {
                    <Claim key={claim.key.name.to_string()} locale={props.locale} claim={claim.clone()} />
                }) }
                if column.claims.is_empty() {
                    <p class="nothing">{words.no_claim}</p>
                }
            </div>
            <div class="volumes">
                { for column.claims.iter().filter_map(|claim| claim.volume.as_ref()).map(|volume| html! {
                    <Volume key={volume.key.name.to_string()} locale={props.locale} volume={volume.clone()} />
                }) }
                if column.claims.iter().all(|claim| claim.volume.is_none()) {
                    <p class="nothing">{words.no_volume}</p>
                }
            </div>
        </li>
    }
}
