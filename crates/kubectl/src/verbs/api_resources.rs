//! `kubectl api-resources` and `kubectl api-versions`: what a cluster serves.
//!
//! Models kubectl/pkg/cmd/apiresources.

use machinery::version::Features;

use super::{Call, Command, Next};
use crate::context::Context;
use crate::discovery::{self, Resource};
use crate::failure::Failure;
use crate::flags::{self, Flag, list, switch, text};
use crate::printers::output::{allowed_formats, no_printer};
use crate::printers::tabwriter::{TABLE, align};

const FLAGS: &[Flag] = &[
    flags::NO_HEADERS,
    text("api-group", "Only this group; empty for the core"),
    switch("namespaced", "Only those in namespaces, or with =false those that are not"),
    list("verbs", "Only those that can do all of these"),
    list("categories", "Only those of these categories"),
    text("sort-by", "name or kind"),
    switch("cached", "Take what was asked before"),
];

pub(super) const COMMAND: Command = Command {
    name: "api-resources",
    about: "Print the supported API resources on the server",
    usage: || &["kubectl api-resources [--namespaced=true|false] [-o name]"],
    flags: || &[FLAGS, flags::FORMATS],
    run,
};

pub(super) const VERSIONS: Command = Command {
    name: "api-versions",
    about: "Print the supported API versions on the server, in the form of \"group/version\"",
    usage: || &["kubectl api-versions"],
    flags: || &[],
    run: |call, context| {
        no_arguments(call)?;
        context.out(discovery::versions(context.env.features).join("\n") + "\n");
        Ok(Next::Done)
    },
};

fn no_arguments(call: &Call) -> Result<(), Failure> {
    match call.parsed.args.as_slice() {
        [] => Ok(()),
        args => Err(call.usage(&format!("unexpected arguments: [{}]", args.join(" ")))),
    }
}

// A format that is none, or that is not simulated.
fn not_printed(output: &str, features: Features) -> Failure {
    if !features.api_resources_have_printers() {
        return Failure::message(format!("--output {output} is not available"));
    }
    let of_objects = |format: &&str| ["json", "kyaml", "yaml"].contains(format);
    let all = allowed_formats(true, features);
    let lower = output.to_ascii_lowercase();
    if all.iter().filter(|format| of_objects(format)).any(|format| *format == lower) {
        return Failure::message(format!("--output {output} is not simulated with api-resources"));
    }
    let is_allowed = |format: &&str| of_objects(format) || ["name", "wide"].contains(format);
    no_printer(output, &all.into_iter().filter(is_allowed).collect::<Vec<_>>())
}

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    no_arguments(call)?;
    let output = parsed.text("output").unwrap_or_default();
    if !["", "wide", "name"].contains(&output) {
        return Err(not_printed(output, context.env.features));
    }
    let sort_by = parsed.text("sort-by").unwrap_or_default();
    if !["", "name", "kind"].contains(&sort_by) {
        return Err(Failure::message("--sort-by accepts only name or kind"));
    }
    let has_all =
        |has: &str, wanted: Vec<&str>| wanted.iter().all(|one| has.split(',').any(|has| has == *one));
    let wanted = |resource: &Resource| {
        parsed.text("api-group").is_none_or(|group| group == resource.group)
            && (!parsed.given("namespaced") || parsed.on("namespaced") == resource.namespaced)
            && has_all(resource.verbs, parsed.list("verbs"))
            && has_all(resource.categories, parsed.list("categories"))
    };
    let mut resources: Vec<Resource> = discovery::all(context.env.features).filter(wanted).collect();
    match sort_by {
        "name" => resources.sort_by_key(|resource| resource.plural),
        "kind" => resources.sort_by_key(|resource| resource.kind),
        _ => {}
    }
    if output == "name" {
        for resource in resources {
            context.out(format!("{}\n", resource.group_resource()));
        }
        return Ok(Next::Done);
    }
    let is_wide = output == "wide";
    let more = if is_wide { "\tVERBS\tCATEGORIES" } else { "" };
    let header = format!("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND{more}\n");
    let mut text = if parsed.on("no-headers") { String::new() } else { header };
    for resource in resources {
        let Resource { plural, short_names, api_version, namespaced, kind, verbs, categories, .. } = resource;
        text.push_str(&format!("{plural}\t{short_names}\t{api_version}\t{namespaced}\t{kind}"));
        text.push_str(&if is_wide { format!("\t{verbs}\t{categories}\n") } else { "\n".to_owned() });
    }
    context.out(align(&text, TABLE));
    Ok(Next::Done)
}
