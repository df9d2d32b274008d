//! Which Kubernetes is simulated.

use machinery::version::{Features, MAX_UNAVAILABLE_STATEFUL_SET, Version};
use playground::{Locale, Msg};
use session::Start;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::hooks::use_dispatch;

/// Which Kubernetes is simulated.
#[derive(Clone, PartialEq, Properties)]
pub struct VersionSelectProps {
    /// The language.
    pub locale: Locale,
    /// How the session began.
    pub start: Start,
    /// The select's classes.
    #[prop_or_default]
    pub class: Classes,
}

/// Another choice begins anew, in the same world.
#[component]
pub fn VersionSelect(props: &VersionSelectProps) -> Html {
    let start = props.start.clone();
    let onchange = use_dispatch().map(move |event: Event| {
        let chosen = event.target_dyn_into::<HtmlSelectElement>()?.value();
        let features = kubernetes().find(|features| label(*features) == chosen)?;
        Some(Msg::Restart(Start { features, ..start.clone() }))
    });
    let option = |features: Features| {
        let label = label(features);
        html! { <option value={label.clone()} selected={features == props.start.features}>{label}</option> }
    };
    html! {
        <select class={classes!("control", props.class.clone())} aria-label={props.locale.words().version} {onchange}>
            { for kubernetes().map(option) }
        </select>
    }
}

/// Every Kubernetes that can be simulated: the newest first, each without and with its gate.
fn kubernetes() -> impl Iterator<Item = Features> {
    let gates = |version| [false, true].map(|on| Features { version, max_unavailable_stateful_set: on });
    Version::ALL.into_iter().rev().flat_map(gates)
}

/// `Kubernetes v1.36 + MaxUnavailableStatefulSet`.
fn label(features: Features) -> String {
    let gate = if features.max_unavailable_stateful_set {
        format!(" + {MAX_UNAVAILABLE_STATEFUL_SET}")
    } else {
        String::new()
    };
    format!("Kubernetes v{}{gate}", features.version.name())
}
