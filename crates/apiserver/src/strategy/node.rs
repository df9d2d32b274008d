//! Nodes.
//!
//! Models pkg/registry/core/node/strategy.go and ValidateNode of pkg/apis/core/validation/validation.go.

use k8s_openapi::api::core::v1::{Node, NodeSpec};
use machinery::field::{FieldError, Path};
use machinery::go_value::GoValue;
use machinery::names;
use machinery::version::Features;

use super::{Strategy, Terms, keep};
use crate::validation::addresses::cidr;
use crate::validation::{Errors, Seen, key, one_of};

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// Why the two fields of a node's ranges contradict each other, if they do (Convert_v1_NodeSpec_To_core_NodeSpec).
pub(super) fn conversion_error(node: &Node) -> Option<String> {
    let spec = node.spec.as_ref()?;
    let (one, several) = (spec.pod_cidr.as_deref()?, spec.pod_cidrs.as_deref()?);
    let differ = !one.is_empty() && several.first().is_some_and(|first| first != one);
    differ.then(|| "conversion Error: v1.PodCIDR and v1.CIDRs[0] must match if set together".to_owned())
}

/// Brings the two fields together, of which upstream keeps one.
fn one_range(node: &mut Node) {
    let Some(spec) = &mut node.spec else { return };
    let one = spec.pod_cidr.take().filter(|one| !one.is_empty());
    let several = spec.pod_cidrs.take().filter(|several| !several.is_empty());
    spec.pod_cidrs = several.or_else(|| one.map(|one| vec![one]));
    spec.pod_cidr = spec.pod_cidrs.as_ref().and_then(|several| several.first().cloned());
}

/// validateNodeTaints.
fn taint_errors(node: &Node, features: Features) -> Errors {
    // Upstream's path is that of the metadata.
    let path = Path::new("metadata").child("taints");
    let mut errors = Vec::new();
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.as_deref()).unwrap_or_default();
    let mut seen = Seen::default();
    for (i, taint) in taints.iter().enumerate() {
        let path = path.index(i);
        errors.extend(key(&taint.key, &path.child("key"), features));
        let value = taint.value.as_deref().unwrap_or_default();
        let broken = names::label_value(value, features).join(";");
        if !broken.is_empty() {
            errors.push(FieldError::invalid(&path.child("value"), value, broken));
        }
        errors.extend(one_of(Some(&taint.effect), &EFFECTS, &path.child("effect")));
        if seen.again(&format!("{} {}", taint.key, taint.effect)) {
            let fields = [
                ("Key", "", GoValue::text(&taint.key)),
                ("Value", "", GoValue::text(value)),
                ("Effect", "", GoValue::text(&taint.effect)),
                ("TimeAdded", "", GoValue::pointer("v1.Time", None)),
            ];
            let value = GoValue::structure("core.Taint", fields).print(features);
            let detail = "taints must be unique by key and effect pair".to_owned();
            errors.push(FieldError { detail, ..FieldError::duplicate(&path, value) });
        }
    }
    errors
}

impl Strategy for Node {
    fn validate(&self, terms: Terms) -> Errors {
        let mut errors = taint_errors(self, terms.features);
        let path = Path::new("spec").child("podCIDRs");
        let ranges = self.spec.iter().flat_map(|spec| spec.pod_cidrs.iter().flatten()).enumerate();
        errors.extend(ranges.filter_map(|(i, range)| cidr(range, terms.features, &path.index(i))));
        errors
    }
    fn prepare_for_create(&mut self, _terms: Terms) {
        one_range(self);
    }
    fn prepare_for_update(&mut self, old: &Self, _terms: Terms) {
        one_range(self);
        self.status.clone_from(&old.status);
    }
    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let path = Path::new("spec");
        let (new, old) = (self.spec.clone().unwrap_or_default(), old.spec.clone().unwrap_or_default());
        let mut errors = Vec::new();
        let ranges = |spec: &NodeSpec| spec.pod_cidrs.clone().unwrap_or_default();
        let (wanted, set) = (ranges(&new), ranges(&old));
        let detail = "node updates may not change podCIDR except from \"\" to valid";
        let changed = match wanted.len() == set.len() {
            true => wanted.iter().zip(&set).filter(|(wanted, set)| wanted != set).count(),
            false => usize::from(!set.is_empty()),
        };
        errors.extend((0..changed).map(|_| FieldError::forbidden(&path.child("podCIDRs"), detail)));
        let provider = |spec: &NodeSpec| spec.provider_id.clone().unwrap_or_default();
        if !provider(&old).is_empty() && provider(&old) != provider(&new) {
            let detail = "node updates may not change providerID except from \"\" to valid";
            errors.push(FieldError::forbidden(&path.child("providerID"), detail));
        }
        errors.extend(taint_errors(self, terms.features));
        errors
    }
    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        keep(&mut self.spec, &old.spec);
    }
}
