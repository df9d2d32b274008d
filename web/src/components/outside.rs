//! The lane for what is in no set: Deployments, and pods joined with their claims and volumes.

use std::rc::Rc;

use playground::Locale;
use playground::model::Asked;
use playground::view::deployment::DeploymentView;
use playground::view::stage::Chain;
use yew::prelude::*;

use super::claim::{Claim, Volume};
use super::deployment::Deployment;
use super::pod::Pod;

/// The lane.
#[derive(Clone, PartialEq, Properties)]
pub struct OutsideProps {
    /// The language.
    pub locale: Locale,
    /// The Deployments.
    pub deployments: Vec<DeploymentView>,
    /// What their numbers will be.
    pub asked: Rc<Asked>,
    /// What else stands there.
    pub chains: Vec<Chain>,
    /// How many more there are.
    pub more: usize,
    /// The object that Why is asked about.
    pub selected: Option<machinery::ObjectKey>,
}

/// The lane.
#[component]
pub fn Outside(props: &OutsideProps) -> Html {
    let words = props.locale.words();
    html! {
        <section class="outside" aria-labelledby="outside-title">
            <h2 class="lane-title" id="outside-title">{words.outside}</h2>
            { for props.deployments.iter().map(|deployment| html! {
                <Deployment
                    key={deployment.key.to_string()}
                    locale={props.locale}
                    deployment={deployment.clone()}
                    asked={props.asked.clone()}
                    selected={props.selected.clone()}
                />
            }) }
            if props.chains.is_empty() && props.deployments.is_empty() {
                <p class="nothing">{words.outside_empty}</p>
            } else if !props.chains.is_empty() {
                <ul class="outside-list">
                    { chains(&props.chains, props.more, props.locale, props.selected.as_ref()) }
                </ul>
            }
        </section>
    }
}

/// The items of a list of chains, of which there are so many more.
pub fn chains(
    chains: &[Chain],
    more: usize,
    locale: Locale,
    selected: Option<&machinery::ObjectKey>,
) -> Html {
    html! {
        <>
            { for chains.iter().map(|of| chain(of, locale, selected)) }
            if more > 0 {
                <li class="nothing">{(locale.words().more_of)(more)}</li>
            }
        </>
    }
}

/// A pod with what it mounts, or a claim that none mounts.
fn chain(chain: &Chain, locale: Locale, selected: Option<&machinery::ObjectKey>) -> Html {
    let pod = chain.pod.as_ref().map(|pod| pod.uid.clone());
    let key = pod.or(chain.claims.first().map(|claim| claim.key.to_string())).unwrap_or_default();
    html! {
        <li class="chain" {key}>
            if let Some(pod) = &chain.pod {
                <Pod {locale} pod={pod.clone()} selected={selected == Some(&pod.key)} />
            }
            { for chain.claims.iter().map(|claim| html! {
                <div class="chain-storage" key={claim.key.name.to_string()}>
                    <span class="chain-link" aria-hidden="true"></span>
                    <Claim {locale} claim={claim.clone()} />
                    if let Some(volume) = &claim.volume {
                        <span class="chain-link" aria-hidden="true"></span>
                        <Volume {locale} volume={volume.clone()} />
                    }
                </div>
            }) }
        </li>
    }
}
