//! `kubectl rollout`: status, history, undo, restart, and what is not supported for a StatefulSet.
//!
//! Models kubectl/pkg/cmd/rollout and kubectl/pkg/polymorphichelpers.

mod history;
mod restart;
pub(crate) mod status;
mod undo;

use machinery::Object;

use super::{Call, Command, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag};
use crate::resource::{self, Info, Rules};

pub(crate) use history::HISTORY;
pub(crate) use restart::RESTART;
pub(crate) use status::STATUS;
pub(crate) use undo::UNDO;

/// Why a revision was made, for people.
pub(crate) const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// Which objects.
const OBJECTS: &[Flag] = &[flags::SELECTOR];

pub(crate) const PAUSE: Command = Command {
    name: "rollout pause",
    about: "Mark the provided resource as paused (no StatefulSet can be)",
    usage: &["kubectl rollout pause RESOURCE"],
    flags: &[OBJECTS, flags::FILES, flags::FORMATS],
    run: |call, context| not_supported(call, context, "pausing"),
};

pub(crate) const RESUME: Command = Command {
    name: "rollout resume",
    about: "Resume a paused resource (no StatefulSet can be paused)",
    usage: &["kubectl rollout resume RESOURCE"],
    flags: &[OBJECTS, flags::FILES, flags::FORMATS],
    run: |call, context| not_supported(call, context, "resuming"),
};

fn not_supported(call: &Call, context: &mut Context<'_, '_>, what: &str) -> Result<Next, Failure> {
    let mut failures = Vec::new();
    for found in objects(call, context)? {
        failures.push(match found {
            Ok((info, _)) => unsupported(&info, what),
            Err(failure) => failure,
        });
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

fn unsupported(info: &Info, what: &str) -> Failure {
    let resource = info.kind.group_resource();
    Failure::message(format!("{resource} \"{}\" {what} is not supported", info.name))
}

/// An object as it is now, or why it could not be read.
type Found = Result<(Info, Object), Failure>;

/// The objects that a rollout is about, as they are now; a type alone means all.
fn objects(call: &Call, context: &mut Context<'_, '_>) -> Result<Vec<Found>, Failure> {
    if call.parsed.args.is_empty() && call.parsed.list("filename").is_empty() {
        return Err(Failure::message("required resource not specified"));
    }
    let rules = Rules { type_means_all: true, validate: false };
    let targets = resource::targets(context, &call.parsed, &call.parsed.args, rules)?;
    Ok(resource::objects(context, &targets))
}
