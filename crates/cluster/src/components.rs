//! The components with their state.

use client::Reconciler;
use controllers::deployment::DeploymentController;
use controllers::endpointslice::EndpointSliceController;
use controllers::endpointslicemirroring::EndpointSliceMirroringController;
use controllers::garbagecollector::GarbageCollector;
use controllers::kubernetesservice::KubernetesServiceController;
use controllers::namespace::NamespaceController;
use controllers::nodelifecycle::NodeLifecycleController;
use controllers::podgc::PodGcController;
use controllers::replicaset::ReplicaSetController;
use controllers::statefulset::StatefulSetController;
use controllers::tainteviction::TaintEvictionController;
use controllers::volume::ephemeral::EphemeralVolumeController;
use controllers::volume::expand::VolumeExpandController;
use controllers::volume::persistentvolume::PersistentVolumeController;
use controllers::volume::pv_protection::PvProtectionController;
use controllers::volume::pvc_protection::PvcProtectionController;
use node::kubelet::{Kubelet, Profile};
use node::provisioner::Provisioner;
use node::scheduler::Scheduler;

use crate::latency::Component;

/// One of each component.
#[derive(Clone, Default)]
pub(crate) struct Components {
    statefulset: StatefulSetController,
    deployment: DeploymentController,
    replicaset: ReplicaSetController,
    scheduler: Scheduler,
    persistentvolume: PersistentVolumeController,
    pvc_protection: PvcProtectionController,
    pv_protection: PvProtectionController,
    endpointslice: EndpointSliceController,
    pub(crate) nodelifecycle: NodeLifecycleController,
    tainteviction: TaintEvictionController,
    podgc: PodGcController,
    pub(crate) provisioner: Provisioner,
    pub(crate) kubelet: Kubelet,
    garbagecollector: GarbageCollector,
    kubernetesservice: KubernetesServiceController,
    endpointslicemirroring: EndpointSliceMirroringController,
    namespace: NamespaceController,
    ephemeral: EphemeralVolumeController,
    expand: VolumeExpandController,
}

impl Components {
    /// Components that have seen nothing yet.
    pub(crate) fn new(profile: Profile) -> Components {
        Components {
            kubelet: Kubelet::new(profile),
            // No provisioner ran where the recordings were made.
            provisioner: Provisioner::new(profile == Profile::Default),
            ..Components::default()
        }
    }

    /// The component itself.
    pub(crate) fn get_mut(&mut self, component: Component) -> &mut dyn Reconciler {
        match component {
            Component::StatefulSet => &mut self.statefulset,
            Component::Deployment => &mut self.deployment,
            Component::ReplicaSet => &mut self.replicaset,
            Component::Scheduler => &mut self.scheduler,
            Component::PersistentVolume => &mut self.persistentvolume,
            Component::PvcProtection => &mut self.pvc_protection,
            Component::PvProtection => &mut self.pv_protection,
            Component::EndpointSlice => &mut self.endpointslice,
            Component::NodeLifecycle => &mut self.nodelifecycle,
            Component::TaintEviction => &mut self.tainteviction,
            Component::PodGc => &mut self.podgc,
            Component::Provisioner => &mut self.provisioner,
            Component::Kubelet => &mut self.kubelet,
            Component::GarbageCollector => &mut self.garbagecollector,
            Component::KubernetesService => &mut self.kubernetesservice,
            Component::EndpointSliceMirroring => &mut self.endpointslicemirroring,
            Component::Namespace => &mut self.namespace,
            Component::EphemeralVolume => &mut self.ephemeral,
            Component::VolumeExpand => &mut self.expand,
        }
    }
}
