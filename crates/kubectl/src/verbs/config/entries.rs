//! `kubectl config` about clusters and users: which there are, and making, changing and removing them.
//!
//! Models kubectl/pkg/cmd/config (get_clusters.go, get_users.go, set_cluster.go, set_credentials.go, delete_cluster.go,
//! delete_user.go). Departs: users have no plugins (`--exec-command`, `--auth-provider`).

use k8s_openapi::ByteString;
use serde_json::json;

use super::{Call, Command, FILE, Next, help, names, set_server};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{Flag, switch, text};
use crate::go_value::quote;
use crate::kubeconfig::{Entries, Entry};

pub(crate) const GET_CLUSTERS: Command = Command {
    name: "config get-clusters",
    about: "Display clusters defined in the kubeconfig",
    usage: || &["kubectl config get-clusters"],
    flags: || &[],
    run: |_, context| {
        context.out(names_of(&context.env.kubeconfig.clusters));
        Ok(Next::Done)
    },
};

pub(crate) const GET_USERS: Command = Command {
    name: "config get-users",
    about: "Display users defined in the kubeconfig",
    usage: || &["kubectl config get-users"],
    flags: || &[],
    run: |_, context| {
        context.out(names_of(&context.env.kubeconfig.users));
        Ok(Next::Done)
    },
};

const EMBED: Flag = switch("embed-certs", "Keep the content of the files, not their names");
const CLUSTER_FLAGS: &[Flag] = &[
    text("server", "Address of the API server"),
    text("certificate-authority", "File with the authority's certificate"),
    EMBED,
    switch("insecure-skip-tls-verify", "Do not check the server's certificate"),
    text("tls-server-name", "Name in the server's certificate"),
    text("proxy-url", "Address of a proxy"),
];

pub(crate) const SET_CLUSTER: Command = Command {
    name: "config set-cluster",
    about: "Set a cluster entry in kubeconfig",
    usage: || {
        &[
            "kubectl config set-cluster NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]",
            "kubectl config set-cluster e2e --server=https://1.2.3.4",
        ]
    },
    flags: || &[CLUSTER_FLAGS],
    run: set_cluster,
};

const CREDENTIALS_FLAGS: &[Flag] = &[
    text("client-certificate", "File with the user's certificate"),
    text("client-key", "File with the user's key"),
    EMBED,
    text("token", "Bearer token of the user"),
    text("username", "Name for basic authentication"),
    text("password", "Password for basic authentication"),
];

pub(crate) const SET_CREDENTIALS: Command = Command {
    name: "config set-credentials",
    about: "Set a user entry in kubeconfig",
    usage: || {
        &[
            "kubectl config set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password]",
            "kubectl config set-credentials eve --token=secret",
        ]
    },
    flags: || &[CREDENTIALS_FLAGS],
    run: set_credentials,
};

pub(crate) const DELETE_CLUSTER: Command = Command {
    name: "config delete-cluster",
    about: "Delete the specified cluster from the kubeconfig",
    usage: || &["kubectl config delete-cluster NAME"],
    flags: || &[],
    run: |call, context| {
        let [name] = call.parsed.args.as_slice() else {
            context.out(help::text(&DELETE_CLUSTER));
            return Ok(Next::Done);
        };
        let removed = context.env.kubeconfig.clusters.remove(name);
        deleted("cluster", name, removed, context)
    },
};

pub(crate) const DELETE_USER: Command = Command {
    name: "config delete-user",
    about: "Delete the specified user from the kubeconfig",
    usage: || &["kubectl config delete-user NAME"],
    flags: || &[],
    run: |call, context| {
        let [name] = call.parsed.args.as_slice() else {
            return Err(call.usage("user to delete is required"));
        };
        let removed = context.env.kubeconfig.users.remove(name);
        deleted("user", name, removed, context)
    },
};

fn names_of(entries: &Entries) -> String {
    let names: String = entries.keys().map(|name| format!("{name}\n")).collect();
    format!("NAME\n{names}")
}

fn deleted(
    what: &str,
    name: &str,
    removed: Option<Entry>,
    context: &mut Context<'_, '_>,
) -> Result<Next, Failure> {
    if removed.is_none() {
        return Err(Failure::message(format!("cannot delete {what} {name}, not in {FILE}")));
    }
    context.out(format!("deleted {what} {name} from {FILE}\n"));
    Ok(Next::Done)
}

fn set_cluster(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let [name] = names(call, context, &SET_CLUSTER)?;
    let parsed = &call.parsed;
    if name.is_empty() {
        return Err(Failure::message("you must specify a non-empty cluster name"));
    }
    let insecure = parsed.on("insecure-skip-tls-verify");
    let authority = path(call, "certificate-authority");
    if insecure && authority.is_some() {
        return Err(Failure::message(
            "you cannot specify a certificate authority and insecure mode at the same time",
        ));
    }
    if parsed.on("embed-certs") && authority.is_none() {
        return Err(Failure::message("you must specify a --certificate-authority to embed"));
    }
    let authority = file(call, context, "certificate-authority")?;
    let mut entry = context.env.kubeconfig.clusters.get(name).cloned().unwrap_or_default();
    if let Some(server) = parsed.text("server") {
        set_server(&mut entry, server, context);
        entry.set("tls-server-name", "");
    }
    for field in ["tls-server-name", "proxy-url"] {
        if let Some(value) = parsed.text(field) {
            entry.set(field, value);
        }
    }
    if parsed.given("insecure-skip-tls-verify") {
        entry.set("insecure-skip-tls-verify", insecure);
    }
    if insecure {
        entry.set("certificate-authority", "");
        entry.set("certificate-authority-data", "");
    }
    if let Some(authority) = authority {
        entry.set("insecure-skip-tls-verify", false);
        authority.put(&mut entry);
    }
    context.env.kubeconfig.clusters.insert(name.clone(), entry);
    context.out(format!("Cluster {} set.\n", quote(name)));
    Ok(Next::Done)
}

fn set_credentials(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let [name] = parsed.args.as_slice() else {
        context.out(help::text(&SET_CREDENTIALS));
        return Err(Failure::message(format!("unexpected args: [{}]", parsed.args.join(" "))));
    };
    if name.is_empty() {
        return Err(Failure::message("you must specify a non-empty user name"));
    }
    let says = |flag: &str| parsed.text(flag).is_some_and(|value| !value.is_empty());
    let (by_token, by_password) = (says("token"), says("username") || says("password"));
    if by_token && by_password {
        return Err(Failure::message(
            "you cannot specify more than one authentication method at the same time: --token, --username/--password",
        ));
    }
    if parsed.on("embed-certs") && !says("client-certificate") && !says("client-key") {
        return Err(Failure::message("you must specify a --client-certificate or --client-key to embed"));
    }
    let files = [file(call, context, "client-certificate")?, file(call, context, "client-key")?];
    let entry = context.env.kubeconfig.users.entry(name.clone()).or_default();
    files.into_iter().flatten().for_each(|file| file.put(entry));
    for field in ["token", "username", "password"] {
        match parsed.text(field) {
            Some(value) => entry.set(field, value),
            // Who comes in one way does not come in the other.
            None if by_password && field == "token" || by_token && field != "token" => entry.set(field, ""),
            None => {}
        }
    }
    context.out(format!("User {} set.\n", quote(name)));
    Ok(Next::Done)
}

/// A file that an entry names, or whose content it takes.
struct File<'a> {
    field: &'a str,
    path: &'a str,
    embedded: Option<ByteString>,
}

impl File<'_> {
    /// The name and the content replace one another.
    fn put(self, entry: &mut Entry) {
        let data = format!("{}-data", self.field);
        match self.embedded {
            Some(content) => {
                entry.set(self.field, "");
                entry.set(&data, json!(content));
            }
            None => {
                // Paths are written from the folder of the kubeconfig, if they are below it.
                let whole = format!("/{}", self.path.trim_start_matches("./").trim_start_matches('/'));
                entry.set(self.field, whole.strip_prefix("/.kube/").unwrap_or(&whole));
                entry.set(&data, "");
            }
        }
    }
}

fn path<'a>(call: &'a Call, flag: &str) -> Option<&'a str> {
    call.parsed.text(flag).filter(|path| !path.is_empty())
}

/// The file that a flag names.
fn file<'a>(call: &'a Call, context: &Context<'_, '_>, flag: &'a str) -> Result<Option<File<'a>>, Failure> {
    let Some(path) = path(call, flag) else { return Ok(None) };
    if !call.parsed.on("embed-certs") {
        return Ok(Some(File { field: flag, path, embedded: None }));
    }
    let content = context.env.files.read(path).ok_or_else(|| {
        Failure::message(format!("could not stat {flag} file {path}: stat {path}: no such file or directory"))
    })?;
    Ok(Some(File { field: flag, path, embedded: Some(ByteString(content.as_bytes().to_vec())) }))
}
