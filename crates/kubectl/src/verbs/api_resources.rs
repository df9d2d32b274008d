//! `kubectl api-resources` and `kubectl api-versions`: what exists in this cluster.
//!
//! Models kubectl/pkg/cmd/apiresources. Departs in one point: a real cluster has more resources than these.

use machinery::Kind;

use super::{Call, Command, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{Flag, Takes, flag, lettered};
use crate::printers::tabwriter::{TABLE, align};

const FLAGS: &[Flag] = &[
    flag("api-group", Takes::Text),
    flag("namespaced", Takes::Switch),
    flag("no-headers", Takes::Switch),
    lettered("output", 'o', Takes::Text),
];

pub(super) const COMMAND: Command = Command {
    name: "api-resources",
    about: "Print the supported API resources on the server",
    usage: &["kubectl api-resources [--namespaced=true|false] [-o name]"],
    flags: &[FLAGS],
    run,
};

pub(super) const VERSIONS: Command = Command {
    name: "api-versions",
    about: "Print the supported API versions on the server, in the form of \"group/version\"",
    usage: &["kubectl api-versions"],
    flags: &[],
    run: |_, context| {
        let mut versions: Vec<&str> = Kind::ALL.into_iter().map(Kind::api_version).collect();
        versions.sort_unstable();
        versions.dedup();
        context.out(versions.join("\n") + "\n");
        Ok(Next::Done)
    },
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    if !parsed.args.is_empty() {
        return Err(call.usage(&format!("unexpected arguments: [{}]", parsed.args.join(" "))));
    }
    let names_only = match parsed.text("output").unwrap_or_default() {
        "" | "wide" => false,
        "name" => true,
        other => return Err(Failure::message(format!("--output {other} is not available"))),
    };
    let wanted = |kind: &Kind| {
        let info = kind.info();
        parsed.text("api-group").is_none_or(|group| group == info.group)
            && (!parsed.given("namespaced") || parsed.on("namespaced") == info.namespaced)
    };
    let mut kinds: Vec<Kind> = Kind::ALL.into_iter().filter(wanted).collect();
    kinds.sort_by_key(|kind| (kind.info().group, kind.info().plural));
    if names_only {
        for kind in kinds {
            context.out(format!("{}\n", kind.group_resource()));
        }
        return Ok(Next::Done);
    }
    let header = "NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND\n";
    let mut text = if parsed.on("no-headers") { String::new() } else { header.to_owned() };
    for kind in kinds {
        let info = kind.info();
        let short_names = info.short_names.join(",");
        let row = [info.plural, &short_names, kind.api_version(), &info.namespaced.to_string(), info.name]
            .join("\t");
        text.push_str(&row);
        text.push('\n');
    }
    context.out(align(&text, TABLE));
    Ok(Next::Done)
}
