//! `kubectl describe`.
//!
//! Models kubectl/pkg/cmd/describe/describe.go: a name that is not there is tried as the beginning of names.

use machinery::{Kind, Object};

use super::get::nothing_found;
use super::{Call, Command, Next};
use crate::context::Context;
use crate::describe::describe;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch};
use crate::resource::{self, Rules, Selection, Target};

const FLAGS: &[Flag] = &[
    flags::SELECTOR,
    flags::ALL_NAMESPACES,
    flags::CHUNK_SIZE,
    switch("show-events", "Tell events, too (the default)"),
];

pub(super) const COMMAND: Command = Command {
    name: "describe",
    about: "Show details of a specific resource or group of resources",
    usage: || {
        &[
            "kubectl describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)",
            "kubectl describe pvc mypvc",
            "kubectl describe sts/myapp",
        ]
    },
    flags: || &[FLAGS, flags::FILES],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    if parsed.args.is_empty() && parsed.list("filename").is_empty() && !parsed.given("kustomize") {
        return Err(Failure::message(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.",
        ));
    }
    let rules = Rules { type_means_all: true, ..Rules::default() };
    let targets = resource::targets(context, parsed, &parsed.args, rules)?;
    let (mut failures, mut objects) = (Vec::new(), Vec::new());
    for found in resource::objects(context, &targets) {
        match found {
            Ok((_, object)) => objects.push(object),
            Err(failure) => failures.push(failure),
        }
    }
    if let ([Target::Named(kind, name)], [failure]) = (targets.list.as_slice(), failures.as_slice())
        && failure.is_not_found()
    {
        return by_prefix(call, context, *kind, name, failure.clone());
    }
    let with_events = shows_events(call, context, failures.is_empty() && objects.len() == 1);
    let mut first = true;
    for object in &objects {
        let text = describe(context, object, with_events)?;
        context.out(if first { text } else { format!("\n\n{text}") });
        first = false;
    }
    if objects.is_empty() && failures.is_empty() {
        // A namespace is named even for types that have none.
        context.err(nothing_found(&targets.namespace, true));
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

// Unless it is asked for, or not. `alone`: one object, and nothing that was not found.
fn shows_events(call: &Call, context: &Context<'_, '_>, alone: bool) -> bool {
    let by_default = alone || !context.env.features.several_descriptions_leave_events_out();
    call.parsed.on_or("show-events", by_default)
}

// DescribeMatchingResources
fn by_prefix(
    call: &Call,
    context: &mut Context<'_, '_>,
    kind: Kind,
    prefix: &str,
    missing: Failure,
) -> Result<Next, Failure> {
    let namespace = call.parsed.namespace().to_owned();
    let (objects, _) = resource::list(context, kind, &namespace, &Selection::default())?;
    let found: Vec<&Object> = objects.iter().filter(|object| object.name().starts_with(prefix)).collect();
    if found.is_empty() {
        return Err(missing);
    }
    // Its name was not found.
    let with_events = shows_events(call, context, false);
    for object in found {
        let text = describe(context, object, with_events)?;
        context.out(text + "\n");
    }
    Ok(Next::Done)
}
