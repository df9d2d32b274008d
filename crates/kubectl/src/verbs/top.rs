//! `kubectl top`: no metrics server runs here, as in the cluster behind the recordings.
//!
//! Models kubectl/pkg/cmd/top.

use super::{Call, Command, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch, text};

const FLAGS: &[Flag] = &[
    flags::SELECTOR,
    flags::FIELD_SELECTOR,
    flags::ALL_NAMESPACES,
    flags::NO_HEADERS,
    text("sort-by", "cpu or memory"),
    switch("containers", "Each container on its own"),
    switch("sum", "The sum of all"),
    switch("show-capacity", "Of what the node has, not of what it offers"),
    switch("show-swap", "Swap, too"),
    switch("use-protocol-buffers", "How the metrics are asked for"),
];

pub(super) const POD: Command = Command {
    name: "top pod",
    about: "Display resource (CPU/memory) usage of pods",
    usage: &["kubectl top pod [NAME | -l label]"],
    flags: &[FLAGS],
    run,
};

pub(super) const NODE: Command = Command {
    name: "top node",
    about: "Display resource (CPU/memory) usage of nodes",
    usage: &["kubectl top node [NAME | -l label]"],
    flags: &[FLAGS],
    run,
};

fn run(call: &Call, _: &mut Context<'_, '_>) -> Result<Next, Failure> {
    if call.parsed.args.len() == 1 && call.parsed.text("selector").is_some_and(|text| !text.is_empty()) {
        return Err(call.usage("only one of NAME or --selector can be provided"));
    }
    if call.parsed.args.len() > 1 {
        return Err(call.usage(&call.parsed.args.join(" ")));
    }
    Err(Failure::message("Metrics API not available"))
}
