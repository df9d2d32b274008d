//! Hooks: time, theme, the model's handle.

mod catalogue;
mod code;
mod frames;
mod host;
mod in_view;
mod kept;
mod keys;
mod leaving;
mod locale;
mod new_version;
mod opening;
mod pause;
mod resizes;
mod schema;
mod spoken;
mod template;
mod theme;

pub use catalogue::use_catalogue;
pub use code::{Shown, use_code};
pub use frames::use_frames;
pub use host::use_host;
pub use in_view::use_in_view;
pub use kept::{Kept, take, use_kept};
pub use keys::{keys, use_key_switch};
pub use leaving::use_leaving;
pub use locale::use_locale;
pub use new_version::use_new_version;
pub use opening::use_opening;
pub use pause::use_pause;
pub use resizes::use_resizes;
pub use schema::use_schema;
pub use spoken::use_spoken;
pub use template::use_template;
pub use theme::{Theme, use_theme};

use yew::prelude::*;

use crate::session::Dispatch;

/// The model's handle; its absence is a mistake in `app.rs`.
#[hook]
pub fn use_dispatch() -> Dispatch {
    use_context::<Dispatch>().expect("App provides the dispatch")
}
