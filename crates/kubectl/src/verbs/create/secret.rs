//! `kubectl create secret generic|tls|docker-registry`.
//!
//! Models kubectl/pkg/cmd/create/{create_secret,create_secret_tls,create_secret_docker}.go.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use machinery::{Kind, json, names};
use serde_json::json;

use super::super::writing::Writing;
use super::super::{Call, Command, Next};
use super::generated::{create, name, object};
use super::sources::{self, SOURCES};
use super::{MANAGER, SHARED, hash, key_pair};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, list, text};
use crate::go_value;

pub(in super::super) const GENERIC: Command = Command {
    name: "create secret generic",
    about: "Create a secret from a local file, directory, or literal value",
    usage: || {
        &[
            "kubectl create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1]",
            "kubectl create secret generic door --from-literal=key=sesame",
        ]
    },
    flags: || const { &[SHARED, SOURCES, &[text("type", "The secret's type"), hash::APPEND], flags::FORMATS] },
    run: generic,
};

const KEY_PAIR: &[Flag] = &[
    text("cert", "File with the certificate, as PEM"),
    text("key", "File with the private key of the certificate, as PEM"),
    hash::APPEND,
];

pub(in super::super) const TLS: Command = Command {
    name: "create secret tls",
    about: "Create a TLS secret",
    usage: || {
        &[
            "kubectl create secret tls NAME --cert=path/to/cert/file --key=path/to/key/file",
            "kubectl create secret tls web --cert=tls.crt --key=tls.key",
        ]
    },
    flags: || &[SHARED, KEY_PAIR, flags::FORMATS],
    run: tls,
};

const REGISTRY: &[Flag] = &[
    text("docker-username", "User of the registry"),
    text("docker-password", "Password of the user"),
    text("docker-email", "Email address of the user"),
    text("docker-server", "Address of the registry"),
    list("from-file", "Docker's own file instead"),
    hash::APPEND,
];

pub(in super::super) const DOCKER_REGISTRY: Command = Command {
    name: "create secret docker-registry",
    about: "Create a secret for use with a Docker registry",
    usage: || {
        &[
            "kubectl create secret docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source]",
            "kubectl create secret docker-registry hub --docker-username=me --docker-password=sesame",
        ]
    },
    flags: || &[SHARED, REGISTRY, flags::FORMATS],
    run: docker_registry,
};

/// The registry if none is said.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";
/// The one key of a secret for registries.
const DOCKER_CONFIG: &str = ".dockerconfigjson";

type Data = BTreeMap<String, ByteString>;

fn generic(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let name = name(call)?;
    let writing = Writing::of(call, context, MANAGER)?;
    sources::check(call)?;
    let mut data = Data::new();
    let mut add = |key, value| add(&mut data, key, value);
    sources::literals(call, &mut add)?;
    sources::files(context, &call.parsed.list("from-file"), &mut add)?;
    sources::env_files(call, context, &mut add)?;
    send(call, context, writing, name, call.parsed.text("type").unwrap_or_default(), data)
}

fn tls(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let name = name(call)?;
    let writing = Writing::of(call, context, MANAGER)?;
    let path = |flag: &str| call.parsed.text(flag).filter(|path| !path.is_empty());
    let (Some(key), Some(cert)) = (path("key"), path("cert")) else {
        return Err(Failure::message("key and cert must be specified"));
    };
    let read = |path: &str| {
        let missing = || format!("Cannot read file {path}, open {path}: no such file or directory");
        context.env.files.read(path).map(str::to_owned).ok_or_else(|| Failure::message(missing()))
    };
    let (cert, key) = (read(cert)?, read(key)?);
    key_pair::check(&cert, &key).map_err(Failure::message)?;
    let data = Data::from([
        ("tls.crt".to_owned(), ByteString(cert.into_bytes())),
        ("tls.key".to_owned(), ByteString(key.into_bytes())),
    ]);
    send(call, context, writing, name, "kubernetes.io/tls", data)
}

fn docker_registry(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let name = name(call)?;
    let writing = Writing::of(call, context, MANAGER)?;
    let files = call.parsed.list("from-file");
    let text = |flag: &str| call.parsed.text(flag).unwrap_or_default();
    let (user, password) = (text("docker-username"), text("docker-password"));
    let server = call.parsed.text("docker-server").unwrap_or(DOCKER_HUB);
    let mut data = Data::new();
    if !files.is_empty() {
        let named = |file: &&str| match file.contains('=') {
            true => (*file).to_owned(),
            false => format!("{DOCKER_CONFIG}={file}"),
        };
        let files: Vec<String> = files.iter().map(named).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        sources::files(context, &files, &mut |key, value| add(&mut data, key, value))?;
    } else if user.is_empty() || password.is_empty() || server.is_empty() {
        return Err(Failure::message(
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required",
        ));
    } else {
        let config = docker_config(server, user, password, text("docker-email"));
        data.insert(DOCKER_CONFIG.to_owned(), ByteString(config.into_bytes()));
    }
    send(call, context, writing, name, "kubernetes.io/dockerconfigjson", data)
}

// handleDockerCfgJSONContent; the fields are in the order of Go's struct.
fn docker_config(server: &str, user: &str, password: &str, email: &str) -> String {
    let both = ByteString(format!("{user}:{password}").into_bytes());
    let auth = json!(both).as_str().unwrap_or_default().to_owned();
    let fields = [("username", user), ("password", password), ("email", email), ("auth", &auth)];
    let fields: Vec<String> = fields
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("\"{key}\":{}", json::quote(value)))
        .collect();
    format!("{{\"auths\":{{{}:{{{}}}}}}}", json::quote(server), fields.join(","))
}

// addKeyFromLiteralToSecret
fn add(data: &mut Data, key: String, value: String) -> Result<(), Failure> {
    let wrong = names::config_map_key(&key);
    if !wrong.is_empty() {
        let (key, why) = (go_value::quote(&key), wrong.join(";"));
        return Err(Failure::message(format!("{key} is not valid key name for a Secret {why}")));
    }
    if data.contains_key(&key) {
        return Err(Failure::message(format!(
            "cannot add key {key}, another key by that name already exists"
        )));
    }
    data.insert(key, ByteString(value.into_bytes()));
    Ok(())
}

fn send(
    call: &Call,
    context: &mut Context<'_, '_>,
    writing: Writing<'_>,
    name: &str,
    kind: &str,
    data: Data,
) -> Result<Next, Failure> {
    let mut value = object(call, Kind::Secret, name);
    if call.parsed.on("append-hash") {
        value["metadata"]["name"] = hash::append(name, &hash::secret(name, kind, &data)).into();
    }
    if !data.is_empty() {
        value["data"] = json!(data);
    }
    if !kind.is_empty() {
        value["type"] = kind.into();
    }
    create(call, context, writing, Kind::Secret, value, "failed to create secret ")?;
    Ok(Next::Done)
}
