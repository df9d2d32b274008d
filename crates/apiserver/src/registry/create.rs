//! Storing a new object, binding a pod to its node, and evicting it.
//!
//! Models apiserver/pkg/registry/rest/create.go (BeforeCreate), generic/registry/store.go (Create), and
//! pkg/registry/core/pod/storage/{storage,eviction}.go (BindingREST, EvictionREST).

use client::api::{Answer, Body, DeleteOptions, Refusal, Request, Subresource};
use machinery::time::seconds;
use machinery::{Kind, Object, Status};

use super::decode::decoded;
use super::{check_namespace, delete, refuse, warn, writer};
use crate::admission;
use crate::field_manager::Writes;
use crate::server::{Env, Server};
use crate::store::Credit;
use crate::strategy::{self, Terms};

/// A generated name is cut so that it fits a label with its suffix (apiserver/pkg/storage/names/generate.go).
const MAX_GENERATED_BASE: usize = 58;
const SUFFIX_LENGTH: usize = 5;

/// Stores a new object.
pub fn create(
    server: &mut Server,
    env: &mut Env<'_>,
    request: &Request,
    body: Body,
) -> Result<Answer, Refusal> {
    match request.subresource {
        Subresource::None => {}
        Subresource::Binding => return bind(server, env, request, &body),
        Subresource::Eviction => return evict(server, env, request, &body),
        _ => return Err(Box::new(Status::method_not_allowed(request.kind, "create"))),
    }
    let object = decoded(server.features, request, body)?;
    store_new(server, env, request, object, None).map(Answer::Object)
}

/// Completes, checks and stores a new object; its fields are the writer's, unless it is known whose they are.
pub fn store_new(
    server: &mut Server,
    env: &mut Env<'_>,
    request: &Request,
    mut object: Object,
    managers: Option<Writes>,
) -> Result<Object, Refusal> {
    if request.kind.is_namespaced() && request.namespace.is_empty() {
        return Err(Box::new(Status::bad_request("an empty namespace may not be set during creation")));
    }
    check_namespace(request, &mut object)?;
    strategy::default(&mut object);
    // What the server adds from here on is nobody's.
    let sent = adds_fields(request.kind).then(|| object.clone());
    admission::create(server, env, &mut object)?;
    fill_system_fields(env, &mut object);
    let terms = Terms { now: env.now, features: server.features };
    strategy::prepare_for_create(&mut object, terms);
    strategy::allocate(server, env, None, &mut object)?;
    refuse(&object, strategy::validate(&object, terms))?;
    warn(request, &object, terms);
    if server.store.get(object.kind(), object.namespace(), object.name()).is_some() {
        return Err(Box::new(Status::already_exists(request.kind, object.name())));
    }
    if request.dry_run {
        return Ok(object);
    }
    let credit = match managers {
        Some(managers) => Credit::Known(managers),
        None => Credit::Writer(writer(request, Subresource::None), sent),
    };
    Ok(server.store.put(object, credit))
}

/// Whether the server completes new objects of the kind, metadata and status excepted.
fn adds_fields(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Namespace | Kind::PersistentVolume | Kind::PersistentVolumeClaim | Kind::Pod | Kind::Service
    )
}

/// rest.FillObjectMetaSystemFields, and the generated name.
fn fill_system_fields(env: &mut Env<'_>, object: &mut Object) {
    let meta = object.meta_mut();
    meta.uid = Some(env.choices.uid());
    meta.creation_timestamp = Some(seconds(env.now));
    meta.deletion_timestamp = None;
    meta.deletion_grace_period_seconds = None;
    meta.resource_version = None;
    meta.managed_fields = None;
    meta.self_link = None;
    meta.generation = None;
    let has_name = meta.name.as_ref().is_some_and(|name| !name.is_empty());
    if let (false, Some(base)) = (has_name, &meta.generate_name) {
        let cut: String = base.chars().take(MAX_GENERATED_BASE).collect();
        meta.name = Some(format!("{cut}{}", env.choices.suffix(base, SUFFIX_LENGTH)));
    }
}

/// Puts a pod on a node, for good.
fn bind(server: &mut Server, env: &Env<'_>, request: &Request, body: &Body) -> Result<Answer, Refusal> {
    let target = match body {
        Body::Json(binding) if request.kind == Kind::Pod => binding["target"]["name"].as_str(),
        _ => {
            return Err(Box::new(Status::bad_request(
                "a binding is the JSON of a v1 Binding, sent to a pod",
            )));
        }
    };
    let node = target.unwrap_or_default();
    let mut pod = server.read(request)?;
    strategy::pod::assign(&mut pod, node, env.now)?;
    if request.dry_run {
        return Ok(Answer::Object(pod));
    }
    Ok(Answer::Object(server.store.put(pod, Credit::Nobody)))
}

/// Deletes a pod, and leaves in its status that it was evicted; there are no disruption budgets that could refuse it.
fn evict(server: &mut Server, env: &mut Env<'_>, request: &Request, body: &Body) -> Result<Answer, Refusal> {
    let eviction = match body {
        Body::Json(eviction) if request.kind == Kind::Pod => eviction,
        _ => {
            let why = "an eviction is the JSON of a policy/v1 Eviction, sent to a pod";
            return Err(Box::new(Status::bad_request(why)));
        }
    };
    let options = DeleteOptions {
        grace_period_seconds: eviction["deleteOptions"]["gracePeriodSeconds"].as_i64(),
        ..Default::default()
    };
    let mut pod = server.read(request)?;
    strategy::pod::disrupt(&mut pod, "EvictionByEvictionAPI", "Eviction API: evicting", env.now);
    if !request.dry_run {
        server.store.put(pod, Credit::Nobody);
    }
    delete(server, env, request, &options)
}
