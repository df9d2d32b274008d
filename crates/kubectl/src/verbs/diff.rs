//! `kubectl diff`: what an apply would change.
//!
//! Models kubectl/pkg/cmd/diff/diff.go, and GNU diff, which kubectl calls.

use machinery::{Kind, text_diff, yaml};
use serde_json::Value;

use super::apply;
use super::writing::{Writing, manifests};
use super::{Call, Command, DryRun, Next, TEMP_DIR};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, int, switch};
use crate::manifest::Manifest;

const MANAGER: &str = "kubectl-client-side-apply";

const FLAGS: &[Flag] = &[
    flags::SELECTOR,
    flags::FIELD_MANAGER,
    switch("server-side", "As apply --server-side would"),
    switch("force-conflicts", "As apply --force-conflicts would"),
    switch("show-managed-fields", "Compare managedFields, too"),
    switch("prune", "Objects that would go, too; not simulated"),
    int("concurrency", "How many objects to compare at once"),
];

pub(super) const COMMAND: Command = Command {
    name: "diff",
    about: "Diff the live version against a would-be applied version",
    usage: || &["kubectl diff -f FILENAME", "kubectl diff -f stateful-demo.yaml"],
    flags: || &[FLAGS, flags::FILES],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    if !call.parsed.args.is_empty() {
        let args = call.parsed.args.join(" ");
        return Err(call.usage(&format!("Unexpected args: [{args}]")));
    }
    let writing = Writing { dry_run: DryRun::Server, ..Writing::of(call, context, MANAGER)? };
    let mut files = Vec::new();
    for manifest in manifests(call, context, writing)? {
        files.push(compared(context, &manifest?, writing)?);
    }
    files.sort();
    // kubectl writes both sides to folders with random names.
    let number = context.now().as_millisecond().unsigned_abs() % 10_000_000_000;
    let time = context.now().strftime("%Y-%m-%d %H:%M:%S%.9f +0000").to_string();
    let mut differs = false;
    for (name, live, merged) in files.into_iter().filter(|(_, live, merged)| live != merged) {
        differs = true;
        let (old, new) =
            (format!("{TEMP_DIR}/LIVE-{number}/{name}"), format!("{TEMP_DIR}/MERGED-{number}/{name}"));
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let hunks = text_diff::unified(&lines(&live), &lines(&merged));
        context.out(format!("diff -u -N {old} {new}\n--- {old}\t{time}\n+++ {new}\t{time}\n{hunks}"));
    }
    Ok(if differs { Next::Exit(1) } else { Next::Done })
}

/// A file's name, and its text before and after.
fn compared(
    context: &mut Context<'_, '_>,
    manifest: &Manifest,
    writing: Writing<'_>,
) -> Result<(String, String, String), Failure> {
    let live = match context.get(manifest.kind, &manifest.namespace, &manifest.name) {
        Ok(object) => Some(object),
        Err(failure) if failure.is_not_found() => None,
        Err(failure) => return Err(failure),
    };
    let mut merged = match &live {
        Some(live) => {
            let merged = apply::merged(context, manifest, live, writing)?;
            context.whole(&merged)
        }
        None => writing.create(context, manifest)?.1,
    };
    let mut live = live.map(|object| context.whole(&object));
    if manifest.kind == Kind::Secret {
        mask(live.as_mut(), &mut merged);
    }
    let group = match manifest.kind.info().group {
        "" => String::new(),
        group => format!("{group}."),
    };
    let name = format!("{group}v1.{}.{}.{}", manifest.kind, manifest.namespace, manifest.name);
    Ok((name, live.map(|live| yaml::to_yaml(&live)).unwrap_or_default(), yaml::to_yaml(&merged)))
}

/// Hides what a secret holds, but not whether it changes.
fn mask(live: Option<&mut Value>, merged: &mut Value) {
    let mut none = Value::Null;
    let live = live.unwrap_or(&mut none);
    let before = live["data"].as_object().cloned().unwrap_or_default();
    let after = merged["data"].as_object().cloned().unwrap_or_default();
    let hide = |value: &mut Value,
                other: &serde_json::Map<String, Value>,
                own: &serde_json::Map<String, Value>,
                which: &str| {
        for (key, text) in value["data"].as_object_mut().into_iter().flatten() {
            let changes = other.get(key).is_some_and(|other| Some(other) != own.get(key));
            *text = if changes { format!("*** ({which})") } else { "***".to_owned() }.into();
        }
    };
    if live.is_object() {
        hide(live, &after, &before, "before");
    }
    hide(merged, &before, &after, "after");
}
