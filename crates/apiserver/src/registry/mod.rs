//! The generic path of every request: decode, default, admit, validate, commit; deletion with grace and finalizers.
//!
//! Models apiserver/pkg/registry/{rest,generic/registry} (v1.36.2). What differs between kinds is in [`crate::strategy`].
//! Invariant: nothing is stored before everything has been checked.

mod apply;
mod create;
mod decode;
mod delete;
mod list;
mod restore;
mod update;

pub(crate) use apply::apply;
pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use list::list;
pub(crate) use restore::restore;
pub(crate) use update::{patch, update};

use client::api::{Refusal, Request, Subresource};
use machinery::field::FieldError;
use machinery::{Kind, Object, ObjectKey, Status};

use crate::field_manager::Writer;
use crate::made;
use crate::server::{Env, Server};
use crate::strategy::{self, Terms};

/// Refuses the object for everything that is wrong with it.
fn refuse(object: &Object, errors: Vec<FieldError>) -> Result<(), Refusal> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(Box::new(Status::invalid(object.kind(), object.name(), errors)))
}

/// Warns of what is odd about an object that passed validation (WarningsOnCreate, WarningsOnUpdate).
fn warn(request: &Request, object: &Object, terms: Terms) {
    strategy::warnings(object, terms).into_iter().for_each(|warning| request.warnings.add(warning));
}

/// Who sends the request, for what it writes to a part of the object.
fn writer(request: &Request, part: Subresource) -> Writer {
    Writer { name: request.field_manager.clone(), part }
}

/// The answer to a subresource that the kind does not have.
pub(crate) fn no_such_resource(kind: Kind, name: &str) -> Refusal {
    let message = "the server could not find the requested resource".to_owned();
    Box::new(Status { message, ..Status::not_found(kind, name) })
}

/// A manifest that names another object than the request.
fn check_name(request: &Request, object: &mut Object) -> Result<(), Refusal> {
    if object.name().is_empty() {
        object.meta_mut().name = Some(request.name.clone());
    }
    if object.name() != request.name {
        let (given, expected) = (object.name(), &request.name);
        let why = format!("the name of the object ({given}) does not match the name on the URL ({expected})");
        return Err(Box::new(Status::bad_request(why)));
    }
    Ok(())
}

/// A manifest that names another namespace than the request (rest.EnsureObjectNamespaceMatchesRequestNamespace).
fn check_namespace(request: &Request, object: &mut Object) -> Result<(), Refusal> {
    if !request.kind.is_namespaced() {
        if object.meta().namespace.is_some() {
            object.meta_mut().namespace = None;
        }
        return Ok(());
    }
    match object.namespace() {
        "" => object.meta_mut().namespace = Some(request.namespace.clone()),
        given if given != request.namespace => {
            let why = "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Box::new(Status::bad_request(why)));
        }
        _ => {}
    }
    Ok(())
}

/// Removes the object for good, with what goes with it: a service's Endpoints, What is always
/// there is made again.
fn remove(server: &mut Server, env: &mut Env<'_>, object: &Object) -> Object {
    let removed = server.store.remove(&object.key()).unwrap_or_else(|| object.clone());
    if removed.kind() == Kind::Service {
        server.store.remove(&ObjectKey::new(Kind::Endpoints, removed.namespace(), removed.name()));
    }
    made::again(server, env, &removed);
    removed
}
