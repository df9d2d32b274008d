//! An API server with nothing but its namespaces, and a kubectl that runs against it.

use std::collections::BTreeMap;

use apiserver::Server;
use client::api::{Body, ExecOutput, Refusal, Request, Response, Verb, WatchEvent};
use client::{Api, Choice, Choices};
use jiff::Timestamp;
use kubectl::{Env, Files, Invocation, Kubeconfig, Progress, SchemaSlot, Stream};
use machinery::version::Features;
use machinery::{Kind, Object, Status};
use serde_json::json;

/// The cluster. Time stands still unless a test moves it.
pub struct Cluster {
    pub server: Server,
    pub now: Timestamp,
    pub files: Folder,
    counter: Counter,
}

/// Files by name.
#[derive(Default)]
pub struct Folder(pub BTreeMap<String, String>);

impl Files for Folder {
    fn read(&self, name: &str) -> Option<&str> {
        self.0.get(name.trim_start_matches("./")).map(String::as_str)
    }

    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

/// What a command left.
#[derive(Debug, Default, PartialEq)]
pub struct Output {
    pub out: String,
    pub err: String,
    /// None while it waits.
    pub exit: Option<i32>,
}

impl Cluster {
    pub fn new() -> Cluster {
        let mut cluster = Cluster {
            server: Server::new(Features::default()),
            now: "2026-01-01T00:00:00Z".parse().expect("a time"),
            files: Folder::default(),
            counter: Counter::default(),
        };
        for name in ["default", "kube-public", "kube-system"] {
            let value = json!({"metadata": {"name": name}, "status": {"phase": "Active"}});
            let object = Object::from_value(Kind::Namespace, value).expect("a namespace");
            let request = Request::new(Verb::Create(Body::Typed(object)), Kind::Namespace, "", "");
            cluster.call(request).expect("namespaces can be created");
        }
        cluster
    }

    /// Goes on with a command.
    pub fn resume(&mut self, invocation: &mut Invocation) -> Output {
        let files = std::mem::take(&mut self.files);
        let now = self.now;
        let mut output = Vec::new();
        let mut env = Env {
            api: self,
            files: &files,
            now,
            features: Features::default(),
            kubeconfig: &mut Kubeconfig::default(),
            schema: &mut SchemaSlot::default(),
            output: &mut output,
        };
        let progress = invocation.resume(&mut env);
        self.files = files;
        let mut all = Output::default();
        for (stream, text) in output {
            match stream {
                Stream::Out => all.out.push_str(&text),
                Stream::Err => all.err.push_str(&text),
            }
        }
        all.exit = match progress {
            Progress::Exit(code) => Some(code),
            Progress::Wait(_) | Progress::Edit(_) => None,
        };
        all
    }
}

impl Api for Cluster {
    fn call(&mut self, request: Request) -> Result<Response, Refusal> {
        let mut env = apiserver::Env { now: self.now, choices: &mut self.counter };
        self.server.call(&mut env, request)
    }

    fn watch(&self, kind: Kind, namespace: &str, since: u64) -> Result<Vec<WatchEvent>, Refusal> {
        self.server.watch(kind, namespace, since)
    }

    fn resource_version(&self) -> u64 {
        self.server.resource_version()
    }

    fn exec(&mut self, _: &str, pod: &str, _: &str, command: &[String]) -> Result<ExecOutput, Refusal> {
        match command.first().map(String::as_str) {
            Some("hostname") => {
                Ok(ExecOutput { pieces: vec![(kubectl::Stream::Out, format!("{pod}\n"))], exit_code: 0 })
            }
            Some("false") => Ok(ExecOutput { exit_code: 3, ..ExecOutput::default() }),
            _ => Err(Box::new(Status::internal("no such command"))),
        }
    }
}

/// Chance that counts.
#[derive(Default)]
struct Counter(u64);

impl Choices for Counter {
    fn pick(&mut self, _: Choice<'_>, _: &[&str]) -> usize {
        0
    }

    fn suffix(&mut self, _: &str, length: usize) -> String {
        self.0 += 1;
        format!("{:0>length$}", self.0)
    }

    fn uid(&mut self) -> String {
        self.0 += 1;
        format!("00000000-0000-4000-8000-{:012}", self.0)
    }

    fn number(&mut self, _: &str, bound: u64) -> u64 {
        self.0 += 1;
        self.0 % bound
    }
}
