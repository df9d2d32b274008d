//! `kubectl describe`: an object told for people.
//!
//! Models kubectl/pkg/describe/describe.go. Kinds without a describer of their own are told as it tells custom resources.

mod cluster;
mod containers;
mod events;
mod generic;
mod network;
mod node;
mod pod;
mod resources;
mod stateful_set;
mod storage;
mod text;
mod vendors;
mod volumes;
mod workload;

use machinery::Object;

use crate::context::Context;
use crate::failure::Failure;
use crate::printers::tabwriter::{DESCRIBE, align};

pub(crate) use containers::resource_value;
pub(crate) use storage::used_by;
pub(crate) use workload::{template_text, without_hash};

use text::Text;

/// Tells an object, with its events if they are wanted.
///
/// # Errors
/// If what belongs to it cannot be read.
pub(crate) fn describe(
    context: &mut Context<'_, '_>,
    object: &Object,
    with_events: bool,
) -> Result<String, Failure> {
    let mut text = Text::new(context.env.features);
    match object {
        Object::Pod(pod) => pod::describe(&mut text, pod, context.now()),
        Object::StatefulSet(set) => stateful_set::describe(&mut text, set, context)?,
        Object::Deployment(deployment) => workload::describe_deployment(&mut text, deployment, context)?,
        Object::ReplicaSet(set) => workload::describe_replica_set(&mut text, set, context)?,
        Object::Node(node) => node::describe(&mut text, node, context)?,
        Object::PersistentVolumeClaim(claim) => storage::describe_claim(&mut text, claim, context),
        Object::PersistentVolume(volume) => storage::describe_volume(&mut text, volume, context.now()),
        Object::Service(service) => network::describe_service(&mut text, service, context)?,
        Object::EndpointSlice(slice) => network::describe_slice(&mut text, slice),
        Object::ConfigMap(config_map) => generic::describe_config_map(&mut text, config_map),
        Object::Secret(secret) => generic::describe_secret(&mut text, secret),
        Object::Namespace(namespace) => {
            cluster::describe_namespace(&mut text, namespace);
            return Ok(align(&text.into_string(), DESCRIBE));
        }
        Object::StorageClass(class) => cluster::describe_class(&mut text, class),
        Object::ServiceAccount(account) => cluster::describe_account(&mut text, account),
        Object::Endpoints(endpoints) => cluster::describe_endpoints(&mut text, endpoints),
        other => generic::describe(&mut text, other.meta(), &context.whole(other)),
    }
    // Nothing is said of what happened to a Secret.
    if with_events && !matches!(object, Object::Secret(_)) {
        events::describe(&mut text, object, context)?;
    }
    Ok(align(&text.into_string(), DESCRIBE))
}
