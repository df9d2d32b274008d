//! Who works, in which order at one moment, and how long after a change each one notices it.
//!
//! The recordings' order of events comes from here: the set's controller writes claim and pod, the scheduler looks before
//! the binder has bound the claim (`FailedScheduling`, then `Scheduled`), slices follow pods.
//! Invariant: every latency is at least 1 ms, so that a change is never seen in the sync that made it.

use serde::{Deserialize, Serialize};

/// Milliseconds that a request of people is on its way; the world goes on meanwhile, so that of two requests on one line
/// the second one finds what the first one has caused.
pub(crate) const REQUEST_MS: i64 = 10;

/// A component of the cluster. The order is the rank: at one moment the first one works first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Component {
    /// Makes and removes the pods of StatefulSets.
    StatefulSet,
    /// Makes and exchanges the ReplicaSets of Deployments.
    Deployment,
    /// Makes and removes the pods of ReplicaSets.
    ReplicaSet,
    /// Gives pods nodes.
    Scheduler,
    /// Binds claims and volumes.
    PersistentVolume,
    /// Keeps claims that are in use.
    PvcProtection,
    /// Keeps volumes that are bound.
    PvProtection,
    /// Lists the pods behind services.
    EndpointSlice,
    /// Notices nodes that are lost.
    NodeLifecycle,
    /// Deletes pods from nodes whose taints they do not tolerate.
    TaintEviction,
    /// Removes pods of nodes that are gone.
    PodGc,
    /// Makes volumes for claims.
    Provisioner,
    /// Runs pods: the kubelets of all nodes.
    Kubelet,
    /// Removes what has lost its owners.
    GarbageCollector,
    /// Keeps the service in front of the API server.
    KubernetesService,
    /// Copies Endpoints that people write into slices.
    EndpointSliceMirroring,
    /// Empties namespaces that are to go.
    Namespace,
    /// Makes the claims of ephemeral volumes.
    EphemeralVolume,
    /// Says that a volume is to become larger.
    VolumeExpand,
}

impl Component {
    /// Every component, in rank order.
    pub const ALL: [Component; 19] = [
        Component::StatefulSet,
        Component::Deployment,
        Component::ReplicaSet,
        Component::Scheduler,
        Component::PersistentVolume,
        Component::PvcProtection,
        Component::PvProtection,
        Component::EndpointSlice,
        Component::NodeLifecycle,
        Component::TaintEviction,
        Component::PodGc,
        Component::Provisioner,
        Component::Kubelet,
        Component::GarbageCollector,
        Component::KubernetesService,
        Component::EndpointSliceMirroring,
        Component::Namespace,
        Component::EphemeralVolume,
        Component::VolumeExpand,
    ];

    /// Milliseconds from a change to the component's sync of what it concerns.
    pub(crate) fn latency_ms(self) -> i64 {
        match self {
            Component::StatefulSet | Component::Deployment | Component::ReplicaSet => 2,
            Component::Scheduler => 3,
            Component::PersistentVolume => 5,
            Component::PvcProtection | Component::PvProtection => 5,
            // Upstream publishes each change of a pod, so it looks before the set goes on to the next one.
            Component::EndpointSlice => 1,
            Component::NodeLifecycle
            | Component::TaintEviction
            | Component::PodGc
            | Component::Provisioner
            | Component::KubernetesService
            | Component::EndpointSliceMirroring
            | Component::Namespace
            | Component::EphemeralVolume
            | Component::VolumeExpand => 5,
            Component::Kubelet => 8,
            // Upstream's collector learns of changes through a graph of its own, after everyone else.
            Component::GarbageCollector => 10,
        }
    }

    /// The component's name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Component::StatefulSet => "statefulset-controller",
            Component::Deployment => "deployment-controller",
            Component::ReplicaSet => "replicaset-controller",
            Component::Scheduler => "default-scheduler",
            Component::PersistentVolume => "persistentvolume-controller",
            Component::PvcProtection => "pvc-protection-controller",
            Component::PvProtection => "pv-protection-controller",
            Component::EndpointSlice => "endpoint-slice-controller",
            Component::NodeLifecycle => "node-controller",
            Component::TaintEviction => "taint-eviction-controller",
            Component::PodGc => "pod-garbage-collector-controller",
            Component::Provisioner => "external-provisioner",
            Component::Kubelet => "kubelet",
            Component::GarbageCollector => "garbage-collector-controller",
            Component::KubernetesService => "kubernetes-service-controller",
            Component::EndpointSliceMirroring => "endpoint-slice-mirroring-controller",
            Component::Namespace => "namespace-controller",
            Component::EphemeralVolume => "ephemeral-volume-controller",
            Component::VolumeExpand => "persistentvolume-expander-controller",
        }
    }

    /// The program that it is a part of, which is who manages the fields that it writes.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Component::Scheduler => "kube-scheduler",
            Component::Provisioner => "external-provisioner",
            Component::Kubelet => "kubelet",
            Component::KubernetesService => "kube-apiserver",
            _ => "kube-controller-manager",
        }
    }
}

impl From<Component> for &'static str {
    fn from(component: Component) -> &'static str {
        component.name()
    }
}

impl TryFrom<String> for Component {
    type Error = String;

    fn try_from(name: String) -> Result<Component, String> {
        let found = Component::ALL.into_iter().find(|component| component.name() == name);
        found.ok_or_else(|| {
            let names = Component::ALL.map(Component::name).join(", ");
            format!("there is no component {name:?}; there are {names}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Component;

    #[test]
    fn components_are_listed_by_rank_and_never_see_their_own_moment() {
        assert!(Component::ALL.is_sorted());
        assert!(Component::ALL.into_iter().all(|c| c.latency_ms() >= 1));
    }

    #[test]
    fn the_scheduler_looks_before_a_claim_is_bound() {
        assert!(Component::Scheduler.latency_ms() < Component::PersistentVolume.latency_ms());
    }
}
