//! Claiming: which of the objects that could belong to a controller do, are adopted, or are let go.
//!
//! Models pkg/controller/controller_ref_manager.go. The live check before an adoption runs at most once a sync.

use std::sync::Arc;

use client::api::{Answer, Refusal, Request, Verb};
use client::{Context, Error};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::object::{controller_of, is_terminating};
use machinery::patch::PatchType;
use machinery::status::Reason;
use machinery::{Kind, Resource};
use serde_json::{Value, json};

use crate::controller_utils::{aggregate, new_controller_ref};

/// Claims objects for one owner in one sync.
pub(crate) struct ControllerRefManager<'s> {
    kind: Kind,
    owner: &'s ObjectMeta,
    can_adopt: Option<Result<(), Error>>,
}

fn name_of(meta: &ObjectMeta) -> &str {
    meta.name.as_deref().unwrap_or_default()
}

fn uid_of(meta: &ObjectMeta) -> &str {
    meta.uid.as_deref().unwrap_or_default()
}

impl<'s> ControllerRefManager<'s> {
    pub(crate) fn new(kind: Kind, owner: &'s ObjectMeta) -> ControllerRefManager<'s> {
        ControllerRefManager { kind, owner, can_adopt: None }
    }

    /// Whether the owner still exists and is not being deleted, asked live (RecheckDeletionTimestamp).
    pub(crate) fn can_adopt(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        if let Some(answer) = &self.can_adopt {
            return answer.clone();
        }
        let answer = recheck_deletion_timestamp(cx, self.kind, self.owner);
        self.can_adopt = Some(answer.clone());
        answer
    }

    /// The objects that belong to the owner; adopts orphans that match, releases owned ones that do not (ClaimPods,
    /// ClaimReplicaSets).
    pub(crate) fn claim<K: Resource>(
        &mut self,
        cx: &mut Context<'_>,
        objects: Vec<Arc<K>>,
        matches: impl Fn(&K) -> bool,
    ) -> Result<Vec<Arc<K>>, Error> {
        let (mut claimed, mut errors) = (Vec::with_capacity(objects.len()), Vec::new());
        for object in objects {
            match self.claim_object(cx, K::KIND, object.meta(), matches(&object)) {
                Ok(true) => claimed.push(object),
                Ok(false) => {}
                Err(error) => errors.push(error),
            }
        }
        aggregate(errors).map(|()| claimed)
    }

    fn claim_object(
        &mut self,
        cx: &mut Context<'_>,
        kind: Kind,
        object: &ObjectMeta,
        matches: bool,
    ) -> Result<bool, Error> {
        let deleted = is_terminating(self.owner);
        if let Some(controller) = controller_of(object) {
            let ours = controller.uid == uid_of(self.owner);
            if ours && !matches && !deleted {
                self.release(cx, kind, object)?;
            }
            return Ok(ours && matches);
        }
        if deleted || !matches || is_terminating(object) {
            return Ok(false);
        }
        self.adopt(cx, kind, object)
    }

    fn adopt(&mut self, cx: &mut Context<'_>, kind: Kind, object: &ObjectMeta) -> Result<bool, Error> {
        self.can_adopt(cx).map_err(|error| {
            let namespace = self.owner.namespace.as_deref().unwrap_or_default();
            Error(format!(
                "can't adopt {} {namespace}/{} ({}): {error}",
                kind.name(),
                name_of(object),
                uid_of(object)
            ))
        })?;
        match patch(cx, kind, object, adopt_patch(self.kind, self.owner, object)) {
            Ok(()) => Ok(true),
            Err(status) if status.is_not_found() => Ok(false),
            Err(status) => Err(status.into()),
        }
    }

    fn release(&self, cx: &mut Context<'_>, kind: Kind, object: &ObjectMeta) -> Result<(), Error> {
        match patch(cx, kind, object, delete_owner_refs_patch(object, &[uid_of(self.owner)])) {
            Ok(()) => Ok(()),
            // Gone, or another object by now: there is nothing left to release.
            Err(status) if matches!(status.reason, Reason::NotFound | Reason::Invalid) => Ok(()),
            Err(status) => Err(status.into()),
        }
    }
}

fn patch(cx: &mut Context<'_>, kind: Kind, object: &ObjectMeta, patch: Value) -> Result<(), Refusal> {
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let verb = Verb::Patch(PatchType::Strategic, patch);
    cx.api.call(Request::new(verb, kind, namespace, name_of(object))).map(drop)
}

fn recheck_deletion_timestamp(cx: &mut Context<'_>, kind: Kind, owner: &ObjectMeta) -> Result<(), Error> {
    let (namespace, name) = (owner.namespace.as_deref().unwrap_or_default(), name_of(owner));
    let answer = cx.api.call(Request::new(Verb::Get, kind, namespace, name))?.body;
    let Answer::Object(fresh) = answer else {
        return Err(Error(format!("{namespace}/{name} is no object")));
    };
    if fresh.uid() != uid_of(owner) {
        let message = format!(
            "original {} {namespace}/{name} is gone: got uid {}, wanted {}",
            kind.name(),
            fresh.uid(),
            uid_of(owner)
        );
        return Err(Error(message));
    }
    match &fresh.meta().deletion_timestamp {
        None => Ok(()),
        Some(at) => Err(Error(format!("{namespace}/{name} has just been deleted at {}", at.0))),
    }
}

/// The strategic merge patch that makes `owner` the controller of an object.
pub(crate) fn adopt_patch(kind: Kind, owner: &ObjectMeta, object: &ObjectMeta) -> Value {
    let owner = new_controller_ref(kind, owner);
    json!({"metadata": {"ownerReferences": [owner], "uid": object.uid}})
}

/// The strategic merge patch that takes owners from an object (GenerateDeleteOwnerRefStrategicMergeBytes).
pub(crate) fn delete_owner_refs_patch(object: &ObjectMeta, owner_uids: &[&str]) -> Value {
    let owners: Vec<Value> =
        owner_uids.iter().map(|owner| json!({"$patch": "delete", "uid": owner})).collect();
    json!({"metadata": {"ownerReferences": owners, "uid": object.uid}})
}
