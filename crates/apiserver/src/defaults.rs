//! The defaults that pods and pod templates share.
//!
//! Models SetDefaults_PodSpec and its companions in pkg/apis/core/v1/defaults.go (v1.36.2). Invariant: applying them twice
//! is applying them once.

use k8s_openapi::api::core::v1::{
    Container, EnvVar, HTTPGetAction, Lifecycle, PersistentVolumeSpec, PodSpec, Probe, Volume,
    VolumeProjection,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Text;
use machinery::image::{self, Version};
use machinery::quantity::Quantity;
use std::collections::BTreeMap;

use crate::validation::resources;

/// Mode of projected files: 0644.
const FILE_MODE: i32 = 0o644;
/// Seconds that a service account token lives (SetDefaults_ServiceAccountTokenProjection).
const TOKEN_SECONDS: i64 = 3600;

/// Fills in a pod's or template's spec.
pub fn pod_spec(spec: &mut PodSpec) {
    or(&mut spec.dns_policy, "ClusterFirst");
    or(&mut spec.restart_policy, "Always");
    or(&mut spec.scheduler_name, "default-scheduler");
    spec.security_context.get_or_insert_default();
    spec.termination_grace_period_seconds.get_or_insert(30);
    // Either name of the account stands for both (pkg/apis/core/v1/conversion.go).
    if spec.service_account_name.is_none() {
        spec.service_account_name.clone_from(&spec.service_account);
    }
    spec.service_account.clone_from(&spec.service_account_name);
    for volume in spec.volumes.iter_mut().flatten() {
        default_volume(volume);
    }
    for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        default_container(container);
    }
}

/// On the host's network a port is open under its own number (SetDefaults_Pod); templates do not get this.
pub fn host_ports(spec: &mut PodSpec) {
    if spec.host_network != Some(true) {
        return;
    }
    let containers = spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten());
    for port in containers.flat_map(|container| container.ports.iter_mut().flatten()) {
        port.host_port.get_or_insert(port.container_port);
    }
}

/// Requests that are not given equal the limits (SetDefaults_Pod); templates do not get this.
pub fn requests_from_limits(spec: &mut PodSpec) {
    for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        let Some(resources) = &mut container.resources else {
            continue;
        };
        for (name, limit) in resources.limits.iter().flatten() {
            let requests = resources.requests.get_or_insert_default();
            requests.entry(name.clone()).or_insert_with(|| limit.clone());
        }
    }
}

/// A pod with limits of its own has requests as well: what its containers ask for, or else the limits (defaultPodRequests).
pub fn requests_of_pod(spec: &mut PodSpec) {
    let Some(own) = spec.resources.as_ref() else {
        return;
    };
    let Some(limits) = own.limits.as_ref().filter(|limits| !limits.is_empty()) else {
        return;
    };
    let mut requests = own.requests.clone().unwrap_or_default();
    for name in ["cpu", "memory"] {
        if let Some(sum) = resources::of_all_containers(spec, "requests", name) {
            requests.entry(name.to_owned()).or_insert_with(|| Text(sum.to_string()));
        }
    }
    for (name, limit) in limits.iter().filter(|(name, _)| resources::is_of_pods(name)) {
        requests.entry(name.clone()).or_insert_with(|| limit.clone());
    }
    if let Some(own) = spec.resources.as_mut().filter(|_| !requests.is_empty()) {
        own.requests = Some(requests);
    }
}

fn or(field: &mut Option<String>, value: &str) {
    if field.as_deref().unwrap_or_default().is_empty() {
        *field = Some(value.to_owned());
    }
}

fn default_container(container: &mut Container) {
    let policy = pull_policy(container.image.as_deref().unwrap_or_default());
    or(&mut container.image_pull_policy, policy);
    or(&mut container.termination_message_path, "/dev/termination-log");
    or(&mut container.termination_message_policy, "File");
    let resources = container.resources.get_or_insert_default();
    round_up_to_milli(resources.limits.as_mut());
    round_up_to_milli(resources.requests.as_mut());
    for port in container.ports.iter_mut().flatten() {
        or(&mut port.protocol, "TCP");
    }
    container.env.iter_mut().flatten().for_each(default_env);
    let probes =
        [&mut container.readiness_probe, &mut container.liveness_probe, &mut container.startup_probe];
    probes.into_iter().flatten().for_each(default_probe);
    if let Some(Lifecycle { post_start, pre_stop, .. }) = &mut container.lifecycle {
        let handlers = [post_start, pre_stop];
        handlers.into_iter().flatten().filter_map(|h| h.http_get.as_mut()).for_each(default_http_get);
    }
}

/// SetDefaults_Container: what the tag says; a name that is none has no tag.
fn pull_policy(image: &str) -> &'static str {
    match image::version(image) {
        Ok(Version { tag: None, digest: None } | Version { tag: Some("latest"), .. }) => "Always",
        _ => "IfNotPresent",
    }
}

/// SetDefaults_ResourceList.
fn round_up_to_milli(list: Option<&mut BTreeMap<String, Text>>) {
    for text in list.into_iter().flatten().map(|(_, text)| text) {
        if let Ok(mut quantity) = Quantity::parse(&text.0)
            && !quantity.round_up(-3)
        {
            text.0 = quantity.to_string();
        }
    }
}

fn default_env(env: &mut EnvVar) {
    if let Some(field) = env.value_from.as_mut().and_then(|from| from.field_ref.as_mut()) {
        or(&mut field.api_version, "v1");
    }
}

fn default_http_get(get: &mut HTTPGetAction) {
    or(&mut get.path, "/");
    or(&mut get.scheme, "HTTP");
}

fn default_probe(probe: &mut Probe) {
    // A zero counts as not given: these fields are no pointers in Go.
    let or = |field: &mut Option<i32>, value: i32| {
        if field.unwrap_or(0) == 0 {
            *field = Some(value);
        }
    };
    or(&mut probe.timeout_seconds, 1);
    or(&mut probe.period_seconds, 10);
    or(&mut probe.success_threshold, 1);
    or(&mut probe.failure_threshold, 3);
    if let Some(get) = &mut probe.http_get {
        default_http_get(get);
    }
    if let Some(grpc) = &mut probe.grpc {
        grpc.service.get_or_insert_default();
    }
}

/// Disks and shares: pods' volumes and PersistentVolumes have types of their own for them, with the same defaults.
macro_rules! default_disks {
    ($of:expr) => {
        if let Some(target) = &mut $of.iscsi {
            or(&mut target.iscsi_interface, "default");
        }
        if let Some(image) = &mut $of.rbd {
            or(&mut image.pool, "rbd");
            or(&mut image.user, "admin");
            or(&mut image.keyring, "/etc/ceph/keyring");
        }
        if let Some(disk) = &mut $of.azure_disk {
            disk.caching_mode.get_or_insert_with(|| "ReadWrite".to_owned());
            disk.kind.get_or_insert_with(|| "Shared".to_owned());
            disk.fs_type.get_or_insert_with(|| "ext4".to_owned());
            disk.read_only.get_or_insert(false);
        }
        if let Some(disk) = &mut $of.scale_io {
            or(&mut disk.storage_mode, "ThinProvisioned");
            or(&mut disk.fs_type, "xfs");
        }
    };
}

fn default_volume(volume: &mut Volume) {
    let Volume { secret, config_map, downward_api, projected, ephemeral, host_path, image, .. } = volume;
    default_disks!(volume);
    if let Some(secret) = secret {
        secret.default_mode.get_or_insert(FILE_MODE);
    }
    if let Some(map) = config_map {
        map.default_mode.get_or_insert(FILE_MODE);
    }
    if let Some(downward) = downward_api {
        downward.default_mode.get_or_insert(FILE_MODE);
        for field in downward.items.iter_mut().flatten().filter_map(|item| item.field_ref.as_mut()) {
            or(&mut field.api_version, "v1");
        }
    }
    if let Some(projected) = projected {
        projected.default_mode.get_or_insert(FILE_MODE);
        projected.sources.iter_mut().flatten().for_each(default_projection);
    }
    if let Some(template) = ephemeral.as_mut().and_then(|e| e.volume_claim_template.as_mut()) {
        or(&mut template.spec.volume_mode, "Filesystem");
    }
    if let Some(image) = image {
        let policy = pull_policy(image.reference.as_deref().unwrap_or_default());
        or(&mut image.pull_policy, policy);
    }
    if let Some(path) = host_path {
        path.type_.get_or_insert_default();
    }
    if crate::validation::volumes::sources(volume).is_empty() {
        volume.empty_dir = Some(Default::default());
    }
}

/// What a PersistentVolume's source leaves out.
pub fn default_persistent_source(spec: &mut PersistentVolumeSpec) {
    if let Some(path) = &mut spec.host_path {
        path.type_.get_or_insert_default();
    }
    default_disks!(spec);
}

fn default_projection(projection: &mut VolumeProjection) {
    if let Some(token) = &mut projection.service_account_token {
        token.expiration_seconds.get_or_insert(TOKEN_SECONDS);
    }
    let items = projection.downward_api.iter_mut().filter_map(|d| d.items.as_mut()).flatten();
    for field in items.filter_map(|item| item.field_ref.as_mut()) {
        or(&mut field.api_version, "v1");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn images_are_pulled_as_their_tag_says() {
        let cases = [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("nginx:1.27", "IfNotPresent"),
            ("registry:5000/nginx", "Always"),
            ("registry:5000/nginx:v1", "IfNotPresent"),
            ("nginx@sha256:0", "IfNotPresent"),
            ("", "IfNotPresent"),
            ("Nginx", "IfNotPresent"),
        ];
        for (image, policy) in cases {
            assert_eq!(super::pull_policy(image), policy, "{image}");
        }
    }
}
