//! Namespaces, and how everything in one goes with it.
//!
//! Models pkg/registry/core/namespace/{strategy.go,storage/storage.go}. Departs in one point: the server itself removes
//! the content, at once; upstream a controller does (pkg/controller/namespace).

use std::sync::Arc;

use client::api::{DeleteOptions, Refusal, Request, Verb};
use k8s_openapi::api::core::v1::Namespace;
use machinery::version::Features;
use machinery::{Kind, Object, ObjectKey, names};

use super::{Strategy, Terms};
use crate::registry;
use crate::server::{Env, Server};

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

/// Whether it is a namespace with something in it.
pub fn is_in_use(server: &Server, object: &Object) -> bool {
    matches!(object, Object::Namespace(_)) && !is_empty(server, object.name())
}

/// Removes everything in a namespace, without any order between objects.
///
/// # Errors
/// The first refusal; what was removed before stays removed.
pub fn delete_content(server: &mut Server, env: &mut Env<'_>, object: &Object) -> Result<(), Refusal> {
    let Object::Namespace(_) = object else {
        return Ok(());
    };
    let name = object.name();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_namespaced()) {
        let names: Vec<String> = server.store.list(kind, name).map(|o| o.name().to_owned()).collect();
        for object in names {
            let request = Request::new(Verb::Get, kind, name, &object);
            registry::delete(server, env, &request, &DeleteOptions::default())?;
        }
    }
    Ok(())
}

/// Removes a terminating namespace once it is empty.
pub fn finish(server: &mut Server, name: &str) {
    let key = ObjectKey::new(Kind::Namespace, "", name);
    let is_terminating = |o: &Object| o.meta().deletion_timestamp.is_some();
    let has_finalizers = |o: &Object| o.meta().finalizers.as_ref().is_some_and(|f| !f.is_empty());
    let Some(namespace) = server.store.get(key.kind, &key.namespace, &key.name) else {
        return;
    };
    if is_terminating(namespace) && !has_finalizers(namespace) && is_empty(server, name) {
        server.store.remove(&key);
    }
}

fn is_empty(server: &Server, name: &str) -> bool {
    Kind::ALL
        .into_iter()
        .filter(|kind| kind.is_namespaced())
        .all(|kind| server.store.list(kind, name).next().is_none())
}
