//! `kubectl version`, and what the API server says of its version.
//!
//! Models kubectl/pkg/cmd/version/version.go and apimachinery/pkg/version/types.go (`Info`). Departs in one point: what is
//! known of a build alone (its commit, its date, its Go) is left out.

use machinery::json;
use machinery::version::Version;
use serde_json::Value;

use super::{Call, Command, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch};
use crate::printers::output::indented;

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
    usage: || &["kubectl version [--client]"],
    flags: || &[FLAGS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let client_only = call.parsed.on("client");
    // Of the client alone kubectl does not look at them.
    if !client_only && !call.parsed.args.is_empty() {
        let args = call.parsed.args.join(" ");
        return Err(Failure::message(format!("extra arguments: [{args}]")));
    }
    let version = context.env.features.version;
    let kustomize = kustomize(version);
    let whole = || {
        let (client, kustomize) = (client_info(version), json::quote(kustomize));
        let server =
            if client_only { String::new() } else { format!(",\"serverVersion\":{}", server_info(version)) };
        format!("{{\"clientVersion\":{client},\"kustomizeVersion\":{kustomize}{server}}}")
    };
    match call.parsed.text("output") {
        None | Some("") => {
            let server = if client_only { String::new() } else { format!("Server Version: {version}\n") };
            context.out(format!("Client Version: {version}\nKustomize Version: {kustomize}\n{server}"));
        }
        Some("json") => context.out(indented(&whole(), "  ") + "\n"),
        Some("yaml") => {
            let value: Value = serde_json::from_str(&whole()).unwrap_or_default();
            context.out(machinery::yaml::to_yaml(&value) + "\n");
        }
        Some(_) => return Err(Failure::message("--output must be 'yaml' or 'json'")),
    }
    Ok(Next::Done)
}

/// What the server answers to `/version`, as JSON with the fields in the order of their struct.
pub(super) fn server_info(version: Version) -> String {
    info(version, version > Version::V1_32)
}

fn client_info(version: Version) -> String {
    info(version, false)
}

/// `emulates` says that it also tells which version it behaves as, and the oldest that it could.
fn info(version: Version, emulates: bool) -> String {
    let (major, minor) = version.name().split_once('.').unwrap_or_default();
    let git_version = version.to_string();
    let before = minor.parse::<u32>().map_or_else(|_| String::new(), |minor| (minor - 1).to_string());
    let emulated = [
        ("emulationMajor", major),
        ("emulationMinor", minor),
        ("minCompatibilityMajor", major),
        ("minCompatibilityMinor", &before),
    ];
    let emulated = emulated.into_iter().filter(|_| emulates);
    let built = [
        ("gitVersion", git_version.as_str()),
        ("gitTreeState", "clean"),
        ("compiler", "gc"),
        ("platform", "linux/amd64"),
    ];
    let fields = [("major", major), ("minor", minor)].into_iter().chain(emulated).chain(built);
    let texts: Vec<String> =
        fields.map(|(name, value)| format!("\"{name}\":{}", json::quote(value))).collect();
    format!("{{{}}}", texts.join(","))
}
