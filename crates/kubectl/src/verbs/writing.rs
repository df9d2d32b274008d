//! What the commands that take files share: how they read them, and how they write what they read.
//!
//! Models kubectl/pkg/cmd/util/helpers.go (`GetValidationDirective`, `RequireFilenameOrKustomize`) and
//! cli-runtime/pkg/resource/helper.go.

use client::api::{Body, FieldValidation, Request, Verb};
use serde_json::Value;

use super::{Call, DryRun, dry_run};
use crate::context::Context;
use crate::failure::Failure;
use crate::manifest::Manifest;
use crate::resource::{self, Info, Rules, Target};

/// How a command writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writing {
    /// `--dry-run`.
    pub dry_run: DryRun,
    /// `--validate`.
    pub validation: FieldValidation,
    /// Who writes.
    pub manager: &'static str,
}

impl Writing {
    /// What the flags ask for.
    ///
    /// # Errors
    /// If one of them has a value that it cannot have.
    pub fn of(call: &Call, context: &mut Context<'_, '_>, manager: &'static str) -> Result<Writing, Failure> {
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
        request.field_manager = self.manager;
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
    writing: Writing,
) -> Result<Vec<Result<Manifest, Failure>>, Failure> {
    let parsed = &call.parsed;
    if parsed.list("filename").is_empty() && !parsed.given("kustomize") {
        return Err(Failure::message("must specify one of -f and -k"));
    }
    let rules = Rules { type_means_all: false, validate: writing.validation != FieldValidation::Ignore };
    let targets = resource::targets(context, parsed, &[], rules)?;
    let manifest = |target| match target {
        Target::Given(manifest) => Some(Ok(manifest)),
        Target::Broken(failure) => Some(Err(failure)),
        Target::Named(..) | Target::Selected(..) | Target::Absent(..) => None,
    };
    Ok(targets.list.into_iter().filter_map(manifest).collect())
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
