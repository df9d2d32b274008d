//! `kubectl explain`: what the fields of a kind are for.
//!
//! Models kubectl/pkg/cmd/explain and kubectl/pkg/explain/explain.go.

use super::{Call, Command, Next};
use crate::context::Context;
use crate::discovery::{self, Resource};
use crate::explain::{self, Question};
use crate::failure::Failure;
use crate::flags::{self, Flag, switch, text};
use crate::go_value;

const FLAGS: &[Flag] = &[
    switch("recursive", "List the fields of fields, without descriptions").letter('R'),
    text("api-version", "The version of the API to explain: apps/v1"),
    flags::OUTPUT,
];

pub(super) const COMMAND: Command = Command {
    name: "explain",
    about: "Get documentation for a resource",
    usage: || {
        &[
            "kubectl explain TYPE[.FIELD…] [--recursive] [--api-version=apps/v1] [-o plaintext|plaintext-openapiv2]",
        ]
    },
    flags: || &[FLAGS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let [word] = call.parsed.args.as_slice() else {
        return Err(Failure::message(if call.parsed.args.is_empty() {
            "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources.\n"
        } else {
            "We accept only this format: explain RESOURCE\n"
        }));
    };
    let features = context.env.features;
    let api_version = call.parsed.text("api-version").filter(|text| !text.is_empty());
    let Some((resource, path)) = explain::split(word, api_version.is_none(), features) else {
        let name = word.split('.').next().unwrap_or_default();
        context.err(format!("the server doesn't have a resource type {}\n", go_value::quote(name)));
        return Ok(Next::Exit(1));
    };
    let output = call.parsed.text("output").unwrap_or("plaintext");
    let resource = of_version(resource, api_version, output, context)?;
    let Some(schema) = context.env.schema.take() else {
        return Err(Failure::message("the schema of the API is not loaded"));
    };
    let question =
        Question { resource, path: &path, recursive: call.parsed.on("recursive"), version: features.version };
    let answer = match output {
        "plaintext" => question.plaintext(&schema),
        "plaintext-openapiv2" => question.openapi_v2(&schema),
        other => return Err(Failure::message(format!("unrecognized format: {other}"))),
    };
    let answer = answer.ok_or_else(|| {
        Failure::message(format!("{} are not simulated, and not explained here", resource.group_resource()))
    })?;
    context.out(answer.text);
    match answer.missing {
        Some(field) => Err(Failure::message(format!("field {} does not exist", go_value::quote(&field)))),
        None => Ok(Next::Done),
    }
}

/// The type in the version that was asked for.
fn of_version(
    resource: Resource,
    asked: Option<&str>,
    output: &str,
    context: &Context<'_, '_>,
) -> Result<Resource, Failure> {
    let Some(asked) = asked else { return Ok(resource) };
    if asked.matches('/').count() > 1 {
        return Err(Failure::message(format!("unexpected GroupVersion string: {asked}")));
    }
    let features = context.env.features;
    let found = discovery::served(features)
        .find(|other| other.api_version == asked && other.plural == resource.plural);
    if let Some(found) = found {
        return Ok(found);
    }
    let group_version = if asked.contains('/') { asked.to_owned() } else { format!("/{asked}") };
    let gvr = format!("{group_version}, Resource={}", resource.plural);
    Err(Failure::message(if output == "plaintext-openapiv2" {
        format!("couldn't find resource for \"{group_version}, Kind={}\"", resource.kind)
    } else if discovery::versions(features).contains(&asked) {
        format!("GVR ({gvr}) not found in OpenAPI schema")
    } else {
        format!("couldn't find resource for \"{gvr}\"")
    }))
}
