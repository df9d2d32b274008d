//! StatefulSets.
//!
//! Models pkg/registry/apps/statefulset/strategy.go, SetDefaults_StatefulSet of pkg/apis/apps/v1/defaults.go, and
//! pkg/apis/apps/validation/validation.go (v1.36.2).

use k8s_openapi::api::apps::v1::{
    RollingUpdateStatefulSetStrategy, StatefulSet, StatefulSetPersistentVolumeClaimRetentionPolicy,
    StatefulSetSpec, StatefulSetStatus,
};
use k8s_openapi::api::core::v1::{PersistentVolumeClaimVolumeSource, PodSpec, Volume};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::field::{FieldError, Path};
use machinery::go_value::GoValue;
use machinery::labels::Selector;
use machinery::names;
use machinery::version::Features;

use super::{Strategy, Terms, disabled, keep, persistent_volume_claim};
use crate::defaults;
use crate::validation::{Errors, each, metadata, non_negative, pod_spec, pod_warnings};

/// What the refusal of a change says: the fields before and after the one that was immutable at first.
const IMMUTABLE: [&str; 2] = [
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', ",
    "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
];
const NO_MATCH: &str = "`selector` does not match template `labels`";

impl Strategy for StatefulSet {
    fn name_errors(name: &str, _features: Features) -> Vec<String> {
        names::dns1123_label(name)
    }

    fn default(&mut self) {
        let spec = self.spec.get_or_insert_default();
        spec.pod_management_policy.get_or_insert_with(|| "OrderedReady".to_owned());
        let strategy = spec.update_strategy.get_or_insert_default();
        if strategy.type_.as_deref().unwrap_or_default().is_empty() {
            strategy.type_ = Some("RollingUpdate".to_owned());
            // Only a strategy that was left open gets the block.
            strategy.rolling_update.get_or_insert_default();
        }
        if strategy.type_.as_deref() == Some("RollingUpdate")
            && let Some(rolling) = &mut strategy.rolling_update
        {
            rolling.partition.get_or_insert(0);
        }
        let nothing =
            || StatefulSetPersistentVolumeClaimRetentionPolicy { when_deleted: None, when_scaled: None };
        let policy = spec.persistent_volume_claim_retention_policy.get_or_insert_with(nothing);
        policy.when_deleted.get_or_insert_with(|| "Retain".to_owned());
        policy.when_scaled.get_or_insert_with(|| "Retain".to_owned());
        spec.replicas.get_or_insert(1);
        spec.revision_history_limit.get_or_insert(10);
        defaults::pod_spec(spec.template.spec.get_or_insert_default());
        spec.volume_claim_templates.iter_mut().flatten().for_each(Strategy::default);
    }

    fn prepare_for_create(&mut self, terms: Terms) {
        self.status = Some(StatefulSetStatus::default());
        self.metadata.generation = Some(1);
        disabled_fields(None, self, terms.features);
    }

    fn validate(&self, terms: Terms) -> Errors {
        let checks = Checks {
            service_name: terms.features.service_names_of_sets_are_checked(),
            claims: terms.features.templates_are_checked(),
            pod_spec: terms.features.templates_are_checked(),
        };
        validate_spec(&self.spec.clone().unwrap_or_default(), checks, terms.features)
    }

    fn prepare_for_update(&mut self, old: &Self, terms: Terms) {
        self.status.clone_from(&old.status);
        disabled_fields(Some(old), self, terms.features);
        if self.spec != old.spec {
            self.metadata.generation = Some(old.metadata.generation.unwrap_or(0) + 1);
        }
    }

    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let (Some(new), Some(old)) = (&self.spec, &old.spec) else {
            return Vec::new();
        };
        if new == old {
            return Vec::new();
        }
        // What was stored before pod specs were checked may stay as it is.
        let pod_spec = terms.features.templates_are_checked()
            && (new.template == old.template
                || whole_template(old, terms.features, &Path::new("spec")).is_empty());
        let checks = Checks { service_name: false, claims: false, pod_spec };
        let mut errors = validate_spec(new, checks, terms.features);
        let history = terms.features.history_limit_is_mutable();
        let is_same = new.selector == old.selector
            && new.service_name == old.service_name
            && new.pod_management_policy == old.pod_management_policy
            && new.volume_claim_templates == old.volume_claim_templates
            && (history || new.revision_history_limit == old.revision_history_limit);
        if !is_same {
            let why = IMMUTABLE.join(if history { "'revisionHistoryLimit', " } else { "" });
            errors.push(FieldError::forbidden(&Path::new("spec"), why));
        }
        errors
    }

    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        keep(&mut self.spec, &old.spec);
    }

    fn validate_status_update(&self, old: &Self, _terms: Terms) -> Errors {
        let path = Path::new("status");
        let status = self.status.clone().unwrap_or_default();
        let counts = [
            ("replicas", Some(status.replicas)),
            ("readyReplicas", status.ready_replicas),
            ("currentReplicas", status.current_replicas),
            ("updatedReplicas", status.updated_replicas),
            ("availableReplicas", status.available_replicas),
        ];
        let mut errors: Errors = counts
            .iter()
            .filter_map(|(name, count)| non_negative(count.unwrap_or(0), &path.child(name)))
            .collect();
        let generation = status.observed_generation.unwrap_or(0);
        errors.extend(non_negative(generation, &path.child("observedGeneration")));
        errors.extend(non_negative(status.collision_count.unwrap_or(0), &path.child("collisionCount")));
        for (name, count) in &counts[1..] {
            if count.unwrap_or(0) > status.replicas {
                let why = "cannot be greater than status.replicas";
                errors.push(FieldError::invalid(&path.child(name), count.unwrap_or(0), why));
            }
        }
        if status.available_replicas.unwrap_or(0) > status.ready_replicas.unwrap_or(0) {
            let why = "cannot be greater than status.readyReplicas";
            let count = status.available_replicas.unwrap_or(0);
            errors.push(FieldError::invalid(&path.child("availableReplicas"), count, why));
        }
        let collisions = |status: &StatefulSetStatus| status.collision_count.unwrap_or(0);
        if collisions(&status) < old.status.as_ref().map_or(0, collisions) {
            let path = path.child("collisionCount");
            errors.push(FieldError::invalid(&path, collisions(&status), "cannot be decremented"));
        }
        errors
    }

    fn warnings(&self, terms: Terms) -> Vec<String> {
        let path = Path::new("spec");
        let Some(spec) = &self.spec else {
            return Vec::new();
        };
        let template = path.child("template");
        let mut warnings = spec.template.spec.as_ref().map_or_else(Vec::new, |pod| {
            pod_warnings::of_pod(spec.template.metadata.as_ref(), pod, terms.features, Some(&template))
        });
        for (i, claim) in spec.volume_claim_templates.iter().flatten().enumerate() {
            let path = path.child("volumeClaimTemplates").index(i).child("spec");
            let claim = claim.spec.as_ref();
            warnings.extend(claim.into_iter().flat_map(|c| persistent_volume_claim::spec_warnings(c, &path)));
        }
        let is_negative = spec.revision_history_limit.is_some_and(|limit| limit < 0);
        if is_negative && terms.features.negative_history_limit_earns_a_warning() {
            let path = path.child("revisionHistoryLimit");
            let why = "a negative value retains all historical revisions; a value >= 0 is recommended";
            warnings.push(format!("{path}: {why}"));
        }
        warnings
    }
}

/// Which of the rules apply.
#[derive(Clone, Copy)]
struct Checks {
    /// The rule for a new set's service name.
    service_name: bool,
    /// The rules for a new set's claim templates.
    claims: bool,
    /// The rules for the template's pod spec.
    pod_spec: bool,
}

fn disabled_fields(old: Option<&StatefulSet>, new: &mut StatefulSet, features: Features) {
    max_unavailable(old, new, features);
    if let Some(pod) = new.spec.as_mut().and_then(|spec| spec.template.spec.as_mut()) {
        disabled::pod_spec(pod, features);
    }
}

/// Without its gate `maxUnavailable` is dropped, unless the stored set has it; with the gate it is 1 by default
/// (dropStatefulSetDisabledFields, SetDefaults_StatefulSet).
fn max_unavailable(old: Option<&StatefulSet>, new: &mut StatefulSet, features: Features) {
    fn rolling(set: &StatefulSet) -> Option<&RollingUpdateStatefulSetStrategy> {
        set.spec.as_ref()?.update_strategy.as_ref()?.rolling_update.as_ref()
    }
    let was_in_use = old.and_then(rolling).is_some_and(|rolling| rolling.max_unavailable.is_some());
    let strategy = new.spec.as_mut().and_then(|spec| spec.update_strategy.as_mut());
    let Some(strategy) = strategy else {
        return;
    };
    let is_rolling = strategy.type_.as_deref() == Some("RollingUpdate");
    match &mut strategy.rolling_update {
        Some(rolling) if features.max_unavailable_stateful_set && is_rolling => {
            rolling.max_unavailable.get_or_insert(IntOrString::Int(1));
        }
        Some(rolling) if !features.max_unavailable_stateful_set && !was_in_use => {
            rolling.max_unavailable = None
        }
        _ => {}
    }
}

/// ValidateStatefulSetSpec.
fn validate_spec(spec: &StatefulSetSpec, checks: Checks, features: Features) -> Errors {
    let path = Path::new("spec");
    let mut errors = Vec::new();
    let policy = spec.pod_management_policy.as_deref().unwrap_or_default();
    if !matches!(policy, "OrderedReady" | "Parallel") {
        let why = "must be 'OrderedReady' or 'Parallel'";
        errors.push(FieldError::invalid(&path.child("podManagementPolicy"), policy, why));
    }
    errors.extend(update_strategy(spec, features, &path.child("updateStrategy")));
    errors.extend(retention_policy(spec, &path.child("persistentVolumeClaimRetentionPolicy")));
    if checks.claims {
        for (i, claim) in spec.volume_claim_templates.iter().flatten().enumerate() {
            let path = path.child("volumeClaimTemplates").index(i).child("spec");
            let spec = claim.spec.clone().unwrap_or_default();
            errors.extend(persistent_volume_claim::validate_spec(&spec, features, &path));
        }
    }
    errors.extend(non_negative(spec.replicas.unwrap_or(0), &path.child("replicas")));
    errors.extend(non_negative(spec.min_ready_seconds.unwrap_or(0), &path.child("minReadySeconds")));
    let start = spec.ordinals.as_ref().and_then(|ordinals| ordinals.start).unwrap_or(0);
    errors.extend(non_negative(start, &path.child("ordinals").child("start")));
    if let Some(name) = spec.service_name.as_deref().filter(|name| checks.service_name && !name.is_empty()) {
        errors.extend(each(names::dns1123_label(name), &path.child("serviceName"), name));
    }
    let (selector_errors, is_usable) = selector(spec, features, &path);
    errors.extend(selector_errors);
    if is_usable {
        errors.extend(template(spec, checks, features, &path));
    }
    let pod = spec.template.spec.as_ref();
    let restart_policy = pod.and_then(|pod| pod.restart_policy.as_deref()).unwrap_or_default();
    let path = path.child("template").child("spec");
    if restart_policy != "Always" {
        errors.push(FieldError::not_supported(&path.child("restartPolicy"), restart_policy, &["Always"]));
    }
    if pod.is_some_and(|pod| pod.active_deadline_seconds.is_some()) {
        let why = "activeDeadlineSeconds in StatefulSet is not Supported";
        errors.push(FieldError::forbidden(&path.child("activeDeadlineSeconds"), why));
    }
    errors
}

fn update_strategy(spec: &StatefulSetSpec, features: Features, path: &Path) -> Errors {
    let strategy = spec.update_strategy.clone().unwrap_or_default();
    let block = path.child("rollingUpdate");
    match (strategy.type_.as_deref().unwrap_or_default(), strategy.rolling_update.as_ref()) {
        ("OnDelete" | "RollingUpdate", None) => Vec::new(),
        ("OnDelete", Some(rolling)) => {
            let why = "only allowed for updateStrategy 'RollingUpdate'";
            vec![FieldError::invalid(&block, rolling_value(rolling).print(features), why)]
        }
        ("RollingUpdate", Some(rolling)) => {
            let mut errors: Errors = Vec::new();
            errors.extend(non_negative(rolling.partition.unwrap_or(0), &block.child("partition")));
            if let Some(max) = &rolling.max_unavailable {
                errors.extend(max_unavailable_errors(max, features, &block.child("maxUnavailable")));
            }
            errors
        }
        (other, rolling) => {
            let rolling =
                GoValue::pointer("apps.RollingUpdateStatefulSetStrategy", rolling.map(rolling_value));
            let fields = [("Type", "", GoValue::text(other)), ("RollingUpdate", "", rolling)];
            let value = GoValue::structure("apps.StatefulSetUpdateStrategy", fields).print(features);
            vec![FieldError::invalid(path, value, "must be 'RollingUpdate' or 'OnDelete'")]
        }
    }
}

fn rolling_value(rolling: &RollingUpdateStatefulSetStrategy) -> GoValue {
    let max = rolling.max_unavailable.as_ref().map(GoValue::int_or_string);
    let fields = [
        ("Partition", "", GoValue::plain(rolling.partition.unwrap_or(0))),
        ("MaxUnavailable", "", GoValue::pointer("intstr.IntOrString", max)),
    ];
    GoValue::structure("apps.RollingUpdateStatefulSetStrategy", fields)
}

/// ValidatePositiveIntOrPercent, not zero, at most 100%.
fn max_unavailable_errors(max: &IntOrString, features: Features, path: &Path) -> Errors {
    let value = || GoValue::int_or_string(max).print(features);
    let mut errors: Errors = Vec::new();
    // What cannot be read counts as 0.
    let (number, is_percent) = match max {
        IntOrString::Int(number) => {
            errors.extend(non_negative(*number, path));
            (i64::from(*number), false)
        }
        IntOrString::String(text) => {
            let digits =
                text.strip_suffix('%').filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()));
            if digits.is_none() {
                let why = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
                errors.push(FieldError::invalid(path, value(), why));
            }
            (digits.unwrap_or(text).parse().unwrap_or(0), digits.is_some())
        }
    };
    if number == 0 {
        errors.push(FieldError::invalid(path, value(), "cannot be 0"));
    }
    if is_percent && number > 100 {
        errors.push(FieldError::invalid(path, value(), "must not be greater than 100%"));
    }
    errors
}

fn retention_policy(spec: &StatefulSetSpec, path: &Path) -> Errors {
    let Some(policy) = &spec.persistent_volume_claim_retention_policy else {
        return Vec::new();
    };
    let supported = ["Retain", "Delete"];
    let fields = [("whenDeleted", &policy.when_deleted), ("whenScaled", &policy.when_scaled)];
    let given = fields.into_iter().map(|(name, value)| (name, value.as_deref().unwrap_or_default()));
    let wrong = given.filter(|(_, value)| !supported.contains(value));
    wrong.map(|(name, value)| FieldError::not_supported(&path.child(name), value, &supported)).collect()
}

/// The selector's errors, and whether it can be compared with the template at all.
fn selector(spec: &StatefulSetSpec, features: Features, path: &Path) -> (Errors, bool) {
    let selector = &spec.selector;
    let path = path.child("selector");
    // Where a selector was given, one of its parts is there (`Given::mark`).
    if selector.match_labels.is_none() && selector.match_expressions.is_none() {
        return (vec![FieldError::required(&path, "")], true);
    }
    let value = || metadata::selector_value(selector).print(features);
    let mut errors = metadata::label_selector(selector, features, &path);
    let is_usable = errors.is_empty();
    let has_labels = selector.match_labels.as_ref().is_some_and(|labels| !labels.is_empty());
    let has_expressions = selector.match_expressions.as_ref().is_some_and(|list| !list.is_empty());
    if !has_labels && !has_expressions {
        errors.push(FieldError::invalid(&path, value(), "empty selector is invalid for statefulset"));
    }
    if !is_usable {
        errors.push(FieldError::invalid(&path, value(), ""));
    }
    (errors, is_usable)
}

/// ValidatePodTemplateSpecForStatefulSet.
fn template(spec: &StatefulSetSpec, checks: Checks, features: Features, path: &Path) -> Errors {
    let template_path = path.child("template");
    let meta = spec.template.metadata.as_ref();
    let labels = meta.and_then(|meta| meta.labels.as_ref());
    let was_given = spec.selector.match_labels.is_some() || spec.selector.match_expressions.is_some();
    // A selector that is missing matches nothing, an empty one everything.
    let matches = was_given && Selector::from_spec(&spec.selector).is_some_and(|s| s.matches(labels));
    let mut errors = Vec::new();
    if !matches {
        let path = template_path.child("metadata").child("labels");
        errors.push(FieldError::invalid(&path, metadata::string_map(labels).print(features), NO_MATCH));
    }
    errors.extend(if checks.pod_spec {
        whole_template(spec, features, path)
    } else {
        let empty = PodSpec::default();
        let pod = spec.template.spec.as_ref().unwrap_or(&empty);
        pod_spec::template_metadata(meta, pod, features, &template_path)
    });
    errors
}

/// The template, with the claims as volumes; the controller overwrites hostname and subdomain.
fn whole_template(spec: &StatefulSetSpec, features: Features, path: &Path) -> Errors {
    let empty = PodSpec::default();
    let pod = spec.template.spec.as_ref().unwrap_or(&empty);
    let mut claims: Vec<Volume> = Vec::new();
    for claim in spec.volume_claim_templates.iter().flatten() {
        let name = claim.metadata.name.clone().unwrap_or_default();
        if claims.iter().all(|other| other.name != name) {
            let source = PersistentVolumeClaimVolumeSource { claim_name: name.clone(), ..Default::default() };
            claims.push(Volume { name, persistent_volume_claim: Some(source), ..Default::default() });
        }
    }
    let of_template =
        pod.volumes.iter().flatten().filter(|volume| claims.iter().all(|claim| claim.name != volume.name));
    let volumes: Vec<&Volume> = claims.iter().chain(of_template).collect();
    let pod = PodSpec { hostname: None, subdomain: None, ..pod.clone() };
    let meta = spec.template.metadata.as_ref();
    pod_spec::template(meta, &pod, &volumes, features, &path.child("template"))
}
