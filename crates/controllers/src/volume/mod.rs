//! The controllers of persistent volumes and claims.

pub mod ephemeral;
pub mod expand;
pub mod persistentvolume;
pub mod pv_protection;
pub mod pvc_protection;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::object::is_terminating;

/// Whether the object is being deleted and this finalizer still holds it (pkg/util/slice, IsDeletionCandidate).
fn is_deletion_candidate(meta: &ObjectMeta, finalizer: &str) -> bool {
    is_terminating(meta) && has_finalizer(meta, finalizer)
}

/// Whether the object lacks this finalizer and can still get it (NeedToAddFinalizer).
fn need_to_add_finalizer(meta: &ObjectMeta, finalizer: &str) -> bool {
    !is_terminating(meta) && !has_finalizer(meta, finalizer)
}

fn has_finalizer(meta: &ObjectMeta, finalizer: &str) -> bool {
    meta.finalizers.iter().flatten().any(|held| held == finalizer)
}

fn remove_finalizer(meta: &mut ObjectMeta, finalizer: &str) {
    let mut finalizers = meta.finalizers.take().unwrap_or_default();
    finalizers.retain(|held| held != finalizer);
    meta.finalizers = (!finalizers.is_empty()).then_some(finalizers);
}
