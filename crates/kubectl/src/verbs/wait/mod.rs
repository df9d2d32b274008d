//! `kubectl wait --for=…`.
//!
//! Models kubectl/pkg/cmd/wait (wait.go, condition.go, json.go, delete.go, create.go).

use jiff::Timestamp;
use machinery::version::Features;
use machinery::{Object, time};

use super::{Call, Command, Next, Running};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, each};
use crate::jsonpath::{self, Template};
use crate::printers::report::Report;
use crate::resource::{self, Info, Rules, Target};
use crate::verbs::DryRun;
use crate::{Condition, Progress};

const DEFAULT_TIMEOUT_MS: i64 = 30_000;

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
    usage: &[
        "kubectl wait (TYPE NAME | TYPE/NAME | TYPE -l label) --for=delete|condition=NAME[=VALUE]|jsonpath='{PATH}'=VALUE [--timeout=30s]",
        "kubectl wait pod/myapp-0 --for=condition=Ready --timeout=60s",
    ],
    flags: &[FLAGS, flags::TARGETS, flags::FILES, flags::FORMATS],
    run,
};

/// What is waited for.
#[derive(Clone, Debug, PartialEq)]
enum For {
    Delete,
    Create,
    Condition(String, String),
    /// The value that the template finds; any, if none is given.
    JsonPath(Template, Option<String>),
}

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let wanted = condition(parsed.text("for"), context.env.features)?;
    let rules = Rules { type_means_all: parsed.on("all"), validate: false };
    let targets = resource::targets(context, parsed, &parsed.args, rules)?;
    let timeout = match parsed.duration_ms("timeout") {
        None => DEFAULT_TIMEOUT_MS,
        Some(ms) if ms < 0 => 7 * 24 * 3_600_000,
        Some(ms) => ms,
    };
    let mut waiting = Waiting {
        left: Vec::new(),
        wanted,
        report: Report::new(context, parsed, DryRun::None)?,
        until: time::after_ms(context.now(), timeout),
    };
    for found in resource::infos(context, &targets) {
        waiting.left.push((found?, None));
    }
    let selected = targets.list.iter().any(|target| matches!(target, Target::Selected(..)));
    if waiting.left.is_empty() && selected {
        if waiting.wanted == For::Delete {
            return Ok(Next::Done);
        }
        return Err(Failure::message("no matching resources found"));
    }
    for (info, uid) in &mut waiting.left {
        if let Ok(object) = context.get(info.kind, &info.namespace, &info.name) {
            *uid = Some(object.uid().to_owned());
        }
    }
    Ok(Next::Go(Box::new(Running::Wait(waiting))))
}

fn condition(text: Option<&str>, features: Features) -> Result<For, Failure> {
    let Some(text) = text else {
        let none = if features.wait_takes_several_conditions() { "[]" } else { "\"\"" };
        return Err(Failure::message(format!("unrecognized condition: {none}")));
    };
    let lower = text.to_lowercase();
    if lower == "delete" {
        return Ok(For::Delete);
    }
    if lower == "create" {
        return Ok(For::Create);
    }
    if let Some(rest) = text.strip_prefix("condition=") {
        let (name, value) = rest.split_once('=').unwrap_or((rest, "true"));
        return Ok(For::Condition(name.to_owned(), value.to_owned()));
    }
    if let Some(rest) = text.strip_prefix("jsonpath=") {
        let end = rest.rfind('}').map_or(rest.len(), |end| end + 1);
        let (path, value) = match rest[end..].strip_prefix('=') {
            Some(value) => (&rest[..end], Some(value.trim_matches(['"', '\'']).to_owned())),
            None if rest[end..].is_empty() && rest.contains('}') => (rest, None),
            None => match rest.split_once('=') {
                Some((path, value)) => (path, Some(value.to_owned())),
                None => (rest, None),
            },
        };
        if value.as_deref() == Some("") {
            return Err(Failure::message("jsonpath wait has to have a value after equal sign"));
        }
        let template = jsonpath::parse_relaxed(path).map_err(Failure::Message)?;
        return Ok(For::JsonPath(template, value));
    }
    Err(Failure::message(format!("unrecognized condition: {}", crate::go_value::quote(text))))
}

/// Waiting for one object after the other, all within one time.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    // With the uid of what was there at first.
    left: Vec<(Info, Option<String>)>,
    wanted: For,
    report: Report,
    until: Timestamp,
}

impl Waiting {
    pub(super) fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        let seen = context.env.api.resource_version();
        while let Some((info, uid)) = self.left.first().cloned() {
            let found = match context.get(info.kind, &info.namespace, &info.name) {
                Ok(object) => Some(object),
                Err(failure) if failure.is_not_found() => match self.wanted {
                    For::Delete | For::Create => None,
                    For::Condition(..) | For::JsonPath(..) => return Err(failure),
                },
                Err(failure) => return Err(failure),
            };
            let met = match (&self.wanted, &found) {
                (For::Delete, None) => true,
                (For::Delete, Some(object)) => uid.as_deref() != Some(object.uid()),
                (For::Create, found) => found.is_some(),
                (_, None) => false,
                (wanted, Some(object)) => holds(context, wanted, object)?,
            };
            if met {
                self.left.remove(0);
                // What was never there is not reported.
                if uid.is_some() || found.is_some() {
                    let value = found.map(|object| context.whole(&object)).unwrap_or_default();
                    self.report.done(context, &info, "condition met", &value)?;
                }
                continue;
            }
            if context.now() >= self.until {
                let resource = info.kind.info().plural;
                return Err(Failure::message(format!(
                    "timed out waiting for the condition on {resource}/{}",
                    info.name
                )));
            }
            let what = format!("a condition of {}", info.type_and_name());
            return Ok(Progress::Wait(Condition { past: seen, until: Some(self.until), what }));
        }
        Ok(Progress::Exit(0))
    }
}

fn holds(context: &Context<'_, '_>, wanted: &For, object: &Object) -> Result<bool, Failure> {
    let value = context.whole(object);
    match wanted {
        For::Delete | For::Create => Ok(false),
        For::Condition(name, status) => {
            let conditions = value["status"]["conditions"].as_array();
            let found = conditions.into_iter().flatten().find(|condition| {
                condition["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case(name))
            });
            let generation = value["metadata"]["generation"].as_i64();
            Ok(found.is_some_and(|condition| {
                let observed = condition["observedGeneration"]
                    .as_i64()
                    .or(value["status"]["observedGeneration"].as_i64());
                let stale = observed.is_some() && observed < generation;
                !stale && condition["status"].as_str().is_some_and(|found| found.eq_ignore_ascii_case(status))
            }))
        }
        For::JsonPath(template, wanted) => {
            let found = template.find(&value).map_err(Failure::Message)?;
            let values: Vec<_> = found.iter().flatten().collect();
            match (values.as_slice(), wanted) {
                ([], _) => Ok(false),
                (_, None) => Ok(true),
                ([one], Some(wanted)) => Ok(jsonpath::text(one) == *wanted),
                _ => Err(Failure::message("given jsonpath expression matches more than one list")),
            }
        }
    }
}
