//! The schema of the kinds that exist here, in the form in which an API server publishes it (`/openapi/v3`).
//!
//! The types and their texts are k8s-openapi's, of Kubernetes 1.36. What those leave out is added: which fields lists and
//! maps are merged by, what 1.32 did not have or required (machinery's `fields.tsv`), and what values a string may have
//! (`enums.tsv`: the constants of staging/src/k8s.io/api/*/v1/types.go whose type is marked `+enum`, and their comments,
//! put into sentences as kube-openapi/pkg/generators/enum.go does).
//! Invariant: constant data; `docs/src/schema.md` describes the document for those who read it.

mod enums;

use k8s_openapi::api::{apps, core, discovery, storage};
use k8s_openapi::schemars::SchemaGenerator;
use k8s_openapi::schemars::generate::SchemaSettings;
use machinery::Kind;
use machinery::fields::{self, Field};
use serde_json::{Map, Value, json};

use enums::{Enum, Enums};

/// Fields that 1.32 required and that may be left out since: (definition, field).
const REQUIRED_IN_1_32: [(&str, &str); 2] = [
    ("io.k8s.api.apps.v1.StatefulSetSpec", "serviceName"),
    ("io.k8s.api.discovery.v1.EndpointSlice", "endpoints"),
];

/// Fields that k8s-openapi's types always have, and that may be left out where Go leaves them out.
const REQUIRED_IN_RUST: [&str; 2] = ["metadata", "name"];

/// The whole document.
pub fn document() -> Value {
    let mut definitions = definitions();
    let enums = Enums::read();
    for (name, definition) in &mut definitions {
        complete(name, definition, &enums);
    }
    for kind in Kind::ALL {
        let name = definition_name(kind);
        let group_version_kind =
            json!([{ "group": kind.info().group, "version": "v1", "kind": kind.name() }]);
        let definition = definitions.get_mut(&name).unwrap_or_else(|| panic!("k8s-openapi has no {name}"));
        definition["x-kubernetes-group-version-kind"] = group_version_kind;
    }
    json!({
        "openapi": "3.0.0",
        "info": { "title": "Kubernetes", "version": "v1.36" },
        "components": { "schemas": definitions },
    })
}

/// Every type that the kinds are made of, by name, as k8s-openapi has it.
fn definitions() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    generate(&mut generator);
    generator.take_definitions(true)
}

/// Takes up every kind of [`Kind::ALL`].
fn generate(generator: &mut SchemaGenerator) {
    generator.subschema_for::<core::v1::ConfigMap>();
    generator.subschema_for::<core::v1::Endpoints>();
    generator.subschema_for::<core::v1::Event>();
    generator.subschema_for::<core::v1::Namespace>();
    generator.subschema_for::<core::v1::Node>();
    generator.subschema_for::<core::v1::PersistentVolumeClaim>();
    generator.subschema_for::<core::v1::PersistentVolume>();
    generator.subschema_for::<core::v1::Pod>();
    generator.subschema_for::<core::v1::Secret>();
    generator.subschema_for::<core::v1::ServiceAccount>();
    generator.subschema_for::<core::v1::Service>();
    generator.subschema_for::<apps::v1::ControllerRevision>();
    generator.subschema_for::<apps::v1::Deployment>();
    generator.subschema_for::<apps::v1::ReplicaSet>();
    generator.subschema_for::<apps::v1::StatefulSet>();
    generator.subschema_for::<discovery::v1::EndpointSlice>();
    generator.subschema_for::<storage::v1::StorageClass>();
}

/// `io.k8s.api.apps.v1.StatefulSet`.
fn definition_name(kind: Kind) -> String {
    let group = match kind.info().group.split_once('.') {
        Some((group, _)) => group,
        None if kind.info().group.is_empty() => "core",
        None => kind.info().group,
    };
    format!("io.k8s.api.{group}.v1.{}", kind.name())
}

/// Adds what k8s-openapi's schema of a type leaves out, and takes away what it adds.
fn complete(name: &str, definition: &mut Value, enums: &Enums) {
    let go_struct = name.rsplit_once('.').and_then(|(package, name)| fields::lookup(group(package)?, name));
    if let Some(required) = definition.get_mut("required").and_then(Value::as_array_mut) {
        let is_omitted =
            |name: &str| go_struct.and_then(|s| s.field(name)).is_some_and(|field| field.omitempty);
        required.retain(|field| !REQUIRED_IN_RUST.iter().any(|name| field == name && is_omitted(name)));
        if required.is_empty() {
            definition.as_object_mut().and_then(|definition| definition.remove("required"));
        }
    }
    let properties = definition.get_mut("properties").and_then(Value::as_object_mut);
    for (property, schema) in properties.into_iter().flatten() {
        if REQUIRED_IN_1_32.contains(&(name, property)) {
            schema["x-required-in"] = json!(["1.32"]);
        }
        if let Some((group, field)) = go_struct.and_then(|s| Some((s.group, s.field(property)?))) {
            complete_property(schema, field, enums.of(group, field));
        }
    }
}

fn complete_property(schema: &mut Value, field: &Field, values: Option<&Enum>) {
    for (key, value) in [
        ("x-kubernetes-patch-strategy", field.patch_strategy),
        ("x-kubernetes-patch-merge-key", field.merge_key),
    ] {
        if !value.is_empty() {
            schema[key] = value.into();
        }
    }
    if !field.in_1_32 {
        schema["x-absent-in"] = json!(["1.32"]);
    }
    let Some(values) = values else { return };
    if let Some(element) = ["items", "additionalProperties"].into_iter().find(|key| schema.get(key).is_some())
    {
        schema[element]["enum"] = values.values();
        return;
    }
    schema["enum"] = values.values();
    if let Value::String(description) = &mut schema["description"] {
        description.push_str(&values.description());
    }
}

/// The group of a package, as machinery's fields have it: `core` of `io.k8s.api.core.v1`.
fn group(package: &str) -> Option<&str> {
    match package {
        "io.k8s.apimachinery.pkg.apis.meta.v1" => Some("meta"),
        _ => package.strip_prefix("io.k8s.api.")?.strip_suffix(".v1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<'a>(document: &'a Value, definition: &str, field: &str) -> &'a Value {
        &document["components"]["schemas"][definition]["properties"][field]
    }

    #[test]
    fn the_document_has_every_kind_and_is_closed() {
        let document = document();
        let definitions = document["components"]["schemas"].as_object().expect("definitions");
        let kinds = definitions.values().filter(|d| d.get("x-kubernetes-group-version-kind").is_some());
        assert_eq!(kinds.count(), Kind::ALL.len());
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"").skip(1) {
            let name = reference.split('"').next().and_then(|r| r.strip_prefix("#/components/schemas/"));
            assert!(name.is_some_and(|name| definitions.contains_key(name)), "{name:?}");
        }
    }

    #[test]
    fn every_field_that_the_engine_knows_is_described() {
        let document = document();
        let definitions = document["components"]["schemas"].as_object().expect("definitions");
        let mut seen = 0;
        for (name, definition) in definitions {
            let Some((package, name)) = name.rsplit_once('.') else { panic!("{name}") };
            let Some(go_struct) = group(package).and_then(|group| fields::lookup(group, name)) else {
                continue;
            };
            for field in &go_struct.fields {
                let description = &definition["properties"][field.name]["description"];
                assert!(description.is_string(), "{name}.{}", field.name);
                seen += 1;
            }
        }
        assert!(seen > 900, "{seen}");
    }

    #[test]
    fn what_k8s_openapi_leaves_out_is_added() {
        let document = document();
        let policy = at(&document, "io.k8s.api.apps.v1.StatefulSetSpec", "podManagementPolicy");
        assert_eq!(policy["enum"], json!(["OrderedReady", "Parallel"]));
        let description = policy["description"].as_str().expect("a text");
        assert!(description.contains("\n\nPossible enum values:\n - `\"OrderedReady\"` will create pods in"));
        let modes = at(&document, "io.k8s.api.core.v1.PersistentVolumeClaimSpec", "accessModes");
        assert_eq!(modes["items"]["enum"][2], "ReadWriteOnce");
        let policy = at(&document, "io.k8s.api.storage.v1.StorageClass", "reclaimPolicy");
        assert_eq!(policy["enum"], json!(["Delete", "Recycle", "Retain"]));
        let containers = at(&document, "io.k8s.api.core.v1.PodSpec", "containers");
        assert_eq!(containers["x-kubernetes-patch-merge-key"], "name");
        let service = at(&document, "io.k8s.api.apps.v1.StatefulSetSpec", "serviceName");
        assert_eq!(service["x-required-in"], json!(["1.32"]));
        let newer = at(&document, "io.k8s.api.core.v1.PodSpec", "hostnameOverride");
        assert_eq!(newer["x-absent-in"], json!(["1.32"]));
        let required = |name: &str| document["components"]["schemas"][name].get("required").cloned();
        assert_eq!(required("io.k8s.api.core.v1.Pod"), None);
        assert_eq!(required("io.k8s.api.core.v1.ConfigMapKeySelector"), Some(json!(["key"])));
        let family = at(&document, "io.k8s.api.discovery.v1.EndpointSlice", "addressType");
        assert_eq!(family["enum"], json!(["FQDN", "IPv4", "IPv6"]));
    }
}
