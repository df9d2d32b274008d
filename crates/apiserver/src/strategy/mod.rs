//! What differs between the kinds: names, defaults, what a client may set, validation, grace; one file a kind.
//!
//! Models apiserver/pkg/registry/rest's strategies and pkg/registry/*/*/strategy.go (v1.36.2).

pub(crate) mod config;
pub(crate) mod controller_revision;
pub(crate) mod disabled;
pub(crate) mod endpoint_slice;
pub(crate) mod endpoints;
pub(crate) mod event;
pub(crate) mod namespace;
pub(crate) mod node;
pub(crate) mod persistent_volume;
pub(crate) mod persistent_volume_claim;
pub(crate) mod pod;
pub(crate) mod scale;
pub(crate) mod service;
pub(crate) mod service_allocation;
pub(crate) mod service_rules;
pub(crate) mod statefulset;
pub(crate) mod storage_class;
pub(crate) mod workload;

use std::collections::BTreeMap;
use std::sync::Arc;

use client::api::Refusal;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use machinery::field::Path;
use machinery::version::Features;
use machinery::{Kind, Object, Resource, names};
use serde_json::Value;

use crate::server::{Env, Server};
use crate::validation::{Errors, metadata};

/// When a request happens, and in which cluster.
#[derive(Clone, Copy)]
pub struct Terms {
    /// The time of the request.
    pub now: Timestamp,
    /// The cluster's version and gates.
    pub features: Features,
}

/// What differs between kinds; what is not overridden is what most do.
pub trait Strategy: Resource {
    /// What is wrong with a name.
    fn name_errors(name: &str, _features: Features) -> Vec<String> {
        names::dns1123_subdomain(name)
    }
    /// Fills in what was left open.
    fn default(&mut self) {}
    /// Clears what a client may not set on a new object.
    fn prepare_for_create(&mut self, _terms: Terms) {}
    /// What is wrong with a new object, metadata excepted.
    fn validate(&self, _terms: Terms) -> Errors {
        Vec::new()
    }
    /// Takes over from `old` what an update may not touch, and counts the generation.
    fn prepare_for_update(&mut self, _old: &Self, _terms: Terms) {}
    /// What is wrong with the change, metadata excepted.
    fn validate_update(&self, _old: &Self, terms: Terms) -> Errors {
        self.validate(terms)
    }
    /// Takes over everything but the status from `old`.
    fn prepare_for_status_update(&mut self, _old: &Self, _terms: Terms) {}
    /// What is wrong with the new status.
    fn validate_status_update(&self, _old: &Self, _terms: Terms) -> Errors {
        Vec::new()
    }
    /// What is allowed and yet worth a word.
    fn warnings(&self, _terms: Terms) -> Vec<String> {
        Vec::new()
    }
    /// Seconds from the request to the object's end, given what was asked for; `None` if the kind knows no grace.
    fn grace_period_seconds(&self, _asked: Option<i64>) -> Option<i64> {
        None
    }
}

/// Takes a part over from the old object. Mostly it is the same already, and nothing is copied.
fn keep<T: Clone + PartialEq>(part: &mut T, old: &T) {
    if part != old {
        part.clone_from(old);
    }
}

/// Runs the same code for whatever kind the object is.
macro_rules! of_any_kind {
    ($object:expr, $one:ident => $body:expr) => {
        match $object {
            Object::ConfigMap($one) => $body,
            Object::Endpoints($one) => $body,
            Object::Event($one) => $body,
            Object::Namespace($one) => $body,
            Object::Node($one) => $body,
            Object::PersistentVolumeClaim($one) => $body,
            Object::PersistentVolume($one) => $body,
            Object::Pod($one) => $body,
            Object::Secret($one) => $body,
            Object::ServiceAccount($one) => $body,
            Object::Service($one) => $body,
            Object::ControllerRevision($one) => $body,
            Object::Deployment($one) => $body,
            Object::ReplicaSet($one) => $body,
            Object::StatefulSet($one) => $body,
            Object::EndpointSlice($one) => $body,
            Object::StorageClass($one) => $body,
        }
    };
}

/// Why the object cannot become one of the version that the server works with, if it cannot (pkg/apis/core/v1/conversion.go).
pub fn conversion_error(object: &Object) -> Option<String> {
    match object {
        Object::Node(node) => node::conversion_error(node),
        _ => None,
    }
}

/// Fills in the defaults of the kind.
pub fn default(object: &mut Object) {
    of_any_kind!(object, one => Strategy::default(Arc::make_mut(one)));
}

/// Clears what a client may not set on a new object.
pub fn prepare_for_create(object: &mut Object, terms: Terms) {
    of_any_kind!(object, one => Arc::make_mut(one).prepare_for_create(terms));
}

/// What is wrong with a new object.
pub fn validate(object: &Object, terms: Terms) -> Errors {
    fn of<K: Strategy>(object: &K, terms: Terms) -> Errors {
        let (path, features) = (Path::new("metadata"), terms.features);
        let rule = |name: &str| K::name_errors(name, features);
        let mut errors =
            metadata::object_meta(object.meta(), K::KIND.is_namespaced(), &rule, features, &path);
        errors.extend(object.validate(terms));
        errors
    }
    of_any_kind!(object, one => of(&**one, terms))
}

/// Takes over from `old` what an update may not touch, and counts the generation.
pub fn prepare_for_update(old: &Object, new: &mut Object, terms: Terms) {
    fn of<K: Strategy>(old: &Object, new: &mut Arc<K>, terms: Terms) {
        if let Some(old) = K::unwrap(old) {
            Arc::make_mut(new).prepare_for_update(old, terms);
        }
    }
    of_any_kind!(new, new => of(old, new, terms));
}

/// What is wrong with a change.
pub fn validate_update(old: &Object, new: &Object, terms: Terms) -> Errors {
    fn of<K: Strategy>(old: &Object, new: &K, terms: Terms) -> Errors {
        K::unwrap(old).map_or_else(Vec::new, |old| new.validate_update(old, terms))
    }
    of_any_kind!(new, new => of(old, &**new, terms))
}

/// Takes over everything but the status from `old`.
pub fn prepare_for_status_update(old: &Object, new: &mut Object, terms: Terms) {
    fn of<K: Strategy>(old: &Object, new: &mut Arc<K>, terms: Terms) {
        if let Some(old) = K::unwrap(old) {
            Arc::make_mut(new).prepare_for_status_update(old, terms);
        }
    }
    of_any_kind!(new, new => of(old, new, terms));
}

/// What is wrong with a new status.
pub fn validate_status_update(old: &Object, new: &Object, terms: Terms) -> Errors {
    fn of<K: Strategy>(old: &Object, new: &K, terms: Terms) -> Errors {
        K::unwrap(old).map_or_else(Vec::new, |old| new.validate_status_update(old, terms))
    }
    of_any_kind!(new, new => of(old, &**new, terms))
}

/// What is allowed and yet worth a word.
pub fn warnings(object: &Object, terms: Terms) -> Vec<String> {
    of_any_kind!(object, one => one.warnings(terms))
}

/// Seconds from the request to the object's end, given what was asked for; `None` if the kind knows no grace.
pub fn grace_period_seconds(object: &Object, asked: Option<i64>) -> Option<i64> {
    of_any_kind!(object, one => one.grace_period_seconds(asked))
}

/// Whether the kind has a `status` subresource.
pub fn has_status(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Namespace
            | Kind::Node
            | Kind::PersistentVolumeClaim
            | Kind::PersistentVolume
            | Kind::Pod
            | Kind::Service
            | Kind::Deployment
            | Kind::ReplicaSet
            | Kind::StatefulSet
    )
}

/// Gives a new or changed object what only the server can give: cluster addresses and node ports.
///
/// # Errors
/// Where a wanted one cannot be had.
pub fn allocate(
    server: &Server,
    env: &mut Env<'_>,
    old: Option<&Object>,
    new: &mut Object,
) -> Result<(), Refusal> {
    let Object::Service(service) = new else {
        return Ok(());
    };
    let old = old.and_then(Object::get);
    service_allocation::allocate(server, env, old.map(|old| &**old), Arc::make_mut(service))
}

/// What a body gave that is empty, where neither the typed objects nor the normaliser can tell empty from absent and
/// validation has to.
pub struct Given {
    selector: bool,
    capacity: bool,
    managed_fields: bool,
}

impl Given {
    /// Looks at the JSON.
    pub fn of(value: &Value) -> Given {
        let is_object = |pointer: &str| value.pointer(pointer).is_some_and(Value::is_object);
        let managers = value.pointer("/metadata/managedFields").and_then(Value::as_array);
        Given {
            selector: is_object("/spec/selector"),
            capacity: is_object("/spec/capacity"),
            managed_fields: managers.is_some(),
        }
    }

    /// Leaves an empty map where something empty was given; nothing where nothing was.
    pub fn mark(&self, object: &mut Object) {
        if self.managed_fields {
            object.meta_mut().managed_fields.get_or_insert_default();
        }
        match object {
            Object::StatefulSet(set) if self.selector => {
                mark_selector(&mut Arc::make_mut(set).spec.get_or_insert_default().selector);
            }
            Object::Deployment(deployment) if self.selector => {
                mark_selector(&mut Arc::make_mut(deployment).spec.get_or_insert_default().selector);
            }
            Object::ReplicaSet(set) if self.selector => {
                mark_selector(&mut Arc::make_mut(set).spec.get_or_insert_default().selector);
            }
            Object::PersistentVolume(volume) if self.capacity => {
                let spec = Arc::make_mut(volume).spec.get_or_insert_default();
                spec.capacity.get_or_insert_with(BTreeMap::new);
            }
            _ => {}
        }
    }
}

fn mark_selector(selector: &mut LabelSelector) {
    if selector.match_expressions.is_none() {
        selector.match_labels.get_or_insert_with(BTreeMap::new);
    }
}
