//! Every command that kubectl has, in its groups: what `kubectl` alone prints, and where suggestions come from.
//!
//! Models kubectl/pkg/cmd/cmd.go (`NewKubectlCommand`) and kubectl/pkg/util/templates. Some of them are not simulated.

use machinery::version::Features;

/// A group's heading, and its commands with what they do.
type Group = (&'static str, &'static [(&'static str, &'static str)]);

const GROUPS: [Group; 8] = [
    (
        "Basic Commands (Beginner)",
        &[
            ("create", "Create a resource from a file or from stdin"),
            (
                "expose",
                "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
            ),
            ("run", "Run a particular image on the cluster"),
            ("set", "Set specific features on objects"),
        ],
    ),
    (
        "Basic Commands (Intermediate)",
        &[
            ("explain", "Get documentation for a resource"),
            ("get", "Display one or many resources"),
            ("edit", "Edit a resource on the server"),
            (
                "delete",
                "Delete resources by file names, stdin, resources and names, or by resources and label selector",
            ),
        ],
    ),
    (
        "Deploy Commands",
        &[
            ("rollout", "Manage the rollout of a resource"),
            ("scale", "Set a new size for a deployment, replica set, or replication controller"),
            ("autoscale", "Auto-scale a deployment, replica set, stateful set, or replication controller"),
        ],
    ),
    (
        "Cluster Management Commands",
        &[
            ("certificate", "Modify certificate resources"),
            ("cluster-info", "Display cluster information"),
            ("top", "Display resource (CPU/memory) usage"),
            ("cordon", "Mark node as unschedulable"),
            ("uncordon", "Mark node as schedulable"),
            ("drain", "Drain node in preparation for maintenance"),
            ("taint", "Update the taints on one or more nodes"),
        ],
    ),
    (
        "Troubleshooting and Debugging Commands",
        &[
            ("describe", "Show details of a specific resource or group of resources"),
            ("logs", "Print the logs for a container in a pod"),
            ("attach", "Attach to a running container"),
            ("exec", "Execute a command in a container"),
            ("port-forward", "Forward one or more local ports to a pod"),
            ("proxy", "Run a proxy to the Kubernetes API server"),
            ("cp", "Copy files and directories to and from containers"),
            ("auth", "Inspect authorization"),
            ("debug", "Create debugging sessions for troubleshooting workloads and nodes"),
            ("events", "List events"),
        ],
    ),
    (
        "Advanced Commands",
        &[
            ("diff", "Diff the live version against a would-be applied version"),
            ("apply", "Apply a configuration to a resource by file name or stdin"),
            ("patch", "Update fields of a resource"),
            ("replace", "Replace a resource by file name or stdin"),
            ("wait", "Wait for a specific condition on one or many resources"),
            ("kustomize", "Build a kustomization target from a directory or URL"),
        ],
    ),
    (
        "Settings Commands",
        &[
            ("label", "Update the labels on a resource"),
            ("annotate", "Update the annotations on a resource"),
            (
                "completion",
                "Output shell completion code for the specified shell (bash, zsh, fish, or powershell)",
            ),
        ],
    ),
    (
        "Other Commands",
        &[
            ("api-resources", "Print the supported API resources on the server"),
            (
                "api-versions",
                "Print the supported API versions on the server, in the form of \"group/version\"",
            ),
            ("config", "Modify kubeconfig files"),
            ("kuberc", "Manage kuberc configuration files"),
            ("plugin", "Provides utilities for interacting with plugins"),
            ("version", "Print the client and server version information"),
        ],
    ),
];

/// What `kubectl` alone prints.
pub(super) fn text(features: Features) -> String {
    let about = "kubectl controls the Kubernetes cluster manager.\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/\n";
    about.to_owned() + &usage(features)
}

/// The same without what kubectl is.
pub(super) fn usage(features: Features) -> String {
    let mut text = String::new();
    for (heading, commands) in GROUPS {
        if heading == "Other Commands" {
            text.push_str("\nSubcommands provided by plugins:\n");
        }
        text.push_str(&format!("\n{heading}:\n"));
        for (name, about) in commands {
            if *name == "kuberc" && !features.wait_and_kuberc_are_settled() {
                continue;
            }
            let trial = if *name == "wait" && !features.wait_and_kuberc_are_settled() {
                "Experimental: "
            } else {
                ""
            };
            text.push_str(&format!("  {name:<15} {trial}{about}\n"));
        }
    }
    text + "\nUsage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more information about a given command.\nUse \"kubectl options\" for a list of global command-line options (applies to all commands).\n"
}

/// The names of all commands, in the order in which kubectl looks them through.
pub(super) fn names(features: Features) -> impl Iterator<Item = &'static str> {
    // Those of the last group are added in another order than they are shown.
    let others =
        ["config", "plugin", "version", "api-versions", "api-resources", "options", "kuberc", "help"];
    let grouped = GROUPS.iter().take(GROUPS.len() - 1).flat_map(|(_, commands)| commands.iter());
    let all = grouped.map(|(name, _)| *name).chain(others);
    all.filter(move |name| *name != "kuberc" || features.wait_and_kuberc_are_settled())
}
