//! The API server as people and as components reach it.
//!
//! Invariant: what people change is delivered after each of their requests, what a sync changes after the sync.

use std::borrow::Cow;
use std::collections::BTreeSet;

use apiserver::{Env, Server};
use client::api::{ExecOutput, LogLine, Refusal, Request, Response, WatchEvent};
use client::{Api, Listers};
use jiff::Timestamp;
use machinery::Kind;
use node::runtime::Runtime;

use crate::choices::Chooser;
use crate::fault::{self, Defect};
use crate::latency::Component;
use crate::world::World;

/// The API for people: each request takes its time to arrive, and everyone hears of it at once.
pub struct ApiHandle<'a> {
    pub(crate) world: &'a mut World,
}

impl Api for ApiHandle<'_> {
    fn call(&mut self, request: Request) -> Result<Response, Refusal> {
        self.world.call(request)
    }

    fn watch(&self, kind: Kind, namespace: &str, since: u64) -> Result<Vec<WatchEvent>, Refusal> {
        self.world.server().watch(kind, namespace, since)
    }

    fn resource_version(&self) -> u64 {
        self.world.server().resource_version()
    }

    fn exec(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[String],
    ) -> Result<ExecOutput, Refusal> {
        self.world.exec(namespace, pod, container, command)
    }

    fn logs(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
    ) -> Result<Vec<LogLine>, Refusal> {
        self.world.logs(namespace, pod, container, previous)
    }
}

/// The API for a component in one sync.
pub(crate) struct SyncApi<'a> {
    pub(crate) component: Component,
    pub(crate) defects: &'a BTreeSet<Defect>,
    pub(crate) server: &'a mut Server,
    pub(crate) choices: &'a mut Chooser,
    pub(crate) listers: &'a Listers,
    pub(crate) runtime: &'a mut Runtime,
    pub(crate) now: Timestamp,
}

impl Api for SyncApi<'_> {
    fn call(&mut self, mut request: Request) -> Result<Response, Refusal> {
        fault::check_write(self.defects, &request)?;
        request.field_manager = Cow::Borrowed(self.component.program());
        self.server.call(&mut Env { now: self.now, choices: self.choices }, request)
    }

    fn watch(&self, kind: Kind, namespace: &str, since: u64) -> Result<Vec<WatchEvent>, Refusal> {
        self.server.watch(kind, namespace, since)
    }

    fn resource_version(&self) -> u64 {
        self.server.resource_version()
    }

    fn exec(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[String],
    ) -> Result<ExecOutput, Refusal> {
        node::exec::exec(self.listers, self.runtime, namespace, pod, container, command)
    }
}
