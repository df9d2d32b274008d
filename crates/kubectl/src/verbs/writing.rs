//! What the commands that take files share: how they read them, and how they write what they read.
//!
//! Models kubectl/pkg/cmd/util/helpers.go (`GetValidationDirective`, `RequireFilenameOrKustomize`) and
//! cli-runtime/pkg/resource/helper.go.

use std::borrow::Cow;

use client::api::{Body, FieldValidation, Request, Verb};
use machinery::patch::PatchType;
use serde_json::{Map, Value, json};

use super::rollout::CHANGE_CAUSE;
use super::{Call, DryRun, dry_run};
use crate::context::Context;
use crate::failure::Failure;
use crate::manifest::Manifest;
use crate::resource::{self, Info, Rules, Target};

/// How a command writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writing<'a> {
    /// `--dry-run`.
    pub dry_run: DryRun,
    /// `--validate`.
    pub validation: FieldValidation,
    /// Who writes.
    pub manager: &'a str,
}

impl<'a> Writing<'a> {
    /// What the flags ask for.
    ///
    /// # Errors
    /// If one of them has a value that it cannot have.
    pub fn of(call: &Call, context: &mut Context<'_, '_>, manager: &'a str) -> Result<Writing<'a>, Failure> {
        let validation = match call.parsed.text("validate") {
            None | Some("strict" | "true") => FieldValidation::Strict,
            Some("warn") => FieldValidation::Warn,
            Some("ignore" | "false") => FieldValidation::Ignore,
            Some(other) => {
                return Err(Failure::message(format!(
                    "invalid - validate option \"{other}\"; must be one of: strict (or true), warn, ignore (or false)"
                )));
            }
        };
        Ok(Writing { dry_run: dry_run(context, &call.parsed)?, validation, manager })
    }

    /// The request, written this way.
    pub fn request(self, verb: Verb, info: &Info, name: &str) -> Request {
        let mut request = Request::new(verb, info.kind, &info.namespace, name);
        request.dry_run = self.dry_run == DryRun::Server;
        request.field_validation = self.validation;
        request.field_manager = Cow::Owned(self.manager.to_owned());
        request
    }

    /// Creates the object of a manifest.
    ///
    /// # Errors
    /// The server's, with the file's name.
    pub fn create(
        self,
        context: &mut Context<'_, '_>,
        manifest: &Manifest,
    ) -> Result<(Info, Value), Failure> {
        let verb = Verb::Create(Body::Json(manifest.value.clone()));
        let request = self.request(verb, &info_of(manifest), "");
        let object =
            context.object(request).map_err(|failure| failure.when("creating", Some(&manifest.source)))?;
        Ok((Info::of(&object), context.whole(&object)))
    }
}

/// The objects of the files that `-f` names, failures in their places; `doing` is the command's verb.
///
/// # Errors
/// If there are arguments besides, no file is given, or one is not there.
pub(super) fn manifests(
    call: &Call,
    context: &mut Context<'_, '_>,
    writing: Writing<'_>,
) -> Result<Vec<Result<Manifest, Failure>>, Failure> {
    let parsed = &call.parsed;
    if parsed.list("filename").is_empty() && !parsed.given("kustomize") {
        return Err(Failure::message("must specify one of -f and -k"));
    }
    let validate = writing.validation != FieldValidation::Ignore;
    let rules = Rules { validate, ..Rules::default() };
    let targets = resource::targets(context, parsed, &[], rules)?;
    let manifest = |target| match target {
        Target::Given(mut manifest) => {
            record(call, &mut manifest.value);
            Some(Ok(manifest))
        }
        Target::Broken(failure) => Some(Err(failure)),
        Target::Named(..) | Target::Selected(..) | Target::Absent(..) => None,
    };
    Ok(targets.list.into_iter().filter_map(manifest).collect())
}

/// Writes down in the object what was typed, if `--record` asks for it (Recorder.Record).
pub(super) fn record(call: &Call, object: &mut Value) {
    if call.parsed.on("record") {
        set_cause(object, &call.cause());
    }
}

/// Writes down in the object why it changes.
pub(super) fn set_cause(object: &mut Value, cause: &str) {
    if !object.is_object() {
        return;
    }
    for field in ["metadata", "annotations"] {
        let map = if field == "metadata" { &mut object[field] } else { &mut object["metadata"][field] };
        if !map.is_object() {
            *map = Value::Object(Map::new());
        }
    }
    object["metadata"]["annotations"][CHANGE_CAUSE] = cause.into();
}

/// Writes it down in an object that the server has; that this fails is no matter (Recorder.MakeRecordMergePatch).
pub(super) fn record_later(context: &mut Context<'_, '_>, info: &Info, cause: &str) -> Option<Value> {
    let patch = json!({"metadata": {"annotations": {CHANGE_CAUSE: cause}}});
    let verb = Verb::Patch(PatchType::Merge, patch);
    let mut request = Request::new(verb, info.kind, &info.namespace, &info.name);
    request.field_manager = "kubectl".into();
    let recorded = context.object(request).ok()?;
    Some(context.whole(&recorded))
}

/// Arguments besides files are a mistake.
///
/// # Errors
/// If there are any.
pub(super) fn no_arguments(call: &Call) -> Result<(), Failure> {
    match call.parsed.args.as_slice() {
        [] => Ok(()),
        args => Err(call.usage(&format!("Unexpected args: [{}]", args.join(" ")))),
    }
}

/// Where the manifest's object is.
pub(super) fn info_of(manifest: &Manifest) -> Info {
    Info {
        kind: manifest.kind,
        namespace: manifest.namespace.clone(),
        name: manifest.name.clone(),
        source: Some(manifest.source.clone()),
    }
}
