//! Volumes in the description of a pod or a template, and sources of persistent volumes.
//!
//! Models describeVolumes of kubectl/pkg/describe/describe.go. Those with nothing but fields are in [`vendors`].

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    CSIVolumeSource, DownwardAPIVolumeSource, EphemeralVolumeSource, NFSVolumeSource, PersistentVolumeSpec,
    Volume, VolumeProjection,
};
use machinery::quantity::Quantity;
use machinery::version::Features;

use serde::Serialize;

use super::text::{Text, shorten};
use super::vendors;
use crate::printers::storage::template_class;

/// Longer attributes are cut.
const MAX_ATTRIBUTE: usize = 140;

/// Adds volumes; `indent` is two blanks in a template and nothing in a pod.
pub(super) fn describe(text: &mut Text, volumes: Option<&[Volume]>, indent: &str) {
    let volumes = volumes.unwrap_or_default();
    if volumes.is_empty() {
        text.raw(&format!("{indent}Volumes:\t<none>\n"));
        return;
    }
    text.raw(&format!("{indent}Volumes:\n"));
    for volume in volumes {
        let name_indent = if indent.is_empty() { "" } else { " " };
        text.line(1, format!("{name_indent}{}:", volume.name));
        if let Some(source) = &volume.downward_api {
            downward_api(text, source);
        } else if let Some(source) = &volume.ephemeral {
            ephemeral(text, source);
        } else if let Some(source) = &volume.csi {
            inline_csi(text, source);
        } else {
            match source(volume, text.features) {
                Some(fields) => add(text, fields),
                None => add_other(text, volume, false),
            }
        }
    }
}

fn add(text: &mut Text, fields: Fields) {
    for (name, value) in fields {
        text.field(2, name, value);
    }
}

/// Adds a volume of a kind of its own; `volume` is what has its source.
fn add_other(text: &mut Text, volume: &impl Serialize, is_persistent: bool) {
    let lines = vendors::lines(&serde_json::to_value(volume).unwrap_or_default(), is_persistent);
    if lines.is_empty() {
        text.line(1, "<unknown>");
    }
    for line in lines {
        text.line(2, line);
    }
}

fn downward_api(text: &mut Text, source: &DownwardAPIVolumeSource) {
    text.field(2, "Type", "DownwardAPI (a volume populated by information about the pod)");
    text.line(2, "Items:");
    for item in source.items.iter().flatten() {
        if let Some(field) = &item.field_ref {
            text.line(3, format!("{} -> {}", field.field_path, item.path));
        }
        if let Some(field) = &item.resource_field_ref {
            text.line(3, format!("{} -> {}", field.resource, item.path));
        }
    }
}

fn ephemeral(text: &mut Text, source: &EphemeralVolumeSource) {
    let kind =
        "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)";
    text.field(2, "Type", kind);
    let Some(template) = &source.volume_claim_template else { return };
    let (meta, spec) = (template.metadata.clone().unwrap_or_default(), &template.spec);
    text.field(2, "StorageClass", template_class(&meta, spec));
    text.field(2, "Volume", spec.volume_name.as_deref().unwrap_or_default());
    let labels = meta.labels.iter().flatten().map(|(key, value)| format!("{key}={value}"));
    nested(text, "Labels", "        ", &labels.collect::<Vec<_>>());
    let annotations = meta.annotations.iter().flatten().map(|(key, value)| format!("{key}: {value}"));
    nested(text, "Annotations", "    ", &annotations.collect::<Vec<_>>());
    // A template has neither yet.
    text.field(2, "Capacity", "");
    text.field(2, "Access Modes", "");
    if let Some(mode) = &spec.volume_mode {
        text.field(2, "VolumeMode", mode);
    }
}

fn inline_csi(text: &mut Text, csi: &CSIVolumeSource) {
    text.field(2, "Type", CSI);
    text.field(2, "Driver", &csi.driver);
    text.field(2, "FSType", csi.fs_type.as_deref().unwrap_or_default());
    text.field(2, "ReadOnly", csi.read_only.unwrap_or(false).to_string());
    attributes(text, csi.volume_attributes.as_ref());
}

/// What is told to a driver (printCSIPersistentVolumeAttributesMultiline).
fn attributes(text: &mut Text, attributes: Option<&BTreeMap<String, String>>) {
    let lines: Vec<String> = attributes
        .into_iter()
        .flatten()
        .map(|(key, value)| shorten(&format!("{key}={value}"), MAX_ATTRIBUTE))
        .collect();
    match lines.as_slice() {
        [] => text.field(2, "VolumeAttributes", "<none>"),
        lines => nested(text, "VolumeAttributes", "        ", lines),
    }
}

/// Lines behind a name, as a writer with a prefix of its own leaves them: each of its pieces gets the prefix.
fn nested(text: &mut Text, name: &str, below: &str, lines: &[String]) {
    let none = ["<none>".to_owned()];
    let lines = if lines.is_empty() { &none[..] } else { lines };
    text.field(2, name, format!("    {}", lines[0]));
    for line in &lines[1..] {
        text.line(0, format!("{below}\t    {line}"));
    }
}

type Fields = Vec<(&'static str, String)>;

fn source(volume: &Volume, features: Features) -> Option<Fields> {
    let flag = |flag: Option<bool>| flag.unwrap_or(false).to_string();
    Some(if let Some(path) = &volume.host_path {
        host_path(&path.path, path.type_.as_deref())
    } else if let Some(directory) = &volume.empty_dir {
        let limit = directory.size_limit.as_ref().map(|limit| limit.0.as_str());
        let is_set = |limit: &&str| Quantity::parse(limit).is_ok_and(|limit| limit.sign() > 0);
        let limit = limit.filter(is_set).unwrap_or("<unset>");
        vec![
            ("Type", "EmptyDir (a temporary directory that shares a pod's lifetime)".to_owned()),
            ("Medium", directory.medium.clone().unwrap_or_default()),
            ("SizeLimit", limit.to_owned()),
        ]
    } else if let Some(secret) = &volume.secret {
        vec![
            ("Type", "Secret (a volume populated by a Secret)".to_owned()),
            ("SecretName", secret.secret_name.clone().unwrap_or_default()),
            ("Optional", flag(secret.optional)),
        ]
    } else if let Some(config_map) = &volume.config_map {
        vec![
            ("Type", "ConfigMap (a volume populated by a ConfigMap)".to_owned()),
            ("Name", config_map.name.clone()),
            ("Optional", flag(config_map.optional)),
        ]
    } else if let Some(share) = &volume.nfs {
        nfs(share)
    } else if let Some(claim) = &volume.persistent_volume_claim {
        vec![
            (
                "Type",
                "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)"
                    .to_owned(),
            ),
            ("ClaimName", claim.claim_name.clone()),
            ("ReadOnly", flag(claim.read_only)),
        ]
    } else if let Some(projected) = &volume.projected {
        let kind = "Projected (a volume that contains injected data from multiple sources)".to_owned();
        let sources = projected.sources.iter().flatten().flat_map(|source| projection(source, features));
        std::iter::once(("Type", kind)).chain(sources).collect()
    } else if let Some(image) = &volume.image {
        vec![
            ("Type", "Image (a container image or OCI artifact)".to_owned()),
            ("Reference", image.reference.clone().unwrap_or_default()),
            ("PullPolicy", image.pull_policy.clone().unwrap_or_default()),
        ]
    } else {
        return None;
    })
}

fn projection(source: &VolumeProjection, features: Features) -> Fields {
    let flag = |old_name, flag: Option<bool>| match flag {
        _ if features.optional_sources_are_told_plainly() => ("Optional", flag.unwrap_or(false).to_string()),
        None => (old_name, "<nil>".to_owned()),
        // Where Go has it in memory.
        Some(_) => (old_name, "0xc000000000".to_owned()),
    };
    if let Some(secret) = &source.secret {
        vec![("SecretName", secret.name.clone()), flag("SecretOptionalName", secret.optional)]
    } else if source.downward_api.is_some() {
        vec![("DownwardAPI", "true".to_owned())]
    } else if let Some(config_map) = &source.config_map {
        vec![("ConfigMapName", config_map.name.clone()), flag("ConfigMapOptional", config_map.optional)]
    } else if let Some(token) = &source.service_account_token {
        vec![("TokenExpirationSeconds", token.expiration_seconds.unwrap_or(0).to_string())]
    } else {
        Vec::new()
    }
}

fn host_path(path: &str, kind: Option<&str>) -> Fields {
    vec![
        ("Type", "HostPath (bare host directory volume)".to_owned()),
        ("Path", path.to_owned()),
        ("HostPathType", kind.unwrap_or("<none>").to_owned()),
    ]
}

fn nfs(share: &NFSVolumeSource) -> Fields {
    vec![
        ("Type", "NFS (an NFS mount that lasts the lifetime of a pod)".to_owned()),
        ("Server", share.server.clone()),
        ("Path", share.path.clone()),
        ("ReadOnly", share.read_only.unwrap_or(false).to_string()),
    ]
}

const CSI: &str = "CSI (a Container Storage Interface (CSI) volume source)";

/// Adds where a persistent volume's data are.
pub(super) fn describe_persistent(text: &mut Text, spec: &PersistentVolumeSpec) {
    if let Some(path) = &spec.host_path {
        add(text, host_path(&path.path, path.type_.as_deref()));
    } else if let Some(share) = &spec.nfs {
        add(text, nfs(share));
    } else if let Some(local) = &spec.local {
        let kind = "LocalVolume (a persistent volume backed by local storage on a node)";
        add(text, vec![("Type", kind.to_owned()), ("Path", local.path.clone())]);
    } else if let Some(csi) = &spec.csi {
        let fields = vec![
            ("Type", CSI.to_owned()),
            ("Driver", csi.driver.clone()),
            ("FSType", csi.fs_type.clone().unwrap_or_default()),
            ("VolumeHandle", csi.volume_handle.clone()),
            ("ReadOnly", csi.read_only.unwrap_or(false).to_string()),
        ];
        add(text, fields);
        attributes(text, csi.volume_attributes.as_ref());
    } else {
        add_other(text, spec, true);
    }
}
