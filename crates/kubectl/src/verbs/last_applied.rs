//! `kubectl apply view-last-applied`, `set-last-applied` and `edit-last-applied`: the annotation that `apply` compares with.
//!
//! Models kubectl/pkg/cmd/apply/apply_{view,set,edit}_last_applied.go and cmd/util/editor/editoptions.go (`GetApplyPatch`).

use client::api::{Request, Verb};
use machinery::json;
use machinery::patch::PatchType;
use serde_json::{Value, json};

use super::apply::{LAST_APPLIED, described, last_applied};
use super::writing::info_of;
use super::{Call, Command, DryRun, Next, dry_run, edit};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch};
use crate::manifest::Manifest;
use crate::printers::output;
use crate::printers::report::Report;
use crate::resource::{self, Info, Rules, Target};

pub(super) const VIEW: Command = Command {
    name: "apply view-last-applied",
    about: "View the latest last-applied-configuration annotations of a resource",
    usage: || &["kubectl apply view-last-applied (TYPE NAME | TYPE/NAME | -f FILENAME)"],
    flags: || &[flags::TARGETS, &[flags::OUTPUT], flags::FILES],
    run: view,
};

const SET_FLAGS: &[Flag] = &[
    flags::DRY_RUN,
    switch("create-annotation", "Make the annotation where there is none"),
    switch("recursive", "Take the files of folders in folders, too").letter('R'),
];

pub(super) const SET: Command = Command {
    name: "apply set-last-applied",
    about: "Set the last-applied-configuration annotation on a live object to match the contents of a file",
    usage: || &["kubectl apply set-last-applied -f FILENAME [--create-annotation]"],
    flags: || &[SET_FLAGS, flags::FILES, flags::FORMATS],
    run: set,
};

pub(super) const EDIT: Command = Command {
    name: "apply edit-last-applied",
    about: "Edit latest last-applied-configuration annotations of a resource/object",
    usage: || &["kubectl apply edit-last-applied (TYPE/NAME | -f FILENAME)"],
    flags: edit::COMMAND.flags,
    run: edit::last_applied,
};

fn view(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
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
            // Upstream wraps an error that is none: nothing is said of an object that no file names.
            None => {
                if let Some(source) = info.source {
                    let name = info.name;
                    return Err(Failure::message(format!(
                        "error when no last-applied-configuration annotation found on resource: {name}\n \"{source}\": <nil>"
                    )));
                }
            }
        }
    }
    for text in texts {
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| Failure::message(format!("the annotation is no JSON: {error}")))?;
        if output == "json" {
            context.out(output::indented(&text, "  ") + "\n");
        } else {
            context.out(machinery::yaml::to_yaml(&value));
        }
    }
    Ok(Next::Done)
}

fn set(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let dry_run = dry_run(context, parsed)?;
    let mut report = Report::new(context, parsed, dry_run)?;
    let targets = resource::targets(context, parsed, &[], Rules::default())?;
    let mut changed = Vec::new();
    for target in targets.list {
        let manifest = match target {
            Target::Given(manifest) => manifest,
            Target::Broken(failure) => return Err(failure),
            Target::Named(..) | Target::Selected(..) | Target::Absent(..) => continue,
        };
        if differs(context, &manifest, parsed.on("create-annotation"))? {
            changed.push(manifest);
        } else {
            context.out(format!("set-last-applied {}: no changes required.\n", manifest.name));
        }
    }
    for manifest in changed {
        let (info, mut value) = (info_of(&manifest), manifest.value);
        if dry_run != DryRun::Client {
            let mut request = patch(&info, &value);
            request.dry_run = dry_run == DryRun::Server;
            value = context.object(request).map(|object| context.whole(&object))?;
        }
        report.done(context, &info, "configured", &value)?;
    }
    Ok(Next::Done)
}

/// Whether the object was last applied in another way than the manifest says; that it was never is an error, unless the
/// annotation is to be made.
fn differs(context: &mut Context<'_, '_>, manifest: &Manifest, may_create: bool) -> Result<bool, Failure> {
    let info = info_of(manifest);
    let live = match context.get(info.kind, &info.namespace, &info.name) {
        Ok(live) => live,
        Err(failure) if failure.is_not_found() => return Err(failure),
        Err(failure) => {
            let doing =
                format!("retrieving current configuration of:\n{}\nfrom server for:", described(&info));
            return Err(failure.when(&doing, info.source.as_deref()));
        }
    };
    match last_applied(&live) {
        None if !may_create => Err(Failure::message(format!(
            "no last-applied-configuration annotation found on resource: {}, to create the annotation, run the command with --create-annotation",
            info.name
        ))),
        None => Ok(true),
        Some(text) => Ok(serde_json::from_str::<Value>(text).ok().as_ref() != Some(&manifest.value)),
    }
}

/// Makes the value what was last applied.
pub(super) fn patch(info: &Info, value: &Value) -> Request {
    let patch = json!({"metadata": {"annotations": {LAST_APPLIED: json::to_string(value)}}});
    let mut request =
        Request::new(Verb::Patch(PatchType::Merge, patch), info.kind, &info.namespace, &info.name);
    request.field_manager = "kubectl".into();
    request
}
