//! `kubectl apply -f FILE`, on the client's side, and `kubectl apply view-last-applied`.
//!
//! Models kubectl/pkg/cmd/apply/{apply,patcher}.go and kubectl/pkg/util/apply.go: what was applied last is kept in an
//! annotation, and three versions make the patch.

use client::api::Verb;
use machinery::patch::{self, PatchType};
use machinery::{Kind, Object, json};
use serde_json::{Map, Value};

use super::get::list_of;
use super::prune::{self, Kept};
use super::writing::{Writing, info_of, manifests, no_arguments};
use super::{Call, Command, DryRun, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, each, switch, text};
use crate::manifest::Manifest;
use crate::printers::output;
use crate::printers::report::Report;
use crate::resource::{self, Info, Rules};

/// Where what was applied last is kept.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Who writes.
const MANAGER: &str = "kubectl-client-side-apply";

const FLAGS: &[Flag] = &[
    flags::DRY_RUN,
    flags::VALIDATE,
    flags::FIELD_MANAGER,
    flags::RECORD,
    flags::OVERWRITE,
    flags::SUBRESOURCE,
    flags::FORCE,
    flags::GRACE_PERIOD,
    flags::TIMEOUT,
    switch("server-side", "Let the server merge, and keep who set which field"),
    switch("force-conflicts", "Take fields over that others have set"),
    switch("prune", "Delete what was applied before and is not in the files"),
    switch("wait", "Wait until what --prune deletes is gone"),
    switch("openapi-patch", "How the patch is made; has no effect here"),
    each("prune-allowlist", "Only these types, as GROUP/VERSION/KIND"),
    text("cascade", "What becomes of dependents: background, foreground or orphan"),
];

pub(super) const COMMAND: Command = Command {
    name: "apply",
    about: "Apply a configuration to a resource by file name or stdin",
    usage: &[
        "kubectl apply -f FILENAME",
        "kubectl apply -f stateful-demo.yaml",
        "cat pv.yaml | kubectl apply -f -",
    ],
    flags: &[FLAGS, flags::TARGETS, flags::FILES, flags::FORMATS],
    run,
};

pub(super) const VIEW_LAST_APPLIED: Command = Command {
    name: "apply view-last-applied",
    about: "View the latest last-applied-configuration annotations of a resource",
    usage: &["kubectl apply view-last-applied (TYPE NAME | TYPE/NAME | -f FILENAME)"],
    flags: &[flags::TARGETS, &[flags::OUTPUT], flags::FILES],
    run: view_last_applied,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    no_arguments(call)?;
    prune::check(parsed)?;
    for name in ["server-side", "force"] {
        if parsed.on(name) {
            return Err(Failure::message(format!("--{name} is not simulated; apply without it")));
        }
    }
    let writing = Writing::of(call, context, MANAGER)?;
    let mut report = Report::new(context, parsed, writing.dry_run)?;
    let (mut given, mut failures) = (Vec::new(), Vec::new());
    for manifest in manifests(call, context, writing)? {
        match manifest {
            Ok(manifest) => given.push(manifest),
            Err(failure) => failures.push(failure),
        }
    }
    if given.is_empty() && failures.is_empty() {
        return Err(Failure::message("no objects passed to apply"));
    }
    let (mut applied, mut kept) = (Vec::new(), Kept::default());
    for manifest in &given {
        match apply(context, manifest, writing) {
            Ok((info, operation, object)) => {
                kept.add(&info, &object);
                if report.prints_objects() {
                    applied.push(object);
                } else {
                    report.done(context, &info, operation, &object)?;
                }
            }
            Err(failure) => failures.push(failure),
        }
    }
    match applied.len() {
        0 => {}
        1 => report.whole(context, &applied.remove(0))?,
        _ => report.whole(context, &list_of(applied))?,
    }
    Failure::all(failures)?;
    if parsed.on("prune") {
        prune::run(context, parsed, writing, &kept, &mut report)?;
    }
    Ok(Next::Done)
}

fn apply(
    context: &mut Context<'_, '_>,
    manifest: &Manifest,
    writing: Writing,
) -> Result<(Info, &'static str, Value), Failure> {
    let info = info_of(manifest);
    let generate_name = manifest.value["metadata"]["generateName"].as_str().unwrap_or_default();
    if manifest.name.is_empty() && !generate_name.is_empty() {
        return Err(Failure::message(format!("from {generate_name}: cannot use generate name with apply")));
    }
    let mut modified = manifest.value.clone();
    annotate(&mut modified);
    let current = if manifest.name.is_empty() {
        Err(Failure::message("resource name may not be empty"))
    } else {
        context.get(manifest.kind, &manifest.namespace, &manifest.name)
    };
    let current = match current {
        Ok(current) => current,
        Err(failure) if failure.is_not_found() => {
            let manifest = Manifest { value: modified, ..manifest.clone() };
            let (info, object) = match writing.dry_run {
                DryRun::Client => (info, manifest.value),
                _ => writing.create(context, &manifest)?,
            };
            return Ok((info, "created", object));
        }
        Err(failure) => {
            let doing =
                format!("retrieving current configuration of:\n{}\nfrom server for:", described(&info));
            return Err(failure.when(&doing, info.source.as_deref()));
        }
    };
    if last_applied(&current).is_none() {
        warn_of_missing_annotation(context, &info);
    }
    let (changed, object) = update(context, &info, &current, &modified, writing)?;
    if object.meta().deletion_timestamp.is_some() {
        let name = object.name();
        context
            .err(format!("Warning: Detected changes to resource {name} which is currently being deleted.\n"));
    }
    Ok((info, if changed { "configured" } else { "unchanged" }, context.whole(&object)))
}

/// What the object would be, the annotation left as it is; nothing is stored if `writing` is a dry run.
///
/// # Errors
/// The server's.
pub(super) fn merged(
    context: &mut Context<'_, '_>,
    manifest: &Manifest,
    current: &Object,
    writing: Writing,
) -> Result<Object, Failure> {
    let mut modified = manifest.value.clone();
    if let Some(text) = last_applied(current) {
        // What is to be compared is the change, not its record.
        modified["metadata"]["annotations"][LAST_APPLIED] = text.into();
    }
    update(context, &info_of(manifest), current, &modified, writing).map(|(_, object)| object)
}

// Patcher.patchSimple
fn update(
    context: &mut Context<'_, '_>,
    info: &Info,
    current: &Object,
    modified: &Value,
    writing: Writing,
) -> Result<(bool, Object), Failure> {
    let source = info.source.as_deref();
    let original: Value =
        last_applied(current).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let patch =
        patch::three_way(&original, modified, &current.to_value(), info.kind.go_type()).map_err(|error| {
            let doing = format!(
                "creating patch with:\noriginal:\n{}\nmodified:\n{}\ncurrent:\n{}\nfor:",
                json::to_string(&original),
                json::to_string(modified),
                json::to_string(&current.to_value())
            );
            Failure::message(error.to_string()).when(&doing, source)
        })?;
    let is_empty = patch.as_object().is_some_and(Map::is_empty);
    // Older clients did not look whether anything would change.
    if is_empty && (writing.dry_run != DryRun::Client || context.env.features.client_dry_runs_see_no_change())
    {
        return Ok((false, current.clone()));
    }
    if writing.dry_run == DryRun::Client {
        return Ok((true, current.clone()));
    }
    let text = json::to_string(&patch);
    let verb = Verb::Patch(PatchType::Strategic, patch);
    let request = writing.request(verb, info, &info.name);
    let object = context.object(request).map_err(|failure| {
        let doing = format!("applying patch:\n{text}\nto:\n{}\nfor:", described(info));
        failure.when("patching", source).when(&doing, source)
    })?;
    Ok((true, object))
}

/// Puts the object as it is into its own annotation (`GetModifiedConfiguration`).
pub(super) fn annotate(value: &mut Value) {
    if !value["metadata"]["annotations"].is_object() {
        value["metadata"]["annotations"] = Value::Object(Map::new());
    }
    if let Some(annotations) = value["metadata"]["annotations"].as_object_mut() {
        annotations.remove(LAST_APPLIED);
    }
    let text = json::to_string(value) + "\n";
    value["metadata"]["annotations"][LAST_APPLIED] = text.into();
}

/// What was applied last, if anything was.
pub(super) fn last_applied(object: &Object) -> Option<&str> {
    object.meta().annotations.as_ref()?.get(LAST_APPLIED).map(String::as_str)
}

fn warn_of_missing_annotation(context: &mut Context<'_, '_>, info: &Info) {
    let resource = format!("{}/{}", info.kind.info().plural, info.name);
    context.err(format!(
        "Warning: resource {resource} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n"
    ));
}

// Info.String
fn described(info: &Info) -> String {
    let group_version = |kind: Kind| match kind.info().group {
        "" => "/v1".to_owned(),
        group => format!("{group}/v1"),
    };
    let (kind, group_version) = (info.kind, group_version(info.kind));
    format!(
        "Resource: \"{group_version}, Resource={}\", GroupVersionKind: \"{group_version}, Kind={}\"\nName: \"{}\", Namespace: \"{}\"",
        kind.info().plural,
        kind.name(),
        info.name,
        info.namespace
    )
}

fn view_last_applied(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let output = parsed.text("output").unwrap_or("yaml");
    if output != "yaml" && output != "json" {
        return Err(call.usage(&format!(
            "Unexpected -o output mode: {output}, the flag 'output' must be one of yaml|json"
        )));
    }
    let targets = resource::targets(
        context,
        parsed,
        &parsed.args,
        Rules { all_is_selector: true, ..Rules::default() },
    )?;
    let mut texts = Vec::new();
    for found in resource::objects(context, &targets) {
        let (info, object) = found?;
        match last_applied(&object) {
            Some(text) => texts.push(text.to_owned()),
            None => {
                context.err(format!(
                    "no last-applied-configuration annotation found on resource: {}\n",
                    info.name
                ));
            }
        }
    }
    for text in texts {
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| Failure::message(format!("the annotation is no JSON: {error}")))?;
        if output == "json" {
            context.out(output::pretty(&value) + "\n");
        } else {
            context.out(machinery::yaml::to_yaml(&value));
        }
    }
    Ok(Next::Done)
}
