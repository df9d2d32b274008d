//! Fields that are dropped without a word, because what they are for is switched off in the simulated version.
//!
//! Models the DropDisabledFields functions of pkg/api/pod/util.go, pkg/api/persistentvolumeclaim/util.go and
//! pkg/api/persistentvolume/util.go. A world keeps its version, so no stored object uses such a field already.

use k8s_openapi::api::core::v1::{
    Container, Lifecycle, PersistentVolumeClaimSpec, PersistentVolumeSpec, PodSpec, Volume, VolumeProjection,
};
use machinery::version::Features;

/// Drops them from the spec of a pod or of a template.
pub fn pod_spec(spec: &mut PodSpec, features: Features) {
    if !features.pods_have_resources() {
        spec.resources = None;
    }
    if !features.pods_have_user_namespaces() {
        spec.host_users = None;
    }
    if !features.devices_can_be_claimed() {
        spec.resource_claims = None;
    }
    // Off by default in every simulated version (GenericWorkload).
    spec.scheduling_group = None;
    if let Some(context) = spec.security_context.as_mut().filter(|_| !features.groups_have_policies()) {
        context.supplemental_groups_policy = None;
        context.se_linux_change_policy = None;
    }
    if !features.images_can_be_volumes() {
        image_volumes(spec);
    }
    for source in spec.volumes.iter_mut().flatten().flat_map(projections) {
        // Off by default in every simulated version.
        source.cluster_trust_bundle = None;
        source.pod_certificate = None;
    }
    containers(spec).for_each(|c| container(c, features));
}

fn containers(spec: &mut PodSpec) -> impl Iterator<Item = &mut Container> {
    spec.init_containers.iter_mut().flatten().chain(&mut spec.containers)
}

fn projections(volume: &mut Volume) -> impl Iterator<Item = &mut VolumeProjection> {
    volume.projected.iter_mut().flat_map(|projected| projected.sources.iter_mut().flatten())
}

/// dropImageVolumes: the mounts go with them.
fn image_volumes(spec: &mut PodSpec) {
    let images = spec.volumes.iter().flatten().filter(|volume| volume.image.is_some());
    let names: Vec<String> = images.map(|volume| volume.name.clone()).collect();
    if names.is_empty() {
        return;
    }
    retain(&mut spec.volumes, |volume| volume.image.is_none());
    containers(spec).for_each(|c| retain(&mut c.volume_mounts, |mount| !names.contains(&mount.name)));
}

/// Keeps what is to be kept; a list of nothing is none.
fn retain<T>(list: &mut Option<Vec<T>>, is_kept: impl Fn(&T) -> bool) {
    if let Some(items) = list {
        items.retain(is_kept);
    }
    list.take_if(|items| items.is_empty());
}

fn container(container: &mut Container, features: Features) {
    if let Some(resources) = container.resources.as_mut().filter(|_| !features.devices_can_be_claimed()) {
        resources.claims = None;
    }
    if !features.containers_can_be_resized() {
        container.resize_policy = None;
    }
    let context = container.security_context.as_mut();
    if let Some(context) = context.filter(|_| !features.pods_have_user_namespaces()) {
        // What is given once stays given (dropDisabledProcMountField).
        context.proc_mount = context.proc_mount.take().map(|_| "Default".to_owned());
    }
    // Off by default in every simulated version (ContainerStopSignals).
    let signal = container.lifecycle.as_mut().and_then(|lifecycle| lifecycle.stop_signal.take());
    if signal.is_some() {
        container.lifecycle.take_if(|lifecycle| *lifecycle == Lifecycle::default());
    }
}

/// Drops them from the spec of a claim.
pub fn claim_spec(spec: &mut PersistentVolumeClaimSpec, features: Features) {
    if !features.volumes_have_attribute_classes() {
        spec.volume_attributes_class_name = None;
    }
    // Off by default in every simulated version (CrossNamespaceVolumeDataSource).
    let source = spec.data_source_ref.as_ref();
    if source.is_some_and(|source| source.namespace.as_ref().is_some_and(|namespace| !namespace.is_empty())) {
        spec.data_source_ref = None;
    }
}

/// Drops them from the spec of a volume.
pub fn volume_spec(spec: &mut PersistentVolumeSpec, features: Features) {
    if !features.volumes_have_attribute_classes() {
        spec.volume_attributes_class_name = None;
    }
}
