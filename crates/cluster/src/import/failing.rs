//! What was found failing, and goes on failing.

use std::collections::BTreeSet;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, Node, Pod};
use machinery::Resource;
use machinery::object::{is_pod_terminal, is_terminating};
use node::kubelet::is_overdue;

use super::{Assumption, Import};
use crate::fault::Defect;

pub(super) fn settle(import: &mut Import, now: Timestamp) {
    let mut assumed = BTreeSet::new();
    for pod in import.list::<Pod>() {
        if is_overdue(pod, now) {
            assumed.insert(Assumption::PodHeld { pod: pod.key() });
        } else if !is_terminating(pod.meta()) && is_failing(pod) {
            assumed.insert(Assumption::PodStays { pod: pod.key() });
        }
        assumed.extend(missing_images(pod).map(|image| Assumption::ImageMissing { image }));
        let gates = pod.spec.iter().flat_map(|spec| spec.readiness_gates.iter().flatten());
        assumed.extend(gates.map(|gate| Assumption::GateIgnored { gate: gate.condition_type.clone() }));
    }
    let down = import.list::<Node>().filter(|node| is_silent(node));
    assumed.extend(down.map(|node| Assumption::NodeDown { node: node.name().to_owned() }));
    for assumption in &assumed {
        import.defects.extend(match assumption.clone() {
            Assumption::ImageMissing { image } => Some(Defect::MissingImage { image }),
            Assumption::NodeDown { node } => Some(Defect::NodeDown { node }),
            _ => None,
        });
    }
    import.assumptions.extend(assumed);
}

fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten())
}

fn waits_for(status: &ContainerStatus) -> Option<&str> {
    status.state.as_ref()?.waiting.as_ref()?.reason.as_deref()
}

/// Whether a container runs and is not ready, or cannot run.
fn is_failing(pod: &Pod) -> bool {
    let is_failing = |status: &ContainerStatus| {
        let starts = matches!(waits_for(status), Some("ContainerCreating" | "PodInitializing"));
        !status.ready && !starts
    };
    !is_pod_terminal(pod) && statuses(pod).any(is_failing)
}

fn missing_images(pod: &Pod) -> impl Iterator<Item = String> {
    let is_missing =
        |status: &&ContainerStatus| matches!(waits_for(status), Some("ErrImagePull" | "ImagePullBackOff"));
    let names = statuses(pod).filter(is_missing).map(|status| status.name.clone()).collect::<BTreeSet<_>>();
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers.filter(move |container| names.contains(&container.name)).filter_map(|c| c.image.clone())
}

/// Whether the node's kubelet is not heard of.
fn is_silent(node: &Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "Unknown")
}
