//! `kubectl set env`.
//!
//! Models kubectl/pkg/cmd/set/set_env.go and env/env_parse.go.

use machinery::{Object, names};
use serde_json::{Value, json};

use super::super::{Call, Command, Next};
use super::env_resolve::Listing;
use super::{Change, SHARED, containers, objects, pod_spec};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, each, list, switch, text};
use crate::go_value;
use crate::resource::{self, Info, Rules};

const FLAGS: &[Flag] = &[
    flags::OVERWRITE,
    text("containers", "Names of containers; * stands for anything").letter('c'),
    text("from", "A config map or secret to take variables from: cm/NAME"),
    text("prefix", "What stands before each name"),
    each("env", "A variable, as KEY=VALUE").letter('e'),
    list("keys", "Only these keys of --from"),
    switch("list", "Print the variables"),
    switch("resolve", "With --list: print the values that references stand for"),
];

pub(in super::super) const ENV: Command = Command {
    name: "set env",
    about: "Update environment variables on a pod template",
    usage: || {
        &[
            "kubectl set env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
            "kubectl set env sts/myapp COLOUR=blue",
            "kubectl set env sts/myapp COLOUR-",
            "kubectl set env sts/myapp --list --resolve",
            "env | kubectl set env -e - sts/myapp",
        ]
    },
    flags: || &[SHARED, FLAGS, flags::TARGETS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    if parsed.on("all") && parsed.text("selector").is_some_and(|text| !text.is_empty()) {
        return Err(Failure::message("cannot set --all and --selector at the same time"));
    }
    let (words, changes) = split(&parsed.args)?;
    if words.is_empty() && parsed.list("filename").is_empty() {
        return Err(Failure::message(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    let lists = parsed.on("list");
    if lists && parsed.given("output") {
        return Err(Failure::message("--list and --output may not be specified together"));
    }
    if !parsed.list("keys").is_empty() && !parsed.given("from") {
        return Err(Failure::message(
            "when specifying --keys, a configmap or secret must be provided with --from",
        ));
    }
    let mut all: Vec<&str> = parsed.each("env");
    all.extend(changes.iter().map(String::as_str));
    let (mut set, remove) = parse(&all, context.stdin)?;
    if let Some(from) = parsed.text("from").filter(|from| !from.is_empty()) {
        set.extend(referred(call, context, from)?);
    }
    if let Some(prefix) = parsed.text("prefix") {
        for variable in &mut set {
            let name = format!("{prefix}{}", variable["name"].as_str().unwrap_or_default());
            variable["name"] = name.into();
        }
    }
    let names = parsed.text("containers").unwrap_or("*");
    let overwrite = parsed.on_or("overwrite", true);
    let objects = objects(call, context, &words)?;
    let failed = "failed to patch env update to pod template: ";
    let listing = lists.then(|| Listing { resolve: parsed.on("resolve"), namespace: parsed.namespace() });
    let change = Change { objects, operation: "env updated", failed, quiet: true };
    change.run(call, context, &mut |context, info, object| {
        let before = object.clone();
        let edited = pod_spec(call, info, object)
            .and_then(|spec| edit(context, info, spec, names, &set, &remove, overwrite));
        let Some(listing) = &listing else {
            return edited.map_or_else(|failure| vec![failure], |_| Vec::new());
        };
        // What only lists, changes nothing and keeps quiet about what it cannot list.
        for container in edited.unwrap_or_default() {
            listing.print(context, info, &before, &container);
        }
        *object = before;
        Vec::new()
    })?;
    Ok(Next::Done)
}

// SplitEnvironmentFromResources
fn split(args: &[String]) -> Result<(Vec<String>, Vec<String>), Failure> {
    let is_change = |word: &String| word.contains('=') || word.ends_with('-');
    let first = args.iter().position(is_change).unwrap_or(args.len());
    let (words, changes) = args.split_at(first);
    if !changes.iter().all(is_change) {
        let args = args.join(" ");
        return Err(Failure::message(format!(
            "all resources must be specified before environment changes: {args}"
        )));
    }
    Ok((words.to_vec(), changes.to_vec()))
}

type Changes = (Vec<Value>, Vec<String>);

// ParseEnv; `-` stands for the lines of standard input.
fn parse(changes: &[&str], stdin: Option<&str>) -> Result<Changes, Failure> {
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for change in changes {
        if *change == "-" {
            let lines =
                stdin.unwrap_or_default().lines().map(|line| line.split('#').next().unwrap_or_default());
            for (name, value) in lines.filter_map(|line| line.split_once('=')) {
                set.push(variable(name, value)?);
            }
        } else if let Some((name, value)) = change.split_once('=') {
            set.push(variable(name, value)?);
        } else if let Some(name) = change.strip_suffix('-') {
            remove.push(name.to_owned());
        } else {
            return Err(Failure::message(format!("unknown environment variable: {change}")));
        }
    }
    if remove.iter().any(|name| set.iter().any(|variable| variable["name"] == name.as_str())) {
        return Err(Failure::message(
            "can not both modify and remove the same environment variable in the same command",
        ));
    }
    Ok((set, remove))
}

fn variable(name: &str, value: &str) -> Result<Value, Failure> {
    let why = names::env_var_name(name);
    if why.is_empty() {
        return Ok(json!({"name": name, "value": value}));
    }
    let name = go_value::quote(name);
    Err(Failure::message(format!("{name} is not a valid key name: {}", why.join(";"))))
}

/// References to every key of a config map or secret.
fn referred(call: &Call, context: &mut Context<'_, '_>, from: &str) -> Result<Vec<Value>, Failure> {
    let rules = Rules { no_selectors: true, type_means_all: call.parsed.on("all"), ..Rules::default() };
    let targets = resource::targets(context, &call.parsed, &[from.to_owned()], rules)?;
    let wanted = call.parsed.list("keys");
    let mut variables = Vec::new();
    for found in resource::objects(context, &targets) {
        let (info, object) = found?;
        let (keys, reference): (Vec<String>, &str) = match &object {
            Object::ConfigMap(map) => {
                (map.data.iter().flatten().map(|(key, _)| key.clone()).collect(), "configMapKeyRef")
            }
            Object::Secret(secret) => {
                (secret.data.iter().flatten().map(|(key, _)| key.clone()).collect(), "secretKeyRef")
            }
            _ => return Err(Failure::message("unsupported resource specified in --from")),
        };
        for key in keys.into_iter().filter(|key| wanted.is_empty() || wanted.contains(&key.as_str())) {
            let valid = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
            let name: String = key.chars().map(valid).collect();
            if name != key {
                context.err(format!("Warning: key {key} transferred to {name}\n"));
            }
            variables.push(json!({"name": name, "valueFrom": {reference: {"name": info.name, "key": key}}}));
        }
    }
    Ok(variables)
}

/// Changes the containers; how they are then comes back.
fn edit(
    context: &mut Context<'_, '_>,
    info: &Info,
    spec: &mut Value,
    names: &str,
    set: &[Value],
    remove: &[String],
    overwrite: bool,
) -> Result<Vec<Value>, Failure> {
    let containers = containers(spec, names);
    if containers.is_empty() {
        let (kind, name) = (info.kind.name(), &info.name);
        let names = go_value::quote(names);
        context.err(format!("Warning: {kind}/{name} does not have any containers matching {names}\n"));
    }
    let mut changed = Vec::new();
    for container in containers {
        let before = container["env"].as_array().cloned().unwrap_or_default();
        if !overwrite {
            refuse_overwrites(info, &before, set)?;
        }
        let after = update(&before, set, remove);
        match container.as_object_mut() {
            Some(fields) if after.is_empty() => drop(fields.remove("env")),
            Some(fields) => drop(fields.insert("env".to_owned(), Value::Array(after))),
            None => {}
        }
        changed.push(container.clone());
    }
    Ok(changed)
}

fn refuse_overwrites(info: &Info, before: &[Value], set: &[Value]) -> Result<(), Failure> {
    for variable in set {
        let name = &variable["name"];
        let old = before.iter().find(|old| old["name"] == *name && old["value"] != variable["value"]);
        if let Some(old) = old {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (resource, object) = (info.kind.info().plural, &info.name);
            return Err(Failure::message(format!(
                "error: {resource}/{object} '{}' already has a value ({}), and --overwrite is false\n",
                text(name),
                text(&old["value"])
            )));
        }
    }
    Ok(())
}

// updateEnv: what is there keeps its place, what is new comes last.
fn update(before: &[Value], set: &[Value], remove: &[String]) -> Vec<Value> {
    let is_removed = |variable: &Value| remove.iter().any(|name| variable["name"] == name.as_str());
    let newer = |variable: &Value| set.iter().find(|new| new["name"] == variable["name"]);
    let mut after: Vec<Value> = Vec::new();
    for variable in before.iter().chain(set) {
        let is_there = after.iter().any(|other| other["name"] == variable["name"]);
        if !is_removed(variable) && !is_there {
            after.push(newer(variable).unwrap_or(variable).clone());
        }
    }
    after
}
