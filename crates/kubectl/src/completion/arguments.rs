//! The arguments of each command: types, names, `type/name`, fields.
//!
//! Models kubectl/pkg/util/completion/completion.go; the table is the `ValidArgsFunction` of each command.

use client::api::ListOptions;
use machinery::{Kind, Object};

use super::{Completions, Typed};
use crate::context::Context;
use crate::discovery;
use crate::explain;
use crate::flags::Parsed;
use crate::verbs::pods;

/// The types whose rollouts are told.
const ROLLED_OUT: &[&str] = &["deployment", "daemonset", "statefulset"];
/// The types that have replicas.
const SCALED: &[&str] = &["deployment", "replicaset", "replicationcontroller", "statefulset"];
/// The types with a pod template.
const WITH_TEMPLATES: &[&str] = &[
    "daemonsets",
    "deployments",
    "pods",
    "cronjobs",
    "replicasets",
    "replicationcontrollers",
    "statefulsets",
];
/// The types that a pod is found by.
const WITH_PODS: &[&str] = &[
    "daemonsets",
    "deployments",
    "pods",
    "jobs",
    "replicasets",
    "replicationcontrollers",
    "services",
    "statefulsets",
];

/// What may stand there as an argument.
pub(super) fn of(typed: &Typed<'_>, context: &mut Context<'_, '_>) -> Completions {
    let args = &typed.parsed.args;
    match typed.name.as_str() {
        "get"
        | "describe"
        | "delete"
        | "edit"
        | "label"
        | "annotate"
        | "patch"
        | "wait"
        | "apply view-last-applied" => types_and_names(typed, &[], true, context),
        "rollout status" => types_and_names(typed, ROLLED_OUT, false, context),
        "rollout history" | "rollout restart" | "rollout undo" => {
            types_and_names(typed, ROLLED_OUT, true, context)
        }
        "rollout pause" | "rollout resume" => types_and_names(typed, &["deployment"], true, context),
        "scale" | "autoscale" => types_and_names(typed, SCALED, true, context),
        "expose" => {
            let exposed = ["pod", "service", "replicationcontroller", "deployment", "replicaset"];
            types_and_names(typed, &exposed, true, context)
        }
        "set image" => types_and_names(typed, WITH_TEMPLATES, false, context),
        "set env" | "set resources" | "set serviceaccount" => {
            types_and_names(typed, WITH_TEMPLATES, true, context)
        }
        "taint" => types_and_names(typed, &["node"], true, context),
        "cordon" | "uncordon" | "drain" | "top node" if args.is_empty() => names(typed, "nodes", "", context),
        "top pod" if args.is_empty() => names(typed, "pods", "", context),
        "exec" if args.is_empty() => a_pod(typed, context),
        "logs" => match args.as_slice() {
            [] => a_pod(typed, context),
            [pod] => containers(&typed.parsed, pod, context).beginning("", typed.word),
            _ => Completions::default(),
        },
        "explain" if args.is_empty() => fields(typed, context),
        "config use-context" | "config set-context" | "config rename-context" | "config delete-context"
            if args.is_empty() =>
        {
            Completions::of(context.env.kubeconfig.contexts.keys()).beginning("", typed.word)
        }
        "config delete-cluster" if args.is_empty() => {
            Completions::of(context.env.kubeconfig.clusters.keys()).beginning("", typed.word)
        }
        "config delete-user" if args.is_empty() => {
            Completions::of(context.env.kubeconfig.users.keys()).beginning("", typed.word)
        }
        _ => Completions::default(),
    }
}

/// A type and then names, or `type/name` (`resourceTypeAndNameCompletionFunc`); without allowed types all of them.
fn types_and_names(
    typed: &Typed<'_>,
    allowed: &[&str],
    repeat: bool,
    context: &mut Context<'_, '_>,
) -> Completions {
    let args = &typed.parsed.args;
    let begins_with_type = args.first().filter(|first| !first.contains('/'));
    if let Some(word) = begins_with_type {
        let once = !repeat && args.len() > 1;
        return if once { Completions::default() } else { names(typed, word, "", context) };
    }
    if !repeat && !args.is_empty() {
        return Completions::default();
    }
    if let Some((word, _)) = typed.word.split_once('/') {
        return names(typed, word, &format!("{word}/"), context);
    }
    let types = if allowed.is_empty() {
        all_types(typed.word, context)
    } else {
        Completions::of(allowed.iter().copied())
    };
    let mut types = types.beginning("", typed.word);
    if !args.is_empty() {
        // Behind one `type/name` only others may stand.
        types.candidates.iter_mut().for_each(|candidate| candidate.text.push('/'));
        types.open = true;
    }
    types
}

/// Every type that can be read; the last one of a list such as `pods,svc`.
fn all_types(word: &str, context: &Context<'_, '_>) -> Completions {
    let before = word.rsplit_once(',').map_or("", |(before, _)| &word[..=before.len()]);
    let readable =
        discovery::all(context.env.features).filter(|of| of.verbs.split(',').any(|verb| verb == "get"));
    Completions::of(readable.map(|of| of.group_resource())).beginning(before, "")
}

/// The names of a type's objects that were not given yet, each behind `before`.
fn names(typed: &Typed<'_>, word: &str, before: &str, context: &mut Context<'_, '_>) -> Completions {
    let namespace = if typed.parsed.on("all-namespaces") { "" } else { typed.parsed.namespace() };
    let mut found = Vec::new();
    for kind in word.split(',').filter_map(Kind::from_resource) {
        let objects = context.list(kind, namespace, ListOptions::default()).map(|(objects, _)| objects);
        found.extend(objects.into_iter().flatten().map(|object| object.name().to_owned()));
    }
    let given = |text: &String| typed.parsed.args.contains(text);
    let mut names =
        Completions::of(found).beginning(before, typed.word.strip_prefix(before).unwrap_or_default());
    names.candidates.retain(|candidate| !given(&candidate.text));
    names
}

/// A pod, or something that has pods (`doPodResourceCompletion`).
fn a_pod(typed: &Typed<'_>, context: &mut Context<'_, '_>) -> Completions {
    if let Some((word, _)) = typed.word.split_once('/') {
        return names(typed, word, &format!("{word}/"), context);
    }
    let mut pods = names(typed, "pods", "", context);
    pods.open = pods.candidates.is_empty();
    let types = Completions::of(WITH_PODS.iter().map(|name| format!("{name}/"))).beginning("", typed.word);
    pods.candidates.extend(types.candidates);
    pods
}

/// The containers of the pod that a word names, those that run first in front.
pub(super) fn containers(parsed: &Parsed, pod: &str, context: &mut Context<'_, '_>) -> Completions {
    let found = pods::pods_of(parsed, context, &[pod.to_owned()], pods::ATTACH).unwrap_or_default();
    let Some(Object::Pod(pod)) = found.first() else { return Completions::default() };
    let spec = pod.spec.iter();
    let init = spec.clone().flat_map(|spec| spec.init_containers.iter().flatten());
    Completions::of(
        init.chain(spec.flat_map(|spec| &spec.containers)).map(|container| container.name.as_str()),
    )
}

/// A type, or with the schema at hand the fields of what was typed.
fn fields(typed: &Typed<'_>, context: &mut Context<'_, '_>) -> Completions {
    let Some((path, begun)) = typed.word.rsplit_once('.') else {
        let types =
            discovery::all(context.env.features).filter(|of| of.verbs.split(',').any(|verb| verb == "get"));
        return Completions {
            open: true,
            ..Completions::of(types.map(|of| of.plural)).beginning("", typed.word)
        };
    };
    let Some(schema) = context.env.schema.get() else { return Completions::default() };
    let features = context.env.features;
    let Some((resource, path_of)) = explain::split(path, !typed.parsed.given("api-version"), features) else {
        return Completions::default();
    };
    let fields = explain::field_names(&schema, &resource, &path_of, features.version);
    Completions { open: true, ..Completions::of(fields).beginning(&format!("{path}."), begun) }
}
