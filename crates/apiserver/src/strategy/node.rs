//! Nodes.
//!
//! Models pkg/registry/core/node/strategy.go and ValidateNode of pkg/apis/core/validation/validation.go.

use k8s_openapi::api::core::v1::Node;
use machinery::field::{FieldError, Path};
use machinery::go_value::GoValue;
use machinery::names;

use super::{Strategy, Terms, keep};
use crate::validation::{Errors, key, one_of};

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

impl Strategy for Node {
    fn validate(&self, terms: Terms) -> Errors {
        // Upstream's path is that of the metadata.
        let path = Path::new("metadata").child("taints");
        let mut errors = Vec::new();
        let taints = self.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
        for (i, taint) in taints.iter().enumerate() {
            let path = path.index(i);
            errors.extend(key(&taint.key, &path.child("key"), terms.features));
            let value = taint.value.as_deref().unwrap_or_default();
            let broken = names::label_value(value, terms.features).join(";");
            if !broken.is_empty() {
                errors.push(FieldError::invalid(&path.child("value"), value, broken));
            }
            errors.extend(one_of(Some(&taint.effect), &EFFECTS, &path.child("effect")));
            if taints[..i].iter().any(|other| other.key == taint.key && other.effect == taint.effect) {
                let fields = [
                    ("Key", "", GoValue::text(&taint.key)),
                    ("Value", "", GoValue::text(value)),
                    ("Effect", "", GoValue::text(&taint.effect)),
                    ("TimeAdded", "", GoValue::pointer("v1.Time", None)),
                ];
                let value = GoValue::structure("core.Taint", fields).print(terms.features);
                let detail = "taints must be unique by key and effect pair".to_owned();
                errors.push(FieldError { detail, ..FieldError::duplicate(&path, value) });
            }
        }
        errors
    }
    fn prepare_for_update(&mut self, old: &Self, _terms: Terms) {
        self.status.clone_from(&old.status);
    }
    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        keep(&mut self.spec, &old.spec);
    }
}
