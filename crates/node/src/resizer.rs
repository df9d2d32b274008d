//! A bound claim that asks for more gets it: its volume is made larger, then the file system on it by the kubelet.
//!
//! Models kubernetes-csi/external-resizer (pkg/controller: expand_and_recover.go, resize_status.go). Departs: there is one
//! resizer under the names of all provisioners, and it never fails; no kubelet has to be asked for what is no file system.
//! Invariant: a claim's capacity is what can be used, which is never more than its volume's.

use std::sync::Arc;

use client::{Client, Context, Error};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimCondition, PersistentVolumeClaimStatus,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use machinery::time::seconds;
use machinery::{Resource, quantity};

const COMPONENT: &str = "external-resizer";
const STORAGE: &str = "storage";
const RESIZING: &str = "Resizing";
const PENDING: &str = "FileSystemResizePending";

/// A size that can be compared.
fn size(amount: Option<&Quantity>) -> Option<quantity::Quantity> {
    quantity::Quantity::parse(&amount?.0).ok()
}

/// What a claim asks for.
fn wanted(claim: &PersistentVolumeClaim) -> Option<&Quantity> {
    claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?.get(STORAGE)
}

fn usable(claim: &PersistentVolumeClaim) -> Option<&Quantity> {
    claim.status.as_ref()?.capacity.as_ref()?.get(STORAGE)
}

fn of_volume(volume: &PersistentVolume) -> Option<&Quantity> {
    volume.spec.as_ref()?.capacity.as_ref()?.get(STORAGE)
}

fn has(claim: &PersistentVolumeClaim, condition: &str) -> bool {
    let conditions =
        claim.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|one| one.type_ == condition && one.status == "True")
}

/// Who is making a claim larger.
#[derive(Clone, Copy)]
enum Stage {
    /// The resizer, the volume.
    Controller,
    /// The kubelet, the file system.
    Node,
}

impl Stage {
    fn condition(self) -> &'static str {
        match self {
            Stage::Controller => RESIZING,
            Stage::Node => PENDING,
        }
    }

    fn message(self) -> Option<&'static str> {
        match self {
            Stage::Controller => None,
            Stage::Node => {
                Some("Waiting for user to (re-)start a pod to finish file system resize of volume on node.")
            }
        }
    }

    /// As `allocatedResourceStatuses` has it.
    fn resource_status(self) -> &'static str {
        match self {
            Stage::Controller => "ControllerResizeInProgress",
            Stage::Node => "NodeResizePending",
        }
    }
}

/// What there is to do for a claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Work {
    /// Its volume has to become larger.
    Expand,
    /// It has, and the claim does not say so.
    Tell,
}

/// What there is to do for a bound claim and its volume; `None` if it has what it asks for, or the kubelet's turn has come.
pub(crate) fn work(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> Option<Work> {
    let wanted = size(wanted(claim))?;
    if size(usable(claim)).is_none_or(|usable| wanted <= usable) {
        None
    } else if size(of_volume(volume)).is_some_and(|size| size < wanted) {
        Some(Work::Expand)
    } else {
        (!has(claim, PENDING)).then_some(Work::Tell)
    }
}

/// Says that the work begins (markControllerResizeInProgress).
pub(crate) fn begin(cx: &mut Context<'_>, claim: &Arc<PersistentVolumeClaim>) -> Result<(), Error> {
    let about = PersistentVolumeClaim::wrap(claim.clone());
    let name = claim.spec.as_ref().and_then(|spec| spec.volume_name.as_deref()).unwrap_or_default();
    let message = format!("External resizer is resizing volume {name}");
    cx.event(COMPONENT, &about, "Normal", "Resizing", &message);
    let mut status = claim.status.clone().unwrap_or_default();
    status
        .allocated_resources
        .get_or_insert_default()
        .extend(wanted(claim).map(|s| (STORAGE.to_owned(), s.clone())));
    mark(&mut status, Some(Stage::Controller), cx.now);
    write(cx, claim, status)
}

/// Makes the volume larger.
pub(crate) fn expand(
    cx: &mut Context<'_>,
    claim: &PersistentVolumeClaim,
    volume: &PersistentVolume,
) -> Result<(), Error> {
    let mut changed = volume.clone();
    let capacity = changed.spec.get_or_insert_default().capacity.get_or_insert_default();
    capacity.extend(wanted(claim).map(|size| (STORAGE.to_owned(), size.clone())));
    cx.api.update(changed)?;
    Ok(())
}

/// Leaves the rest to the kubelet (markForPendingNodeExpansion); a block device needs none (markOverallExpansionAsFinished).
pub(crate) fn tell(cx: &mut Context<'_>, claim: &Arc<PersistentVolumeClaim>) -> Result<(), Error> {
    let about = PersistentVolumeClaim::wrap(claim.clone());
    let mut status = claim.status.clone().unwrap_or_default();
    if claim.spec.as_ref().and_then(|spec| spec.volume_mode.as_deref()) == Some("Block") {
        finish(&mut status, wanted(claim), cx.now);
        write(cx, claim, status)?;
        cx.event(COMPONENT, &about, "Normal", "VolumeResizeSuccessful", "Resize volume succeeded");
        return Ok(());
    }
    mark(&mut status, Some(Stage::Node), cx.now);
    write(cx, claim, status)?;
    let message = "Require file system resize of volume on node";
    cx.event(COMPONENT, &about, "Normal", "FileSystemResizeRequired", message);
    Ok(())
}

/// Whether the kubelet of a pod that uses the claim has to make its file system larger.
pub(crate) fn waits_for_node(claim: &PersistentVolumeClaim) -> bool {
    has(claim, PENDING)
}

/// The file system is as large as its volume (pkg/volume/util/resize_util.go, MarkNodeExpansionFinishedWithRecovery).
pub(crate) fn finish_on_node(
    cx: &mut Context<'_>,
    claim: &PersistentVolumeClaim,
    volume: &PersistentVolume,
) -> Result<(), Error> {
    let mut status = claim.status.clone().unwrap_or_default();
    finish(&mut status, of_volume(volume), cx.now);
    write(cx, claim, status)
}

fn finish(status: &mut PersistentVolumeClaimStatus, size: Option<&Quantity>, now: Timestamp) {
    status.capacity.get_or_insert_default().extend(size.map(|size| (STORAGE.to_owned(), size.clone())));
    mark(status, None, now);
}

/// Replaces the conditions about sizes (MergeResizeConditionOnPVC) by that of what is being done, if anything is.
fn mark(status: &mut PersistentVolumeClaimStatus, stage: Option<Stage>, now: Timestamp) {
    let mut conditions = status.conditions.take().unwrap_or_default();
    conditions.retain(|one| one.type_ != RESIZING && one.type_ != PENDING);
    conditions.extend(stage.map(|stage| PersistentVolumeClaimCondition {
        type_: stage.condition().to_owned(),
        status: "True".to_owned(),
        last_transition_time: Some(seconds(now)),
        message: stage.message().map(str::to_owned),
        ..Default::default()
    }));
    status.conditions = (!conditions.is_empty()).then_some(conditions);
    status.allocated_resource_statuses =
        stage.map(|stage| [(STORAGE.to_owned(), stage.resource_status().to_owned())].into());
}

fn write(
    cx: &mut Context<'_>,
    claim: &PersistentVolumeClaim,
    status: PersistentVolumeClaimStatus,
) -> Result<(), Error> {
    cx.api.update_status(PersistentVolumeClaim { status: Some(status), ..claim.clone() })?;
    Ok(())
}
