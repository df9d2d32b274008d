//! The template of a new file, fetched when it is chosen.

use playground::Msg;
use playground::templates::Template;
use yew::prelude::*;

use crate::dom;
use crate::session::Dispatch;

/// Where the templates lie, beside the page.
const FOLDER: &str = "lazy/templates";

/// Fetches the template that is wanted.
#[hook]
pub fn use_template(dispatch: &Dispatch, wanted: Option<Template>) {
    let dispatch = dispatch.clone();
    use_effect_with(wanted, move |wanted| {
        if let Some(template) = *wanted {
            let path = format!("{FOLDER}/{}", template.file());
            dom::fetch_text(&path, move |text| dispatch.send(Msg::Arrived(template, text)));
        }
    });
}
