//! What `label` and `annotate` share: `KEY=VALUE` and `KEY-` behind the objects.
//!
//! Models kubectl/pkg/cmd/util/helpers.go (`GetResourcesAndPairs`).

use std::collections::BTreeMap;

use client::api::{Request, Verb};
use machinery::patch::PatchType;
use serde_json::{Map, Value, json};

use super::{Call, DryRun, dry_run};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch};
use crate::printers::report::Report;
use crate::resource::{self, Info, Rules};

/// The flags of both.
pub(super) const FLAGS: &[Flag] = &[
    flags::DRY_RUN,
    flags::FIELD_SELECTOR,
    flags::ALL_NAMESPACES,
    flags::OVERWRITE,
    flags::RESOURCE_VERSION,
    flags::FIELD_MANAGER,
    flags::RECORD,
    flags::LOCAL,
    switch("list", "Print what is there, besides any change"),
];
/// Those of formats and files.
pub(super) const SHARED: &[&[Flag]] = &[FLAGS, flags::TARGETS, flags::FILES, flags::FORMATS];

/// The words before the first pair name objects; from there on there are pairs only.
///
/// # Errors
/// If a word behind a pair is none.
pub(super) fn split(args: &[String], pair_type: &str) -> Result<(Vec<String>, Vec<String>), Failure> {
    let is_pair = |word: &String| {
        (word.contains('=') && !word.starts_with('=')) || (word.ends_with('-') && word != "-")
    };
    let objects: Vec<String> = args.iter().take_while(|word| !is_pair(word)).cloned().collect();
    let pairs: Vec<String> = args[objects.len()..].to_vec();
    match pairs.iter().find(|word| !is_pair(word)) {
        Some(word) => Err(Failure::message(format!(
            "all resources must be specified before {pair_type} changes: {word}"
        ))),
        None => Ok((objects, pairs)),
    }
}

/// Which entries of a map are set and removed.
pub(super) struct Edit {
    /// `labels` or `annotations`.
    pub field: &'static str,
    /// What is set.
    pub set: BTreeMap<String, String>,
    /// What is removed.
    pub remove: Vec<String>,
    /// Why an object that has an entry already is left alone, if it is.
    pub clash: fn(&Edit, &BTreeMap<String, String>) -> Option<String>,
    /// What is said of the object: its bytes before and after, and whether `--overwrite` is on.
    pub operation: fn(&str, &str, bool) -> &'static str,
}

/// Changes the labels or annotations of every object.
///
/// # Errors
/// The first of each object.
pub(super) fn run(
    call: &Call,
    context: &mut Context<'_, '_>,
    objects: &[String],
    edit: &Edit,
    manager: &'static str,
) -> Result<(), Failure> {
    let parsed = &call.parsed;
    let noun = edit.field.trim_end_matches('s');
    if parsed.on("all") && parsed.text("selector").is_some_and(|text| !text.is_empty()) {
        return Err(Failure::message("cannot set --all and --selector at the same time"));
    }
    if objects.is_empty() && parsed.list("filename").is_empty() {
        return Err(Failure::message(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    if edit.set.is_empty() && edit.remove.is_empty() && !parsed.on("list") {
        return Err(Failure::message(format!("at least one {noun} update is required")));
    }
    let dry_run = dry_run(context, parsed)?;
    let mut report = Report::new(context, parsed, dry_run)?;
    let rules = Rules { type_means_all: parsed.on("all"), ..Rules::default() };
    let found = match parsed.on("local") {
        true => resource::local(context, parsed)?,
        false => {
            let targets = resource::targets(context, parsed, objects, rules)?;
            let objects = resource::objects(context, &targets).into_iter();
            objects.map(|found| found.map(|(info, object)| (info, context.whole(&object)))).collect()
        }
    };
    let several = found.len() > 1;
    let mut failures = Vec::new();
    for found in found {
        let changed = found.and_then(|(info, object)| {
            if parsed.on("list") {
                list(context, &info, &object, edit.field, several);
                return Ok(());
            }
            change(call, context, &mut report, edit, &info, &object, dry_run, manager)
        });
        failures.extend(changed.err());
    }
    Failure::all(failures)
}

fn entries(object: &Value, field: &str) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let entries = object["metadata"][field].as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), text(value))).collect()
}

fn list(context: &mut Context<'_, '_>, info: &Info, object: &Value, field: &str, several: bool) {
    let indent = if several { " " } else { "" };
    if several {
        let (kind, group) = (info.kind.name(), info.kind.info().group);
        context.out(format!("Listing {field} for {kind}.{group}/{}:\n", info.name));
    }
    for (key, value) in entries(object, field) {
        context.out(format!("{indent}{key}={value}\n"));
    }
}

#[allow(clippy::too_many_arguments, reason = "one object's change needs all that the command line says")]
fn change(
    call: &Call,
    context: &mut Context<'_, '_>,
    report: &mut Report,
    edit: &Edit,
    info: &Info,
    object: &Value,
    dry_run: DryRun,
    manager: &'static str,
) -> Result<(), Failure> {
    let overwrite = call.parsed.on("overwrite");
    let current = entries(object, edit.field);
    if !overwrite && let Some(why) = (edit.clash)(edit, &current) {
        return Err(Failure::message(why));
    }
    let mut wanted = current.clone();
    wanted.extend(edit.set.clone());
    for key in &edit.remove {
        if edit.field == "labels" && !current.contains_key(key) {
            context.out(format!("label {} not found.\n", crate::go_value::quote(key)));
        }
        wanted.remove(key);
    }
    let mut changes: Map<String, Value> = edit
        .set
        .iter()
        .filter(|(key, value)| current.get(*key) != Some(value))
        .map(|(k, v)| (k.clone(), v.clone().into()))
        .collect();
    changes.extend(
        edit.remove.iter().filter(|key| current.contains_key(*key)).map(|key| (key.clone(), Value::Null)),
    );
    let mut after = object.clone();
    after["metadata"][edit.field] = json!(wanted);
    if wanted.is_empty()
        && let Some(metadata) = after["metadata"].as_object_mut()
    {
        metadata.remove(edit.field);
    }
    let operation = (edit.operation)(&object.to_string(), &after.to_string(), overwrite);
    if dry_run != DryRun::Client && !call.parsed.on("local") {
        let mut metadata = Map::new();
        if !changes.is_empty() {
            metadata.insert(edit.field.to_owned(), Value::Object(changes));
        }
        if let Some(version) = call.parsed.text("resource-version") {
            metadata.insert("resourceVersion".to_owned(), version.into());
        }
        let patch = if metadata.is_empty() { json!({}) } else { json!({"metadata": metadata}) };
        let verb = Verb::Patch(PatchType::Merge, patch);
        let mut request = Request::new(verb, info.kind, &info.namespace, &info.name);
        request.dry_run = dry_run == DryRun::Server;
        request.field_manager = manager.into();
        let changed = context.object(request)?;
        after = context.whole(&changed);
    }
    report.done(context, info, operation, &after)
}
