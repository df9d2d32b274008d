//! `kubectl set env --list`: the variables of containers and, with `--resolve`, what their references stand for.
//!
//! Models kubectl/pkg/cmd/set/env/env_resolve.go. Invariant: what cannot be found out is said and printed as a reference;
//! the command does not fail.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, EnvVarSource};
use machinery::version::Features;
use machinery::{Kind, Object, names};
use serde::Deserialize;
use serde_json::Value;

use crate::context::Context;
use crate::describe::resource_value;
use crate::failure::Failure;
use crate::go_value;
use crate::resource::Info;

/// How variables are listed.
pub(super) struct Listing<'a> {
    /// Whether references are looked up.
    pub resolve: bool,
    /// Where the objects lie that references name.
    pub namespace: &'a str,
}

impl Listing<'_> {
    /// Prints the variables of a container of this object.
    pub fn print(&self, context: &mut Context<'_, '_>, info: &Info, object: &Value, container: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        context.out(format!("# {} {}, container {}\n", info.kind, info.name, text(&container["name"])));
        let mut failed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for variable in container["env"].as_array().into_iter().flatten() {
            let name = text(&variable["name"]);
            if !variable["valueFrom"].is_object() {
                context.out(format!("{name}={}\n", text(&variable["value"])));
                continue;
            }
            let from = EnvVarSource::deserialize(&variable["valueFrom"]).unwrap_or_default();
            if self.resolve {
                match self.value(context, &from, object, container) {
                    Ok(value) => {
                        context.out(format!("{name}={value}\n"));
                        continue;
                    }
                    Err(failure) => drop(failed.entry(failure.error()).or_default().insert(name.clone())),
                }
            }
            context.out(format!("# {name} from {}\n", reference(&from)));
        }
        let mut lines: Vec<String> = failed
            .into_iter()
            .map(|(why, names)| {
                let names = names.into_iter().collect::<Vec<_>>().join(", ");
                format!("error retrieving reference for {names}: {why}\n")
            })
            .collect();
        lines.sort();
        lines.into_iter().for_each(|line| context.err(line));
    }

    // GetEnvVarRefValue
    fn value(
        &self,
        context: &mut Context<'_, '_>,
        from: &EnvVarSource,
        object: &Value,
        container: &Value,
    ) -> Result<String, Failure> {
        if let Some(reference) = &from.secret_key_ref {
            let value = match context.get(Kind::Secret, self.namespace, &reference.name)? {
                Object::Secret(secret) => {
                    secret.data.as_ref().and_then(|data| data.get(&reference.key).cloned())
                }
                _ => None,
            };
            let value = value.map(|value| String::from_utf8_lossy(&value.0).into_owned());
            return value.ok_or_else(|| missing(&reference.key, "secret", &reference.name));
        }
        if let Some(reference) = &from.config_map_key_ref {
            let value = match context.get(Kind::ConfigMap, self.namespace, &reference.name)? {
                Object::ConfigMap(map) => {
                    map.data.as_ref().and_then(|data| data.get(&reference.key).cloned())
                }
                _ => None,
            };
            return value.ok_or_else(|| missing(&reference.key, "config map", &reference.name));
        }
        if let Some(field) = &from.field_ref {
            return field_value(object, &field.field_path, context.env.features).map_err(Failure::message);
        }
        let Some(field) = &from.resource_field_ref else {
            return Err(Failure::message("invalid valueFrom"));
        };
        let container = Container::deserialize(container).unwrap_or_default();
        resource_value(field, &container)
            .map(|value| value.to_string())
            .ok_or_else(|| Failure::message(format!("Unsupported container resource : {}", field.resource)))
    }
}

fn missing(key: &str, what: &str, name: &str) -> Failure {
    Failure::message(format!("key {key} not found in {what} {name}"))
}

// GetEnvVarRefString
fn reference(from: &EnvVarSource) -> String {
    if let Some(map) = &from.config_map_key_ref {
        format!("configmap {}, key {}", map.name, map.key)
    } else if let Some(secret) = &from.secret_key_ref {
        format!("secret {}, key {}", secret.name, secret.key)
    } else if let Some(field) = &from.field_ref {
        format!("field path {}", field.field_path)
    } else if let Some(field) = &from.resource_field_ref {
        let container = field.container_name.as_deref().filter(|name| !name.is_empty());
        let container = container.map(|name| format!("{name}/")).unwrap_or_default();
        format!("resource field {container}{}", field.resource)
    } else {
        "invalid valueFrom".to_owned()
    }
}

/// A field of the object itself, be it a pod or what makes pods (`extractFieldPathAsString`).
fn field_value(object: &Value, path: &str, features: Features) -> Result<String, String> {
    let metadata = &object["metadata"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parts = path.strip_suffix("']").and_then(|path| path.split_once("['"));
    if let Some((map, key)) = parts.filter(|(map, _)| !map.is_empty()) {
        let (field, checked) = match map {
            "metadata.annotations" => ("annotations", key.to_lowercase()),
            "metadata.labels" => ("labels", key.to_owned()),
            _ => return Err(format!("fieldPath {} does not support subscript", go_value::quote(path))),
        };
        let wrong = names::qualified_name(&checked, features);
        if !wrong.is_empty() {
            return Err(format!("invalid key subscript in {path}: {}", wrong.join(";")));
        }
        return Ok(text(&metadata[field][key]));
    }
    match path {
        "metadata.annotations" => Ok(lines(&metadata["annotations"])),
        "metadata.labels" => Ok(lines(&metadata["labels"])),
        "metadata.name" | "metadata.namespace" | "metadata.uid" => {
            Ok(text(&metadata[path.trim_start_matches("metadata.")]))
        }
        _ => Err(format!("unsupported fieldPath: {path}")),
    }
}

// formatMap
fn lines(map: &Value) -> String {
    let entries = map.as_object().into_iter().flatten();
    let line = |(key, value): (&String, &Value)| {
        format!("{key}={}", go_value::quote(value.as_str().unwrap_or_default()))
    };
    entries.map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use machinery::version::Features;
    use serde_json::json;

    use super::field_value;

    #[test]
    fn fields_of_the_object_are_found_as_upstream_finds_them() {
        let object = json!({"metadata": {
            "name": "web", "namespace": "default", "uid": "u",
            "labels": {"app": "web", "b": "c d"}, "annotations": {"A": "1"},
        }});
        let cases = [
            ("metadata.name", Ok("web")),
            ("metadata.namespace", Ok("default")),
            ("metadata.uid", Ok("u")),
            ("metadata.labels", Ok("app=\"web\"\nb=\"c d\"")),
            ("metadata.labels['app']", Ok("web")),
            ("metadata.labels['none']", Ok("")),
            ("metadata.annotations['A']", Ok("1")),
            (
                "metadata.labels['']",
                Err("invalid key subscript in metadata.labels['']: name part must be non-empty"),
            ),
            ("spec.nodeName", Err("unsupported fieldPath: spec.nodeName")),
            ("status['a']", Err("fieldPath \"status['a']\" does not support subscript")),
        ];
        for (path, expected) in cases {
            let found = field_value(&object, path, Features::default());
            match expected {
                Ok(value) => assert_eq!(found.as_deref(), Ok(value), "{path}"),
                Err(why) => {
                    assert!(found.as_ref().is_err_and(|found| found.starts_with(why)), "{path}: {found:?}")
                }
            }
        }
    }
}
