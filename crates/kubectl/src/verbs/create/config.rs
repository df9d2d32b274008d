//! `kubectl create configmap` and `kubectl create secret generic`.
//!
//! Models kubectl/pkg/cmd/create/{create_configmap,create_secret}.go and kubectl/pkg/util/util.go
//! (`ParseFileSource`, `ParseLiteralSource`).

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use machinery::Kind;
use serde_json::json;

use super::super::writing::Writing;
use super::super::{Call, Command, Next};
use super::generated::{create, name, object};
use super::{MANAGER, SHARED};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, each, list, switch, text};

const SOURCES: &[Flag] = &[
    list("from-file", "A file, as FILE or KEY=FILE"),
    each("from-literal", "A value, as KEY=VALUE"),
    list("from-env-file", "A file with lines KEY=VALUE"),
    switch("append-hash", "Add a hash to the name; not simulated"),
];

pub(in super::super) const CONFIG_MAP: Command = Command {
    name: "create configmap",
    about: "Create a config map from a local file, directory or literal value",
    usage: &[
        "kubectl create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1]",
        "kubectl create cm settings --from-literal=colour=blue",
    ],
    flags: &[SHARED, SOURCES, flags::FORMATS],
    run: config_map,
};

pub(in super::super) const SECRET: Command = Command {
    name: "create secret generic",
    about: "Create a secret from a local file, directory, or literal value",
    usage: &[
        "kubectl create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1]",
        "kubectl create secret generic door --from-literal=key=sesame",
    ],
    flags: &[SHARED, SOURCES, &[text("type", "The secret's type")], flags::FORMATS],
    run: secret,
};

fn config_map(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let name = name(call)?;
    let writing = Writing::of(call, context, MANAGER)?;
    let data = data(call, context, "ConfigMap", name)?;
    let mut value = object(call, Kind::ConfigMap, name);
    if !data.is_empty() {
        value["data"] = json!(data);
    }
    create(call, context, writing, Kind::ConfigMap, value, "failed to create configmap")?;
    Ok(Next::Done)
}

fn secret(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let name = name(call)?;
    let writing = Writing::of(call, context, MANAGER)?;
    let data: BTreeMap<String, ByteString> = data(call, context, "Secret", name)?
        .into_iter()
        .map(|(key, value)| (key, ByteString(value.into_bytes())))
        .collect();
    let mut value = object(call, Kind::Secret, name);
    if !data.is_empty() {
        value["data"] = json!(data);
    }
    if let Some(kind) = call.parsed.text("type").filter(|kind| !kind.is_empty()) {
        value["type"] = kind.into();
    }
    create(call, context, writing, Kind::Secret, value, "failed to create secret")?;
    Ok(Next::Done)
}

fn data(
    call: &Call,
    context: &Context<'_, '_>,
    kind: &str,
    name: &str,
) -> Result<BTreeMap<String, String>, Failure> {
    let parsed = &call.parsed;
    let (files, literals) = (parsed.list("from-file"), parsed.each("from-literal"));
    let env_files = parsed.list("from-env-file");
    if parsed.on("append-hash") {
        return Err(Failure::message("--append-hash is not simulated"));
    }
    if !env_files.is_empty() && (!files.is_empty() || !literals.is_empty()) {
        return Err(Failure::message("from-env-file cannot be combined with from-file or from-literal"));
    }
    let mut pairs = Vec::new();
    for source in files {
        let (key, path) = file_source(source)?;
        pairs.push((key.to_owned(), read(context, path)?.to_owned()));
    }
    for source in literals {
        let Some((key, value)) = source.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(Failure::message(format!("invalid literal source {source}, expected key=value")));
        };
        pairs.push((key.to_owned(), value.to_owned()));
    }
    for path in env_files {
        for line in read(context, path)?.lines().map(str::trim_start) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            // A name alone takes its value from the environment, which is empty here.
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            pairs.push((key.to_owned(), value.to_owned()));
        }
    }
    let mut data = BTreeMap::new();
    for (key, value) in pairs {
        check_key(&key, kind)?;
        if data.contains_key(&key) {
            return Err(Failure::message(format!(
                "cannot add key \"{key}\", another key by that name already exists in Data for {kind} \"{name}\""
            )));
        }
        data.insert(key, value);
    }
    Ok(data)
}

// ParseFileSource
fn file_source(source: &str) -> Result<(&str, &str), Failure> {
    match source.split('=').collect::<Vec<_>>().as_slice() {
        [path] => Ok((path.rsplit('/').next().unwrap_or_default(), path)),
        ["", path] => Err(Failure::message(format!("key name for file path {path} missing"))),
        [key, ""] => Err(Failure::message(format!("file path for key name {key} missing"))),
        [key, path] => Ok((key, path)),
        _ => Err(Failure::message("key names or file paths cannot contain '='")),
    }
}

fn read<'a>(context: &'a Context<'_, '_>, path: &str) -> Result<&'a str, Failure> {
    let name = path.strip_prefix("./").unwrap_or(path);
    context
        .env
        .files
        .read(name)
        .ok_or_else(|| Failure::message(format!("error reading {path}: no such file or directory")))
}

// validation.IsConfigMapKey
fn check_key(key: &str, kind: &str) -> Result<(), Failure> {
    let is_valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let why = if key.len() > 253 {
        "must be no more than 253 bytes"
    } else if key.is_empty() || !key.chars().all(is_valid) {
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
    } else if key == "." {
        "must not be '.'"
    } else if key == ".." {
        "must not be '..'"
    } else if key.starts_with("..") {
        "must not start with '..'"
    } else {
        return Ok(());
    };
    Err(Failure::message(format!("\"{key}\" is not a valid key name for a {kind}: {why}")))
}
