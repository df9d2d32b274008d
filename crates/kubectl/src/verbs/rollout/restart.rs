//! `kubectl rollout restart`.
//!
//! Models kubectl/pkg/cmd/rollout/rollout_restart.go and polymorphichelpers/objectrestarter.go.

use machinery::Object;
use serde_json::{Value, json};

use super::super::Command;
use super::{OBJECTS, patch_each, refused};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag};

const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

const FLAGS: &[Flag] = &[flags::FIELD_MANAGER];

pub(crate) const RESTART: Command = Command {
    name: "rollout restart",
    about: "Restart a resource: all its pods are replaced, as in an update",
    usage: || &["kubectl rollout restart RESOURCE", "kubectl rollout restart sts/myapp"],
    flags: || &[FLAGS, OBJECTS, flags::FILES, flags::FORMATS],
    run: |call, context| patch_each(call, context, "restarted", patch),
};

fn patch(context: &Context<'_, '_>, object: &Object) -> Result<Value, Failure> {
    match object {
        Object::StatefulSet(_) => {}
        Object::Deployment(deployment) => {
            if deployment.spec.as_ref().and_then(|spec| spec.paused) == Some(true) {
                let why = "can't restart paused deployment (run rollout resume first)";
                return Err(refused(object, why));
            }
        }
        _ => return Err(refused(object, "restarting is not supported")),
    }
    let now = context.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    if object.to_value()["spec"]["template"]["metadata"]["annotations"][RESTARTED_AT] == now.as_str() {
        return Err(Failure::message(format!(
            "failed to create patch for {}: if restart has already been triggered within the past second, please wait before attempting to trigger another",
            object.name()
        )));
    }
    Ok(json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: now}}}}}))
}
