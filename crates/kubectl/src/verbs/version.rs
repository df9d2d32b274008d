//! `kubectl version`.
//!
//! Models kubectl/pkg/cmd/version/version.go.

use machinery::version::Version;
use serde_json::json;

use super::{Call, Command, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch};
use crate::printers::output::pretty;

/// The kustomize that kubectl contains.
fn kustomize(version: Version) -> &'static str {
    match version {
        Version::V1_32 => "v5.5.0",
        Version::V1_36 => "v5.8.1",
    }
}

const FLAGS: &[Flag] = &[switch("client", "The client's version only"), flags::OUTPUT];

pub(super) const COMMAND: Command = Command {
    name: "version",
    about: "Print the client and server version information",
    usage: &["kubectl version [--client]"],
    flags: &[FLAGS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    if !call.parsed.args.is_empty() {
        let args = call.parsed.args.join(" ");
        return Err(Failure::message(format!("extra arguments: [{args}]")));
    }
    let kustomize = kustomize(context.env.features.version);
    let version = context.env.features.version.to_string();
    let client_only = call.parsed.on("client");
    let mut value = json!({"clientVersion": {"gitVersion": version}, "kustomizeVersion": kustomize});
    if !client_only {
        value["serverVersion"] = json!({"gitVersion": version});
    }
    match call.parsed.text("output") {
        None | Some("") => {
            let server = if client_only { String::new() } else { format!("Server Version: {version}\n") };
            context.out(format!("Client Version: {version}\nKustomize Version: {kustomize}\n{server}"));
        }
        Some("json") => context.out(pretty(&value) + "\n"),
        Some("yaml") => context.out(machinery::yaml::to_yaml(&value)),
        Some(_) => return Err(Failure::message("--output must be 'yaml' or 'json'")),
    }
    Ok(Next::Done)
}
