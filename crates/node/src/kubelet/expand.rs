//! File systems that are smaller than the volumes they lie on.
//!
//! Models pkg/volume/util/operationexecutor/node_expander.go. Departs: it is done at once, where a kubelet looks at the
//! volumes of a running pod about once a minute.

use client::{Error, Key, Listers};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::object::claim_names;
use machinery::{Object, Resource};

use super::Turn;
use crate::resizer;

/// The pods that a change of a claim concerns.
pub(super) fn pods_concerned(claim: &PersistentVolumeClaim, listers: &Listers) -> Vec<Key> {
    if !resizer::waits_for_node(claim) {
        return Vec::new();
    }
    let uses = |pod: &&std::sync::Arc<Pod>| claim_names(pod).any(|name| name == claim.name());
    listers.list::<Pod>(claim.namespace()).filter(uses).map(|pod| pod.key()).collect()
}

/// Makes the file systems of the pod's volumes as large as they can be.
pub(super) fn expand(turn: &mut Turn<'_, '_>) -> Result<(), Error> {
    let pod = turn.pod.clone();
    let listers = turn.cx.listers;
    for name in claim_names(&pod) {
        let claim = listers.get::<PersistentVolumeClaim>(pod.namespace(), &name);
        let Some(claim) = claim.filter(|claim| resizer::waits_for_node(claim)) else { continue };
        let volume = claim.spec.as_ref().and_then(|spec| spec.volume_name.as_deref()).unwrap_or_default();
        let Some(volume) = listers.get::<PersistentVolume>("", volume) else { continue };
        resizer::finish_on_node(turn.cx, claim, volume)?;
        let (volume, node) = (volume.name(), turn.node_name());
        let message = format!("MountVolume.NodeExpandVolume succeeded for volume \"{volume}\" {node}");
        for about in [Pod::wrap(pod.clone()), Object::PersistentVolumeClaim(claim.clone())] {
            turn.tell(&about, "Normal", "FileSystemResizeSuccessful", &message);
        }
    }
    Ok(())
}
