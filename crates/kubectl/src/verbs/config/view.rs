//! `kubectl config view`.
//!
//! Models kubectl/pkg/cmd/config/view.go and client-go/tools/clientcmd/api/helpers.go.

use serde_json::{Map, Value, json};

use super::super::{Call, Command, Next, cluster_info};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch};
use crate::kubeconfig::{Entries, Kubeconfig, OMITTED};
use crate::printers::output::Format;

const VIEW_FLAGS: &[Flag] = &[
    switch("minify", "Only what the current context needs"),
    switch("raw", "Tokens, passwords and certificates, too"),
    switch("flatten", "Files become part of the output"),
    switch("merge", "All kubeconfig files as one"),
];

pub(crate) const VIEW: Command = Command {
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
    let mut config = context.env.kubeconfig.clone();
    if parsed.on("minify") {
        if let Some(chosen) = parsed.text("context").filter(|name| !name.is_empty()) {
            chosen.clone_into(&mut config.current);
        }
        minify(&mut config)?;
    }
    let server = cluster_info::server(context);
    let mut value = shown(&config, &server, parsed.on("raw") || parsed.on("flatten"));
    if !context.env.features.kubeconfigs_have_no_preferences() {
        value["preferences"] = json!({});
    }
    let format = Format::parse(context, parsed, "yaml", false)?;
    format.print_typed(context, &value)?;
    Ok(Next::Done)
}

/// Leaves the current context alone, and what it needs (clientcmdapi.MinifyConfig).
fn minify(config: &mut Kubeconfig) -> Result<(), Failure> {
    let current = config.current.clone();
    if current.is_empty() {
        return Err(Failure::message("current-context must exist in order to minify"));
    }
    let Some(context) = config.contexts.get(&current).cloned() else {
        return Err(Failure::message(format!("cannot locate context {current}")));
    };
    for (what, entries) in [("cluster", &mut config.clusters), ("user", &mut config.users)] {
        let name = context.text(what);
        if !name.is_empty() && !entries.contains_key(name) {
            return Err(Failure::message(format!("cannot locate {what} {name}")));
        }
        entries.retain(|other, _| other == name);
    }
    config.contexts.retain(|name, _| *name == current);
    Ok(())
}

/// The kubeconfig as it is written; secrets in clear words only where it is `raw` (RedactSecrets, ShortenConfig).
fn shown(config: &Kubeconfig, server: &str, raw: bool) -> Value {
    let field = |(name, value): (&String, &Value)| {
        let value = match name.as_str() {
            "server" if value.is_null() => server.into(),
            "token" | "password" if !raw => "REDACTED".into(),
            data if data.ends_with("-data") && !raw => OMITTED.into(),
            _ => value.clone(),
        };
        (name.clone(), value)
    };
    // Some fields are written even where they are empty.
    let list = |entries: &Entries, what: &str, always: &[&str]| {
        let items: Vec<Value> = entries
            .iter()
            .map(|(name, entry)| {
                let empty = always.iter().map(|field| ((*field).to_owned(), Value::from("")));
                let fields: Map<String, Value> = empty.chain(entry.fields().map(field)).collect();
                json!({"name": name, what: fields})
            })
            .collect();
        if items.is_empty() { Value::Null } else { Value::Array(items) }
    };
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": list(&config.clusters, "cluster", &["server"]),
        "contexts": list(&config.contexts, "context", &["cluster", "user"]),
        "current-context": config.current,
        "users": list(&config.users, "user", &[]),
    })
}
