//! Objects that a command line describes, created or only printed.
//!
//! Models what the commands of kubectl/pkg/cmd/create, run and expose share. kubectl prints such an object as its Go
//! type encodes: with the empty structs that no manifest needs.

use std::fmt::Display;

use client::api::{Body, Request, Verb};
use machinery::Kind;
use machinery::patch::{self, PatchType};
use serde_json::{Value, json};

use super::super::writing::{Writing, record};
use super::super::{Call, DryRun, apply};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{Flag, text};
use crate::printers::report::Report;
use crate::printers::whole;
use crate::resource::Info;

/// `--overrides`, and how it is put over the object.
pub(in super::super) const OVERRIDES: &[Flag] = &[
    text("overrides", "JSON that is put over the object"),
    text("override-type", "How: json, merge (the default) or strategic"),
];

/// The one name among the arguments, those behind `--` left aside.
///
/// # Errors
/// If there is none, or another one.
pub(super) fn name(call: &Call) -> Result<&str, Failure> {
    let names = &call.parsed.args[..call.parsed.before_dash.unwrap_or(call.parsed.args.len())];
    match names {
        [name] => Ok(name),
        names => Err(call.usage(&format!("exactly one NAME is required, got {}", names.len()))),
    }
}

/// An object of the kind with this name; in a namespace only if one was typed.
pub(in super::super) fn object(call: &Call, kind: Kind, name: &str) -> Value {
    let mut value =
        json!({"apiVersion": kind.api_version(), "kind": kind.name(), "metadata": {"name": name}});
    if kind.is_namespaced() && call.parsed.given("namespace") {
        value["metadata"]["namespace"] = call.parsed.namespace().into();
    }
    value
}

/// Creates the object, or does as if, and says so.
///
/// # Errors
/// The server's, behind `failed to create …` where kubectl says that.
pub(in super::super) fn create(
    call: &Call,
    context: &mut Context<'_, '_>,
    writing: Writing<'_>,
    kind: Kind,
    mut value: Value,
    failed: &str,
) -> Result<(), Failure> {
    let mut report = Report::typed(context, &call.parsed, writing.dry_run)?;
    if call.parsed.on("save-config") {
        value = whole::typed(kind, value, context.env.features);
        apply::annotate_as(&mut value, whole::encoded);
    }
    let (info, object) = send(call, context, writing, kind, value).map_err(|failure| match failed {
        "" => failure,
        failed => Failure::message(format!("{failed}{}", failure.error())),
    })?;
    report.done(context, &info, "created", &object)?;
    Ok(())
}

/// The object with what `--overrides` puts over it (OverrideOptions).
///
/// # Errors
/// If that is no such patch, or there is no patch of that type.
pub(in super::super) fn overridden(call: &Call, kind: Kind, value: Value) -> Result<Value, Failure> {
    let Some(text) = call.parsed.text("overrides").filter(|text| !text.is_empty()) else {
        return Ok(value);
    };
    let patch_type = match call.parsed.text("override-type").unwrap_or_default() {
        "" | "merge" => PatchType::Merge,
        "json" => PatchType::Json,
        "strategic" => PatchType::Strategic,
        other => return Err(Failure::message(format!("invalid override type: {other}"))),
    };
    let invalid = |why: &dyn Display| Failure::message(format!("Invalid JSON Patch: {why}"));
    let patch = serde_json::from_str(text).map_err(|_| Failure::message("Invalid JSON Patch"))?;
    patch::apply(patch_type, &value, &patch, kind.go_type()).map_err(|error| invalid(&error))
}

/// The object as it is then; unsent with `--dry-run=client`.
///
/// # Errors
/// The server's.
pub(in super::super) fn send(
    call: &Call,
    context: &mut Context<'_, '_>,
    writing: Writing<'_>,
    kind: Kind,
    mut value: Value,
) -> Result<(Info, Value), Failure> {
    record(call, &mut value);
    let namespace = if kind.is_namespaced() { call.parsed.namespace() } else { "" };
    if writing.dry_run == DryRun::Client {
        let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let info = Info { kind, namespace: namespace.to_owned(), name, source: None };
        return Ok((info, whole::typed(kind, value, context.env.features)));
    }
    let mut request = Request::new(Verb::Create(Body::Json(value)), kind, namespace, "");
    request.dry_run = writing.dry_run == DryRun::Server;
    request.field_validation = writing.validation;
    request.field_manager = writing.manager.to_owned().into();
    let object = context.object(request)?;
    Ok((Info::of(&object), context.whole(&object)))
}
