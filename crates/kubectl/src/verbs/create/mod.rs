//! `kubectl create -f FILE`, and `kubectl create TYPE NAME …` in the files beside this one.
//!
//! Models kubectl/pkg/cmd/create/create.go (`RunCreate`).

mod config;
mod deployment;
mod generated;
mod hash;
mod key_pair;
mod namespace;
mod secret;
mod service;
mod sources;

use super::raw::{self, Method};
use super::writing::{Writing, info_of, manifests, no_arguments};
use super::{Call, Command, DryRun, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch, text};
use crate::manifest::Manifest;
use crate::printers::report::Report;

pub(super) use config::CONFIG_MAP;
pub(super) use deployment::DEPLOYMENT;
pub(super) use generated::{OVERRIDES, object, overridden, send};
pub(super) use namespace::{NAMESPACE, SERVICE_ACCOUNT};
pub(super) use secret::{DOCKER_REGISTRY, GENERIC, TLS};
pub(super) use service::{CLUSTER_IP, EXTERNAL_NAME, LOAD_BALANCER, NODE_PORT};

/// Who writes.
const MANAGER: &str = "kubectl-create";

/// The flags of all of them.
const SHARED: &[Flag] = &[flags::DRY_RUN, flags::VALIDATE, flags::SAVE_CONFIG, flags::FIELD_MANAGER];

const FLAGS: &[Flag] = &[
    flags::SELECTOR,
    flags::RECORD,
    switch("edit", "Edit the manifest first; not simulated"),
    switch("windows-line-endings", "Line ends of the editor; has no effect here"),
    text("raw", "URI to send the manifest to, as it is"),
];

pub(super) const COMMAND: Command = Command {
    name: "create",
    about: "Create a resource from a file or from stdin",
    usage: || {
        &[
            "kubectl create -f FILENAME",
            "kubectl create -f stateful-demo.yaml",
            "cat pv.yaml | kubectl create -f -",
            "kubectl create service clusterip web --clusterip=None --tcp=80",
        ]
    },
    flags: || &[SHARED, FLAGS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    no_arguments(call)?;
    if let Some(uri) = call.parsed.text("raw").filter(|uri| !uri.is_empty()) {
        return raw::send(call, context, uri, Method::Post);
    }
    if call.parsed.on("edit") {
        return Err(Failure::message(
            "--edit is not simulated with create; kubectl edit changes what is there",
        ));
    }
    let writing = Writing::of(call, context, MANAGER)?;
    let mut report = Report::new(context, &call.parsed, writing.dry_run)?;
    let mut failures = Vec::new();
    for manifest in manifests(call, context, writing)? {
        let created = manifest.and_then(|mut manifest| {
            if call.parsed.on("save-config") {
                super::apply::annotate(&mut manifest.value);
            }
            create(context, &mut report, &manifest, writing)
        });
        failures.extend(created.err());
    }
    if report.count() == 0 && failures.is_empty() {
        return Err(Failure::message("no objects passed to create"));
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

fn create(
    context: &mut Context<'_, '_>,
    report: &mut Report,
    manifest: &Manifest,
    writing: Writing<'_>,
) -> Result<(), Failure> {
    let (mut info, object) = if writing.dry_run == DryRun::Client {
        (info_of(manifest), manifest.value.clone())
    } else {
        writing.create(context, manifest)?
    };
    info.source = None;
    report.done(context, &info, "created", &object)
}
