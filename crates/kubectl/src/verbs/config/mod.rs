//! `kubectl config`: one cluster and one user, as kubeadm writes them, and what is made of them.
//!
//! Models kubectl/pkg/cmd/config. Departs: the kubeconfig holds no preferences, extensions, plugins for credentials, nor
//! groups to act as.

mod contexts;
mod entries;
mod property;
mod view;

use super::{Call, Command, Next, cluster_info, help};
use crate::context::Context;
use crate::failure::Failure;
use crate::kubeconfig::Entry;

pub(super) use contexts::{
    CURRENT_CONTEXT, DELETE_CONTEXT, GET_CONTEXTS, RENAME_CONTEXT, SET_CONTEXT, USE_CONTEXT,
};
pub(super) use entries::{
    DELETE_CLUSTER, DELETE_USER, GET_CLUSTERS, GET_USERS, SET_CLUSTER, SET_CREDENTIALS,
};
pub(super) use property::{SET, UNSET};
pub(super) use view::VIEW;

/// Where kubectl would keep it.
const FILE: &str = "/.kube/config";

/// The arguments, if there are as many as the command takes (`helpErrorf`: its help, and what is wrong).
fn names<'a, const N: usize>(
    call: &'a Call,
    context: &mut Context<'_, '_>,
    command: &Command,
) -> Result<&'a [String; N], Failure> {
    let args = call.parsed.args.as_slice();
    args.try_into().map_err(|_| {
        context.out(help::text(command));
        Failure::message(format!("Unexpected args: [{}]", args.join(" ")))
    })
}

/// Sets a cluster's address, and knows its own again.
fn set_server(entry: &mut Entry, server: &str, context: &mut Context<'_, '_>) {
    match cluster_info::server(context) == server {
        true => entry.set("server", ()),
        false => entry.set("server", server),
    }
}
