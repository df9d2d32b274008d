//! `kubectl autoscale`: said to be missing, once the command line is right.
//!
//! Models kubectl/pkg/cmd/autoscale/autoscale.go. Departs: no autoscaler is simulated.

use machinery::Kind;

use super::{Call, Command, Next, dry_run};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, int, text};
use crate::resource::{self, Rules};

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
    usage: || &["kubectl autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS"],
    flags: || &[FLAGS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    call.require(&["max"])?;
    dry_run(context, parsed)?;
    let (min, max) = (parsed.int("min").unwrap_or(-1), parsed.int("max").unwrap_or(-1));
    if max < 1 {
        return Err(Failure::message(format!(
            "--max=MAXPODS is required and must be at least 1, max: {max}"
        )));
    }
    if max < min {
        return Err(Failure::message(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {max}, min: {min}"
        )));
    }
    if parsed.int("cpu-percent").unwrap_or(-1) > 0 && parsed.text("cpu").is_some_and(|text| !text.is_empty())
    {
        return Err(Failure::message("--cpu-percent and --cpu are mutually exclusive"));
    }
    let targets = resource::targets(context, parsed, &parsed.args, Rules::default())?;
    for found in resource::objects(context, &targets) {
        let (info, _) = found?;
        if !matches!(info.kind, Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet) {
            let version = info.kind.api_version();
            let group_version =
                if version.contains('/') { version.to_owned() } else { format!("/{version}") };
            return Err(Failure::message(format!(
                "cannot autoscale a {}: could not find scale subresource for {group_version}, Resource={} in discovery information",
                info.kind.name(),
                info.kind.info().plural
            )));
        }
    }
    Err(Failure::message(
        "\"kubectl autoscale\" is not simulated here: nothing measures load; kubectl scale sets the number of pods",
    ))
}
