//! `kubectl taint`.
//!
//! Models kubectl/pkg/cmd/taint (taint.go, utils.go).

use client::api::{Request, Verb};
use machinery::patch::{self, PatchType};
use machinery::version::Features;
use machinery::{Kind, names};
use serde_json::{Value, json};

use super::writing::Writing;
use super::{Call, Command, DryRun, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag};
use crate::go_value;
use crate::printers::report::Report;
use crate::resource::{self, Info, Rules};

const MANAGER: &str = "kubectl-taint";

const FLAGS: &[Flag] = &[flags::DRY_RUN, flags::VALIDATE, flags::OVERWRITE, flags::FIELD_MANAGER];

pub(super) const COMMAND: Command = Command {
    name: "taint",
    about: "Update the taints on one or more nodes",
    usage: || {
        &[
            "kubectl taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N",
            "kubectl taint node node-3 gone=true:NoExecute",
            "kubectl taint node node-3 gone-",
        ]
    },
    flags: || &[FLAGS, flags::TARGETS, flags::FORMATS],
    run,
};

/// What is done to taints.
#[derive(Default)]
struct Changes {
    add: Vec<Taint>,
    remove: Vec<Taint>,
}

#[derive(Clone, Debug, PartialEq)]
struct Taint {
    key: String,
    value: String,
    effect: String,
}

impl Taint {
    fn of(value: &Value) -> Taint {
        let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
        Taint { key: text("key"), value: text("value"), effect: text("effect") }
    }

    fn matches(&self, other: &Taint) -> bool {
        self.key == other.key && self.effect == other.effect
    }

    /// Without an effect a key stands for all taints of that key.
    fn removes(&self, other: &Taint) -> bool {
        self.key == other.key && (self.effect.is_empty() || self.effect == other.effect)
    }
}

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let is_change = |word: &String| word.contains(['=', ':']) || word.ends_with('-');
    let first = parsed.args.iter().position(is_change).unwrap_or(parsed.args.len());
    let (words, specs) = parsed.args.split_at(first);
    if let Some(word) = specs.iter().find(|word| !is_change(word)) {
        return Err(Failure::message(format!(
            "all resources must be specified before taint changes: {word}"
        )));
    }
    let Some(kind) = words.first() else {
        return Err(Failure::message("one or more resources must be specified as <resource> <name>"));
    };
    if specs.is_empty() {
        return Err(Failure::message("at least one taint update is required"));
    }
    let changes = parse(specs, context.env.features).map_err(|why| call.usage(&why))?;
    if resource::kind(kind)? != Kind::Node {
        return Err(Failure::message(format!("invalid resource type {kind}, only node types are supported")));
    }
    check(&changes)?;
    let selects = parsed.text("selector").is_some_and(|text| !text.is_empty());
    if parsed.on("all") && selects {
        return Err(Failure::message("setting 'all' parameter with a non empty selector is prohibited"));
    }
    if !parsed.on("all") && !selects && words.len() < 2 {
        return Err(Failure::message(
            "at least one resource name must be specified since 'all' parameter is not set",
        ));
    }
    let writing = Writing::of(call, context, MANAGER)?;
    let mut report = Report::typed(context, parsed, writing.dry_run)?;
    let mut named = vec!["nodes".to_owned()];
    if !parsed.on("all") && !selects {
        named.extend(words[1..].iter().cloned());
    }
    let targets =
        resource::targets(context, parsed, &named, Rules { all_is_selector: true, ..Rules::default() })?;
    let mut failures = Vec::new();
    for found in resource::objects(context, &targets) {
        let tainted = found.and_then(|(info, node)| {
            let before = context.whole(&node);
            let (after, operation) = taint(call, &info, &before, &changes)?;
            let object = match writing.dry_run {
                DryRun::Client => after,
                _ => send(context, writing, &info, &before, &after)?,
            };
            report.done(context, &info, operation, &object)
        });
        failures.extend(tainted.err());
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

fn send(
    context: &mut Context<'_, '_>,
    writing: Writing<'_>,
    info: &Info,
    before: &Value,
    after: &Value,
) -> Result<Value, Failure> {
    let patch = patch::two_way(before, after, info.kind.go_type())
        .map_err(|error| Failure::message(error.to_string()))?;
    let verb = Verb::Patch(PatchType::Strategic, patch);
    let request: Request = writing.request(verb, info, &info.name);
    context.object(request).map(|node| context.whole(&node))
}

// parseTaints
fn parse(specs: &[String], features: Features) -> Result<Changes, String> {
    let mut changes = Changes::default();
    for spec in specs {
        if let Some(spec) = spec.strip_suffix('-') {
            changes.remove.push(parse_one(spec, features)?);
            continue;
        }
        let taint = parse_one(spec, features)?;
        if taint.effect.is_empty() {
            return Err(format!("invalid taint spec: {spec}"));
        }
        if changes.add.iter().any(|other| other.matches(&taint)) {
            let Taint { key, value, effect } = taint;
            return Err(format!(
                "duplicated taints with the same key and effect: {{{key} {value} {effect} <nil>}}"
            ));
        }
        changes.add.push(taint);
    }
    Ok(changes)
}

fn parse_one(spec: &str, features: Features) -> Result<Taint, String> {
    let invalid = || format!("invalid taint spec: {spec}");
    let with = |errors: Vec<String>| match errors.is_empty() {
        true => Ok(()),
        false => Err(format!("invalid taint spec: {spec}, {}", errors.join("; "))),
    };
    let (key, value, effect) = match spec.split(':').collect::<Vec<_>>().as_slice() {
        [key] => (*key, "", ""),
        [pair, effect] => {
            if !["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(effect) {
                return Err(format!("invalid taint effect: {effect}, unsupported taint effect"));
            }
            match pair.split('=').collect::<Vec<_>>().as_slice() {
                [key] => (*key, "", *effect),
                [key, value] => (*key, *value, *effect),
                _ => return Err(invalid()),
            }
        }
        _ => return Err(invalid()),
    };
    with(names::label_value(value, features))?;
    with(names::qualified_name(key, features))?;
    Ok(Taint { key: key.to_owned(), value: value.to_owned(), effect: effect.to_owned() })
}

fn check(changes: &Changes) -> Result<(), Failure> {
    let both: Vec<String> = changes
        .add
        .iter()
        .flat_map(|add| changes.remove.iter().filter(move |remove| remove.removes(add)))
        .map(|remove| format!("{}={}", remove.key, remove.effect))
        .collect();
    if both.is_empty() {
        return Ok(());
    }
    Err(Failure::message(format!(
        "can not both modify and remove the following taint(s) in the same command: {}",
        both.join(", ")
    )))
}

// updateTaints
fn taint(
    call: &Call,
    info: &Info,
    node: &Value,
    changes: &Changes,
) -> Result<(Value, &'static str), Failure> {
    let overwrite = call.parsed.on("overwrite");
    let old: Vec<Value> = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
    let is_there = |taint: &&Taint| old.iter().any(|old| Taint::of(old).matches(taint));
    let there: Vec<&str> = changes.add.iter().filter(is_there).map(|taint| taint.key.as_str()).collect();
    if !overwrite && !there.is_empty() {
        return Err(Failure::message(format!(
            "node {} already has {} taint(s) with same effect(s) and --overwrite is false",
            info.name,
            there.join(",")
        )));
    }
    let mut new: Vec<Value> = changes.add.iter().map(value).collect();
    new.extend(old.iter().filter(|old| !changes.add.iter().any(|add| add.matches(&Taint::of(old)))).cloned());
    let added = old.len() != new.len();
    let (mut removed, mut missing) = (false, Vec::new());
    for remove in &changes.remove {
        let before = new.len();
        new.retain(|taint| !remove.removes(&Taint::of(taint)));
        removed = new.len() != before;
        if !removed {
            let colon = if remove.effect.is_empty() { "" } else { ":" };
            let name = go_value::quote(&format!("{}{colon}{}", remove.key, remove.effect));
            missing.push(Failure::message(format!("taint {name} not found")));
        }
    }
    Failure::all(missing)?;
    let operation = match (added && removed) || overwrite {
        true => "modified",
        false if added => "tainted",
        false => "untainted",
    };
    let mut after = node.clone();
    match after["spec"].as_object_mut() {
        Some(spec) if new.is_empty() => drop(spec.remove("taints")),
        _ => after["spec"]["taints"] = Value::Array(new),
    }
    Ok((after, operation))
}

fn value(taint: &Taint) -> Value {
    let mut value = json!({"key": taint.key, "effect": taint.effect});
    if !taint.value.is_empty() {
        value["value"] = taint.value.as_str().into();
    }
    value
}
