//! Server-side apply.
//!
//! Models applyPatcher of apiserver/pkg/endpoints/handlers/patch.go, and apimachinery/pkg/util/managedfields/internal:
//! fieldmanager.go, structuredmerge.go, skipnonapplied.go, lastappliedmanager.go, lastappliedupdater.go.

use std::borrow::Cow;

use client::api::{Answer, Body, Refusal, Request, Subresource};
use machinery::managed_fields::{self, Conflict, ManagedFields, Manager, Operation, Terms};
use machinery::status::Reason;
use machinery::structured_merge::{FieldSet, Shape, compare, field_set, validate};
use machinery::time::seconds;
use machinery::{Object, ObjectKey, Status, json};
use serde_json::{Map, Value};

use super::create::store_new;
use super::decode::decoded;
use super::update::replace;
use super::{check_name, writer};
use crate::field_manager::{self, Writer, Writes, ignored, nothing, part_name, printed};
use crate::server::{Env, Server};

/// Where client-side apply keeps what was applied last.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The manager that takes over from client-side apply.
const KUBECTL: &str = "kubectl";
/// Who manages what was there before anything was known.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";
/// The limit of all annotations, in bytes (apimachinery/pkg/api/validation/objectmeta.go).
const MAX_ANNOTATIONS_BYTES: usize = 256 * 1024;

/// Merges a configuration into an object, or makes one of it.
pub fn apply(
    server: &mut Server,
    env: &mut Env<'_>,
    request: &Request,
    config: &Value,
    force: bool,
) -> Result<Answer, Refusal> {
    let old = match server.read(request) {
        Err(refusal) if refusal.is_not_found() && request.subresource == Subresource::None => None,
        found => Some(found?),
    };
    check(server, request, config)?;
    let live = match &old {
        Some(old) => printed(old, server.features),
        None => nothing(request.kind, server.features),
    };
    let before = managers_before(server, env, request, old.as_ref());
    let applying = Applying { request, live: &live, config };
    let (mut value, mut managers) = applying.merged(&before, force)?;
    if value != live
        && let Some(managed) = managers.0.get_mut(&applying.manager())
    {
        managed.time = Some(seconds(env.now));
    }
    if request.field_manager == KUBECTL {
        keep_last_applied(&mut value, config);
    }
    let mut new = decoded(server.features, request, Body::Json(value))?;
    check_name(request, &mut new)?;
    let mut object = match &old {
        Some(old) => replace(server, env, request, old, new, Some(managers.clone()))?,
        None => {
            let known = Writes::known(managers.clone());
            store_new(server, env, request, new, Some(known))?
        }
    };
    if request.managed_fields {
        object.meta_mut().managed_fields = managers.encode();
    }
    Ok(Answer::Object(object))
}

/// The managers of an object; of one that nobody is known to manage, everything belongs to what was before.
fn managers_before(server: &Server, env: &Env<'_>, request: &Request, old: Option<&Object>) -> ManagedFields {
    let Some(old) = old else {
        return ManagedFields::default();
    };
    let key: ObjectKey = old.key();
    let mut managers =
        server.store.writes(&key).map(|writes| writes.managed_fields(server.features)).unwrap_or_default();
    if managers.0.is_empty() {
        let by = Writer { name: Cow::Borrowed(BEFORE_FIRST_APPLY), ..writer(request, request.subresource) };
        let nothing = nothing(request.kind, server.features);
        field_manager::update(&mut managers, &by, env.now, &nothing, old, server.features);
    }
    managers
}

/// What is wrong with a configuration before it is merged.
fn check(server: &Server, request: &Request, config: &Value) -> Result<(), Refusal> {
    if request.field_manager.is_empty() {
        let message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
        return Err(Box::new(Status { reason: Reason::Invalid, ..Status::bad_request(message) }));
    }
    if config["metadata"].get("managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(Box::new(Status::bad_request("metadata.managedFields must be nil")));
    }
    let violations = validate(request.kind.go_type(), config, server.features.version);
    if violations.is_empty() {
        return Ok(());
    }
    let texts: Vec<String> = violations.iter().map(ToString::to_string).collect();
    let why = match texts.as_slice() {
        [one] => one.clone(),
        many => format!("errors:\n  {}", many.join("\n  ")),
    };
    let text = |field: &str| config["metadata"][field].as_str().unwrap_or_default();
    let (namespace, name) = (text("namespace"), text("name"));
    let (version, kind) = (request.kind.api_version(), request.kind);
    let message =
        format!("failed to create typed patch object ({namespace}/{name}; {version}, Kind={kind}): {why}");
    Err(Box::new(Status { reason: Reason::InternalError, ..Status::bad_request(message) }))
}

/// A configuration on its way into an object.
struct Applying<'a> {
    request: &'a Request,
    live: &'a Value,
    config: &'a Value,
}

impl Applying<'_> {
    fn shape(&self) -> Shape {
        Shape::root(self.request.kind.go_type())
    }

    fn manager(&self) -> Manager {
        let part = part_name(self.request.subresource);
        Manager::new(&self.request.field_manager, Operation::Apply, "", part)
    }

    fn merged(&self, before: &ManagedFields, force: bool) -> Result<(Value, ManagedFields), Refusal> {
        let manager = self.manager();
        let ignored = ignored(self.request.kind, self.request.subresource);
        let api_version = self.request.kind.api_version();
        let merge = |force: bool| {
            let terms = Terms { manager: &manager, api_version, force, ignored: &ignored };
            managed_fields::apply(self.shape(), self.live, self.config, before, terms)
        };
        let mut conflicts = match merge(force) {
            Ok(merged) => return Ok(merged),
            Err(conflicts) => conflicts,
        };
        // What client-side apply has set is kubectl's own.
        let own = self.last_applied();
        conflicts.retain(|conflict| !own.has(&conflict.path));
        if !conflicts.is_empty() {
            return Err(refusal(self.request, &conflicts));
        }
        merge(true).map_err(|conflicts| refusal(self.request, &conflicts))
    }

    /// The fields that client-side apply set, and that are as it set them (allowedConflictsFromLastApplied).
    fn last_applied(&self) -> FieldSet {
        let text = self.live["metadata"]["annotations"][LAST_APPLIED].as_str();
        let applied: Option<Value> = text.and_then(|text| serde_json::from_str(text).ok());
        let kind = self.request.kind;
        match applied.filter(|applied| applied["apiVersion"] == kind.api_version()) {
            Some(applied) if self.request.field_manager == KUBECTL => {
                let changes = compare(self.shape(), &applied, self.live);
                let set = field_set(self.shape(), &applied);
                set.difference(&changes.changed()).difference(&changes.removed)
            }
            _ => FieldSet::default(),
        }
    }
}

fn refusal(request: &Request, conflicts: &[Conflict]) -> Refusal {
    let message = Conflict::message(conflicts);
    Box::new(Status { message, ..Status::conflict(request.kind, &request.name, "") })
}

/// Keeps client-side apply's annotation up to date where there is one; it goes where it would be too long.
fn keep_last_applied(value: &mut Value, config: &Value) {
    let annotations = value.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
    let is_set = |map: &Map<String, Value>| map.get(LAST_APPLIED).is_some_and(|text| text != "");
    let Some(annotations) = annotations.filter(|annotations| is_set(annotations)) else {
        return;
    };
    let mut applied = config.clone();
    if let Some(own) = applied.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        own.remove(LAST_APPLIED);
    }
    annotations.insert(LAST_APPLIED.to_owned(), (json::to_string(&applied) + "\n").into());
    let bytes: usize =
        annotations.iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    if bytes > MAX_ANNOTATIONS_BYTES {
        annotations.remove(LAST_APPLIED);
    }
}
