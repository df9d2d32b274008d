//! `kubectl replace -f FILE`.
//!
//! Models kubectl/pkg/cmd/replace/replace.go and cli-runtime/pkg/resource/helper.go (`Replace`).

use client::api::{Body, DeleteOptions, Propagation, Verb};

use super::create::{Writing, info_of, send};
use super::{Call, Command, DRY_RUN, DryRun, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{Flag, Takes, flag};
use crate::manifest::Manifest;
use crate::printers::output;
use crate::printers::report::Report;
use crate::printers::whole;
use crate::resource::{self, Target};

const MANAGER: &str = "kubectl-replace";

const FLAGS: &[Flag] = &[
    DRY_RUN,
    flag("validate", Takes::TextOr("strict")),
    flag("force", Takes::Switch),
    flag("grace-period", Takes::Int),
    flag("field-manager", Takes::Text),
    flag("save-config", Takes::Switch),
];

pub(super) const COMMAND: Command = Command {
    name: "replace",
    about: "Replace a resource by file name or stdin",
    usage: &["kubectl replace -f FILENAME", "kubectl replace --force -f web.yaml"],
    flags: &[FLAGS, resource::FILENAME, &output::FLAGS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    if parsed.list("filename").is_empty() && !parsed.given("kustomize") {
        return Err(Failure::message("must specify one of -f and -k"));
    }
    let writing = Writing::of(call, context, MANAGER)?;
    let mut report = Report::new(context, parsed, writing.dry_run)?;
    let targets = resource::targets(context, parsed, &parsed.args, writing.rules())?;
    let mut failures = Vec::new();
    for target in targets.list {
        let replaced = match target {
            Target::Given(mut manifest) => {
                if parsed.on("save-config") {
                    super::apply::annotate(&mut manifest.value);
                }
                replace(call, context, &mut report, manifest, writing)
            }
            Target::Broken(failure) => Err(failure),
            Target::Named(..) | Target::Selected(..) => Ok(()),
        };
        failures.extend(replaced.err());
    }
    if report.count() == 0 && failures.is_empty() {
        return Err(Failure::message("no objects passed to replace"));
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

fn replace(
    call: &Call,
    context: &mut Context<'_, '_>,
    report: &mut Report,
    mut manifest: Manifest,
    writing: Writing,
) -> Result<(), Failure> {
    let info = info_of(&manifest);
    if writing.dry_run == DryRun::Client {
        return report.done(context, &info, "replaced", &manifest.value);
    }
    if call.parsed.on("force") {
        return replace_by_force(call, context, report, &manifest, writing);
    }
    // The newest version is what gets replaced, unless the file names another.
    let versioned = manifest.value["metadata"]["resourceVersion"].as_str().is_some_and(|v| !v.is_empty());
    if !versioned && let Ok(current) = context.get(info.kind, &info.namespace, &info.name) {
        manifest.value["metadata"]["resourceVersion"] = current.resource_version().to_string().into();
    }
    let verb = Verb::Update(Body::Json(manifest.value));
    let request = writing.request(verb, &info, &info.name);
    let object =
        context.object(request).map_err(|failure| failure.when("replacing", info.source.as_deref()))?;
    report.done(context, &info, "replaced", &whole::value(&object))
}

// Deletes at once and creates anew; dependents go as the garbage collector gets to them.
fn replace_by_force(
    call: &Call,
    context: &mut Context<'_, '_>,
    report: &mut Report,
    manifest: &Manifest,
    writing: Writing,
) -> Result<(), Failure> {
    let info = info_of(manifest);
    let options = DeleteOptions {
        grace_period_seconds: Some(call.parsed.int("grace-period").filter(|s| *s >= 0).unwrap_or(0)),
        propagation: Some(Propagation::Background),
        ..DeleteOptions::default()
    };
    let request = writing.request(Verb::Delete(options), &info, &info.name);
    match context.call(request) {
        Ok(_) => {
            let line = super::delete::message(context, &info, "deleted");
            context.out(line);
        }
        Err(failure) if failure.is_not_found() => {}
        Err(failure) => return Err(failure.when("deleting", info.source.as_deref())),
    }
    let (info, object) = send(context, manifest, writing)?;
    report.done(context, &info, "replaced", &object)
}
