//! Nodes.
//!
//! Models pkg/registry/core/node/strategy.go and ValidateNode of pkg/apis/core/validation/validation.go.

use k8s_openapi::api::core::v1::Node;
use machinery::field::{FieldError, Path};
use machinery::names;

use super::{Strategy, Terms};
use crate::validation::Errors;

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

impl Strategy for Node {
    fn validate(&self, _terms: Terms) -> Errors {
        let path = Path::new("spec").child("taints");
        let mut errors = Vec::new();
        let taints = self.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
        for (i, taint) in taints.iter().enumerate() {
            let path = path.index(i);
            let broken = names::qualified_name(&taint.key);
            errors.extend(
                broken
                    .into_iter()
                    .map(|why| FieldError::invalid(&path.child("key"), taint.key.as_str(), why)),
            );
            let value = taint.value.as_deref().unwrap_or_default();
            let broken = names::label_value(value).join(";");
            if !broken.is_empty() {
                errors.push(FieldError::invalid(&path.child("value"), value, broken));
            }
            if !EFFECTS.contains(&taint.effect.as_str()) {
                errors.push(FieldError::not_supported(
                    &path.child("effect"),
                    taint.effect.as_str(),
                    &EFFECTS,
                ));
            }
            let is_same = |other: &&k8s_openapi::api::core::v1::Taint| {
                other.key == taint.key && other.effect == taint.effect
            };
            if taints[..i].iter().any(|other| is_same(&other)) {
                let why = "taints must be unique by key and effect pair";
                let error = FieldError::duplicate(&path, taint.key.as_str());
                errors.push(FieldError { detail: why.to_owned(), ..error });
            }
        }
        errors
    }
    fn prepare_for_update(&mut self, old: &Self, _terms: Terms) {
        self.status.clone_from(&old.status);
    }
    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        self.spec.clone_from(&old.spec);
    }
}
