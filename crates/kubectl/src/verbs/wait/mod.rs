//! `kubectl wait --for=…`: one object after the other, each condition after the other, all within one time.
//!
//! Models kubectl/pkg/cmd/wait (wait.go, condition.go, delete.go, create.go). What went wrong with one object does not
//! keep it from the next.

mod condition;

use std::collections::VecDeque;

use client::api::Change;
use jiff::Timestamp;
use machinery::{Object, time};

use super::{Call, Command, Next, Running};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, each};
use crate::printers::report::Report;
use crate::resource::{self, Info, Rules, Targets};
use crate::verbs::DryRun;
use crate::{Condition, Progress};

use condition::For;

const DEFAULT_TIMEOUT_MS: i64 = 30_000;
/// How often it looks whether what shall be created is there.
const POLL_MS: i64 = 500;
const A_WEEK_MS: i64 = 7 * 24 * 3_600_000;

const FLAGS: &[Flag] = &[
    flags::FIELD_SELECTOR,
    flags::ALL_NAMESPACES,
    flags::TIMEOUT,
    flags::LOCAL,
    each("for", "create, delete, condition=NAME[=VALUE] or jsonpath='{PATH}'[=VALUE]"),
];

pub(super) const COMMAND: Command = Command {
    name: "wait",
    about: "Wait for a specific condition on one or many resources",
    usage: || {
        &[
            "kubectl wait (TYPE NAME | TYPE/NAME | TYPE -l label) --for=create|delete|condition=NAME[=VALUE]|jsonpath='{PATH}'[=VALUE] [--timeout=30s]",
            "kubectl wait pod/myapp-0 --for=condition=Ready --timeout=60s",
            "kubectl wait pod/myapp-0 --for=create --for=condition=Ready",
        ]
    },
    flags: || &[FLAGS, flags::TARGETS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let report = Report::new(context, parsed, DryRun::None)?;
    let wanted = For::all(&parsed.each("for"), context.env.features)?;
    let rules = Rules { type_means_all: parsed.on("all"), ..Rules::default() };
    let targets = resource::targets(context, parsed, &parsed.args, rules)?;
    let timeout_ms = match parsed.duration_ms("timeout") {
        None => DEFAULT_TIMEOUT_MS,
        Some(ms) if ms < 0 => A_WEEK_MS,
        Some(ms) => ms,
    };
    let is_for_create = wanted.contains(&For::Create);
    let mut waiting = Waiting {
        wanted,
        report,
        once: timeout_ms == 0,
        until: time::after_ms(context.now(), timeout_ms),
        failures: Vec::new(),
        visited: 0,
        stage: Stage::Creation(targets.clone(), context.now()),
    };
    if !is_for_create {
        waiting.visit(context, &targets);
    }
    Ok(Next::Go(Box::new(Running::Wait(waiting))))
}

/// How far it has come.
#[derive(Clone, Debug)]
enum Stage {
    /// Not everything is there yet; when to look next.
    Creation(Targets, Timestamp),
    /// The objects that are left, and how far the first one is.
    Objects(VecDeque<Result<Info, Failure>>, Option<Visit>),
}

/// The object that is waited for.
#[derive(Clone, Debug)]
struct Visit {
    info: Info,
    /// As it was last seen.
    object: Object,
    /// How many conditions are met.
    met: usize,
    /// The changes up to here were looked at.
    since: Option<u64>,
}

/// Waiting.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    wanted: Vec<For>,
    report: Report,
    /// Whether it looks once and does not wait.
    once: bool,
    until: Timestamp,
    failures: Vec<Failure>,
    visited: usize,
    stage: Stage,
}

impl Waiting {
    fn visit(&mut self, context: &mut Context<'_, '_>, targets: &Targets) {
        self.stage = Stage::Objects(resource::infos(context, targets).into(), None);
    }

    pub(super) fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        if let Stage::Creation(targets, next) = &self.stage {
            let (targets, next) = (targets.clone(), *next);
            if let Some(wait) = self.await_creation(context, &targets, next)? {
                return Ok(Progress::Wait(wait));
            }
            self.visit(context, &targets);
        }
        while let Some(mut visit) = self.next_object(context) {
            let what = format!("a condition of {}", visit.info.type_and_name());
            let past = context.env.api.resource_version();
            match self.look(context, &mut visit) {
                Ok(true) => {}
                Ok(false) => {
                    if let Stage::Objects(_, current) = &mut self.stage {
                        *current = Some(visit);
                    }
                    return Ok(Progress::Wait(Condition { past, until: Some(self.until), what }));
                }
                Err(failure) => self.failures.push(failure),
            }
        }
        Failure::all(std::mem::take(&mut self.failures))?;
        if self.visited == 0 && !self.is_for_delete() {
            return Err(Failure::message("no matching resources found"));
        }
        Ok(Progress::Exit(0))
    }

    fn is_for_delete(&self) -> bool {
        self.wanted.contains(&For::Delete)
    }

    /// What to wait for until everything is there; none if it is.
    fn await_creation(
        &mut self,
        context: &mut Context<'_, '_>,
        targets: &Targets,
        next: Timestamp,
    ) -> Result<Option<Condition>, Failure> {
        let now = context.now();
        let wait = |until| Condition { past: u64::MAX, until: Some(until), what: "creation".to_owned() };
        if now < next {
            return Ok(Some(wait(next.min(self.until))));
        }
        let found = resource::objects(context, targets);
        let failures: Vec<&Failure> = found.iter().filter_map(|found| found.as_ref().err()).collect();
        match failures.as_slice() {
            [] if !found.is_empty() || !context.env.features.wait_takes_several_conditions() => {
                return Ok(None);
            }
            [] => {}
            [one] if one.is_not_found() => {}
            all => Failure::all(all.iter().map(|failure| (*failure).clone()).collect())?,
        }
        if now >= self.until {
            return Err(Failure::message("timed out waiting for the condition"));
        }
        let next = time::after_ms(now, POLL_MS);
        self.stage = Stage::Creation(targets.clone(), next);
        Ok(Some(wait(next.min(self.until))))
    }

    /// The next object that is there; what is not is noted.
    fn next_object(&mut self, context: &mut Context<'_, '_>) -> Option<Visit> {
        let is_for_delete = self.is_for_delete();
        let Stage::Objects(left, current) = &mut self.stage else {
            return None;
        };
        if let Some(visit) = current.take() {
            return Some(visit);
        }
        while let Some(info) = left.pop_front() {
            let found = info.and_then(|info| {
                let object = context.get(info.kind, &info.namespace, &info.name)?;
                Ok(Visit { info, object, met: 0, since: None })
            });
            match found {
                Ok(visit) => {
                    self.visited += 1;
                    return Some(visit);
                }
                Err(failure) if is_for_delete && failure.is_not_found() => {}
                Err(failure) => self.failures.push(failure),
            }
        }
        None
    }

    /// Whether the object has met every condition by now; says so of each.
    fn look(&mut self, context: &mut Context<'_, '_>, visit: &mut Visit) -> Result<bool, Failure> {
        while let Some(wanted) = self.wanted.get(visit.met).cloned() {
            if !self.is_met(context, visit, &wanted)? {
                return Ok(false);
            }
            let value = context.whole(&visit.object);
            self.report.done(context, &visit.info, "condition met", &value)?;
            visit.met += 1;
            visit.since = None;
        }
        Ok(true)
    }

    fn is_met(
        &self,
        context: &mut Context<'_, '_>,
        visit: &mut Visit,
        wanted: &For,
    ) -> Result<bool, Failure> {
        if *wanted == For::Create {
            return Ok(true);
        }
        let timed_out = context.now() >= self.until && !self.once;
        let late = || {
            let (resource, name) = (visit.info.kind.info().plural, &visit.info.name);
            let text = match self.once {
                true => format!("condition not met for {resource}/{name}"),
                false => format!("timed out waiting for the condition on {resource}/{name}"),
            };
            Err(Failure::message(text))
        };
        let seen = context.env.api.resource_version();
        let Some(since) = visit.since.replace(seen) else {
            let found = context.get(visit.info.kind, &visit.info.namespace, &visit.info.name);
            let is_gone = found.as_ref().is_err_and(Failure::is_not_found);
            if *wanted == For::Delete && is_gone {
                return Ok(true);
            }
            if timed_out {
                return late();
            }
            visit.object = found?;
            let holds = wanted.holds(&context.whole(&visit.object))?;
            return if holds || !self.once { Ok(holds) } else { late() };
        };
        for event in context.env.api.watch(visit.info.kind, &visit.info.namespace, since)? {
            if event.object.name() != visit.info.name {
                continue;
            }
            let is_gone = event.change == Change::Deleted;
            visit.object = event.object;
            if is_gone && *wanted == For::Delete {
                return Ok(true);
            }
            if !is_gone && wanted.holds(&context.whole(&visit.object))? {
                return Ok(true);
            }
        }
        if timed_out { late() } else { Ok(false) }
    }
}
