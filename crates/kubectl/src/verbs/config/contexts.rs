//! `kubectl config` about contexts: which there are, and making, changing, choosing and removing them.
//!
//! Models kubectl/pkg/cmd/config (current_context.go, get_contexts.go, set_context.go, use_context.go, rename_context.go,
//! delete_context.go).

use super::{Call, Command, FILE, Next, names};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch};
use crate::go_value::quote;
use crate::printers::tabwriter::{TABLE, align};
use crate::verbs::help;

/// What a context says, and the flags that say it.
const FIELDS: [&str; 3] = ["cluster", "user", "namespace"];

pub(crate) const CURRENT_CONTEXT: Command = Command {
    name: "config current-context",
    about: "Display the current-context",
    usage: || &["kubectl config current-context"],
    flags: || &[],
    run: |_, context| {
        let current = context.env.kubeconfig.current.clone();
        if current.is_empty() {
            return Err(Failure::message("current-context is not set"));
        }
        context.out(format!("{current}\n"));
        Ok(Next::Done)
    },
};

pub(crate) const GET_CONTEXTS: Command = Command {
    name: "config get-contexts",
    about: "Describe one or many contexts",
    usage: || &["kubectl config get-contexts [NAME...]"],
    flags: || &[&[flags::NO_HEADERS, flags::OUTPUT]],
    run: get_contexts,
};

const SET_FLAGS: &[Flag] = &[switch("current", "Change the current context")];

pub(crate) const SET_CONTEXT: Command = Command {
    name: "config set-context",
    about: "Set a context entry in kubeconfig",
    usage: || {
        &[
            "kubectl config set-context (NAME | --current) [--cluster=NAME] [--user=NAME] [--namespace=NAMESPACE]",
            "kubectl config set-context --current --namespace=default",
        ]
    },
    flags: || &[SET_FLAGS],
    run: set_context,
};

pub(crate) const USE_CONTEXT: Command = Command {
    name: "config use-context",
    about: "Set the current-context in a kubeconfig file",
    usage: || &["kubectl config use-context NAME"],
    flags: || &[],
    run: |call, context| {
        let [name] = names(call, context, &USE_CONTEXT)?;
        if name.is_empty() {
            return Err(Failure::message("empty context names are not allowed"));
        }
        if !context.env.kubeconfig.contexts.contains_key(name) {
            return Err(Failure::message(format!("no context exists with the name: {}", quote(name))));
        }
        context.env.kubeconfig.current = name.clone();
        context.out(format!("Switched to context {}.\n", quote(name)));
        Ok(Next::Done)
    },
};

pub(crate) const RENAME_CONTEXT: Command = Command {
    name: "config rename-context",
    about: "Rename a context from the kubeconfig file",
    usage: || &["kubectl config rename-context NAME NEW_NAME"],
    flags: || &[],
    run: rename_context,
};

pub(crate) const DELETE_CONTEXT: Command = Command {
    name: "config delete-context",
    about: "Delete the specified context from the kubeconfig",
    usage: || &["kubectl config delete-context NAME"],
    flags: || &[],
    run: delete_context,
};

fn get_contexts(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let names_only = match call.parsed.text("output").unwrap_or_default() {
        "" => false,
        "name" => true,
        other => {
            return Err(Failure::message(format!(
                "--output {other} is not available in kubectl config get-contexts; resetting to default output format"
            )));
        }
    };
    let config = &*context.env.kubeconfig;
    let mut wanted: Vec<&String> = match call.parsed.args.as_slice() {
        [] => config.contexts.keys().collect(),
        named => named.iter().collect(),
    };
    wanted.sort();
    let mut text = String::new();
    if !names_only && !call.parsed.on("no-headers") {
        text.push_str("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n");
    }
    let mut failures = Vec::new();
    for name in wanted {
        match config.contexts.get(name) {
            None => failures.push(Failure::message(format!("context {name} not found"))),
            Some(_) if names_only => text.push_str(&format!("{name}\n")),
            Some(entry) => {
                let mark = if *name == config.current { "*" } else { " " };
                let [cluster, user, namespace] = FIELDS.map(|field| entry.text(field));
                text.push_str(&format!("{mark}\t{name}\t{cluster}\t{user}\t{namespace}\n"));
            }
        }
    }
    context.out(align(&text, TABLE));
    Failure::all(failures).map(|()| Next::Done)
}

fn set_context(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let named = match parsed.args.as_slice() {
        [] => "",
        [name] => name.as_str(),
        _ => {
            let [name] = names(call, context, &SET_CONTEXT)?;
            name
        }
    };
    let config = &mut *context.env.kubeconfig;
    let name = match (named, parsed.on("current")) {
        ("", false) => {
            return Err(Failure::message("you must specify a non-empty context name or --current"));
        }
        ("", true) if config.current.is_empty() => {
            return Err(Failure::message("no current context is set"));
        }
        ("", true) => config.current.clone(),
        (_, true) => {
            return Err(Failure::message("you cannot specify both a context name and --current"));
        }
        (name, false) => name.to_owned(),
    };
    let done = if config.contexts.contains_key(&name) { "modified" } else { "created" };
    let entry = config.contexts.entry(name.clone()).or_default();
    for field in FIELDS {
        if let Some(value) = parsed.text(field) {
            entry.set(field, value);
        }
    }
    context.out(format!("Context {} {done}.\n", quote(&name)));
    Ok(Next::Done)
}

fn rename_context(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let [old, new] = names(call, context, &RENAME_CONTEXT)?;
    if new.is_empty() {
        return Err(Failure::message("You must specify a new non-empty context name"));
    }
    let (old_name, new_name) = (quote(old), quote(new));
    let config = &mut *context.env.kubeconfig;
    let Some(entry) = config.contexts.get(old).cloned() else {
        return Err(Failure::message(format!("cannot rename the context {old_name}, it's not in {FILE}")));
    };
    if config.contexts.contains_key(new) {
        return Err(Failure::message(format!(
            "cannot rename the context {old_name}, the context {new_name} already exists in {FILE}"
        )));
    }
    config.contexts.remove(old);
    config.contexts.insert(new.clone(), entry);
    if config.current == *old {
        config.current.clone_from(new);
    }
    context.out(format!("Context {old_name} renamed to {new_name}.\n"));
    Ok(Next::Done)
}

fn delete_context(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let [name] = call.parsed.args.as_slice() else {
        context.out(help::text(&DELETE_CONTEXT));
        return Ok(Next::Done);
    };
    if context.env.kubeconfig.contexts.remove(name).is_none() {
        return Err(Failure::message(format!("cannot delete context {name}, not in {FILE}")));
    }
    if context.env.kubeconfig.current == *name {
        context.err("warning: this removed your active context, use \"kubectl config use-context\" to select a different one\n");
    }
    context.out(format!("deleted context {name} from {FILE}\n"));
    Ok(Next::Done)
}
