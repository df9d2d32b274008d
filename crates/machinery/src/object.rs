//! An object of any kind: `k8s-openapi`'s types (and our own [`EndpointSlice`]) behind one enum, shared by reference.
//!
//! Invariant: reading never copies (`Arc`), writing copies at most the one object that is written.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use equivalent::{Comparable, Equivalent};
use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::{
    ConfigMap, Endpoints, Event, Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, PodSpec,
    Secret, Service, ServiceAccount, Volume,
};
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Value;

use crate::endpoint_slice::EndpointSlice;
use crate::scheme::Kind;

/// A kind's own type. Implemented for every kind in [`Kind`].
pub trait Resource: Clone + fmt::Debug + PartialEq + 'static {
    /// The kind.
    const KIND: Kind;
    /// The object's metadata.
    fn meta(&self) -> &ObjectMeta;
    /// The object's metadata, to change it.
    fn meta_mut(&mut self) -> &mut ObjectMeta;
    /// The object as one of any kind.
    fn wrap(object: Arc<Self>) -> Object;
    /// The object as this kind, if it is one.
    fn unwrap(object: &Object) -> Option<&Arc<Self>>;

    /// `metadata.name`, empty if unset.
    fn name(&self) -> &str {
        self.meta().name.as_deref().unwrap_or_default()
    }
    /// `metadata.namespace`, empty if unset.
    fn namespace(&self) -> &str {
        self.meta().namespace.as_deref().unwrap_or_default()
    }
    /// `metadata.uid`, empty if unset.
    fn uid(&self) -> &str {
        self.meta().uid.as_deref().unwrap_or_default()
    }
    /// Where the object is found.
    fn key(&self) -> ObjectKey {
        ObjectKey::new(Self::KIND, self.namespace(), self.name())
    }
}

macro_rules! objects {
    ($($kind:ident),*) => {
        /// An object of any kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object {
            $(
                #[doc = concat!("A ", stringify!($kind), ".")]
                $kind(Arc<$kind>)
            ),*
        }

        $(
            impl Resource for $kind {
                const KIND: Kind = Kind::$kind;
                fn meta(&self) -> &ObjectMeta {
                    &self.metadata
                }
                fn meta_mut(&mut self) -> &mut ObjectMeta {
                    &mut self.metadata
                }
                fn wrap(object: Arc<Self>) -> Object {
                    Object::$kind(object)
                }
                fn unwrap(object: &Object) -> Option<&Arc<Self>> {
                    match object {
                        Object::$kind(object) => Some(object),
                        _ => None,
                    }
                }
            }

            impl From<$kind> for Object {
                fn from(object: $kind) -> Object {
                    Object::$kind(Arc::new(object))
                }
            }
        )*

        impl Object {
            /// The kind.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Object::$kind(_) => Kind::$kind),*
                }
            }

            /// The metadata.
            pub fn meta(&self) -> &ObjectMeta {
                match self {
                    $(Object::$kind(object) => &object.metadata),*
                }
            }

            /// The metadata, to change it; copies the object if it is shared.
            pub fn meta_mut(&mut self) -> &mut ObjectMeta {
                match self {
                    $(Object::$kind(object) => &mut Arc::make_mut(object).metadata),*
                }
            }

            /// Whether both are one object in memory.
            pub fn is_same(&self, other: &Object) -> bool {
                match (self, other) {
                    $((Object::$kind(a), Object::$kind(b)) => Arc::ptr_eq(a, b),)*
                    _ => false,
                }
            }

            /// The object as JSON, with `apiVersion` and `kind`.
            pub fn to_value(&self) -> Value {
                let value = match self {
                    $(Object::$kind(object) => serde_json::to_value(&**object)),*
                };
                // Only a map with keys that are no strings could fail; these types have none.
                value.unwrap_or_default()
            }

            /// The object that the JSON describes. Unknown fields are dropped: see `decode::normalize` for those.
            ///
            /// # Errors
            /// Where a field has a type that is not its own, in serde's words.
            pub fn from_value(kind: Kind, value: Value) -> Result<Object, serde_json::Error> {
                Ok(match kind {
                    $(Kind::$kind => Object::$kind(Arc::new(serde_json::from_value(value)?))),*
                })
            }
        }
    };
}

objects!(
    ConfigMap,
    Endpoints,
    Event,
    Namespace,
    Node,
    PersistentVolumeClaim,
    PersistentVolume,
    Pod,
    Secret,
    ServiceAccount,
    Service,
    ControllerRevision,
    Deployment,
    ReplicaSet,
    StatefulSet,
    EndpointSlice,
    StorageClass
);

impl Object {
    /// `metadata.name`, empty if unset.
    pub fn name(&self) -> &str {
        self.meta().name.as_deref().unwrap_or_default()
    }

    /// `metadata.namespace`, empty if unset.
    pub fn namespace(&self) -> &str {
        self.meta().namespace.as_deref().unwrap_or_default()
    }

    /// `metadata.uid`, empty if unset.
    pub fn uid(&self) -> &str {
        self.meta().uid.as_deref().unwrap_or_default()
    }

    /// `metadata.resourceVersion` as a number, 0 if unset.
    pub fn resource_version(&self) -> u64 {
        self.meta().resource_version.as_deref().and_then(|v| v.parse().ok()).unwrap_or(0)
    }

    /// What a pod is to be, or the pods that a set or Deployment makes.
    pub fn pod_spec(&self) -> Option<&PodSpec> {
        match self {
            Object::Pod(pod) => pod.spec.as_ref(),
            Object::StatefulSet(set) => set.spec.as_ref()?.template.spec.as_ref(),
            Object::Deployment(deployment) => deployment.spec.as_ref()?.template.spec.as_ref(),
            Object::ReplicaSet(set) => set.spec.as_ref()?.template.as_ref()?.spec.as_ref(),
            _ => None,
        }
    }

    /// Where the object is found.
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(self.kind(), self.namespace(), self.name())
    }

    /// The same, to look it up.
    pub fn key_ref(&self) -> KeyRef<'_> {
        KeyRef { kind: self.kind(), namespace: self.namespace(), name: self.name() }
    }

    /// The object as kind `K`, if it is one.
    pub fn get<K: Resource>(&self) -> Option<&Arc<K>> {
        K::unwrap(self)
    }
}

/// Where an object is found: kind, namespace (empty for cluster-scoped kinds) and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The kind.
    pub kind: Kind,
    /// The namespace, empty for cluster-scoped kinds.
    pub namespace: Arc<str>,
    /// The name.
    pub name: Arc<str>,
}

impl ObjectKey {
    /// The key of the object of that kind and name.
    pub fn new(kind: Kind, namespace: &str, name: &str) -> ObjectKey {
        ObjectKey { kind, namespace: namespace.into(), name: name.into() }
    }
}

/// An [`ObjectKey`] to look up, made of what is at hand.
#[derive(Clone, Copy, Debug)]
pub struct KeyRef<'a> {
    /// The kind.
    pub kind: Kind,
    /// The namespace, empty for cluster-scoped kinds.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

impl Equivalent<ObjectKey> for KeyRef<'_> {
    fn equivalent(&self, key: &ObjectKey) -> bool {
        self.compare(key).is_eq()
    }
}

impl Comparable<ObjectKey> for KeyRef<'_> {
    fn compare(&self, key: &ObjectKey) -> Ordering {
        (self.kind, self.namespace, self.name).cmp(&(key.kind, &*key.namespace, &*key.name))
    }
}

impl Serialize for ObjectKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut key = serializer.serialize_struct("ObjectKey", 3)?;
        key.serialize_field("kind", self.kind.name())?;
        key.serialize_field("namespace", &*self.namespace)?;
        key.serialize_field("name", &*self.name)?;
        key.end()
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.info().singular, self.name)
    }
}

/// The owner reference with `controller: true`, if any (apimachinery/pkg/apis/meta/v1/controller_ref.go).
pub fn controller_of(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))
}

/// Whether the object has been asked to go.
pub fn is_terminating(meta: &ObjectMeta) -> bool {
    meta.deletion_timestamp.is_some()
}

/// Whether the pod has ended for good (podutil.IsPodPhaseTerminal).
pub fn is_pod_terminal(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// The name of the claim that a pod's volume is: the claim that it names, or the pod's own for an ephemeral volume
/// (component-helpers/storage/ephemeral, VolumeClaimName).
pub fn claim_name<'a>(pod: &Pod, volume: &'a Volume) -> Option<Cow<'a, str>> {
    match &volume.persistent_volume_claim {
        Some(source) => Some(Cow::Borrowed(&source.claim_name)),
        None => volume.ephemeral.as_ref().map(|_| Cow::Owned(format!("{}-{}", pod.name(), volume.name))),
    }
}

/// Whether a claim was made for an ephemeral volume of this pod (component-helpers/storage/ephemeral, VolumeIsForPod).
///
/// # Errors
/// That it was not, in upstream's words.
pub fn volume_is_for_pod(pod: &Pod, claim: &PersistentVolumeClaim) -> Result<(), String> {
    if controller_of(&claim.metadata).is_some_and(|owner| owner.uid == pod.uid()) {
        return Ok(());
    }
    let (namespace, claim, pod) = (pod.namespace(), claim.name(), pod.name());
    Err(format!("PVC {namespace}/{claim} was not created for pod {namespace}/{pod} (pod is not owner)"))
}

/// The names of the claims that a pod uses, in the order of its volumes.
pub fn claim_names(pod: &Pod) -> impl Iterator<Item = Cow<'_, str>> {
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    volumes.filter_map(|volume| claim_name(pod, volume))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Kind, Object};

    #[test]
    fn an_object_survives_the_way_to_json_and_back() {
        let value = json!({
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": "web", "namespace": "default", "resourceVersion": "7"},
            "spec": {"replicas": 2, "selector": {}, "serviceName": "web", "template": {"metadata": {}}},
        });
        let object = Object::from_value(Kind::StatefulSet, value.clone()).expect("decodes");
        assert_eq!((object.name(), object.namespace(), object.resource_version()), ("web", "default", 7));
        assert_eq!(object.to_value(), value);
    }
}
