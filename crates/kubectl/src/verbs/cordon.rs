//! `kubectl cordon` and `kubectl uncordon`.
//!
//! Models kubectl/pkg/cmd/drain/drain.go (`RunCordonOrUncordon`) and kubectl/pkg/drain/cordon.go.

use client::api::{Request, Verb};
use machinery::patch::PatchType;
use machinery::{Kind, Object};
use serde_json::{Value, json};

use super::{Call, Command, DRY_RUN, DryRun, Next, done, dry_run};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::Flag;
use crate::resource::{self, Info, Rules};

const FLAGS: &[Flag] = &[DRY_RUN, resource::SELECTOR];

pub(super) const CORDON: Command = Command {
    name: "cordon",
    about: "Mark node as unschedulable",
    usage: &["kubectl cordon NODE", "kubectl cordon node-3"],
    flags: &[FLAGS],
    run: |call, context| run(call, context, true),
};

pub(super) const UNCORDON: Command = Command {
    name: "uncordon",
    about: "Mark node as schedulable",
    usage: &["kubectl uncordon NODE", "kubectl uncordon node-3"],
    flags: &[FLAGS],
    run: |call, context| run(call, context, false),
};

fn run(call: &Call, context: &mut Context<'_, '_>, unschedulable: bool) -> Result<Next, Failure> {
    mark(call, context, if unschedulable { "cordon" } else { "uncordon" }, unschedulable)?;
    Ok(Next::Done)
}

/// Cordons or uncordons the nodes that a command names, and says so; their names.
pub(super) fn mark(
    call: &Call,
    context: &mut Context<'_, '_>,
    verb: &str,
    unschedulable: bool,
) -> Result<Vec<String>, Failure> {
    let selects = call.parsed.text("selector").is_some_and(|text| !text.is_empty());
    if call.parsed.args.is_empty() && !selects {
        return Err(call.usage(&format!("USAGE: {verb} NODE [flags]")));
    }
    if !call.parsed.args.is_empty() && selects {
        return Err(call.usage("error: cannot specify both a node name and a --selector option"));
    }
    let dry_run = dry_run(context, &call.parsed)?;
    let mut words = vec!["nodes".to_owned()];
    words.extend(call.parsed.args.iter().cloned());
    if call.parsed.args.iter().any(|arg| arg.contains('/')) {
        words.remove(0);
    }
    let targets = resource::targets(context, &call.parsed, &words, Rules::default())?;
    let mut failures = Vec::new();
    let mut nodes = Vec::new();
    for found in resource::objects(context, &targets) {
        let changed = found.and_then(|(info, object)| {
            set(context, &info, &object, unschedulable, dry_run)?;
            Ok(info.name)
        });
        match changed {
            Ok(name) => nodes.push(name),
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures)?;
    Ok(nodes)
}

fn set(
    context: &mut Context<'_, '_>,
    info: &Info,
    object: &Object,
    unschedulable: bool,
    dry_run: DryRun,
) -> Result<(), Failure> {
    let Object::Node(node) = object else {
        return Err(Failure::message(format!("error: expected resource of type node, got {:?}", info.kind)));
    };
    let is_so = node.spec.as_ref().and_then(|spec| spec.unschedulable) == Some(true);
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
        request.field_manager = "kubectl-cordon";
        context.call(request)?;
    }
    context.out(format!("{} {}\n", info.type_and_name(), done(what, dry_run)));
    Ok(())
}
