//! The columns of each kind's table, and an object's row in it.
//!
//! Models pkg/printers/internalversion/printers.go (`AddHandlers`): names, order, and which columns `-o wide` adds.

use jiff::Timestamp;
use machinery::version::Features;
use machinery::{Kind, Object};

use super::{cluster, network, pod, storage, workload};

/// A column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Column {
    /// The heading.
    pub name: &'static str,
    /// Whether only `-o wide` shows it.
    pub wide: bool,
}

const fn always(name: &'static str) -> Column {
    Column { name, wide: false }
}

const fn wide(name: &'static str) -> Column {
    Column { name, wide: true }
}

/// The columns of a kind's table.
pub(crate) fn columns(kind: Kind, features: Features) -> &'static [Column] {
    match kind {
        Kind::ServiceAccount if features.service_accounts_have_no_secrets() => {
            const { &[always("NAME"), always("AGE")] }
        }
        Kind::ServiceAccount => const { &[always("NAME"), always("SECRETS"), always("AGE")] },
        Kind::ConfigMap => const { &[always("NAME"), always("DATA"), always("AGE")] },
        Kind::Secret => const { &[always("NAME"), always("TYPE"), always("DATA"), always("AGE")] },
        Kind::Endpoints => const { &[always("NAME"), always("ENDPOINTS"), always("AGE")] },
        Kind::Namespace => const { &[always("NAME"), always("STATUS"), always("AGE")] },
        Kind::ControllerRevision => {
            const { &[always("NAME"), always("CONTROLLER"), always("REVISION"), always("AGE")] }
        }
        Kind::EndpointSlice => {
            const { &[always("NAME"), always("ADDRESSTYPE"), always("PORTS"), always("ENDPOINTS"), always("AGE")] }
        }
        Kind::StatefulSet => {
            const { &[always("NAME"), always("READY"), always("AGE"), wide("CONTAINERS"), wide("IMAGES")] }
        }
        Kind::Event => EVENT,
        Kind::Node => NODE,
        Kind::PersistentVolumeClaim => CLAIM,
        Kind::PersistentVolume => VOLUME,
        Kind::Pod => POD,
        Kind::Service => SERVICE,
        Kind::Deployment => DEPLOYMENT,
        Kind::ReplicaSet => REPLICA_SET,
        Kind::StorageClass => STORAGE_CLASS,
    }
}

const REPLICA_SET: &[Column] = &[
    always("NAME"),
    always("DESIRED"),
    always("CURRENT"),
    always("READY"),
    always("AGE"),
    wide("CONTAINERS"),
    wide("IMAGES"),
    wide("SELECTOR"),
];

const EVENT: &[Column] = &[
    always("LAST SEEN"),
    always("TYPE"),
    always("REASON"),
    always("OBJECT"),
    wide("SUBOBJECT"),
    wide("SOURCE"),
    always("MESSAGE"),
    wide("FIRST SEEN"),
    wide("COUNT"),
    wide("NAME"),
];

const NODE: &[Column] = &[
    always("NAME"),
    always("STATUS"),
    always("ROLES"),
    always("AGE"),
    always("VERSION"),
    wide("INTERNAL-IP"),
    wide("EXTERNAL-IP"),
    wide("OS-IMAGE"),
    wide("KERNEL-VERSION"),
    wide("CONTAINER-RUNTIME"),
];

const CLAIM: &[Column] = &[
    always("NAME"),
    always("STATUS"),
    always("VOLUME"),
    always("CAPACITY"),
    always("ACCESS MODES"),
    always("STORAGECLASS"),
    always("VOLUMEATTRIBUTESCLASS"),
    always("AGE"),
    wide("VOLUMEMODE"),
];

const VOLUME: &[Column] = &[
    always("NAME"),
    always("CAPACITY"),
    always("ACCESS MODES"),
    always("RECLAIM POLICY"),
    always("STATUS"),
    always("CLAIM"),
    always("STORAGECLASS"),
    always("VOLUMEATTRIBUTESCLASS"),
    always("REASON"),
    always("AGE"),
    wide("VOLUMEMODE"),
];

const POD: &[Column] = &[
    always("NAME"),
    always("READY"),
    always("STATUS"),
    always("RESTARTS"),
    always("AGE"),
    wide("IP"),
    wide("NODE"),
    wide("NOMINATED NODE"),
    wide("READINESS GATES"),
];

const SERVICE: &[Column] = &[
    always("NAME"),
    always("TYPE"),
    always("CLUSTER-IP"),
    always("EXTERNAL-IP"),
    always("PORT(S)"),
    always("AGE"),
    wide("SELECTOR"),
];

const DEPLOYMENT: &[Column] = &[
    always("NAME"),
    always("READY"),
    always("UP-TO-DATE"),
    always("AVAILABLE"),
    always("AGE"),
    wide("CONTAINERS"),
    wide("IMAGES"),
    wide("SELECTOR"),
];

const STORAGE_CLASS: &[Column] = &[
    always("NAME"),
    always("PROVISIONER"),
    always("RECLAIMPOLICY"),
    always("VOLUMEBINDINGMODE"),
    always("ALLOWVOLUMEEXPANSION"),
    always("AGE"),
];

/// The object's cells, one for each of [`columns`].
pub(crate) fn row(object: &Object, now: Timestamp, features: Features) -> Vec<String> {
    match object {
        Object::ServiceAccount(account) => cluster::service_account(account, now, features),
        Object::ConfigMap(config_map) => cluster::config_map(config_map, now),
        Object::Secret(secret) => cluster::secret(secret, now),
        Object::Event(event) => cluster::event(event, now),
        Object::Namespace(namespace) => cluster::namespace(namespace, now),
        Object::Node(node) => cluster::node(node, now, features),
        Object::Endpoints(endpoints) => network::endpoints(endpoints, now),
        Object::EndpointSlice(slice) => network::endpoint_slice(slice, now),
        Object::Service(service) => network::service(service, now),
        Object::PersistentVolume(volume) => storage::volume(volume, now),
        Object::PersistentVolumeClaim(claim) => storage::claim(claim, now),
        Object::StorageClass(class) => storage::class(class, now),
        Object::Pod(pod) => pod::row(pod, now, features),
        Object::ControllerRevision(revision) => workload::controller_revision(revision, now),
        Object::Deployment(deployment) => workload::deployment(deployment, now),
        Object::ReplicaSet(set) => workload::replica_set(set, now),
        Object::StatefulSet(set) => workload::stateful_set(set, now),
    }
}
