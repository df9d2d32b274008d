//! `kubectl rollout pause` and `resume`: only a Deployment can be paused.
//!
//! Models kubectl/pkg/cmd/rollout (rollout_pause.go, rollout_resume.go) and polymorphichelpers (objectpauser.go,
//! objectresumer.go).

use machinery::Object;
use serde_json::{Value, json};

use super::super::Command;
use super::{OBJECTS, patch_each, refused};
use crate::failure::Failure;
use crate::flags::{self, Flag};

const FLAGS: &[Flag] = &[flags::FIELD_MANAGER];

pub(crate) const PAUSE: Command = Command {
    name: "rollout pause",
    about: "Mark the provided resource as paused",
    usage: || &["kubectl rollout pause RESOURCE", "kubectl rollout pause deployment/web"],
    flags: || &[FLAGS, OBJECTS, flags::FILES, flags::FORMATS],
    run: |call, context| patch_each(call, context, "paused", |_, object| paused(object, true)),
};

pub(crate) const RESUME: Command = Command {
    name: "rollout resume",
    about: "Resume a paused resource",
    usage: || &["kubectl rollout resume RESOURCE", "kubectl rollout resume deployment/web"],
    flags: || &[FLAGS, OBJECTS, flags::FILES, flags::FORMATS],
    run: |call, context| patch_each(call, context, "resumed", |_, object| paused(object, false)),
};

/// The patch that pauses, or resumes.
fn paused(object: &Object, pause: bool) -> Result<Value, Failure> {
    let Object::Deployment(deployment) = object else {
        let what = if pause { "pausing" } else { "resuming" };
        return Err(refused(object, &format!("{what} is not supported")));
    };
    let is_paused = deployment.spec.as_ref().and_then(|spec| spec.paused) == Some(true);
    match (is_paused, pause) {
        (true, true) => Err(refused(object, "is already paused")),
        (false, false) => Err(refused(object, "is not paused")),
        (_, true) => Ok(json!({"spec": {"paused": true}})),
        (_, false) => Ok(json!({"spec": {"paused": null}})),
    }
}
