//! `kubectl api-resources` and `kubectl api-versions`: what a cluster serves.
//!
//! Models kubectl/pkg/cmd/apiresources.

use machinery::version::Features;

use super::{Call, Command, Next};
use crate::context::Context;
use crate::discovery::{self, Resource, documents};
use crate::failure::Failure;
use crate::flags::{self, Flag, list, switch, text};
use crate::printers::output::{Format, allowed_formats, indented, no_printer};
use crate::printers::tabwriter::{TABLE, align};

const FLAGS: &[Flag] = &[
    flags::OUTPUT,
    switch("show-managed-fields", "Has no effect: types have none"),
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
    flags: || &[FLAGS],
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

/// How types are printed (`PrintFlags` of print_flags.go; before 1.34 there were tables and names alone).
fn format(output: &str, features: Features) -> Result<Format, Failure> {
    if !features.api_resources_have_printers() && !["", "wide", "name"].contains(&output) {
        return Err(Failure::message(format!("--output {output} is not available")));
    }
    match output.to_ascii_lowercase().as_str() {
        "" => Ok(Format::Human),
        _ if output == "wide" => Ok(Format::Wide),
        _ if output == "name" => Ok(Format::Name),
        "json" => Ok(Format::Json),
        "yaml" => Ok(Format::Yaml),
        "kyaml" if features.kyaml_is_a_format() => Ok(Format::Kyaml),
        _ => {
            let is_allowed = |format: &&str| ["json", "kyaml", "name", "wide", "yaml"].contains(format);
            let allowed: Vec<_> = allowed_formats(true, features).into_iter().filter(is_allowed).collect();
            Err(no_printer(output, &allowed))
        }
    }
}

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    no_arguments(call)?;
    let format = format(parsed.text("output").unwrap_or_default(), context.env.features)?;
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
    resources.sort_by_key(|resource| match sort_by {
        "name" => (resource.plural, resource.plural),
        "kind" => (resource.kind, resource.plural),
        _ => (resource.group, resource.plural),
    });
    match format {
        Format::Human | Format::Wide => {}
        Format::Name => {
            let lines = resources.iter().map(|resource| format!("{}\n", resource.group_resource()));
            context.out(lines.collect::<String>());
            return Ok(Next::Done);
        }
        Format::Json => {
            context.out(indented(&documents::list(&resources), "    ") + "\n");
            return Ok(Next::Done);
        }
        format => {
            let list = serde_json::from_str(&documents::list(&resources)).unwrap_or_default();
            return format.print(context, &list, false).map(|()| Next::Done);
        }
    }
    let is_wide = format == Format::Wide;
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
