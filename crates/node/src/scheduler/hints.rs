//! What makes it worth to try a refused pod again.
//!
//! Models the queueing hints of pkg/scheduler/framework/plugins (EventsToRegister, v1.36.2).
//! Invariant: a change counts only for what it could change in the plugin's answer.

use std::sync::Arc;

use client::Listers;
use client::api::{Change, WatchEvent};
use k8s_openapi::api::core::v1::{Node, PersistentVolume, Pod};
use k8s_openapi::api::storage::v1::StorageClass;
use machinery::object::{claim_names, is_pod_terminal};
use machinery::{Kind, Resource, taints};

use super::cache::{Load, Space};
use super::{affinity, claims, filters, spread};

/// A part of the scheduler that refuses nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plugin {
    NodeUnschedulable,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    VolumeRestrictions,
    VolumeBinding,
    VolumeZone,
    PodTopologySpread,
    InterPodAffinity,
}

/// A change that could help a pod: what was before it, and what is after.
pub(super) enum News<'e> {
    /// A node.
    Node(Option<&'e Node>, Option<&'e Node>),
    /// A pod that has a node and has not ended.
    Pod(Option<&'e Pod>, Option<&'e Pod>),
    /// A volume that came or changed.
    Volume(Option<&'e PersistentVolume>, &'e PersistentVolume),
    /// A class that came or changed.
    Class(Option<&'e StorageClass>, &'e StorageClass),
}

impl<'e> News<'e> {
    /// What an event says, if it could help any pod.
    pub(super) fn of(event: &'e WatchEvent) -> Option<News<'e>> {
        let (before, after) = match event.change {
            Change::Deleted => (Some(&event.object), None),
            _ => (event.old.as_ref(), Some(&event.object)),
        };
        match event.object.kind() {
            Kind::Node => {
                let [before, after] =
                    [before, after].map(|object| object.and_then(Node::unwrap).map(Arc::as_ref));
                Some(News::Node(before, after))
            }
            Kind::Pod => {
                let placed = |pod: &&Pod| is_placed(pod);
                let [before, after] = [before, after]
                    .map(|object| object.and_then(Pod::unwrap).map(Arc::as_ref).filter(placed));
                // Mostly only its status has changed.
                let tells = match (before, after) {
                    (Some(before), Some(after)) => {
                        before.metadata.labels != after.metadata.labels || before.spec != after.spec
                    }
                    (before, after) => before.is_some() || after.is_some(),
                };
                tells.then_some(News::Pod(before, after))
            }
            Kind::PersistentVolume => {
                let volume = |object| PersistentVolume::unwrap(object).map(Arc::as_ref);
                Some(News::Volume(before.and_then(volume), after.and_then(volume)?))
            }
            Kind::StorageClass => {
                let class = |object| StorageClass::unwrap(object).map(Arc::as_ref);
                Some(News::Class(before.and_then(class), after.and_then(class)?))
            }
            _ => None,
        }
    }

    /// Whether the plugin, which refused the pod, could let it in now.
    pub(super) fn helps(&self, plugin: Plugin, pod: &Pod, listers: &Listers) -> bool {
        match *self {
            News::Node(before, Some(after)) => is_helped_by_node(plugin, pod, before, after),
            News::Node(before, None) => {
                plugin == Plugin::PodTopologySpread && spread::is_helped_by_node(pod, before, None)
            }
            News::Pod(before, after) => is_helped_by_pod(plugin, pod, (before, after), listers),
            News::Volume(before, after) => match plugin {
                Plugin::VolumeBinding => true,
                Plugin::VolumeZone => {
                    before.is_none_or(|before| before.metadata.labels != after.metadata.labels)
                }
                _ => false,
            },
            News::Class(before, after) => match plugin {
                Plugin::VolumeBinding => {
                    before.is_none_or(|before| before.allowed_topologies != after.allowed_topologies)
                }
                Plugin::VolumeZone => before.is_none() && claims::waits_for_node(after),
                _ => false,
            },
        }
    }
}

fn is_helped_by_node(plugin: Plugin, pod: &Pod, before: Option<&Node>, after: &Node) -> bool {
    match plugin {
        Plugin::NodeUnschedulable => !taints::is_cordoned(after) && before.is_none_or(taints::is_cordoned),
        Plugin::TaintToleration => {
            let was_kept_away = before.is_none_or(|before| filters::repelling(pod, before).is_some());
            was_kept_away && filters::repelling(pod, after).is_none()
        }
        Plugin::NodeAffinity => {
            let was_selected = before.is_some_and(|before| filters::selects(pod, before));
            !was_selected && filters::selects(pod, after)
        }
        Plugin::NodeResourcesFit => gives_more(pod, before, after),
        Plugin::NodePorts | Plugin::VolumeRestrictions => before.is_none(),
        Plugin::VolumeBinding | Plugin::VolumeZone => {
            before.is_none_or(|before| before.metadata.labels != after.metadata.labels)
        }
        Plugin::PodTopologySpread => spread::is_helped_by_node(pod, before, Some(after)),
        Plugin::InterPodAffinity => affinity::is_helped_by_node(pod, before, after),
    }
}

/// Whether the node, if it were empty, would take the pod, and gives more than before of something that the pod wants.
fn gives_more(pod: &Pod, before: Option<&Node>, after: &Node) -> bool {
    let (wanted, room) = (Load::of(pod), Load::allocatable(after));
    let has_more = before.is_none_or(|before| {
        let given = Load::allocatable(before);
        let mut names = wanted.resources.iter().filter(|(_, amount)| **amount > 0).map(|(name, _)| name);
        room.pods > given.pods || names.any(|name| room.get(name) > given.get(name))
    });
    has_more && filters::shortages(&wanted, &Space { room, load: Load::default() }).next().is_none()
}

fn is_helped_by_pod(
    plugin: Plugin,
    pod: &Pod,
    (before, after): (Option<&Pod>, Option<&Pod>),
    listers: &Listers,
) -> bool {
    let gone = before.filter(|_| after.is_none());
    match plugin {
        Plugin::NodeResourcesFit => {
            before.is_some_and(|before| after.is_none_or(|after| takes_less(pod, before, after)))
        }
        Plugin::NodePorts => gone.is_some_and(|gone| filters::share_a_port(pod, gone)),
        Plugin::VolumeRestrictions => gone.is_some_and(|gone| share_a_claim(pod, gone)),
        Plugin::PodTopologySpread => spread::is_helped_by_pod(pod, before, after),
        Plugin::InterPodAffinity => affinity::is_helped_by_pod(pod, before, after, listers),
        Plugin::NodeUnschedulable
        | Plugin::TaintToleration
        | Plugin::NodeAffinity
        | Plugin::VolumeBinding
        | Plugin::VolumeZone => false,
    }
}

/// Whether a resize of another pod leaves more of something that the pod wants (isSchedulableAfterPodScaleDown).
fn takes_less(pod: &Pod, before: &Pod, after: &Pod) -> bool {
    let [wanted, before, after] = [pod, before, after].map(Load::of);
    wanted.resources.iter().any(|(name, amount)| *amount > 0 && before.get(name) > after.get(name))
}

fn share_a_claim(one: &Pod, other: &Pod) -> bool {
    one.namespace() == other.namespace()
        && claim_names(one).any(|claim| claim_names(other).any(|other| other == claim))
}

/// Whether the pod has a node and has not ended.
fn is_placed(pod: &Pod) -> bool {
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default();
    !node.is_empty() && !is_pod_terminal(pod)
}

/// Whether a change of the pod itself could make the plugin let it in: what it tolerates (isSchedulableAfterPodTolerationChange).
pub(super) fn is_helped_by_own_change(plugin: Plugin, before: &Pod, after: &Pod) -> bool {
    let tolerations = |pod: &Pod| pod.spec.as_ref().and_then(|spec| spec.tolerations.clone());
    tolerations(before) != tolerations(after)
        && match plugin {
            Plugin::NodeUnschedulable => filters::tolerates_cordon(after),
            Plugin::TaintToleration => true,
            Plugin::PodTopologySpread => spread::minds_taints(after),
            _ => false,
        }
}
