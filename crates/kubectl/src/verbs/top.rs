//! `kubectl top`: no metrics server runs here, as in the cluster behind the recordings.
//!
//! Models kubectl/pkg/cmd/top.

use super::{Call, Command, Next};
use crate::failure::Failure;
use crate::flags::{self, Flag, switch, text};

const FLAGS: &[Flag] = &[
    flags::SELECTOR,
    flags::NO_HEADERS,
    text("sort-by", "cpu or memory"),
    switch("show-swap", "Swap, too"),
    switch("use-protocol-buffers", "How the metrics are asked for"),
];

const POD_FLAGS: &[Flag] = &[
    flags::FIELD_SELECTOR,
    flags::ALL_NAMESPACES,
    switch("containers", "Each container on its own"),
    switch("sum", "The sum of all"),
];

const NODE_FLAGS: &[Flag] = &[switch("show-capacity", "Of what the node has, not of what it offers")];

pub(super) const POD: Command = Command {
    name: "top pod",
    about: "Display resource (CPU/memory) usage of pods",
    usage: || &["kubectl top pod [NAME | -l label]"],
    flags: || &[FLAGS, POD_FLAGS],
    run: |call, _| run(call, "pod [NAME | -l label]", "only one of NAME or selector can be provided"),
};

pub(super) const NODE: Command = Command {
    name: "top node",
    about: "Display resource (CPU/memory) usage of nodes",
    usage: || &["kubectl top node [NAME | -l label]"],
    flags: || &[FLAGS, NODE_FLAGS],
    run: |call, _| run(call, "node [NAME | -l label]", "only one of NAME or --selector can be provided"),
};

fn run(call: &Call, usage: &str, either: &str) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    if parsed.args.len() > 1 {
        return Err(call.usage(usage));
    }
    let given = |flag: &str| parsed.text(flag).filter(|text| !text.is_empty());
    if given("sort-by").is_some_and(|field| field != "cpu" && field != "memory") {
        return Err(Failure::message("--sort-by accepts only cpu or memory"));
    }
    if !parsed.args.is_empty() && (given("selector").is_some() || given("field-selector").is_some()) {
        return Err(Failure::message(either));
    }
    Err(Failure::message("Metrics API not available"))
}
