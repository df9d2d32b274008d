//! `kubectl rollout restart`.
//!
//! Models kubectl/pkg/cmd/rollout/rollout_restart.go and polymorphichelpers/objectrestarter.go.

use client::api::{Request, Verb};
use machinery::Kind;
use machinery::patch::PatchType;
use serde_json::json;

use super::super::{Call, Command, Next};
use super::{OBJECTS, objects, unsupported};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag};
use crate::printers::report::Report;
use crate::resource::Info;
use crate::verbs::DryRun;

const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

const FLAGS: &[Flag] = &[flags::FIELD_MANAGER];

pub(crate) const RESTART: Command = Command {
    name: "rollout restart",
    about: "Restart a resource: all its pods are replaced, as in an update",
    usage: &["kubectl rollout restart RESOURCE", "kubectl rollout restart sts/myapp"],
    flags: &[FLAGS, OBJECTS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let mut report = Report::new(context, &call.parsed, DryRun::None)?;
    let mut failures = Vec::new();
    for found in objects(call, context)? {
        let restarted =
            found.and_then(|(info, object)| restart(context, &mut report, &info, &object.to_value()));
        failures.extend(restarted.err());
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

fn restart(
    context: &mut Context<'_, '_>,
    report: &mut Report,
    info: &Info,
    object: &serde_json::Value,
) -> Result<(), Failure> {
    if !matches!(info.kind, Kind::StatefulSet | Kind::Deployment) {
        return Err(unsupported(info, "restarting"));
    }
    let now = context.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    if object["spec"]["template"]["metadata"]["annotations"][RESTARTED_AT] == now.as_str() {
        return Err(Failure::message(format!(
            "failed to create patch for {}: if restart has already been triggered within the past second, please wait before attempting to trigger another",
            info.name
        )));
    }
    let patch = json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: now}}}}});
    let verb = Verb::Patch(PatchType::Strategic, patch);
    let mut request = Request::new(verb, info.kind, &info.namespace, &info.name);
    request.field_manager = "kubectl-rollout";
    let patched = context
        .object(request)
        .map_err(|failure| Failure::message(format!("failed to patch: {}", failure.error())))?;
    report.done(context, info, "restarted", &context.whole(&patched))
}
