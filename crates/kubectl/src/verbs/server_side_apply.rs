//! `kubectl apply --server-side`: the server merges, and keeps who set which field.
//!
//! Models kubectl/pkg/cmd/apply/apply.go (`applyOneObject`, `saveLastApplyAnnotationIfNecessary`,
//! `migrateToSSAIfNecessary`): what client-side apply has set goes over to the server-side manager.

use std::borrow::Cow;

use client::api::{Subresource, Verb};
use machinery::managed_fields::{ManagedFields, Operation};
use machinery::patch::PatchType;
use machinery::structured_merge::FieldSet;
use machinery::{Object, Status};
use serde_json::{Value, json};

use super::apply::{LAST_APPLIED, last_applied};
use super::writing::{Writing, info_of};
use crate::context::Context;
use crate::failure::Failure;
use crate::manifest::Manifest;
use crate::resource::Info;

/// The manager of those who name no other.
pub(super) const MANAGER: &str = "kubectl";
/// The manager of client-side apply's annotation, once there is one.
const LAST_APPLIED_MANAGER: &str = "kubectl-last-applied";
/// So often the managers are sent again if the object has changed meanwhile (maxPatchRetry).
const TRIES: usize = 5;

const CONFLICT: &str = "
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts";

/// How a configuration is applied.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerSide<'a> {
    /// How it is written, and by whom.
    pub writing: Writing<'a>,
    /// Whether fields of others are taken over.
    pub force: bool,
    /// To which part of the object.
    pub part: Subresource,
}

impl ServerSide<'_> {
    /// Applies a manifest; the object as it is then.
    ///
    /// # Errors
    /// The server's; a conflict with the ways out of it.
    pub fn apply(
        self,
        context: &mut Context<'_, '_>,
        manifest: &Manifest,
    ) -> Result<(Info, Object), Failure> {
        let info = info_of(manifest);
        let mut object =
            self.send(context, &info, &manifest.value, self.writing.manager).map_err(explained)?;
        if let Err(failure) = self.keep_last_applied(context, &info, &mut object) {
            warn(
                context,
                "failed to migrate kubectl.kubernetes.io/last-applied-configuration for Server-Side Apply",
                &failure,
            );
            return Ok((info, object));
        }
        match self.migrate(context, &info, &mut object) {
            Err(failure) => {
                warn(context, "server rejected managed fields migration to Server-Side Apply", &failure);
            }
            // What was dropped from the configuration can go only now.
            Ok(true) => match self.send(context, &info, &manifest.value, self.writing.manager) {
                Ok(applied) => object = applied,
                Err(failure) => {
                    let what =
                        "failed to re-apply configuration after performing Server-Side Apply migration";
                    warn(context, what, &failure);
                }
            },
            Ok(false) => {}
        }
        Ok((info, object))
    }

    fn send(
        self,
        context: &mut Context<'_, '_>,
        info: &Info,
        config: &Value,
        manager: &str,
    ) -> Result<Object, Failure> {
        let verb = Verb::Apply { config: config.clone(), force: self.force };
        let mut request = self.writing.request(verb, info, &info.name).of(self.part);
        request.field_manager = Cow::Owned(manager.to_owned());
        request.managed_fields = true;
        context.object(request)
    }

    /// Gives client-side apply's annotation a manager of its own, lest it go with the first apply.
    fn keep_last_applied(
        self,
        context: &mut Context<'_, '_>,
        info: &Info,
        object: &mut Object,
    ) -> Result<(), Failure> {
        let Some(text) = last_applied(object).filter(|_| self.writing.manager == MANAGER) else {
            return Ok(());
        };
        if !owners(object, Operation::Apply).is_empty() {
            return Ok(());
        }
        let annotation = json!({
            "apiVersion": info.kind.api_version(),
            "kind": info.kind.name(),
            "metadata": {
                "name": info.name,
                "namespace": info.namespace,
                "annotations": {LAST_APPLIED: text},
            },
        });
        let plain = ServerSide { force: false, part: Subresource::None, ..self };
        *object = plain.send(context, info, &annotation, LAST_APPLIED_MANAGER)?;
        Ok(())
    }

    /// Turns client-side apply's managers into this one; whether there were any.
    fn migrate(
        self,
        context: &mut Context<'_, '_>,
        info: &Info,
        object: &mut Object,
    ) -> Result<bool, Failure> {
        let names = owners(object, Operation::Update);
        let mut refused = None;
        for _ in 0..TRIES {
            let before = managers(object);
            let mut after = before.clone();
            for name in &names {
                after.upgrade(name, self.writing.manager);
            }
            if after == before {
                return Ok(false);
            }
            let patch = json!([
                {"op": "replace", "path": "/metadata/managedFields", "value": after.encode()},
                {"op": "replace", "path": "/metadata/resourceVersion", "value": object.meta().resource_version},
            ]);
            let mut request = self.writing.request(Verb::Patch(PatchType::Json, patch), info, &info.name);
            request.managed_fields = true;
            match context.object(request) {
                Ok(patched) => {
                    *object = patched;
                    return Ok(true);
                }
                Err(failure) if failure.is_conflict() => refused = Some(failure),
                Err(failure) => return Err(failure),
            }
            *object = read(context, info)?;
        }
        Err(refused.unwrap_or_else(|| Failure::from(Box::new(Status::internal("nothing was tried")))))
    }
}

fn read(context: &mut Context<'_, '_>, info: &Info) -> Result<Object, Failure> {
    let mut request = client::api::Request::new(Verb::Get, info.kind, &info.namespace, &info.name);
    request.managed_fields = true;
    context.object(request)
}

fn managers(object: &Object) -> ManagedFields {
    object.meta().managed_fields.as_deref().and_then(ManagedFields::decode).unwrap_or_default()
}

/// The names of those who manage client-side apply's annotation in that way.
fn owners(object: &Object, operation: Operation) -> Vec<String> {
    let annotation = FieldSet::of(&[&["metadata", "annotations", LAST_APPLIED]]);
    let managers = managers(object);
    let owners = managers.0.iter().filter(|(manager, managed)| {
        manager.operation == operation && annotation.difference(&managed.fields).is_empty()
    });
    let mut names: Vec<String> = owners.map(|(manager, _)| manager.name.clone()).collect();
    names.dedup();
    names
}

fn explained(failure: Failure) -> Failure {
    if failure.is_conflict() { Failure::message(failure.error() + CONFLICT) } else { failure }
}

fn warn(context: &mut Context<'_, '_>, what: &str, failure: &Failure) {
    let error = failure.error();
    context.err(format!(
        "Warning: {what}. This is non-fatal and will be retried next time you apply. Error: {error}\n"
    ));
}
