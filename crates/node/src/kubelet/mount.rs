//! The volumes of a pod, which are mounted before it gets its sandbox.
//!
//! Models pkg/kubelet/volumemanager (`WaitForAttachAndMount`, desired_state_of_world_populator.go) and
//! pkg/volume/util/operationexecutor (GenerateMountVolumeFunc, v1.36.2). Departs: a volume that could be processed is there
//! at once. Invariant: a volume that no container mounts is nobody's concern.

use client::Listers;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::Resource;
use machinery::object::{claim_name, is_terminating};
use machinery::time::after_ms;

use super::backoff::mount_back_off_ms;
use super::container::SYNC_MS;
use super::{Turn, ms_i64};
use crate::references;
use crate::scheduler::claims::is_reachable;

/// How long a sync of a pod waits for its volumes (podAttachAndMountTimeout).
const PATIENCE_MS: i64 = 123_000;

/// How far the volumes of a pod are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mounting {
    failures: u32,
    /// When it is tried next.
    due: Timestamp,
    /// When the sync that waits for the volumes gives up.
    gives_up: Timestamp,
}

/// Why volumes are not there.
#[derive(Default)]
struct Lacks {
    /// The volumes whose claims are in no state to be used, and why.
    unprocessed: Vec<(String, String)>,
    /// The volumes that could not be mounted, and what is said of each.
    unmounted: Vec<(String, String)>,
}

impl Mounting {
    /// Tried at once.
    pub(super) fn at(now: Timestamp) -> Mounting {
        Mounting { failures: 0, due: now, gives_up: after_ms(now, PATIENCE_MS) }
    }

    /// Mounts the volumes; if that is not possible now, the milliseconds until the next try.
    pub(super) fn go_on(&mut self, turn: &mut Turn<'_, '_>) -> Option<u64> {
        let now = turn.cx.now;
        let lacks = Lacks::of(turn);
        turn.repeats = !lacks.are_none();
        if turn.until(self.due).is_none() {
            if lacks.are_none() {
                return None;
            }
            self.due = after_ms(now, lacks.tell(turn, self.failures));
            self.failures = self.failures.saturating_add(1);
        }
        if turn.until(self.gives_up).is_none() {
            lacks.tell_wait(turn);
            self.gives_up = after_ms(now, SYNC_MS + PATIENCE_MS);
        }
        turn.until(self.due.min(self.gives_up))
    }
}

impl Lacks {
    fn of(turn: &Turn<'_, '_>) -> Lacks {
        let (pod, listers) = (&*turn.pod, turn.cx.listers);
        let mut lacks = Lacks::default();
        for (volume, problem) in references::unmountable(listers, pod) {
            let message = format!("MountVolume.SetUp failed for volume \"{}\" : {problem}", volume.name);
            lacks.unmounted.push((volume.name.clone(), message));
        }
        let node = turn.node();
        for volume in references::mounted(pod) {
            let Some(claim) = claim_name(pod, volume) else { continue };
            match volume_of(listers, pod.namespace(), &claim) {
                Err(problem) => {
                    let problem = format!("error processing PVC {}/{claim}: {problem}", pod.namespace());
                    lacks.unprocessed.push((volume.name.clone(), problem));
                }
                Ok(Some(found)) if node.as_ref().is_some_and(|node| !is_reachable(found, node)) => {
                    let message = format!(
                        "MountVolume.NodeAffinity check failed for volume \"{}\" : no matching NodeSelectorTerms",
                        found.name()
                    );
                    lacks.unmounted.push((volume.name.clone(), message));
                }
                Ok(_) => {}
            }
        }
        lacks
    }

    fn are_none(&self) -> bool {
        self.unprocessed.is_empty() && self.unmounted.is_empty()
    }

    /// Says what is wrong; the milliseconds until that is tried again, after so many failures before.
    fn tell(&self, turn: &mut Turn<'_, '_>, failures: u32) -> i64 {
        let about = Pod::wrap(turn.pod.clone());
        for (_, message) in &self.unmounted {
            turn.tell(&about, "Warning", "FailedMount", message);
        }
        if !self.unprocessed.is_empty() {
            let all = [&self.unprocessed[..], &self.unmounted].concat();
            let mut problems: Vec<&str> = self.unprocessed.iter().map(|(_, problem)| &**problem).collect();
            problems.sort_unstable();
            tell_unmounted(turn, &list(&all), &list(&self.unprocessed), &problems.join("; "));
        }
        if self.unmounted.is_empty() { SYNC_MS } else { ms_i64(mount_back_off_ms(failures)) }
    }

    /// Says that the volumes were waited for in vain.
    fn tell_wait(&self, turn: &mut Turn<'_, '_>) {
        if self.unprocessed.is_empty() && !self.unmounted.is_empty() {
            tell_unmounted(turn, &list(&self.unmounted), "", "context deadline exceeded");
        }
    }
}

fn tell_unmounted(turn: &mut Turn<'_, '_>, unmounted: &str, unprocessed: &str, why: &str) {
    let message = format!(
        "Unable to attach or mount volumes: unmounted volumes=[{unmounted}], unattached volumes=[], \
         failed to process volumes=[{unprocessed}]: {why}"
    );
    turn.tell(&Pod::wrap(turn.pod.clone()), "Warning", "FailedMount", &message);
}

/// The names of volumes, as Go prints a sorted list of them.
fn list(volumes: &[(String, String)]) -> String {
    let mut names: Vec<&str> = volumes.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.join(" ")
}

/// The volume of a claim, or why the claim cannot be used (getPVCExtractPV).
fn volume_of<'a>(
    listers: &'a Listers,
    namespace: &str,
    name: &str,
) -> Result<Option<&'a PersistentVolume>, String> {
    let Some(claim) = listers.get::<PersistentVolumeClaim>(namespace, name) else {
        return Err(format!(
            "failed to fetch PVC from API server: persistentvolumeclaims \"{name}\" not found"
        ));
    };
    if is_terminating(claim.meta()) {
        return Err("PVC is being deleted".to_owned());
    }
    if claim.status.as_ref().and_then(|status| status.phase.as_deref()) != Some("Bound") {
        return Err("PVC is not bound".to_owned());
    }
    let volume = claim.spec.as_ref().and_then(|spec| spec.volume_name.as_deref()).unwrap_or_default();
    Ok(listers.get::<PersistentVolume>("", volume).map(|volume| &**volume))
}
