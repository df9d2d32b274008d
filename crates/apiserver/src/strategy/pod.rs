//! Pods.
//!
//! Models pkg/registry/core/pod/{strategy.go,storage/storage.go}, ValidatePod and ValidatePodUpdate of
//! pkg/apis/core/validation/validation.go, and pkg/apis/core/v1/helper/qos (v1.36.2).

use std::sync::Arc;

use client::api::Refusal;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod, PodCondition, PodSpec, PodStatus, Toleration, Volume};
use machinery::field::{FieldError, Path, Printed};
use machinery::object::is_pod_terminal;
use machinery::quantity::Quantity;
use machinery::time::seconds;
use machinery::version::Features;
use machinery::{Kind, Object, Resource, Status};

use super::{Strategy, Terms, disabled, keep};
use crate::validation::{Errors, pod_spec, pod_warnings};
use crate::{defaults, internal};

/// What the refusal of a change names as changeable.
const UPDATABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

impl Strategy for Pod {
    fn default(&mut self) {
        let spec = self.spec.get_or_insert_default();
        defaults::requests_from_limits(spec);
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
    }

    fn validate(&self, terms: Terms) -> Errors {
        let mut errors = validate_spec(self, terms);
        let Some(spec) = &self.spec else {
            return errors;
        };
        let path = Path::new("spec");
        let groups =
            [("initContainers", spec.init_containers.as_deref()), ("containers", Some(&spec.containers[..]))];
        for (field, containers) in groups {
            for (i, container) in containers.unwrap_or_default().iter().enumerate() {
                let image = container.image.as_deref().unwrap_or_default();
                if image.trim() != image {
                    let path = path.child(field).index(i).child("image");
                    errors.push(FieldError::invalid(
                        &path,
                        image,
                        "must not have leading or trailing whitespace",
                    ));
                }
            }
        }
        if spec.ephemeral_containers.as_ref().is_some_and(|list| !list.is_empty()) {
            let why = "cannot be set on create";
            errors.push(FieldError::forbidden(&path.child("ephemeralContainers"), why));
        }
        let has_node = spec.node_name.as_ref().is_some_and(|name| !name.is_empty());
        if has_node && is_gated(spec) {
            let why = "cannot be set until all schedulingGates have been cleared";
            errors.push(FieldError::forbidden(&path.child("nodeName"), why));
        }
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
        if new_spec == old_spec {
            return Vec::new();
        }
        let mut errors = validate_spec(self, terms);
        errors.extend(spec_change(new_spec, old_spec, terms.features));
        errors
    }

    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        keep(&mut self.spec, &old.spec);
        self.metadata.owner_references.clone_from(&old.metadata.owner_references);
    }

    fn warnings(&self, _terms: Terms) -> Vec<String> {
        self.spec
            .as_ref()
            .map_or_else(Vec::new, |spec| pod_warnings::of_pod(Some(&self.metadata), spec, None))
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

fn validate_spec(pod: &Pod, terms: Terms) -> Errors {
    let empty = PodSpec::default();
    let spec = pod.spec.as_ref().unwrap_or(&empty);
    let volumes: Vec<&Volume> = spec.volumes.iter().flatten().collect();
    pod_spec::pod_spec(spec, &volumes, Some(pod.name()), terms.features, &Path::new("spec"))
}

/// What of a spec may change in place, compared after the changeable part has been made equal.
fn spec_change(new: &PodSpec, old: &PodSpec, features: Features) -> Errors {
    let path = Path::new("spec");
    let mut errors = Vec::new();
    if new.containers.len() != old.containers.len() {
        let why = "pod updates may not add or remove containers";
        return vec![FieldError::forbidden(&path.child("containers"), why)];
    }
    let count = |spec: &PodSpec| spec.init_containers.as_ref().map_or(0, Vec::len);
    if count(new) != count(old) {
        let why = "pod updates may not add or remove containers";
        return vec![FieldError::forbidden(&path.child("initContainers"), why)];
    }
    if let Some(before) = old.active_deadline_seconds
        && new.active_deadline_seconds.is_none_or(|now| now > before)
    {
        let value = new.active_deadline_seconds.map_or_else(Printed::null, Printed::from);
        let why = match new.active_deadline_seconds {
            None => "must not update from a positive integer to nil value",
            Some(_) => "must be less than or equal to previous value",
        };
        errors.push(FieldError::invalid(&path.child("activeDeadlineSeconds"), value, why));
    }
    let added_only = |old: &Toleration| {
        let same = |new: &Toleration| {
            Toleration { toleration_seconds: old.toleration_seconds, ..new.clone() } == *old
        };
        new.tolerations.iter().flatten().any(same)
    };
    if !old.tolerations.iter().flatten().all(added_only) {
        let why = "existing toleration can not be modified except its tolerationSeconds";
        errors.push(FieldError::forbidden(&path.child("tolerations"), why));
    }
    // validateOnlyDeletedSchedulingGates
    for (i, gate) in new.scheduling_gates.iter().flatten().enumerate() {
        if !old.scheduling_gates.iter().flatten().any(|old| old.name == gate.name) {
            let why = format!("only deletion is allowed, but found new scheduling gate '{}'", gate.name);
            let path = path.child("schedulingGates").index(i).child("name");
            errors.push(FieldError::forbidden(&path, why));
        }
    }
    let munged = with_changeable_part_of(old, new);
    if munged != *old {
        let difference = internal::difference("PodSpec", old, &munged, features);
        let why = format!("pod updates may not change fields other than {UPDATABLE}\n{difference}");
        errors.push(FieldError::forbidden(&path, why));
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
/// `Conflict` if it is going, or has a node already.
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
    for container in spec.containers.iter().chain(spec.init_containers.iter().flatten()) {
        let amount = |requests: bool, name: &str| {
            let resources = container.resources.as_ref()?;
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
