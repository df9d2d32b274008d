//! `kubectl patch`.
//!
//! Models kubectl/pkg/cmd/patch/patch.go.

use client::api::{Answer, FieldValidation, Request, Subresource, Verb};
use machinery::patch::{self, PatchType};
use machinery::{Status, yaml};
use serde_json::Value;

use super::writing::record_later;
use super::{Call, Command, DryRun, Next, dry_run, raw};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, Parsed, text};
use crate::go_value;
use crate::manifest;
use crate::printers::report::Report;
use crate::resource::{self, Info, Rules};

const MANAGER: &str = "kubectl-patch";

const FLAGS: &[Flag] = &[
    flags::DRY_RUN,
    flags::SUBRESOURCE,
    flags::FIELD_MANAGER,
    flags::RECORD,
    flags::LOCAL,
    text("patch", "The patch, as JSON or YAML").letter('p'),
    text("patch-file", "File with the patch"),
    text("type", "Kind of patch: strategic, merge or json"),
];

pub(super) const COMMAND: Command = Command {
    name: "patch",
    about: "Update fields of a resource",
    usage: || {
        &[
            "kubectl patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]",
            "kubectl patch sts myapp -p '{\"spec\":{\"replicas\":5}}'",
            "kubectl patch sts myapp --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":3}]'",
        ]
    },
    flags: || &[FLAGS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let inline = parsed.text("patch").filter(|text| !text.is_empty());
    let file = parsed.text("patch-file").filter(|text| !text.is_empty());
    let text = match (inline, file) {
        (Some(_), Some(_)) => {
            return Err(Failure::message("cannot specify --patch and --patch-file together"));
        }
        (Some(text), None) => text.to_owned(),
        (None, Some(file)) => manifest::text(context, file).map_err(|_| {
            Failure::message(format!("unable to read patch file: open {file}: no such file or directory"))
        })?,
        (None, None) => {
            return Err(Failure::message(
                "must specify --patch or --patch-file containing the contents of the patch",
            ));
        }
    };
    let patch_type = match parsed.text("type").unwrap_or("strategic").to_lowercase().as_str() {
        "strategic" => PatchType::Strategic,
        "merge" => PatchType::Merge,
        "json" => PatchType::Json,
        other => {
            let other = go_value::quote(other);
            return Err(Failure::message(format!(
                "--type must be one of [json merge strategic], not {other}"
            )));
        }
    };
    let subresource = match parsed.text("subresource").unwrap_or_default() {
        "" => Some(Subresource::None),
        "status" => Some(Subresource::Status),
        "scale" => Some(Subresource::Scale),
        "resize" => return Err(Failure::message("--subresource=resize is not simulated")),
        _ => None,
    };
    let dry_run = dry_run(context, parsed)?;
    let is_local = parsed.on("local");
    if is_local && !parsed.args.is_empty() {
        return Err(Failure::message("cannot specify --local and server resources"));
    }
    if is_local && dry_run == DryRun::Server {
        return Err(Failure::message(
            "cannot specify --local and --dry-run=server - did you mean --dry-run=client?",
        ));
    }
    // kubectl does not say here that it was a dry run.
    let mut report = Report::new(context, parsed, DryRun::None)?;
    let patch = if text.trim_start().starts_with('{') { from_json(&text) } else { Ok(from_yaml(&text)?) };
    if is_local {
        let patch = patch.map_err(|why| match patch_type {
            PatchType::Strategic => Failure::message("invalid JSON document"),
            PatchType::Merge => Failure::message("Invalid JSON Patch"),
            PatchType::Json => Failure::Message(why),
        })?;
        return local(context, parsed, &mut report, patch_type, &patch);
    }
    let patch = patch.map_err(|why| Failure::from(Box::new(Status::bad_request(why))));
    let targets = resource::targets(context, parsed, &parsed.args, Rules::default())?;
    let mut failures = Vec::new();
    for info in resource::infos(context, &targets) {
        let patched = info.and_then(|info| {
            let subresource = subresource.ok_or_else(raw::not_served)?;
            let patch = patch.clone()?;
            let cause = call.parsed.on("record").then(|| call.cause());
            apply(context, &mut report, &info, patch_type, subresource, &patch, dry_run, cause.as_deref())
        });
        failures.extend(patched.err());
    }
    if report.count() == 0 && failures.is_empty() {
        return Err(Failure::message("no objects passed to patch"));
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

/// Patches the objects of files, without the server.
fn local(
    context: &mut Context<'_, '_>,
    parsed: &Parsed,
    report: &mut Report,
    patch_type: PatchType,
    patch: &Value,
) -> Result<Next, Failure> {
    let mut failures = Vec::new();
    for found in resource::local(context, parsed)? {
        let patched = found.and_then(|(info, before)| {
            let after = patch::apply(patch_type, &before, patch, info.kind.go_type())
                .map_err(|error| Failure::message(error.to_string()))?;
            let operation = if before == after { "patched (no change)" } else { "patched" };
            report.done(context, &info, operation, &after)
        });
        failures.extend(patched.err());
    }
    Failure::all(failures)?;
    match report.count() {
        0 => Err(Failure::message("no objects passed to patch")),
        _ => Ok(Next::Done),
    }
}

// A text that begins as a JSON object goes to the server unread, which complains once it has found the object.
fn from_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| json_error(text, &error))
}

fn from_yaml(text: &str) -> Result<Value, Failure> {
    match yaml::documents(text).next() {
        None => Ok(Value::Null),
        Some(Ok(document)) => Ok(document.value),
        Some(Err(error)) => {
            let error = error.to_string();
            let error = error.strip_prefix("error converting YAML to JSON: ").unwrap_or(&error);
            Err(Failure::message(format!("unable to parse {}: {error}", go_value::quote(text))))
        }
    }
}

/// The mistake in Go's words.
pub(super) fn json_error(text: &str, error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected end of JSON input".to_owned();
    }
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let found = line.as_bytes().get(error.column().saturating_sub(1)).copied().map_or(' ', char::from);
    let said = error.to_string();
    let place = [
        ("key must be a string", "looking for beginning of object key string"),
        ("trailing comma", "looking for beginning of object key string"),
        ("expected `:`", "after object key"),
        ("expected `,` or `}`", "after object key:value pair"),
        ("expected `,` or `]`", "after array element"),
        ("trailing characters", "after top-level value"),
    ];
    let place =
        place.iter().find(|(ours, _)| said.contains(ours)).map_or("looking for beginning of value", |p| p.1);
    format!("invalid character '{found}' {place}")
}

#[allow(clippy::too_many_arguments, reason = "one object's patch needs all that the command line says")]
fn apply(
    context: &mut Context<'_, '_>,
    report: &mut Report,
    info: &Info,
    patch_type: PatchType,
    subresource: Subresource,
    patch: &Value,
    dry_run: DryRun,
    cause: Option<&str>,
) -> Result<(), Failure> {
    let before = read_part(context, info, subresource)?;
    let after = if dry_run == DryRun::Client {
        patch::apply(patch_type, &before, patch, info.kind.go_type())
            .map_err(|error| Failure::message(error.to_string()))?
    } else {
        let verb = Verb::Patch(patch_type, patch.clone());
        let mut request = Request::new(verb, info.kind, &info.namespace, &info.name).of(subresource);
        request.dry_run = dry_run == DryRun::Server;
        // kubectl asks for nothing here, and the server then warns.
        request.field_validation = FieldValidation::Warn;
        request.field_manager = MANAGER.into();
        let answer = context.call(request)?;
        let patched = value(context, answer);
        cause.and_then(|cause| record_later(context, info, cause)).unwrap_or(patched)
    };
    // A Scale always changes: who wrote it last is part of it, and not simulated.
    let unchanged = before == after && subresource != Subresource::Scale;
    let operation = if unchanged { "patched (no change)" } else { "patched" };
    if subresource == Subresource::Scale && !report.prints_objects() {
        context.out(format!("scale.autoscaling/{} {operation}\n", info.name));
        report.counted();
        return Ok(());
    }
    report.done(context, info, operation, &after)
}

fn read_part(context: &mut Context<'_, '_>, info: &Info, subresource: Subresource) -> Result<Value, Failure> {
    let part = if subresource == Subresource::Scale { subresource } else { Subresource::None };
    let request = Request::new(Verb::Get, info.kind, &info.namespace, &info.name).of(part);
    context.call(request).map(|answer| value(context, answer))
}

fn value(context: &Context<'_, '_>, answer: Answer) -> Value {
    match answer {
        Answer::Object(object) => context.whole(&object),
        Answer::Json(value) => value,
        Answer::List(..) => Value::Null,
    }
}
