//! `kubectl scale`.
//!
//! Models kubectl/pkg/cmd/scale/scale.go and kubectl/pkg/scale/scale.go (`ScalePrecondition`).

use client::api::{Answer, Body, Request, Subresource, Verb};
use machinery::patch::PatchType;
use serde_json::{Value, json};

use super::{Call, Command, DryRun, Next, dry_run};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, int};
use crate::printers::report::Report;
use crate::resource::{self, Info, Rules};

const MANAGER: &str = "kubectl-scale";

const FLAGS: &[Flag] = &[
    flags::DRY_RUN,
    flags::RESOURCE_VERSION,
    flags::TIMEOUT,
    flags::RECORD,
    int("replicas", "How many pods there are to be"),
    int("current-replicas", "Only if there are to be so many now"),
];

pub(super) const COMMAND: Command = Command {
    name: "scale",
    about: "Set a new size for a stateful set",
    usage: &[
        "kubectl scale --replicas=COUNT (-f FILENAME | TYPE NAME)",
        "kubectl scale sts myapp --replicas=4",
        "kubectl scale --current-replicas=2 --replicas=3 sts/myapp",
    ],
    flags: &[FLAGS, flags::TARGETS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    if !parsed.given("replicas") {
        return Err(Failure::message("required flag(s) \"replicas\" not set"));
    }
    let replicas = parsed.int("replicas").unwrap_or(-1);
    if replicas < 0 {
        return Err(Failure::message(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    let expected = parsed.int("current-replicas").unwrap_or(-1);
    if expected < -1 {
        return Err(Failure::message("The --current-replicas must specify an integer of -1 or greater"));
    }
    let dry_run = dry_run(context, parsed)?;
    let mut report = Report::new(context, parsed, dry_run)?;
    let rules = Rules { type_means_all: parsed.on("all"), validate: false };
    let targets = resource::targets(context, parsed, &parsed.args, rules)?;
    let mut infos = Vec::new();
    let mut missing = None;
    for found in resource::objects(context, &targets) {
        match found {
            Ok(found) => infos.push(found),
            Err(failure) if context.env.features.scaling_skips_what_is_missing() => return Err(failure),
            Err(failure) => missing = missing.or(Some(failure)),
        }
    }
    if infos.len() > 1 && parsed.text("resource-version").is_some_and(|text| !text.is_empty()) {
        return Err(Failure::message("cannot use --resource-version with multiple resources"));
    }
    if infos.is_empty() {
        let why = missing.map_or_else(String::new, |failure| format!(" {}", failure.error()));
        return Err(Failure::message(format!("no objects passed to scale{why}")));
    }
    for (info, object) in infos {
        let object = match dry_run {
            DryRun::Client => context.whole(&object),
            _ => {
                scale(call, context, &info, replicas, expected, dry_run)?;
                let scaled = context.get(info.kind, &info.namespace, &info.name)?;
                context.whole(&scaled)
            }
        };
        report.done(context, &info, "scaled", &object)?;
    }
    missing.map_or(Ok(Next::Done), Err)
}

// With a precondition the Scale is read and replaced, without it patched.
fn scale(
    call: &Call,
    context: &mut Context<'_, '_>,
    info: &Info,
    replicas: i64,
    expected: i64,
    dry_run: DryRun,
) -> Result<(), Failure> {
    let version = call.parsed.text("resource-version").unwrap_or_default();
    let verb = if expected < 0 && version.is_empty() {
        Verb::Patch(PatchType::Merge, json!({"spec": {"replicas": replicas}}))
    } else {
        let mut current = scale_of(context, info)?;
        let now = current["spec"]["replicas"].as_i64().unwrap_or(0);
        if expected >= 0 && now != expected {
            return Err(Failure::message(format!("Expected replicas to be {expected}, was {now}")));
        }
        let now = current["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        if !version.is_empty() && now != version {
            return Err(Failure::message(format!("Expected resource version to be {version}, was {now}")));
        }
        current["spec"]["replicas"] = replicas.into();
        Verb::Update(Body::Json(current))
    };
    let mut request = Request::new(verb, info.kind, &info.namespace, &info.name).of(Subresource::Scale);
    request.dry_run = dry_run == DryRun::Server;
    request.field_manager = MANAGER;
    context.call(request).map(drop)
}

fn scale_of(context: &mut Context<'_, '_>, info: &Info) -> Result<Value, Failure> {
    let request = Request::new(Verb::Get, info.kind, &info.namespace, &info.name).of(Subresource::Scale);
    match context.call(request)? {
        Answer::Json(scale) => Ok(scale),
        _ => Err(Failure::message("the server did not answer with a Scale")),
    }
}
