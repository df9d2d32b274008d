//! That a newer version of the page is there: offered, never forced.

use js_sys::Function;
use playground::Locale;
use wasm_bindgen::JsValue;
use yew::prelude::*;

use crate::dom;
use crate::hooks::{Kept, use_new_version};

/// The offer.
#[derive(Clone, PartialEq, Properties)]
pub struct NewVersionProps {
    /// The language.
    pub locale: Locale,
    /// Whether the browser keeps the world, so that it is there again.
    pub kept: Kept,
}

/// The offer, once there is something to offer.
#[component]
pub fn NewVersion(props: &NewVersionProps) -> Html {
    let words = props.locale.words();
    let offered = use_new_version();
    let is_taken = use_state(|| false);
    let later = {
        let (offered, is_taken) = (offered.clone(), is_taken.clone());
        Callback::from(move |event: MouseEvent| {
            offered.set(None);
            // The next one is an offer again.
            is_taken.set(false);
            dom::leave_button(&event);
        })
    };
    let take = |take: Function| {
        let is_taken = is_taken.clone();
        Callback::from(move |event: MouseEvent| {
            // It only asks the browser to load the page again, which does so when the worker of before is done.
            let _ = take.call0(&JsValue::NULL);
            is_taken.set(true);
            dom::leave_button(&event);
        })
    };
    html! {
        if let Some(version) = &*offered {
            <div class="kept" role="status" data-testid="new-version">
                <p>
                    {if *is_taken { words.reloading } else { words.new_version }}
                    if matches!(props.kept, Kept::Elsewhere | Kept::Nowhere) {
                        {" "}{props.locale.share_words().not_kept}
                    }
                </p>
                if !*is_taken {
                    <button type="button" class="control" onclick={take(version.clone())}>{words.reload}</button>
                }
                <button type="button" class="control" onclick={later}>{words.close}</button>
            </div>
        }
    }
}
