//! Objects that exist because others do, made when they are read and stored only if someone writes them.
//!
//! Models, besides [`endpoints`], pkg/controller/serviceaccount/serviceaccounts_controller.go and
//! pkg/controller/certificates/rootcacertpublisher: every namespace has an account and the authority's certificate. Departs:
//! what is deleted is made again at once, where these controllers take a moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ServiceAccount};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::time::seconds;
use machinery::{Kind, Object, Resource};

use crate::endpoints;
use crate::server::{Env, Server};
use crate::store::Credit;

const ACCOUNT: &str = "default";
const AUTHORITY: &str = "kube-root-ca.crt";
/// No connection is encrypted here, so there is no certificate to check one with.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nc2ltdWxhdGVk\n-----END CERTIFICATE-----\n";

/// The object of that name, stored or made.
pub fn one(server: &Server, kind: Kind, namespace: &str, name: &str) -> Option<Object> {
    if kind == Kind::Endpoints {
        return endpoints::of(server, namespace, name);
    }
    let stored = server.store.get(kind, namespace, name).cloned();
    stored.or_else(|| match (kind, name) {
        (Kind::ServiceAccount, ACCOUNT) | (Kind::ConfigMap, AUTHORITY) => {
            make(kind, server.get::<Namespace>("", namespace)?)
        }
        _ => None,
    })
}

/// Makes an object anew that was removed, with a uid and an age of its own; nothing where none of that name is made.
pub fn again(server: &mut Server, env: &mut Env<'_>, removed: &Object) {
    let (kind, namespace, name) = (removed.kind(), removed.namespace(), removed.name());
    let is_going = |namespace: &Arc<Namespace>| namespace.metadata.deletion_timestamp.is_some();
    if !server.get::<Namespace>("", namespace).is_none_or(is_going)
        && let Some(mut object) = one(server, kind, namespace, name)
    {
        object.meta_mut().uid = Some(env.choices.uid());
        object.meta_mut().creation_timestamp = Some(seconds(env.now));
        server.store.put(object, Credit::Nobody);
    }
}

/// Every object of a kind of which some are made, stored ones included; `None` for other kinds.
pub fn all(server: &Server, kind: Kind, namespace: &str) -> Option<Vec<Object>> {
    let made: Vec<Object> = match kind {
        Kind::Endpoints => return Some(endpoints::all(server, namespace)),
        Kind::ServiceAccount | Kind::ConfigMap => {
            let namespaces = server.list::<Namespace>("");
            let wanted = namespaces.filter(|one| namespace.is_empty() || one.name() == namespace);
            wanted.filter_map(|one| make(kind, one)).collect()
        }
        _ => return None,
    };
    let mut found: BTreeMap<(String, String), Object> = BTreeMap::new();
    for object in made.into_iter().chain(server.store.list(kind, namespace).cloned()) {
        found.insert((object.namespace().to_owned(), object.name().to_owned()), object);
    }
    Some(found.into_values().collect())
}

fn make(kind: Kind, namespace: &Arc<Namespace>) -> Option<Object> {
    let metadata = |name: &str| ObjectMeta {
        name: Some(name.to_owned()),
        namespace: namespace.metadata.name.clone(),
        uid: namespace.metadata.uid.clone(),
        resource_version: namespace.metadata.resource_version.clone(),
        creation_timestamp: namespace.metadata.creation_timestamp.clone(),
        ..ObjectMeta::default()
    };
    match kind {
        _ if namespace.metadata.deletion_timestamp.is_some() => None,
        Kind::ServiceAccount => {
            Some(ServiceAccount { metadata: metadata(ACCOUNT), ..ServiceAccount::default() }.into())
        }
        Kind::ConfigMap => {
            let mut metadata = metadata(AUTHORITY);
            let about = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
            metadata.annotations =
                Some(BTreeMap::from([("kubernetes.io/description".to_owned(), about.to_owned())]));
            let data = Some(BTreeMap::from([("ca.crt".to_owned(), CERTIFICATE.to_owned())]));
            Some(ConfigMap { metadata, data, ..ConfigMap::default() }.into())
        }
        _ => None,
    }
}
