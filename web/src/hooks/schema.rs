//! The schema of the API's kinds, fetched when a command wants it.

use playground::Msg;
use yew::prelude::*;

use crate::dom;
use crate::session::Dispatch;

/// Where it lies, beside the page.
const FILE: &str = "lazy/schema.json";

/// Fetches the schema once it is wanted.
#[hook]
pub fn use_schema(dispatch: &Dispatch, wanted: bool) {
    let dispatch = dispatch.clone();
    use_effect_with(wanted, move |wanted| {
        if *wanted {
            dom::fetch_text(FILE, move |text| dispatch.send(Msg::Schema(text)));
        }
    });
}
