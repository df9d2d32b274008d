//! `kubectl exec`.
//!
//! Models kubectl/pkg/cmd/exec/exec.go. What a command prints comes from the node.

use client::api::Refusal;
use machinery::Object;
use machinery::status::Reason;

use super::{Call, Command, Next, pods};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, list, switch};

const FLAGS: &[Flag] = &[
    flags::CONTAINER,
    flags::POD_RUNNING_TIMEOUT,
    switch("stdin", "Pass standard input to the container").letter('i'),
    switch("tty", "Standard input is a terminal").letter('t'),
    switch("quiet", "Print only what the command prints").letter('q'),
    list("filename", "File with the pod").letter('f'),
];

pub(super) const COMMAND: Command = Command {
    name: "exec",
    about: "Execute a command in a container",
    usage: || {
        &[
            "kubectl exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]",
            "kubectl exec -it myapp-0 -- nslookup myapp-1.myapp-svc",
        ]
    },
    flags: || &[FLAGS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let (names, command) = parsed.args.split_at(parsed.before_dash.unwrap_or(parsed.args.len()));
    if parsed.before_dash.is_none() && names.len() > 1 {
        return Err(
            call.usage("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead")
        );
    }
    if names.is_empty() && parsed.list("filename").is_empty() {
        return Err(Failure::message("pod, type/name or --filename must be specified"));
    }
    if command.is_empty() {
        return Err(Failure::message("you must specify at least one command for the container"));
    }
    let pod = pods::pods_of(&call.parsed, context, names, pods::ATTACH)?.remove(0);
    let container = container(call, context, &pod)?;
    let output = context.env.api.exec(pod.namespace(), pod.name(), &container, command).map_err(streamed)?;
    context.env.output.extend(output.pieces);
    if output.exit_code == 0 {
        return Ok(Next::Done);
    }
    context.err(format!("command terminated with exit code {}\n", output.exit_code));
    Ok(Next::Exit(output.exit_code))
}

/// What went wrong once the connection stood came through it: of that the message alone is told
/// (client-go/tools/remotecommand/v4.go).
fn streamed(refusal: Refusal) -> Failure {
    if refusal.reason == Reason::InternalError { Failure::message(refusal.message) } else { refusal.into() }
}

fn container(call: &Call, context: &mut Context<'_, '_>, pod: &Object) -> Result<String, Failure> {
    let Object::Pod(pod) = pod else {
        return Err(Failure::message("expected a pod"));
    };
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default();
    if phase == "Succeeded" || phase == "Failed" {
        return Err(Failure::message(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        )));
    }
    let named = call.parsed.text("container").filter(|name| !name.is_empty());
    let quiet = call.parsed.on("quiet");
    if context.env.features.exec_knows_the_containers() {
        return match named.or(pods::annotated(pod)) {
            Some(name) => pods::named_container(pod, name),
            None => Ok(pods::first_container(context, pod, quiet)),
        };
    }
    // A container that is typed is the server's to refuse, an annotated one that is not there is none.
    let annotated = pods::annotated(pod).and_then(|name| pods::named_container(pod, name).ok());
    let name = named.map(str::to_owned).or(annotated);
    Ok(name.unwrap_or_else(|| pods::first_container(context, pod, quiet)))
}
