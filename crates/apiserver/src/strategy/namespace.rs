//! Namespaces: one that is to go stays until its finalizers have let go of it.
//!
//! Models pkg/registry/core/namespace/{strategy.go,storage/storage.go}.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Namespace;
use machinery::version::Features;
use machinery::{Object, names};

use super::{Strategy, Terms};

/// The label that every namespace has (SetDefaults_Namespace).
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

impl Strategy for Namespace {
    fn name_errors(name: &str, _features: Features) -> Vec<String> {
        names::dns1123_label(name)
    }
    fn default(&mut self) {
        if let Some(name) = self.metadata.name.clone().filter(|name| !name.is_empty()) {
            self.metadata.labels.get_or_insert_default().entry(NAME_LABEL.to_owned()).or_insert(name);
        }
    }
    fn prepare_for_create(&mut self, _terms: Terms) {
        self.spec.get_or_insert_default().finalizers = Some(vec!["kubernetes".to_owned()]);
        self.status.get_or_insert_default().phase = Some("Active".to_owned());
    }
    fn prepare_for_update(&mut self, old: &Self, _terms: Terms) {
        self.spec.clone_from(&old.spec);
        self.status.clone_from(&old.status);
    }
    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        self.spec.clone_from(&old.spec);
    }
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
