//! The commands: which there are, which flags they know, how a command line finds its command.
//!
//! Models kubectl/pkg/cmd/cmd.go and cobra's command.go (`Find`, `SuggestionsFor`). A command is one file here.

mod annotate;
mod api_resources;
mod apply;
mod cordon;
mod create;
mod delete;
mod describe;
mod drain;
mod events;
mod exec;
mod get;
mod help;
mod label;
mod metadata;
mod patch;
mod replace;
mod rollout;
mod scale;
mod set_image;
mod suggest;
mod version;
mod wait;

use crate::Progress;
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag, Parsed};

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
    /// `get -w`.
    Get(get::Watch),
    /// `delete`, until the objects are gone.
    Delete(delete::Wait),
    /// `drain`.
    Drain(drain::Drain),
    /// `rollout status`.
    RolloutStatus(rollout::status::Watch),
    /// `wait`.
    Wait(wait::Waiting),
}

impl Running {
    /// Goes on until it has to wait again, or ends.
    pub fn resume(&mut self, context: &mut Context<'_, '_>) -> Result<Progress, Failure> {
        match self {
            Running::Get(watch) => watch.resume(context),
            Running::Delete(wait) => wait.resume(context),
            Running::Drain(drain) => drain.resume(context),
            Running::RolloutStatus(watch) => watch.resume(context),
            Running::Wait(waiting) => waiting.resume(context),
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
}

/// A command.
pub(crate) struct Command {
    /// Its words after kubectl: `get`, `rollout status`.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// How it is called, and examples.
    pub usage: &'static [&'static str],
    /// The lists of flags that it knows, besides the global ones.
    pub flags: &'static [&'static [Flag]],
    /// What runs it.
    pub run: fn(&Call, &mut Context<'_, '_>) -> Result<Next, Failure>,
}

/// The commands, in the order in which kubectl has them.
pub(crate) const COMMANDS: &[Command] = &[
    create::COMMAND,
    set_image::COMMAND,
    get::COMMAND,
    delete::COMMAND,
    rollout::HISTORY,
    rollout::PAUSE,
    rollout::RESTART,
    rollout::RESUME,
    rollout::STATUS,
    rollout::UNDO,
    scale::COMMAND,
    cordon::CORDON,
    cordon::UNCORDON,
    drain::COMMAND,
    describe::COMMAND,
    exec::COMMAND,
    events::COMMAND,
    apply::COMMAND,
    apply::VIEW_LAST_APPLIED,
    patch::COMMAND,
    replace::COMMAND,
    wait::COMMAND,
    label::COMMAND,
    annotate::COMMAND,
    api_resources::COMMAND,
    api_resources::VERSIONS,
    version::COMMAND,
    help::COMMAND,
    help::OPTIONS,
];

/// Runs a command line up to its first wait.
pub(crate) fn start(args: &[String], context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let mut rest = args.to_vec();
    let Some(word) = take_word(&mut rest) else {
        flags::parse(&[], &rest).map_err(|error| wrong_flag("kubectl", &error))?;
        return Ok(help::root(context));
    };
    let group: Vec<&Command> =
        COMMANDS.iter().filter(|c| c.name.split(' ').next() == Some(word.as_str())).collect();
    if group.is_empty() {
        return Err(suggest::unknown(&word));
    }
    // The longest name wins: `apply view-last-applied` before `apply`.
    let second = peek_word(&rest);
    let in_group = |command: &&&Command| {
        command.name.split_once(' ').is_some_and(|(_, name)| Some(name) == second.as_deref())
    };
    let command = match group.iter().find(in_group) {
        Some(command) => {
            take_word(&mut rest);
            Some(*command)
        }
        None => group.iter().find(|command| command.name == word).copied(),
    };
    let Some(command) = command else {
        return help::group(&word, &rest, &group, context);
    };
    let path = format!("kubectl {}", command.name);
    let known: Vec<Flag> = command.flags.iter().flat_map(|flags| flags.iter().copied()).collect();
    let parsed = flags::parse(&known, &rest).map_err(|error| wrong_flag(&path, &error))?;
    for deprecation in &parsed.deprecations {
        context.err(deprecation.clone());
    }
    if parsed.on("help") {
        context.out(help::text(command));
        return Ok(Next::Done);
    }
    (command.run)(&Call { path, parsed }, context)
}

fn wrong_flag(path: &str, error: &str) -> Failure {
    Failure::message(format!("{error}\nSee '{path} --help' for usage."))
}

// The place of the first word that is neither a flag nor the value of a global flag.
fn word_position(args: &[String]) -> Option<usize> {
    let mut at = 0;
    while at < args.len() {
        let word = &args[at];
        if word == "--" {
            return None;
        }
        if !word.starts_with('-') || word.len() < 2 {
            return Some(at);
        }
        at += 1 + usize::from(flags::takes_next(&[], word));
    }
    None
}

fn take_word(args: &mut Vec<String>) -> Option<String> {
    word_position(args).map(|at| args.remove(at))
}

fn peek_word(args: &[String]) -> Option<String> {
    word_position(args).map(|at| args[at].clone())
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

/// `--dry-run`, alone or with a strategy.
pub(crate) const DRY_RUN: Flag = flags::flag("dry-run", flags::Takes::TextOr("unchanged"));

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
            // klog's line, with the time, a process id and the place in upstream's source.
            let time = context.now().strftime("%m%d %H:%M:%S%.6f");
            context.err(format!(
                "W{time}       1 helpers.go:719] --dry-run is deprecated and can be replaced with --dry-run=client.\n"
            ));
            Ok(DryRun::Client)
        }
        Some(other) => Err(Failure::message(format!(
            "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
        ))),
    }
}
