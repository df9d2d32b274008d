//! The lane for what is in no set: pods joined with their claims and volumes.

use playground::Locale;
use playground::view::stage::Chain;
use yew::prelude::*;

use super::claim::{Claim, Volume};
use super::pod::Pod;

/// The lane.
#[derive(Clone, PartialEq, Properties)]
pub struct OutsideProps {
    /// The language.
    pub locale: Locale,
    /// What stands there.
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
    let chain = |chain: &Chain| {
        let pod = chain.pod.as_ref().map(|pod| pod.uid.clone());
        let key = pod.or(chain.claims.first().map(|claim| claim.key.to_string())).unwrap_or_default();
        html! {
            <li class="chain" {key}>
                if let Some(pod) = &chain.pod {
                    <Pod
                        locale={props.locale}
                        pod={pod.clone()}
                        selected={props.selected.as_ref() == Some(&pod.key)}
                    />
                }
                { for chain.claims.iter().map(|claim| html! {
                    <div class="chain-storage" key={claim.key.name.to_string()}>
                        <span class="chain-link" aria-hidden="true"></span>
                        <Claim locale={props.locale} claim={claim.clone()} />
                        if let Some(volume) = &claim.volume {
                            <span class="chain-link" aria-hidden="true"></span>
                            <Volume locale={props.locale} volume={volume.clone()} />
                        }
                    </div>
                }) }
            </li>
        }
    };
    html! {
        <section class="outside" aria-labelledby="outside-title">
            <h2 class="lane-title" id="outside-title">{words.outside}</h2>
            if props.chains.is_empty() {
                <p class="nothing">{words.outside_empty}</p>
            } else {
                <ul class="outside-list">
                    { for props.chains.iter().map(chain) }
                    if props.more > 0 {
                        <li class="nothing">{(words.more_of)(props.more)}</li>
                    }
                </ul>
            }
        </section>
    }
}
