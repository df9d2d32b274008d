//! `kubectl replace -f FILE`.
//!
//! Models kubectl/pkg/cmd/replace/replace.go and cli-runtime/pkg/resource/helper.go (`Replace`).

use client::api::{Body, DeleteOptions, Propagation, Verb};

use super::writing::{Writing, info_of, manifests};
use super::{Call, Command, DryRun, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch, text};
use crate::manifest::Manifest;
use crate::printers::report::Report;

const MANAGER: &str = "kubectl-replace";

const FLAGS: &[Flag] = &[
    flags::DRY_RUN,
    flags::VALIDATE,
    flags::FIELD_MANAGER,
    flags::SAVE_CONFIG,
    flags::SUBRESOURCE,
    flags::FORCE,
    flags::GRACE_PERIOD,
    flags::TIMEOUT,
    switch("wait", "Wait until the old object is gone"),
    text("cascade", "What becomes of dependents: background, foreground or orphan"),
    text("raw", "URI to send the manifest to; not simulated"),
];

pub(super) const COMMAND: Command = Command {
    name: "replace",
    about: "Replace a resource by file name or stdin",
    usage: &["kubectl replace -f FILENAME", "kubectl replace --force -f web.yaml"],
    flags: &[FLAGS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let writing = Writing::of(call, context, MANAGER)?;
    let mut report = Report::new(context, parsed, writing.dry_run)?;
    let mut failures = Vec::new();
    for manifest in manifests(call, context, writing)? {
        let replaced = manifest.and_then(|mut manifest| {
            if parsed.on("save-config") {
                super::apply::annotate(&mut manifest.value);
            }
            replace(call, context, &mut report, manifest, writing)
        });
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
    writing: Writing<'_>,
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
    report.done(context, &info, "replaced", &context.whole(&object))
}

// Deletes at once and creates anew; dependents go as the garbage collector gets to them.
fn replace_by_force(
    call: &Call,
    context: &mut Context<'_, '_>,
    report: &mut Report,
    manifest: &Manifest,
    writing: Writing<'_>,
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
    let (info, object) = writing.create(context, manifest)?;
    report.done(context, &info, "replaced", &object)
}
