//! Commands that need what is not simulated: they read their command line as kubectl does, and then say what is missing.
//!
//! Models the checks of kubectl/pkg/cmd/{attach,certificates,cp,debug,portforward,proxy}.

use machinery::Object;
use machinery::image;

use super::{Call, Command, Next, pods};
use crate::context::Context;
use crate::discovery;
use crate::failure::Failure;
use crate::flags::{self, Flag, each, int, list, switch, text};
use crate::go_value::quote;
use crate::resource::{self, Rules};

/// What a flag of these commands is for, here.
const NO_EFFECT: &str = "Read, and without effect here";

const ATTACH_FLAGS: &[Flag] = &[
    flags::CONTAINER,
    flags::POD_RUNNING_TIMEOUT,
    switch("stdin", NO_EFFECT).letter('i'),
    switch("tty", NO_EFFECT).letter('t'),
    switch("quiet", NO_EFFECT).letter('q'),
    text("detach-keys", NO_EFFECT),
];

pub(super) const ATTACH: Command = Command {
    name: "attach",
    about: "Attach to a running container",
    usage: || {
        &["kubectl attach (POD | TYPE/NAME) [-c CONTAINER]; not simulated, kubectl logs -f shows the same"]
    },
    flags: || &[ATTACH_FLAGS],
    run: attach,
};

const COPY_FLAGS: &[Flag] = &[flags::CONTAINER, switch("no-preserve", NO_EFFECT), int("retries", NO_EFFECT)];

pub(super) const COPY: Command = Command {
    name: "cp",
    about: "Copy files and directories to and from containers",
    usage: || &["kubectl cp SOURCE DESTINATION; not simulated, kubectl exec reads and writes files"],
    flags: || &[COPY_FLAGS],
    run: copy,
};

const FORWARD_FLAGS: &[Flag] = &[flags::POD_RUNNING_TIMEOUT, list("address", NO_EFFECT)];

pub(super) const PORT_FORWARD: Command = Command {
    name: "port-forward",
    about: "Forward one or more local ports to a pod",
    usage: || &["kubectl port-forward TYPE/NAME [LOCAL_PORT:]REMOTE_PORT...; not simulated"],
    flags: || &[FORWARD_FLAGS],
    run: port_forward,
};

const PROXY_FLAGS: &[Flag] = &[
    int("port", NO_EFFECT).letter('p'),
    text("address", NO_EFFECT),
    text("api-prefix", NO_EFFECT),
    text("www", NO_EFFECT).letter('w'),
    text("www-prefix", NO_EFFECT).letter('P'),
    text("accept-hosts", NO_EFFECT),
    text("accept-paths", NO_EFFECT),
    text("reject-paths", NO_EFFECT),
    text("reject-methods", NO_EFFECT),
    text("unix-socket", NO_EFFECT).letter('u'),
    switch("disable-filter", NO_EFFECT),
    switch("append-server-path", NO_EFFECT),
    flags::duration("keepalive", NO_EFFECT),
];

pub(super) const PROXY: Command = Command {
    name: "proxy",
    about: "Run a proxy to the Kubernetes API server",
    usage: || &["kubectl proxy [--port=PORT]; not simulated, kubectl get --raw asks the API server"],
    flags: || &[PROXY_FLAGS],
    run: |_, _| {
        Err(missing("proxy", "nothing here listens on a port; kubectl get --raw PATH asks the API server"))
    },
};

const DEBUG_FLAGS: &[Flag] = &[
    flags::CONTAINER,
    text("image", NO_EFFECT),
    text("image-pull-policy", NO_EFFECT),
    text("copy-to", NO_EFFECT),
    text("target", NO_EFFECT),
    text("profile", NO_EFFECT),
    text("custom", NO_EFFECT),
    each("env", NO_EFFECT),
    list("set-image", NO_EFFECT),
    list("filename", NO_EFFECT).letter('f'),
    switch("attach", NO_EFFECT),
    switch("stdin", NO_EFFECT).letter('i'),
    switch("tty", NO_EFFECT).letter('t'),
    switch("quiet", NO_EFFECT).letter('q'),
    switch("replace", NO_EFFECT),
    switch("same-node", NO_EFFECT),
    switch("share-processes", NO_EFFECT),
    switch("keep-annotations", NO_EFFECT),
    switch("keep-labels", NO_EFFECT),
    switch("keep-liveness", NO_EFFECT),
    switch("keep-readiness", NO_EFFECT),
    switch("keep-startup", NO_EFFECT),
    switch("keep-init-containers", NO_EFFECT),
    switch("arguments-only", NO_EFFECT),
];

pub(super) const DEBUG: Command = Command {
    name: "debug",
    about: "Create debugging sessions for troubleshooting workloads and nodes",
    usage: || {
        &[
            "kubectl debug (POD | TYPE/NAME) --image=IMAGE; not simulated, kubectl run starts a pod of one's own",
        ]
    },
    flags: || &[DEBUG_FLAGS],
    run: debug,
};

pub(super) const APPROVE: Command = Command {
    name: "certificate approve",
    about: "Approve a certificate signing request",
    usage: || &["kubectl certificate approve (-f FILENAME | NAME)"],
    flags: || &[CERTIFICATE_FLAGS, flags::FILES, flags::FORMATS],
    run: certificate,
};

pub(super) const DENY: Command = Command {
    name: "certificate deny",
    about: "Deny a certificate signing request",
    usage: || &["kubectl certificate deny (-f FILENAME | NAME)"],
    flags: || &[CERTIFICATE_FLAGS, flags::FILES, flags::FORMATS],
    run: certificate,
};

const CERTIFICATE_FLAGS: &[Flag] = &[switch("force", NO_EFFECT)];

/// Says that the command is not simulated, why, and what is.
fn missing(command: &str, why: &str) -> Failure {
    Failure::message(format!("\"kubectl {command}\" is not simulated here: {why}"))
}

/// Go's `%v` of a list of words.
fn listed(words: &[String]) -> String {
    format!("[{}]", words.join(" "))
}

fn attach(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let args = &call.parsed.args;
    match args.len() {
        0 => return Err(Failure::message("at least 1 argument is required for attach")),
        1 | 2 => {}
        more => {
            return Err(Failure::message(format!(
                "expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw {more}: {}",
                listed(args)
            )));
        }
    }
    if call.parsed.duration_ms("pod-running-timeout").is_some_and(|ms| ms <= 0) {
        return Err(Failure::message("--pod-running-timeout must be higher than zero"));
    }
    let words = if args.len() == 2 { vec![args.join("/")] } else { args.clone() };
    let Object::Pod(pod) = pods::pods_of(&call.parsed, context, &words, pods::ATTACH)?.remove(0) else {
        return Err(Failure::message("expected a pod"));
    };
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default();
    if phase == "Succeeded" || phase == "Failed" {
        return Err(Failure::message(format!(
            "cannot attach a container in a completed pod; current phase is {phase}"
        )));
    }
    Err(missing("attach", "no program runs in a container; kubectl logs -f shows what it prints"))
}

/// Where a file is: in a pod, or here.
struct FileSpec<'a> {
    namespace: Option<&'a str>,
    pod: &'a str,
    file: &'a str,
}

/// `[[NAMESPACE/]POD:]FILE` (extractFileSpec).
fn file_spec(word: &str) -> Result<FileSpec<'_>, Failure> {
    let Some((pod, file)) = word.split_once(':') else {
        return Ok(FileSpec { namespace: None, pod: "", file: word });
    };
    match pod.split('/').collect::<Vec<_>>().as_slice() {
        [name] if !name.is_empty() => Ok(FileSpec { namespace: None, pod, file }),
        [namespace, name] => Ok(FileSpec { namespace: Some(namespace), pod: name, file }),
        _ => Err(Failure::message("filespec must match the canonical format: [[namespace/]pod:]file/path")),
    }
}

fn copy(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let [from, to] = call.parsed.args.as_slice() else {
        return Err(Failure::message("source and destination are required"));
    };
    let (from, to) = (file_spec(from)?, file_spec(to)?);
    if !from.pod.is_empty() && !to.pod.is_empty() {
        return Err(Failure::message("one of src or dest must be a local file specification"));
    }
    if from.file.is_empty() || to.file.is_empty() {
        return Err(Failure::message("filepath can not be empty"));
    }
    let spec = if from.pod.is_empty() { &to } else { &from };
    if spec.pod.is_empty() {
        return Err(Failure::message("one of src or dest must be a remote file specification"));
    }
    if from.pod.is_empty() && context.env.files.read(from.file).is_none() {
        return Err(Failure::message(format!("{} doesn't exist in local filesystem", from.file)));
    }
    let namespace = spec.namespace.unwrap_or_else(|| call.parsed.namespace());
    context.get(machinery::Kind::Pod, namespace, spec.pod)?;
    Err(missing(
        "cp",
        "containers have no tar; kubectl exec POD -- cat FILE reads a file, kubectl exec POD -- sh -c 'echo TEXT > FILE' writes one",
    ))
}

fn port_forward(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let some_ports = call.parsed.args.split_first().filter(|(_, ports)| !ports.is_empty());
    let Some((target, ports)) = some_ports else {
        return Err(call.usage("TYPE/NAME and list of ports are required for port-forward"));
    };
    let Object::Pod(pod) =
        pods::pods_of(&call.parsed, context, std::slice::from_ref(target), pods::ATTACH)?.remove(0)
    else {
        return Err(Failure::message("expected a pod"));
    };
    if ports.iter().any(|port| port.rsplit(':').next().is_some_and(str::is_empty)) {
        return Err(Failure::message("remote port cannot be empty"));
    }
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default();
    if phase != "Running" {
        return Err(Failure::message(format!(
            "unable to forward port because pod is not running. Current status={phase}"
        )));
    }
    Err(missing(
        "port-forward",
        "nothing outside of the cluster connects to it; kubectl exec POD -- wget -qO- ADDRESS asks from within",
    ))
}

fn debug(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let (names, command) = parsed.args.split_at(parsed.before_dash.unwrap_or(parsed.args.len()));
    let text = |flag: &str| parsed.text(flag).unwrap_or_default();
    let (image, container, sets_image) = (text("image"), text("container"), parsed.given("set-image"));
    let problem = if parsed.on("attach") && image.is_empty() && container.is_empty() {
        Some("you must specify --container or create a new container using --image in order to attach.")
    } else if !text("copy-to").is_empty() {
        if image.is_empty() && !sets_image && command.is_empty() {
            Some("you must specify --image, --set-image or command arguments.")
        } else {
            (!command.is_empty() && container.is_empty() && image.is_empty())
                .then_some("you must specify an existing container or a new image when specifying args.")
        }
    } else {
        let of_copies = [
            (parsed.on("replace"), "--replace may only be used with --copy-to."),
            (parsed.on("same-node"), "--same-node may only be used with --copy-to."),
            (sets_image, "--set-image may only be used with --copy-to."),
            (image.is_empty(), "you must specify --image when not using --copy-to."),
        ];
        of_copies.into_iter().find(|(is_one, _)| *is_one).map(|(_, problem)| problem)
    };
    if let Some(problem) = problem {
        return Err(Failure::message(problem));
    }
    if !image.is_empty() && image::version(image).is_err() {
        return Err(Failure::message(format!(
            "invalid image name {}: invalid reference format",
            quote(image)
        )));
    }
    if names.is_empty() && parsed.list("filename").is_empty() {
        return Err(Failure::message("NAME or filename is required for debug"));
    }
    if !matches!(text("image-pull-policy"), "" | "Always" | "IfNotPresent" | "Never") {
        return Err(Failure::message(format!("invalid image pull policy: {}", text("image-pull-policy"))));
    }
    if parsed.on("tty") && !parsed.on("stdin") {
        return Err(Failure::message("-i/--stdin is required for containers with -t/--tty=true"));
    }
    debugged(call, context, names)?;
    Err(missing(
        "debug",
        "there are no ephemeral containers; kubectl run -it --rm NAME --image=IMAGE -- COMMAND runs a pod",
    ))
}

/// Whether all that is to be debugged is there, and can be.
fn debugged(call: &Call, context: &mut Context<'_, '_>, names: &[String]) -> Result<(), Failure> {
    for name in names {
        if !name.contains('/') {
            context.get(machinery::Kind::Pod, call.parsed.namespace(), name)?;
            continue;
        }
        let targets = resource::targets(context, &call.parsed, std::slice::from_ref(name), Rules::default())?;
        for found in resource::objects(context, &targets) {
            let (info, _) = found?;
            if !matches!(info.kind, machinery::Kind::Pod | machinery::Kind::Node) {
                let version = info.kind.api_version();
                let group_version =
                    if version.contains('/') { version.to_owned() } else { format!("/{version}") };
                return Err(Failure::message(format!(
                    "{} not supported by debug",
                    quote(&format!("{group_version}, Kind={}", info.kind.name()))
                )));
            }
        }
    }
    Ok(())
}

/// Nobody asks for a certificate here, so there is none of any name.
fn certificate(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let names = &call.parsed.args;
    if names.is_empty() && call.parsed.list("filename").is_empty() && !call.parsed.given("kustomize") {
        return Err(Failure::message("one or more CSRs must be specified as <name> or -f <filename>"));
    }
    let requests = discovery::find("certificatesigningrequests", context.env.features);
    let failures =
        requests.iter().flat_map(|resource| names.iter().map(|name| resource::absent(resource, name)));
    Failure::all(failures.collect())?;
    Err(missing("certificate", "nobody asks for certificates"))
}
