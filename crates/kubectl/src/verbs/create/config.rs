//! `kubectl create configmap`.
//!
//! Models kubectl/pkg/cmd/create/create_configmap.go.

use std::collections::BTreeMap;

use machinery::{Kind, names};
use serde_json::json;

use super::super::writing::Writing;
use super::super::{Call, Command, Next};
use super::generated::{create, name, object};
use super::sources::{self, SOURCES};
use super::{MANAGER, SHARED, hash};
use crate::context::Context;
use crate::failure::Failure;
use crate::{flags, go_value};

pub(in super::super) const CONFIG_MAP: Command = Command {
    name: "create configmap",
    about: "Create a config map from a local file, directory or literal value",
    usage: || {
        &[
            "kubectl create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1]",
            "kubectl create cm settings --from-literal=colour=blue",
        ]
    },
    flags: || &[SHARED, SOURCES, &[hash::APPEND], flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let name = name(call)?;
    let writing = Writing::of(call, context, MANAGER)?;
    sources::check(call)?;
    let mut data = BTreeMap::new();
    let mut add = |key: String, value: String| add(&mut data, name, key, value);
    sources::files(context, &call.parsed.list("from-file"), &mut add)?;
    sources::literals(call, &mut add)?;
    sources::env_files(call, context, &mut add)?;
    let mut value = object(call, Kind::ConfigMap, name);
    if call.parsed.on("append-hash") {
        value["metadata"]["name"] = hash::append(name, &hash::config_map(name, &data)).into();
    }
    if !data.is_empty() {
        value["data"] = json!(data);
    }
    create(call, context, writing, Kind::ConfigMap, value, "failed to create configmap: ")?;
    Ok(Next::Done)
}

// addKeyFromLiteralToConfigMap
fn add(data: &mut BTreeMap<String, String>, name: &str, key: String, value: String) -> Result<(), Failure> {
    let (wrong, quoted) = (names::config_map_key(&key), go_value::quote(&key));
    if !wrong.is_empty() {
        let why = wrong.join(",");
        return Err(Failure::message(format!("{quoted} is not a valid key name for a ConfigMap: {why}")));
    }
    if data.contains_key(&key) {
        let name = go_value::quote(name);
        return Err(Failure::message(format!(
            "cannot add key {quoted}, another key by that name already exists in Data for ConfigMap {name}"
        )));
    }
    data.insert(key, value);
    Ok(())
}
