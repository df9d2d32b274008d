//! Events.
//!
//! Models legacyValidateEvent of pkg/apis/core/validation/events.go (v1.36.2), which is all that core/v1 asks of them.

use k8s_openapi::api::core::v1::Event;
use machinery::Resource;
use machinery::field::{FieldError, Path};

use super::{Strategy, Terms};
use crate::validation::Errors;

impl Strategy for Event {
    fn validate(&self, _terms: Terms) -> Errors {
        let about = self.involved_object.namespace.as_deref().unwrap_or_default();
        // What has no namespace is told of in the default one.
        let is_right = match about {
            "" => self.namespace() == "default",
            about => self.namespace() == about,
        };
        if self.event_time.is_some() || is_right {
            return Vec::new();
        }
        let path = Path::new("involvedObject").child("namespace");
        vec![FieldError::invalid(&path, about, "does not match event.namespace")]
    }
}
