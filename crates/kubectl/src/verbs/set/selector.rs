//! `kubectl set selector`.
//!
//! Models kubectl/pkg/cmd/set/set_selector.go.

use machinery::Kind;
use serde_json::json;

use super::super::{Call, Command, Next, expose};
use super::{Change, SHARED, objects};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags;

pub(in super::super) const SELECTOR: Command = Command {
    name: "set selector",
    about: "Set the selector on a resource",
    usage: &[
        "kubectl set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]",
        "kubectl set selector service myapp-svc app=myapp-pod",
    ],
    flags: &[SHARED, &[flags::ALL, flags::RESOURCE_VERSION], flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let Some((text, words)) = call.parsed.args.split_last() else {
        return Err(Failure::message("one selector is required"));
    };
    let labels = expose::labels(text)?;
    let objects = objects(call, context, words)?;
    let change = Change { objects, operation: "selector updated", failed: "", quiet: false };
    change.run(call, context, &mut |_, info, object| {
        if info.kind != Kind::Service {
            return vec![Failure::message("setting a selector is only supported for Services")];
        }
        object["spec"]["selector"] = json!(labels);
        if let Some(version) = call.parsed.text("resource-version") {
            object["metadata"]["resourceVersion"] = version.into();
        }
        Vec::new()
    })?;
    Ok(Next::Done)
}
