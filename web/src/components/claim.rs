//! A claim and the volume under it.

use playground::view::claim::ClaimView;
use playground::view::volume::VolumeView;
use playground::{Locale, Msg};
use yew::prelude::*;

use crate::hooks::use_dispatch;

/// A claim.
#[derive(Clone, PartialEq, Properties)]
pub struct ClaimProps {
    /// The language.
    pub locale: Locale,
    /// The claim.
    pub claim: ClaimView,
}

/// A claim.
#[component]
pub fn Claim(props: &ClaimProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let claim = &props.claim;
    let held: Vec<String> = claim.held_by.iter().map(|pod| pod.name.to_string()).collect();
    html! {
        <div class="claim" data-claim={claim.key.name.to_string()} data-status={claim.status.clone()}>
            <button type="button" class="card-main claim-name" onclick={dispatch.on(Msg::Select(Some(claim.key.clone())))}>
                {&*claim.key.name}
            </button>
            <p class="claim-size">
                <span class="phase">{&claim.status}</span>
                {" "}{(words.size)(&claim.requested, &claim.capacity)}
            </p>
            if !held.is_empty() {
                <p class="held">{(words.held_by)(&held)}</p>
            }
        </div>
    }
}

/// A volume.
#[derive(Clone, PartialEq, Properties)]
pub struct VolumeProps {
    /// The language.
    pub locale: Locale,
    /// The volume.
    pub volume: VolumeView,
    /// Whether its status is said: on the shelf it always is.
    #[prop_or_default]
    pub with_status: bool,
}

/// A volume.
#[component]
pub fn Volume(props: &VolumeProps) -> Html {
    let dispatch = use_dispatch();
    let words = props.locale.words();
    let volume = &props.volume;
    let claim = volume.claim.as_ref().map(|claim| claim.name.to_string());
    let held: Vec<String> = volume.held_by.iter().map(|pod| pod.name.to_string()).collect();
    let says = props.with_status || volume.status != "Bound";
    html! {
        <div class="volume" data-volume={volume.key.name.to_string()} data-status={volume.status.clone()}>
            <button type="button" class="card-main volume-name" onclick={dispatch.on(Msg::Select(Some(volume.key.clone())))}>
                {&*volume.key.name}
            </button>
            <span class="volume-facts">{format!(" · {} · {}", volume.capacity, volume.modes)}</span>
            if says {
                <span class="volume-status">{" · "}<span class="phase">{&volume.status}</span></span>
            }
            if volume.status == "Released" {
                if let Some(claim) = &claim {
                    <span class="held">{(words.released_by)(claim)}</span>
                }
            }
            if !held.is_empty() {
                <span class="held">{(words.held_by)(&held)}</span>
            }
        </div>
    }
}
