//! Namespaces: one that is to go stays until its finalizers have let go of it.
//!
//! Models pkg/registry/core/namespace/{strategy.go,storage/storage.go}.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Namespace, NamespaceStatus};
use machinery::field::{FieldError, Path};
use machinery::version::Features;
use machinery::{Object, names};

use super::{Strategy, Terms};
use crate::validation::{Errors, key, metadata};

/// The label that every namespace has (SetDefaults_Namespace).
const NAME_LABEL: &str = "kubernetes.io/metadata.name";
/// What has to let go of every namespace.
const FINALIZER: &str = "kubernetes";

impl Strategy for Namespace {
    fn name_errors(name: &str, _features: Features) -> Vec<String> {
        names::dns1123_label(name)
    }
    fn default(&mut self) {
        if let Some(name) = self.metadata.name.clone().filter(|name| !name.is_empty()) {
            self.metadata.labels.get_or_insert_default().insert(NAME_LABEL.to_owned(), name);
        }
    }
    fn prepare_for_create(&mut self, _terms: Terms) {
        let finalizers = self.spec.get_or_insert_default().finalizers.get_or_insert_default();
        if !finalizers.iter().any(|finalizer| finalizer == FINALIZER) {
            finalizers.push(FINALIZER.to_owned());
        }
        self.status = Some(NamespaceStatus { phase: Some("Active".to_owned()), conditions: None });
    }
    fn validate(&self, terms: Terms) -> Errors {
        let finalizers = self.spec.iter().flat_map(|spec| spec.finalizers.iter().flatten());
        let path = Path::new("spec").child("finalizers");
        finalizers.flat_map(|name| finalizer_errors(name, terms.features, &path)).collect()
    }
    fn validate_update(&self, _old: &Self, _terms: Terms) -> Errors {
        Vec::new()
    }
    fn prepare_for_update(&mut self, old: &Self, _terms: Terms) {
        self.spec.clone_from(&old.spec);
        self.status.clone_from(&old.status);
    }
    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        self.spec.clone_from(&old.spec);
    }
}

/// validateFinalizerName.
fn finalizer_errors(name: &str, features: Features, path: &Path) -> Errors {
    let mut errors = key(name, path, features);
    if !name.contains('/') && !metadata::STANDARD_FINALIZERS.contains(&name) {
        let why = "name is neither a standard finalizer name nor is it fully qualified";
        errors.push(FieldError::invalid(path, name, why));
    }
    errors
}

/// A namespace that is asked to go is Terminating.
pub fn begin_deletion(object: &mut Object) {
    if let Object::Namespace(namespace) = object {
        Arc::make_mut(namespace).status.get_or_insert_default().phase = Some("Terminating".to_owned());
    }
}

/// Whether it is a namespace that something has to let go of first.
pub fn is_held(object: &Object) -> bool {
    let Object::Namespace(namespace) = object else { return false };
    namespace.spec.iter().any(|spec| spec.finalizers.iter().flatten().next().is_some())
}

/// Takes over all but what has to let go (namespaceFinalizeStrategy).
pub fn prepare_for_finalize_update(old: &Object, new: &mut Object) {
    if let (Object::Namespace(old), Object::Namespace(new)) = (old, new) {
        Arc::make_mut(new).status.clone_from(&old.status);
    }
}
