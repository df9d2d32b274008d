//! Fields that are dropped without a word, because what they are for is switched off in the simulated version.
//!
//! Models the DropDisabledFields functions of pkg/api/pod/util.go, pkg/api/persistentvolumeclaim/util.go and
//! pkg/api/persistentvolume/util.go. A world keeps its version, so no stored object uses such a field already.

use k8s_openapi::api::core::v1::{Container, PersistentVolumeClaimSpec, PersistentVolumeSpec, PodSpec};
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
    if let Some(context) = spec.security_context.as_mut().filter(|_| !features.groups_have_policies()) {
        context.supplemental_groups_policy = None;
        context.se_linux_change_policy = None;
    }
    for volume in spec.volumes.iter_mut().flatten() {
        if !features.images_can_be_volumes() {
            volume.image = None;
        }
        // Off by default in every simulated version.
        for source in volume.projected.iter_mut().flat_map(|projected| projected.sources.iter_mut().flatten())
        {
            source.cluster_trust_bundle = None;
            source.pod_certificate = None;
        }
    }
    let init_containers = spec.init_containers.iter_mut().flatten();
    init_containers.chain(&mut spec.containers).for_each(|c| container(c, features));
}

fn container(container: &mut Container, features: Features) {
    if let Some(resources) = container.resources.as_mut().filter(|_| !features.devices_can_be_claimed()) {
        resources.claims = None;
    }
    let context = container.security_context.as_mut();
    if let Some(context) = context.filter(|_| !features.pods_have_user_namespaces()) {
        context.proc_mount = None;
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
