//! `kubectl set image`.
//!
//! Models kubectl/pkg/cmd/set/set_image.go.

use client::api::{Request, Verb};
use machinery::patch::{self, PatchType};
use machinery::{Kind, Object};
use serde_json::{Value, json};

use super::rollout::CHANGE_CAUSE;
use super::{Call, Command, DRY_RUN, DryRun, Next, dry_run, metadata};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{Flag, Takes, flag};
use crate::go_value;
use crate::printers::output;
use crate::printers::report::Report;
use crate::printers::whole;
use crate::resource::{self, Info, Rules};

const MANAGER: &str = "kubectl-set";

const FLAGS: &[Flag] = &[
    DRY_RUN,
    resource::SELECTOR,
    resource::ALL,
    flag("field-manager", Takes::Text),
    flag("record", Takes::Switch),
];

pub(super) const COMMAND: Command = Command {
    name: "set image",
    about: "Update the image of a pod template",
    usage: &[
        "kubectl set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ...",
        "kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:v2",
    ],
    flags: &[FLAGS, resource::FILENAME, &output::FLAGS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let (words, pairs) = metadata::split(&parsed.args, "container")?;
    let images: Vec<(String, String)> = pairs
        .iter()
        .map(|pair| {
            let image = pair.split_once('=').filter(|(_, image)| !image.is_empty());
            let (name, image) =
                image.ok_or_else(|| Failure::message(format!("invalid container format: {pair}")))?;
            Ok((name.to_owned(), image.to_owned()))
        })
        .collect::<Result<_, Failure>>()?;
    let dry_run = dry_run(context, parsed)?;
    let mut report = Report::new(context, parsed, dry_run)?;
    let rules = Rules { type_means_all: parsed.on("all"), validate: false };
    let targets = resource::targets(context, parsed, &words, rules)?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for object in resource::objects(context, &targets) {
        match object {
            Ok(object) => found.push(object),
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures)?;
    if images.is_empty() {
        return Err(Failure::message("at least one image update is required"));
    }
    if images.len() > 1 && images.iter().any(|(name, _)| name == "*") {
        return Err(Failure::message(
            "all containers are already specified by *, but saw more than one container_name=container_image pairs",
        ));
    }
    let mut failures = Vec::new();
    for (info, object) in found {
        set(call, context, &mut report, &info, &object, &images, dry_run, &mut failures);
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

#[allow(clippy::too_many_arguments, reason = "one object's change needs all that the command line says")]
fn set(
    call: &Call,
    context: &mut Context<'_, '_>,
    report: &mut Report,
    info: &Info,
    object: &Object,
    images: &[(String, String)],
    dry_run: DryRun,
    failures: &mut Vec<Failure>,
) {
    let before = object.to_value();
    let mut after = before.clone();
    let Some(spec) = pod_spec(info.kind, &mut after) else {
        let (resource, name, kind) = (info.kind.info().plural, &info.name, info.kind.name());
        failures.push(Failure::message(format!(
            "error: {resource}/{name} the object is not a pod or does not have a pod template: *v1.{kind}"
        )));
        return;
    };
    for (name, image) in images {
        if !set_images(spec, name, image) {
            let name = go_value::quote(name);
            failures.push(Failure::message(format!("error: unable to find container named {name}")));
        }
    }
    if before == after {
        return;
    }
    if call.parsed.on("record") {
        after["metadata"]["annotations"][CHANGE_CAUSE] = cause(call).into();
    }
    let sent = send(context, info, &before, &after, dry_run);
    let reported = sent.and_then(|object| report.done(context, info, "image updated", &object));
    failures.extend(reported.err());
}

fn send(
    context: &mut Context<'_, '_>,
    info: &Info,
    before: &Value,
    after: &Value,
    dry_run: DryRun,
) -> Result<Value, Failure> {
    if dry_run == DryRun::Client {
        return Ok(after.clone());
    }
    let patch = patch::two_way(before, after, info.kind.go_type()).map_err(|error| {
        Failure::message(format!("failed to patch image update to pod template: {error}"))
    })?;
    let verb = Verb::Patch(PatchType::Strategic, patch);
    let mut request = Request::new(verb, info.kind, &info.namespace, &info.name);
    request.dry_run = dry_run == DryRun::Server;
    request.field_manager = MANAGER;
    let patched = context.object(request).map_err(|failure| {
        Failure::message(format!("failed to patch image update to pod template: {}", failure.error()))
    })?;
    Ok(whole::value(&patched))
}

/// The spec of a pod, or of the pods that a set makes (polymorphichelpers.UpdatePodSpecForObject).
fn pod_spec(kind: Kind, object: &mut Value) -> Option<&mut Value> {
    let path: &[&str] = match kind {
        Kind::Pod => &["spec"],
        Kind::StatefulSet | Kind::Deployment => &["spec", "template", "spec"],
        _ => return None,
    };
    path.iter().try_fold(object, |value, key| value.get_mut(*key))
}

// Whether a container of that name was found; `*` means all of them.
fn set_images(spec: &mut Value, name: &str, image: &str) -> bool {
    let mut found = false;
    for field in ["initContainers", "containers"] {
        let containers = spec.get_mut(field).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            if name == "*" || container["name"] == name {
                container["image"] = json!(image);
                found = true;
            }
        }
    }
    found
}

// What `--record` writes down (cmdutil.ParseCommandArguments).
fn cause(call: &Call) -> String {
    let mut words = vec![call.path.clone()];
    words.extend(call.parsed.args.iter().cloned());
    words.extend(call.parsed.given_flags().map(|(name, value)| format!("--{name}={value}")));
    words.join(" ")
}
