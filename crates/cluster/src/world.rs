//! The world: store, caches, components, and the one loop that moves time.
//!
//! Time moves from one piece of work to the next. A request or a sync is atomic; afterwards its changes go to the caches
//! and to every component, and the keys that concern a component are due its latency later.
//! Invariant: time never goes back; the caches hold what is stored; a clone is cheap and goes its own way.

mod restored;

use std::collections::BTreeSet;

use apiserver::{Env, Server};
use client::api::{Change, ExecOutput, LogLine, Refusal, Request, Response, WatchEvent};
use client::reconcile::Decisions;
use client::{Choices, Context, Listers, Outcome, Recorder};
use imbl::{OrdMap, Vector};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod};
use machinery::time::after_ms;
use machinery::version::Features;
use machinery::{Kind, ObjectKey, Resource};
use node::kubelet::{Pace, Profile};
use node::runtime::Runtime;

use crate::api::{ApiHandle, SyncApi};
use crate::choices::{Chooser, Script};
use crate::components::Components;
use crate::fault::{self, Defect, Fault};
use crate::latency::{Component, REQUEST_MS};
use crate::queue::{Item, Lane, Queue};
use crate::{bootstrap, digest};

/// Syncs within one second of virtual time after which the world stops: two components work against each other.
const STORM: u64 = 1_000_000;
/// How long before its first moment the cluster was set up.
const SETUP_MS: i64 = 60_000;

/// How often a kubelet renews its node's lease, in milliseconds (a quarter of its duration).
const LEASE_RENEWAL_MS: u64 = 10_000;

/// How a world begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Version and gates.
    pub features: Features,
    /// Of everything that Kubernetes leaves to chance.
    pub seed: u64,
    /// How many nodes there are.
    pub nodes: u32,
    /// How nodes behave.
    pub profile: Profile,
    /// The first moment.
    pub start: Timestamp,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            features: Features::default(),
            seed: 1,
            nodes: 3,
            profile: Profile::default(),
            // 2026-01-01T00:00:00Z.
            start: Timestamp::from_second(1_767_225_600).unwrap_or_default(),
        }
    }
}

/// A cluster at one moment.
#[derive(Clone)]
pub struct World {
    features: Features,
    now: Timestamp,
    server: Server,
    listers: Listers,
    /// What containers have left behind.
    runtime: Runtime,
    /// Up to which resourceVersion changes were delivered.
    delivered: u64,
    components: Components,
    queue: Queue,
    /// When each component that resyncs does so next, in milliseconds.
    resyncs: OrdMap<Component, i64>,
    recorder: Recorder,
    decisions: Decisions,
    /// Of the API server: uids, suffixes, addresses.
    server_choices: Chooser,
    /// Of the components: volumes, nodes.
    choices: Chooser,
    /// What is broken on purpose.
    defects: BTreeSet<Defect>,
    /// The components that hear of changes late.
    late: OrdMap<Component, Late>,
    pace: Storm,
    failure: Option<String>,
}

/// What a component sees that hears of changes late.
#[derive(Clone)]
struct Late {
    listers: Listers,
    /// What it has not heard of yet, and when it does, in milliseconds.
    unheard: Vector<(i64, WatchEvent)>,
}

/// How much work one second of virtual time has seen.
#[derive(Clone, Copy, Debug, Default)]
struct Storm {
    second: i64,
    syncs: u64,
}

impl World {
    /// A cluster that was set up a minute ago and has come to rest.
    pub fn new(config: Config) -> World {
        let mut world = World {
            features: config.features,
            now: after_ms(config.start, -SETUP_MS),
            server: Server::new(config.features),
            listers: Listers::default(),
            runtime: Runtime::default(),
            delivered: 0,
            components: Components::new(config.profile),
            queue: Queue::default(),
            resyncs: OrdMap::new(),
            recorder: Recorder::default(),
            decisions: Decisions::new(),
            server_choices: Chooser::new(config.seed, "apiserver"),
            choices: Chooser::new(config.seed, "components"),
            defects: BTreeSet::new(),
            late: OrdMap::new(),
            pace: Storm::default(),
            failure: None,
        };
        for component in Component::ALL {
            world.plan_first_resync(component);
        }
        if let Err(refusal) = bootstrap::set_up(&mut world.api(), &config) {
            world.failure = Some(format!("the cluster cannot be set up: {}", refusal.message));
        }
        // The nodes are older than the Events that would tell of them.
        let listers = world.listers.clone();
        world.components.get_mut(Component::NodeLifecycle).initialize(&listers);
        world.advance_to(config.start);
        world
    }

    /// The moment.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Version and gates.
    pub fn features(&self) -> Features {
        self.features
    }

    /// The API server, for requests at `now`.
    pub fn api(&mut self) -> ApiHandle<'_> {
        ApiHandle { world: self }
    }

    /// What is stored.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What the components have seen.
    pub fn listers(&self) -> &Listers {
        &self.listers
    }

    /// Why things are as they are, by object.
    pub fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// Our own failure, after which nothing works any more: what went wrong, for a bug report.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// A hash of everything that is stored.
    pub fn digest(&self) -> u64 {
        digest::digest(&self.server, &self.runtime)
    }

    /// Sets what is chosen where Kubernetes leaves it open, from now on.
    pub fn script(&mut self, script: Script) {
        if let Some(after_ms) = script.resync_ms {
            self.plan_resync(Component::PersistentVolume, after_ms);
        }
        self.choices.script = script;
    }

    /// What is broken on purpose.
    pub fn defects(&self) -> &BTreeSet<Defect> {
        &self.defects
    }

    /// Breaks or heals something, from now on.
    ///
    /// # Errors
    /// Where there is nothing to break: what is missing. Nothing has changed then.
    pub fn inject(&mut self, fault: &Fault) -> Result<(), String> {
        match fault {
            Fault::Crash { namespace, pod, container, exit_code } => {
                let key = ObjectKey::new(Kind::Pod, namespace, pod);
                self.components.kubelet.crash(&key, container.as_deref(), *exit_code)?;
                self.wake_kubelet(key);
            }
            Fault::Evict { namespace, pod } => {
                let key = ObjectKey::new(Kind::Pod, namespace, pod);
                self.components.kubelet.evict(&key)?;
                self.wake_kubelet(key);
            }
            Fault::Break { defect: Defect::NodeDown { node } }
                if self.listers.get::<Node>("", node).is_none() =>
            {
                return Err(format!("there is no node {node}"));
            }
            _ => self.set_defects(fault.apply(&self.defects)),
        }
        Ok(())
    }

    fn set_defects(&mut self, defects: BTreeSet<Defect>) {
        if defects == self.defects {
            return;
        }
        let faults = fault::of_nodes(&defects);
        self.defects = defects;
        for node in self.listers.list::<Node>("").cloned().collect::<Vec<_>>() {
            self.set_silent(node.name(), faults.dead_nodes.contains(node.name()));
        }
        self.components.kubelet.set_faults(faults);
        self.components.provisioner.set_down(fault::provisioners_down(&self.defects));
        for component in [Component::Kubelet, Component::Provisioner] {
            for key in self.components.get_mut(component).resync_keys(&self.listers) {
                self.add(component, key, component.latency_ms(), Lane::Event);
            }
        }
        for component in Component::ALL {
            let is_late = fault::lag_ms(&self.defects, component).is_some();
            if is_late && !self.late.contains_key(&component) {
                self.late.insert(component, Late { listers: self.listers.clone(), unheard: Vector::new() });
            } else if !is_late {
                self.hear(component, i64::MAX);
                self.late.remove(&component);
            }
        }
    }

    /// Tells the node controller from when on the node's lease is not renewed, or that it is.
    fn set_silent(&mut self, node: &str, silent: bool) {
        if silent == self.components.nodelifecycle.is_silent(node) {
            return;
        }
        let since_ms = self.choices.number(&format!("lease/{node}"), LEASE_RENEWAL_MS);
        let since = after_ms(self.now, -i64::try_from(since_ms).unwrap_or(0));
        self.components.nodelifecycle.set_silent(node, silent.then_some(since));
        let key = ObjectKey::new(Kind::Node, "", node);
        self.add(Component::NodeLifecycle, key.clone(), Component::NodeLifecycle.latency_ms(), Lane::Event);
        self.wake_kubelet(key);
    }

    fn wake_kubelet(&mut self, key: client::Key) {
        self.add(Component::Kubelet, key, Component::Kubelet.latency_ms(), Lane::Event);
    }

    /// Lets a late component hear of what it has to hear of up to that moment.
    fn hear(&mut self, component: Component, now_ms: i64) {
        while let Some(late) = self.late.get_mut(&component) {
            if late.unheard.front().is_none_or(|(due_ms, _)| *due_ms > now_ms) {
                return;
            }
            let Some((_, event)) = late.unheard.pop_front() else { return };
            late.listers.apply(&event);
            let listers = late.listers.clone();
            self.notify(component, &event, &listers);
        }
    }

    /// The late component that hears of something first, and when, in milliseconds.
    fn next_heard(&self) -> Option<(i64, Component)> {
        let heard = |(component, late): (&Component, &Late)| Some((late.unheard.front()?.0, *component));
        self.late.iter().filter_map(heard).min()
    }

    /// Sets how long pods take to start and stop from now on.
    pub fn set_pace(&mut self, pace: Pace) {
        self.components.kubelet.set_pace(pace);
    }

    /// When the next work is due, periodic work included.
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.failure.is_some() {
            return None;
        }
        let work = self.queue.first().map(|item| item.due_ms);
        let heard = self.next_heard().map(|(due_ms, _)| due_ms);
        let due_ms = work.into_iter().chain(heard).chain(self.resyncs.values().copied()).min()?;
        Timestamp::from_millisecond(due_ms).ok()
    }

    /// Moves time to the next work and does it; false if there is none.
    pub fn step(&mut self) -> bool {
        let Some(due) = self.next_due() else {
            return false;
        };
        self.now = self.now.max(due);
        let now_ms = self.now.as_millisecond();
        if let Some((_, component)) = self.next_heard().filter(|(due_ms, _)| *due_ms <= now_ms) {
            self.hear(component, now_ms);
        } else if let Some(component) = self.due_resync() {
            self.resync(component);
        } else if let Some(item) = self.queue.pop() {
            self.sync(item);
        }
        true
    }

    /// Does everything that is due up to and including `to`, which is `now` afterwards. A moment in the past changes nothing.
    pub fn advance_to(&mut self, to: Timestamp) {
        while self.next_due().is_some_and(|due| due <= to) {
            self.step();
        }
        self.now = self.now.max(to);
    }

    /// Whether nothing is to come but periodic work, and retries of what has failed for more than 10 s.
    pub fn is_quiet(&self) -> bool {
        self.failure.is_some() || self.queue.is_quiet() && self.next_heard().is_none()
    }

    /// Lets time pass until the world is quiet, but at most so many milliseconds; whether it is quiet then.
    pub fn settle(&mut self, limit_ms: u64) -> bool {
        let end = after_ms(self.now, i64::try_from(limit_ms).unwrap_or(i64::MAX));
        while !self.is_quiet() {
            if self.next_due().is_none_or(|due| due > end) {
                self.now = self.now.max(end);
                return false;
            }
            self.step();
        }
        true
    }

    /// Carries out a request of people, once it has arrived.
    pub(crate) fn call(&mut self, request: Request) -> Result<Response, Refusal> {
        self.advance_to(after_ms(self.now, REQUEST_MS));
        fault::check_write(&self.defects, &request)?;
        let mut env = Env { now: self.now, choices: &mut self.server_choices };
        let response = self.server.call(&mut env, request);
        self.deliver();
        response
    }

    /// Runs a command in a container.
    pub(crate) fn exec(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[String],
    ) -> Result<ExecOutput, Refusal> {
        let found = self.listers.get::<Pod>(namespace, pod).map(|pod| &**pod);
        let asked = |kubelet: &str| {
            let url = fault::exec_url(kubelet, namespace, pod, container, command);
            format!("Internal error occurred: error sending request: Post \"{url}\"")
        };
        fault::check_kubelet(&self.defects, &self.listers, found, asked)?;
        node::exec::exec(&self.listers, &mut self.runtime, namespace, pod, container, command)
    }

    /// What a container has printed.
    pub(crate) fn logs(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
    ) -> Result<Vec<LogLine>, Refusal> {
        let found = self.listers.get::<Pod>(namespace, pod).map(|pod| &**pod);
        let asked =
            |kubelet: &str| format!("Get \"https://{kubelet}/containerLogs/{namespace}/{pod}/{container}\"");
        fault::check_kubelet(&self.defects, &self.listers, found, asked)?;
        node::logs::logs(&self.listers, &self.runtime, namespace, pod, container, previous)
    }

    fn add(&mut self, component: Component, key: client::Key, after_ms: i64, lane: Lane) {
        let due_ms = self.now.as_millisecond().saturating_add(after_ms.max(1));
        self.queue.add(Item { due_ms, component, key, lane });
    }

    /// Brings what has changed to the caches and to every component.
    fn deliver(&mut self) {
        let events: Vec<_> = self.server.changes_since(self.delivered).cloned().collect();
        self.delivered = self.server.resource_version();
        for event in &events {
            self.listers.apply(event);
            self.runtime.on_event(event);
            if event.change == Change::Deleted {
                self.decisions.remove(&event.object.key());
            }
            // Nobody acts on Events.
            if event.object.kind() == Kind::Event {
                continue;
            }
            for component in Component::ALL {
                if self.late.contains_key(&component) {
                    self.hold_back(component, event);
                    continue;
                }
                let reconciler = self.components.get_mut(component);
                for key in reconciler.on_event(event, &self.listers, self.now) {
                    self.add(component, key, component.latency_ms(), Lane::Event);
                }
            }
        }
    }

    /// Keeps a change from a late component until its time.
    fn hold_back(&mut self, component: Component, event: &WatchEvent) {
        let lag_ms =
            fault::lag_ms(&self.defects, component).map_or(0, |ms| i64::try_from(ms).unwrap_or(i64::MAX));
        let due_ms = self.now.as_millisecond().saturating_add(lag_ms);
        if let Some(late) = self.late.get_mut(&component) {
            // Changes never overtake each other.
            let last_ms = late.unheard.back().map_or(due_ms, |(last_ms, _)| *last_ms);
            late.unheard.push_back((due_ms.max(last_ms), event.clone()));
        }
    }

    fn notify(&mut self, component: Component, event: &WatchEvent, listers: &Listers) {
        for key in self.components.get_mut(component).on_event(event, listers, self.now) {
            self.add(component, key, component.latency_ms(), Lane::Event);
        }
    }

    fn sync(&mut self, item: Item) {
        if !self.count_sync(&item) {
            return;
        }
        let Item { component, key, .. } = item;
        let listers = self.late.get(&component).map_or(&self.listers, |late| &late.listers);
        let mut api = SyncApi {
            component,
            defects: &self.defects,
            server: &mut self.server,
            choices: &mut self.server_choices,
            listers,
            runtime: &mut self.runtime,
            now: self.now,
        };
        let mut cx = Context {
            now: self.now,
            features: self.features,
            listers,
            api: &mut api,
            recorder: &mut self.recorder,
            choices: &mut self.choices,
            decisions: &mut self.decisions,
        };
        match self.components.get_mut(component).sync(&mut cx, &key) {
            Ok(outcome) => {
                self.queue.forget_failures(component, &key);
                self.queue.forget_timer(component, &key);
                let (ms, lane) = match outcome {
                    Outcome::Done => (None, Lane::Timer),
                    Outcome::After(ms) => (Some(ms), Lane::Timer),
                    Outcome::Again(ms) => (Some(ms), Lane::Resync),
                };
                if let Some(ms) = ms {
                    self.add(component, key, i64::try_from(ms).unwrap_or(i64::MAX), lane);
                }
            }
            Err(_) => self.queue.retry(component, key, self.now.as_millisecond()),
        }
        self.deliver();
    }

    /// Counts a sync; false if there were too many, which ends all work.
    fn count_sync(&mut self, item: &Item) -> bool {
        let second = self.now.as_second();
        if self.pace.second != second {
            self.pace = Storm { second, syncs: 0 };
        }
        self.pace.syncs += 1;
        if self.pace.syncs > STORM {
            let (who, key) = (item.component.name(), &item.key);
            self.failure = Some(format!(
                "more than {STORM} syncs within one second of virtual time, the last one {who}'s of {key}"
            ));
        }
        self.failure.is_none()
    }

    fn plan_first_resync(&mut self, component: Component) {
        if let Some(period_ms) = self.components.get_mut(component).resync_period_ms() {
            let phase_ms = self.choices.number(&format!("resync/{}", component.name()), period_ms.max(1));
            self.plan_resync(component, phase_ms);
        }
    }

    fn plan_resync(&mut self, component: Component, after_ms: u64) {
        let after_ms = i64::try_from(after_ms).unwrap_or(i64::MAX).max(1);
        self.resyncs.insert(component, self.now.as_millisecond().saturating_add(after_ms));
    }

    /// The component whose resync is due now.
    fn due_resync(&self) -> Option<Component> {
        let now_ms = self.now.as_millisecond();
        self.resyncs.iter().find(|(_, due_ms)| **due_ms <= now_ms).map(|(component, _)| *component)
    }

    fn resync(&mut self, component: Component) {
        let reconciler = self.components.get_mut(component);
        let period_ms = reconciler.resync_period_ms().unwrap_or(u64::MAX);
        for key in reconciler.resync_keys(&self.listers) {
            self.add(component, key, component.latency_ms(), Lane::Resync);
        }
        self.plan_resync(component, period_ms);
    }
}
