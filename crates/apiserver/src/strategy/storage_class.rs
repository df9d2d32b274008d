//! StorageClasses.
//!
//! Models pkg/registry/storage/storageclass/strategy.go and pkg/apis/storage/{v1/defaults.go,validation/validation.go}.

use k8s_openapi::api::storage::v1::StorageClass;
use machinery::field::{FieldError, Path};

use super::{Strategy, Terms};
use crate::validation::Errors;

impl Strategy for StorageClass {
    fn default(&mut self) {
        self.reclaim_policy.get_or_insert_with(|| "Delete".to_owned());
        self.volume_binding_mode.get_or_insert_with(|| "Immediate".to_owned());
    }
    fn validate(&self, _terms: Terms) -> Errors {
        let mut errors = Vec::new();
        if self.provisioner.is_empty() {
            errors.push(FieldError::required(&Path::new("provisioner"), ""));
        }
        let policy = self.reclaim_policy.as_deref().unwrap_or_default();
        if !["Delete", "Retain"].contains(&policy) {
            errors.push(FieldError::not_supported(
                &Path::new("reclaimPolicy"),
                policy,
                &["Delete", "Retain"],
            ));
        }
        let mode = self.volume_binding_mode.as_deref().unwrap_or_default();
        let modes = ["Immediate", "WaitForFirstConsumer"];
        if !modes.contains(&mode) {
            errors.push(FieldError::not_supported(&Path::new("volumeBindingMode"), mode, &modes));
        }
        errors
    }
    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let mut errors = self.validate(terms);
        let forbidden = |field: &str, why: &str| FieldError::forbidden(&Path::new(field), why);
        if self.parameters != old.parameters {
            errors.push(forbidden("parameters", "updates to parameters are forbidden."));
        }
        if self.provisioner != old.provisioner {
            errors.push(forbidden("provisioner", "updates to provisioner are forbidden."));
        }
        if self.reclaim_policy != old.reclaim_policy {
            errors.push(forbidden("reclaimPolicy", "updates to reclaimPolicy are forbidden."));
        }
        if self.volume_binding_mode != old.volume_binding_mode {
            let mode = self.volume_binding_mode.clone().unwrap_or_default();
            errors.push(FieldError::invalid(&Path::new("volumeBindingMode"), mode, "field is immutable"));
        }
        errors
    }
}
