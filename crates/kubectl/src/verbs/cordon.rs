//! `kubectl cordon` and `kubectl uncordon`.
//!
//! Models kubectl/pkg/cmd/drain/drain.go (`RunCordonOrUncordon`) and kubectl/pkg/drain/cordon.go.

use client::api::{Request, Verb};
use machinery::patch::PatchType;
use machinery::taints::is_cordoned;
use machinery::{Kind, Object};
use serde_json::{Value, json};

use super::{Call, Command, DryRun, Next, done, dry_run};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag};
use crate::resource::{self, Info, Rules};

const FLAGS: &[Flag] = &[flags::DRY_RUN, flags::SELECTOR];

pub(super) const CORDON: Command = Command {
    name: "cordon",
    about: "Mark node as unschedulable",
    usage: || &["kubectl cordon NODE", "kubectl cordon node-3"],
    flags: || &[FLAGS],
    run: |call, context| run(call, context, "cordon", true),
};

pub(super) const UNCORDON: Command = Command {
    name: "uncordon",
    about: "Mark node as schedulable",
    usage: || &["kubectl uncordon NODE", "kubectl uncordon node-3"],
    flags: || &[FLAGS],
    run: |call, context| run(call, context, "uncordon", false),
};

fn run(call: &Call, context: &mut Context<'_, '_>, verb: &str, unschedulable: bool) -> Result<Next, Failure> {
    mark(call, context, verb, unschedulable)?;
    Ok(Next::Done)
}

/// Cordons or uncordons the nodes that a command names, and says so; their names.
///
/// # Errors
/// If there are none or both, or a node is not there.
pub(super) fn mark(
    call: &Call,
    context: &mut Context<'_, '_>,
    verb: &str,
    unschedulable: bool,
) -> Result<Vec<String>, Failure> {
    let nodes = nodes(call, context, verb)?;
    let dry_run = dry_run(context, &call.parsed)?;
    for (info, object) in &nodes {
        if let Err(failure) = set(context, info, object, unschedulable, dry_run) {
            let (name, why) = (&info.name, failure.error());
            let verb = if unschedulable { "cordon" } else { "uncordon" };
            context.err(format!("error: unable to {verb} node \"{name}\": {why}\n"));
        }
    }
    Ok(nodes.into_iter().map(|(info, _)| info.name).collect())
}

// The nodes that the arguments or the selector choose.
fn nodes(call: &Call, context: &mut Context<'_, '_>, verb: &str) -> Result<Vec<(Info, Object)>, Failure> {
    let selects = call.parsed.text("selector").is_some_and(|text| !text.is_empty());
    if call.parsed.args.is_empty() && !call.parsed.given("selector") {
        return Err(call.usage(&format!("USAGE: {verb} NODE [flags]")));
    }
    if !call.parsed.args.is_empty() && selects {
        return Err(call.usage("error: cannot specify both a node name and a --selector option"));
    }
    let mut words = vec!["nodes".to_owned()];
    words.extend(call.parsed.args.iter().cloned());
    if call.parsed.args.iter().any(|arg| arg.contains('/')) {
        words.remove(0);
    }
    let targets = resource::targets(context, &call.parsed, &words, Rules::default())?;
    let nodes: Vec<(Info, Object)> =
        resource::objects(context, &targets).into_iter().collect::<Result<_, Failure>>()?;
    match nodes.iter().find(|(info, _)| info.kind != Kind::Node) {
        Some((info, _)) => {
            let resource = crate::go_value::quote(&format!("/v1, Resource={}", info.kind.info().plural));
            Err(Failure::message(format!("error: expected resource of type node, got {resource}")))
        }
        None => Ok(nodes),
    }
}

fn set(
    context: &mut Context<'_, '_>,
    info: &Info,
    object: &Object,
    unschedulable: bool,
    dry_run: DryRun,
) -> Result<(), Failure> {
    let is_so = matches!(object, Object::Node(node) if is_cordoned(node));
    let what = if unschedulable { "cordoned" } else { "uncordoned" };
    if is_so == unschedulable {
        context.out(format!("{} already {}\n", info.type_and_name(), done(what, dry_run)));
        return Ok(());
    }
    if dry_run != DryRun::Client {
        let value = if unschedulable { Value::Bool(true) } else { Value::Null };
        let verb = Verb::Patch(PatchType::Strategic, json!({"spec": {"unschedulable": value}}));
        let mut request = Request::new(verb, Kind::Node, "", &info.name);
        request.dry_run = dry_run == DryRun::Server;
        // kubectl names nobody here: the client's own name is taken.
        request.field_manager = "kubectl".into();
        context.call(request)?;
    }
    context.out(format!("{} {}\n", info.type_and_name(), done(what, dry_run)));
    Ok(())
}
