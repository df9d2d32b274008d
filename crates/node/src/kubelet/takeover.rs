//! Taking over a pod that another kubelet, or the same one before its restart, has brought to where its status says.
//!
//! Models pkg/kubelet/pod_workers.go after a restart (`isPodStatusCacheTerminal`, the first SyncPod of a pod that runs).
//! Departs: the status stands for what the runtime would tell. Invariant: what needs no act is not written.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container as Spec, Pod, PodSpec};
use machinery::Resource;
use machinery::object::is_terminating;
use machinery::time::ms_between;

use super::container::{Container, Role};
use super::mount::Mounting;
use super::{Kubelet, Profile, Stage, Worker, node_name, pod_lifecycle, status};

/// How long a pod may be without containers before something else than time is missing, in milliseconds.
const CREATING_MS: i64 = 300_000;
/// How long after the end of its grace period a pod is gone if all is well, in milliseconds.
const OVERDUE_MS: i64 = 30_000;

impl Kubelet {
    /// What is known of a pod that was not seen before: nothing, or what its status tells.
    pub(super) fn take_over(&mut self, pod: &Pod, now: Timestamp) -> Worker {
        let mut worker =
            Worker { uid: pod.uid().into(), address: None, stage: Stage::New, due: now, evicted: false };
        let status = pod.status.clone().unwrap_or_default();
        let (Some(started), Some(spec)) = (status.start_time.as_ref(), pod.spec.as_ref()) else {
            return worker;
        };
        if self.settings.profile != Profile::Default {
            return worker;
        }
        worker.address = status.pod_ip.as_deref().map(Arc::from);
        if let Some(address) = &worker.address {
            self.addresses.take(address);
        }
        self.admitted.put(pod);
        self.know_images(pod, spec);
        let is_late = ms_between(started.0, now) > CREATING_MS;
        worker.stage = match &worker.address {
            _ if is_overdue(pod, now) => Stage::Gone,
            Some(_) => Stage::Containers(containers(pod, spec, now)),
            None if is_late => Stage::Held,
            None => Stage::Mounting(Mounting::at(now)),
        };
        worker
    }

    /// The images that have run on the node are there.
    fn know_images(&mut self, pod: &Pod, spec: &PodSpec) {
        let node: Arc<str> = node_name(pod).into();
        for (container, _) in pod_lifecycle::roles(spec) {
            let has_run =
                status::container(pod, &container.name).is_some_and(|status| !status.image_id.is_empty());
            if let Some(image) = container.image.as_deref().filter(|_| has_run) {
                self.images.insert((node.clone(), image.into()));
            }
        }
    }
}

/// Whether the pod should have been gone for a while: something that is not seen holds it.
pub fn is_overdue(pod: &Pod, now: Timestamp) -> bool {
    let end = pod.metadata.deletion_timestamp.as_ref();
    is_terminating(pod.meta()) && end.is_some_and(|end| ms_between(end.0, now) > OVERDUE_MS)
}

fn containers(pod: &Pod, spec: &PodSpec, now: Timestamp) -> Vec<Container> {
    let found = |(spec, role): (&Spec, Role)| match status::container(pod, &spec.name) {
        Some(status) => Container::found(spec, role, status, now),
        None => Container::new(spec, role),
    };
    pod_lifecycle::roles(spec).map(found).collect()
}
