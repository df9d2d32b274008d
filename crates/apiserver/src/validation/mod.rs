//! Rules that several kinds share: metadata, selectors, resources, pod specs.
//!
//! Models apimachinery/pkg/{api/validation,apis/meta/v1/validation} and pkg/apis/core/validation/validation.go (v1.36.2,
//! and v1.32.13 where [`Features`] says so). Errors come in upstream's order, because that is the order in which kubectl
//! prints them.

pub(crate) mod addresses;
pub(crate) mod containers;
pub(crate) mod env;
pub(crate) mod handlers;
pub(crate) mod metadata;
pub(crate) mod mounts;
pub(crate) mod node_selector;
pub(crate) mod pod_annotations;
pub(crate) mod pod_spec;
pub(crate) mod pod_system;
pub(crate) mod pod_warnings;
pub(crate) mod resources;
pub(crate) mod security;
pub(crate) mod topology;
pub(crate) mod volume_files;
pub(crate) mod volume_sources;
pub(crate) mod volumes;

use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::field::{FieldError, Path};
use machinery::names;
use machinery::version::Features;

/// What is wrong with something, in order.
pub type Errors = Vec<FieldError>;

/// How many ports of a pod, or files of a volume, are compared with each other. Upstream compares all, however long that
/// takes, and cuts what it says of them after 4,096 characters.
pub const COMPARED: usize = 256;

/// The names, or what else must be unique, that a list has had so far.
#[derive(Default)]
pub struct Seen(BTreeSet<String>);

impl Seen {
    /// With these to begin with.
    pub fn of<'a>(keys: impl Iterator<Item = &'a str>) -> Seen {
        let mut seen = Seen::default();
        for key in keys {
            seen.again(key);
        }
        seen
    }

    /// Notes one; whether it has been there before.
    pub fn again(&mut self, key: &str) -> bool {
        !self.0.insert(key.to_owned())
    }

    /// Whether it has been there.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains(key)
    }
}

/// One error per broken rule of a name.
pub fn each(broken: Vec<String>, path: &Path, value: &str) -> Errors {
    broken.into_iter().map(|why| FieldError::invalid(path, value, why)).collect()
}

/// ValidateNonnegativeField.
pub fn non_negative(value: impl Into<i64>, path: &Path) -> Option<FieldError> {
    let value = value.into();
    (value < 0).then(|| FieldError::invalid(path, value, "must be greater than or equal to 0"))
}

/// ValidatePositiveField.
pub fn greater_than_zero(value: impl Into<i64>, path: &Path) -> Option<FieldError> {
    let value = value.into();
    (value <= 0).then(|| FieldError::invalid(path, value, "must be greater than zero"))
}

/// A number within bounds (validation.InclusiveRangeError).
pub fn in_range(value: i64, low: i64, high: i64, path: &Path) -> Option<FieldError> {
    let why = || format!("must be between {low} and {high}, inclusive");
    (!(low..=high).contains(&value)).then(|| FieldError::invalid(path, value, why()))
}

/// A port number (IsValidPortNum).
pub fn port_number(value: i32, path: &Path) -> Option<FieldError> {
    in_range(value.into(), 1, 65535, path)
}

/// A port by number or name (ValidatePortNumOrName).
pub fn port_number_or_name(value: &IntOrString, path: &Path) -> Errors {
    match value {
        IntOrString::Int(number) => port_number(*number, path).into_iter().collect(),
        IntOrString::String(name) => each(names::port_name(name), path, name),
    }
}

/// One of a few values: required, and nothing else.
pub fn one_of(value: Option<&str>, supported: &[&str], path: &Path) -> Option<FieldError> {
    let value = value.unwrap_or_default();
    if value.is_empty() {
        return Some(FieldError::required(path, ""));
    }
    (!supported.contains(&value)).then(|| FieldError::not_supported(path, value, supported))
}

/// One of a few values, if it is there at all.
pub fn if_given_one_of(value: Option<&str>, supported: &[&str], path: &Path) -> Option<FieldError> {
    let value = value.filter(|value| !supported.contains(value))?;
    Some(FieldError::not_supported(path, value, supported))
}

/// A text that may not be empty.
pub fn required(value: &str, path: &Path) -> Option<FieldError> {
    value.is_empty().then(|| FieldError::required(path, ""))
}

/// A name that follows its rule and may not be missing.
pub fn required_name(value: &str, rule: fn(&str) -> Vec<String>, path: &Path) -> Errors {
    if value.is_empty() { vec![FieldError::required(path, "")] } else { each(rule(value), path, value) }
}

/// A name that follows its rule, if it is there and not empty.
pub fn optional_name(value: &Option<String>, rule: fn(&str) -> Vec<String>, path: &Path) -> Errors {
    let value = value.as_deref().filter(|value| !value.is_empty());
    value.map_or_else(Vec::new, |value| each(rule(value), path, value))
}

/// A label's or annotation's key (ValidateLabelName, ValidateQualifiedName).
pub fn key(value: &str, path: &Path, features: Features) -> Errors {
    each(names::qualified_name(value, features), path, value)
}

/// A key of a ConfigMap or Secret (IsConfigMapKey).
pub fn config_map_key(key: &str, path: &Path) -> Errors {
    each(names::config_map_key(key), path, key)
}
