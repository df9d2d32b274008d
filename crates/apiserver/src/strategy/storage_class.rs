//! StorageClasses.
//!
//! Models pkg/registry/storage/storageclass/strategy.go and pkg/apis/storage/{v1/defaults.go,validation/validation.go}.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::TopologySelectorTerm;
use k8s_openapi::api::storage::v1::StorageClass;
use machinery::field::{FieldError, Path};
use machinery::names;

use super::{Strategy, Terms};
use crate::validation::{Errors, each, if_given_one_of, key, pod_warnings};

const MAX_PARAMETERS: usize = 512;
const MAX_PARAMETER_BYTES: usize = 256 * 1024;

/// Where volumes may be made (validateAllowedTopologies, ValidateTopologySelectorTerm).
fn topologies(given: &[TopologySelectorTerm], terms: Terms) -> Errors {
    let path = Path::new("allowedTopologies");
    let mut errors = Vec::new();
    let mut seen: Vec<BTreeMap<&str, BTreeSet<&str>>> = Vec::new();
    for (i, term) in given.iter().enumerate() {
        let mut keys = BTreeMap::new();
        for (j, requirement) in term.match_label_expressions.iter().flatten().enumerate() {
            let path = path.index(i).child("matchLabelExpressions").index(j);
            if requirement.values.is_empty() {
                errors.push(FieldError::required(&path.child("values"), ""));
            }
            let mut values = BTreeSet::new();
            for (k, value) in requirement.values.iter().enumerate() {
                if !values.insert(value.as_str()) {
                    let path = path.child("values").index(k);
                    errors.push(FieldError::duplicate(&path, value.as_str()));
                }
            }
            errors.extend(key(&requirement.key, &path.child("key"), terms.features));
            if keys.insert(requirement.key.as_str(), values).is_some() {
                errors.push(FieldError::duplicate(&path.child("key"), requirement.key.as_str()));
            }
        }
        if seen.contains(&keys) {
            let path = path.index(i).child("matchLabelExpressions");
            errors.push(FieldError::duplicate(&path, ""));
        }
        seen.push(keys);
    }
    errors
}

impl Strategy for StorageClass {
    fn default(&mut self) {
        self.reclaim_policy.get_or_insert_with(|| "Delete".to_owned());
        self.volume_binding_mode.get_or_insert_with(|| "Immediate".to_owned());
    }
    fn validate(&self, terms: Terms) -> Errors {
        let path = Path::new("provisioner");
        let mut errors = match self.provisioner.as_str() {
            "" => vec![FieldError::required(&path, "")],
            name => each(names::qualified_name(&name.to_ascii_lowercase(), terms.features), &path, name),
        };
        let path = Path::new("parameters");
        let parameters = self.parameters.iter().flatten();
        if parameters.clone().count() > MAX_PARAMETERS {
            // Upstream takes the number for a length.
            errors.push(FieldError::too_long(&path, MAX_PARAMETERS));
        } else {
            if parameters.clone().any(|(key, _)| key.is_empty()) {
                errors.push(FieldError::invalid(&path, "", "field can not be empty."));
            }
            let bytes: usize = parameters.map(|(key, value)| key.len() + value.len()).sum();
            if bytes > MAX_PARAMETER_BYTES {
                errors.push(FieldError::too_long(&path, MAX_PARAMETER_BYTES));
            }
        }
        let policy = self.reclaim_policy.as_deref().filter(|policy| !policy.is_empty());
        errors.extend(if_given_one_of(policy, &["Delete", "Retain"], &Path::new("reclaimPolicy")));
        let mode = self.volume_binding_mode.as_deref();
        let modes = ["Immediate", "WaitForFirstConsumer"];
        errors.extend(if_given_one_of(mode, &modes, &Path::new("volumeBindingMode")));
        errors.extend(topologies(self.allowed_topologies.as_deref().unwrap_or_default(), terms));
        errors
    }
    fn validate_update(&self, old: &Self, _terms: Terms) -> Errors {
        let mut errors = Vec::new();
        for (field, is_same) in [
            ("parameters", self.parameters == old.parameters),
            ("provisioner", self.provisioner == old.provisioner),
            ("reclaimPolicy", self.reclaim_policy == old.reclaim_policy),
        ] {
            if !is_same {
                let why = format!("updates to {field} are forbidden.");
                errors.push(FieldError::forbidden(&Path::new(field), why));
            }
        }
        if self.volume_binding_mode != old.volume_binding_mode {
            let mode = self.volume_binding_mode.clone().unwrap_or_default();
            errors.push(FieldError::invalid(&Path::new("volumeBindingMode"), mode, "field is immutable"));
        }
        errors
    }

    /// GetWarningsForStorageClass in pkg/api/storage/util.go.
    fn warnings(&self, _terms: Terms) -> Vec<String> {
        let mut warnings = Vec::new();
        for (i, term) in self.allowed_topologies.iter().flatten().enumerate() {
            let path = Path::new("allowedTopologies").index(i).child("matchLabelExpressions");
            let labels = term.match_label_expressions.iter().flatten().enumerate();
            let labels = labels.filter_map(|(j, label)| Some((j, pod_warnings::old_label(&label.key)?)));
            warnings.extend(labels.map(|(j, why)| format!("{}: {why}", path.index(j).child("key"))));
        }
        warnings
    }
}
