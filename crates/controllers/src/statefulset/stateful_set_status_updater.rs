//! Writes a set's status.
//!
//! Models pkg/controller/statefulset/stateful_set_status_updater.go.

use client::{Client, Context, Error};
use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetStatus};
use machinery::Resource;

/// Replaces the stored status; once more, on the freshest version, if the set has changed meanwhile. (Upstream has that from
/// its cache, and may so write what it counted of a former set of the same name.)
pub(super) fn update_stateful_set_status(
    cx: &mut Context<'_>,
    set: &StatefulSet,
    status: StatefulSetStatus,
) -> Result<(), Error> {
    let with_status = |set: &StatefulSet| StatefulSet { status: Some(status.clone()), ..set.clone() };
    match cx.api.update_status(with_status(set)) {
        Err(refusal) if refusal.is_conflict() => {
            let fresh = cx.api.get::<StatefulSet>(set.namespace(), set.name())?;
            if fresh.uid() != set.uid() {
                return Err(refusal.into());
            }
            cx.api.update_status(with_status(&fresh))?;
        }
        updated => drop(updated?),
    }
    Ok(())
}
