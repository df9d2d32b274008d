//! A node told for people.
//!
//! Models NodeDescriber of kubectl/pkg/describe/describe.go. Departs in one point: leases are not stored here; a node's
//! renewals are reckoned from its age, as a kubelet renews every ten seconds.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::api::ListOptions;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, NodeStatus, Pod, Taint};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as QuantityText;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use machinery::quantity::Quantity;
use machinery::{Kind, Resource, time as times};

use super::resources::{Amounts, Of, add, amount, of_pod, quantity};
use super::text::{Text, time};
use crate::context::Context;
use crate::failure::Failure;
use crate::printers::age;
use crate::printers::cluster::node_roles;

/// How often a kubelet renews its lease (a quarter of `nodeLeaseDurationSeconds`).
const RENEWAL_MS: i64 = 10_000;
/// How long a lease went without renewal when its node counts as lost (`--node-monitor-grace-period`).
const GRACE_MS: i64 = 50_000;
/// The resources of every node; other ones are told behind them.
const STANDARD: [&str; 4] = ["cpu", "memory", "ephemeral-storage", "pods"];

/// Adds everything but the events.
///
/// # Errors
/// If its pods cannot be read.
pub(super) fn describe(text: &mut Text, node: &Node, context: &mut Context<'_, '_>) -> Result<(), Failure> {
    let spec = node.spec.clone().unwrap_or_default();
    let status = node.status.clone().unwrap_or_default();
    text.field(0, "Name", node.name());
    text.field(0, "Roles", node_roles(node));
    text.labels("", "Labels", node.metadata.labels.as_ref());
    text.annotations("Annotations", node.metadata.annotations.as_ref());
    text.field(0, "CreationTimestamp", time(node.metadata.creation_timestamp.as_ref()));
    taints(text, spec.taints.unwrap_or_default());
    text.field(0, "Unschedulable", spec.unschedulable.unwrap_or(false).to_string());
    lease(text, node, &status, context.now());
    conditions(text, &status);
    text.line(0, "Addresses:");
    for address in status.addresses.iter().flatten() {
        text.field(1, &address.type_, &address.address);
    }
    for (name, amounts) in [("Capacity", &status.capacity), ("Allocatable", &status.allocatable)] {
        if let Some(amounts) = amounts.as_ref().filter(|amounts| !amounts.is_empty()) {
            text.line(0, format!("{name}:"));
            amounts
                .iter()
                .for_each(|(resource, amount)| text.field(1, resource, quantity(amount).to_string()));
        }
    }
    system(text, &status);
    for (name, value) in [
        ("PodCIDR", spec.pod_cidr),
        ("PodCIDRs", spec.pod_cidrs.map(|ranges| ranges.join(","))),
        ("ProviderID", spec.provider_id),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.field(0, name, value);
        }
    }
    let fields = [
        ("spec.nodeName", node.name(), true),
        ("status.phase", "Succeeded", false),
        ("status.phase", "Failed", false),
    ];
    let fields = fields.map(|(field, value, equal)| (field.to_owned(), value.to_owned(), equal)).to_vec();
    let (objects, _) = context.list(Kind::Pod, "", ListOptions { fields, ..ListOptions::default() })?;
    let pods: Vec<&Arc<Pod>> = objects.iter().filter_map(Pod::unwrap).collect();
    let allocatable = amounts(status.allocatable.or(status.capacity).unwrap_or_default());
    pods_of(text, &pods, &allocatable, context.now());
    allocated(text, &pods, &allocatable);
    Ok(())
}

fn taints(text: &mut Text, mut taints: Vec<Taint>) {
    taints.sort_by_key(|taint| format!("{},{}", taint.effect, taint.key));
    let told = taints.iter().map(|taint| {
        let value = taint.value.as_deref().filter(|value| !value.is_empty());
        let value = value.map(|value| format!("={value}")).unwrap_or_default();
        let effect = if taint.effect.is_empty() { String::new() } else { format!(":{}", taint.effect) };
        format!("{}{value}{effect}", taint.key)
    });
    text.several("", "Taints", &told.collect::<Vec<_>>());
}

fn lease(text: &mut Text, node: &Node, status: &NodeStatus, now: Timestamp) {
    text.line(0, "Lease:");
    text.field(1, "HolderIdentity", node.name());
    text.field(1, "AcquireTime", "<unset>");
    let ready = status.conditions.iter().flatten().find(|condition| condition.type_ == "Ready");
    let lost =
        ready.filter(|condition| condition.status == "Unknown").and_then(|c| c.last_transition_time.as_ref());
    let last = lost.map_or(now, |at| times::after_ms(at.0, -GRACE_MS));
    let began = node.metadata.creation_timestamp.as_ref().map_or(last, |at| at.0);
    let renewals = times::ms_between(began, last) / RENEWAL_MS;
    text.field(1, "RenewTime", time(Some(&Time(times::after_ms(began, renewals * RENEWAL_MS)))));
}

fn conditions(text: &mut Text, status: &NodeStatus) {
    let conditions = status.conditions.as_deref().unwrap_or_default();
    if conditions.is_empty() {
        return;
    }
    text.line(0, "Conditions:");
    text.line(1, "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
    text.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    for c in conditions {
        let (beat, transition) =
            (time(c.last_heartbeat_time.as_ref()), time(c.last_transition_time.as_ref()));
        let text_of = |text: &Option<String>| text.clone().unwrap_or_default();
        let (reason, message) = (text_of(&c.reason), text_of(&c.message));
        text.line(1, format!("{} \t{} \t{beat} \t{transition} \t{reason} \t{message}", c.type_, c.status));
    }
}

fn system(text: &mut Text, status: &NodeStatus) {
    let info = status.node_info.clone().unwrap_or_default();
    text.line(0, "System Info:");
    for (name, value) in [
        ("Machine ID", info.machine_id),
        ("System UUID", info.system_uuid),
        ("Boot ID", info.boot_id),
        ("Kernel Version", info.kernel_version),
        ("OS Image", info.os_image),
        ("Operating System", info.operating_system),
        ("Architecture", info.architecture),
        ("Container Runtime Version", info.container_runtime_version),
        ("Kubelet Version", info.kubelet_version),
    ] {
        text.field(1, name, value);
    }
    if !text.features.nodes_hide_their_proxy() {
        text.field(1, "Kube-Proxy Version", info.kube_proxy_version);
    }
}

fn amounts(texts: BTreeMap<String, QuantityText>) -> Amounts {
    texts.iter().map(|(resource, text)| (resource.clone(), quantity(text))).collect()
}

/// `100m (5%)`: an amount, and its share of what can be had.
fn share(amount: &Quantity, all: &Quantity, milli: bool) -> String {
    let number = |amount: &Quantity| if milli { amount.milli_value() } else { amount.value() } as f64;
    let percent = if number(all) == 0.0 { 0.0 } else { number(amount) / number(all) * 100.0 };
    format!("{amount} ({}%)", percent as i64)
}

fn shares(requests: &Amounts, limits: &Amounts, all: &Amounts, resource: &str) -> String {
    let share = |amounts: &Amounts| {
        self::share(&amount(amounts, resource), &amount(all, resource), resource == "cpu")
    };
    format!("{}\t{}", share(requests), share(limits))
}

fn pods_of(text: &mut Text, pods: &[&Arc<Pod>], allocatable: &Amounts, now: Timestamp) {
    text.field(0, "Non-terminated Pods", format!("({} in total)", pods.len()));
    text.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    text.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    for pod in pods {
        let (requests, limits) = (of_pod(pod, Of::Requests), of_pod(pod, Of::Limits));
        let [cpu, memory] =
            ["cpu", "memory"].map(|resource| shares(&requests, &limits, allocatable, resource));
        let age = age::since(pod.metadata.creation_timestamp.as_ref(), now);
        text.line(1, format!("{}\t{}\t\t{cpu}\t{memory}\t{age}", pod.namespace(), pod.name()));
    }
}

fn allocated(text: &mut Text, pods: &[&Arc<Pod>], allocatable: &Amounts) {
    text.line(0, "Allocated resources:");
    text.line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)");
    text.line(1, "Resource\tRequests\tLimits");
    text.line(1, "--------\t--------\t------");
    let (mut requests, mut limits) = (Amounts::new(), Amounts::new());
    for pod in pods {
        add(&mut requests, &of_pod(pod, Of::Requests));
        add(&mut limits, &of_pod(pod, Of::Limits));
    }
    let others = allocatable.keys().map(String::as_str).filter(|resource| !STANDARD.contains(resource));
    let (huge, extended): (Vec<&str>, Vec<&str>) =
        others.partition(|resource| resource.starts_with("hugepages-"));
    for resource in STANDARD[..3].iter().copied().chain(huge) {
        text.line(1, format!("{resource}\t{}", shares(&requests, &limits, allocatable, resource)));
    }
    for resource in extended {
        let (requests, limits) = (amount(&requests, resource), amount(&limits, resource));
        text.line(1, format!("{resource}\t{requests}\t{limits}"));
    }
}
