//! ConfigMaps and Secrets: stored, bounded in size, frozen if they say so. ServiceAccounts: taken as they are.
//!
//! Models pkg/registry/core/{configmap,secret}/strategy.go and ValidateConfigMap, ValidateSecret of
//! pkg/apis/core/validation/validation.go.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, ServiceAccount};
use machinery::field::{FieldError, Path};
use machinery::yaml;

use super::{Strategy, Terms};
use crate::validation::{Errors, config_map_key};

/// The most bytes of data (core.MaxSecretSize).
const MAX_BYTES: usize = 1024 * 1024;

impl Strategy for ConfigMap {
    fn validate(&self, _terms: Terms) -> Errors {
        let (data, binary) = (Path::new("data"), Path::new("binaryData"));
        let mut errors = Vec::new();
        let mut bytes = 0;
        for (key, value) in self.data.iter().flatten() {
            errors.extend(config_map_key(key, &data.key(key)));
            if self.binary_data.as_ref().is_some_and(|other| other.contains_key(key)) {
                let why = format!("duplicate of key present in {binary}");
                errors.push(FieldError::invalid(&data.key(key), key.as_str(), why));
            }
            bytes += value.len();
        }
        for (key, value) in self.binary_data.iter().flatten() {
            errors.extend(config_map_key(key, &binary.key(key)));
            bytes += value.0.len();
        }
        errors.extend(too_long(bytes, &Path::new("[]")));
        errors
    }
    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let mut errors = Vec::new();
        if old.immutable == Some(true) {
            errors.extend(frozen(self.immutable == Some(true), "immutable"));
            errors.extend(frozen(self.data == old.data, "data"));
            errors.extend(frozen(self.binary_data == old.binary_data, "binaryData"));
        }
        errors.extend(self.validate(terms));
        errors
    }
}

impl Strategy for ServiceAccount {}

impl Strategy for Secret {
    fn default(&mut self) {
        self.type_.get_or_insert_with(|| "Opaque".to_owned());
        // The write-only half goes into the other one (pkg/apis/core/v1/conversion.go).
        for (key, value) in self.string_data.take().into_iter().flatten() {
            let data = self.data.get_or_insert_with(BTreeMap::new);
            data.insert(key, ByteString(value.into_bytes()));
        }
    }
    fn validate(&self, _terms: Terms) -> Errors {
        let path = Path::new("data");
        let mut errors = Vec::new();
        for key in self.data.iter().flatten().map(|(key, _)| key) {
            errors.extend(config_map_key(key, &path.key(key)));
        }
        let bytes = self.data.iter().flatten().map(|(_, value)| value.0.len()).sum();
        errors.extend(too_long(bytes, &path));
        errors.extend(type_rules(self));
        errors
    }
    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let mut errors = Vec::new();
        if self.type_ != old.type_ {
            let value = self.type_.clone().unwrap_or_default();
            errors.push(FieldError::invalid(&Path::new("type"), value, "field is immutable"));
        }
        if old.immutable == Some(true) {
            errors.extend(frozen(self.immutable == Some(true), "immutable"));
            errors.extend(frozen(self.data == old.data, "data"));
        }
        errors.extend(self.validate(terms));
        errors
    }
}

/// What a secret of a known type has to hold.
fn type_rules(secret: &Secret) -> Errors {
    const ACCOUNT: &str = "kubernetes.io/service-account.name";
    let data = |key: &str| secret.data.as_ref().and_then(|data| data.get(key));
    let path = Path::new("data");
    let missing = |keys: &[&str]| -> Errors {
        let missing = keys.iter().filter(|key| data(key).is_none());
        missing.map(|key| FieldError::required(&path.key(key), "")).collect()
    };
    let json = |key: &str| -> Errors {
        let Some(text) = data(key) else { return missing(&[key]) };
        let problem = yaml::unmarshal_problem(&String::from_utf8_lossy(&text.0));
        let wrong = |why| FieldError::invalid(&path.key(key), "<secret contents redacted>", why);
        problem.map(wrong).into_iter().collect()
    };
    match secret.type_.as_deref().unwrap_or_default() {
        "kubernetes.io/service-account-token" => {
            let account = secret.metadata.annotations.as_ref().and_then(|a| a.get(ACCOUNT));
            let path = Path::new("metadata").child("annotations").key(ACCOUNT);
            let is_missing = account.is_none_or(String::is_empty);
            is_missing.then(|| FieldError::required(&path, "")).into_iter().collect()
        }
        "kubernetes.io/dockercfg" => json(".dockercfg"),
        "kubernetes.io/dockerconfigjson" => json(".dockerconfigjson"),
        "kubernetes.io/basic-auth" if data("username").is_none() => {
            if data("password").is_none() {
                missing(&["username", "password"])
            } else {
                Vec::new()
            }
        }
        "kubernetes.io/ssh-auth" if data("ssh-privatekey").is_some_and(|key| !key.0.is_empty()) => Vec::new(),
        "kubernetes.io/ssh-auth" => vec![FieldError::required(&path.key("ssh-privatekey"), "")],
        "kubernetes.io/tls" => missing(&["tls.crt", "tls.key"]),
        _ => Vec::new(),
    }
}

fn too_long(bytes: usize, path: &Path) -> Option<FieldError> {
    (bytes > MAX_BYTES).then(|| FieldError::too_long(path, MAX_BYTES))
}

fn frozen(is_same: bool, field: &str) -> Option<FieldError> {
    (!is_same).then(|| FieldError::forbidden(&Path::new(field), "field is immutable when `immutable` is set"))
}
