//! `kubectl set resources`.
//!
//! Models kubectl/pkg/cmd/set/set_resources.go and populateResourceListV1 of kubectl/pkg/generate/versioned/run.go.

use machinery::quantity::Quantity;
use serde_json::{Map, Value};

use super::super::{Call, Command, Next};
use super::{Change, SHARED, containers, objects, pod_spec};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, text};

const FLAGS: &[Flag] = &[
    text("containers", "Names of containers; * stands for anything").letter('c'),
    text("limits", "The most that a container may take: cpu=1,memory=1Gi"),
    text("requests", "What a container asks for: cpu=100m,memory=256Mi"),
];

pub(in super::super) const RESOURCES: Command = Command {
    name: "set resources",
    about: "Update resource requests/limits on objects with pod templates",
    usage: || {
        &[
            "kubectl set resources (-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS]",
            "kubectl set resources sts/myapp --requests=cpu=100m --limits=memory=256Mi",
        ]
    },
    flags: || &[SHARED, FLAGS, flags::TARGETS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let objects = objects(call, context, &parsed.args)?;
    if parsed.on("all") && parsed.text("selector").is_some_and(|text| !text.is_empty()) {
        return Err(Failure::message("cannot set --all and --selector at the same time"));
    }
    let (limits, requests) = (parsed.text("limits"), parsed.text("requests"));
    if limits.unwrap_or_default().is_empty() && requests.unwrap_or_default().is_empty() {
        return Err(Failure::message(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let wanted = [("limits", quantities(limits)?), ("requests", quantities(requests)?)];
    let names = parsed.text("containers").unwrap_or("*");
    let failed = "failed to patch resources update to pod template ";
    let change = Change { objects, operation: "resource requirements updated", failed, quiet: true };
    change.run(call, context, &mut |_, info, object| {
        let containers = match pod_spec(call, info, object) {
            Ok(spec) => containers(spec, names),
            Err(failure) => return vec![failure],
        };
        if containers.is_empty() {
            return vec![Failure::message(format!("error: unable to find container named {names}"))];
        }
        for container in containers {
            for (field, quantities) in &wanted {
                for (resource, quantity) in quantities {
                    container["resources"][field][resource] = quantity.clone();
                }
            }
        }
        Vec::new()
    })?;
    Ok(Next::Done)
}

fn quantities(spec: Option<&str>) -> Result<Map<String, Value>, Failure> {
    let mut quantities = Map::new();
    for statement in spec.filter(|spec| !spec.is_empty()).into_iter().flat_map(|spec| spec.split(',')) {
        let parts: Vec<&str> = statement.split('=').collect();
        let [resource, quantity] = parts.as_slice() else {
            return Err(Failure::message(format!(
                "Invalid argument syntax {statement}, expected <resource>=<value>"
            )));
        };
        let quantity = Quantity::parse(quantity).map_err(|error| Failure::message(error.to_string()))?;
        quantities.insert((*resource).to_owned(), quantity.to_string().into());
    }
    Ok(quantities)
}
