//! `kubectl api-resources` and `kubectl api-versions`: what a cluster serves.
//!
//! Models kubectl/pkg/cmd/apiresources.

use machinery::version::Features;

use super::{Call, Command, Next};
use crate::context::Context;
use crate::discovery::{self, Resource};
use crate::failure::Failure;
use crate::flags::{self, Flag, list, switch, text};
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
fn not_printed(output: &str, features: Features) -> String {
    if !features.api_resources_have_printers() {
        return format!("--output {output} is not available");
    }
    let kyaml = features.kyaml_is_a_format().then_some("kyaml");
    let of_objects: Vec<&str> = std::iter::once("json").chain(kyaml).chain(["yaml"]).collect();
    if of_objects.contains(&output.to_ascii_lowercase().as_str()) {
        return format!("--output {output} is not simulated with api-resources");
    }
    let mut allowed = [of_objects, vec!["name", "wide"]].concat();
    allowed.sort_unstable();
    format!(
        "unable to match a printer suitable for the output format {}, allowed formats are: {}",
        crate::go_value::quote(output),
        allowed.join(",")
    )
}

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    no_arguments(call)?;
    let output = parsed.text("output").unwrap_or_default();
    if !["", "wide", "name"].contains(&output) {
        return Err(Failure::message(not_printed(output, context.env.features)));
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
