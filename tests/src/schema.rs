//! The schema of the API's kinds, as the page would fetch it.

use std::sync::{Arc, OnceLock};

use kubectl::Schema;

/// Made once for a whole run.
pub fn schema() -> Arc<Schema> {
    static MADE: OnceLock<Arc<Schema>> = OnceLock::new();
    let made = || Arc::new(Schema::parse(&::schema::document().to_string()).expect("a document"));
    MADE.get_or_init(made).clone()
}
