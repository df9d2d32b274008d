//! kubectl as a value: a command line in, requests and text out.
//!
//! Models kubectl (staging/src/k8s.io/kubectl, v1.36.2) with the parts of cobra, pflag and cli-runtime that people see.
//! Departs in one point: it never blocks. A command that would wait returns a [`Condition`] and is resumed later.
//! Invariant: everything that happens outside goes through [`Env`]; a running command is data and can be cloned.

mod completion;
mod context;
mod describe;
mod discovery;
mod explain;
mod failure;
mod flags;
mod go_value;
mod gotemplate;
mod impersonation;
mod invocation;
mod jsonpath;
mod kubeconfig;
mod manifest;
mod printers;
mod resource;
mod schema;
mod selector;
mod verbs;

use client::Api;
pub use client::api::Stream;
use jiff::Timestamp;
use machinery::version::Features;

pub use completion::{Candidate, Completions, complete};
pub use invocation::{Edited, Invocation};
pub use kubeconfig::Kubeconfig;
pub use printers::age::duration as human_duration;
pub use printers::pod::{Summary as PodSummary, summarize as pod_summary};
pub use printers::whole::value as printed_value;
pub use schema::{About, Schema, SchemaSlot};

/// What a path in kubectl's JSONPath dialect (`.spec.replicas`, with or without braces) finds in an object, as
/// `-o jsonpath` prints it; empty if it finds nothing.
///
/// # Errors
/// kubectl's message, if it is no path.
pub fn json_path(path: &str, object: &serde_json::Value) -> Result<String, String> {
    jsonpath::parse_relaxed(path)?.text(object)
}

/// The files that a command line can name.
pub trait Files {
    /// The text of a file by its path, which may begin with `./`; `None` if there is no such file.
    fn read(&self, name: &str) -> Option<&str>;

    /// The names of all files, in order: what `-f .` reads.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What a command sees of the world, each time that it is resumed.
pub struct Env<'a> {
    /// The API server.
    pub api: &'a mut dyn Api,
    /// The files in the folder where the command runs.
    pub files: &'a dyn Files,
    /// The time now; it does not pass within one resume.
    pub now: Timestamp,
    /// The simulated version, and its gates.
    pub features: Features,
    /// Which contexts there are.
    pub kubeconfig: &'a mut Kubeconfig,
    /// The schema of the API's kinds, if it is there.
    pub schema: &'a mut SchemaSlot,
    /// What the command prints, appended piece by piece.
    pub output: &'a mut Vec<(Stream, String)>,
}

/// How far a command has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// It goes on when the condition holds.
    Wait(Condition),
    /// An editor is open on this text; it goes on when [`Invocation::edited`] has told what became of it.
    Edit(String),
    /// It has ended with this exit code.
    Exit(i32),
}

/// What a command waits for: either of the two wakes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The server's resourceVersion is greater than this.
    pub past: u64,
    /// This time has come.
    pub until: Option<Timestamp>,
    /// What that is about, for people: `mypvc is used by pod-vol-pvc`.
    pub what: String,
}
