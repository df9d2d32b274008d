//! `kubectl replace -f FILE`.
//!
//! Models kubectl/pkg/cmd/replace/replace.go and cli-runtime/pkg/resource/helper.go (`Replace`).

use client::api::{Body, DeleteOptions, Verb};
use jiff::Timestamp;
use machinery::time;

use super::raw::{self, Method};
use super::writing::{Writing, info_of, manifests};
use super::{Call, Command, DryRun, Next, Running};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, Parsed, switch, text};
use crate::manifest::Manifest;
use crate::printers::report::Report;
use crate::{Condition, Progress};

const MANAGER: &str = "kubectl-replace";
/// How often `--force` looks whether an object is gone, in milliseconds.
const POLL_MS: i64 = 1000;
/// How long it waits for each.
const TIMEOUT_MS: i64 = 5 * 60_000;

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
    text("raw", "URI to send the manifest to, as it is"),
];

pub(super) const COMMAND: Command = Command {
    name: "replace",
    about: "Replace a resource by file name or stdin",
    usage: || &["kubectl replace -f FILENAME", "kubectl replace --force -f web.yaml"],
    flags: || &[FLAGS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let writing = Writing::of(call, context, MANAGER)?;
    let mut report = Report::new(context, parsed, writing.dry_run)?;
    let force = parsed.on("force");
    check(parsed, writing, force)?;
    if let Some(uri) = parsed.text("raw").filter(|uri| !uri.is_empty()) {
        return raw::send(call, context, uri, Method::Put);
    }
    let (mut given, mut failures) = (Vec::new(), Vec::new());
    for manifest in manifests(call, context, writing)? {
        match manifest {
            Ok(mut manifest) => {
                if parsed.on("save-config") {
                    super::apply::annotate(&mut manifest.value);
                }
                given.push(manifest);
            }
            Err(failure) => failures.push(failure),
        }
    }
    if force && failures.is_empty() {
        let replacing = Replacing::start(call, context, given, writing, report)?;
        return Ok(Next::Go(Box::new(Running::Replace(replacing))));
    }
    for manifest in given {
        failures.extend(replace(context, &mut report, manifest, writing).err());
    }
    if report.count() == 0 && failures.is_empty() {
        return Err(Failure::message("no objects passed to replace"));
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

/// Whether the flags go together (ReplaceOptions.Validate).
fn check(parsed: &Parsed, writing: Writing<'_>, force: bool) -> Result<(), Failure> {
    if parsed.list("filename").is_empty() && !parsed.given("kustomize") {
        return Err(Failure::message("must specify one of -f and -k"));
    }
    let problem = if parsed.int("grace-period").is_some_and(|seconds| seconds >= 0) && !force {
        "--grace-period must have --force specified"
    } else if parsed.duration_ms("timeout").is_some_and(|ms| ms != 0) && !force {
        "--timeout must have --force specified"
    } else if force && writing.dry_run != DryRun::None {
        "--dry-run can not be used when --force is set"
    } else {
        return Ok(());
    };
    Err(Failure::message(problem))
}

fn replace(
    context: &mut Context<'_, '_>,
    report: &mut Report,
    mut manifest: Manifest,
    writing: Writing<'_>,
) -> Result<(), Failure> {
    let info = info_of(&manifest);
    if writing.dry_run == DryRun::Client {
        return report.done(context, &info, "replaced", &manifest.value);
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

/// `--force`: everything is deleted, and created anew once it is gone (forceReplace).
#[derive(Clone, Debug)]
pub(crate) struct Replacing {
    manifests: Vec<Manifest>,
    writing: Writing<'static>,
    report: Report,
    /// How many of them are gone.
    gone: usize,
    timeout_ms: i64,
    /// When to look next whether the first of the others is gone, and until when.
    wait: Option<(Timestamp, Timestamp)>,
}

impl Replacing {
    fn start(
        call: &Call,
        context: &mut Context<'_, '_>,
        manifests: Vec<Manifest>,
        writing: Writing<'static>,
        report: Report,
    ) -> Result<Replacing, Failure> {
        let parsed = &call.parsed;
        let cascade = parsed.text("cascade").unwrap_or("background");
        let options = DeleteOptions {
            // Nothing goes without any grace here.
            grace_period_seconds: parsed.int("grace-period").filter(|s| *s >= 0).map(|s| s.max(1)),
            propagation: Some(super::delete::propagation(context, cascade)?),
            ..DeleteOptions::default()
        };
        let mut failures = Vec::new();
        for manifest in &manifests {
            let info = info_of(manifest);
            match context.call(writing.request(Verb::Delete(options.clone()), &info, &info.name)) {
                Ok(_) if report.is_name() => context.out(format!("{}\n", info.type_and_name())),
                Ok(_) => {
                    let line = super::delete::message(context, &info, "deleted");
                    context.out(line);
                }
                Err(failure) if failure.is_not_found() => {}
                Err(failure) => failures.push(failure.when("deleting", info.source.as_deref())),
            }
        }
        Failure::all(failures)?;
        if manifests.is_empty() {
            context.out("No resources found\n");
        }
        let timeout_ms = parsed.duration_ms("timeout").filter(|ms| *ms != 0).unwrap_or(TIMEOUT_MS);
        Ok(Replacing { manifests, writing, report, gone: 0, timeout_ms, wait: None })
    }

    pub(super) fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        while let Some(info) = self.manifests.get(self.gone).map(info_of) {
            let now = context.now();
            let (next, until) = self.wait.unwrap_or((now, time::after_ms(now, self.timeout_ms)));
            let mut next = next;
            if now >= next {
                match context.get(info.kind, &info.namespace, &info.name) {
                    Ok(_) => next = time::after_ms(next, POLL_MS),
                    Err(failure) if failure.is_not_found() => {
                        (self.gone, self.wait) = (self.gone + 1, None);
                        continue;
                    }
                    Err(failure) => return Err(failure),
                }
            }
            if now >= until {
                return Err(Failure::message("context deadline exceeded"));
            }
            self.wait = Some((next, until));
            let what = format!("the end of {}", info.type_and_name());
            return Ok(Progress::Wait(Condition { past: u64::MAX, until: Some(next.min(until)), what }));
        }
        let mut failures = Vec::new();
        for manifest in &self.manifests {
            match self.writing.create(context, manifest) {
                Ok((info, object)) => self.report.done(context, &info, "replaced", &object)?,
                Err(failure) => failures.push(failure),
            }
        }
        if self.report.count() == 0 && failures.is_empty() {
            return Err(Failure::message("no objects passed to replace"));
        }
        Failure::all(failures)?;
        Ok(Progress::Exit(0))
    }
}
