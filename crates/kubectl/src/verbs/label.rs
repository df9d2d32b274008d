//! `kubectl label`.
//!
//! Models kubectl/pkg/cmd/label/label.go.

use std::collections::BTreeMap;

use machinery::names;
use machinery::version::Features;

use super::metadata::{self, Edit};
use super::{Call, Command, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::go_value;

pub(super) const COMMAND: Command = Command {
    name: "label",
    about: "Update the labels on a resource",
    usage: || {
        &[
            "kubectl label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N",
            "kubectl label pod myapp-0 tier=db",
            "kubectl label pod myapp-0 tier-",
        ]
    },
    flags: || metadata::SHARED,
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let (objects, pairs) = metadata::split(&call.parsed.args, "label")?;
    let (set, remove) = parse(&pairs, context.env.features)?;
    let edit =
        Edit { field: "labels", set, remove, check: |_| Ok(()), clash, operation, manager: "kubectl-label" };
    metadata::run(call, context, &objects, &edit)?;
    Ok(Next::Done)
}

fn parse(pairs: &[String], features: Features) -> Result<(BTreeMap<String, String>, Vec<String>), Failure> {
    let (mut set, mut remove) = (BTreeMap::new(), Vec::new());
    for pair in pairs {
        match pair.split('=').collect::<Vec<_>>().as_slice() {
            [key, value] => {
                let errors = names::label_value(value, features);
                if !errors.is_empty() {
                    let (pair, errors) = (go_value::quote(pair), errors.join(";"));
                    return Err(Failure::message(format!("invalid label value: {pair}: {errors}")));
                }
                set.insert((*key).to_owned(), (*value).to_owned());
            }
            [key] => remove.push(key.strip_suffix('-').unwrap_or(key).to_owned()),
            _ => return Err(Failure::message(format!("invalid label spec: {pair}"))),
        }
    }
    if remove.iter().any(|key| set.contains_key(key)) {
        return Err(Failure::message("can not both modify and remove a label in the same command"));
    }
    Ok((set, remove))
}

fn clash(edit: &Edit, current: &BTreeMap<String, String>) -> Vec<String> {
    let clash = |(key, value): (&String, &String)| {
        let old = current.get(key).filter(|old| *old != value)?;
        Some(format!("'{key}' already has a value ({old}), and --overwrite is false"))
    };
    edit.set.iter().filter_map(clash).collect()
}

fn operation(before: &str, after: &str, overwrite: bool) -> &'static str {
    if before == after {
        "not labeled"
    } else if !overwrite && after.len() < before.len() {
        "unlabeled"
    } else {
        "labeled"
    }
}
