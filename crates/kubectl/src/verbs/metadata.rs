//! What `label` and `annotate` share: `KEY=VALUE` and `KEY-` behind the objects.
//!
//! Models kubectl/pkg/cmd/util/helpers.go (`GetResourcesAndPairs`).

use std::collections::BTreeMap;

use client::api::{Request, Verb};
use machinery::patch::{self, PatchType};
use serde_json::{Value, json};

use super::writing::record;
use super::{Call, DryRun, dry_run};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, Parsed, switch};
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
    /// What else may not be on the command line.
    pub check: fn(&Edit) -> Result<(), Failure>,
    /// Why an object that has an entry already is left alone, if it is.
    pub clash: fn(&Edit, &BTreeMap<String, String>) -> Vec<String>,
    /// What is said of the object: its bytes before and after, and whether `--overwrite` is on.
    pub operation: fn(&str, &str, bool) -> &'static str,
    /// Who writes.
    pub manager: &'static str,
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
) -> Result<(), Failure> {
    let parsed = &call.parsed;
    let dry_run = dry_run(context, parsed)?;
    check(parsed, objects, edit, dry_run)?;
    let mut report = Report::new(context, parsed, dry_run)?;
    let (found, single) = if parsed.on("local") {
        let found = resource::local(context, parsed)?;
        let single = found.len() == 1;
        (found, single)
    } else {
        let rules = Rules { type_means_all: parsed.on("all"), ..Rules::default() };
        let targets = resource::targets(context, parsed, objects, rules)?;
        let objects = resource::objects(context, &targets).into_iter();
        (
            objects.map(|found| found.map(|(info, object)| (info, context.whole(&object)))).collect(),
            targets.single,
        )
    };
    if !single && parsed.text("resource-version").is_some_and(|version| !version.is_empty()) {
        return Err(Failure::message("--resource-version may only be used with a single resource"));
    }
    let mut failures = Vec::new();
    for found in found {
        let changed = found.and_then(|(info, object)| {
            if parsed.on("list") {
                let after = edit.applied(&object, parsed.on("overwrite"))?;
                list(context, &info, &after, edit.field, single);
                return Ok(());
            }
            change(call, context, &mut report, edit, &info, &object, dry_run)
        });
        failures.extend(changed.err());
    }
    Failure::all(failures)
}

/// Whether the words and flags go together.
fn check(parsed: &Parsed, objects: &[String], edit: &Edit, dry_run: DryRun) -> Result<(), Failure> {
    let given = |flag: &str| parsed.text(flag).is_some_and(|text| !text.is_empty());
    let (local, files) =
        (parsed.on("local"), !parsed.list("filename").is_empty() || parsed.given("kustomize"));
    let example = if edit.field == "labels" { "pod" } else { "rsrc" };
    let needs_files = format!(
        "can only use local files by -f {example}.yaml or --filename={example}.json when --local=true is set"
    );
    let needs_one =
        format!("one or more files must be specified as -f {example}.yaml or --filename={example}.json");
    let nothing = format!("at least one {} update is required", edit.field.trim_end_matches('s'));
    let problems = [
        (parsed.on("list") && given("output"), "--list and --output may not be specified together"),
        (parsed.on("all") && given("selector"), "cannot set --all and --selector at the same time"),
        (
            parsed.on("all") && given("field-selector"),
            "cannot set --all and --field-selector at the same time",
        ),
        (
            local && dry_run == DryRun::Server,
            "cannot specify --local and --dry-run=server - did you mean --dry-run=client?",
        ),
        (local && !objects.is_empty(), &needs_files),
        (local && !files, &needs_one),
        (
            !local && objects.is_empty() && !files,
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ),
        (edit.set.is_empty() && edit.remove.is_empty() && !parsed.on("list"), &nothing),
    ];
    match problems.into_iter().find(|(is_one, _)| *is_one) {
        Some((_, problem)) => Err(Failure::message(problem)),
        None => (edit.check)(edit),
    }
}

impl Edit {
    /// The object as it would be.
    fn applied(&self, object: &Value, overwrite: bool) -> Result<Value, Failure> {
        let mut wanted = entries(object, self.field);
        if !overwrite {
            Failure::all((self.clash)(self, &wanted).into_iter().map(Failure::Message).collect())?;
        }
        wanted.extend(self.set.clone());
        wanted.retain(|key, _| !self.remove.contains(key));
        let mut after = object.clone();
        after["metadata"][self.field] = json!(wanted);
        if wanted.is_empty()
            && let Some(metadata) = after["metadata"].as_object_mut()
        {
            metadata.remove(self.field);
        }
        Ok(after)
    }
}

fn entries(object: &Value, field: &str) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let entries = object["metadata"][field].as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), text(value))).collect()
}

fn list(context: &mut Context<'_, '_>, info: &Info, object: &Value, field: &str, single: bool) {
    let indent = if single { "" } else { " " };
    if !single {
        let (kind, group) = (info.kind.name(), info.kind.info().group);
        context.out(format!("Listing {field} for {kind}.{group}/{}:\n", info.name));
    }
    for (key, value) in entries(object, field) {
        context.out(format!("{indent}{key}={value}\n"));
    }
}

fn change(
    call: &Call,
    context: &mut Context<'_, '_>,
    report: &mut Report,
    edit: &Edit,
    info: &Info,
    object: &Value,
    dry_run: DryRun,
) -> Result<(), Failure> {
    let overwrite = call.parsed.on("overwrite");
    let is_sent = dry_run != DryRun::Client && !call.parsed.on("local");
    if is_sent && edit.field == "labels" {
        let current = entries(object, edit.field);
        for key in edit.remove.iter().filter(|key| !current.contains_key(*key)) {
            context.out(format!("label {} not found.\n", crate::go_value::quote(key)));
        }
    }
    let mut before = object.clone();
    let version = call.parsed.text("resource-version").filter(|version| !version.is_empty());
    if version.is_some()
        && let Some(metadata) = before["metadata"].as_object_mut()
    {
        // So that the patch says it.
        metadata.remove("resourceVersion");
    }
    let mut after = edit.applied(&before, overwrite)?;
    if let Some(version) = version {
        after["metadata"]["resourceVersion"] = version.into();
    }
    if is_sent {
        record(call, &mut after);
    }
    let operation = (edit.operation)(&before.to_string(), &after.to_string(), overwrite);
    if is_sent {
        let verb = Verb::Patch(PatchType::Merge, patch::merge_diff(&before, &after));
        let mut request = Request::new(verb, info.kind, &info.namespace, &info.name);
        request.dry_run = dry_run == DryRun::Server;
        request.field_manager = edit.manager.into();
        let changed = context.object(request)?;
        after = context.whole(&changed);
    }
    report.done(context, info, operation, &after)
}
