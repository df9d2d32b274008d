//! Taking an object over as another cluster has stored it.
//!
//! Models what becomes of what etcd holds when an API server reads it: it gets the defaults of the server's version, and
//! is otherwise what it was. Departs: it comes from people, so it is checked like a new object.

use client::api::Refusal;
use machinery::Object;
use machinery::time::seconds;

use super::refuse;
use crate::admission;
use crate::server::{Env, Server};
use crate::strategy::{self, Terms};

/// The greatest resourceVersion that is taken over: what JSON's numbers hold exactly.
const RESOURCE_VERSION_MAX: u64 = 1 << 53;

/// Stores an object with its own uid, resourceVersion, time of creation and status, in place of one of its name. What it
/// lacks of these it gets now. Where it came from there were the priority class
/// and the runtime class that it names.
///
/// # Errors
/// Where a new object like this would be invalid.
pub fn restore(server: &mut Server, env: &mut Env<'_>, mut object: Object) -> Result<Object, Refusal> {
    strategy::default(&mut object);
    let terms = Terms { now: env.now, features: server.features };
    refuse(&object, strategy::validate(&object, terms))?;
    let is_version = (1..=RESOURCE_VERSION_MAX).contains(&object.resource_version());
    let meta = object.meta_mut();
    meta.resource_version.take_if(|_| !is_version);
    meta.uid.get_or_insert_with(|| env.choices.uid());
    meta.creation_timestamp.get_or_insert_with(|| seconds(env.now));
    admission::learn_class(&mut server.priority_classes, &object);
    server.runtime_classes.extend(admission::runtime_class_of(&object));
    Ok(server.store.restore(object))
}
