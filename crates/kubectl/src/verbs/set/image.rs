//! `kubectl set image`.
//!
//! Models kubectl/pkg/cmd/set/set_image.go.

use serde_json::Value;

use super::super::{Call, Command, Next, metadata};
use super::{Change, SHARED, containers, objects, pod_spec};
use crate::context::Context;
use crate::failure::Failure;
use crate::{flags, go_value};

pub(in super::super) const IMAGE: Command = Command {
    name: "set image",
    about: "Update the image of a pod template",
    usage: || {
        &[
            "kubectl set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ...",
            "kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:v2",
            "kubectl set image sts/myapp '*=ikubernetes/myapp:v3'",
        ]
    },
    flags: || &[SHARED, flags::TARGETS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let (words, pairs) = metadata::split(&call.parsed.args, "image")?;
    let images: Vec<(&str, &str)> = pairs.iter().map(|pair| image(pair)).collect::<Result<_, Failure>>()?;
    let objects = objects(call, context, &words)?;
    check(call, &words, &images)?;
    let failed = "failed to patch image update to pod template: ";
    let change = Change { objects, operation: "image updated", failed, quiet: true };
    change.run(call, context, &mut |_, info, object| match pod_spec(call, info, object) {
        Ok(spec) => images.iter().filter_map(|(name, image)| set(spec, name, image)).collect(),
        Err(failure) => vec![failure],
    })?;
    Ok(Next::Done)
}

// ParsePairs
fn image(pair: &str) -> Result<(&str, &str), Failure> {
    let image = pair.split_once('=').filter(|(_, image)| !image.is_empty());
    image.ok_or_else(|| Failure::message(format!("invalid image format: {pair}")))
}

fn check(call: &Call, words: &[String], images: &[(&str, &str)]) -> Result<(), Failure> {
    let parsed = &call.parsed;
    let mut failures = Vec::new();
    if parsed.on("all") && parsed.text("selector").is_some_and(|text| !text.is_empty()) {
        failures.push("cannot set --all and --selector at the same time");
    }
    if words.is_empty() && parsed.list("filename").is_empty() {
        failures.push("one or more resources must be specified as <resource> <name> or <resource>/<name>");
    }
    if images.is_empty() {
        failures.push("at least one image update is required");
    } else if images.len() > 1 && images.iter().any(|(name, _)| *name == "*") {
        failures.push(
            "all containers are already specified by *, but saw more than one container_name=container_image pairs",
        );
    }
    Failure::all(failures.into_iter().map(Failure::message).collect())
}

fn set(spec: &mut Value, name: &str, image: &str) -> Option<Failure> {
    // A name is one, not a pattern, but for the star that stands for all.
    let found =
        containers(spec, "*").into_iter().filter(|container| name == "*" || container["name"] == name);
    let changed = found.map(|container| container["image"] = image.into()).count();
    (changed == 0)
        .then(|| Failure::message(format!("error: unable to find container named {}", go_value::quote(name))))
}
