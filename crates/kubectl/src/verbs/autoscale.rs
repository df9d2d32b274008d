//! `kubectl autoscale`: said to be missing, once the command line is right.
//!
//! Models kubectl/pkg/cmd/autoscale/autoscale.go. Departs: no autoscaler is simulated.

use super::{Command, Next};
use crate::failure::Failure;
use crate::flags::{self, Flag, int, text};

const FLAGS: &[Flag] = &[
    flags::DRY_RUN,
    flags::SAVE_CONFIG,
    flags::FIELD_MANAGER,
    flags::RECORD,
    int("min", "The fewest pods"),
    int("max", "The most pods"),
    int("cpu-percent", "Share of the CPU to aim at"),
    text("cpu", "CPU to aim at"),
    text("memory", "Memory to aim at"),
    text("name", "Name of the autoscaler"),
];

pub(super) const COMMAND: Command = Command {
    name: "autoscale",
    about: "Auto-scale a deployment, replica set, stateful set, or replication controller",
    usage: &["kubectl autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS"],
    flags: &[FLAGS, flags::FILES, flags::FORMATS],
    run: |call, _| -> Result<Next, Failure> {
        call.require(&["max"])?;
        if call.parsed.int("max").is_some_and(|most| most < 1) {
            let text = format!(
                "--max=MAXPODS is required and must be at least 1, max: {}",
                call.parsed.int("max").unwrap_or(0)
            );
            return Err(Failure::Message(text));
        }
        Err(Failure::message("autoscalers are not simulated here; use kubectl scale"))
    },
};
