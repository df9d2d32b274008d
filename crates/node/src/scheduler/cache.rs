//! What the scheduler knows of each node's load.
//!
//! Models pkg/scheduler/backend/cache. Invariant: the sum over the pods that have a node, or are
//! about to have one, and have not ended.

use std::sync::Arc;

use client::Key;
use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{Node, Pod, ResourceRequirements};
use machinery::Resource;
use machinery::quantity::Quantity;

use super::filters::anti_terms;

/// What pods ask of a node, or a node gives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Load {
    pub(super) pods: i64,
    pub(super) cpu_milli: i64,
    pub(super) memory_bytes: i64,
}

impl Load {
    /// What a pod requests: the sum over its containers.
    pub(super) fn of(pod: &Pod) -> Load {
        let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        let requests = |name| containers.clone().filter_map(move |c| requested(c.resources.as_ref(), name));
        Load {
            pods: 1,
            cpu_milli: requests("cpu").map(|q| q.milli_value()).fold(0, i64::saturating_add),
            memory_bytes: requests("memory").map(|q| q.value()).fold(0, i64::saturating_add),
        }
    }

    /// What a node gives to pods.
    fn allocatable(node: &Node) -> Load {
        let given = |name: &str| -> Option<Quantity> {
            Quantity::parse(&node.status.as_ref()?.allocatable.as_ref()?.get(name)?.0).ok()
        };
        Load {
            pods: given("pods").map_or(0, |room| room.value()),
            cpu_milli: given("cpu").map_or(0, |room| room.milli_value()),
            memory_bytes: given("memory").map_or(0, |room| room.value()),
        }
    }

    fn plus(self, other: Load) -> Load {
        Load {
            pods: self.pods.saturating_add(other.pods),
            cpu_milli: self.cpu_milli.saturating_add(other.cpu_milli),
            memory_bytes: self.memory_bytes.saturating_add(other.memory_bytes),
        }
    }

    fn minus(self, other: Load) -> Load {
        Load {
            pods: self.pods.saturating_sub(other.pods),
            cpu_milli: self.cpu_milli.saturating_sub(other.cpu_milli),
            memory_bytes: self.memory_bytes.saturating_sub(other.memory_bytes),
        }
    }
}

fn requested(resources: Option<&ResourceRequirements>, name: &str) -> Option<Quantity> {
    Quantity::parse(&resources?.requests.as_ref()?.get(name)?.0).ok()
}

/// What a node gives to pods, and what they have taken of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Space {
    pub(super) room: Load,
    pub(super) load: Load,
}

/// A node with its space; without one, what is left of pods that were on it.
#[derive(Clone, Debug, Default)]
struct Slot {
    node: Option<Arc<Node>>,
    space: Space,
}

/// The loads of all nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Cache {
    placed: OrdMap<Key, (Arc<str>, Load)>,
    nodes: OrdMap<Arc<str>, Slot>,
    /// The placed pods that keep others away.
    repelling: OrdSet<Key>,
}

impl Cache {
    /// Takes a pod in, as it now is.
    pub(super) fn put(&mut self, pod: &Pod) {
        self.place(pod, pod.spec.as_ref().and_then(|s| s.node_name.as_deref()).unwrap_or_default());
    }

    /// Takes a pod in as one of this node's, also before it is bound to it (AssumePod).
    pub(super) fn place(&mut self, pod: &Pod, node: &str) {
        let (key, load) = (pod.key(), Load::of(pod));
        let phase = pod.status.as_ref().and_then(|s| s.phase.as_deref());
        let stays = !node.is_empty() && !matches!(phase, Some("Succeeded" | "Failed"));
        // Mostly only its status has changed.
        let is_known = |known: &(Arc<str>, Load)| *known.0 == *node && known.1 == load;
        if stays && self.placed.get(&key).is_some_and(is_known) {
            return;
        }
        self.remove(&key);
        if !stays {
            return;
        }
        let node: Arc<str> = node.into();
        let space = &mut self.nodes.entry(node.clone()).or_default().space;
        space.load = space.load.plus(load);
        if !anti_terms(pod).is_empty() {
            self.repelling.insert(key.clone());
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
    pub(super) fn remove(&mut self, key: &Key) {
        if let Some((node, load)) = self.placed.remove(key) {
            let space = &mut self.nodes.entry(node).or_default().space;
            space.load = space.load.minus(load);
            self.repelling.remove(key);
        }
    }

    /// The node of a pod that was placed and has not ended.
    pub(super) fn node_of(&self, key: &Key) -> Option<&str> {
        self.placed.get(key).map(|(node, _)| &**node)
    }

    /// The nodes by name, with what each gives, and what of it is taken.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (&Arc<Node>, Space)> {
        self.nodes.values().filter_map(|slot| Some((slot.node.as_ref()?, slot.space)))
    }

    /// The placed pods that keep others away.
    pub(super) fn repelling(&self) -> &OrdSet<Key> {
        &self.repelling
    }
}
