//! The commands: which there are, which flags they know, how a command line finds its command.
//!
//! Models kubectl/pkg/cmd/cmd.go and cobra's command.go (`Find`, `SuggestionsFor`). A command is one file here.

mod absent;
mod annotate;
mod api_resources;
mod apply;
mod auth;
mod autoscale;
mod cluster_info;
mod config;
mod cordon;
mod create;
mod delete;
mod describe;
mod diff;
mod drain;
mod edit;
mod events;
mod exec;
mod explain;
mod expose;
mod get;
mod get_part;
mod groups;
mod help;
mod label;
mod last_applied;
mod logs;
mod metadata;
mod overview;
mod patch;
pub(crate) mod pods;
mod prune;
mod raw;
mod replace;
pub(crate) mod rollout;
mod run;
mod scale;
mod server_side_apply;
mod set;
mod suggest;
mod taint;
mod top;
mod version;
mod wait;
mod writing;

use crate::Progress;
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, Parsed};
use crate::impersonation::User;
use crate::invocation::Edited;

/// How a command goes on after its first step.
pub(crate) enum Next {
    /// It has ended well.
    Done,
    /// It has ended with this exit code and has said why.
    Exit(i32),
    /// It waits for something.
    Go(Box<Running>),
}

/// A command that waits; all its progress is data.
#[derive(Clone, Debug)]
pub(crate) enum Running {
    /// `delete`, until the objects are gone.
    Delete(delete::Wait),
    /// `drain`, until the pods are gone.
    Drain(drain::Drain),
    /// `edit`, until the text is saved.
    Edit(edit::Editing),
    /// `events -w`.
    Events(events::Shown),
    /// `get -w`.
    Get(get::Watch),
    /// `logs -f`.
    Logs(logs::Follow),
    /// `replace --force`, until the objects are gone and back.
    Replace(replace::Replacing),
    /// `rollout status`.
    RolloutStatus(rollout::status::Watch),
    /// `run -i`.
    Run(run::Attached),
    /// `scale --timeout`.
    Scale(scale::Scaling),
    /// `wait`.
    Wait(wait::Waiting),
}

impl Running {
    /// Goes on until it has to wait again, or ends.
    pub fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        match self {
            Running::Delete(wait) => wait.resume(context),
            Running::Drain(drain) => drain.resume(context),
            Running::Edit(editing) => editing.resume(context),
            Running::Events(shown) => shown.resume(context),
            Running::Get(watch) => watch.resume(context),
            Running::Logs(follow) => follow.resume(context),
            Running::Replace(replacing) => replacing.resume(context),
            Running::RolloutStatus(watch) => watch.resume(context),
            Running::Run(attached) => attached.resume(context),
            Running::Scale(scaling) => scaling.resume(context),
            Running::Wait(waiting) => waiting.resume(context),
        }
    }

    /// Tells what became of the text in the editor.
    pub fn edited(&mut self, edited: Edited) {
        if let Running::Edit(editing) = self {
            editing.edited(edited);
        }
    }
}

/// A command line that found its command.
pub(crate) struct Call {
    /// The command's path: `kubectl rollout status`.
    pub path: String,
    /// Its flags and arguments.
    pub parsed: Parsed,
}

impl Call {
    /// A wrong use of this command.
    pub fn usage(&self, text: &str) -> Failure {
        Failure::usage(&self.path, text)
    }

    /// Flags without which the command makes no sense (cobra's required flags).
    ///
    /// # Errors
    /// If some were not given.
    pub fn require(&self, names: &[&str]) -> Result<(), Failure> {
        let missing: Vec<String> = names
            .iter()
            .filter(|name| !self.parsed.given(name))
            .map(|name| crate::go_value::quote(name))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::message(format!("required flag(s) {} not set", missing.join(", "))))
    }

    /// What `--record` writes down (cmdutil.ParseCommandArguments).
    pub fn cause(&self) -> String {
        let mut words = vec![self.path.clone()];
        words.extend(self.parsed.args.iter().cloned());
        words.extend(self.parsed.typed().iter().map(|(name, value)| format!("--{name}={value}")));
        words.join(" ")
    }
}

/// A command.
pub(crate) struct Command {
    /// Its words after kubectl: `get`, `rollout status`.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// How it is called, and examples. (A function, as is the next: a page need not have loaded what nobody asks for.)
    pub usage: fn() -> &'static [&'static str],
    /// The lists of flags that it knows, besides the global ones.
    pub flags: fn() -> &'static [&'static [Flag]],
    /// What runs it.
    pub run: fn(&Call, &mut Context<'_, '_>) -> Result<Next, Failure>,
}

/// Where Go keeps temporary files on Linux (os.TempDir).
const TEMP_DIR: &str = "/tmp";

/// The commands, in the order in which kubectl has them.
pub(crate) const COMMANDS: &[Command] = &[
    create::COMMAND,
    create::CONFIG_MAP,
    create::DEPLOYMENT,
    create::NAMESPACE,
    create::DOCKER_REGISTRY,
    create::GENERIC,
    create::TLS,
    create::CLUSTER_IP,
    create::EXTERNAL_NAME,
    create::LOAD_BALANCER,
    create::NODE_PORT,
    create::SERVICE_ACCOUNT,
    expose::COMMAND,
    run::COMMAND,
    set::ENV,
    set::IMAGE,
    set::RESOURCES,
    set::SELECTOR,
    set::SERVICE_ACCOUNT,
    explain::COMMAND,
    get::COMMAND,
    edit::COMMAND,
    delete::COMMAND,
    rollout::HISTORY,
    rollout::PAUSE,
    rollout::RESTART,
    rollout::RESUME,
    rollout::STATUS,
    rollout::UNDO,
    scale::COMMAND,
    autoscale::COMMAND,
    absent::APPROVE,
    absent::DENY,
    cluster_info::COMMAND,
    top::NODE,
    top::POD,
    cordon::CORDON,
    cordon::UNCORDON,
    drain::COMMAND,
    taint::COMMAND,
    describe::COMMAND,
    logs::COMMAND,
    absent::ATTACH,
    exec::COMMAND,
    absent::PORT_FORWARD,
    absent::PROXY,
    absent::COPY,
    auth::CAN_I,
    auth::WHO_AM_I,
    absent::DEBUG,
    events::COMMAND,
    diff::COMMAND,
    apply::COMMAND,
    last_applied::EDIT,
    last_applied::SET,
    last_applied::VIEW,
    patch::COMMAND,
    replace::COMMAND,
    wait::COMMAND,
    label::COMMAND,
    annotate::COMMAND,
    api_resources::COMMAND,
    api_resources::VERSIONS,
    config::CURRENT_CONTEXT,
    config::DELETE_CLUSTER,
    config::DELETE_CONTEXT,
    config::DELETE_USER,
    config::GET_CLUSTERS,
    config::GET_CONTEXTS,
    config::GET_USERS,
    config::RENAME_CONTEXT,
    config::SET,
    config::SET_CLUSTER,
    config::SET_CONTEXT,
    config::SET_CREDENTIALS,
    config::UNSET,
    config::USE_CONTEXT,
    config::VIEW,
    version::COMMAND,
    help::COMMAND,
    help::OPTIONS,
];

/// Commands within groups that kubectl has, and that are not simulated.
const ABSENT: &[&str] = &[
    "auth reconcile",
    "cluster-info dump",
    "create clusterrole",
    "create clusterrolebinding",
    "create cronjob",
    "create ingress",
    "create job",
    "create poddisruptionbudget",
    "create priorityclass",
    "create quota",
    "create role",
    "create rolebinding",
    "create token",
    "set subject",
];

/// The first words of commands that need no cluster.
const WITHOUT_CLUSTER: &[&str] = &["config ", "help", "options"];
/// Commands that connect without asking for a namespace.
const WITHOUT_NAMESPACE: &[&str] = &["api-resources", "api-versions", "cluster-info", "version"];

/// Other words for commands, as (the commands before them, the word, what it means).
const ALIASES: &[(&str, &str, &str)] = &[
    ("create", "cj", "cronjob"),
    ("create", "cm", "configmap"),
    ("create", "deploy", "deployment"),
    ("create", "ing", "ingress"),
    ("create", "ns", "namespace"),
    ("create", "pc", "priorityclass"),
    ("create", "pdb", "poddisruptionbudget"),
    ("create", "resourcequota", "quota"),
    ("create", "sa", "serviceaccount"),
    ("create", "svc", "service"),
    ("set", "sa", "serviceaccount"),
    ("rollout", "log", "history"),
    ("top", "no", "node"),
    ("top", "nodes", "node"),
    ("top", "po", "pod"),
    ("top", "pods", "pod"),
    ("config", "use", "use-context"),
];

/// Runs a command line up to its first wait.
pub(crate) fn start(args: &[String], context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let mut rest = args.to_vec();
    let Some(name) = take_name(&mut rest) else {
        flags::parse(&[], &rest).map_err(|error| wrong_flag("kubectl", &error))?;
        return Ok(help::root(context));
    };
    if !begins(&name) {
        // It may be that of a plugin, which would come first (HandlePluginCommand).
        if let Some(flag) = args
            .first()
            .filter(|word| word.starts_with('-') && !suggest::is_known(&name, context.env.features))
        {
            context.err(format!("Error: flags cannot be placed before plugin name: {flag}\n"));
            return Ok(Next::Exit(1));
        }
        return Err(suggest::unknown(&name, context.env.features));
    }
    if let Some(at) = word_position(&rest, takes_next) {
        let longer = format!("{name} {}", meant(&name, rest[at].clone()));
        if ABSENT.contains(&longer.as_str()) {
            return Err(suggest::not_simulated(&longer));
        }
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return help::group(&name, &rest, context);
    };
    let path = format!("kubectl {name}");
    let known: Vec<Flag> = (command.flags)().iter().flat_map(|flags| flags.iter().copied()).collect();
    let mut parsed = flags::parse(&known, &rest).map_err(|error| wrong_flag(&path, &error))?;
    for deprecation in &parsed.deprecations {
        context.err(deprecation.clone());
    }
    if parsed.on("help") {
        context.out(help::text(command));
        return Ok(Next::Done);
    }
    if !WITHOUT_CLUSTER.iter().any(|first| name.starts_with(first)) {
        check_kubeconfig(context, &parsed)?;
        let early = !WITHOUT_NAMESPACE.contains(&&*name);
        parsed.context_namespace = Some(context.env.kubeconfig.namespace_for(&parsed, early)?);
        if let Some(timeout) = parsed.text("request-timeout").filter(|text| !text.is_empty()) {
            flags::parse_timeout(timeout).map_err(Failure::Message)?;
        }
        context.asking.acting = User::named(&parsed)?;
    }
    context.asking.managed_fields = tells_managers(&parsed);
    context.asking.field_manager = parsed.text("field-manager").map(str::to_owned);
    (command.run)(&Call { path, parsed }, context)
}

/// Whether the kubeconfig that the command line names is there (clientcmd/loader.go, Load): the one in the home folder is,
/// though it is no file here, and what others say is not read.
///
/// # Errors
/// The operating system's message.
fn check_kubeconfig(context: &Context<'_, '_>, parsed: &Parsed) -> Result<(), Failure> {
    let file = parsed.text("kubeconfig").unwrap_or_default();
    if file.is_empty() || file.ends_with(".kube/config") {
        return Ok(());
    }
    match context.env.files.read(file) {
        Some(_) => Ok(()),
        None => Err(Failure::message(format!("stat {file}: no such file or directory"))),
    }
}

/// Takes the words away that name a command, or begin the names of some; at least one, even if none begins so.
pub(crate) fn take_name(args: &mut Vec<String>) -> Option<String> {
    let mut name = meant("", args.remove(word_position(args, flags::may_take_next)?));
    while let Some(at) = word_position(args, takes_next) {
        let longer = format!("{name} {}", meant(&name, args[at].clone()));
        if !begins(&longer) {
            break;
        }
        args.remove(at);
        name = longer;
    }
    Some(name)
}

/// Whether objects are printed with their managedFields: templates always see them (JSONYamlPrintFlags.ToPrinter).
fn tells_managers(parsed: &Parsed) -> bool {
    let format = parsed.text("output").unwrap_or_default();
    let is_template =
        ["jsonpath", "go-template", "template", "custom-columns"].iter().any(|name| format.starts_with(name))
            || (format.is_empty() && parsed.given("template"));
    is_template || parsed.on("show-managed-fields")
}

fn meant(before: &str, word: String) -> String {
    let alias = ALIASES.iter().find(|(parent, alias, _)| *parent == before && *alias == word);
    alias.map_or(word, |(_, _, meaning)| (*meaning).to_owned())
}

/// Whether the words are a command's name, or the first of several.
pub(crate) fn begins(words: &str) -> bool {
    COMMANDS.iter().any(|command| {
        command.name.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    })
}

fn wrong_flag(path: &str, error: &str) -> Failure {
    Failure::message(format!("{error}\nSee '{path} --help' for usage."))
}

fn takes_next(word: &str) -> bool {
    flags::takes_next(&[], word)
}

// The place of the first word that is neither a flag nor the value of one that takes the next word.
fn word_position(args: &[String], takes_next: fn(&str) -> bool) -> Option<usize> {
    let mut at = 0;
    while at < args.len() {
        let word = &args[at];
        if word == "--" {
            return None;
        }
        if !word.starts_with('-') || word.len() < 2 {
            return Some(at);
        }
        at += 1 + usize::from(takes_next(word));
    }
    None
}

/// Prints what was done to an object: `pod/web-0 created`, with what kind of dry run it was.
pub(crate) fn done(operation: &str, dry_run: DryRun) -> String {
    match dry_run {
        DryRun::None => operation.to_owned(),
        DryRun::Client => format!("{operation} (dry run)"),
        DryRun::Server => format!("{operation} (server dry run)"),
    }
}

/// `--dry-run`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum DryRun {
    /// Everything is stored.
    None,
    /// Nothing is sent.
    Client,
    /// Everything is done but the storing.
    Server,
}

/// What `--dry-run` asks for (`GetDryRunStrategy`).
///
/// # Errors
/// Upstream's message, if it is no strategy.
pub(crate) fn dry_run(context: &mut Context<'_, '_>, parsed: &Parsed) -> Result<DryRun, Failure> {
    match parsed.text("dry-run") {
        None | Some("none") => Ok(DryRun::None),
        Some("client") => Ok(DryRun::Client),
        Some("server") => Ok(DryRun::Server),
        Some("unchanged") => {
            let line = if context.env.features.dry_run_is_read_at_line_719() { 719 } else { 702 };
            let text = "--dry-run is deprecated and can be replaced with --dry-run=client.";
            context.log(&format!("helpers.go:{line}"), text);
            Ok(DryRun::Client)
        }
        Some(other) => Err(Failure::message(format!(
            "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
        ))),
    }
}
