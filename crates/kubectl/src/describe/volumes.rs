//! Volumes in the description of a pod or a template, and sources of persistent volumes.
//!
//! Models describeVolumes of kubectl/pkg/describe/describe.go, for the sources that can occur here.

use k8s_openapi::api::core::v1::{NFSVolumeSource, PersistentVolumeSpec, Volume, VolumeProjection};

use machinery::version::Features;

use super::text::Text;

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
        for (name, value) in source(volume, text.features) {
            text.field(2, name, value);
        }
    }
}

type Fields = Vec<(&'static str, String)>;

fn source(volume: &Volume, features: Features) -> Fields {
    let flag = |flag: Option<bool>| flag.unwrap_or(false).to_string();
    if let Some(path) = &volume.host_path {
        host_path(&path.path, path.type_.as_deref())
    } else if let Some(directory) = &volume.empty_dir {
        let limit = directory.size_limit.as_ref().map_or("<unset>", |limit| limit.0.as_str());
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
    } else {
        vec![("<unknown>", String::new())]
    }
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

/// Where a persistent volume's data are.
pub(super) fn persistent(spec: &PersistentVolumeSpec) -> Fields {
    if let Some(path) = &spec.host_path {
        host_path(&path.path, path.type_.as_deref())
    } else if let Some(share) = &spec.nfs {
        nfs(share)
    } else if let Some(local) = &spec.local {
        vec![
            ("Type", "LocalVolume (a persistent volume backed by local storage on a node)".to_owned()),
            ("Path", local.path.clone()),
        ]
    } else if let Some(csi) = &spec.csi {
        vec![
            ("Type", "CSI (a Container Storage Interface (CSI) volume source)".to_owned()),
            ("Driver", csi.driver.clone()),
            ("FSType", csi.fs_type.clone().unwrap_or_default()),
            ("VolumeHandle", csi.volume_handle.clone()),
            ("ReadOnly", csi.read_only.unwrap_or(false).to_string()),
        ]
    } else {
        vec![("<unknown>", String::new())]
    }
}
