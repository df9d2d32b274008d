//! `kubectl config`: one cluster and one user, as kubeadm writes them, and contexts that can be changed.
//!
//! Models kubectl/pkg/cmd/config (view.go, get_clusters.go, get_users.go). Departs in one point: nothing but contexts can be
//! written.

mod contexts;

use serde_json::{Value, json};

use super::{Call, Command, Next, cluster_info};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch};
use crate::kubeconfig::{Access, CLUSTER, Kubeconfig, USER};
use crate::printers::output::Format;

pub(super) use contexts::{
    CURRENT_CONTEXT, DELETE_CONTEXT, GET_CONTEXTS, RENAME_CONTEXT, SET_CONTEXT, USE_CONTEXT,
};

pub(super) const GET_CLUSTERS: Command = Command {
    name: "config get-clusters",
    about: "Display clusters defined in the kubeconfig",
    usage: || &["kubectl config get-clusters"],
    flags: || &[],
    run: |_, context| {
        context.out(format!("NAME\n{CLUSTER}\n"));
        Ok(Next::Done)
    },
};

pub(super) const GET_USERS: Command = Command {
    name: "config get-users",
    about: "Display users defined in the kubeconfig",
    usage: || &["kubectl config get-users"],
    flags: || &[],
    run: |_, context| {
        context.out(format!("NAME\n{USER}\n"));
        Ok(Next::Done)
    },
};

const VIEW_FLAGS: &[Flag] = &[
    switch("minify", "Only what the current context needs"),
    switch("raw", "The certificates, too; they are not simulated"),
    switch("flatten", "Files become part of the output"),
    switch("merge", "All kubeconfig files as one"),
];

pub(super) const VIEW: Command = Command {
    name: "config view",
    about: "Display merged kubeconfig settings or a specified kubeconfig file",
    usage: || &["kubectl config view [--minify]"],
    flags: || &[VIEW_FLAGS, flags::FORMATS],
    run: view,
};

fn view(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    if !parsed.args.is_empty() {
        return Err(call.usage(&format!("unexpected arguments: [{}]", parsed.args.join(" "))));
    }
    let server = cluster_info::server(context);
    let mut config = context.env.kubeconfig.clone();
    let mut needed = Access { cluster: CLUSTER.to_owned(), user: USER.to_owned(), ..Access::default() };
    if parsed.on("minify") {
        if let Some(chosen) = parsed.text("context").filter(|name| !name.is_empty()) {
            chosen.clone_into(&mut config.current);
        }
        needed = minify(&mut config)?;
    }
    let mut value = shown(&config, &needed, &server);
    if !context.env.features.kubeconfigs_have_no_preferences() {
        value["preferences"] = json!({});
    }
    let format =
        Format::parse(context, parsed.text("output").or(Some("yaml")), parsed.text("template"), false)?;
    format.print(context, &value, false)?;
    Ok(Next::Done)
}

/// Leaves the current context alone; what it needs (clientcmdapi.MinifyConfig).
fn minify(config: &mut Kubeconfig) -> Result<Access, Failure> {
    let current = config.current.clone();
    if current.is_empty() {
        return Err(Failure::message("current-context must exist in order to minify"));
    }
    let Some(access) = config.contexts.get(&current).cloned() else {
        return Err(Failure::message(format!("cannot locate context {current}")));
    };
    for (what, name, known) in [("cluster", &access.cluster, CLUSTER), ("user", &access.user, USER)] {
        if !name.is_empty() && name != known {
            return Err(Failure::message(format!("cannot locate {what} {name}")));
        }
    }
    config.contexts.retain(|name, _| *name == current);
    Ok(access)
}

/// The kubeconfig as it is written, with the cluster and the user that are needed.
fn shown(config: &Kubeconfig, needed: &Access, server: &str) -> Value {
    let omitted = "DATA+OMITTED";
    let contexts: Vec<Value> = config
        .contexts
        .iter()
        .map(|(name, access)| {
            let mut context = json!({"cluster": access.cluster, "user": access.user});
            if !access.namespace.is_empty() {
                context["namespace"] = access.namespace.as_str().into();
            }
            json!({"name": name, "context": context})
        })
        .collect();
    let cluster = json!({"certificate-authority-data": omitted, "server": server});
    let user = json!({"client-certificate-data": omitted, "client-key-data": omitted});
    let or_none = |list: Vec<Value>| if list.is_empty() { Value::Null } else { Value::Array(list) };
    let only = |name: &str, key: &str, value: Value| match name {
        "" => Value::Null,
        name => json!([{"name": name, key: value}]),
    };
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": only(&needed.cluster, "cluster", cluster),
        "contexts": or_none(contexts),
        "current-context": config.current,
        "users": only(&needed.user, "user", user),
    })
}
