//! Namespaces, and how everything in one goes with it.
//!
//! Models pkg/registry/core/namespace/{strategy.go,storage/storage.go}. Departs in one point: the server itself removes
//! the content, at once; upstream a controller does (pkg/controller/namespace).

use std::collections::BTreeMap;
use std::sync::Arc;

use client::api::{DeleteOptions, Refusal, Request, Verb};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, NamespaceCondition};
use machinery::time::seconds;
use machinery::version::Features;
use machinery::{Kind, Object, ObjectKey, names};

use super::{Strategy, Terms};
use crate::registry;
use crate::server::{Env, Server};
use crate::store::Credit;

/// The label that every namespace has (SetDefaults_Namespace).
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

const CONTENT_REMAINING: &str = "NamespaceContentRemaining";
const FINALIZERS_REMAINING: &str = "NamespaceFinalizersRemaining";

/// The conditions of a terminating namespace: type, reason and message of each while nothing is wrong
/// (pkg/controller/namespace/deletion/status_condition_utils.go).
const CONDITIONS: [(&str, &str, &str); 5] = [
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    (CONTENT_REMAINING, "ContentRemoved", "All content successfully removed"),
    (FINALIZERS_REMAINING, "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
];

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
    tell_what_remains(server, name, env.now);
    Ok(())
}

/// Removes a terminating namespace once it is empty; until then it says what it waits for.
pub fn finish(server: &mut Server, name: &str, now: Timestamp) {
    let key = ObjectKey::new(Kind::Namespace, "", name);
    let is_terminating = |o: &Object| o.meta().deletion_timestamp.is_some();
    let has_finalizers = |o: &Object| o.meta().finalizers.as_ref().is_some_and(|f| !f.is_empty());
    let Some(namespace) = server.store.get(key.kind, &key.namespace, &key.name) else {
        return;
    };
    if is_terminating(namespace) && !has_finalizers(namespace) && is_empty(server, name) {
        server.store.remove(&key);
    } else if matches!(namespace, Object::Namespace(namespace) if !conditions(namespace).is_empty()) {
        tell_what_remains(server, name, now);
    }
}

fn conditions(namespace: &Namespace) -> &[NamespaceCondition] {
    namespace.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default()
}

/// Says in the conditions of a namespace what is left in it.
fn tell_what_remains(server: &mut Server, name: &str, now: Timestamp) {
    let Some(Object::Namespace(stored)) = server.store.get(Kind::Namespace, "", name) else {
        return;
    };
    let (resources, finalizers) = remaining(server, name);
    let told = CONDITIONS.map(|(kind, reason, message)| {
        let (status, reason, message) = match kind {
            CONTENT_REMAINING if !resources.is_empty() => {
                let message = format!("Some resources are remaining: {}", resources.join(", "));
                ("True", "SomeResourcesRemain", message)
            }
            FINALIZERS_REMAINING if !finalizers.is_empty() => {
                let finalizers = finalizers.join(", ");
                let message = format!("Some content in the namespace has finalizers remaining: {finalizers}");
                ("True", "SomeFinalizersRemain", message)
            }
            _ => ("False", reason, message.to_owned()),
        };
        let before = conditions(stored).iter().find(|c| c.type_ == kind && c.status == status);
        NamespaceCondition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message),
            last_transition_time: before
                .map_or_else(|| Some(seconds(now)), |c| c.last_transition_time.clone()),
        }
    });
    if told != conditions(stored) {
        let mut namespace = stored.clone();
        Arc::make_mut(&mut namespace).status.get_or_insert_default().conditions = Some(told.to_vec());
        server.store.put(Object::Namespace(namespace), Credit::Nobody);
    }
}

/// How many objects of each resource are in a namespace, and how many of them each finalizer holds.
fn remaining(server: &Server, name: &str) -> (Vec<String>, Vec<String>) {
    let (mut resources, mut finalizers) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_namespaced()) {
        let mut count = 0;
        for object in server.store.list(kind, name) {
            count += 1;
            for finalizer in object.meta().finalizers.iter().flatten() {
                *finalizers.entry(finalizer).or_default() += 1;
            }
        }
        if count > 0 {
            let info = kind.info();
            resources.push(format!("{}.{} has {count} resource instances", info.plural, info.group));
        }
    }
    resources.sort();
    let held = |(finalizer, count)| format!("{finalizer} in {count} resource instances");
    (resources, finalizers.into_iter().map(held).collect())
}

fn is_empty(server: &Server, name: &str) -> bool {
    Kind::ALL
        .into_iter()
        .filter(|kind| kind.is_namespaced())
        .all(|kind| server.store.list(kind, name).next().is_none())
}
