//! The flags that several commands share, each described once. A flag of one command stands in that command's file.

use super::{Flag, duration, each, int, list, switch, text, text_or};

/// The flags of every command. Of those about the connection only who acts, the context and the timeout have an effect here.
pub(crate) const GLOBAL: &[Flag] = &[
    NAMESPACE,
    switch("help", "Show help for the command").letter('h'),
    text("request-timeout", "How long one request may take, such as 5s; a watch ends with it"),
    text("context", "Which context of the kubeconfig to use"),
    text("cluster", "Which cluster of the kubeconfig to use"),
    text("user", "Which user of the kubeconfig to use"),
    text("kubeconfig", "Which kubeconfig to use"),
    text("server", "Address of the API server").letter('s'),
    text("token", "Bearer token for the API server"),
    text("username", "User name for the API server"),
    text("password", "Password for the API server"),
    text("as", "User to act as"),
    list("as-group", "Group to act as"),
    text("as-uid", "UID to act as"),
    each("as-user-extra", "Extra attribute of the user to act as"),
    text("cache-dir", "Folder of the discovery cache"),
    text("certificate-authority", "Certificate of the authority"),
    text("client-certificate", "Certificate of the client"),
    text("client-key", "Key of the client"),
    switch("insecure-skip-tls-verify", "Do not check the server's certificate"),
    text("tls-server-name", "Name in the server's certificate"),
    switch("match-server-version", "Require the server to have the client's version"),
    switch("warnings-as-errors", "Fail where the server warns"),
    switch("disable-compression", "Do not compress answers"),
    text("kuberc", "Which kuberc file to use"),
    text("profile", "Name of the profile to capture"),
    text("profile-output", "File for the profile"),
    text("log-flush-frequency", "How often the log is flushed"),
    text("vmodule", "Log levels by file"),
    text_or("v", "0", "Log level").letter('v'),
];

/// `-n`.
pub(crate) const NAMESPACE: Flag = text("namespace", "The namespace to act in").letter('n');
/// `-f`, `-k`, `-R`.
pub(crate) const FILES: &[Flag] = &[
    list("filename", "File with manifests, - for standard input, . for every file").letter('f'),
    text("kustomize", "Folder of a kustomization; not simulated").letter('k'),
    switch("recursive", "Take the files of folders in folders, too").letter('R'),
];
/// `-l`.
pub(crate) const SELECTOR: Flag =
    text("selector", "Labels that objects must have: a=b,c!=d,e in (f,g)").letter('l');
/// `--field-selector`.
pub(crate) const FIELD_SELECTOR: Flag =
    text("field-selector", "Fields that objects must have: status.phase=Running");
/// `--all`.
pub(crate) const ALL: Flag = switch("all", "All objects of the types, in the namespace");
/// `-A`.
pub(crate) const ALL_NAMESPACES: Flag = switch("all-namespaces", "In every namespace").letter('A');
/// `--dry-run`, alone or with a strategy.
pub(crate) const DRY_RUN: Flag =
    text_or("dry-run", "unchanged", "none, server (checked, not stored) or client (not sent)");
/// `--validate`.
pub(crate) const VALIDATE: Flag =
    text_or("validate", "strict", "What unknown fields lead to: strict, warn or ignore");
/// `--save-config`.
pub(crate) const SAVE_CONFIG: Flag =
    switch("save-config", "Keep the manifest in an annotation, for a later apply");
/// `--field-manager`.
pub(crate) const FIELD_MANAGER: Flag = text("field-manager", "Who the changed fields belong to");
/// `--record`.
pub(crate) const RECORD: Flag = switch("record", "Keep this command as the change's cause (going away)");
/// `--local`.
pub(crate) const LOCAL: Flag = switch("local", "Change the file's object and print it, without the server");
/// `--overwrite`.
pub(crate) const OVERWRITE: Flag = switch("overwrite", "Replace what is there already");
/// `--resource-version`.
pub(crate) const RESOURCE_VERSION: Flag = text("resource-version", "Only if the object is at this version");
/// `--timeout`.
pub(crate) const TIMEOUT: Flag = duration("timeout", "How long to wait, such as 30s");
/// `--grace-period`.
pub(crate) const GRACE_PERIOD: Flag =
    int("grace-period", "Seconds that a pod has to end; 1 for at once, 0 with --force");
/// `--force`.
pub(crate) const FORCE: Flag = switch("force", "Remove from the API at once, without waiting for the node");
/// `--ignore-not-found`.
pub(crate) const IGNORE_NOT_FOUND: Flag = switch("ignore-not-found", "Say nothing of what is not there");
/// `--no-headers`.
pub(crate) const NO_HEADERS: Flag = switch("no-headers", "Leave out the headings");
/// `--chunk-size`.
pub(crate) const CHUNK_SIZE: Flag = int("chunk-size", "Objects in one answer; has no effect here");
/// `-w`.
pub(crate) const WATCH: Flag = switch("watch", "Go on with every change").letter('w');
/// `--subresource`.
pub(crate) const SUBRESOURCE: Flag = text("subresource", "A part of the object: status or scale");
/// `-c`.
pub(crate) const CONTAINER: Flag = text("container", "Which container; the first one by default").letter('c');
/// `--pod-running-timeout`.
pub(crate) const POD_RUNNING_TIMEOUT: Flag =
    duration("pod-running-timeout", "How long to wait for a running pod");
/// `--image`.
pub(crate) const IMAGE: Flag = list("image", "Image of the container");
/// `--port`.
pub(crate) const PORT: Flag = text("port", "Port number");
/// `-o` of commands with formats of their own.
pub(crate) const OUTPUT: Flag = text("output", "Format of the output").letter('o');
/// `-o` and what belongs to it.
pub(crate) const FORMATS: &[Flag] = &[
    OUTPUT,
    text("template", "Template for -o go-template or jsonpath"),
    switch("allow-missing-template-keys", "Print nothing for what a template does not find (the default)"),
    switch("show-managed-fields", "Keep managedFields in the output"),
];
/// What every command that changes objects by name can be told.
pub(crate) const TARGETS: &[Flag] = &[SELECTOR, ALL];
