//! `kubectl auth`: everyone here may do everything.
//!
//! Models kubectl/pkg/cmd/auth (cani.go, whoami.go). Departs: no rule is looked up.

use super::{Call, Command, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch};
use crate::printers::tabwriter::{TABLE, align};
use crate::{discovery, go_value};

/// Of the certificate that the page's user would have.
const CREDENTIAL: &str = "X509SHA256=1fff9379892978d95dae63f6b70956f38e523de9b10038865c854b3973883269";

const FLAGS: &[Flag] = &[
    flags::ALL_NAMESPACES,
    flags::SUBRESOURCE,
    flags::NO_HEADERS,
    switch("quiet", "Answer by the exit status only").letter('q'),
    switch("list", "Every allowed action; not simulated"),
];

pub(super) const CAN_I: Command = Command {
    name: "auth can-i",
    about: "Check whether an action is allowed",
    usage: &["kubectl auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL]", "kubectl auth can-i delete pods"],
    flags: &[FLAGS],
    run: can_i,
};

pub(super) const WHO_AM_I: Command = Command {
    name: "auth whoami",
    about: "Experimental: Check self subject attributes",
    usage: &["kubectl auth whoami"],
    flags: &[flags::FORMATS],
    run: |_, context| {
        let text = format!(
            "ATTRIBUTE\tVALUE\nUsername\tkubernetes-admin\nGroups\t[system:masters system:authenticated]\nExtra: authentication.kubernetes.io/credential-id\t[{CREDENTIAL}]\n"
        );
        context.out(align(&text, TABLE));
        Ok(Next::Done)
    },
};

fn can_i(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    if call.parsed.on("list") {
        return Err(Failure::message("--list is not simulated: everything is allowed"));
    }
    let what = match call.parsed.args.as_slice() {
        [_, what] | [_, what, _] => what,
        _ => {
            return Err(Failure::message(
                "you must specify two arguments: verb resource or verb resource/resourceName.",
            ));
        }
    };
    let word = what.split('/').next().unwrap_or_default();
    if !what.starts_with('/') {
        match discovery::find(word, context.env.features) {
            None => {
                context.err(format!(
                    "Warning: the server doesn't have a resource type {}\n",
                    go_value::quote(word)
                ));
            }
            Some(resource) if !resource.namespaced && !call.parsed.on("all-namespaces") => {
                context.err(format!(
                    "Warning: resource '{}' is not namespace scoped{}\n\n",
                    resource.plural,
                    match resource.group {
                        "" => String::new(),
                        group => format!(" in group '{group}'"),
                    }
                ));
            }
            Some(_) => {}
        }
    }
    if !call.parsed.on("quiet") {
        context.out("yes\n");
    }
    Ok(Next::Done)
}
