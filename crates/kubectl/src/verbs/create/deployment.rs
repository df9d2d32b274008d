//! `kubectl create deployment`.
//!
//! Models kubectl/pkg/cmd/create/create_deployment.go. Departs in one point: a name made of an image with dots or
//! underscores gets no random ending.

use machinery::Kind;
use serde_json::{Value, json};

use super::super::writing::Writing;
use super::super::{Call, Command, Next};
use super::generated::{create, name, object};
use super::{MANAGER, SHARED};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, int};

const FLAGS: &[Flag] = &[
    flags::IMAGE,
    int("port", "Port of the container"),
    int("replicas", "How many pods there are to be").letter('r'),
];

pub(in super::super) const DEPLOYMENT: Command = Command {
    name: "create deployment",
    about: "Create a deployment with the specified name",
    usage: || {
        &[
            "kubectl create deployment NAME --image=IMAGE -- [COMMAND] [args...]",
            "kubectl create deployment web --image=nginx --replicas=3",
        ]
    },
    flags: || &[SHARED, FLAGS, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    call.require(&["image"])?;
    let parsed = &call.parsed;
    let name = name(call)?;
    let writing = Writing::of(call, context, MANAGER)?;
    let (images, command) = (parsed.list("image"), &parsed.args[1..]);
    if images.len() > 1 && !command.is_empty() {
        return Err(Failure::message("cannot specify multiple --image options and command"));
    }
    let mut containers: Vec<Value> = images.iter().map(|image| container(image, command)).collect();
    if let (Some(port), Some(first)) = (parsed.int("port").filter(|port| *port >= 0), containers.first_mut())
    {
        first["ports"] = json!([{"containerPort": port}]);
    }
    let labels = json!({"app": name});
    let mut value = object(call, Kind::Deployment, name);
    value["metadata"]["labels"] = labels.clone();
    value["spec"] = json!({
        "replicas": parsed.int("replicas").unwrap_or(1),
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
    });
    create(call, context, writing, Kind::Deployment, value, "failed to create deployment: ")?;
    Ok(Next::Done)
}

fn container(image: &str, command: &[String]) -> Value {
    let name = image.rsplit('/').next().unwrap_or_default();
    let name = name.split([':', '@']).next().unwrap_or_default().replace(['_', '.'], "-");
    let mut value = json!({"name": name, "image": image});
    if !command.is_empty() {
        value["command"] = json!(command);
    }
    value
}
