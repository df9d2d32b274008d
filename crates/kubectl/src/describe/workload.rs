//! Deployments and ReplicaSets told for people, and what all workloads share: pod templates and the phases of pods.
//!
//! Models DeploymentDescriber, ReplicaSetDescriber and DescribePodTemplate of kubectl/pkg/describe/describe.go.

use std::sync::Arc;

use client::api::ListOptions;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::labels::Selector;
use machinery::object::controller_of;
use machinery::version::Features;
use machinery::{Kind, Resource};

use super::text::{Text, time};
use super::{containers, volumes};
use crate::context::Context;
use crate::failure::Failure;
use crate::printers::workload::selector;

const HASH: &str = "pod-template-hash";

/// Adds everything but the events of a Deployment.
///
/// # Errors
/// If its ReplicaSets cannot be read.
pub(super) fn describe_deployment(
    text: &mut Text,
    deployment: &Deployment,
    context: &mut Context<'_, '_>,
) -> Result<(), Failure> {
    let spec = deployment.spec.clone().unwrap_or_default();
    let status = deployment.status.clone().unwrap_or_default();
    text.name(&deployment.metadata);
    text.field(0, "CreationTimestamp", time(deployment.metadata.creation_timestamp.as_ref()));
    text.labels("", "Labels", deployment.metadata.labels.as_ref());
    text.annotations("Annotations", deployment.metadata.annotations.as_ref());
    text.field(0, "Selector", selector(&spec.selector));
    let number = |number: Option<i32>| number.unwrap_or(0);
    text.field(
        0,
        "Replicas",
        format!(
            "{} desired | {} updated | {} total | {} available | {} unavailable",
            number(spec.replicas),
            number(status.updated_replicas),
            number(status.replicas),
            number(status.available_replicas),
            number(status.unavailable_replicas)
        ),
    );
    let strategy = spec.strategy.clone().unwrap_or_default();
    text.field(0, "StrategyType", strategy.type_.unwrap_or_default());
    text.field(0, "MinReadySeconds", number(spec.min_ready_seconds).to_string());
    if let Some(rolling) = strategy.rolling_update {
        let limit = |limit: Option<IntOrString>| limit.as_ref().map(int_or_string).unwrap_or_default();
        let (unavailable, surge) = (limit(rolling.max_unavailable), limit(rolling.max_surge));
        text.field(0, "RollingUpdateStrategy", format!("{unavailable} max unavailable, {surge} max surge"));
    }
    template(text, &spec.template);
    let told = status.conditions.iter().flatten();
    conditions(text, told.map(|c| (c.type_.as_str(), c.status.as_str(), c.reason.as_deref())));
    let (old, new) = replica_sets(deployment, context)?;
    if !old.is_empty() || !new.is_empty() {
        text.field(0, "OldReplicaSets", listed(&old));
        text.field(0, "NewReplicaSet", listed(&new));
    }
    Ok(())
}

/// Adds everything but the events of a ReplicaSet.
///
/// # Errors
/// If its pods cannot be read.
pub(super) fn describe_replica_set(
    text: &mut Text,
    set: &ReplicaSet,
    context: &mut Context<'_, '_>,
) -> Result<(), Failure> {
    let spec = set.spec.clone().unwrap_or_default();
    let status = set.status.clone().unwrap_or_default();
    text.name(&set.metadata);
    text.field(0, "Selector", selector(&spec.selector));
    text.labels("", "Labels", set.metadata.labels.as_ref());
    text.annotations("Annotations", set.metadata.annotations.as_ref());
    if let Some(owner) = controller_of(&set.metadata) {
        text.field(0, "Controlled By", format!("{}/{}", owner.kind, owner.name));
    }
    let wanted = spec.replicas.unwrap_or(0);
    text.field(0, "Replicas", format!("{} current / {wanted} desired", status.replicas));
    text.field(0, "Pods Status", pods_status(&set.metadata, &spec.selector, context)?);
    template(text, &spec.template.unwrap_or_default());
    let told = status.conditions.iter().flatten();
    conditions(text, told.map(|c| (c.type_.as_str(), c.status.as_str(), c.reason.as_deref())));
    Ok(())
}

fn conditions<'a>(text: &mut Text, conditions: impl Iterator<Item = (&'a str, &'a str, Option<&'a str>)>) {
    for (index, (kind, status, reason)) in conditions.enumerate() {
        if index == 0 {
            text.line(0, "Conditions:");
            text.line(1, "Type\tStatus\tReason");
            text.line(1, "----\t------\t------");
        }
        text.line(1, format!("{kind} \t{status}\t{}", reason.unwrap_or_default()));
    }
}

type ReplicaSets = Vec<Arc<ReplicaSet>>;

/// The Deployment's ReplicaSets, oldest first: those of former templates, and that of its own (GetAllReplicaSets).
fn replica_sets(
    deployment: &Deployment,
    context: &mut Context<'_, '_>,
) -> Result<(ReplicaSets, ReplicaSets), Failure> {
    let spec = deployment.spec.clone().unwrap_or_default();
    let labels = Selector::from_spec(&spec.selector).unwrap_or_default();
    let options = ListOptions { labels, fields: Vec::new() };
    let (objects, _) = context.list(Kind::ReplicaSet, deployment.namespace(), options)?;
    let is_own = |set: &&Arc<ReplicaSet>| {
        controller_of(&set.metadata).is_some_and(|owner| owner.uid == deployment.uid())
    };
    let mut sets: ReplicaSets =
        objects.iter().filter_map(ReplicaSet::unwrap).filter(is_own).cloned().collect();
    sets.sort_by_key(|set| {
        (set.metadata.creation_timestamp.as_ref().map(|time| time.0), set.name().to_owned())
    });
    let is_new = |set: &Arc<ReplicaSet>| {
        let template = set.spec.as_ref().and_then(|spec| spec.template.clone());
        without_hash(template.unwrap_or_default()) == without_hash(spec.template.clone())
    };
    let new = sets.iter().position(is_new).map(|at| sets.remove(at));
    Ok((sets, new.into_iter().collect()))
}

/// A template without the label that a ReplicaSet gives it.
pub(crate) fn without_hash(mut template: PodTemplateSpec) -> PodTemplateSpec {
    if let Some(labels) = template.metadata.as_mut().and_then(|meta| meta.labels.as_mut()) {
        labels.remove(HASH);
    }
    template
}

fn listed(sets: &[Arc<ReplicaSet>]) -> String {
    let one = |set: &Arc<ReplicaSet>| {
        let there = set.status.as_ref().map_or(0, |status| status.replicas);
        let wanted = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0);
        format!("{} ({there}/{wanted} replicas created)", set.name())
    };
    match sets {
        [] => "<none>".to_owned(),
        sets => sets.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

/// `1` or `25%`.
pub(super) fn int_or_string(value: &IntOrString) -> String {
    match value {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => text.clone(),
    }
}

/// How many of the owner's pods are in which phase (getPodStatusForController).
///
/// # Errors
/// If they cannot be read.
pub(super) fn pods_status(
    owner: &ObjectMeta,
    selector: &LabelSelector,
    context: &mut Context<'_, '_>,
) -> Result<String, Failure> {
    let labels = Selector::from_spec(selector).unwrap_or_default();
    let namespace = owner.namespace.as_deref().unwrap_or_default();
    let (pods, _) = context.list(Kind::Pod, namespace, ListOptions { labels, fields: Vec::new() })?;
    let uid = owner.uid.as_ref();
    let owned = pods
        .iter()
        .filter_map(|pod| pod.get::<Pod>())
        .filter(|pod| controller_of(&pod.metadata).is_some_and(|owner| Some(&owner.uid) == uid));
    let phases: Vec<String> =
        owned.filter_map(|pod| pod.status.as_ref().and_then(|status| status.phase.clone())).collect();
    let count = |wanted: &str| phases.iter().filter(|phase| *phase == wanted).count();
    Ok(format!(
        "{} Running / {} Waiting / {} Succeeded / {} Failed",
        count("Running"),
        count("Pending"),
        count("Succeeded"),
        count("Failed")
    ))
}

/// A pod template as `rollout history` prints it: its cells are not aligned.
pub(crate) fn template_text(template: &PodTemplateSpec, features: Features) -> String {
    let mut text = Text::new(features);
    self::template(&mut text, template);
    text.into_string()
}

/// Adds a pod template (DescribePodTemplate).
pub(super) fn template(text: &mut Text, template: &PodTemplateSpec) {
    let spec = template.spec.clone().unwrap_or_default();
    let meta = template.metadata.clone().unwrap_or_default();
    text.line(0, "Pod Template:");
    text.labels("  ", "Labels", meta.labels.as_ref());
    if meta.annotations.as_ref().is_some_and(|annotations| !annotations.is_empty()) {
        text.annotations("  Annotations", meta.annotations.as_ref());
    }
    if let Some(account) = spec.service_account_name.as_deref().filter(|account| !account.is_empty()) {
        text.field(1, "Service Account", account);
    }
    let init = spec.init_containers.as_deref().unwrap_or_default();
    if !init.is_empty() {
        containers::describe(text, "Init Containers", init, None, None, "  ");
    }
    containers::describe(text, "Containers", &spec.containers, None, None, "  ");
    volumes::describe(text, spec.volumes.as_deref(), "  ");
    if let Some(class) = spec.priority_class_name.as_deref().filter(|class| !class.is_empty()) {
        text.field(1, "Priority Class Name", class);
    }
    text.labels("  ", "Node-Selectors", spec.node_selector.as_ref());
    text.tolerations("  ", spec.tolerations.as_deref());
}
