//! Claiming: which of the objects that could belong to a controller do, are adopted, or are let go.
//!
//! Models pkg/controller/controller_ref_manager.go. The live check before an adoption runs at most once a sync.

use std::sync::Arc;

use client::{Client, Context, Error};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::object::{controller_of, is_terminating};
use machinery::patch::PatchType;
use machinery::status::Reason;
use machinery::{Kind, Resource};
use serde_json::{Value, json};

use crate::controller_utils::{aggregate, new_controller_ref};

/// Claims pods and revisions for one set in one sync.
pub(crate) struct ControllerRefManager<'s> {
    set: &'s StatefulSet,
    can_adopt: Option<Result<(), Error>>,
}

impl<'s> ControllerRefManager<'s> {
    pub(crate) fn new(set: &'s StatefulSet) -> ControllerRefManager<'s> {
        ControllerRefManager { set, can_adopt: None }
    }

    /// Whether the set still exists and is not being deleted, asked live (RecheckDeletionTimestamp).
    pub(crate) fn can_adopt(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        if let Some(answer) = &self.can_adopt {
            return answer.clone();
        }
        let answer = recheck_deletion_timestamp(cx, self.set);
        self.can_adopt = Some(answer.clone());
        answer
    }

    /// The pods that belong to the set; adopts orphans that match, releases owned ones that do not (ClaimPods).
    pub(crate) fn claim_pods(
        &mut self,
        cx: &mut Context<'_>,
        pods: Vec<Arc<Pod>>,
        matches: impl Fn(&Pod) -> bool,
    ) -> Result<Vec<Arc<Pod>>, Error> {
        let (mut claimed, mut errors) = (Vec::with_capacity(pods.len()), Vec::new());
        for pod in pods {
            match self.claim_object(cx, &pod, matches(&pod)) {
                Ok(true) => claimed.push(pod),
                Ok(false) => {}
                Err(error) => errors.push(error),
            }
        }
        aggregate(errors).map(|()| claimed)
    }

    fn claim_object(&mut self, cx: &mut Context<'_>, pod: &Pod, matches: bool) -> Result<bool, Error> {
        let deleted = is_terminating(&self.set.metadata);
        if let Some(controller) = controller_of(&pod.metadata) {
            let ours = controller.uid == self.set.uid();
            if ours && !matches && !deleted {
                self.release_pod(cx, &pod.metadata)?;
            }
            return Ok(ours && matches);
        }
        if deleted || !matches || is_terminating(&pod.metadata) {
            return Ok(false);
        }
        self.adopt_pod(cx, &pod.metadata)
    }

    fn adopt_pod(&mut self, cx: &mut Context<'_>, pod: &ObjectMeta) -> Result<bool, Error> {
        self.can_adopt(cx).map_err(|error| {
            let namespace = self.set.namespace();
            let (name, uid) =
                (pod.name.as_deref().unwrap_or_default(), pod.uid.as_deref().unwrap_or_default());
            Error(format!("can't adopt Pod {namespace}/{name} ({uid}): {error}"))
        })?;
        match cx.api.patch::<Pod>(pod, PatchType::Strategic, adopt_patch(self.set, pod)) {
            Ok(_) => Ok(true),
            Err(status) if status.is_not_found() => Ok(false),
            Err(status) => Err(status.into()),
        }
    }

    fn release_pod(&self, cx: &mut Context<'_>, pod: &ObjectMeta) -> Result<(), Error> {
        let patch = delete_owner_refs_patch(pod, &[self.set.uid()]);
        match cx.api.patch::<Pod>(pod, PatchType::Strategic, patch) {
            Ok(_) => Ok(()),
            // Gone, or another pod by now: there is nothing left to release.
            Err(status) if matches!(status.reason, Reason::NotFound | Reason::Invalid) => Ok(()),
            Err(status) => Err(status.into()),
        }
    }
}

fn recheck_deletion_timestamp(cx: &mut Context<'_>, set: &StatefulSet) -> Result<(), Error> {
    let fresh = cx.api.get::<StatefulSet>(set.namespace(), set.name())?;
    let (namespace, name) = (set.namespace(), set.name());
    if fresh.uid() != set.uid() {
        let message = format!(
            "original StatefulSet {namespace}/{name} is gone: got uid {}, wanted {}",
            fresh.uid(),
            set.uid()
        );
        return Err(Error(message));
    }
    match &fresh.metadata.deletion_timestamp {
        None => Ok(()),
        Some(at) => Err(Error(format!("{namespace}/{name} has just been deleted at {}", at.0))),
    }
}

/// The strategic merge patch that makes `set` the controller of an object.
pub(crate) fn adopt_patch(set: &StatefulSet, object: &ObjectMeta) -> Value {
    let owner = new_controller_ref(Kind::StatefulSet, &set.metadata);
    json!({"metadata": {"ownerReferences": [owner], "uid": object.uid}})
}

/// The strategic merge patch that takes owners from an object (GenerateDeleteOwnerRefStrategicMergeBytes).
pub(crate) fn delete_owner_refs_patch(object: &ObjectMeta, owner_uids: &[&str]) -> Value {
    let owners: Vec<Value> =
        owner_uids.iter().map(|owner| json!({"$patch": "delete", "uid": owner})).collect();
    json!({"metadata": {"ownerReferences": owners, "uid": object.uid}})
}
