//! What the scheduler knows of each node's load.
//!
//! Models pkg/scheduler/backend/cache. Invariant: the sum over the pods that have a node, or are
//! about to have one, and have not ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::Key;
use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{Container, Node, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;
use machinery::Resource;
use machinery::object::is_pod_terminal;
use machinery::quantity::Quantity;

use super::affinity::anti_terms;
use super::filters::{host_ports, is_sidecar};

/// What pods ask of a node, or a node gives: so many pods, and of each resource so much, of `cpu` in thousandths.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Load {
    pub(crate) pods: i64,
    pub(crate) resources: BTreeMap<Arc<str>, i64>,
}

impl Load {
    /// What a pod requests (PodRequests of component-helpers/resource): what its containers and sidecars want together, or
    /// what one init container wants beside the sidecars before it, if that is more; in its place what the pod requests as
    /// a whole; and its overhead.
    pub(crate) fn of(pod: &Pod) -> Load {
        let Some(spec) = pod.spec.as_ref() else {
            return Load { pods: 1, ..Load::default() };
        };
        let requests =
            |c: &Container| Load::from_list(c.resources.as_ref().and_then(|r| r.requests.as_ref()));
        let (mut sidecars, mut initial) = (Load::default(), Load::default());
        for container in spec.init_containers.iter().flatten() {
            let mut peak = requests(container);
            peak.join(&sidecars, i64::saturating_add);
            if is_sidecar(container) {
                sidecars.clone_from(&peak);
            }
            initial.join(&peak, i64::max);
        }
        let mut load = sidecars;
        for container in &spec.containers {
            load.join(&requests(container), i64::saturating_add);
        }
        load.join(&initial, i64::max);
        let of_pod = Load::from_list(spec.resources.as_ref().and_then(|r| r.requests.as_ref()));
        load.resources.extend(of_pod.resources.into_iter().filter(|(name, _)| is_of_pods(name)));
        load.join(&Load::from_list(spec.overhead.as_ref()), i64::saturating_add);
        Load { pods: 1, ..load }
    }

    /// What a node gives to pods.
    pub(crate) fn allocatable(node: &Node) -> Load {
        Load::from_list(node.status.as_ref().and_then(|status| status.allocatable.as_ref()))
    }

    fn from_list(list: Option<&BTreeMap<String, Amount>>) -> Load {
        let mut load = Load::default();
        for (name, amount) in list.into_iter().flatten() {
            let Ok(amount) = Quantity::parse(&amount.0) else { continue };
            match name.as_str() {
                "pods" => load.pods = amount.value(),
                "cpu" => drop(load.resources.insert("cpu".into(), amount.milli_value())),
                name => drop(load.resources.insert(name.into(), amount.value())),
            }
        }
        load
    }

    /// Without the extended resources that a node does not know: others than kubelets manage them (removeMissingExtendedResources).
    pub(crate) fn without_unknown(mut self, room: &Load) -> Load {
        let is_extended = |name: &str| name.contains('/') && !name.contains("kubernetes.io/");
        self.resources.retain(|name, _| !is_extended(name) || room.resources.contains_key(name));
        self
    }

    /// How much there is of a resource.
    pub(super) fn get(&self, resource: &str) -> i64 {
        self.resources.get(resource).copied().unwrap_or(0)
    }

    /// Makes one amount of two, for the pods and for each resource of the other load.
    fn join(&mut self, other: &Load, join: fn(i64, i64) -> i64) {
        self.pods = join(self.pods, other.pods);
        for (name, amount) in &other.resources {
            let own = self.resources.entry(name.clone()).or_default();
            *own = join(*own, *amount);
        }
    }
}

/// Whether a pod can request it as a whole (IsSupportedPodLevelResource).
fn is_of_pods(resource: &str) -> bool {
    matches!(resource, "cpu" | "memory") || resource.starts_with("hugepages-")
}

/// What a node gives to pods, and what they have taken of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Space {
    pub(crate) room: Load,
    pub(crate) load: Load,
}

/// A node with its space; without one, what is left of pods that were on it.
#[derive(Clone, Debug, Default)]
struct Slot {
    node: Option<Arc<Node>>,
    space: Space,
}

/// The loads of all nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cache {
    placed: OrdMap<Key, (Arc<str>, Arc<Load>)>,
    nodes: OrdMap<Arc<str>, Slot>,
    /// The placed pods that keep others away.
    repelling: OrdSet<Key>,
    /// The placed pods that take ports of their nodes.
    exposed: OrdSet<Key>,
}

impl Cache {
    /// Takes a pod in, as it now is.
    pub(crate) fn put(&mut self, pod: &Pod) {
        self.place(pod, pod.spec.as_ref().and_then(|s| s.node_name.as_deref()).unwrap_or_default());
    }

    /// Takes a pod in as one of this node's, also before it is bound to it (AssumePod).
    pub(super) fn place(&mut self, pod: &Pod, node: &str) {
        let (key, load) = (pod.key(), Arc::new(Load::of(pod)));
        let stays = !node.is_empty() && !is_pod_terminal(pod);
        // Mostly only its status has changed.
        let is_known = |known: &(Arc<str>, Arc<Load>)| *known.0 == *node && known.1 == load;
        if stays && self.placed.get(&key).is_some_and(is_known) {
            return;
        }
        self.remove(&key);
        if !stays {
            return;
        }
        let node: Arc<str> = node.into();
        let space = &mut self.nodes.entry(node.clone()).or_default().space;
        space.load.join(&load, i64::saturating_add);
        if !anti_terms(pod).is_empty() {
            self.repelling.insert(key.clone());
        }
        if host_ports(pod).next().is_some() {
            self.exposed.insert(key.clone());
        }
        self.placed.insert(key, (node, load));
    }

    /// Takes a node in, as it now is.
    pub(super) fn put_node(&mut self, node: &Arc<Node>) {
        let slot = self.nodes.entry(node.name().into()).or_default();
        slot.node = Some(node.clone());
        slot.space.room = Load::allocatable(node);
    }

    /// A node is gone; its pods are not yet.
    pub(super) fn remove_node(&mut self, name: &str) {
        if let Some(slot) = self.nodes.get_mut(name) {
            slot.node = None;
        }
    }

    /// Forgets a pod.
    pub(crate) fn remove(&mut self, key: &Key) {
        if let Some((node, load)) = self.placed.remove(key) {
            let space = &mut self.nodes.entry(node).or_default().space;
            space.load.join(&load, i64::saturating_sub);
            self.repelling.remove(key);
            self.exposed.remove(key);
        }
    }

    /// The node of a pod that was placed and has not ended.
    pub(super) fn node_of(&self, key: &Key) -> Option<&str> {
        self.placed.get(key).map(|(node, _)| &**node)
    }

    /// The node of a pod that was placed and has not ended, if it is still there.
    pub(super) fn home_of(&self, pod: &Pod) -> Option<&Node> {
        self.nodes.get(self.node_of(&pod.key())?)?.node.as_deref()
    }

    /// What the pods on that node have taken of it.
    pub(crate) fn load_of(&self, node: &str) -> Load {
        self.nodes.get(node).map(|slot| slot.space.load.clone()).unwrap_or_default()
    }

    /// The nodes by name, with what each gives, and what of it is taken.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (&Arc<Node>, &Space)> {
        self.nodes.values().filter_map(|slot| Some((slot.node.as_ref()?, &slot.space)))
    }

    /// The placed pods that keep others away.
    pub(super) fn repelling(&self) -> &OrdSet<Key> {
        &self.repelling
    }

    /// The pods on that node that take ports of it.
    pub(super) fn exposed_on(&self, node: &str) -> impl Iterator<Item = &Key> {
        self.exposed.iter().filter(move |key| self.node_of(key) == Some(node))
    }
}
