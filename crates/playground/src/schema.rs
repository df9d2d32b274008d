//! The schema of the API's kinds, which the page fetches when a command wants it.
//!
//! An act that misses it is taken back, and done again when it has arrived: so the session is as if it had always been there,
//! and whoever replays its inputs comes to the same end.

use std::rc::Rc;
use std::sync::Arc;

use kubectl::Schema;

use crate::model::Model;
use crate::msg::Msg;
use crate::update::update;

/// The schema, or the act that waits for it. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct SchemaState {
    schema: Option<Shared>,
    held: Option<Box<Msg>>,
    /// Whether the editor would say more if it were there.
    wished: bool,
    failed: Option<Rc<str>>,
}

/// The schema where several have it: one is another as soon as it is not the same in memory.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Schema>);

impl PartialEq for Shared {
    fn eq(&self, other: &Shared) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::ops::Deref for Shared {
    type Target = Schema;

    fn deref(&self) -> &Schema {
        &self.0
    }
}

impl SchemaState {
    /// The schema, if it is there.
    pub fn get(&self) -> Option<&Shared> {
        self.schema.as_ref()
    }

    /// Whether it is to be fetched.
    pub fn is_wanted(&self) -> bool {
        self.held.is_some() || self.wished
    }

    /// Whether a command waits for it.
    pub fn is_awaited(&self) -> bool {
        self.held.is_some()
    }

    /// Why it could not be had the last time.
    pub fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }
}

/// Does an act; one that misses the schema is held back instead.
pub(crate) fn hold_or_act(model: &mut Model, msg: Msg, act: impl Fn(&mut Model, Msg)) {
    if matches!(msg, Msg::Enter | Msg::Run(_) | Msg::Apply | Msg::Interrupt) {
        (model.schema.held, model.schema.failed) = (None, None);
    }
    if model.schema.schema.is_some() {
        return act(model, msg);
    }
    let before = model.clone();
    act(model, msg.clone());
    if model.session.schema().is_wanted() {
        *model = before;
        model.schema.held = Some(Box::new(msg));
    }
}

/// Without it the editor has less to say.
pub(crate) fn wish(model: &mut Model) {
    model.schema.wished = model.schema.schema.is_none();
}

/// The schema has come, or why it has not.
pub(crate) fn arrived(model: &mut Model, fetched: Result<String, String>) {
    let held = model.schema.held.take();
    model.schema.wished = false;
    match fetched.and_then(|text| Schema::parse(&text)) {
        Ok(schema) => {
            model.schema.schema = Some(Shared(Arc::new(schema)));
            give(model);
            if let Some(msg) = held {
                update(model, *msg);
            }
        }
        Err(why) => model.schema.failed = held.map(|_| why.into()),
    }
}

/// Gives the session what is there.
pub(crate) fn give(model: &mut Model) {
    if let Some(schema) = &model.schema.schema {
        model.session.give_schema(schema.0.clone());
    }
}

#[cfg(test)]
mod tests {
    use session::{Content, StartWorld};

    use super::*;

    const DOCUMENT: &str = r#"{"components": {"schemas": {"io.k8s.api.core.v1.ConfigMap": {
        "description": "It holds configuration.", "type": "object",
        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "ConfigMap"}]}}}}"#;

    fn printed(model: &Model) -> String {
        let out = model.session.log().iter().filter_map(|entry| match &entry.content {
            Content::Out(text) => Some(text.to_string()),
            _ => None,
        });
        out.collect()
    }

    #[test]
    fn a_line_that_misses_the_schema_has_not_happened_until_it_comes() {
        let mut model = Model::new(StartWorld::Empty);
        let line = Msg::Run("kubectl create ns early; kubectl explain cm".to_owned());
        update(&mut model, line.clone());
        update(&mut model, Msg::Frame(16));
        assert!(model.schema.is_wanted() && model.session.inputs().count() == 0);

        update(&mut model, Msg::Schema(Err("no network".to_owned())));
        assert_eq!((model.schema.is_wanted(), model.schema.failed()), (false, Some("no network")));

        update(&mut model, line);
        update(&mut model, Msg::Schema(Ok(DOCUMENT.to_owned())));
        let expected =
            "namespace/early created\nKIND:       ConfigMap\nVERSION:    v1\n\nDESCRIPTION:\n    It holds";
        assert!(printed(&model).starts_with(expected), "{}", printed(&model));
        assert!(!model.schema.is_wanted() && model.session.inputs().count() == 1);
    }

    #[test]
    fn what_the_editor_wishes_for_holds_up_nobody() {
        let mut model = Model::new(StartWorld::Empty);
        for (fetched, expected) in [(Err("no network".to_owned()), false), (Ok(DOCUMENT.to_owned()), true)] {
            update(&mut model, Msg::WantSchema);
            assert!(model.schema.is_wanted() && !model.schema.is_awaited());
            update(&mut model, Msg::Schema(fetched));
            assert_eq!((model.schema.get().is_some(), model.schema.failed()), (expected, None));
        }
        update(&mut model, Msg::WantSchema);
        assert!(!model.schema.is_wanted());
    }

    #[test]
    fn time_stands_still_before_a_command_that_misses_the_schema() {
        let mut model = Model::new(StartWorld::Empty);
        update(&mut model, Msg::Run("sleep 1; kubectl explain cm".to_owned()));
        (0..30).for_each(|_| update(&mut model, Msg::Frame(100)));
        assert!(model.schema.is_wanted() && model.session.reached_ms() < 1_000);
        let mut stopped = model.clone();
        update(&mut stopped, Msg::Interrupt);
        assert!(!stopped.schema.is_wanted() && stopped.session.running().is_none());

        update(&mut model, Msg::Schema(Ok(DOCUMENT.to_owned())));
        update(&mut model, Msg::Restart(Default::default()));
        update(&mut model, Msg::Run("kubectl explain cm".to_owned()));
        assert!(printed(&model).contains("ConfigMap"), "another session has it too");
    }
}
