//! What the groups of commands print that are no commands themselves: `kubectl rollout`, `kubectl set`.
//!
//! Models the commands of kubectl/pkg/cmd whose Run is `DefaultSubCommandRun`, printed by kubectl/pkg/util/templates.
//! As of `kubectl` alone the words are mostly upstream's, since this is what a person gets who forgets the command.

use super::COMMANDS;
use crate::printers::tabwriter::{DESCRIBE, align};

/// A group of commands.
struct Group {
    name: &'static str,
    about: &'static str,
    /// What stands between that and the commands.
    more: &'static str,
    commands: &'static [(&'static str, &'static str)],
    /// How it is used, with the flags.
    usage: &'static str,
}

/// What a group prints, and where to.
pub(super) struct Printed {
    /// The text.
    pub text: String,
    /// Whether it goes to standard error where nobody asked for it.
    pub is_error: bool,
    /// Whether it is a mistake to name the group alone, or a command that it does not have.
    pub fails: bool,
}

/// What the group of this name prints.
pub(super) fn printed(name: &str) -> Printed {
    Printed {
        text: GROUPS.iter().find(|group| group.name == name).map_or_else(|| in_short(name), in_full),
        is_error: !["rollout", "certificate"].contains(&name),
        fails: name != "certificate",
    }
}

fn in_full(group: &Group) -> String {
    let Group { name, about, more, commands, usage } = group;
    // Names are padded to the longest, and at least to eleven (cobra's NamePadding).
    let width = commands.iter().map(|(name, _)| name.len()).fold(11, usize::max);
    let commands: String =
        commands.iter().map(|(name, about)| format!("  {name:<width$}   {about}\n")).collect();
    format!(
        "{about}\n\n{more}Available Commands:\n{commands}\nUsage:\n  kubectl {usage} [options]\n\nUse \"kubectl {name} <command> --help\" for more information about a given command.\nUse \"kubectl options\" for a list of global command-line options (applies to all commands).\n"
    )
}

/// In our own words, for those about which upstream writes at length.
fn in_short(name: &str) -> String {
    let prefix = format!("{name} ");
    let text: String = COMMANDS
        .iter()
        .filter_map(|command| Some(format!("  {}\t{}\n", command.name.strip_prefix(&prefix)?, command.about)))
        .collect();
    let commands = align(&text, DESCRIBE);
    format!(
        "Available Commands:\n{commands}\nUsage:\n  kubectl {name} COMMAND\n\nUse \"kubectl {name} COMMAND --help\" for more about a command.\n"
    )
}

const GROUPS: &[Group] = &[
    Group {
        name: "auth",
        about: "Inspect authorization.",
        more: "",
        commands: &[
            ("can-i", "Check whether an action is allowed"),
            (
                "reconcile",
                "Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects",
            ),
            ("whoami", "Experimental: Check self subject attributes"),
        ],
        usage: "auth [flags]",
    },
    Group {
        name: "certificate",
        about: "Modify certificate resources.",
        more: "",
        commands: &[
            ("approve", "Approve a certificate signing request"),
            ("deny", "Deny a certificate signing request"),
        ],
        usage: "certificate SUBCOMMAND",
    },
    Group {
        name: "create secret",
        about: "Create a secret with specified type.\n\n A docker-registry type secret is for accessing a container registry.\n\n A generic type secret indicate an Opaque secret type.\n\n A tls type secret holds TLS certificate and its associated key.",
        more: "",
        commands: &[
            ("docker-registry", "Create a secret for use with a Docker registry"),
            ("generic", "Create a secret from a local file, directory, or literal value"),
            ("tls", "Create a TLS secret"),
        ],
        usage: "create secret (docker-registry | generic | tls)",
    },
    Group {
        name: "create service",
        about: "Create a service using a specified subcommand.",
        more: "Aliases:\nservice, svc\n\n",
        commands: &[
            ("clusterip", "Create a ClusterIP service"),
            ("externalname", "Create an ExternalName service"),
            ("loadbalancer", "Create a LoadBalancer service"),
            ("nodeport", "Create a NodePort service"),
        ],
        usage: "create service [flags]",
    },
    Group {
        name: "rollout",
        about: "Manage the rollout of one or many resources.\n        \n Valid resource types include:\n\n  *  deployments\n  *  daemonsets\n  *  statefulsets",
        more: "Examples:\n  # Rollback to the previous deployment\n  kubectl rollout undo deployment/abc\n  \n  # Check the rollout status of a daemonset\n  kubectl rollout status daemonset/foo\n  \n  # Restart a deployment\n  kubectl rollout restart deployment/abc\n  \n  # Restart deployments with the 'app=nginx' label\n  kubectl rollout restart deployment --selector=app=nginx\n\n",
        commands: &[
            ("history", "View rollout history"),
            ("pause", "Mark the provided resource as paused"),
            ("restart", "Restart a resource"),
            ("resume", "Resume a paused resource"),
            ("status", "Show the status of the rollout"),
            ("undo", "Undo a previous rollout"),
        ],
        usage: "rollout SUBCOMMAND",
    },
    Group {
        name: "set",
        about: "Configure application resources.\n\n These commands help you make changes to existing application resources.",
        more: "",
        commands: &[
            ("env", "Update environment variables on a pod template"),
            ("image", "Update the image of a pod template"),
            ("resources", "Update resource requests/limits on objects with pod templates"),
            ("selector", "Set the selector on a resource"),
            ("serviceaccount", "Update the service account of a resource"),
            (
                "subject",
                "Update the user, group, or service account in a role binding or cluster role binding",
            ),
        ],
        usage: "set SUBCOMMAND",
    },
];
