//! ControllerRevisions: their data never changes.
//!
//! Models pkg/registry/apps/controllerrevision/strategy.go and ValidateControllerRevision of
//! pkg/apis/apps/validation/validation.go.

use k8s_openapi::api::apps::v1::ControllerRevision;
use machinery::field::{FieldError, Path, Printed};
use machinery::json;

use super::{Strategy, Terms};
use crate::validation::{Errors, non_negative};

impl Strategy for ControllerRevision {
    fn validate(&self, _terms: Terms) -> Errors {
        let is_missing = self.data.is_none();
        let error = || FieldError::required(&Path::new("data"), "data is mandatory");
        let mut errors: Errors = is_missing.then(error).into_iter().collect();
        errors.extend(non_negative(self.revision, &Path::new("revision")));
        errors
    }
    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let mut errors = self.validate(terms);
        if self.data != old.data {
            let data = self.data.clone().map(|data| data.0).unwrap_or_default();
            let value = Printed::as_is(json::to_string(&data));
            errors.push(FieldError::invalid(&Path::new("data"), value, "field is immutable"));
        }
        errors
    }
}
