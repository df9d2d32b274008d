//! Pods.
//!
//! Models pkg/registry/core/pod/{strategy.go,storage/storage.go}, ValidatePod and ValidatePodUpdate of
//! pkg/apis/core/validation/validation.go, and pkg/apis/core/v1/helper/qos (v1.36.2).

use std::sync::Arc;

use client::api::Refusal;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Affinity, Container, Pod, PodAffinityTerm, PodCondition, PodSchedulingGate, PodSpec, PodStatus,
    Toleration, Volume,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use machinery::field::{FieldError, Path, Printed};
use machinery::object::is_pod_terminal;
use machinery::quantity::Quantity;
use machinery::time::seconds;
use machinery::version::Features;
use machinery::{Kind, Object, Resource, Status, names};

use super::{Strategy, Terms, disabled, keep};
use crate::validation::pod_spec::init_containers;
use crate::validation::{
    Errors, in_range, key, metadata, node_selector, optional_name, pod_annotations, pod_spec, pod_warnings,
    resources,
};
use crate::{defaults, internal};

/// What the refusal of a change names as changeable.
const UPDATABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// Types of conditions that are not looked at.
const SYSTEM_CONDITIONS: [&str; 3] = ["PodScheduled", "Ready", "Initialized"];

impl Strategy for Pod {
    fn default(&mut self) {
        let spec = self.spec.get_or_insert_default();
        defaults::requests_from_limits(spec);
        defaults::requests_of_pod(spec);
        defaults::host_ports(spec);
        spec.enable_service_links.get_or_insert(true);
        defaults::pod_spec(spec);
    }

    fn prepare_for_create(&mut self, terms: Terms) {
        self.metadata.generation = terms.features.pods_have_generations().then_some(1);
        disabled::pod_spec(self.spec.get_or_insert_default(), terms.features);
        let qos = qos_class(self.spec.get_or_insert_default());
        self.status = Some(PodStatus {
            phase: Some("Pending".to_owned()),
            qos_class: Some(qos.to_owned()),
            conditions: self.spec.as_ref().filter(|spec| is_gated(spec)).map(|_| vec![gated(terms.now)]),
            ..Default::default()
        });
        merge_label_keys(self, terms.features);
    }

    fn validate(&self, terms: Terms) -> Errors {
        let mut errors = metadata_and_spec(self, terms);
        let Some(spec) = &self.spec else {
            return errors;
        };
        let path = Path::new("spec");
        if spec.ephemeral_containers.as_ref().is_some_and(|list| !list.is_empty()) {
            let why = "cannot be set on create";
            errors.push(FieldError::forbidden(&path.child("ephemeralContainers"), why));
        }
        let has_node = spec.node_name.as_ref().is_some_and(|name| !name.is_empty());
        if has_node && is_gated(spec) {
            let why = "cannot be set until all schedulingGates have been cleared";
            errors.push(FieldError::forbidden(&path.child("nodeName"), why));
        }
        errors.extend(pod_annotations::contradictions(Some(&self.metadata), spec, &path));
        errors
    }

    fn prepare_for_update(&mut self, old: &Self, terms: Terms) {
        self.status.clone_from(&old.status);
        disabled::pod_spec(self.spec.get_or_insert_default(), terms.features);
        if self.spec != old.spec {
            self.metadata.generation = old.metadata.generation.map(|generation| generation + 1);
        }
    }

    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let (Some(new_spec), Some(old_spec)) = (&self.spec, &old.spec) else {
            return Vec::new();
        };
        let is_same = new_spec == old_spec;
        // What stays as it was has been found well before.
        let mut errors = if is_same { Vec::new() } else { metadata_and_spec(self, terms) };
        errors.extend(annotation_changes(self, old));
        if !is_same {
            errors.extend(spec_change(new_spec, old_spec, terms.features));
        }
        errors
    }

    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        keep(&mut self.spec, &old.spec);
        self.metadata.owner_references.clone_from(&old.metadata.owner_references);
        if let (Some(new), Some(old)) = (&mut self.status, &old.status)
            && new.qos_class.as_ref().is_none_or(String::is_empty)
        {
            new.qos_class.clone_from(&old.qos_class);
        }
    }

    fn validate_status_update(&self, old: &Self, terms: Terms) -> Errors {
        let mut errors = annotation_changes(self, old);
        let empty = PodStatus::default();
        let (now, before) = (self.status.as_ref().unwrap_or(&empty), old.status.as_ref().unwrap_or(&empty));
        errors.extend(status_change(now, before, old, terms.features));
        errors
    }

    fn warnings(&self, terms: Terms) -> Vec<String> {
        self.spec.as_ref().map_or_else(Vec::new, |spec| {
            pod_warnings::of_pod(Some(&self.metadata), spec, terms.features, None)
        })
    }

    /// CheckGracefulDelete.
    fn grace_period_seconds(&self, asked: Option<i64>) -> Option<i64> {
        let spec = self.spec.as_ref();
        let is_unscheduled = spec.and_then(|s| s.node_name.as_deref()).unwrap_or_default().is_empty();
        if is_unscheduled || is_pod_terminal(self) {
            return Some(0);
        }
        let own = spec.and_then(|s| s.termination_grace_period_seconds).unwrap_or(0);
        let period = asked.unwrap_or(own);
        Some(if period < 0 { 1 } else { period })
    }
}

fn is_gated(spec: &PodSpec) -> bool {
    spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty())
}

/// Why a pod with scheduling gates is not scheduled (applySchedulingGatedCondition).
fn gated(now: Timestamp) -> PodCondition {
    PodCondition {
        type_: "PodScheduled".to_owned(),
        status: "False".to_owned(),
        reason: Some("SchedulingGated".to_owned()),
        message: Some("Scheduling is blocked due to non-empty scheduling gates".to_owned()),
        last_transition_time: Some(seconds(now)),
        ..Default::default()
    }
}

/// validatePodMetadataAndSpec, for what is a pod's own among the metadata.
fn metadata_and_spec(pod: &Pod, terms: Terms) -> Errors {
    let empty = PodSpec::default();
    let spec = pod.spec.as_ref().unwrap_or(&empty);
    let path = Path::new("metadata").child("annotations");
    let mut errors = pod_annotations::annotations(pod.metadata.annotations.as_ref(), spec, &path);
    let path = Path::new("spec");
    let volumes: Vec<&Volume> = spec.volumes.iter().flatten().collect();
    errors.extend(pod_spec::pod_spec(spec, &volumes, Some(pod.name()), terms.features, &path));
    errors.extend(pod_spec::only_in_pods(spec, &path));
    errors
}

fn annotation_changes(new: &Pod, old: &Pod) -> Errors {
    let empty = PodSpec::default();
    let spec = new.spec.as_ref().unwrap_or(&empty);
    let path = Path::new("metadata").child("annotations");
    let (new, old) = (new.metadata.annotations.as_ref(), old.metadata.annotations.as_ref());
    if new == old { Vec::new() } else { pod_annotations::changes(new, old, spec, &path) }
}

/// What is wrong with another status (ValidatePodStatusUpdate). Departs: what it says of containers, claims and addresses is
/// believed.
fn status_change(new: &PodStatus, old: &PodStatus, pod: &Pod, features: Features) -> Errors {
    let path = Path::new("status");
    let mut errors = Vec::new();
    for (i, condition) in new.conditions.iter().flatten().enumerate() {
        let path = path.child("conditions").index(i);
        errors.extend(generation(condition.observed_generation, &path));
        if !SYSTEM_CONDITIONS.contains(&condition.type_.as_str()) {
            errors.extend(key(&condition.type_, &path.child("Type"), features));
        }
    }
    let at = path.child("nominatedNodeName");
    if new.nominated_node_name != old.nominated_node_name {
        errors.extend(optional_name(&new.nominated_node_name, names::dns1123_subdomain, &at));
        let is_bound = pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some());
        let is_named = new.nominated_node_name.as_ref().is_some_and(|name| !name.is_empty());
        if is_bound && is_named && features.bound_pods_are_not_nominated() {
            let why = "may not be set on pods that are already bound to a node";
            errors.push(FieldError::forbidden(&at, why));
        }
    }
    errors.extend(generation(new.observed_generation, &path));
    if new.qos_class != old.qos_class {
        let value = new.qos_class.as_deref().unwrap_or_default();
        errors.push(FieldError::invalid(&path.child("qosClass"), value, "field is immutable"));
    }
    errors
}

fn generation(observed: Option<i64>, path: &Path) -> Option<FieldError> {
    let observed = observed.filter(|observed| *observed < 0)?;
    let why = "must be a non-negative integer";
    Some(FieldError::invalid(&path.child("observedGeneration"), observed, why))
}

/// Puts the keys whose values the pod's own labels give into the selectors (mutatePodAffinity,
/// mutateTopologySpreadConstraints).
fn merge_label_keys(pod: &mut Pod, features: Features) {
    let spec = pod.spec.as_mut().filter(|s| s.affinity.is_some() || s.topology_spread_constraints.is_some());
    let (Some(labels), Some(spec)) = (&pod.metadata.labels, spec) else {
        return;
    };
    let merge = |selector: &mut Option<LabelSelector>, keys: &Option<Vec<String>>, operator: &str| {
        let Some(selector) = selector else {
            return;
        };
        let known = keys.iter().flatten().filter_map(|key| labels.get_key_value(key));
        let expressions = known.map(|(key, value)| LabelSelectorRequirement {
            key: key.clone(),
            operator: operator.to_owned(),
            values: Some(vec![value.clone()]),
        });
        let expressions: Vec<LabelSelectorRequirement> = expressions.collect();
        if !expressions.is_empty() {
            selector.match_expressions.get_or_insert_default().extend(expressions);
        }
    };
    for term in affinity_terms(spec) {
        merge(&mut term.label_selector, &term.match_label_keys, "In");
        merge(&mut term.label_selector, &term.mismatch_label_keys, "NotIn");
    }
    if features.spread_keys_are_merged() {
        for constraint in spec.topology_spread_constraints.iter_mut().flatten() {
            merge(&mut constraint.label_selector, &constraint.match_label_keys, "In");
        }
    }
}

fn affinity_terms(spec: &mut PodSpec) -> Vec<&mut PodAffinityTerm> {
    let Some(affinity) = &mut spec.affinity else {
        return Vec::new();
    };
    let mut terms = Vec::new();
    if let Some(pods) = &mut affinity.pod_affinity {
        let weighted = pods.preferred_during_scheduling_ignored_during_execution.iter_mut().flatten();
        terms.extend(weighted.map(|term| &mut term.pod_affinity_term));
        terms.extend(pods.required_during_scheduling_ignored_during_execution.iter_mut().flatten());
    }
    if let Some(pods) = &mut affinity.pod_anti_affinity {
        let weighted = pods.preferred_during_scheduling_ignored_during_execution.iter_mut().flatten();
        terms.extend(weighted.map(|term| &mut term.pod_affinity_term));
        terms.extend(pods.required_during_scheduling_ignored_during_execution.iter_mut().flatten());
    }
    terms
}

/// What of a spec may change in place, compared after the changeable part has been made equal (ValidatePodUpdate).
fn spec_change(new: &PodSpec, old: &PodSpec, features: Features) -> Errors {
    let path = Path::new("spec");
    let mut errors = Vec::new();
    for (field, count, before) in [
        ("containers", new.containers.len(), old.containers.len()),
        ("initContainers", init_containers(new).len(), init_containers(old).len()),
    ] {
        if count != before {
            let why = "pod updates may not add or remove containers";
            errors.push(FieldError::forbidden(&path.child(field), why));
            return errors;
        }
    }
    let at = path.child("activeDeadlineSeconds");
    match (new.active_deadline_seconds, old.active_deadline_seconds) {
        (Some(now), _) if !(0..=i64::from(i32::MAX)).contains(&now) => {
            errors.extend(in_range(now, 0, i32::MAX.into(), &at));
            return errors;
        }
        (Some(now), Some(before)) if now > before => {
            let why = "must be less than or equal to previous value";
            errors.push(FieldError::invalid(&at, now, why));
            return errors;
        }
        (None, Some(_)) => {
            let why = "must not update from a positive integer to nil value";
            errors.push(FieldError::invalid(&at, Printed::null(), why));
        }
        _ => {}
    }
    errors.extend(toleration_change(new, old, &path.child("tolerations")));
    errors.extend(gate_change(new, old, &path.child("schedulingGates")));
    let mut munged = with_changeable_part_of(old, new);
    if is_gated(old) {
        errors.extend(placement_change(&mut munged, old, features, &path));
    }
    if munged != *old {
        let difference = internal::difference("PodSpec", old, &munged, features);
        let why = format!("pod updates may not change fields other than {UPDATABLE}\n{difference}");
        errors.push(FieldError::forbidden(&path, why));
    }
    errors
}

/// validateOnlyAddedTolerations; what is wrong with the new ones is said with the rest of the spec.
fn toleration_change(new: &PodSpec, old: &PodSpec, path: &Path) -> Option<FieldError> {
    let stays = |old: &Toleration| {
        let same = |new: &Toleration| {
            Toleration { toleration_seconds: old.toleration_seconds, ..new.clone() } == *old
        };
        new.tolerations.iter().flatten().any(same)
    };
    let why = "existing toleration can not be modified except its tolerationSeconds";
    (!old.tolerations.iter().flatten().all(stays)).then(|| FieldError::forbidden(path, why))
}

/// validateOnlyDeletedSchedulingGates.
fn gate_change(new: &PodSpec, old: &PodSpec, path: &Path) -> Errors {
    let gates = new.scheduling_gates.iter().flatten().enumerate();
    let added = gates.filter(|(_, gate)| !old.scheduling_gates.iter().flatten().any(|o| o.name == gate.name));
    let refuse = |(i, gate): (usize, &PodSchedulingGate)| {
        let why = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name);
        FieldError::forbidden(&path.index(i).child("name"), why)
    };
    added.map(refuse).collect()
}

/// What is wrong with other nodes for a pod that waits behind its gates; it is made equal, too.
fn placement_change(munged: &mut PodSpec, old: &PodSpec, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let stays = |(key, value): (&String, &String)| {
        munged.node_selector.as_ref().is_some_and(|selector| selector.get(key) == Some(value))
    };
    if !old.node_selector.iter().flatten().all(stays) {
        let why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        let value = metadata::string_map(munged.node_selector.as_ref()).print(features);
        errors.push(FieldError::invalid(&path.child("nodeSelector"), value, why));
    }
    munged.node_selector.clone_from(&old.node_selector);
    let before = old.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let now = munged.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    if now != before {
        let path = path.child("affinity").child("nodeAffinity");
        errors.extend(node_selector::node_affinity_change(now, before, features, &path));
        munged.affinity.get_or_insert_default().node_affinity = before.cloned();
        if old.affinity.is_none() && munged.affinity == Some(Affinity::default()) {
            munged.affinity = None;
        }
    }
    errors
}

fn with_changeable_part_of(old: &PodSpec, new: &PodSpec) -> PodSpec {
    let mut munged = new.clone();
    let images = |new: &mut [Container], old: &[Container]| {
        new.iter_mut().zip(old).for_each(|(new, old)| new.image.clone_from(&old.image));
    };
    images(&mut munged.containers, &old.containers);
    if let (Some(new), Some(old)) = (&mut munged.init_containers, &old.init_containers) {
        images(new, old);
    }
    munged.active_deadline_seconds = old.active_deadline_seconds;
    munged.tolerations.clone_from(&old.tolerations);
    munged.scheduling_gates.clone_from(&old.scheduling_gates);
    let was_negative = old.termination_grace_period_seconds.is_some_and(|s| s < 0);
    if was_negative && new.termination_grace_period_seconds == Some(1) {
        munged.termination_grace_period_seconds = old.termination_grace_period_seconds;
    }
    munged
}

/// Puts the pod on a node, for good (BindingREST.assignPod).
///
/// # Errors
/// `Conflict` if it is going, has a node already, or waits behind its gates.
pub fn assign(object: &mut Object, node: &str, now: Timestamp) -> Result<(), Refusal> {
    let name = object.name().to_owned();
    let refuse = |why: &str| {
        let message = format!("Operation cannot be fulfilled on pods/binding \"{name}\": {why}");
        Err(Box::new(Status { message, ..Status::conflict(Kind::Pod, &name, why) }))
    };
    let Object::Pod(pod) = object else {
        return refuse("not a pod");
    };
    if pod.metadata.deletion_timestamp.is_some() {
        return refuse(&format!("pod {name} is being deleted, cannot be assigned to a host"));
    }
    let pod = Arc::make_mut(pod);
    let spec = pod.spec.get_or_insert_default();
    if let Some(taken) = spec.node_name.as_deref().filter(|taken| !taken.is_empty()) {
        return refuse(&format!("pod {name} is already assigned to node \"{taken}\""));
    }
    if is_gated(spec) {
        return refuse(&format!("pod {name} has non-empty .spec.schedulingGates"));
    }
    spec.node_name = Some(node.to_owned());
    let conditions = pod.status.get_or_insert_default().conditions.get_or_insert_default();
    let scheduled = PodCondition {
        type_: "PodScheduled".to_owned(),
        status: "True".to_owned(),
        last_transition_time: Some(seconds(now)),
        ..Default::default()
    };
    match conditions.iter_mut().find(|condition| condition.type_ == scheduled.type_) {
        Some(condition) => *condition = scheduled,
        None => conditions.push(scheduled),
    }
    Ok(())
}

/// Says in the pod's status that it is ended by a disruption, and by which.
pub fn disrupt(object: &mut Object, reason: &str, message: &str, now: Timestamp) {
    let Object::Pod(pod) = object else { return };
    let pod = Arc::make_mut(pod);
    let conditions = pod.status.get_or_insert_default().conditions.get_or_insert_default();
    conditions.retain(|condition| condition.type_ != "DisruptionTarget");
    conditions.push(PodCondition {
        type_: "DisruptionTarget".to_owned(),
        status: "True".to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(message.to_owned()),
        last_transition_time: Some(seconds(now)),
        ..Default::default()
    });
}

/// How much the pod has reserved (ComputePodQOS).
fn qos_class(spec: &PodSpec) -> &'static str {
    let mut has_any = false;
    let mut is_guaranteed = true;
    // What the pod has as a whole counts instead of what its containers have.
    let own = spec.resources.as_ref().filter(|own| resources::is_given(own));
    let of_containers = spec.containers.iter().chain(init_containers(spec)).map(|c| c.resources.as_ref());
    let all = own.map_or_else(|| of_containers.collect(), |own| vec![Some(own)]);
    for resources in all {
        let amount = |requests: bool, name: &str| {
            let resources = resources?;
            let list = if requests { resources.requests.as_ref() } else { resources.limits.as_ref() };
            Quantity::parse(&list?.get(name)?.0).ok().filter(|quantity| quantity.sign() > 0)
        };
        for name in ["cpu", "memory"] {
            let (request, limit) = (amount(true, name), amount(false, name));
            has_any |= request.is_some() || limit.is_some();
            is_guaranteed &= limit.is_some() && (request.is_none() || request == limit);
        }
    }
    match (has_any, is_guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
