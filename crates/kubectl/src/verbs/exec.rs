//! `kubectl exec`.
//!
//! Models kubectl/pkg/cmd/exec/exec.go and kubectl/pkg/cmd/util/podcmd. What a command prints comes from the node.

use machinery::{Kind, Object};

use super::{Call, Command, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{Flag, Takes, flag, lettered};
use crate::resource::{self, Rules, Selection};

const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

const FLAGS: &[Flag] = &[
    lettered("container", 'c', Takes::Text),
    lettered("stdin", 'i', Takes::Switch),
    lettered("tty", 't', Takes::Switch),
    lettered("quiet", 'q', Takes::Switch),
    lettered("filename", 'f', Takes::List),
    flag("pod-running-timeout", Takes::Duration),
];

pub(super) const COMMAND: Command = Command {
    name: "exec",
    about: "Execute a command in a container",
    usage: &[
        "kubectl exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]",
        "kubectl exec -it myapp-0 -- nslookup myapp-1.myapp-svc",
    ],
    flags: &[FLAGS],
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
        return Err(call.usage("pod, type/name or --filename must be specified"));
    }
    if command.is_empty() {
        return Err(call.usage("you must specify at least one command for the container"));
    }
    let pod = pod(call, context, names)?;
    let container = container(call, context, &pod)?;
    let output = context.env.api.exec(pod.namespace(), pod.name(), &container, command)?;
    context.env.output.extend(output.pieces);
    if output.exit_code == 0 {
        return Ok(Next::Done);
    }
    context.err(format!("command terminated with exit code {}\n", output.exit_code));
    Ok(Next::Exit(output.exit_code))
}

// A pod by name, or the first pod of what has a selector (polymorphichelpers.AttachablePodForObject).
fn pod(call: &Call, context: &mut Context<'_, '_>, names: &[String]) -> Result<Object, Failure> {
    let namespace = call.parsed.namespace().to_owned();
    let object = match names.first() {
        Some(name) if !name.contains('/') => return context.get(Kind::Pod, &namespace, name),
        _ => {
            let targets = resource::targets(context, &call.parsed, names, Rules::default())?;
            let found = resource::objects(context, &targets).into_iter().next();
            found.unwrap_or_else(|| Err(Failure::message("no objects passed to exec")))?.1
        }
    };
    let selector = match &object {
        Object::Pod(_) => return Ok(object),
        Object::StatefulSet(set) => {
            set.spec.as_ref().map(|spec| crate::printers::workload::selector(&spec.selector))
        }
        Object::Deployment(deployment) => {
            deployment.spec.as_ref().map(|spec| crate::printers::workload::selector(&spec.selector))
        }
        Object::Service(service) => {
            service.spec.as_ref().map(|spec| crate::printers::network::labels(spec.selector.as_ref()))
        }
        _ => None,
    };
    let Some(selector) = selector.filter(|text| text != "<none>") else {
        return Err(Failure::message(format!(
            "cannot attach to {}: selector for {} not implemented",
            object.key(),
            object.kind()
        )));
    };
    let selection = Selection::of_labels(&selector);
    let (pods, _) = resource::list(context, Kind::Pod, object.namespace(), &selection)?;
    pods.into_iter().next().ok_or_else(|| {
        Failure::message(format!("timed out waiting for the condition: no pod of {}", object.key()))
    })
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
    let spec = pod.spec.clone().unwrap_or_default();
    let init = spec.init_containers.iter().flatten().map(|container| &container.name);
    let names: Vec<&String> = spec.containers.iter().map(|container| &container.name).chain(init).collect();
    let pod_name = pod.metadata.name.as_deref().unwrap_or_default();
    if let Some(wanted) = call.parsed.text("container").filter(|name| !name.is_empty()) {
        return match names.iter().any(|name| *name == wanted) {
            true => Ok(wanted.to_owned()),
            false => Err(Failure::message(format!("container {wanted} not found in pod {pod_name}"))),
        };
    }
    let annotated =
        pod.metadata.annotations.as_ref().and_then(|annotations| annotations.get(DEFAULT_CONTAINER));
    if let Some(name) = annotated.filter(|name| names.contains(name)) {
        return Ok(name.clone());
    }
    let first = spec.containers.first().map(|container| container.name.clone()).unwrap_or_default();
    if names.len() > 1 && !call.parsed.on("quiet") {
        let all: Vec<String> = spec
            .containers
            .iter()
            .map(|container| container.name.clone())
            .chain(
                spec.init_containers.iter().flatten().map(|container| format!("{} (init)", container.name)),
            )
            .collect();
        context.err(format!("Defaulted container \"{first}\" out of: {}\n", all.join(", ")));
    }
    Ok(first)
}
