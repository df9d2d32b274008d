//! `kubectl apply --prune`: deletes what was applied once and is in no file any more.
//!
//! Models kubectl/pkg/cmd/apply/prune.go and kubectl/pkg/util/prune/prune.go.

use std::collections::BTreeSet;

use client::api::{DeleteOptions, ListOptions, Propagation, Request, Verb};
use machinery::Kind;
use serde_json::Value;

use super::DryRun;
use super::apply::last_applied;
use super::writing::Writing;
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::Parsed;
use crate::printers::report::Report;
use crate::resource::Info;
use crate::selector;

/// What is pruned if nothing else is said; of upstream's list the kinds that there are here, in its order.
const BY_DEFAULT: [Kind; 10] = [
    Kind::ConfigMap,
    Kind::Endpoints,
    Kind::PersistentVolumeClaim,
    Kind::Pod,
    Kind::Secret,
    Kind::Service,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::Namespace,
    Kind::PersistentVolume,
];

/// What was applied, which stays.
#[derive(Debug, Default)]
pub(super) struct Kept {
    uids: BTreeSet<String>,
    namespaces: BTreeSet<String>,
}

impl Kept {
    /// Keeps an object.
    pub fn add(&mut self, info: &Info, object: &Value) {
        self.uids.insert(object["metadata"]["uid"].as_str().unwrap_or_default().to_owned());
        if info.kind.is_namespaced() {
            self.namespaces.insert(info.namespace.clone());
        }
    }
}

/// Whether the flags go together (ApplyOptions.Validate).
///
/// # Errors
/// If they do not.
pub(super) fn check(parsed: &Parsed) -> Result<(), Failure> {
    let selects = parsed.text("selector").is_some_and(|text| !text.is_empty());
    let problem = if parsed.on("all") && selects {
        "cannot set --all and --selector at the same time"
    } else if !parsed.on("prune") {
        return Ok(());
    } else if parsed.on("force") {
        "--force cannot be used with --prune"
    } else if !parsed.on("all") && !selects {
        "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector"
    } else if parsed.on("server-side") {
        "--prune is in alpha and doesn't currently work on objects created by server-side apply"
    } else {
        return Ok(());
    };
    Err(Failure::message(problem))
}

/// Deletes what was applied to the same namespaces, fits the selector and is not kept.
///
/// # Errors
/// The server's.
pub(super) fn run(
    context: &mut Context<'_, '_>,
    parsed: &Parsed,
    writing: Writing<'_>,
    kept: &Kept,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut kinds = kinds(parsed)?;
    if kinds.is_empty() {
        kinds.extend(BY_DEFAULT);
        context.log("prune.go:71", "Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to target explicitly in the --prune-allowlist flag.");
    }
    let namespaced = |kind: &&Kind| kind.is_namespaced();
    for namespace in &kept.namespaces {
        for kind in kinds.iter().filter(namespaced) {
            prune(context, parsed, writing, kept, report, (*kind, namespace))?;
        }
    }
    for kind in kinds.iter().filter(|kind| !kind.is_namespaced()) {
        prune(context, parsed, writing, kept, report, (*kind, ""))?;
    }
    Ok(())
}

/// What `--prune-allowlist` names (prune.ParseResources).
///
/// # Errors
/// If one of them is no kind.
pub(super) fn kinds(parsed: &Parsed) -> Result<Vec<Kind>, Failure> {
    parsed.each("prune-allowlist").into_iter().map(kind).collect()
}

/// `GROUP/VERSION/KIND`, the group of the first kinds being `core`.
fn kind(text: &str) -> Result<Kind, Failure> {
    let [group, version, name] = text.split('/').collect::<Vec<_>>()[..] else {
        return Err(Failure::message(format!(
            "invalid GroupVersionKind format: {text}, please follow <group/version/kind>"
        )));
    };
    let api_version = if group == "core" { version.to_owned() } else { format!("{group}/{version}") };
    Kind::from_api(&api_version, name).ok_or_else(|| {
        Failure::message(format!("no matches for kind \"{name}\" in version \"{api_version}\""))
    })
}

fn prune(
    context: &mut Context<'_, '_>,
    parsed: &Parsed,
    writing: Writing<'_>,
    kept: &Kept,
    report: &mut Report,
    (kind, namespace): (Kind, &str),
) -> Result<(), Failure> {
    let labels = selector::parse_labels(parsed.text("selector").unwrap_or_default(), context.env.features);
    let options = ListOptions { labels: labels.map_err(Failure::message)?, fields: Vec::new() };
    let (objects, _) = context.list(kind, namespace, options)?;
    for object in objects.iter().filter(|object| last_applied(object).is_some()) {
        if kept.uids.contains(object.uid()) {
            continue;
        }
        let name = object.name().to_owned();
        let info = Info { kind, namespace: namespace.to_owned(), name, source: None };
        if writing.dry_run != DryRun::Client {
            let options = DeleteOptions {
                grace_period_seconds: parsed.int("grace-period").filter(|seconds| *seconds >= 0),
                propagation: Some(Propagation::Background),
                ..DeleteOptions::default()
            };
            let mut request = Request::new(Verb::Delete(options), kind, namespace, &info.name);
            request.dry_run = writing.dry_run == DryRun::Server;
            context.call(request)?;
        }
        let object = context.whole(object);
        report.done(context, &info, "pruned", &object)?;
    }
    Ok(())
}
