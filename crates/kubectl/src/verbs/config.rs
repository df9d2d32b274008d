//! `kubectl config`: one cluster, one user, one context, as kubeadm writes them.
//!
//! Models kubectl/pkg/cmd/config (view.go, current_context.go, get_contexts.go, get_clusters.go, get_users.go,
//! use_context.go). Departs in one point: nothing can be written.

use serde_json::{Value, json};

use super::{Call, Command, Next, cluster_info};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch};
use crate::printers::output::Format;
use crate::printers::tabwriter::{TABLE, align};

pub(crate) const CLUSTER: &str = "kubernetes";
pub(crate) const USER: &str = "kubernetes-admin";
pub(crate) const CONTEXT: &str = "kubernetes-admin@kubernetes";

pub(super) const CURRENT_CONTEXT: Command = Command {
    name: "config current-context",
    about: "Display the current-context",
    usage: &["kubectl config current-context"],
    flags: &[],
    run: |_, context| {
        context.out(format!("{CONTEXT}\n"));
        Ok(Next::Done)
    },
};

pub(super) const GET_CONTEXTS: Command = Command {
    name: "config get-contexts",
    about: "Describe one or many contexts",
    usage: &["kubectl config get-contexts [NAME...]"],
    flags: &[&[flags::NO_HEADERS, flags::OUTPUT]],
    run: get_contexts,
};

pub(super) const GET_CLUSTERS: Command = Command {
    name: "config get-clusters",
    about: "Display clusters defined in the kubeconfig",
    usage: &["kubectl config get-clusters"],
    flags: &[],
    run: |_, context| {
        context.out(format!("NAME\n{CLUSTER}\n"));
        Ok(Next::Done)
    },
};

pub(super) const GET_USERS: Command = Command {
    name: "config get-users",
    about: "Display users defined in the kubeconfig",
    usage: &["kubectl config get-users"],
    flags: &[],
    run: |_, context| {
        context.out(format!("NAME\n{USER}\n"));
        Ok(Next::Done)
    },
};

pub(super) const USE_CONTEXT: Command = Command {
    name: "config use-context",
    about: "Set the current-context in a kubeconfig file",
    usage: &["kubectl config use-context NAME"],
    flags: &[],
    run: |call, context| match call.parsed.args.as_slice() {
        [name] if name == CONTEXT => {
            context.out(format!("Switched to context \"{CONTEXT}\".\n"));
            Ok(Next::Done)
        }
        [name] => Err(Failure::message(format!("no context exists with the name: \"{name}\""))),
        _ => Err(Failure::message("unexpected args: expected the name of a context")),
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
    usage: &["kubectl config view [--minify]"],
    flags: &[VIEW_FLAGS, flags::FORMATS],
    run: view,
};

fn get_contexts(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let names_only = match call.parsed.text("output").unwrap_or_default() {
        "" => false,
        "name" => true,
        other => {
            return Err(Failure::message(format!("output must be one of '' or 'name': {other}")));
        }
    };
    if let Some(name) = call.parsed.args.iter().find(|name| *name != CONTEXT) {
        return Err(Failure::message(format!("context {name} not found")));
    }
    if names_only {
        context.out(format!("{CONTEXT}\n"));
        return Ok(Next::Done);
    }
    let header =
        if call.parsed.on("no-headers") { "" } else { "CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n" };
    context.out(align(&format!("{header}*\t{CONTEXT}\t{CLUSTER}\t{USER}\t\n"), TABLE));
    Ok(Next::Done)
}

fn view(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let server = cluster_info::server(context);
    let omitted = "DATA+OMITTED";
    let mut value: Value = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": CLUSTER,
            "cluster": {"certificate-authority-data": omitted, "server": server},
        }],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CLUSTER, "user": USER}}],
        "current-context": CONTEXT,
        "users": [{
            "name": USER,
            "user": {"client-certificate-data": omitted, "client-key-data": omitted},
        }],
    });
    if !context.env.features.kubeconfigs_have_no_preferences() {
        value["preferences"] = json!({});
    }
    let output = call.parsed.text("output").unwrap_or("yaml");
    let format = Format::parse(context, Some(output), call.parsed.text("template"), false)?;
    format.print(context, &value, false)?;
    Ok(Next::Done)
}
