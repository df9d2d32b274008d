//! `kubectl drain`: cordons nodes, then evicts their pods and waits until they are gone, node by node.
//!
//! Models kubectl/pkg/cmd/drain/drain.go (`RunDrain`) and kubectl/pkg/drain. Departs: there are no DaemonSets and no disruption
//! budgets, so that no eviction has to be tried again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use client::api::{Body, DeleteOptions, ListOptions, Request, Subresource, Verb};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use machinery::labels::Selector;
use machinery::object::{controller_of, is_pod_terminal};
use machinery::{Kind, Resource, time};
use serde_json::json;

use super::{Call, Command, DryRun, Next, Running, cordon, done, dry_run};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, duration, int, switch, text};
use crate::printers::age::go_duration;
use crate::{Condition, Progress, selector};

const FLAGS: &[Flag] = &[
    flags::DRY_RUN,
    flags::SELECTOR,
    flags::CHUNK_SIZE,
    flags::GRACE_PERIOD,
    switch("force", "Evict pods that nothing will make anew, too"),
    switch("ignore-daemonsets", "Leave pods of DaemonSets alone"),
    switch("delete-emptydir-data", "Evict pods that keep data on the node, too"),
    duration("timeout", "How long to wait; 0 for ever"),
    text("pod-selector", "Only pods with these labels"),
    switch("disable-eviction", "Delete the pods instead of evicting them"),
    int(
        "skip-wait-for-delete-timeout",
        "Do not wait for pods that have been terminating for so many seconds",
    ),
];

pub(super) const COMMAND: Command = Command {
    name: "drain",
    about: "Drain node in preparation for maintenance",
    usage: || {
        &["kubectl drain NODE", "kubectl drain node-3 --ignore-daemonsets", "kubectl drain node-3 --force"]
    },
    flags: || &[FLAGS],
    run,
};

/// How pods are chosen and removed.
#[derive(Clone, Debug)]
struct How {
    force: bool,
    delete_local_data: bool,
    evict: bool,
    grace_period_seconds: Option<i64>,
    timeout_ms: Option<i64>,
    pods: Selector,
    skip_after_seconds: i64,
    dry_run: DryRun,
}

/// The pods that go, or everything that stands against it.
type Chosen = Result<Vec<Arc<Pod>>, Vec<String>>;

/// A pod that is going.
#[derive(Clone, Debug)]
struct Going {
    namespace: String,
    name: String,
    uid: String,
}

/// The nodes that are left, and the pods of the first one that are still there.
#[derive(Clone, Debug)]
pub(crate) struct Drain {
    how: How,
    nodes: VecDeque<String>,
    /// The node whose pods are going, and those of them that are still there.
    going: Option<(String, Vec<Going>)>,
    until: Option<Timestamp>,
    /// The nodes that could not be drained, and what kept them.
    pending: Vec<String>,
    fatal: Vec<String>,
}

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let features = context.env.features;
    let pods = match parsed.text("pod-selector").map(|text| selector::parse_labels(text, features)) {
        None => Selector::default(),
        Some(Ok(selector)) => selector,
        Some(Err(_)) => {
            return Err(Failure::message("--pod-selector=<pod_selector> must be a valid label selector"));
        }
    };
    let how = How {
        force: parsed.on("force"),
        delete_local_data: parsed.on("delete-emptydir-data"),
        evict: !parsed.on("disable-eviction"),
        grace_period_seconds: parsed.int("grace-period").filter(|seconds| *seconds >= 0),
        timeout_ms: parsed.duration_ms("timeout").filter(|ms| *ms != 0),
        pods,
        skip_after_seconds: parsed.int("skip-wait-for-delete-timeout").unwrap_or(0),
        dry_run: dry_run(context, parsed)?,
    };
    let nodes = cordon::mark(call, context, "drain", true)?;
    let drain =
        Drain { how, nodes: nodes.into(), going: None, until: None, pending: Vec::new(), fatal: Vec::new() };
    Ok(Next::Go(Box::new(Running::Drain(drain))))
}

impl Drain {
    pub(super) fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        let seen = context.env.api.resource_version();
        loop {
            if let Some((node, left)) = self.going.take() {
                let left = self.still_there(context, left)?;
                if let Some(first) = left.first() {
                    if self.until.is_some_and(|until| until <= context.now()) {
                        self.give_up(context, &node, &left);
                        continue;
                    }
                    let what = format!("{} is terminating", first.name);
                    self.going = Some((node, left));
                    return Ok(Progress::Wait(Condition { past: seen, until: self.until, what }));
                }
                self.drained(context, &node);
            }
            let Some(node) = self.nodes.pop_front() else {
                return Ok(self.end(context));
            };
            self.begin(context, node)?;
        }
    }

    fn drained(&self, context: &mut Context<'_, '_>, node: &str) {
        context.out(format!("node/{node} {}\n", done("drained", self.how.dry_run)));
    }

    /// Says which nodes are left, and why.
    fn end(&mut self, context: &mut Context<'_, '_>) -> Progress {
        if self.pending.is_empty() {
            return Progress::Exit(0);
        }
        context.err("There are pending nodes to be drained:\n");
        for node in &self.pending {
            context.err(format!(" {node}\n"));
        }
        for error in &self.fatal {
            context.err(format!("{error}\n"));
        }
        Progress::Exit(1)
    }

    fn fail(&mut self, context: &mut Context<'_, '_>, node: &str, errors: Vec<String>) {
        let text = if let [error] = &errors[..] { error.clone() } else { format!("[{}]", errors.join(", ")) };
        context.err(format!(
            "error: unable to drain node \"{node}\" due to error: {text}, continuing command...\n"
        ));
        self.pending.push(node.to_owned());
        self.fatal.extend(errors);
    }

    fn give_up(&mut self, context: &mut Context<'_, '_>, node: &str, left: &[Going]) {
        let timeout = go_duration(self.how.timeout_ms.unwrap_or(0));
        let error = |Going { namespace, name, .. }: &Going| {
            format!(
                "error when waiting for pod \"{name}\" in namespace \"{namespace}\" to terminate: global timeout reached: {timeout}"
            )
        };
        let errors: Vec<String> = left.iter().map(error).collect();
        context.err(format!(
            "There are pending pods in node \"{node}\" when an error occurred: {}\n",
            if let [error] = &errors[..] { error.clone() } else { format!("[{}]", errors.join(", ")) }
        ));
        for pod in left {
            context.err(format!("pod/{}\n", pod.name));
        }
        self.fail(context, node, errors);
    }

    /// Of these pods those that are not gone; of the others it says so.
    fn still_there(&self, context: &mut Context<'_, '_>, pods: Vec<Going>) -> Result<Vec<Going>, Failure> {
        let mut left = Vec::new();
        for pod in pods {
            match context.get(Kind::Pod, &pod.namespace, &pod.name) {
                Ok(object) if object.uid() == pod.uid => {
                    let deleted = object.meta().deletion_timestamp.as_ref();
                    let age_s = deleted.map_or(0, |at| time::ms_between(at.0, context.now()) / 1000);
                    let limit = self.how.skip_after_seconds;
                    if limit > 0 && age_s > limit {
                        context.out(format!(
                            "pod \"{}\" has DeletionTimestamp older than {limit} seconds, skipping\n",
                            pod.name
                        ));
                    } else {
                        left.push(pod);
                    }
                }
                Err(failure) if !failure.is_not_found() => return Err(failure),
                _ => {
                    let verb = if self.how.evict { "evicted" } else { "deleted" };
                    context.out(format!("pod/{} {}\n", pod.name, done(verb, self.how.dry_run)));
                }
            }
        }
        Ok(left)
    }

    /// Asks for the end of each pod of a node.
    fn begin(&mut self, context: &mut Context<'_, '_>, node: String) -> Result<(), Failure> {
        let pods = match self.choose(context, &node)? {
            Ok(pods) => pods,
            Err(errors) => {
                self.fail(context, &node, errors);
                return Ok(());
            }
        };
        self.until = self.how.timeout_ms.map(|ms| time::after_ms(context.now(), ms));
        let mut going = Vec::new();
        let mut errors = Vec::new();
        for pod in pods {
            let (namespace, name) = (pod.namespace().to_owned(), pod.name().to_owned());
            if self.how.evict {
                let suffix = if self.how.dry_run == DryRun::Client { " (dry run)" } else { "" };
                context.out(format!("evicting pod {namespace}/{name}{suffix}\n"));
            }
            if self.how.dry_run != DryRun::None {
                continue;
            }
            match context.call(self.removal(&pod)) {
                Err(failure) if failure.is_not_found() => {}
                Err(failure) => errors.push(format!(
                    "error when evicting pods/\"{name}\" -n \"{namespace}\": {}",
                    failure.error()
                )),
                Ok(_) => going.push(Going { namespace, name, uid: pod.uid().to_owned() }),
            }
        }
        if errors.is_empty() {
            self.going = Some((node, going));
        } else {
            self.fail(context, &node, errors);
        }
        Ok(())
    }

    fn removal(&self, pod: &Pod) -> Request {
        let grace = self.how.grace_period_seconds;
        if !self.how.evict {
            let options = DeleteOptions { grace_period_seconds: grace, ..Default::default() };
            return Request::new(Verb::Delete(options), Kind::Pod, pod.namespace(), pod.name());
        }
        let eviction = json!({
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod.name(), "namespace": pod.namespace()},
            "deleteOptions": {"gracePeriodSeconds": grace},
        });
        let verb = Verb::Create(Body::Json(eviction));
        Request::new(verb, Kind::Pod, pod.namespace(), pod.name()).of(Subresource::Eviction)
    }

    /// The pods of the node that go; or why none does (GetPodsForDeletion).
    fn choose(&self, context: &mut Context<'_, '_>, node: &str) -> Result<Chosen, Failure> {
        let options = ListOptions {
            labels: self.how.pods.clone(),
            fields: vec![("spec.nodeName".to_owned(), node.to_owned(), true)],
        };
        let (objects, _) = context.list(Kind::Pod, "", options)?;
        let (mut chosen, mut errors, mut warnings) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        for pod in objects.iter().filter_map(Pod::unwrap) {
            let place = format!("{}/{}", pod.namespace(), pod.name());
            match verdict(pod, &self.how) {
                Ok(warning) => {
                    chosen.push(pod.clone());
                    if let Some(text) = warning {
                        warnings.entry(text).or_insert_with(Vec::new).push(place);
                    }
                }
                Err(text) => errors.entry(text).or_insert_with(Vec::new).push(place),
            }
        }
        let line = |(text, places): (&str, Vec<String>)| format!("{text}: {}", places.join(", "));
        if !errors.is_empty() {
            return Ok(Err(errors.into_iter().map(line).collect()));
        }
        let warnings: Vec<String> = warnings.into_iter().map(line).collect();
        if !warnings.is_empty() {
            context.err(format!("Warning: {}\n", warnings.join("; ")));
        }
        Ok(Ok(chosen))
    }
}

/// Whether the pod may go, with a warning; or why not (the filters of kubectl/pkg/drain/filters.go).
fn verdict(pod: &Pod, how: &How) -> Result<Option<&'static str>, &'static str> {
    if is_pod_terminal(pod) {
        return Ok(None);
    }
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    let has_local_data = volumes.into_iter().any(|volume| volume.empty_dir.is_some());
    if has_local_data && !how.delete_local_data {
        return Err("cannot delete Pods with local storage (use --delete-emptydir-data to override)");
    }
    let is_managed = controller_of(pod.meta()).is_some();
    match (is_managed, how.force) {
        // That local data goes is said by a filter whose warning the next one drops.
        (true, _) => Ok(None),
        (false, true) => Ok(Some("deleting Pods that declare no controller")),
        (false, false) => Err("cannot delete Pods that declare no controller (use --force to override)"),
    }
}
