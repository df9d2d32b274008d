//! The values of flags: formats, namespaces, containers, files, revisions.

use client::api::ListOptions;
use machinery::Kind;
use machinery::version::Features;

use super::{Completions, Typed, arguments};
use crate::context::Context;
use crate::discovery;
use crate::flags::{Flag, Parsed};
use crate::printers::output;
use crate::resource::{self, Rules};
use crate::verbs::rollout::history::Revisions;

/// What may stand as the flag's value that begins so; `before` stands in front of it in the same word.
pub(super) fn of(
    typed: &Typed<'_>,
    flag: &Flag,
    before: &str,
    value: &str,
    context: &mut Context<'_, '_>,
) -> Completions {
    let known = match (flag.name, typed.name.as_str()) {
        (
            "filename"
            | "from-file"
            | "from-env-file"
            | "patch-file"
            | "kubeconfig"
            | "certificate-authority"
            | "client-certificate"
            | "client-key",
            _,
        ) => {
            return Completions { files_after: Some(before.to_owned()), ..Completions::default() };
        }
        ("namespace", _) => namespaces(context),
        ("context", _) => Completions::of(context.env.kubeconfig.contexts.keys()),
        ("cluster", _) => Completions::of(context.env.kubeconfig.clusters.keys()),
        ("user", _) => Completions::of(context.env.kubeconfig.users.keys()),
        ("output", command) => Completions::of(formats(command, context.env.features)),
        ("container", _) => match typed.parsed.args.first() {
            Some(pod) => arguments::containers(&typed.parsed, pod, context),
            None => Completions::default(),
        },
        ("revision" | "to-revision", _) => revisions(&typed.parsed, context),
        ("api-version", "explain") => Completions::of(discovery::versions(context.env.features)),
        (name, command) => Completions::of(fixed(name, command).iter().copied()),
    };
    known.beginning(before, value)
}

/// The values of flags that are always the same.
fn fixed(flag: &str, command: &str) -> &'static [&'static str] {
    match (flag, command) {
        ("dry-run", _) => &["none", "server", "client"],
        ("validate", _) => &["strict", "warn", "ignore"],
        ("cascade", _) => &["background", "orphan", "foreground"],
        ("subresource", _) => &["status", "scale", "resize"],
        ("type", "patch") => &["json", "merge", "strategic"],
        ("restart", "run") => &["Always", "OnFailure", "Never"],
        ("for", "wait") => &["condition=", "create", "delete", "jsonpath="],
        ("sort-by", "api-resources") => &["name", "kind"],
        _ => &[],
    }
}

/// The values of `-o`.
fn formats(command: &str, features: Features) -> Vec<&'static str> {
    match command {
        "explain" => vec!["plaintext", "plaintext-openapiv2"],
        "version" | "edit" | "apply view-last-applied" => vec!["json", "yaml"],
        "delete" | "config get-contexts" => vec!["name"],
        "api-resources" => vec!["name", "wide"],
        command => output::allowed_formats(command == "get", features),
    }
}

fn namespaces(context: &mut Context<'_, '_>) -> Completions {
    let found = context.list(Kind::Namespace, "", ListOptions::default()).map(|(found, _)| found);
    Completions::of(found.into_iter().flatten().map(|object| object.name().to_owned()))
}

/// The numbers of the revisions of the workload that the arguments name.
fn revisions(parsed: &Parsed, context: &mut Context<'_, '_>) -> Completions {
    let Ok(targets) = resource::targets(context, parsed, &parsed.args, Rules::default()) else {
        return Completions::default();
    };
    let found = resource::objects(context, &targets).into_iter().next();
    let Some(Ok((_, object))) = found else { return Completions::default() };
    let numbers = Revisions::of(context, &object).map(|revisions| revisions.numbers()).unwrap_or_default();
    Completions::of(numbers.iter().map(i64::to_string))
}
