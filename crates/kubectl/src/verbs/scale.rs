//! `kubectl scale`.
//!
//! Models kubectl/pkg/cmd/scale/scale.go and kubectl/pkg/scale/scale.go (`ScalePrecondition`).

use std::collections::VecDeque;

use client::api::{Answer, Body, Request, Subresource, Verb};
use jiff::Timestamp;
use machinery::patch::PatchType;
use machinery::{Object, time};
use serde_json::{Value, json};

use super::writing::record_later;
use super::{Call, Command, DryRun, Next, Running, dry_run};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, int};
use crate::printers::report::Report;
use crate::resource::{self, Info, Rules};
use crate::{Condition, Progress};

const MANAGER: &str = "kubectl";
/// How often it looks whether the size is reached.
const POLL_MS: i64 = 1000;

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
    usage: || {
        &[
            "kubectl scale --replicas=COUNT (-f FILENAME | TYPE NAME)",
            "kubectl scale sts myapp --replicas=4",
            "kubectl scale --current-replicas=2 --replicas=3 sts/myapp",
        ]
    },
    flags: || &[FLAGS, flags::TARGETS, flags::FILES, flags::FORMATS],
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
    let report = Report::new(context, parsed, dry_run)?;
    let rules = Rules { type_means_all: parsed.on("all"), ..Rules::default() };
    let targets = resource::targets(context, parsed, &parsed.args, rules)?;
    let (mut left, mut missing) = (VecDeque::new(), Vec::new());
    for found in resource::objects(context, &targets) {
        match found {
            Ok(found) => left.push_back(found),
            Err(failure) => missing.push(failure),
        }
    }
    let version = parsed.text("resource-version").unwrap_or_default().to_owned();
    if left.len() > 1 && !version.is_empty() {
        return Err(Failure::message("cannot use --resource-version with multiple resources"));
    }
    if left.is_empty() {
        return Err(nothing_to_scale(context, missing));
    }
    let timeout_ms = parsed.duration_ms("timeout").filter(|ms| *ms != 0 && dry_run == DryRun::None);
    let cause = parsed.on("record").then(|| call.cause());
    let scaling = Scaling {
        cause,
        replicas,
        expected,
        version,
        dry_run,
        timeout_ms,
        report,
        left,
        wait: None,
        missing,
    };
    Ok(Next::Go(Box::new(Running::Scale(scaling))))
}

fn nothing_to_scale(context: &Context<'_, '_>, missing: Vec<Failure>) -> Failure {
    match Failure::all(missing) {
        Ok(()) => Failure::message("no objects passed to scale"),
        Err(failure) if context.env.features.scaling_says_what_is_missing() => failure,
        Err(failure) => Failure::message(format!("no objects passed to scale {}", failure.error())),
    }
}

/// Scaling one object after the other; with `--timeout` each until it has its size.
#[derive(Clone, Debug)]
pub(crate) struct Scaling {
    replicas: i64,
    expected: i64,
    version: String,
    dry_run: DryRun,
    timeout_ms: Option<i64>,
    report: Report,
    /// What `--record` writes down.
    cause: Option<String>,
    left: VecDeque<(Info, Object)>,
    /// When to look next whether the first one has its size, and until when.
    wait: Option<(Timestamp, Timestamp)>,
    /// What was not there.
    missing: Vec<Failure>,
}

impl Scaling {
    pub(super) fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        while let Some((info, object)) = self.left.front().cloned() {
            if self.wait.is_none() && self.dry_run != DryRun::Client {
                self.scale(context, &info)?;
                self.wait = self.timeout_ms.map(|ms| (context.now(), time::after_ms(context.now(), ms)));
            }
            if let Some((next, until)) = self.wait
                && !self.has_size(context, &info, next, until)?
            {
                let until = self.wait.map_or(until, |(next, until)| next.min(until));
                let what = format!("the size of {}", info.type_and_name());
                return Ok(Progress::Wait(Condition { past: u64::MAX, until: Some(until), what }));
            }
            self.wait = None;
            self.left.pop_front();
            if let Some(cause) = self.cause.as_deref().filter(|_| self.dry_run != DryRun::Client) {
                record_later(context, &info, cause);
            }
            let mut value = context.whole(&object);
            if context.env.features.scaled_objects_print_their_size() {
                value["spec"]["replicas"] = self.replicas.into();
            }
            self.report.done(context, &info, "scaled", &value)?;
        }
        Failure::all(std::mem::take(&mut self.missing))?;
        Ok(Progress::Exit(0))
    }

    /// Whether there are as many pods as there shall be (`scaleHasDesiredReplicas`), asked once a second.
    fn has_size(
        &mut self,
        context: &mut Context<'_, '_>,
        info: &Info,
        next: Timestamp,
        until: Timestamp,
    ) -> Result<bool, Failure> {
        if context.now() >= next {
            let scale = scale_of(context, info)?;
            let count = |part: &str| scale[part]["replicas"].as_i64().unwrap_or(0);
            // Somebody else may have set another size meanwhile.
            if count("spec") != self.replicas || count("status") == self.replicas {
                return Ok(true);
            }
            self.wait = Some((time::after_ms(next, POLL_MS), until));
        }
        if context.now() >= until {
            let name = crate::go_value::quote(&info.name);
            return Err(Failure::message(format!("timed out waiting for {name} to be synced")));
        }
        Ok(false)
    }

    // With a precondition the Scale is read and replaced, without it patched.
    fn scale(&self, context: &mut Context<'_, '_>, info: &Info) -> Result<(), Failure> {
        let (replicas, expected, version) = (self.replicas, self.expected, self.version.as_str());
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
                return Err(Failure::message(format!(
                    "Expected resource version to be {version}, was {now}"
                )));
            }
            current["spec"]["replicas"] = replicas.into();
            Verb::Update(Body::Json(current))
        };
        let mut request = Request::new(verb, info.kind, &info.namespace, &info.name).of(Subresource::Scale);
        request.dry_run = self.dry_run == DryRun::Server;
        request.field_manager = MANAGER.into();
        context.call(request).map(drop)
    }
}

fn scale_of(context: &mut Context<'_, '_>, info: &Info) -> Result<Value, Failure> {
    let request = Request::new(Verb::Get, info.kind, &info.namespace, &info.name).of(Subresource::Scale);
    match context.call(request)? {
        Answer::Json(scale) => Ok(scale),
        _ => Err(Failure::message("the server did not answer with a Scale")),
    }
}
