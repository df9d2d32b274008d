//! What the admission plugins that are on by default change and refuse.
//!
//! Models plugin/pkg/admission: namespace/lifecycle, serviceaccount, storage/storageobjectinuseprotection,
//! storage/storageclass/setdefault, defaulttolerationseconds, priority, runtimeclass, storage/persistentvolume/resize (v1.36.2).
//! Departs in two points: an account is not asked which secrets its pods may mount, and as there are no kinds PriorityClass
//! and RuntimeClass, the classes are the system's own and those of pods that were taken over from another cluster.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use client::api::Refusal;
use k8s_openapi::api::core::v1::{
    ConfigMapProjection, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath, ObjectFieldSelector,
    PersistentVolumeClaim, Pod, PodSpec, ProjectedVolumeSource, ServiceAccount,
    ServiceAccountTokenProjection, Toleration, Volume, VolumeMount, VolumeProjection,
};
use k8s_openapi::api::storage::v1::StorageClass;
use machinery::quantity::Quantity;
use machinery::{Kind, Object, Resource, Status, go_text};

use crate::made;
use crate::server::{Env, Server};
use crate::strategy::persistent_volume_claim::BETA_CLASS;

const TOLERATION_SECONDS: i64 = 300;
/// What marks a class as the default.
const DEFAULT_CLASS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
/// Where every container finds its account's token.
const TOKEN_MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// What the volume with that token is called, before five letters.
pub(crate) const TOKEN_VOLUME_PREFIX: &str = "kube-api-access-";
/// A little over an hour, so that a kubelet renews the token within the hour (serviceaccount/admission.go).
const TOKEN_SECONDS: i64 = 3607;
const FILE_MODE: i32 = 0o644;
/// The priority classes of every cluster, with their values.
const SYSTEM_CLASSES: [(&str, i32); 2] =
    [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];
/// The policy of every class that says nothing else.
const PREEMPTS: &str = "PreemptLowerPriority";
/// Namespaces that always exist.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Completes a new object, or refuses it.
///
/// # Errors
/// Where its namespace is missing or terminating, or a pod's account, priority class or runtime class is missing.
pub fn create(server: &Server, env: &mut Env<'_>, object: &mut Object) -> Result<(), Refusal> {
    namespace_exists(server, object)?;
    match object {
        Object::Pod(pod) => {
            let pod = Arc::make_mut(pod);
            // A name that is still to be made is told by its beginning.
            let generated = pod.metadata.generate_name.clone().filter(|_| pod.name().is_empty());
            let name = generated.unwrap_or_else(|| pod.name().to_owned());
            let forbidden = |why: String| Box::new(Status::forbidden(Kind::Pod, &name, &why));
            service_account(server, env, pod).map_err(forbidden)?;
            let spec = pod.spec.get_or_insert_default();
            tolerations(spec);
            priority(&server.priority_classes, spec).map_err(forbidden)?;
            runtime_class(&server.runtime_classes, spec).map_err(forbidden)?;
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

/// What priority classes say, by name: the value and whether it preempts.
pub type PriorityClasses = BTreeMap<String, (i32, String)>;

/// The classes that every cluster has (pkg/apis/scheduling/v1/helpers.go).
pub fn system_classes() -> PriorityClasses {
    let class = |(name, value): (&str, i32)| (name.to_owned(), (value, PREEMPTS.to_owned()));
    SYSTEM_CLASSES.into_iter().map(class).collect()
}

/// Learns of the classes that an object of another cluster names. A pod was given its class's value there; a template only
/// tells that there is such a class.
pub fn learn_class(classes: &mut PriorityClasses, object: &Object) {
    let Some(spec) = object.pod_spec() else { return };
    let Some(class) = spec.priority_class_name.clone().filter(|class| !class.is_empty()) else { return };
    let policy = spec.preemption_policy.clone().unwrap_or_else(|| PREEMPTS.to_owned());
    let says = (spec.priority.unwrap_or_default(), policy);
    if SYSTEM_CLASSES.iter().any(|(name, _)| *name == class) {
        return;
    }
    match object.kind() {
        Kind::Pod => drop(classes.insert(class, says)),
        _ => drop(classes.entry(class).or_insert(says)),
    }
}

/// What the pod's class says of its priority; a pod may not say anything else (plugin/pkg/admission/priority).
fn priority(classes: &PriorityClasses, spec: &mut PodSpec) -> Result<(), String> {
    let class = spec.priority_class_name.as_deref().unwrap_or_default();
    let (computed, policy) = match classes.get(class) {
        Some((value, policy)) => (*value, policy.as_str()),
        None if class.is_empty() => (0, PREEMPTS),
        None => return Err(format!("no PriorityClass with name {class} was found")),
    };
    let given = *spec.priority.get_or_insert(computed);
    if given != computed {
        return Err(format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {computed} from the given PriorityClass name"
        ));
    }
    let given = spec.preemption_policy.get_or_insert_with(|| policy.to_owned());
    if given != policy {
        return Err(format!(
            "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name"
        ));
    }
    Ok(())
}

/// The runtime class that an object of another cluster names.
pub fn runtime_class_of(object: &Object) -> Option<String> {
    object.pod_spec()?.runtime_class_name.clone()
}

/// A pod's runtime class is there, and alone says what the pod takes besides its containers
/// (plugin/pkg/admission/runtimeclass).
fn runtime_class(classes: &BTreeSet<String>, spec: &PodSpec) -> Result<(), String> {
    match &spec.runtime_class_name {
        Some(name) if !classes.contains(name) => {
            Err(format!("pod rejected: RuntimeClass {} not found", go_text::quote(name)))
        }
        None if spec.overhead.is_some() => {
            Err("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
                .to_owned())
        }
        _ => Ok(()),
    }
}

fn protect<K: Resource>(object: &mut K, finalizer: &str) {
    let finalizers = object.meta_mut().finalizers.get_or_insert_default();
    if !finalizers.iter().any(|f| f == finalizer) {
        finalizers.push(finalizer.to_owned());
    }
}

/// The newest default class, of several equally new ones the first by name (pkg/volume/util/storageclass.go).
fn default_class(server: &Server, claim: &mut PersistentVolumeClaim) {
    let annotations = claim.metadata.annotations.as_ref();
    let is_annotated = annotations.is_some_and(|annotations| annotations.contains_key(BETA_CLASS));
    let spec = claim.spec.get_or_insert_default();
    if spec.storage_class_name.is_some() || is_annotated {
        return;
    }
    let is_default = |class: &&Arc<StorageClass>| {
        let mut annotations = class.metadata.annotations.iter().flatten();
        annotations.any(|(key, value)| DEFAULT_CLASS.contains(&key.as_str()) && value == "true")
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
fn service_account(server: &Server, env: &mut Env<'_>, pod: &mut Pod) -> Result<(), String> {
    let namespace = pod.namespace().to_owned();
    let spec = pod.spec.get_or_insert_default();
    if spec.service_account_name.as_deref().unwrap_or_default().is_empty() {
        spec.service_account_name = Some("default".to_owned());
    }
    spec.service_account.clone_from(&spec.service_account_name);
    let name = spec.service_account_name.as_deref().unwrap_or_default();
    let Some(account) = account(server, &namespace, name) else {
        return Err(format!(
            "error looking up service account {namespace}/{name}: serviceaccount \"{name}\" not found"
        ));
    };
    if spec.image_pull_secrets.as_ref().is_none_or(Vec::is_empty) {
        spec.image_pull_secrets = account.image_pull_secrets;
    }
    let automount = spec.automount_service_account_token.or(account.automount_service_account_token);
    if automount == Some(false) {
        return Ok(());
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
    Ok(())
}

fn account(server: &Server, namespace: &str, name: &str) -> Option<ServiceAccount> {
    match made::one(server, Kind::ServiceAccount, namespace, name)? {
        Object::ServiceAccount(account) => Some(Arc::unwrap_or_clone(account)),
        _ => None,
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
