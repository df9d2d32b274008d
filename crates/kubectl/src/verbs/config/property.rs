//! `kubectl config set` and `unset`: a property by its path.
//!
//! Models kubectl/pkg/cmd/config (set.go, unset.go, navigation_step_parser.go). Departs: where upstream panics, or a value
//! would not be held here, it is refused.

use k8s_openapi::ByteString;
use machinery::decode::decode_base64;
use serde_json::{Value, json};

use super::{Call, Command, Next, names, set_server};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{Flag, parse_bool, switch};
use crate::go_value::quote;
use crate::kubeconfig::{Entries, Kubeconfig};

const RAW_BYTES: &[Flag] = &[switch("set-raw-bytes", "The value of a certificate or key is not in base64")];

pub(crate) const SET: Command = Command {
    name: "config set",
    about: "Set an individual value in a kubeconfig file",
    usage: || {
        &[
            "kubectl config set PROPERTY_NAME PROPERTY_VALUE",
            "kubectl config set contexts.kubernetes-admin@kubernetes.namespace shop",
        ]
    },
    flags: || &[RAW_BYTES],
    run: set,
};

pub(crate) const UNSET: Command = Command {
    name: "config unset",
    about: "Unset an individual value in a kubeconfig file",
    usage: || &["kubectl config unset PROPERTY_NAME", "kubectl config unset current-context"],
    flags: || &[],
    run: unset,
};

/// What a field holds.
#[derive(Clone, Copy, PartialEq)]
enum Type {
    Text,
    Bytes,
    Switch,
    /// What is not held here.
    Other,
}

use Type::{Bytes, Other, Switch, Text};

type Field = (&'static str, Type);

const CLUSTER: &[Field] = &[
    ("server", Text),
    ("tls-server-name", Text),
    ("insecure-skip-tls-verify", Switch),
    ("certificate-authority", Text),
    ("certificate-authority-data", Bytes),
    ("proxy-url", Text),
    ("disable-compression", Switch),
    ("extensions", Other),
];

const USER: &[Field] = &[
    ("client-certificate", Text),
    ("client-certificate-data", Bytes),
    ("client-key", Text),
    ("client-key-data", Bytes),
    ("token", Text),
    ("tokenFile", Text),
    ("act-as", Text),
    ("act-as-uid", Text),
    ("act-as-groups", Other),
    ("act-as-user-extra", Other),
    ("username", Text),
    ("password", Text),
    ("auth-provider", Other),
    ("exec", Other),
    ("extensions", Other),
];

const CONTEXT: &[Field] = &[("cluster", Text), ("user", Text), ("namespace", Text), ("extensions", Other)];

/// A path, understood.
enum Property {
    /// The current context.
    Current,
    /// All entries of a kind, one of them, or a field of it.
    Entries(Of, Option<String>, Option<Field>),
    /// What is written the same whatever it is set to.
    Constant,
    /// What is not held here.
    Other,
}

/// The entries of a kind.
type Of = fn(&mut Kubeconfig) -> &mut Entries;

impl Property {
    // newNavigationSteps
    fn parse(path: &str) -> Result<Property, Failure> {
        let (root, rest) = path.split_once('.').map_or((path, None), |(root, rest)| (root, Some(rest)));
        let too_far = || Failure::message(format!("unable to parse one or more field values of {path}"));
        let (of, fields): (Of, &[Field]) = match (root, rest) {
            ("clusters", _) => (|config| &mut config.clusters, CLUSTER),
            ("users", _) => (|config| &mut config.users, USER),
            ("contexts", _) => (|config| &mut config.contexts, CONTEXT),
            ("current-context", None) => return Ok(Property::Current),
            ("kind" | "apiVersion", None) => return Ok(Property::Constant),
            ("preferences" | "extensions", _) => return Ok(Property::Other),
            ("current-context" | "kind" | "apiVersion", _) => return Err(too_far()),
            _ => return Err(Failure::message(format!("unable to parse {path} after [] at api.Config"))),
        };
        let Some(rest) = rest else { return Ok(Property::Entries(of, None, None)) };
        // A name may have dots: it ends where a field begins.
        let parts: Vec<&str> = rest.split('.').collect();
        let field = |part: &str| fields.iter().find(|(name, _)| *name == part).copied();
        let end =
            parts.iter().skip(1).position(|part| field(part).is_some()).map_or(parts.len(), |at| at + 1);
        if parts.len() > end + 1 {
            return Err(too_far());
        }
        Ok(Property::Entries(of, Some(parts[..end].join(".")), parts.get(end).and_then(|part| field(part))))
    }
}

fn set(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let [path, value] = names(call, context, &SET)?;
    if value.is_empty() {
        return Err(Failure::message("you cannot use set to unset a property"));
    }
    must_name(path)?;
    let not_held = || Failure::message(format!("{} is not simulated here", quote(path)));
    match Property::parse(path)? {
        Property::Current => context.env.kubeconfig.current.clone_from(value),
        Property::Constant => {}
        Property::Other => return Err(not_held()),
        Property::Entries(of, Some(name), Some((field, holds))) => {
            let read = match holds {
                Text => value.as_str().into(),
                Bytes => bytes(value, call.parsed.on("set-raw-bytes"))?,
                Switch => parse_bool(value).map_err(Failure::message)?.into(),
                Other => return Err(not_held()),
            };
            let mut entry = of(context.env.kubeconfig).get(&name).cloned().unwrap_or_default();
            match field {
                "server" => set_server(&mut entry, value, context),
                field => entry.set(field, read),
            }
            of(context.env.kubeconfig).insert(name, entry);
        }
        Property::Entries(of, ..) => {
            // Go tells where each entry is in memory.
            let entries = of(context.env.kubeconfig).keys().map(|name| format!("{name}:0xc000000000"));
            let entries: Vec<String> = entries.collect();
            return Err(Failure::message(format!("can't set a map to a value: map[{}]", entries.join(" "))));
        }
    }
    context.out(format!("Property {} set.\n", quote(path)));
    Ok(Next::Done)
}

fn unset(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let [path] = names(call, context, &UNSET)?;
    must_name(path)?;
    let config = &mut *context.env.kubeconfig;
    match Property::parse(path)? {
        Property::Current => config.current.clear(),
        Property::Constant | Property::Other => {}
        Property::Entries(of, None, _) => of(config).clear(),
        Property::Entries(of, Some(name), None) => drop(of(config).remove(&name)),
        Property::Entries(of, Some(name), Some((field, _))) => {
            let Some(entry) = of(config).get_mut(&name) else {
                return Err(Failure::message(format!("current map key `{name}` is invalid")));
            };
            entry.set(field, "");
        }
    }
    context.out(format!("Property {} unset.\n", quote(path)));
    Ok(Next::Done)
}

fn must_name(path: &str) -> Result<(), Failure> {
    if path.is_empty() { Err(Failure::message("you must specify a property")) } else { Ok(()) }
}

/// A certificate or a key as it is written.
fn bytes(value: &str, raw: bool) -> Result<Value, Failure> {
    let wrong =
        |at| Failure::message(format!("error decoding input value: illegal base64 data at input byte {at}"));
    let content = if raw { value.as_bytes().to_vec() } else { decode_base64(value).map_err(wrong)? };
    Ok(json!(ByteString(content)))
}
