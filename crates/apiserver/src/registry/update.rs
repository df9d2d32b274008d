//! Replacing and patching an object, or a part of it.
//!
//! Models apiserver/pkg/registry/rest/update.go (BeforeUpdate), generic/registry/store.go (Update), and
//! apiserver/pkg/endpoints/handlers/patch.go.

use client::api::{Answer, Body, FieldValidation, Refusal, Request, Subresource};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta, Time};
use machinery::field::{FieldError, Path, Printed};
use machinery::managed_fields::ManagedFields;
use machinery::patch::{self, PatchError, PatchErrorKind, PatchType};
use machinery::status::Reason;
use machinery::version::Features;
use machinery::{Kind, Object, Status, decode, go_text, json};
use serde_json::Value;

use super::create::store_new;
use super::decode::{decoded, decoded_only, other_kind, undecodable};
use super::{check_name, check_namespace, no_such_resource, refuse, remove, warn, writer};
use crate::admission;
use crate::field_manager::{self, Writes, printed};
use crate::server::{Env, Server};
use crate::store::Credit;
use crate::strategy::{self, Terms, namespace, scale};
use crate::validation::{Errors, metadata};

/// Replaces an object.
pub fn update(
    server: &mut Server,
    env: &mut Env<'_>,
    request: &Request,
    body: Body,
) -> Result<Answer, Refusal> {
    if request.subresource == Subresource::Scale {
        let Body::Json(scale) = body else {
            return Err(Box::new(Status::bad_request("a scale is the JSON of an autoscaling/v1 Scale")));
        };
        let wanted = scale["metadata"]["uid"].as_str().unwrap_or_default();
        check_precondition(request, &server.read(request)?, wanted)?;
        return update_scale(server, env, request, &scale, |why| undecodable("Scale", why));
    }
    let mut new = decoded(server.features, request, body)?;
    let old = match server.read(request) {
        Err(refusal) if refusal.is_not_found() && is_created_by_update(request) => {
            check_name(request, &mut new)?;
            return store_new(server, env, request, new, None).map(Answer::Object);
        }
        found => found?,
    };
    check_precondition(request, &old, new.uid())?;
    replace(server, env, request, &old, new, None).map(Answer::Object)
}

/// What replaces an object names the one that is there, if it names any (storage.Preconditions).
fn check_precondition(request: &Request, old: &Object, wanted: &str) -> Result<(), Refusal> {
    let is = old.uid();
    if wanted.is_empty() || wanted == is {
        return Ok(());
    }
    let key = storage_key(old);
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in object meta: {is}"
    );
    Err(Box::new(Status::conflict(request.kind, &request.name, &why)))
}

/// Where etcd has the object.
fn storage_key(object: &Object) -> String {
    let folder = match object.kind() {
        Kind::Service => "services/specs",
        Kind::Endpoints => "services/endpoints",
        Kind::Node => "minions",
        kind => kind.info().plural,
    };
    let parts = ["/registry", folder, object.namespace(), object.name()];
    let given: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    given.join("/")
}

/// Whether the update of what is not there makes it (AllowCreateOnUpdate).
fn is_created_by_update(request: &Request) -> bool {
    request.subresource == Subresource::None
        && matches!(request.kind, Kind::Service | Kind::Endpoints | Kind::Event)
}

/// Changes an object by a patch.
pub fn patch(
    server: &mut Server,
    env: &mut Env<'_>,
    request: &Request,
    kind: PatchType,
    patch: &Value,
) -> Result<Answer, Refusal> {
    let old = server.read(request)?;
    if request.field_validation != FieldValidation::Ignore {
        patch::check(kind, patch).map_err(refuse_patch)?;
    }
    let is_strategic = kind == PatchType::Strategic;
    if request.subresource == Subresource::Scale {
        let scale = patch::apply(kind, &scale::of(&old)?, patch, scale::GO_TYPE).map_err(refuse_patch)?;
        let given = || if is_strategic { go_text::display(patch) } else { json::to_string(&scale) };
        return update_scale(server, env, request, &scale, |why| invalid_patch(given(), why));
    }
    let root = request.kind.go_type();
    let apply = |object: &Value| patch::apply(kind, object, patch, root).map_err(refuse_patch);
    let mut value = apply(&patched(server, &old, patch))?;
    // smpPatcher tells of the patch, jsonPatcher of the object that it made, managers and nulls included.
    let refuse = |why: &str| {
        if is_strategic {
            return invalid_patch(go_text::display(patch), why);
        }
        let made = apply(&printed(&told(server, &old), server.features));
        made.map_or_else(|refusal| refusal, |made| invalid_patch(json::to_string(&made), why))
    };
    if is_strategic {
        decode::check_unstructured(root, &mut value).map_err(|error| refuse(&error.to_string()))?;
        // The struct knows what it is, whatever the patch says.
        if let Some(fields) = value.as_object_mut() {
            fields.insert("apiVersion".to_owned(), request.kind.api_version().into());
            fields.insert("kind".to_owned(), request.kind.name().into());
        }
    } else if let Some(why) = other_kind(request.kind, &value) {
        return Err(refuse(&why));
    }
    if kind == PatchType::Json && request.field_validation == FieldValidation::Warn {
        for path in patch::unknown_fields(patch) {
            request.warnings.add(format!("json patch unknown field \"{path}\""));
        }
    }
    let new = decoded_only(server.features, request, Body::Json(value), refuse)?;
    if let Some(why) = strategy::conversion_error(&new) {
        // smpPatcher returns what goes wrong between versions as it is, which is no status.
        let failure = || Box::new(Status { reason: Reason::InternalError, ..Status::bad_request(&why) });
        return Err(if is_strategic { failure() } else { refuse(&why) });
    }
    replace(server, env, request, &old, new, None).map(Answer::Object)
}

/// The object as JSON; with its managers where the patch is about them, as they have to be worked out.
fn patched(server: &Server, old: &Object, patch: &Value) -> Value {
    const FIELD: &str = "managedFields";
    let is_about_managers = patch["metadata"].get(FIELD).is_some()
        || patch.as_array().into_iter().flatten().any(|operation| {
            ["path", "from"]
                .iter()
                .any(|key| operation[key].as_str().is_some_and(|path| path.contains(FIELD)))
        });
    if is_about_managers { told(server, old).to_value() } else { old.to_value() }
}

/// The object with its managers.
fn told(server: &Server, old: &Object) -> Object {
    let mut told = old.clone();
    if let Some(writes) = server.store.writes(&old.key()) {
        told.meta_mut().managed_fields = writes.managed_fields(server.features).encode();
    }
    told
}

/// A patch that does not fit the object (patch.go, applyPatchToCurrentObject and applyPatchToObject). Departs in one point:
/// where `given` is an object all its keys are sorted, also where the patch did not reach.
fn invalid_patch(given: String, why: &str) -> Refusal {
    let error = FieldError::invalid(&Path::new("patch"), given, why);
    let message = format!(" \"\" is invalid: {error}");
    Box::new(Status { reason: Reason::Invalid, causes: vec![error], ..Status::bad_request(message) })
}

fn refuse_patch(error: PatchError) -> Refusal {
    let reason = match error.kind {
        PatchErrorKind::BadRequest => Reason::BadRequest,
        PatchErrorKind::TooLarge => Reason::RequestEntityTooLarge,
        PatchErrorKind::Other => Reason::InternalError,
        PatchErrorKind::Unprocessable => {
            let message = "the server rejected our request due to an error in our request";
            return Box::new(Status { reason: Reason::Invalid, ..Status::bad_request(message) });
        }
    };
    Box::new(Status { reason, ..Status::bad_request(error.to_string()) })
}

fn update_scale(
    server: &mut Server,
    env: &mut Env<'_>,
    request: &Request,
    scale: &Value,
    refuse: impl Fn(&str) -> Refusal,
) -> Result<Answer, Refusal> {
    let old = server.read(request)?;
    let new = scale::apply(&old, scale, refuse)?;
    let new = replace(server, env, request, &old, new, None)?;
    scale::of(&new).map(Answer::Json)
}

/// Stores `new` in the place of `old`, if that is allowed; what changes is the writer's, unless it is known whose it is.
pub fn replace(
    server: &mut Server,
    env: &mut Env<'_>,
    request: &Request,
    old: &Object,
    mut new: Object,
    managers: Option<ManagedFields>,
) -> Result<Object, Refusal> {
    check_identity(request, old, &mut new)?;
    if request.subresource == Subresource::Status && !strategy::has_status(request.kind) {
        return Err(no_such_resource(request.kind, &request.name));
    }
    let terms = Terms { now: env.now, features: server.features };
    strategy::default(&mut new);
    let mut errors = system_field_errors(old.meta(), new.meta(), terms.features);
    let told = new.meta().managed_fields.is_some().then(|| new.meta_mut().managed_fields.take()).flatten();
    keep_system_fields(old, &mut new);
    let sent = prepare(server, env, request, old, &mut new, terms)?;
    let managers = match (managers, told) {
        (None, Some(told)) => told_managers(server, env, request, old, sent.as_ref().unwrap_or(&new), &told),
        (managers, _) => managers,
    };
    let writes = server.store.writes(&old.key());
    let is_known = |managers: &ManagedFields| {
        writes.is_some_and(|writes| writes.managed_fields(server.features).differs_in_time_only(managers))
    };
    if new == *old && errors.is_empty() && managers.as_ref().is_none_or(is_known) {
        warn_of_change(request, &new, terms);
        return Ok(new);
    }
    let path = Path::new("metadata");
    errors.extend(metadata::object_meta_update(new.meta(), old.meta(), terms.features, &path));
    errors.extend(match request.subresource {
        Subresource::Status => strategy::validate_status_update(old, &new, terms),
        _ => strategy::validate_update(old, &new, terms),
    });
    refuse(&new, errors)?;
    warn_of_change(request, &new, terms);
    admission::update(server, old, &new)?;
    if request.dry_run {
        return Ok(new);
    }
    server.store.adopt(old);
    if is_finished(old, &new) {
        return Ok(remove(server, env, &new));
    }
    let credit = match managers {
        Some(managers) => Credit::Known(Writes::known(managers)),
        None => Credit::Writer(writer(request, request.subresource), sent),
    };
    Ok(server.store.put(new, credit))
}

/// The strategies of status have no warnings, and that of pods has some for new ones alone.
fn warn_of_change(request: &Request, new: &Object, terms: Terms) {
    if request.subresource != Subresource::Status && request.kind != Kind::Pod {
        warn(request, new, terms);
    }
}

/// Takes over what a request may not touch, and completes what the server gives; what was sent, where the two differ.
fn prepare(
    server: &Server,
    env: &mut Env<'_>,
    request: &Request,
    old: &Object,
    new: &mut Object,
    terms: Terms,
) -> Result<Option<Object>, Refusal> {
    if request.subresource == Subresource::Status {
        strategy::prepare_for_status_update(old, new, terms);
        return Ok(None);
    }
    if request.subresource == Subresource::Finalize {
        namespace::prepare_for_finalize_update(old, new);
        return Ok(None);
    }
    strategy::prepare_for_update(old, new, terms);
    let sent = (request.kind == Kind::Service).then(|| new.clone());
    strategy::allocate(server, env, Some(old), new)?;
    Ok(sent)
}

/// The managers after an update that says who they were (fieldmanager.go, decodeLiveOrNew); only the object itself can.
fn told_managers(
    server: &Server,
    env: &Env<'_>,
    request: &Request,
    old: &Object,
    new: &Object,
    told: &[ManagedFieldsEntry],
) -> Option<ManagedFields> {
    if request.subresource != Subresource::None {
        return None;
    }
    let is_reset = told.is_empty() || matches!(told, [one] if *one == ManagedFieldsEntry::default());
    if is_reset {
        return Some(ManagedFields::default());
    }
    let mut managers = ManagedFields::decode(told).filter(|managers| !managers.0.is_empty())?;
    let (writer, before) = (writer(request, Subresource::None), printed(old, server.features));
    field_manager::update(&mut managers, &writer, env.now, &before, new, server.features);
    Some(managers)
}

/// The object in the body is the one that the request names, at the version that was read.
fn check_identity(request: &Request, old: &Object, new: &mut Object) -> Result<(), Refusal> {
    check_name(request, new)?;
    check_namespace(request, new)?;
    let version = new.meta().resource_version.as_deref().unwrap_or_default();
    if !version.is_empty() && Some(version) != old.meta().resource_version.as_deref() {
        return Err(Box::new(Status::modified(request.kind, &request.name)));
    }
    Ok(())
}

/// What a request says of fields that only the server sets and that BeforeUpdate does not take over silently.
fn system_field_errors(old: &ObjectMeta, new: &ObjectMeta, features: Features) -> Errors {
    let path = Path::new("metadata");
    let immutable =
        |field: &str, value: Printed| FieldError::invalid(&path.child(field), value, "field is immutable");
    let uid = new.uid.as_ref().filter(|uid| !uid.is_empty() && Some(*uid) != old.uid.as_ref());
    let end = new.deletion_timestamp.as_ref().filter(|_| old.deletion_timestamp.is_none());
    let grace = new.deletion_grace_period_seconds.filter(|is| old.deletion_grace_period_seconds != Some(*is));
    let errors = [
        uid.map(|uid| immutable("uid", uid.into())),
        end.map(|end| immutable("deletionTimestamp", printed_time(end, features))),
        grace.map(|seconds| immutable("deletionGracePeriodSeconds", seconds.into())),
    ];
    errors.into_iter().flatten().collect()
}

/// A time as a validation error prints it.
fn printed_time(time: &Time, features: Features) -> Printed {
    let as_json = features.values_print_as_json();
    let layout = if as_json { "\"%Y-%m-%dT%H:%M:%SZ\"" } else { "%Y-%m-%d %H:%M:%S +0000 UTC" };
    Printed::as_is(time.0.strftime(layout).to_string())
}

/// What only the server sets (BeforeUpdate).
fn keep_system_fields(old: &Object, new: &mut Object) {
    let from = old.meta();
    let meta = new.meta_mut();
    meta.uid.clone_from(&from.uid);
    meta.creation_timestamp.clone_from(&from.creation_timestamp);
    meta.resource_version.clone_from(&from.resource_version);
    meta.generation = from.generation;
    meta.self_link = None;
    meta.deletion_timestamp.clone_from(&from.deletion_timestamp);
    meta.deletion_grace_period_seconds = from.deletion_grace_period_seconds;
}

/// The last finalizer of a terminating object is gone, and no node has to confirm (ShouldDeleteDuringUpdate).
fn is_finished(old: &Object, new: &Object) -> bool {
    let has_finalizers = new.meta().finalizers.as_ref().is_some_and(|f| !f.is_empty());
    let was = old.meta();
    !has_finalizers
        && !namespace::is_held(new)
        && was.deletion_timestamp.is_some()
        && was.deletion_grace_period_seconds.unwrap_or(0) == 0
}
