//! `kubectl annotate`.
//!
//! Models kubectl/pkg/cmd/annotate/annotate.go.

use std::collections::BTreeMap;

use super::metadata::{self, Edit};
use super::rollout::CHANGE_CAUSE;
use super::{Call, Command, Next};
use crate::context::Context;
use crate::failure::Failure;

pub(super) const COMMAND: Command = Command {
    name: "annotate",
    about: "Update the annotations on a resource",
    usage: || {
        &[
            "kubectl annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N",
            "kubectl annotate sts myapp kubernetes.io/change-cause='image v2'",
            "kubectl annotate sts myapp note-",
        ]
    },
    flags: || metadata::SHARED,
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let (objects, pairs) = metadata::split(&call.parsed.args, "annotation")?;
    let (mut set, mut remove) = (BTreeMap::new(), Vec::new());
    for pair in &pairs {
        match pair.split_once('=') {
            Some((key, value)) => {
                set.insert(key.to_owned(), value.to_owned());
            }
            None => remove.push(pair.strip_suffix('-').unwrap_or(pair).to_owned()),
        }
    }
    let edit =
        Edit { field: "annotations", set, remove, check, clash, operation, manager: "kubectl-annotate" };
    metadata::run(call, context, &objects, &edit)?;
    Ok(Next::Done)
}

fn check(edit: &Edit) -> Result<(), Failure> {
    let both: Vec<&str> =
        edit.remove.iter().filter(|key| edit.set.contains_key(*key)).map(String::as_str).collect();
    if both.is_empty() {
        return Ok(());
    }
    Err(Failure::message(format!(
        "can not both modify and remove the following annotation(s) in the same command: {}",
        both.join(", ")
    )))
}

fn clash(edit: &Edit, current: &BTreeMap<String, String>) -> Vec<String> {
    let clashes: Vec<String> = edit
        .set
        .iter()
        .filter(|(key, _)| *key != CHANGE_CAUSE)
        .filter_map(|(key, value)| {
            let old = current.get(key).filter(|old| *old != value)?;
            Some(format!("'{key}' already has a value ({old})"))
        })
        .collect();
    if clashes.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "--overwrite is false but found the following declared annotation(s): {}",
        clashes.join("; ")
    )]
}

fn operation(_before: &str, _after: &str, _overwrite: bool) -> &'static str {
    "annotated"
}
