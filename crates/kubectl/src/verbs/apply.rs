//! `kubectl apply -f FILE`.
//!
//! Models kubectl/pkg/cmd/apply/{apply,patcher}.go and kubectl/pkg/util/apply.go, on the client's side: what was applied
//! last is kept in an annotation, and three versions make the patch. The server's side is in [`server_side_apply`].

use client::api::{Body, DeleteOptions, Propagation, Subresource, Verb};
use machinery::patch::{self, PatchType};
use machinery::{Kind, Object, json};
use serde_json::{Map, Value};

use super::get::list_of;
use super::prune::{self, Kept};
use super::server_side_apply::{self, ServerSide};
use super::writing::{Writing, info_of, manifests, no_arguments};
use super::{Call, Command, DryRun, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, Parsed, each, switch, text};
use crate::manifest::Manifest;
use crate::printers::report::Report;
use crate::resource::Info;

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
    usage: || {
        &[
            "kubectl apply -f FILENAME",
            "kubectl apply -f stateful-demo.yaml",
            "cat pv.yaml | kubectl apply -f -",
        ]
    },
    flags: || &[FLAGS, flags::TARGETS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    no_arguments(call)?;
    let manager = if parsed.on("server-side") { server_side_apply::MANAGER } else { MANAGER };
    // Who the manager is decides what else is sent, so no request may be given another one on its way.
    let manager = context.asking.field_manager.take().unwrap_or_else(|| manager.to_owned());
    let propagation = super::delete::propagation(context, parsed.text("cascade").unwrap_or("background"))?;
    let writing = Writing::of(call, context, &manager)?;
    let server_side = check(parsed, writing)?;
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
    let replacing = parsed.on("force").then(|| deletion(parsed, propagation)).transpose()?;
    let (mut applied, mut kept) = (Vec::new(), Kept::default());
    for manifest in &given {
        let applied_one = match server_side {
            Some(server_side) => apply_by_server(context, manifest, server_side),
            None => apply(context, manifest, writing, replacing.as_ref()),
        };
        match applied_one {
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

/// Whether the flags go together (ApplyOptions.Validate), and how the server applies, if it is the one to.
fn check<'a>(parsed: &Parsed, writing: Writing<'a>) -> Result<Option<ServerSide<'a>>, Failure> {
    if parsed.on("prune") {
        prune::kinds(parsed)?;
    }
    let (server_side, forces) = (parsed.on("server-side"), parsed.on("force"));
    let problems = [
        (parsed.on("force-conflicts") && !server_side, "--force-conflicts only works with --server-side"),
        (
            writing.dry_run == DryRun::Client && server_side,
            "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
        ),
        (server_side && forces, "--force cannot be used with --server-side"),
        (writing.dry_run == DryRun::Server && forces, "--dry-run=server cannot be used with --force"),
    ];
    if let Some((_, problem)) = problems.into_iter().find(|(is_one, _)| *is_one) {
        return Err(Failure::message(problem));
    }
    prune::check(parsed)?;
    let part = match parsed.text("subresource").unwrap_or_default() {
        "" => Subresource::None,
        _ if !server_side => {
            return Err(Failure::message("--subresource can only be specified for --server-side"));
        }
        "status" => Subresource::Status,
        other => {
            return Err(Failure::message(format!("--subresource={other} is not simulated with apply")));
        }
    };
    let force = parsed.on("force-conflicts");
    Ok(server_side.then_some(ServerSide { writing, force, part }))
}

fn apply_by_server(
    context: &mut Context<'_, '_>,
    manifest: &Manifest,
    server_side: ServerSide<'_>,
) -> Result<(Info, &'static str, Value), Failure> {
    check_name(manifest)?;
    if manifest.name.is_empty() {
        return Err(Failure::message("resource name may not be empty"));
    }
    let (info, mut object) = server_side.apply(context, manifest)?;
    warn_if_deleting(context, &object);
    if !context.asking.managed_fields {
        object.meta_mut().managed_fields = None;
    }
    Ok((info, "serverside-applied", context.whole(&object)))
}

fn check_name(manifest: &Manifest) -> Result<(), Failure> {
    let generate_name = manifest.value["metadata"]["generateName"].as_str().unwrap_or_default();
    if manifest.name.is_empty() && !generate_name.is_empty() {
        return Err(Failure::message(format!("from {generate_name}: cannot use generate name with apply")));
    }
    Ok(())
}

fn warn_if_deleting(context: &mut Context<'_, '_>, object: &Object) {
    if object.meta().deletion_timestamp.is_some() {
        let name = object.name();
        context
            .err(format!("Warning: Detected changes to resource {name} which is currently being deleted.\n"));
    }
}

/// How `--force` removes what cannot be patched.
fn deletion(parsed: &Parsed, propagation: Propagation) -> Result<DeleteOptions, Failure> {
    if parsed.duration_ms("timeout").is_some_and(|ms| ms > 0) {
        return Err(Failure::message("--timeout is not simulated with apply --force"));
    }
    Ok(DeleteOptions {
        grace_period_seconds: parsed.int("grace-period").filter(|seconds| *seconds >= 0),
        propagation: Some(propagation),
        ..DeleteOptions::default()
    })
}

fn apply(
    context: &mut Context<'_, '_>,
    manifest: &Manifest,
    writing: Writing<'_>,
    replacing: Option<&DeleteOptions>,
) -> Result<(Info, &'static str, Value), Failure> {
    let info = info_of(manifest);
    check_name(manifest)?;
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
    let (changed, object) = update(context, &info, &current, &modified, writing, replacing)?;
    warn_if_deleting(context, &object);
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
    writing: Writing<'_>,
) -> Result<Object, Failure> {
    let mut modified = manifest.value.clone();
    if let Some(text) = last_applied(current) {
        // What is to be compared is the change, not its record.
        modified["metadata"]["annotations"][LAST_APPLIED] = text.into();
    }
    update(context, &info_of(manifest), current, &modified, writing, None).map(|(_, object)| object)
}

// Patcher.patchSimple
fn update(
    context: &mut Context<'_, '_>,
    info: &Info,
    current: &Object,
    modified: &Value,
    writing: Writing<'_>,
    replacing: Option<&DeleteOptions>,
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
    let applying = |patch: &str, failure: Failure| {
        failure.when(&format!("applying patch:\n{patch}\nto:\n{}\nfor:", described(info)), source)
    };
    match (context.object(request), replacing) {
        (Ok(object), _) => Ok((true, object)),
        (Err(failure), Some(options)) if failure.is_conflict() || failure.is_invalid() => {
            let replaced = delete_and_create(context, info, current, modified, writing, options);
            replaced
                .map(|object| (true, object))
                .map_err(|failure| applying(&json::to_string(modified), failure))
        }
        (Err(failure), _) => Err(applying(&text, failure.when("patching", source))),
    }
}

// Patcher.deleteAndCreate; what cannot be created is replaced by what was there.
fn delete_and_create(
    context: &mut Context<'_, '_>,
    info: &Info,
    current: &Object,
    modified: &Value,
    writing: Writing<'_>,
    options: &DeleteOptions,
) -> Result<Object, Failure> {
    context.call(writing.request(Verb::Delete(options.clone()), info, &info.name))?;
    match context.get(info.kind, &info.namespace, &info.name) {
        Err(failure) if failure.is_not_found() => {}
        Err(failure) => return Err(failure),
        Ok(_) => return Err(Failure::message("context deadline exceeded")),
    }
    let create = |value: Value| writing.request(Verb::Create(Body::Json(value)), info, "");
    let refused = match context.object(create(modified.clone())) {
        Ok(object) => return Ok(object),
        Err(failure) => failure,
    };
    match context.object(create(current.to_value())) {
        Ok(_) => Err(refused),
        Err(again) => Err(Failure::message(format!(
            "An error occurred force-replacing the existing object with the newly provided one:\n\n{}.\n\nAdditionally, an error occurred attempting to restore the original object:\n\n{}",
            refused.error(),
            again.error()
        ))),
    }
}

/// Puts the object as it came into its own annotation (`GetModifiedConfiguration`).
pub(super) fn annotate(value: &mut Value) {
    if !value["metadata"]["annotations"].is_object() {
        value["metadata"]["annotations"] = Value::Object(Map::new());
    }
    annotate_as(value, json::to_string);
}

/// The same of an object in the form that the caller encodes objects in.
pub(super) fn annotate_as(value: &mut Value, encode: impl Fn(&Value) -> String) {
    if let Some(Value::Object(annotations)) = value.pointer_mut("/metadata/annotations") {
        annotations.remove(LAST_APPLIED);
    }
    let text = encode(value) + "\n";
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
pub(super) fn described(info: &Info) -> String {
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
