//! `kubectl set serviceaccount`.
//!
//! Models kubectl/pkg/cmd/set/set_serviceaccount.go.

use super::super::{Call, Command, Next};
use super::{Change, SHARED, objects, pod_spec};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags;

pub(in super::super) const SERVICE_ACCOUNT: Command = Command {
    name: "set serviceaccount",
    about: "Update the service account of a resource",
    usage: || {
        &[
            "kubectl set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT",
            "kubectl set serviceaccount sts/myapp robot",
        ]
    },
    flags: || &[SHARED, &[flags::ALL], flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let Some((account, words)) = call.parsed.args.split_last() else {
        return Err(Failure::message("serviceaccount is required"));
    };
    let objects = objects(call, context, words)?;
    let failed = "failed to patch ServiceAccountName ";
    let change = Change { objects, operation: "serviceaccount updated", failed, quiet: false };
    change.run(call, context, &mut |_, info, object| match pod_spec(call, info, object) {
        Ok(spec) => {
            spec["serviceAccountName"] = account.as_str().into();
            Vec::new()
        }
        Err(failure) => vec![failure],
    })?;
    Ok(Next::Done)
}
