//! `kubectl run`: a pod from an image, and with `-it` what its command prints.
//!
//! Models kubectl/pkg/cmd/run/run.go, kubectl/pkg/cmd/attach and kubectl/pkg/generate/versioned/run.go. Departs in one
//! point: attaching runs the pod's command in it, and without a command there is nothing to attach to.

use client::api::{DeleteOptions, ExecOutput, LogLine, Propagation, Request, Stream, Verb};
use k8s_openapi::api::core::v1::Pod;
use machinery::object::is_pod_terminal;
use machinery::{Kind, names};
use serde_json::{Value, json};

use super::create::{OVERRIDES, object, overridden, send};
use super::writing::Writing;
use super::{Call, Command, DryRun, Next, Running, delete, expose};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, each, switch, text};
use crate::printers::report::Report;
use crate::resource::Info;
use crate::{Condition, Progress, go_value};

const MANAGER: &str = "kubectl-run";

const FLAGS: &[Flag] = &[
    flags::DRY_RUN,
    flags::SAVE_CONFIG,
    flags::FIELD_MANAGER,
    flags::RECORD,
    flags::POD_RUNNING_TIMEOUT,
    flags::PORT,
    flags::TIMEOUT,
    flags::GRACE_PERIOD,
    text("image", "Image of the container"),
    text("image-pull-policy", "Always, IfNotPresent or Never"),
    text("labels", "Labels of the pod").letter('l'),
    text("restart", "Always, OnFailure or Never"),
    text("cascade", "What becomes of dependents when --rm deletes"),
    each("annotations", "An annotation of the pod, as KEY=VALUE"),
    each("env", "A variable of the container, as KEY=VALUE"),
    switch("rm", "Delete the pod when its command has ended"),
    switch("stdin", "Pass standard input to the container").letter('i'),
    switch("tty", "Standard input is a terminal").letter('t'),
    switch("attach", "Print what the container prints"),
    switch("command", "The arguments are the command, not its arguments"),
    switch("expose", "Create a service for the pod, too"),
    switch("privileged", "The container may do everything on its node"),
    switch("quiet", "Print only what the command prints").letter('q'),
    switch("leave-stdin-open", "Keep standard input open"),
    switch("force", "Delete at once"),
    switch("now", "Delete within a second"),
    switch("wait", "Wait for the deletion"),
];

pub(super) const COMMAND: Command = Command {
    name: "run",
    about: "Run a particular image on the cluster",
    usage: || {
        &[
            "kubectl run NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] -- [COMMAND] [args...]",
            "kubectl run -it --rm dns --image=busybox --restart=Never -- nslookup myapp-svc",
            "kubectl run web --image=nginx --dry-run=client -o yaml",
        ]
    },
    flags: || &[FLAGS, OVERRIDES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    call.require(&["image"])?;
    let Some((name, words)) = parsed.args.split_first().filter(|_| parsed.before_dash != Some(0)) else {
        return Err(call.usage("NAME is required for run"));
    };
    let attaches = parsed.on_or("attach", parsed.on("stdin"));
    check(call, attaches)?;
    let writing = Writing::of(call, context, MANAGER)?;
    if attaches && writing.dry_run != DryRun::None {
        return Err(call.usage(
            "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
        ));
    }
    if attaches && is_interactive(words) {
        return Err(Failure::message("nobody can type into a container here; give a command behind --"));
    }
    let mut report = Report::typed(context, parsed, writing.dry_run)?;
    let (info, pod) = {
        let pod = overridden(call, Kind::Pod, pod(call, name, words)?)?;
        send(call, context, writing, Kind::Pod, pod)?
    };
    let mut created = vec![info.clone()];
    if parsed.on("expose") {
        let (info, service) = send(call, context, writing, Kind::Service, service(call, name)?)?;
        report.done(context, &info, "created", &service)?;
        created.push(info);
    }
    if !attaches {
        report.done(context, &info, "created", &pod)?;
        return Ok(Next::Done);
    }
    Ok(Next::Go(Box::new(Running::Run(Attached {
        pod: info,
        command: words.to_vec(),
        quiet: parsed.on("quiet"),
        once: restart(call)? != "Always",
        created: if parsed.on("rm") { created } else { Vec::new() },
    }))))
}

/// Whether the container waits for what somebody types.
fn is_interactive(words: &[String]) -> bool {
    let Some((program, flags)) = words.split_first() else { return true };
    let is_shell = matches!(program.rsplit('/').next(), Some("sh" | "ash" | "bash"));
    is_shell && flags.iter().all(|flag| flag.starts_with('-') && flag != "-c")
}

fn check(call: &Call, attaches: bool) -> Result<(), Failure> {
    let parsed = &call.parsed;
    let image = parsed.text("image").unwrap_or_default();
    if image.is_empty() {
        return Err(Failure::message("--image is required"));
    }
    if !is_image(image) {
        let image = go_value::quote(image);
        return Err(Failure::message(format!("Invalid image name {image}: invalid reference format")));
    }
    let wrong = if parsed.on("tty") && !parsed.on("stdin") {
        "-i/--stdin is required for containers with -t/--tty=true".to_owned()
    } else if parsed.on("expose") && parsed.text("port").unwrap_or_default().is_empty() {
        "--port must be set when exposing a service".to_owned()
    } else if parsed.on("rm") && !attaches {
        "--rm should only be used for attached containers".to_owned()
    } else if let Some(policy) = parsed
        .text("image-pull-policy")
        .filter(|policy| !["", "Always", "IfNotPresent", "Never"].contains(policy))
    {
        format!("invalid image pull policy: {policy}")
    } else {
        restart(call)?;
        return Ok(());
    };
    Err(call.usage(&wrong))
}

// Enough of reference.ReferenceRegexp: no blanks, no capitals in the path, something before a tag.
fn is_image(image: &str) -> bool {
    let path = image.split(['@']).next().unwrap_or_default();
    let (path, tag) = match path.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (path, None),
    };
    let host_allowed = path.split_once('/').is_some();
    let fits = |(i, part): (usize, &str)| {
        let is_host = i == 0 && host_allowed;
        !part.is_empty()
            && part.chars().all(|c| {
                c.is_ascii_lowercase()
                    || c.is_ascii_digit()
                    || matches!(c, '.' | '_' | '-')
                    || is_host && (c.is_ascii_uppercase() || c == ':')
            })
    };
    let is_tag = |tag: &str| {
        !tag.is_empty() && tag.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    path.split('/').enumerate().all(fits) && tag.is_none_or(is_tag)
}

fn restart(call: &Call) -> Result<&'static str, Failure> {
    match call.parsed.text("restart") {
        Some("") => Ok(if call.parsed.on("stdin") { "OnFailure" } else { "Always" }),
        None | Some("Always") => Ok("Always"),
        Some("OnFailure") => Ok("OnFailure"),
        Some("Never") => Ok("Never"),
        Some(other) => Err(call.usage(&format!("invalid restart policy: {other}"))),
    }
}

fn pod(call: &Call, name: &str, words: &[String]) -> Result<Value, Failure> {
    let parsed = &call.parsed;
    let image = parsed.text("image").unwrap_or_default();
    let mut container = json!({"name": name, "image": image});
    if !words.is_empty() {
        container[if parsed.on("command") { "command" } else { "args" }] = json!(words);
    }
    for (flag, field) in [("stdin", "stdin"), ("tty", "tty")] {
        if parsed.on(flag) {
            container[field] = true.into();
        }
    }
    if parsed.on("stdin") && !parsed.on("leave-stdin-open") {
        container["stdinOnce"] = true.into();
    }
    if let Some(policy) = parsed.text("image-pull-policy").filter(|policy| !policy.is_empty()) {
        container["imagePullPolicy"] = policy.into();
    }
    if let Some(text) = parsed.text("port").filter(|port| !port.is_empty()) {
        let port: i32 = text.parse().map_err(|_| {
            Failure::message(format!("strconv.Atoi: parsing {}: invalid syntax", go_value::quote(text)))
        })?;
        container["ports"] = json!([{"containerPort": port}]);
    }
    if parsed.on("privileged") {
        container["securityContext"] = json!({"privileged": true});
    }
    let mut env = Vec::new();
    for pair in parsed.each("env") {
        match pair.split_once('=').filter(|(name, _)| names::env_var_name(name).is_empty()) {
            Some((name, value)) => env.push(json!({"name": name, "value": value})),
            None => return Err(Failure::message(format!("invalid env: {pair}"))),
        }
    }
    if !env.is_empty() {
        container["env"] = Value::Array(env);
    }
    let labels = match parsed.text("labels").filter(|labels| !labels.is_empty()) {
        Some(labels) => json!(expose::labels(labels)?),
        None => json!({"run": name}),
    };
    let mut value = object(call, Kind::Pod, name);
    value["metadata"]["labels"] = labels;
    for pair in parsed.each("annotations") {
        match pair.split_once('=') {
            Some((key, text)) => value["metadata"]["annotations"][key] = text.into(),
            None => return Err(Failure::message(format!("unexpected annotation: {pair}"))),
        }
    }
    value["spec"] = json!({
        "containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart(call)?,
    });
    Ok(value)
}

fn service(call: &Call, name: &str) -> Result<Value, Failure> {
    let port: i32 = call.parsed.text("port").and_then(|port| port.parse().ok()).unwrap_or(0);
    let selector = match call.parsed.text("labels").filter(|labels| !labels.is_empty()) {
        Some(labels) => json!(expose::labels(labels)?),
        None => json!({"run": name}),
    };
    let mut value = object(call, Kind::Service, name);
    value["spec"] = json!({
        "selector": selector, "ports": [{"port": port, "protocol": "TCP", "targetPort": port}],
    });
    Ok(value)
}

/// Waiting for the pod, then printing what its command prints.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    pod: Info,
    command: Vec<String>,
    quiet: bool,
    // Whether the command's exit status is kubectl's.
    once: bool,
    // What goes when it is done.
    created: Vec<Info>,
}

impl Attached {
    pub(super) fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        let seen = context.env.api.resource_version();
        let pod = context.get(Kind::Pod, &self.pod.namespace, &self.pod.name)?;
        let end = pod.get::<Pod>().and_then(|pod| exit_code(pod));
        if end.is_none() && !pod.get::<Pod>().is_some_and(|pod| is_ready(pod)) {
            let what = format!("{} to be ready", self.pod.type_and_name());
            return Ok(Progress::Wait(Condition { past: seen, until: None, what }));
        }
        if !self.quiet && end.is_none() {
            if context.env.features.sessions_are_said_to_be_logged() {
                context.err("All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\n");
            }
            context.err("If you don't see a command prompt, try pressing enter.\n");
        }
        let ended = if let Some(exit_code) = end {
            // It was too late to attach (errPodCompleted): the log says the same.
            let lines = context.env.api.logs(&self.pod.namespace, &self.pod.name, &self.pod.name, false);
            let text = |lines: Vec<LogLine>| lines.into_iter().map(|line| line.text + "\n").collect();
            let output = |lines| ExecOutput { pieces: vec![(Stream::Out, text(lines))], exit_code };
            lines.map(output).map_err(Failure::from)
        } else {
            let pod = &self.pod;
            context.env.api.exec(&pod.namespace, &pod.name, "", &self.command).map_err(Failure::from)
        };
        let code = ended.map(|output| {
            context.env.output.extend(output.pieces);
            output.exit_code
        });
        self.remove(context)?;
        match code? {
            0 => Ok(Progress::Exit(0)),
            code if self.once => {
                let (namespace, name) = (&self.pod.namespace, &self.pod.name);
                context.err(format!("pod {namespace}/{name} terminated (Error)\n"));
                Ok(Progress::Exit(code))
            }
            _ => Ok(Progress::Exit(0)),
        }
    }

    fn remove(&mut self, context: &mut Context<'_, '_>) -> Result<(), Failure> {
        for info in std::mem::take(&mut self.created) {
            let options =
                DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
            let request = Request::new(Verb::Delete(options), info.kind, &info.namespace, &info.name);
            match context.call(request) {
                Err(failure) if failure.is_not_found() => {}
                Err(failure) => return Err(failure),
                Ok(_) if self.quiet => {}
                Ok(_) => {
                    let line = delete::message(context, &info, "deleted");
                    context.out(line);
                }
            }
        }
        Ok(())
    }
}

/// The status with which the pod's container exited, if the pod has ended.
fn exit_code(pod: &Pod) -> Option<i32> {
    let status = pod.status.as_ref().filter(|_| is_pod_terminal(pod))?;
    let ended =
        status.container_statuses.iter().flatten().find_map(|c| c.state.as_ref()?.terminated.as_ref());
    Some(ended.map_or(0, |ended| ended.exit_code))
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

#[cfg(test)]
mod tests {
    use super::is_image;

    #[test]
    fn images_are_told_from_other_words() {
        for image in ["nginx", "nginx:1.27", "ikubernetes/myapp:v1", "Host:5000/a/b", "a@sha256:00"] {
            assert!(is_image(image), "{image}");
        }
        for word in ["", "bad image", "Nginx", "a//b", "nginx:", ":v1"] {
            assert!(!is_image(word), "{word}");
        }
    }
}
