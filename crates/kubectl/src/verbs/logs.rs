//! `kubectl logs`.
//!
//! Models kubectl/pkg/cmd/logs/logs.go and polymorphichelpers/logsforobject.go. What a container printed comes from
//! its node.

use client::api::LogLine;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use machinery::object::is_pod_terminal;
use machinery::{Kind, Object, time};

use super::{Call, Command, Next, Running, pods};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, duration, int, switch, text};
use crate::resource::{self, Selection};
use crate::{Condition, Progress};

/// How many lines of each pod a selector shows.
const SELECTOR_TAIL: i64 = 10;
/// How many logs are followed at once (`--max-log-requests`).
const MAX_FOLLOWED: i64 = 5;
const USAGE: &str = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";

const FLAGS: &[Flag] = &[
    flags::CONTAINER,
    flags::SELECTOR,
    flags::POD_RUNNING_TIMEOUT,
    switch("follow", "Go on with what is printed later").letter('f'),
    switch("previous", "The container's run before this one").letter('p'),
    switch("timestamps", "Print when each line was printed"),
    switch("all-containers", "Every container of the pod"),
    switch("all-pods", "Every pod of the set"),
    switch("prefix", "Print the pod and the container before each line"),
    switch("ignore-errors", "Go on where a log cannot be read"),
    switch("insecure-skip-tls-verify-backend", "Do not check the kubelet's certificate"),
    int("tail", "Only so many lines; -1 for all"),
    int("limit-bytes", "Only so many bytes"),
    int("max-log-requests", "How many logs to follow at once"),
    duration("since", "Only lines of so long ago at most"),
    text("since-time", "Only lines after this time"),
];

pub(super) const COMMAND: Command = Command {
    name: "logs",
    about: "Print the logs for a container in a pod",
    usage: || {
        &[
            "kubectl logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
            "kubectl logs myapp-0",
            "kubectl logs -l app=myapp-pod --prefix",
        ]
    },
    flags: || &[FLAGS],
    run,
};

/// A container's log.
#[derive(Clone, Debug)]
struct Log {
    namespace: String,
    pod: String,
    uid: String,
    container: String,
    // How many of its lines were printed.
    printed: usize,
}

/// Which lines of a log are shown.
#[derive(Clone, Debug)]
struct Lines {
    previous: bool,
    timestamps: bool,
    prefix: bool,
    ignore_errors: bool,
    tail: i64,
    limit: Option<i64>,
    since: Option<Timestamp>,
}

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let selector = parsed.text("selector").filter(|text| !text.is_empty());
    let inline = match (parsed.args.as_slice(), selector) {
        ([], Some(_)) => None,
        ([_], Some(_)) => return Err(call.usage("only a selector (-l) or a POD name is allowed")),
        ([_], None) => None,
        ([_, container], _) => Some(container.as_str()),
        _ => return Err(call.usage(USAGE)),
    };
    let named = parsed.text("container").filter(|name| !name.is_empty());
    check(call, inline)?;
    let tail = match parsed.int("tail") {
        Some(lines) => lines,
        None if selector.is_some() => SELECTOR_TAIL,
        None => -1,
    };
    let lines = Lines {
        previous: parsed.on("previous"),
        timestamps: parsed.on("timestamps"),
        prefix: parsed.on("prefix") || parsed.on("all-pods"),
        ignore_errors: parsed.on("ignore-errors"),
        tail,
        limit: parsed.int("limit-bytes").filter(|bytes| *bytes > 0),
        since: since(call, context)?,
    };
    let logs = logs(call, context, inline.or(named))?;
    if parsed.on("follow") {
        let most = parsed.int("max-log-requests").unwrap_or(MAX_FOLLOWED);
        let wanted = i64::try_from(logs.len()).unwrap_or(i64::MAX);
        if wanted > 1 && wanted > most {
            return Err(Failure::message(format!(
                "you are attempting to follow {wanted} log streams, but maximum allowed concurrency is {most}, use --max-log-requests to increase the limit"
            )));
        }
        return Ok(Next::Go(Box::new(Running::Logs(Follow { logs, lines }))));
    }
    for mut log in logs {
        match lines.print(context, &mut log) {
            Err(failure) if lines.ignore_errors => context.out(format!("error: {}\n", failure.error())),
            printed => printed?,
        }
    }
    Ok(Next::Done)
}

fn check(call: &Call, inline: Option<&str>) -> Result<(), Failure> {
    let parsed = &call.parsed;
    let wrong = if parsed.given("since-time") && parsed.given("since") {
        "at most one of `sinceTime` or `sinceSeconds` may be specified".to_owned()
    } else if let (true, Some(name)) = (parsed.on("all-containers"), inline.or(parsed.text("container"))) {
        format!("--all-containers=true should not be specified with container name {name}")
    } else if parsed.given("container") && inline.is_some() {
        "only one of -c or an inline [CONTAINER] arg is allowed".to_owned()
    } else if parsed.int("limit-bytes").is_some_and(|bytes| bytes < 0) {
        "--limit-bytes must be greater than 0".to_owned()
    } else if parsed.duration_ms("since").is_some_and(|ms| ms < 0) {
        "--since must be greater than 0".to_owned()
    } else if parsed.int("tail").is_some_and(|lines| lines < -1) {
        "--tail must be greater than or equal to -1".to_owned()
    } else {
        return Ok(());
    };
    Err(Failure::Message(wrong))
}

fn since(call: &Call, context: &Context<'_, '_>) -> Result<Option<Timestamp>, Failure> {
    if let Some(text) = call.parsed.text("since-time").filter(|text| !text.is_empty()) {
        return text.parse().map(Some).map_err(|_| {
            let text = crate::go_value::quote(text);
            Failure::message(format!(
                "parsing time {text} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text} as \"2006\""
            ))
        });
    }
    let ago = call.parsed.duration_ms("since").filter(|ms| *ms > 0);
    Ok(ago.map(|ms| time::after_ms(context.now(), -ms)))
}

fn logs(call: &Call, context: &mut Context<'_, '_>, named: Option<&str>) -> Result<Vec<Log>, Failure> {
    let parsed = &call.parsed;
    let namespace = parsed.namespace().to_owned();
    let mut pods = match parsed.args.first() {
        Some(name) => {
            let found = pods::pods_of(parsed, context, std::slice::from_ref(name), "get the logs from");
            found.map_err(|failure| match failure.is_not_found() {
                true => Failure::message(format!(
                    "error from server (NotFound): {} in namespace \"{namespace}\"",
                    failure.error()
                )),
                false => failure,
            })?
        }
        None => {
            let labels = Selection::of_labels(parsed.text("selector").unwrap_or_default());
            resource::list(context, Kind::Pod, &namespace, &labels)?.0
        }
    };
    if pods.is_empty() {
        context.err(format!("No resources found in {namespace} namespace.\n"));
    }
    let of_set = parsed.args.first().is_some_and(|name| name.contains('/'));
    if of_set && pods.len() > 1 && !parsed.on("all-pods") {
        context.err(format!("Found {} pods, using pod/{}\n", pods.len(), pods[0].name()));
        pods.truncate(1);
    }
    let mut logs = Vec::new();
    for object in &pods {
        let Object::Pod(pod) = object else { continue };
        let containers = if parsed.on("all-containers") {
            // Those that ran first come first.
            let spec = pod.spec.as_ref();
            let init = spec.iter().flat_map(|spec| spec.init_containers.iter().flatten());
            let main = spec.iter().flat_map(|spec| &spec.containers);
            init.chain(main).map(|container| container.name.clone()).collect()
        } else {
            vec![container(context, pod, named, parsed.on("all-pods"))?]
        };
        logs.extend(containers.into_iter().map(|container| Log {
            namespace: object.namespace().to_owned(),
            pod: object.name().to_owned(),
            uid: object.uid().to_owned(),
            container,
            printed: 0,
        }));
    }
    Ok(logs)
}

fn container(
    context: &mut Context<'_, '_>,
    pod: &Pod,
    named: Option<&str>,
    quiet: bool,
) -> Result<String, Failure> {
    if let Some(name) = named {
        return pods::named_container(pod, name);
    }
    if let Some(name) = pods::annotated(pod) {
        if let Ok(name) = pods::named_container(pod, name) {
            return Ok(name);
        }
        let pod = pod.metadata.name.as_deref().unwrap_or_default();
        context.err(format!("Default container name \"{name}\" not found in pod {pod}\n"));
    }
    Ok(pods::first_container(context, pod, quiet))
}

impl Lines {
    /// Prints what was not printed yet.
    fn print(&self, context: &mut Context<'_, '_>, log: &mut Log) -> Result<(), Failure> {
        let all = context.env.api.logs(&log.namespace, &log.pod, &log.container, self.previous)?;
        let is_new = |line: &&LogLine| self.since.is_none_or(|since| line.at >= since);
        let wanted: Vec<&LogLine> = all.iter().filter(is_new).collect();
        let first = match usize::try_from(self.tail) {
            Ok(tail) if log.printed == 0 => wanted.len().saturating_sub(tail),
            _ => log.printed.min(wanted.len()),
        };
        let mut text = String::new();
        for line in &wanted[first..] {
            if self.prefix {
                text.push_str(&format!("[pod/{}/{}] ", log.pod, log.container));
            }
            if self.timestamps {
                text.push_str(&line.at.strftime("%Y-%m-%dT%H:%M:%S%.9fZ ").to_string());
            }
            text.push_str(&line.text);
            text.push('\n');
        }
        if let Some(limit) = self.limit.and_then(|bytes| usize::try_from(bytes).ok()) {
            let end = (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(end);
        }
        log.printed = wanted.len();
        if !text.is_empty() {
            context.out(text);
        }
        Ok(())
    }
}

/// `logs -f`: what it follows.
#[derive(Clone, Debug)]
pub(crate) struct Follow {
    logs: Vec<Log>,
    lines: Lines,
}

impl Follow {
    pub(super) fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        let seen = context.env.api.resource_version();
        let mut left = Vec::new();
        for mut log in std::mem::take(&mut self.logs) {
            let Ok(pod) = context.get(Kind::Pod, &log.namespace, &log.pod) else { continue };
            if pod.uid() != log.uid {
                continue;
            }
            self.lines.print(context, &mut log)?;
            if runs(&pod) {
                left.push(log);
            }
        }
        self.logs = left;
        match self.logs.first() {
            None => Ok(Progress::Exit(0)),
            Some(log) => {
                let what = format!("more of the log of {}", log.pod);
                Ok(Progress::Wait(Condition { past: seen, until: None, what }))
            }
        }
    }
}

fn runs(pod: &Object) -> bool {
    matches!(pod, Object::Pod(pod) if !is_pod_terminal(pod))
}
