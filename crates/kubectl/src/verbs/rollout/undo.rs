//! `kubectl rollout undo`.
//!
//! Models kubectl/pkg/cmd/rollout/rollout_undo.go and polymorphichelpers/rollback.go (`StatefulSetRollbacker`).

use client::api::{Request, Verb};
use k8s_openapi::api::apps::v1::StatefulSet;
use machinery::Object;
use machinery::patch::PatchType;

use super::super::apply::last_applied;
use super::super::{Call, Command, DryRun, Next, dry_run};
use super::history::{data, revisions, template_at};
use super::{OBJECTS, objects};
use crate::context::Context;
use crate::describe::template_text;
use crate::failure::Failure;
use crate::flags::{self, Flag, int};
use crate::printers::report::Report;
use crate::resource::Info;

const FLAGS: &[Flag] = &[int("to-revision", "Which revision; the one before by default"), flags::DRY_RUN];

pub(crate) const UNDO: Command = Command {
    name: "rollout undo",
    about: "Roll back to a previous rollout",
    usage: &[
        "kubectl rollout undo (TYPE NAME | TYPE/NAME) [--to-revision=N]",
        "kubectl rollout undo sts/myapp",
    ],
    flags: &[FLAGS, OBJECTS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let dry_run = dry_run(context, &call.parsed)?;
    let mut report = Report::new(context, &call.parsed, dry_run)?;
    let mut failures = Vec::new();
    for found in objects(call, context)? {
        let undone =
            found.and_then(|(info, object)| undo(call, context, &mut report, &info, &object, dry_run));
        failures.extend(undone.err());
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

fn undo(
    call: &Call,
    context: &mut Context<'_, '_>,
    report: &mut Report,
    info: &Info,
    object: &Object,
    dry_run: DryRun,
) -> Result<(), Failure> {
    let Object::StatefulSet(set) = object else {
        let kind = crate::go_value::quote(&info.kind.group_kind());
        return Err(Failure::message(format!("no rollbacker has been implemented for {kind}")));
    };
    if context.env.features.undo_warns_of_apply() && last_applied(object).is_some() {
        context.err(format!(
            "Warning: resource {}/{} was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.\n",
            info.kind.info().plural,
            info.name
        ));
    }
    let wanted = call.parsed.int("to-revision").unwrap_or(0);
    let operation = roll_back(context, set, wanted, dry_run)?;
    report.done(context, info, &operation, &context.whole(object))
}

// What to say when it is done.
fn roll_back(
    context: &mut Context<'_, '_>,
    set: &StatefulSet,
    wanted: i64,
    dry_run: DryRun,
) -> Result<String, Failure> {
    if wanted < 0 {
        return Err(Failure::message(format!("unable to find specified revision {wanted} in history")));
    }
    let revisions = revisions(context, set)?;
    let revision = if wanted == 0 {
        revisions.len().checked_sub(2).and_then(|second_newest| revisions.get(second_newest))
    } else {
        revisions.iter().find(|revision| revision.revision == wanted)
    };
    let Some(revision) = revision else {
        return Err(Failure::message(if wanted == 0 && !revisions.is_empty() {
            "no last revision to roll back to".to_owned()
        } else if wanted == 0 {
            "no rollout history found".to_owned()
        } else {
            format!("unable to find specified revision {wanted} in history")
        }));
    };
    if dry_run == DryRun::Client {
        return Ok(format!(
            "will roll back to {}",
            template_text(&template_at(set, revision)?, context.env.features)
        ));
    }
    // What is recorded can hold nulls that mean nothing.
    let template = template_at(set, revision)?;
    if set.spec.as_ref().is_some_and(|spec| spec.template == template) {
        return Ok(format!("skipped rollback (current template already matches revision {wanted})"));
    }
    let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
    let name = set.metadata.name.as_deref().unwrap_or_default();
    let verb = Verb::Patch(PatchType::Strategic, data(revision));
    let mut request = Request::new(verb, machinery::Kind::StatefulSet, namespace, name);
    request.dry_run = dry_run == DryRun::Server;
    request.field_manager = "kubectl-rollout";
    context.call(request).map_err(|failure| {
        Failure::message(format!("failed restoring revision {wanted}: {}", failure.error()))
    })?;
    Ok("rolled back".to_owned())
}
