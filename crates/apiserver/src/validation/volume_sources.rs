//! Volume sources that need a storage system which is not simulated: what has to be given.
//!
//! Models the many small functions between validateGCEPersistentDiskVolumeSource and validateCSIVolumeSource in
//! pkg/apis/core/validation/validation.go (v1.36.2). Departs: the forms of iSCSI names, Azure URIs and Quobyte registries,
//! and the options of FlexVolumes are taken as they are.

use k8s_openapi::api::core::v1::{
    CSIPersistentVolumeSource, LocalVolumeSource, PersistentVolumeSpec, SecretReference, Volume,
};
use machinery::field::{FieldError, Path};
use machinery::names;

use super::volumes::no_back_steps;
use super::{Errors, each, required, required_name};

const MAX_DRIVER: usize = 63;

/// A source's path below its volume, and fields that may not be empty.
type Needs<'a> = (&'static str, Vec<(&'static str, &'a str)>);

fn text(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

/// A list counts as given if it has an item.
fn list(items: &[String]) -> &str {
    items.first().map_or("", |_| "given")
}

/// What a pod's volume lacks.
pub fn of_volume(volume: &Volume, path: &Path) -> Errors {
    if let Some(csi) = &volume.csi {
        let path = path.child("csi");
        let mut errors = driver(&csi.driver, &path.child("driver"));
        if let Some(secret) = &csi.node_publish_secret_ref {
            let name = path.child("nodePublishSecretRef").child("name");
            errors.extend(required(&secret.name, &name));
        }
        return errors;
    }
    let needs: [Option<Needs<'_>>; 17] = [
        volume.git_repo.as_ref().map(|s| ("gitRepo", vec![("repository", s.repository.as_str())])),
        volume.gce_persistent_disk.as_ref().map(|s| ("persistentDisk", vec![("pdName", s.pd_name.as_str())])),
        volume
            .aws_elastic_block_store
            .as_ref()
            .map(|s| ("awsElasticBlockStore", vec![("volumeID", s.volume_id.as_str())])),
        volume
            .iscsi
            .as_ref()
            .map(|s| ("iscsi", vec![("targetPortal", s.target_portal.as_str()), ("iqn", &s.iqn)])),
        volume
            .glusterfs
            .as_ref()
            .map(|s| ("glusterfs", vec![("endpoints", s.endpoints.as_str()), ("path", &s.path)])),
        volume
            .persistent_volume_claim
            .as_ref()
            .map(|s| ("persistentVolumeClaim", vec![("claimName", s.claim_name.as_str())])),
        volume.rbd.as_ref().map(|s| ("rbd", vec![("monitors", list(&s.monitors)), ("image", &s.image)])),
        volume.cinder.as_ref().map(|s| ("cinder", vec![("volumeID", s.volume_id.as_str())])),
        volume.cephfs.as_ref().map(|s| ("cephfs", vec![("monitors", list(&s.monitors))])),
        volume.quobyte.as_ref().map(|s| ("quobyte", vec![("volume", s.volume.as_str())])),
        volume.flex_volume.as_ref().map(|s| ("flexVolume", vec![("driver", s.driver.as_str())])),
        volume.azure_file.as_ref().map(|s| {
            ("azureFile", vec![("secretName", s.secret_name.as_str()), ("shareName", &s.share_name)])
        }),
        volume
            .azure_disk
            .as_ref()
            .map(|s| ("azureDisk", vec![("diskName", s.disk_name.as_str()), ("diskURI", &s.disk_uri)])),
        volume
            .vsphere_volume
            .as_ref()
            .map(|s| ("vsphereVolume", vec![("volumePath", s.volume_path.as_str())])),
        volume
            .photon_persistent_disk
            .as_ref()
            .map(|s| ("photonPersistentDisk", vec![("pdID", s.pd_id.as_str())])),
        volume.portworx_volume.as_ref().map(|s| ("portworxVolume", vec![("volumeID", s.volume_id.as_str())])),
        volume.scale_io.as_ref().map(|s| {
            let fields = vec![
                ("gateway", s.gateway.as_str()),
                ("system", &s.system),
                ("volumeName", text(&s.volume_name)),
            ];
            ("scaleIO", fields)
        }),
    ];
    missing(needs.into_iter().flatten(), path)
}

/// What a PersistentVolume's source lacks.
pub fn of_persistent_volume(spec: &PersistentVolumeSpec, path: &Path) -> Errors {
    if let Some(csi) = &spec.csi {
        return persistent_csi(csi, &path.child("csi"));
    }
    if let Some(source) = &spec.local {
        return local(source, &path.child("local"));
    }
    let needs: [Option<Needs<'_>>; 14] = [
        spec.gce_persistent_disk.as_ref().map(|s| ("persistentDisk", vec![("pdName", s.pd_name.as_str())])),
        spec.aws_elastic_block_store
            .as_ref()
            .map(|s| ("awsElasticBlockStore", vec![("volumeID", s.volume_id.as_str())])),
        spec.glusterfs
            .as_ref()
            .map(|s| ("glusterfs", vec![("endpoints", s.endpoints.as_str()), ("path", &s.path)])),
        spec.rbd.as_ref().map(|s| ("rbd", vec![("monitors", list(&s.monitors)), ("image", &s.image)])),
        spec.quobyte.as_ref().map(|s| ("quobyte", vec![("volume", s.volume.as_str())])),
        spec.cephfs.as_ref().map(|s| ("cephfs", vec![("monitors", list(&s.monitors))])),
        spec.iscsi
            .as_ref()
            .map(|s| ("iscsi", vec![("targetPortal", s.target_portal.as_str()), ("iqn", &s.iqn)])),
        spec.cinder.as_ref().map(|s| ("cinder", vec![("volumeID", s.volume_id.as_str())])),
        spec.flex_volume.as_ref().map(|s| ("flexVolume", vec![("driver", s.driver.as_str())])),
        spec.azure_file.as_ref().map(|s| {
            ("azureFile", vec![("secretName", s.secret_name.as_str()), ("shareName", &s.share_name)])
        }),
        spec.vsphere_volume.as_ref().map(|s| ("vsphereVolume", vec![("volumePath", s.volume_path.as_str())])),
        spec.photon_persistent_disk
            .as_ref()
            .map(|s| ("photonPersistentDisk", vec![("pdID", s.pd_id.as_str())])),
        spec.portworx_volume.as_ref().map(|s| ("portworxVolume", vec![("volumeID", s.volume_id.as_str())])),
        spec.azure_disk
            .as_ref()
            .map(|s| ("azureDisk", vec![("diskName", s.disk_name.as_str()), ("diskURI", &s.disk_uri)])),
    ];
    missing(needs.into_iter().flatten(), path)
}

fn missing<'a>(needs: impl Iterator<Item = Needs<'a>>, path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (source, fields) in needs.take(1) {
        let path = path.child(source);
        errors.extend(fields.into_iter().filter_map(|(name, value)| required(value, &path.child(name))));
    }
    errors
}

/// ValidateCSIDriverName.
fn driver(name: &str, path: &Path) -> Errors {
    let mut errors: Errors = required(name, path).into_iter().collect();
    if name.len() > MAX_DRIVER {
        errors.push(FieldError::too_long(path, MAX_DRIVER));
    }
    errors.extend(each(names::dns1123_subdomain(&name.to_ascii_lowercase()), path, name));
    errors
}

fn persistent_csi(source: &CSIPersistentVolumeSource, path: &Path) -> Errors {
    let mut errors = driver(&source.driver, &path.child("driver"));
    errors.extend(required(&source.volume_handle, &path.child("volumeHandle")));
    for (field, secret) in [
        ("controllerPublishSecretRef", &source.controller_publish_secret_ref),
        ("controllerExpandSecretRef", &source.controller_expand_secret_ref),
        ("nodePublishSecretRef", &source.node_publish_secret_ref),
        ("nodeExpandSecretRef", &source.node_expand_secret_ref),
    ] {
        errors.extend(secret.iter().flat_map(|secret| secret_reference(secret, &path.child(field))));
    }
    errors
}

/// validatePVSecretReference.
fn secret_reference(secret: &SecretReference, path: &Path) -> Errors {
    let mut errors = required_name(text(&secret.name), names::dns1123_subdomain, &path.child("name"));
    errors.extend(required_name(text(&secret.namespace), names::dns1123_label, &path.child("namespace")));
    errors
}

/// validateLocalVolumeSource.
fn local(source: &LocalVolumeSource, path: &Path) -> Errors {
    let path = path.child("path");
    match source.path.as_str() {
        "" => vec![FieldError::required(&path, "")],
        text => no_back_steps(text, &path),
    }
}
