//! Why, about a pod: on its way, broken, not ready, without a node, on a node that is silent.

use cluster::Defect;
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::api::core::v1::{Node, PersistentVolumeClaim, Pod};
use machinery::decision::{Lack, Step, Verdict};
use machinery::object::{controller_of, is_terminating};
use machinery::taints::is_cordoned;
use machinery::{Kind, ObjectKey, Resource};
use node::references;

use super::super::Snapshot;
use super::super::claim::ClaimView;
use super::super::pod::{Shape, is_ready, shape_of, waiting_message};
use super::super::revision::{name_of, ordinal_in, set_of};
use super::super::stage::claims_of;
use super::node::is_down;
use super::storage::of_claim;
use super::{Reason, Risk, Rule, Template, Why, WhyKind, verdict};
use crate::commands;

/// Most pods in trouble that are told of.
const TOLD: usize = 20;

/// How a pod blocks its set.
#[derive(Clone, Copy)]
pub(super) struct Blocked {
    /// What would go on.
    pub step: Option<Step>,
    /// What the pod lacks.
    pub lacks: Lack,
    /// Whether an update would replace it and does not get there.
    pub frozen: bool,
}

/// Pods that no timer and no controller will help, by name.
pub(super) fn troubles(snapshot: Snapshot<'_>) -> Vec<Why> {
    let suspect = |pod: &&Pod| match shape_of(pod) {
        Shape::Broken | Shape::Stopping => true,
        Shape::Starting => {
            pod.spec.as_ref().is_none_or(|spec| spec.node_name.is_none())
                || unmounted(snapshot, pod).is_some()
        }
        Shape::Ready | Shape::Ended => false,
    };
    let pods = snapshot.objects.list::<Pod>("").map(|pod| &**pod).filter(suspect);
    let mut told: Vec<(Option<i32>, Why)> = pods
        .map(|pod| (ordinal(pod), of_pod(snapshot, pod, None)))
        .filter(|(ordinal, why)| {
            why.kind < WhyKind::Progressing || ordinal.is_none() && why.kind < WhyKind::Quiet
        })
        .take(TOLD)
        .collect();
    told.sort_by_key(|(ordinal, _)| *ordinal);
    told.into_iter().map(|(_, why)| why).collect()
}

fn ordinal(pod: &Pod) -> Option<i32> {
    let owner = controller_of(&pod.metadata).filter(|owner| owner.kind == "StatefulSet")?;
    ordinal_in(pod.name(), &ObjectKey::new(Kind::StatefulSet, pod.namespace(), &owner.name))
}

pub(super) fn of_pod(snapshot: Snapshot<'_>, pod: &Pod, blocked: Option<Blocked>) -> Why {
    let name = pod.name().to_owned();
    let step = blocked.and_then(|blocked| blocked.step);
    let why = match shape_of(pod) {
        _ if on_silent_node(snapshot, pod).is_some() => of_silent(snapshot, pod),
        Shape::Stopping => {
            let seconds =
                pod.metadata.deletion_timestamp.as_ref().map_or(0, |end| snapshot.seconds_until(end.0));
            let why =
                Why::new(WhyKind::Progressing, Reason::Stopping { pod: name, seconds, step, held: None });
            // Beyond its grace period nothing ends by itself.
            if seconds == 0 { stuck_deletion(snapshot, pod, why) } else { why }
        }
        Shape::Broken => broken(snapshot, pod, blocked),
        Shape::Ended => Why::new(WhyKind::Quiet, Reason::Ended(name)),
        Shape::Ready => match blocked.map(|blocked| blocked.lacks) {
            Some(lacks @ Lack::Available { .. }) => {
                Why::new(WhyKind::Progressing, Reason::Starting { pod: name, lacks, step })
            }
            _ => Why::new(WhyKind::Quiet, Reason::Runs { pod: name, top: top_of(snapshot, pod) })
                .because(Rule::ScaleFromTop),
        },
        Shape::Starting => of_starting(snapshot, pod, step),
    };
    match &why.about {
        Some(_) => why,
        None => why.about(&pod.key()),
    }
}

/// The pod that goes first when the pod's set is scaled down, unless it is this one.
fn top_of(snapshot: Snapshot<'_>, pod: &Pod) -> Option<String> {
    let set = set_of(snapshot, pod)?;
    let spec = set.spec.as_ref()?;
    let start = spec.ordinals.as_ref().and_then(|ordinals| ordinals.start).unwrap_or(0);
    let top = format!("{}-{}", set.name(), start + spec.replicas.unwrap_or(1) - 1);
    (top != pod.name()).then_some(top)
}

/// A pod that is not started without what is missing.
fn unconfigured(snapshot: Snapshot<'_>, pod: &Pod, message: String) -> Why {
    let status = kubectl::pod_summary(pod, snapshot.objects.features()).reason;
    let why =
        Why::new(WhyKind::Waiting, Reason::Unconfigured { pod: pod.name().to_owned(), status, message });
    let Some((reference, key)) = references::missing(snapshot.names, pod) else { return why };
    let object = ObjectKey::new(reference.kind, pod.namespace(), reference.name);
    let keys: Vec<&str> = reference.items.iter().map(|(key, _)| *key).collect();
    why.or_command(commands::settings(&object, &keys, key), None)
}

/// Why the volumes of a pod that has a node cannot be mounted; a pod with an address has mounted them.
fn unmounted(snapshot: Snapshot<'_>, pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref().filter(|status| status.start_time.is_some() && status.pod_ip.is_none());
    status.and_then(|_| references::unmountable(snapshot.names, pod).next()).map(|(_, problem)| problem)
}

fn broken(snapshot: Snapshot<'_>, pod: &Pod, blocked: Option<Blocked>) -> Why {
    let waiting = waiting_message(pod);
    let name = pod.name().to_owned();
    if let Some(("CreateContainerConfigError", message)) = waiting {
        if references::missing(snapshot.names, pod).is_some() {
            return unconfigured(snapshot, pod, message.to_owned());
        }
        // It is there by now, and the kubelet is about to look again.
        let step = blocked.and_then(|blocked| blocked.step);
        return Why::new(WhyKind::Progressing, Reason::Starting { pod: name, lacks: Lack::Running, step });
    }
    let message = waiting.map(|(_, message)| message.to_owned()).unwrap_or_default();
    let status = kubectl::pod_summary(pod, snapshot.objects.features()).reason;
    let newest = set_of(snapshot, pod).filter(|set| has_newest_template(set, pod));
    let template = match (newest, blocked) {
        (_, Some(Blocked { frozen: true, .. })) => Template::Frozen,
        (Some(_), _) => Template::Same,
        (None, _) => Template::Other,
    };
    let why = Why::new(WhyKind::Stuck, Reason::Broken { pod: name, status, message, template });
    let rule = if template == Template::Frozen { Rule::OrderedReady } else { Rule::UpdateFromTop };
    let why = why.because(rule).or_heal(breaking(snapshot, pod));
    let delete = commands::delete(&pod.key());
    match newest.filter(|_| template == Template::Same) {
        None => why.or_command(delete, Some(Risk::Pod)),
        Some(set) if has_older_template(snapshot, set) => {
            why.or_command(format!("{} && {delete}", commands::undo(&set.key())), Some(Risk::Pod))
        }
        Some(_) => why,
    }
}

/// Whether a pod has the template that its set would give it again.
fn has_newest_template(set: &StatefulSet, pod: &Pod) -> bool {
    let newest = set.status.as_ref().and_then(|status| status.update_revision.as_deref());
    newest.is_some() && newest == name_of(pod)
}

fn has_older_template(snapshot: Snapshot<'_>, set: &StatefulSet) -> bool {
    snapshot.controlled::<ControllerRevision>(&set.metadata).nth(1).is_some()
}

/// What was broken on purpose and keeps the pod's containers from running.
fn breaking<'a>(snapshot: Snapshot<'a>, pod: &Pod) -> Option<&'a Defect> {
    let uses = |image: &str| {
        let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        containers.into_iter().any(|container| container.image.as_deref() == Some(image))
    };
    snapshot.defects.iter().find(|defect| match defect {
        Defect::CrashLoop { pods } => pods.matches(pod.namespace(), pod.name()),
        Defect::MissingImage { image } => uses(image),
        _ => false,
    })
}

fn on_silent_node<'a>(snapshot: Snapshot<'_>, pod: &'a Pod) -> Option<&'a str> {
    let node = pod.spec.as_ref()?.node_name.as_deref()?;
    is_down(snapshot, node).then_some(node)
}

fn of_silent(snapshot: Snapshot<'_>, pod: &Pod) -> Why {
    let node = on_silent_node(snapshot, pod).unwrap_or_default().to_owned();
    let terminating = is_terminating(&pod.metadata);
    let defect =
        snapshot.defects.iter().find(|d| matches!(d, Defect::NodeDown { node: down } if *down == node));
    let name = pod.name().to_owned();
    let why = Why::new(WhyKind::Stuck, Reason::NodeSilent { pod: name, node, terminating });
    let why = why.because(Rule::AtMostOne).or_heal(defect);
    if terminating { why.or_command(commands::force_delete(&pod.key()), Some(Risk::SplitBrain)) } else { why }
}

fn stuck_deletion(snapshot: Snapshot<'_>, pod: &Pod, why: Why) -> Why {
    let stuck = |defect: &&Defect| matches!(defect, Defect::StuckDeletion { pods } if pods.matches(pod.namespace(), pod.name()));
    match snapshot.defects.iter().find(stuck) {
        Some(defect) => Why { kind: WhyKind::Stuck, ..why }
            .because(Rule::AtMostOne)
            .or_heal(Some(defect))
            .or_command(commands::force_delete(&pod.key()), Some(Risk::SplitBrain)),
        None => why,
    }
}

fn of_starting(snapshot: Snapshot<'_>, pod: &Pod, step: Option<Step>) -> Why {
    let name = pod.name().to_owned();
    if pod.spec.as_ref().is_none_or(|spec| spec.node_name.is_none()) {
        return of_unscheduled(snapshot, pod, step);
    }
    if let Some(message) = unmounted(snapshot, pod) {
        return unconfigured(snapshot, pod, message);
    }
    let running = pod.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Running"));
    if running
        && !is_ready(pod)
        && let Some(defect) = failing_probe(snapshot, pod)
    {
        let why = Why::new(WhyKind::Stuck, Reason::NeverReady { pod: name, step, host: host_name(pod) });
        return why.because(Rule::OrderedReady).or_heal(Some(defect));
    }
    let lacks = if running { Lack::Ready } else { Lack::Running };
    Why::new(WhyKind::Progressing, Reason::Starting { pod: name, lacks, step })
}

fn failing_probe<'a>(snapshot: Snapshot<'a>, pod: &Pod) -> Option<&'a Defect> {
    snapshot.defects.iter().find(|defect| match defect {
        Defect::FailReadiness { pods } | Defect::FailStartup { pods } | Defect::NeverStart { pods } => {
            pods.matches(pod.namespace(), pod.name())
        }
        _ => false,
    })
}

/// `web-0.web`.
fn host_name(pod: &Pod) -> Option<String> {
    let subdomain = pod.spec.as_ref()?.subdomain.as_deref().filter(|subdomain| !subdomain.is_empty())?;
    Some(format!("{}.{subdomain}", pod.name()))
}

fn of_unscheduled(snapshot: Snapshot<'_>, pod: &Pod, step: Option<Step>) -> Why {
    let name = pod.name().to_owned();
    for key in claims_of(pod) {
        let Some(claim) = snapshot.objects.get::<PersistentVolumeClaim>(&key.namespace, &key.name) else {
            continue;
        };
        let why = of_claim(snapshot, &ClaimView::of(snapshot, claim));
        if let Why { reason: Reason::NoVolume { claim, requested, modes, misfits, .. }, .. } = why {
            let reason = Reason::NoVolume { claim, requested, modes, misfits, pod: Some(name) };
            return Why::new(WhyKind::Stuck, reason).because(Rule::Binding).about(&key);
        }
        if why.kind < WhyKind::Progressing {
            return why;
        }
    }
    match verdict(snapshot, &pod.key()) {
        // Claims that no volume was refused to are about to be bound.
        Some(Verdict::Unschedulable { claims, message }) if claims.is_empty() => {
            let reason = Reason::Unschedulable { pod: name, message: message.clone() };
            let why = Why::new(WhyKind::Stuck, reason).because(Rule::Scheduling);
            uncordon(snapshot).into_iter().fold(why, |why, node| why.or_command(node, None))
        }
        _ => Why::new(WhyKind::Progressing, Reason::Starting { pod: name, lacks: Lack::Scheduled, step }),
    }
}

/// The commands that open cordoned nodes again.
fn uncordon(snapshot: Snapshot<'_>) -> Vec<String> {
    let cordoned = snapshot.objects.list::<Node>("").filter(|node| is_cordoned(node));
    cordoned.map(|node| commands::uncordon(&node.key())).take(2).collect()
}
