//! What the admission plugins that are on by default change and refuse.
//!
//! Models plugin/pkg/admission: namespace/lifecycle, serviceaccount, storage/storageobjectinuseprotection,
//! storage/storageclass/setdefault, defaulttolerationseconds, priority, storage/persistentvolume/resize (v1.36.2).
//! Departs in one point: every namespace has the service account `default`, and no other is asked for.

use std::cmp::Reverse;
use std::sync::Arc;

use client::api::Refusal;
use k8s_openapi::api::core::v1::{
    ConfigMapProjection, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath, ObjectFieldSelector,
    PersistentVolumeClaim, Pod, PodSpec, ProjectedVolumeSource, ServiceAccountTokenProjection, Toleration,
    Volume, VolumeMount, VolumeProjection,
};
use k8s_openapi::api::storage::v1::StorageClass;
use machinery::quantity::Quantity;
use machinery::{Kind, Object, Resource, Status};

use crate::server::{Env, Server};

const TOLERATION_SECONDS: i64 = 300;
const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";
/// Where every container finds its account's token.
const TOKEN_MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const TOKEN_VOLUME_PREFIX: &str = "kube-api-access-";
/// A little over an hour, so that a kubelet renews the token within the hour (serviceaccount/admission.go).
const TOKEN_SECONDS: i64 = 3607;
const FILE_MODE: i32 = 0o644;
/// Namespaces that always exist.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Completes a new object, or refuses it.
///
/// # Errors
/// Where its namespace is missing or terminating.
pub fn create(server: &Server, env: &mut Env<'_>, object: &mut Object) -> Result<(), Refusal> {
    namespace_exists(server, object)?;
    match object {
        Object::Pod(pod) => {
            let pod = Arc::make_mut(pod);
            service_account(env, pod);
            let spec = pod.spec.get_or_insert_default();
            tolerations(spec);
            spec.priority.get_or_insert(0);
            spec.preemption_policy.get_or_insert_with(|| "PreemptLowerPriority".to_owned());
        }
        Object::PersistentVolume(volume) => protect(Arc::make_mut(volume), "kubernetes.io/pv-protection"),
        Object::PersistentVolumeClaim(claim) => {
            let claim = Arc::make_mut(claim);
            protect(claim, "kubernetes.io/pvc-protection");
            default_class(server, claim);
        }
        _ => {}
    }
    Ok(())
}

/// Refuses a change that validation alone would let through.
///
/// # Errors
/// Where a claim grows that cannot.
pub fn update(server: &Server, old: &Object, new: &Object) -> Result<(), Refusal> {
    match (old, new) {
        (Object::PersistentVolumeClaim(old), Object::PersistentVolumeClaim(new)) => resize(server, old, new),
        _ => Ok(()),
    }
}

/// Refuses to remove what has to stay.
///
/// # Errors
/// For the namespaces that always exist.
pub fn delete(object: &Object) -> Result<(), Refusal> {
    if object.kind() == Kind::Namespace && IMMORTAL.contains(&object.name()) {
        let why = "this namespace may not be deleted";
        return Err(Box::new(Status::forbidden(Kind::Namespace, object.name(), why)));
    }
    Ok(())
}

fn namespace_exists(server: &Server, object: &Object) -> Result<(), Refusal> {
    let name = object.namespace();
    if !object.kind().is_namespaced() {
        return Ok(());
    }
    let Some(namespace) = server.store.get(Kind::Namespace, "", name) else {
        return Err(Box::new(Status::not_found(Kind::Namespace, name)));
    };
    if namespace.meta().deletion_timestamp.is_some() {
        let why = format!("unable to create new content in namespace {name} because it is being terminated");
        return Err(Box::new(Status::forbidden(object.kind(), object.name(), &why)));
    }
    Ok(())
}

fn protect<K: Resource>(object: &mut K, finalizer: &str) {
    let finalizers = object.meta_mut().finalizers.get_or_insert_default();
    if !finalizers.iter().any(|f| f == finalizer) {
        finalizers.push(finalizer.to_owned());
    }
}

/// The newest default class, of several equally new ones the first by name (pkg/volume/util/storageclass.go).
fn default_class(server: &Server, claim: &mut PersistentVolumeClaim) {
    let spec = claim.spec.get_or_insert_default();
    if spec.storage_class_name.is_some() {
        return;
    }
    let is_default = |class: &&Arc<StorageClass>| {
        let annotations = class.metadata.annotations.as_ref();
        annotations.and_then(|a| a.get(DEFAULT_CLASS)).is_some_and(|value| value == "true")
    };
    let age = |class: &&Arc<StorageClass>| {
        (class.metadata.creation_timestamp.clone(), Reverse(class.name().to_owned()))
    };
    let newest = server.list::<StorageClass>("").filter(is_default).max_by_key(age);
    spec.storage_class_name = newest.map(|class| class.name().to_owned());
}

fn tolerations(spec: &mut PodSpec) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let given = spec.tolerations.get_or_insert_default();
        let tolerates = |t: &Toleration| {
            let named = t.key.as_deref().unwrap_or_default();
            let effect = t.effect.as_deref().unwrap_or_default();
            (named == key || named.is_empty()) && (effect == "NoExecute" || effect.is_empty())
        };
        if !given.iter().any(tolerates) {
            given.push(Toleration {
                key: Some(key.to_owned()),
                operator: Some("Exists".to_owned()),
                effect: Some("NoExecute".to_owned()),
                toleration_seconds: Some(TOLERATION_SECONDS),
                value: None,
            });
        }
    }
}

/// The account, and the volume with its token, mounted where the container has nothing else at that path.
fn service_account(env: &mut Env<'_>, pod: &mut Pod) {
    let spec = pod.spec.get_or_insert_default();
    if spec.service_account_name.as_deref().unwrap_or_default().is_empty() {
        spec.service_account_name = Some("default".to_owned());
    }
    spec.service_account.clone_from(&spec.service_account_name);
    if spec.automount_service_account_token == Some(false) {
        return;
    }
    let is_token = |v: &Volume| v.name.starts_with(TOKEN_VOLUME_PREFIX);
    let existing = spec.volumes.iter().flatten().find(|v| is_token(v)).map(|v| v.name.clone());
    let name = existing
        .clone()
        .unwrap_or_else(|| format!("{TOKEN_VOLUME_PREFIX}{}", env.choices.suffix(TOKEN_VOLUME_PREFIX, 5)));
    let mut is_mounted = false;
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        let mounts = container.volume_mounts.get_or_insert_default();
        if mounts.iter().all(|mount| mount.mount_path != TOKEN_MOUNT_PATH) {
            mounts.push(VolumeMount {
                name: name.clone(),
                read_only: Some(true),
                mount_path: TOKEN_MOUNT_PATH.to_owned(),
                ..Default::default()
            });
            is_mounted = true;
        }
    }
    if is_mounted && existing.is_none() {
        spec.volumes.get_or_insert_default().push(token_volume(name));
    }
}

fn token_volume(name: String) -> Volume {
    let token = ServiceAccountTokenProjection {
        expiration_seconds: Some(TOKEN_SECONDS),
        path: "token".to_owned(),
        audience: None,
    };
    let root = ConfigMapProjection {
        name: "kube-root-ca.crt".to_owned(),
        items: Some(vec![KeyToPath { key: "ca.crt".to_owned(), path: "ca.crt".to_owned(), mode: None }]),
        optional: None,
    };
    let field = ObjectFieldSelector {
        api_version: Some("v1".to_owned()),
        field_path: "metadata.namespace".to_owned(),
    };
    let namespace =
        DownwardAPIVolumeFile { path: "namespace".to_owned(), field_ref: Some(field), ..Default::default() };
    let sources = vec![
        VolumeProjection { service_account_token: Some(token), ..Default::default() },
        VolumeProjection { config_map: Some(root), ..Default::default() },
        VolumeProjection {
            downward_api: Some(DownwardAPIProjection { items: Some(vec![namespace]) }),
            ..Default::default()
        },
    ];
    let projected = ProjectedVolumeSource { default_mode: Some(FILE_MODE), sources: Some(sources) };
    Volume { name, projected: Some(projected), ..Default::default() }
}

fn resize(server: &Server, old: &PersistentVolumeClaim, new: &PersistentVolumeClaim) -> Result<(), Refusal> {
    let requested = |claim: &PersistentVolumeClaim| {
        let requests = claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?;
        Quantity::parse(&requests.get("storage")?.0).ok()
    };
    if requested(new) <= requested(old) {
        return Ok(());
    }
    let forbidden = |why| Err(Box::new(Status::forbidden(Kind::PersistentVolumeClaim, new.name(), why)));
    let phase = old.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or_default();
    if phase != "Bound" {
        return forbidden("Only bound persistent volume claims can be expanded");
    }
    let class = new.spec.as_ref().and_then(|s| s.storage_class_name.as_deref()).unwrap_or_default();
    let class = server.get::<StorageClass>("", class);
    if class.is_none_or(|class| class.allow_volume_expansion != Some(true)) {
        return forbidden(
            "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
        );
    }
    Ok(())
}
