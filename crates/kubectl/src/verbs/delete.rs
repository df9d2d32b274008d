//! `kubectl delete`: asks for everything, says so, then waits until it is gone.
//!
//! Models kubectl/pkg/cmd/delete/delete.go and, for waiting, kubectl/pkg/cmd/wait (`IsDeleted`).

use std::collections::VecDeque;

use client::api::{Answer, DeleteOptions, Propagation, Request, Verb};
use jiff::Timestamp;
use machinery::{Kind, Object, time};

use super::raw::{self, Method};
use super::{Call, Command, DryRun, Next, Running, done, dry_run};
use crate::context::Context;
use crate::describe::used_by;
use crate::failure::Failure;
use crate::flags::{self, Flag, Parsed, switch, text, text_or};
use crate::resource::{self, Info, Rules, Targets};
use crate::{Condition, Progress};

/// How long it waits where no timeout is given.
const A_WEEK_MS: i64 = 7 * 24 * 3_600_000;

const FLAGS: &[Flag] = &[
    flags::DRY_RUN,
    flags::FIELD_SELECTOR,
    flags::ALL_NAMESPACES,
    flags::FORCE,
    flags::GRACE_PERIOD,
    flags::IGNORE_NOT_FOUND,
    flags::TIMEOUT,
    flags::OUTPUT,
    text_or("cascade", "background", "What becomes of dependents: background, foreground or orphan"),
    switch("now", "The same as --grace-period=1"),
    switch("wait", "Wait until the objects are gone (the default)"),
    switch("interactive", "Ask first").letter('i'),
    text("raw", "URI to send the request to"),
];

pub(super) const COMMAND: Command = Command {
    name: "delete",
    about: "Delete resources by file names, stdin, resources and names, or by resources and label selector",
    usage: || {
        &[
            "kubectl delete ([-f FILENAME] | TYPE [(NAME | -l label | --all)])",
            "kubectl delete pod myapp-0",
            "kubectl delete -f stateful-demo.yaml",
            "kubectl delete pvc --all",
        ]
    },
    flags: || &[FLAGS, flags::TARGETS, flags::FILES],
    run,
};

struct How {
    options: DeleteOptions,
    force: bool,
    dry_run: DryRun,
    output: String,
}

impl How {
    /// Whether the objects go without any grace.
    fn is_forced(&self) -> bool {
        self.force && self.options.grace_period_seconds == Some(0)
    }
}

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let how = how(call, context)?;
    if let Some(uri) = parsed.text("raw").filter(|uri| !uri.is_empty()) {
        check(&how)?;
        if parsed.on("interactive") {
            return Err(Failure::message("--interactive can not be used with --raw"));
        }
        return raw::send(call, context, uri, Method::Delete);
    }
    let rules = Rules { all_is_selector: true, ..Rules::default() };
    let targets = resource::targets(context, parsed, &parsed.args, rules)?;
    check(&how)?;
    if how.is_forced() {
        context.err("Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n");
    }
    // What is chosen by a selector may be gone by now.
    let selects =
        ["selector", "field-selector"].iter().any(|name| parsed.text(name).is_some_and(|t| !t.is_empty()));
    let ignore_missing = parsed.on_or("ignore-not-found", selects || parsed.on("all"));
    if parsed.on("interactive")
        && let Some(answer) = refused(context, &targets, ignore_missing)?
    {
        context.out(format!("{answer}\n"));
        return Ok(Next::Done);
    }
    let mut failures = Vec::new();
    let mut asked = Vec::new();
    let mut found = 0;
    let mut warned = !parsed.given("namespace");
    for info in resource::infos(context, &targets) {
        let info = match info {
            Ok(info) => info,
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        found += 1;
        if !warned && !info.kind.is_namespaced() {
            context.err("Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n");
            warned = true;
        }
        match delete(context, &info, &how) {
            Ok(uid) => asked.push((info, uid)),
            Err(failure) if ignore_missing && failure.is_not_found() => {}
            Err(failure) => failures.push(failure.when("deleting", info.source.as_deref())),
        }
    }
    Failure::all(failures)?;
    if found == 0 {
        context.out("No resources found\n");
        return Ok(Next::Done);
    }
    if how.dry_run != DryRun::None || !parsed.on_or("wait", true) {
        return Ok(Next::Done);
    }
    Ok(Next::Go(Box::new(Running::Delete(Wait::new(context, parsed, asked)))))
}

fn how(call: &Call, context: &mut Context<'_, '_>) -> Result<How, Failure> {
    let parsed = &call.parsed;
    let propagation = propagation(context, parsed.text("cascade").unwrap_or("background"))?;
    let force = parsed.on("force");
    let mut grace_period = parsed.int("grace-period").unwrap_or(-1);
    if parsed.on("now") {
        if grace_period != -1 {
            return Err(Failure::message("--now and --grace-period cannot be specified together"));
        }
        grace_period = 1;
    }
    // Only --force takes an object away before its node has confirmed.
    let grace_period_seconds = match (force, grace_period) {
        (false, 0) => Some(1),
        (true, ..=0) => Some(0),
        (false, ..0) => None,
        (_, seconds) => Some(seconds),
    };
    let options =
        DeleteOptions { grace_period_seconds, propagation: Some(propagation), ..DeleteOptions::default() };
    let output = parsed.text("output").unwrap_or_default().to_owned();
    Ok(How { options, force, dry_run: dry_run(context, parsed)?, output })
}

/// `--cascade` (parseCascadingFlag).
pub(super) fn propagation(context: &mut Context<'_, '_>, cascade: &str) -> Result<Propagation, Failure> {
    let instead = match (cascade, flags::parse_bool(cascade)) {
        (_, Ok(true)) => "background",
        (_, Ok(false)) => "orphan",
        ("background", _) => return Ok(Propagation::Background),
        ("foreground", _) => return Ok(Propagation::Foreground),
        ("orphan", _) => return Ok(Propagation::Orphan),
        (other, _) => {
            return Err(Failure::message(format!(
                "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            )));
        }
    };
    context.err(format!(
        "warning: --cascade={cascade} is deprecated (boolean value) and can be replaced with --cascade={instead}.\n"
    ));
    Ok(if instead == "orphan" { Propagation::Orphan } else { Propagation::Background })
}

/// What the command's options may not be (`Validate`).
fn check(how: &How) -> Result<(), Failure> {
    if !how.output.is_empty() && how.output != "name" {
        let output = &how.output;
        return Err(Failure::message(format!(
            "unexpected -o output mode: {output}. We only support '-o name'"
        )));
    }
    if how.force && !how.is_forced() {
        return Err(Failure::message(
            "--force and --grace-period greater than 0 cannot be specified together",
        ));
    }
    Ok(())
}

/// Asks whether these objects shall go (`--interactive`); what is said if they shall not.
fn refused(
    context: &mut Context<'_, '_>,
    targets: &Targets,
    ignore_missing: bool,
) -> Result<Option<&'static str>, Failure> {
    let (mut names, mut failures) = (String::new(), Vec::new());
    for info in resource::infos(context, targets) {
        match info {
            Ok(info) => names.push_str(&format!("{}\n", info.type_and_name())),
            Err(failure) if ignore_missing && failure.is_not_found() => {}
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures)?;
    if names.is_empty() {
        return Ok(Some("No resources found"));
    }
    let no = if context.env.features.no_is_the_default() { "N" } else { "n" };
    context.out(format!(
        "You are about to delete the following {} resource(s):\n{names}Do you want to continue? (y/{no}): ",
        names.lines().count()
    ));
    let answer = context.stdin.unwrap_or_default().lines().next().unwrap_or_default();
    let agreed = answer.trim().eq_ignore_ascii_case("y");
    Ok((!agreed).then_some("deletion is cancelled"))
}

// The uid of what was deleted.
fn delete(context: &mut Context<'_, '_>, info: &Info, how: &How) -> Result<String, Failure> {
    let mut uid = String::new();
    if how.dry_run != DryRun::Client {
        let verb = Verb::Delete(how.options.clone());
        let mut request = Request::new(verb, info.kind, &info.namespace, &info.name);
        request.dry_run = how.dry_run == DryRun::Server;
        if let Answer::Object(object) = context.call(request)? {
            uid = object.uid().to_owned();
        }
    }
    if how.output == "name" {
        context.out(format!("{}\n", info.type_and_name()));
        return Ok(uid);
    }
    let line = message(context, info, if how.is_forced() { "force deleted" } else { "deleted" });
    context.out(done(line.trim_end(), how.dry_run) + "\n");
    Ok(uid)
}

/// `pod "web-0" deleted from default namespace`.
pub(super) fn message(context: &Context<'_, '_>, info: &Info, operation: &str) -> String {
    let place = if info.kind.is_namespaced() && context.env.features.delete_names_the_namespace() {
        format!(" from {} namespace", info.namespace)
    } else {
        String::new()
    };
    format!("{} \"{}\" {operation}{place}\n", info.kind.type_name(), info.name)
}

/// Waiting until each object is gone, one after the other, all within one time.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    // With their uids, in order.
    left: VecDeque<(Info, String)>,
    until: Timestamp,
}

impl Wait {
    fn new(context: &Context<'_, '_>, parsed: &Parsed, asked: Vec<(Info, String)>) -> Wait {
        let timeout = parsed.duration_ms("timeout").filter(|ms| *ms != 0).unwrap_or(A_WEEK_MS);
        Wait { left: asked.into(), until: time::after_ms(context.now(), timeout) }
    }

    pub(super) fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        let seen = context.env.api.resource_version();
        while let Some((info, uid)) = self.left.front() {
            let object = match context.get(info.kind, &info.namespace, &info.name) {
                Ok(object) => object,
                Err(failure) if failure.is_not_found() => {
                    self.left.pop_front();
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            // Another object of that name is none of our business.
            if !uid.is_empty() && object.uid() != uid {
                self.left.pop_front();
                continue;
            }
            if context.now() >= self.until {
                let resource = info.kind.info().plural;
                return Err(Failure::message(format!(
                    "timed out waiting for the condition on {resource}/{}",
                    info.name
                )));
            }
            let what = why_it_stays(context, &object);
            return Ok(Progress::Wait(Condition { past: seen, until: Some(self.until), what }));
        }
        Ok(Progress::Exit(0))
    }
}

// For people: what keeps the object.
fn why_it_stays(context: &mut Context<'_, '_>, object: &Object) -> String {
    let name = object.name();
    if object.kind() == Kind::PersistentVolumeClaim {
        let users = used_by(context, object.namespace(), name);
        if !users.is_empty() {
            return format!("{name} is used by {}", users.join(", "));
        }
    }
    if let Object::PersistentVolume(volume) = object
        && let Some(claim) = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref())
    {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        return format!("{name} is bound to {}/{}", part(&claim.namespace), part(&claim.name));
    }
    match object.meta().finalizers.as_deref().unwrap_or_default() {
        [] => format!("{name} is terminating"),
        finalizers => format!("{name} has the finalizer {}", finalizers.join(", ")),
    }
}
