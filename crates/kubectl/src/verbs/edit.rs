//! `kubectl edit`: the objects go into an editor, and what comes back is sent as a patch.
//!
//! Models kubectl/pkg/cmd/util/editor/editoptions.go (`EditOptions.Run`, normal mode). The editor is outside: the
//! command stops at [`Progress::Edit`] and goes on with what was saved. Departs in one point: a copy of refused changes
//! is named, but lies nowhere; the editor still has it.

use client::api::{Request, Verb};
use machinery::patch::{self, PatchType};
use machinery::status::{Reason, Status};
use machinery::{Kind, yaml};
use serde_json::{Value, json};

use super::writing::{info_of, set_cause};
use super::{Call, Command, Next, Running, TEMP_DIR};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch};
use crate::invocation::Edited;
use crate::manifest::{self, Reading};
use crate::printers::output::pretty;
use crate::printers::report::Report;
use crate::resource::{self, Info, Rules};
use crate::verbs::DryRun;
use crate::{Progress, go_value};

const MANAGER: &str = "kubectl-edit";
const HEADER: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n";

const FLAGS: &[Flag] = &[
    flags::VALIDATE,
    flags::SAVE_CONFIG,
    flags::FIELD_MANAGER,
    flags::RECORD,
    flags::SUBRESOURCE,
    switch("output-patch", "Print the patch, too"),
    switch("windows-line-endings", "Line ends of the editor; has no effect here"),
];

pub(super) const COMMAND: Command = Command {
    name: "edit",
    about: "Edit a resource on the server",
    usage: || &["kubectl edit (RESOURCE/NAME | -f FILENAME)", "kubectl edit sts/myapp"],
    flags: || &[FLAGS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let rules = Rules { type_means_all: true, ..Rules::default() };
    let targets = resource::targets(context, &call.parsed, &call.parsed.args, rules)?;
    let found = resource::objects(context, &targets);
    let objects: Vec<(Info, Value)> = found
        .into_iter()
        .map(|found| found.map(|(info, object)| (info, context.whole(&object))))
        .collect::<Result<_, Failure>>()?;
    if objects.is_empty() {
        return Err(Failure::message("edit cancelled, no objects found"));
    }
    open(call, context, objects, Part::Object)
}

/// `kubectl apply edit-last-applied`: what was applied last goes into the editor (`ApplyEditMode`).
pub(super) fn last_applied(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let rules = Rules { type_means_all: true, ..Rules::default() };
    let targets = resource::targets(context, &call.parsed, &call.parsed.args, rules)?;
    let mut objects = Vec::new();
    for found in resource::objects(context, &targets) {
        let (info, object) = found?;
        if let Some(text) = super::apply::last_applied(&object) {
            let value = serde_json::from_str(text).map_err(|error| Failure::message(error.to_string()))?;
            objects.push((info, value));
        }
    }
    if objects.is_empty() {
        return Err(Failure::message(
            "no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`",
        ));
    }
    open(call, context, objects, Part::LastApplied)
}

fn open(
    call: &Call,
    context: &Context<'_, '_>,
    objects: Vec<(Info, Value)>,
    part: Part,
) -> Result<Next, Failure> {
    let value = match objects.as_slice() {
        [(_, value)] => value.clone(),
        several => {
            let items: Vec<&Value> = several.iter().map(|(_, value)| value).collect();
            json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items})
        }
    };
    let is_json = call.parsed.text("output") == Some("json");
    let original = if is_json { pretty(&value) + "\n" } else { yaml::to_yaml(&value) };
    let header = if is_json { "" } else { HEADER };
    Ok(Next::Go(Box::new(Running::Edit(Editing {
        open: Some(format!("{header}{original}")),
        reply: None,
        last: original.clone(),
        original,
        was_wrong: false,
        objects,
        part,
        report: Report::new(context, &call.parsed, DryRun::None)?,
        shows_patch: call.parsed.on("output-patch"),
        saves_config: call.parsed.on("save-config"),
        cause: call.parsed.on("record").then(|| call.cause()),
        namespace: call.parsed.namespace().to_owned(),
    }))))
}

/// What is edited.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    /// The object itself.
    Object,
    /// What was applied last.
    LastApplied,
}

/// An editor that is open, or has just been closed.
#[derive(Clone, Debug)]
pub(crate) struct Editing {
    // The text to open next.
    open: Option<String>,
    reply: Option<Edited>,
    original: String,
    // What was saved last.
    last: String,
    // Whether that was refused.
    was_wrong: bool,
    objects: Vec<(Info, Value)>,
    part: Part,
    report: Report,
    shows_patch: bool,
    saves_config: bool,
    /// What `--record` writes down.
    cause: Option<String>,
    namespace: String,
}

/// Why the editor gave nothing back (kubectl/pkg/cmd/util/editor/editor.go, `Launch`).
fn failed(what: &str, editor: &str) -> Failure {
    Failure::message(format!("{what} the editor {}", go_value::quote(editor)))
}

/// Why an edit was refused: a line, and more below it.
struct Complaint(String, Vec<String>);

impl Editing {
    pub(super) fn edited(&mut self, edited: Edited) {
        self.reply = Some(edited);
    }

    pub(super) fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        let saved = match self.reply.take() {
            None => return Ok(Progress::Edit(self.open.clone().unwrap_or_default())),
            Some(Edited::Failed(editor)) => return Err(failed("there was a problem with", &editor)),
            Some(Edited::Missing(editor)) => return Err(failed("unable to launch", &editor)),
            Some(Edited::Saved(text)) => text,
        };
        if self.was_wrong && meaning(&saved) == meaning(&self.last) {
            self.preserve(context);
            return Err(Failure::message("Edit cancelled, no valid changes were saved."));
        }
        self.last.clone_from(&saved);
        if meaning(&saved) == meaning(&self.original) {
            context.err("Edit cancelled, no changes made.\n");
            return Ok(Progress::Exit(0));
        }
        if without_comments(&saved).trim().is_empty() {
            context.err("Edit cancelled, saved file was empty.\n");
            return Ok(Progress::Exit(0));
        }
        let reasons = match self.apply(context, &saved) {
            Ok(reasons) => reasons,
            Err(failure) => {
                self.preserve(context);
                return Err(failure);
            }
        };
        if reasons.is_empty() {
            return Ok(Progress::Exit(0));
        }
        self.was_wrong = true;
        let text = HEADER.to_owned() + &told(&reasons) + &without_comments(&saved);
        self.open = Some(text.clone());
        Ok(Progress::Edit(text))
    }

    fn preserve(&self, context: &mut Context<'_, '_>) {
        let number = context.now().as_millisecond().unsigned_abs() % 10_000_000_000;
        context.err(format!(
            "A copy of your changes has been stored to \"{TEMP_DIR}/kubectl-edit-{number}.yaml\"\n"
        ));
    }

    /// Sends what was changed; the answer is what has to be mended.
    fn apply(&mut self, context: &mut Context<'_, '_>, saved: &str) -> Result<Vec<Complaint>, Failure> {
        let reading = Reading {
            validate: false,
            namespace: &self.namespace,
            enforce_namespace: false,
            as_written: false,
            features: context.env.features,
        };
        let mut manifests = Vec::new();
        for manifest in manifest::read_saved(saved, reading) {
            match manifest {
                Ok(manifest) => manifests.push(manifest),
                Err(failure) => {
                    let why = failure.error();
                    return Ok(vec![Complaint(
                        format!("The edited file had a syntax error: {why}"),
                        Vec::new(),
                    )]);
                }
            }
        }
        let mut reasons = Vec::new();
        for mut manifest in manifests {
            if self.saves_config {
                super::apply::annotate(&mut manifest.value);
            }
            if let Some(cause) = &self.cause {
                set_cause(&mut manifest.value, cause);
            }
            if self.part == Part::LastApplied {
                let info = Info { source: None, ..info_of(&manifest) };
                context.object(super::last_applied::patch(&info, &manifest.value))?;
                self.report.done(context, &info, "edited", &manifest.value)?;
                continue;
            }
            let uid = &manifest.value["metadata"]["uid"];
            let found = self.objects.iter().find(|(_, value)| value["metadata"]["uid"] == *uid);
            let Some((_, original)) = found.cloned() else {
                return Err(Failure::message(format!(
                    "no original object found for {}",
                    go_value::syntax(&manifest.value)
                )));
            };
            let info = Info { source: None, ..info_of(&manifest) };
            if original == manifest.value {
                self.report.done(context, &info, "skipped", &original)?;
                continue;
            }
            reasons.extend(self.send(context, &info, &original, &manifest.value)?);
        }
        Ok(reasons)
    }

    fn send(
        &mut self,
        context: &mut Context<'_, '_>,
        info: &Info,
        original: &Value,
        edited: &Value,
    ) -> Result<Option<Complaint>, Failure> {
        let same = |path: &[&str]| {
            let at = |value: &Value| path.iter().fold(value.clone(), |value, key| value[*key].clone());
            at(original) == at(edited)
        };
        if !same(&["apiVersion"]) || !same(&["kind"]) || !same(&["metadata", "name"]) {
            return Err(Failure::message("At least one of apiVersion, kind and name was changed"));
        }
        let patch = patch::two_way(original, edited, info.kind.go_type())
            .map_err(|error| Failure::message(error.to_string()))?;
        if self.shows_patch {
            context.out(format!("Patch: {}\n", machinery::json::to_string(&patch)));
        }
        let verb = Verb::Patch(PatchType::Strategic, patch);
        let mut request = Request::new(verb, info.kind, &info.namespace, &info.name);
        request.field_manager = MANAGER.into();
        match context.object(request) {
            Ok(object) => {
                self.report.done(context, info, "edited", &context.whole(&object))?;
                Ok(None)
            }
            Err(Failure::Refused(status)) => refused(context, info.kind, &info.name, &status),
            Err(failure) => Err(failure),
        }
    }
}

// editResults.addError
fn refused(
    context: &mut Context<'_, '_>,
    kind: Kind,
    name: &str,
    status: &Status,
) -> Result<Option<Complaint>, Failure> {
    let object = format!("{} \"{name}\"", kind.group_resource());
    match status.reason {
        Reason::Invalid => {
            context.err(format!("error: {object} is invalid\n"));
            let causes = status.causes.iter().map(ToString::to_string).collect();
            Ok(Some(Complaint(format!("{object} was not valid"), causes)))
        }
        Reason::NotFound => {
            context.err(format!("error: {object} could not be found on the server\n"));
            Err(Failure::message("The edits you made on deleted resources have not been saved"))
        }
        _ => Err(Failure::message(format!("{object} could not be patched: {}", status.message))),
    }
}

fn told(reasons: &[Complaint]) -> String {
    let hash = |text: &str| text.replace('\n', "\n# ");
    let mut text = String::new();
    for Complaint(head, more) in reasons {
        let colon = if more.is_empty() { "" } else { ":" };
        text.push_str(&format!("# {}{colon}\n", hash(head)));
        text.extend(more.iter().map(|line| format!("# * {}\n", hash(line))));
        text.push_str("#\n");
    }
    text
}

fn without_comments(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with('#')).collect()
}

/// What the text says, however it is written; the text itself where it is no YAML.
fn meaning(text: &str) -> Result<Vec<Value>, String> {
    yaml::documents(text)
        .map(|document| document.map(|document| document.value))
        .collect::<Result<_, _>>()
        .map_err(|_| without_comments(text))
}
