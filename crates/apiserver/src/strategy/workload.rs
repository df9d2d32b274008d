//! Deployments and ReplicaSets, whose specs are checked in the same words.
//!
//! Models pkg/registry/apps/{deployment,replicaset}/strategy.go, their defaults in pkg/apis/apps/v1/defaults.go, and
//! ValidateDeploymentSpec, ValidateReplicaSetSpec and their companions in pkg/apis/apps/validation/validation.go (v1.36.2).

use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStatus, ReplicaSet, ReplicaSetSpec, ReplicaSetStatus,
    RollingUpdateDeployment,
};
use k8s_openapi::api::core::v1::{PodTemplateSpec, Volume};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::field::{FieldError, Path};
use machinery::go_value::GoValue;
use machinery::labels::Selector;
use machinery::names;
use machinery::version::Features;

use super::{Strategy, Terms, disabled, keep};
use crate::defaults;
use crate::validation::{Errors, metadata, non_negative, pod_spec, pod_warnings};

const NO_MATCH: &str = "`selector` does not match template `labels`";

impl Strategy for Deployment {
    fn name_errors(name: &str, _features: Features) -> Vec<String> {
        names::dns1123_subdomain(name)
    }

    fn default(&mut self) {
        let spec = self.spec.get_or_insert_default();
        spec.replicas.get_or_insert(1);
        spec.revision_history_limit.get_or_insert(10);
        spec.progress_deadline_seconds.get_or_insert(600);
        let strategy = spec.strategy.get_or_insert_default();
        if strategy.type_.as_deref().unwrap_or_default().is_empty() {
            strategy.type_ = Some("RollingUpdate".to_owned());
        }
        if strategy.type_.as_deref() == Some("RollingUpdate") {
            let rolling = strategy.rolling_update.get_or_insert_default();
            let quarter = || IntOrString::String("25%".to_owned());
            rolling.max_surge.get_or_insert_with(quarter);
            rolling.max_unavailable.get_or_insert_with(quarter);
        }
        defaults::pod_spec(spec.template.spec.get_or_insert_default());
    }

    fn prepare_for_create(&mut self, terms: Terms) {
        self.status = Some(DeploymentStatus::default());
        self.metadata.generation = Some(1);
        drop_disabled(self.spec.as_mut().map(|spec| &mut spec.template), terms.features);
    }

    fn validate(&self, terms: Terms) -> Errors {
        deployment_errors(&self.spec.clone().unwrap_or_default(), terms.features)
    }

    fn prepare_for_update(&mut self, old: &Self, terms: Terms) {
        self.status.clone_from(&old.status);
        drop_disabled(self.spec.as_mut().map(|spec| &mut spec.template), terms.features);
        // A changed annotation counts as a change of what is wanted: it is copied to the newest ReplicaSet.
        if self.spec != old.spec || self.metadata.annotations != old.metadata.annotations {
            self.metadata.generation = Some(old.metadata.generation.unwrap_or(0) + 1);
        }
    }

    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let (Some(new), Some(old)) = (&self.spec, &old.spec) else {
            return Vec::new();
        };
        let mut errors = deployment_errors(new, terms.features);
        errors.extend(selector_change(&new.selector, &old.selector, terms.features));
        errors
    }

    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        keep(&mut self.spec, &old.spec);
        self.metadata.labels.clone_from(&old.metadata.labels);
    }

    fn warnings(&self, terms: Terms) -> Vec<String> {
        template_warnings(self.spec.as_ref().map(|spec| &spec.template), terms.features)
    }
}

impl Strategy for ReplicaSet {
    fn name_errors(name: &str, _features: Features) -> Vec<String> {
        names::dns1123_subdomain(name)
    }

    fn default(&mut self) {
        let template_labels =
            self.spec.as_ref().and_then(|spec| spec.template.as_ref()?.metadata.clone()?.labels);
        if self.metadata.labels.as_ref().is_none_or(|labels| labels.is_empty()) {
            self.metadata.labels = template_labels;
        }
        let spec = self.spec.get_or_insert_default();
        spec.replicas.get_or_insert(1);
        defaults::pod_spec(spec.template.get_or_insert_default().spec.get_or_insert_default());
    }

    fn prepare_for_create(&mut self, terms: Terms) {
        self.status = Some(ReplicaSetStatus::default());
        self.metadata.generation = Some(1);
        drop_disabled(self.spec.as_mut().and_then(|spec| spec.template.as_mut()), terms.features);
    }

    fn validate(&self, terms: Terms) -> Errors {
        replica_set_errors(&self.spec.clone().unwrap_or_default(), terms.features)
    }

    fn prepare_for_update(&mut self, old: &Self, terms: Terms) {
        self.status.clone_from(&old.status);
        drop_disabled(self.spec.as_mut().and_then(|spec| spec.template.as_mut()), terms.features);
        if self.spec != old.spec {
            self.metadata.generation = Some(old.metadata.generation.unwrap_or(0) + 1);
        }
    }

    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let (Some(new), Some(old)) = (&self.spec, &old.spec) else {
            return Vec::new();
        };
        let mut errors = replica_set_errors(new, terms.features);
        errors.extend(selector_change(&new.selector, &old.selector, terms.features));
        errors
    }

    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        keep(&mut self.spec, &old.spec);
    }

    fn warnings(&self, terms: Terms) -> Vec<String> {
        let template = self.spec.as_ref().and_then(|spec| spec.template.as_ref());
        template_warnings(template, terms.features)
    }
}

/// Drops the fields of a template that are switched off.
fn drop_disabled(template: Option<&mut PodTemplateSpec>, features: Features) {
    if let Some(spec) = template.and_then(|template| template.spec.as_mut()) {
        disabled::pod_spec(spec, features);
    }
}

fn template_warnings(template: Option<&PodTemplateSpec>, features: Features) -> Vec<String> {
    let path = Path::new("spec").child("template");
    let Some((template, spec)) = template.and_then(|t| Some((t, t.spec.as_ref()?))) else {
        return Vec::new();
    };
    pod_warnings::of_pod(template.metadata.as_ref(), spec, features, Some(&path))
}

/// ValidateDeploymentSpec.
fn deployment_errors(spec: &DeploymentSpec, features: Features) -> Errors {
    let path = Path::new("spec");
    let mut errors: Errors =
        non_negative(spec.replicas.unwrap_or(0), &path.child("replicas")).into_iter().collect();
    errors.extend(selector_and_template(&spec.selector, &spec.template, features, &path));
    errors.extend(strategy(spec, features, &path.child("strategy")));
    let min_ready = spec.min_ready_seconds.unwrap_or(0);
    errors.extend(non_negative(min_ready, &path.child("minReadySeconds")));
    errors
        .extend(non_negative(spec.revision_history_limit.unwrap_or(0), &path.child("revisionHistoryLimit")));
    if let Some(deadline) = spec.progress_deadline_seconds {
        let path = path.child("progressDeadlineSeconds");
        errors.extend(non_negative(deadline, &path));
        if deadline <= min_ready {
            errors.push(FieldError::invalid(&path, deadline, "must be greater than minReadySeconds"));
        }
    }
    errors
}

/// ValidateReplicaSetSpec.
fn replica_set_errors(spec: &ReplicaSetSpec, features: Features) -> Errors {
    let path = Path::new("spec");
    let mut errors: Errors =
        non_negative(spec.replicas.unwrap_or(0), &path.child("replicas")).into_iter().collect();
    errors.extend(non_negative(spec.min_ready_seconds.unwrap_or(0), &path.child("minReadySeconds")));
    let template = spec.template.clone().unwrap_or_default();
    errors.extend(selector_and_template(&spec.selector, &template, features, &path));
    errors
}

fn was_given(selector: &LabelSelector) -> bool {
    selector.match_labels.is_some() || selector.match_expressions.is_some()
}

/// The template is looked at where there is a selector to compare it with.
fn selector_and_template(
    selector: &LabelSelector,
    template: &PodTemplateSpec,
    features: Features,
    path: &Path,
) -> Errors {
    let at = path.child("selector");
    // Where a selector was given, one of its parts is there (`Given::mark`).
    if !was_given(selector) {
        let mut errors = vec![FieldError::required(&at, "")];
        errors.extend(template_errors(selector, template, features, path));
        return errors;
    }
    let broken = metadata::label_selector(selector, features, &at);
    let is_usable = broken.is_empty();
    let value = || metadata::selector_value(selector).print(features);
    let mut errors = broken;
    let has_labels = selector.match_labels.as_ref().is_some_and(|labels| !labels.is_empty());
    let has_expressions = selector.match_expressions.as_ref().is_some_and(|list| !list.is_empty());
    if !has_labels && !has_expressions {
        // Upstream says so of ReplicaSets, too.
        errors.push(FieldError::invalid(&at, value(), "empty selector is invalid for deployment"));
    }
    if is_usable {
        errors.extend(template_errors(selector, template, features, path));
    } else {
        errors.push(FieldError::invalid(&at, value(), "invalid label selector"));
    }
    errors
}

/// ValidatePodTemplateSpecForReplicaSet.
fn template_errors(
    selector: &LabelSelector,
    template: &PodTemplateSpec,
    features: Features,
    path: &Path,
) -> Errors {
    let path = path.child("template");
    let meta = template.metadata.as_ref();
    let labels = meta.and_then(|meta| meta.labels.as_ref());
    let matches = was_given(selector) && Selector::from_spec(selector).is_some_and(|s| s.matches(labels));
    let mut errors = Vec::new();
    if !matches {
        let path = path.child("metadata").child("labels");
        errors.push(FieldError::invalid(&path, metadata::string_map(labels).print(features), NO_MATCH));
    }
    let spec = template.spec.clone().unwrap_or_default();
    let volumes: Vec<&Volume> = spec.volumes.iter().flatten().collect();
    errors.extend(pod_spec::template(meta, &spec, &volumes, features, &path));
    let path = path.child("spec");
    let policy = spec.restart_policy.as_deref().unwrap_or_default();
    if policy != "Always" {
        errors.push(FieldError::not_supported(&path.child("restartPolicy"), policy, &["Always"]));
    }
    if spec.active_deadline_seconds.is_some() {
        let why = "activeDeadlineSeconds in ReplicaSet is not Supported";
        errors.push(FieldError::forbidden(&path.child("activeDeadlineSeconds"), why));
    }
    errors
}

/// ValidateDeploymentStrategy.
fn strategy(spec: &DeploymentSpec, features: Features, path: &Path) -> Errors {
    let strategy = spec.strategy.clone().unwrap_or_default();
    let rolling = strategy.rolling_update.as_ref();
    match strategy.type_.as_deref().unwrap_or_default() {
        "Recreate" => {
            let why = "may not be specified when strategy `type` is 'Recreate'";
            rolling.map(|_| FieldError::forbidden(&path.child("rollingUpdate"), why)).into_iter().collect()
        }
        "RollingUpdate" => match rolling {
            None => vec![FieldError::required(
                &path.child("rollingUpdate"),
                "this should be defaulted and never be nil",
            )],
            Some(rolling) => rolling_update(rolling, features, &path.child("rollingUpdate")),
        },
        kind => {
            let value = strategy_value(kind, rolling).print(features);
            vec![FieldError::not_supported(path, value, &["Recreate", "RollingUpdate"])]
        }
    }
}

/// A strategy as Go prints it.
fn strategy_value(kind: &str, rolling: Option<&RollingUpdateDeployment>) -> GoValue {
    let zero = IntOrString::Int(0);
    let amount = |amount: &Option<IntOrString>| GoValue::int_or_string(amount.as_ref().unwrap_or(&zero));
    let rolling = rolling.map(|rolling| {
        let fields = [
            ("MaxUnavailable", "", amount(&rolling.max_unavailable)),
            ("MaxSurge", "", amount(&rolling.max_surge)),
        ];
        GoValue::structure("apps.RollingUpdateDeployment", fields)
    });
    let rolling = GoValue::pointer("apps.RollingUpdateDeployment", rolling);
    let fields = [("Type", "", GoValue::text(kind)), ("RollingUpdate", "", rolling)];
    GoValue::structure("apps.DeploymentStrategy", fields)
}

/// ValidateRollingUpdateDeployment.
fn rolling_update(rolling: &RollingUpdateDeployment, features: Features, path: &Path) -> Errors {
    let zero = IntOrString::Int(0);
    let unavailable = rolling.max_unavailable.as_ref().unwrap_or(&zero);
    let surge = rolling.max_surge.as_ref().unwrap_or(&zero);
    let mut errors = Vec::new();
    errors.extend(int_or_percent(unavailable, features, &path.child("maxUnavailable")));
    errors.extend(int_or_percent(surge, features, &path.child("maxSurge")));
    // What is neither a percentage nor a number counts as none.
    let is_zero = |value: &IntOrString| match value {
        IntOrString::Int(number) => *number == 0,
        IntOrString::String(text) => percent(text).or_else(|| text.parse().ok()).unwrap_or(0) == 0,
    };
    if is_zero(unavailable) && is_zero(surge) {
        let why = "may not be 0 when `maxSurge` is 0";
        errors.push(FieldError::invalid(
            &path.child("maxUnavailable"),
            GoValue::int_or_string(unavailable).print(features),
            why,
        ));
    }
    let percent = match unavailable {
        IntOrString::String(text) => percent(text),
        IntOrString::Int(_) => None,
    };
    if percent.is_some_and(|percent| percent > 100) {
        let path = path.child("maxUnavailable");
        errors.push(FieldError::invalid(
            &path,
            GoValue::int_or_string(unavailable).print(features),
            "must not be greater than 100%",
        ));
    }
    errors
}

/// The number before the sign (getPercentValue).
fn percent(text: &str) -> Option<i64> {
    let digits = text.strip_suffix('%').filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))?;
    Some(digits.parse().unwrap_or(i64::MAX))
}

/// ValidatePositiveIntOrPercent.
fn int_or_percent(value: &IntOrString, features: Features, path: &Path) -> Option<FieldError> {
    match value {
        IntOrString::Int(number) => non_negative(*number, path),
        IntOrString::String(text) => {
            let why = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
            let value = || GoValue::int_or_string(value).print(features);
            percent(text).is_none().then(|| FieldError::invalid(path, value(), why))
        }
    }
}

/// A selector never changes.
fn selector_change(new: &LabelSelector, old: &LabelSelector, features: Features) -> Option<FieldError> {
    let path = Path::new("spec").child("selector");
    let value = || metadata::selector_value(new).print(features);
    (new != old).then(|| FieldError::invalid(&path, value(), "field is immutable"))
}
