//! `kubectl create -f FILE`.
//!
//! Models kubectl/pkg/cmd/create/create.go (`RunCreate`).

use client::api::{Body, FieldValidation, Request, Verb};
use serde_json::Value;

use super::{Call, Command, DRY_RUN, DryRun, Next, dry_run};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{Flag, Takes, flag};
use crate::manifest::Manifest;
use crate::printers::output;
use crate::printers::report::Report;
use crate::printers::whole;
use crate::resource::{self, Info, Rules, Target};

/// Who writes.
const MANAGER: &str = "kubectl-create";

const FLAGS: &[Flag] = &[
    DRY_RUN,
    resource::SELECTOR,
    flag("validate", Takes::TextOr("strict")),
    flag("save-config", Takes::Switch),
    flag("field-manager", Takes::Text),
    flag("record", Takes::Switch),
];

pub(super) const COMMAND: Command = Command {
    name: "create",
    about: "Create a resource from a file or from stdin",
    usage: &[
        "kubectl create -f FILENAME",
        "kubectl create -f stateful-demo.yaml",
        "cat pv.yaml | kubectl create -f -",
    ],
    flags: &[FLAGS, resource::FILENAME, &output::FLAGS],
    run,
};

/// How the verbs that take files write.
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

    /// How the objects of files are read for it.
    pub fn rules(self) -> Rules {
        Rules { type_means_all: false, validate: self.validation != FieldValidation::Ignore }
    }

    /// The request, written this way.
    pub fn request(self, verb: Verb, info: &Info, name: &str) -> Request {
        let mut request = Request::new(verb, info.kind, &info.namespace, name);
        request.dry_run = self.dry_run == DryRun::Server;
        request.field_validation = self.validation;
        request.field_manager = self.manager;
        request
    }
}

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    if !parsed.args.is_empty() {
        return Err(call.usage(&format!("Unexpected args: [{}]", parsed.args.join(" "))));
    }
    if parsed.list("filename").is_empty() && !parsed.given("kustomize") {
        return Err(Failure::message("must specify one of -f and -k"));
    }
    let writing = Writing::of(call, context, MANAGER)?;
    let mut report = Report::new(context, parsed, writing.dry_run)?;
    let targets = resource::targets(context, parsed, &[], writing.rules())?;
    let mut failures = Vec::new();
    for target in targets.list {
        let created = match target {
            Target::Given(mut manifest) => {
                if parsed.on("save-config") {
                    super::apply::annotate(&mut manifest.value);
                }
                create(context, &mut report, &manifest, writing)
            }
            Target::Broken(failure) => Err(failure),
            Target::Named(..) | Target::Selected(..) => Ok(()),
        };
        failures.extend(created.err());
    }
    if report.count() == 0 && failures.is_empty() {
        return Err(Failure::message("no objects passed to create"));
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

fn create(
    context: &mut Context<'_, '_>,
    report: &mut Report,
    manifest: &Manifest,
    writing: Writing,
) -> Result<(), Failure> {
    let (mut info, object) = if writing.dry_run == DryRun::Client {
        (info_of(manifest), manifest.value.clone())
    } else {
        send(context, manifest, writing)?
    };
    info.source = None;
    report.done(context, &info, "created", &object)
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

/// Creates the object of a manifest.
///
/// # Errors
/// The server's, with the file's name.
pub(super) fn send(
    context: &mut Context<'_, '_>,
    manifest: &Manifest,
    writing: Writing,
) -> Result<(Info, Value), Failure> {
    let verb = Verb::Create(Body::Json(manifest.value.clone()));
    let request = writing.request(verb, &info_of(manifest), "");
    let object =
        context.object(request).map_err(|failure| failure.when("creating", Some(&manifest.source)))?;
    Ok((Info::of(&object), whole::value(&object)))
}
