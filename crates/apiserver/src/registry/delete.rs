//! Removing an object: at once, after its grace period, or after its last finalizer.
//!
//! Models apiserver/pkg/registry/rest/delete.go (BeforeDelete) and generic/registry/store.go (Delete,
//! updateForGracefulDeletionAndFinalizers, deletionFinalizersForGarbageCollection).

use client::api::{Answer, DeleteOptions, Propagation, Refusal, Request};
use jiff::Timestamp;
use machinery::time::{after_ms, seconds};
use machinery::{Kind, Object, Status};

use super::remove;
use crate::admission;
use crate::server::{Env, Server};
use crate::store::Credit;
use crate::strategy::{self, namespace};

/// Finalizers that carry out a propagation policy (apimachinery/pkg/apis/meta/v1/types.go).
const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

/// How the object takes the request.
#[derive(PartialEq)]
enum Grace {
    /// The kind knows no grace.
    None,
    /// It goes after so many seconds, which may be none.
    Period(i64),
    /// It is going already, and not later than asked.
    Pending,
}

/// Removes an object, or marks it for removal.
pub fn delete(
    server: &mut Server,
    env: &mut Env<'_>,
    request: &Request,
    options: &DeleteOptions,
) -> Result<Answer, Refusal> {
    let old = server.read(request)?;
    admission::delete(&old)?;
    check_preconditions(&old, options)?;
    let mut object = old.clone();
    let grace = begin(&mut object, options, env.now);
    if grace == Grace::Pending {
        return Ok(Answer::Object(old));
    }
    propagate(&mut object, options.propagation);
    namespace::begin_deletion(&mut object);
    let has_finalizers = object.meta().finalizers.as_ref().is_some_and(|f| !f.is_empty());
    let waits = has_finalizers || namespace::is_held(&object);
    if grace == Grace::None && waits {
        mark_as_deleting(&mut object, env.now);
    }
    if request.dry_run {
        return Ok(Answer::Object(object));
    }
    server.store.adopt(&old);
    // A kind with grace is marked before it goes, even where the grace is none: watchers see both.
    if (waits || grace != Grace::None) && object != old {
        object = server.store.put(object, Credit::Nobody);
    }
    if waits || matches!(grace, Grace::Period(1..)) {
        return Ok(Answer::Object(server.object(&object.key()).cloned().unwrap_or(object)));
    }
    Ok(Answer::Object(remove(server, env, &object)))
}

fn check_preconditions(object: &Object, options: &DeleteOptions) -> Result<(), Refusal> {
    let conflict = |why: String| Err(Box::new(Status::conflict(object.kind(), object.name(), &why)));
    if let Some(wanted) = options.uid.as_deref().filter(|wanted| *wanted != object.uid()) {
        let is = object.uid();
        return conflict(format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({is}). The object might have been deleted and then recreated"
        ));
    }
    let version = object.meta().resource_version.as_deref().unwrap_or_default();
    if let Some(wanted) = options.resource_version.as_deref().filter(|wanted| *wanted != version) {
        return conflict(format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
        ));
    }
    Ok(())
}

/// Sets when the object goes, where its kind has a grace period (BeforeDelete). A second request can only shorten it.
fn begin(object: &mut Object, options: &DeleteOptions, now: Timestamp) -> Grace {
    // A negative period means one second.
    let asked = options.grace_period_seconds.map(|s| if s < 0 { 1 } else { s });
    let Some(period) = strategy::grace_period_seconds(object, asked) else {
        return Grace::None;
    };
    let meta = object.meta_mut();
    if let Some(due) = meta.deletion_timestamp.clone() {
        let Some(before) = meta.deletion_grace_period_seconds else {
            return Grace::None;
        };
        let Some(asked) = asked.filter(|asked| *asked < before) else {
            return Grace::Pending;
        };
        meta.deletion_timestamp = Some(seconds(after_ms(due.0, (asked - before).saturating_mul(1000))));
        meta.deletion_grace_period_seconds = Some(asked);
        return Grace::Period(asked);
    }
    meta.deletion_timestamp = Some(seconds(after_ms(now, period.saturating_mul(1000))));
    meta.deletion_grace_period_seconds = Some(period);
    meta.generation = meta.generation.map(|generation| generation + 1);
    Grace::Period(period)
}

/// An object without grace that has to wait for something (store.go, markAsDeleting).
fn mark_as_deleting(object: &mut Object, now: Timestamp) {
    let is_namespace = object.kind() == Kind::Namespace;
    let meta = object.meta_mut();
    if meta.deletion_timestamp.is_none() {
        meta.generation = meta.generation.map(|generation| generation + 1);
        meta.deletion_timestamp = Some(seconds(now));
    }
    // A namespace's own Delete leaves the period unset (registry/core/namespace/storage/storage.go).
    meta.deletion_grace_period_seconds = (!is_namespace).then_some(0);
}

/// Turns an explicit propagation policy into the finalizer that carries it out; without one the finalizers stay.
fn propagate(object: &mut Object, propagation: Option<Propagation>) {
    let wanted = match propagation {
        None => return,
        Some(Propagation::Background) => None,
        Some(Propagation::Foreground) => Some(FOREGROUND),
        Some(Propagation::Orphan) => Some(ORPHAN),
    };
    let given = object.meta().finalizers.clone().unwrap_or_default();
    let mut finalizers = given.clone();
    finalizers.retain(|f| Some(f.as_str()) == wanted || (f != ORPHAN && f != FOREGROUND));
    if let Some(wanted) = wanted.filter(|wanted| !finalizers.iter().any(|f| f == wanted)) {
        finalizers.push(wanted.to_owned());
    }
    if finalizers != given {
        object.meta_mut().finalizers = (!finalizers.is_empty()).then_some(finalizers);
    }
}
