//! `kubectl auth`: the page's user may do everything, others almost nothing.
//!
//! Models kubectl/pkg/cmd/auth (cani.go, whoami.go). Departs: rules are those that a cluster begins with.

use serde_json::{Value, json};

use super::{Call, Command, Next};
use crate::context::Context;
use crate::discovery;
use crate::failure::Failure;
use crate::flags::{self, Flag, switch};
use crate::impersonation::User;
use crate::kubeconfig::USER;
use crate::printers::output::Format;
use crate::printers::tabwriter::{TABLE, align};

/// Of the certificate that the page's user would have.
const CREDENTIAL: &str = "X509SHA256=1fff9379892978d95dae63f6b70956f38e523de9b10038865c854b3973883269";

/// What such a certificate is told as.
const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";
/// The groups of the page's user.
const GROUPS: [&str; 2] = ["system:masters", "system:authenticated"];

/// What may be done to resources, as far as kubectl knows.
const VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "impersonate",
    "*",
    "approve",
    "sign",
    "escalate",
    "attest",
];
/// The same of URLs.
const URL_VERBS: &[&str] = &["get", "put", "post", "head", "options", "delete", "patch", "*"];

/// What the roles cluster-admin, system:basic-user, system:discovery and system:public-info-viewer allow, as resource, URL
/// and verb (plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go), in the order in which kubectl sorts rules.
const RULES: &[(&str, &str, &str)] = &[
    ("*.*", "", "*"),
    ("", "*", "*"),
    ("selfsubjectreviews.authentication.k8s.io", "", "create"),
    ("selfsubjectaccessreviews.authorization.k8s.io", "", "create"),
    ("selfsubjectrulesreviews.authorization.k8s.io", "", "create"),
    ("", "/api/*", "get"),
    ("", "/api", "get"),
    ("", "/apis/*", "get"),
    ("", "/apis", "get"),
    ("", "/healthz", "get"),
    ("", "/healthz", "get"),
    ("", "/livez", "get"),
    ("", "/livez", "get"),
    ("", "/openapi/*", "get"),
    ("", "/openapi", "get"),
    ("", "/readyz", "get"),
    ("", "/readyz", "get"),
    ("", "/version/", "get"),
    ("", "/version/", "get"),
    ("", "/version", "get"),
    ("", "/version", "get"),
];

const FLAGS: &[Flag] = &[
    flags::ALL_NAMESPACES,
    flags::SUBRESOURCE,
    flags::NO_HEADERS,
    switch("quiet", "Answer by the exit status only").letter('q'),
    switch("list", "Every allowed action"),
];

pub(super) const CAN_I: Command = Command {
    name: "auth can-i",
    about: "Check whether an action is allowed",
    usage: || {
        &["kubectl auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL]", "kubectl auth can-i delete pods"]
    },
    flags: || &[FLAGS],
    run: can_i,
};

pub(super) const WHO_AM_I: Command = Command {
    name: "auth whoami",
    about: "Experimental: Check self subject attributes",
    usage: || &["kubectl auth whoami"],
    flags: || &[flags::FORMATS],
    run: who_am_i,
};

fn who_am_i(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let format = Format::parse(context, &call.parsed, "", false)?;
    if format != Format::Human {
        let review = review(context);
        return format.print_typed(context, &review).map(|()| Next::Done);
    }
    let rows = match &context.asking.acting {
        None => format!(
            "Username\t{USER}\nGroups\t[{}]\nExtra: {CREDENTIAL_ID}\t[{CREDENTIAL}]\n",
            GROUPS.join(" ")
        ),
        Some(user) => {
            let uid = if user.uid.is_empty() { String::new() } else { format!("UID\t{}\n", user.uid) };
            format!("Username\t{}\n{uid}Groups\t[{}]\n", user.name, user.groups.join(" "))
        }
    };
    context.out(align(&format!("ATTRIBUTE\tVALUE\n{rows}"), TABLE));
    Ok(Next::Done)
}

/// The SelfSubjectReview that the server answers with.
fn review(context: &Context<'_, '_>) -> Value {
    let user = match &context.asking.acting {
        None => json!({"username": USER, "groups": GROUPS, "extra": {CREDENTIAL_ID: [CREDENTIAL]}}),
        Some(user) => {
            let mut info = json!({"username": user.name, "groups": user.groups});
            if !user.uid.is_empty() {
                info["uid"] = user.uid.as_str().into();
            }
            info
        }
    };
    let now = context.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"creationTimestamp": now}, "status": {"userInfo": user},
    })
}

/// What whoever acts may do of [`RULES`]: only the first two are the administrator's.
fn rules(context: &Context<'_, '_>) -> &'static [(&'static str, &'static str, &'static str)] {
    let is_master = context.asking.acting.as_ref().is_none_or(User::is_master);
    if is_master { RULES } else { &RULES[2..] }
}

/// Whether one of the rules allows the verb with a type or a URL.
pub(super) fn is_allowed(context: &Context<'_, '_>, verb: &str, what: &str) -> bool {
    let word = what.split('/').next().unwrap_or_default().to_lowercase();
    let found = discovery::find(&word, context.env.features);
    let resource = found.map_or(word, |resource| resource.group_resource());
    rules(context).iter().any(|(resources, url, verbs)| {
        let covers = |wanted: &str| match wanted.strip_suffix('*') {
            Some(start) => what.starts_with(start),
            None => what == wanted,
        };
        let is_meant = if what.starts_with('/') {
            covers(url) && !url.is_empty()
        } else {
            *resources == "*.*" || *resources == resource && !resource.is_empty()
        };
        is_meant && (*verbs == "*" || *verbs == verb)
    })
}

fn can_i(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    let given = |flag: &str| parsed.text(flag).is_some_and(|text| !text.is_empty());
    if parsed.on("list") {
        return list(call, context, given("subresource"));
    }
    let [verb, what] = parsed.args.as_slice() else {
        return Err(Failure::message(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
        ));
    };
    if what.starts_with('/') {
        if given("subresource") {
            return Err(Failure::message("--subresource can not be used with NonResourceURL"));
        }
        warn_of_verb(context, verb, URL_VERBS);
    } else {
        warn_of_type(context, what.split('/').next().unwrap_or_default(), parsed.on("all-namespaces"));
        if !parsed.on("all-namespaces") {
            warn_of_verb(context, verb, VERBS);
        }
    }
    if parsed.on("no-headers") {
        return Err(Failure::message("--no-headers cannot be set without --list specified"));
    }
    let allowed = is_allowed(context, verb, what);
    if !parsed.on("quiet") {
        context.out(if allowed { "yes\n" } else { "no\n" });
    }
    Ok(if allowed { Next::Done } else { Next::Exit(1) })
}

fn warn_of_verb(context: &mut Context<'_, '_>, verb: &str, known: &[&str]) {
    if !known.contains(&verb) {
        context.err(format!("Warning: verb '{verb}' is not a known verb\n\n"));
    }
}

fn warn_of_type(context: &mut Context<'_, '_>, word: &str, all_namespaces: bool) {
    match discovery::find(&word.to_lowercase(), context.env.features) {
        // `*`, and what cannot be discovered
        None if matches!(word, "*" | "users" | "groups") => {}
        None => {
            let warning = match word.split_once('.') {
                Some((name, group)) => {
                    format!("the server doesn't have a resource type '{name}' in group '{group}'")
                }
                None => format!("the server doesn't have a resource type '{word}'"),
            };
            context.err(format!("Warning: {warning}\n\n"));
        }
        Some(resource) if !resource.namespaced && !all_namespaces => {
            let group = match resource.group {
                "" => String::new(),
                group => format!(" in group '{group}'"),
            };
            context
                .err(format!("Warning: resource '{}' is not namespace scoped{group}\n\n", resource.plural));
        }
        Some(_) => {}
    }
}

fn list(call: &Call, context: &mut Context<'_, '_>, of_part: bool) -> Result<Next, Failure> {
    let parsed = &call.parsed;
    if !parsed.args.is_empty() {
        return Err(Failure::message("list option must be specified with no arguments"));
    }
    if parsed.on("quiet") || parsed.on("all-namespaces") || of_part {
        return Err(Failure::message(
            "list option can't be specified with neither quiet, all-namespaces nor subresource options",
        ));
    }
    let header = "Resources\tNon-Resource URLs\tResource Names\tVerbs\n";
    let mut text = if parsed.on("no-headers") { String::new() } else { header.to_owned() };
    let rows =
        rules(context).iter().map(|(resource, url, verb)| format!("{resource}\t[{url}]\t[]\t[{verb}]\n"));
    text.extend(rows);
    context.out(align(&text, TABLE));
    Ok(Next::Done)
}
