//! The world: store, caches, components, and the one loop that moves time.
//!
//! Time moves from one piece of work to the next. A request or a sync is atomic; afterwards its changes go to the caches
//! and to every component, and the keys that concern a component are due its latency later.
//! Invariant: time never goes back; the caches hold what is stored; a clone is cheap and goes its own way.

use apiserver::{Env, Server};
use client::api::{Change, Refusal, Request, Response};
use client::reconcile::Decisions;
use client::{Choices, Context, Listers, Outcome, Recorder};
use imbl::OrdMap;
use jiff::Timestamp;
use machinery::Kind;
use machinery::time::after_ms;
use machinery::version::Features;
use node::kubelet::{Faults, Pace, Profile};

use crate::api::{ApiHandle, SyncApi};
use crate::choices::{Chooser, Script};
use crate::components::Components;
use crate::latency::Component;
use crate::queue::{Item, Lane, Queue};
use crate::{bootstrap, digest};

/// Syncs within one second of virtual time after which the world stops: two components work against each other.
const STORM: u64 = 1_000_000;
/// How long before its first moment the cluster was set up.
const SETUP_MS: i64 = 60_000;

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
    pace: Storm,
    failure: Option<String>,
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
            delivered: 0,
            components: Components::new(config.profile),
            queue: Queue::default(),
            resyncs: OrdMap::new(),
            recorder: Recorder::default(),
            decisions: Decisions::new(),
            server_choices: Chooser::new(config.seed, "apiserver"),
            choices: Chooser::new(config.seed, "components"),
            pace: Storm::default(),
            failure: None,
        };
        for component in Component::ALL {
            world.plan_first_resync(component);
        }
        if let Err(refusal) = bootstrap::set_up(&mut world.api(), &config) {
            world.failure = Some(format!("the cluster cannot be set up: {}", refusal.message));
        }
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
        digest::digest(&self.server)
    }

    /// Sets which volume and which node is chosen for whom from now on.
    pub fn script(&mut self, script: Script) {
        self.choices.script = script;
    }

    /// What is broken on purpose.
    pub fn faults(&self) -> &Faults {
        self.components.kubelet.faults()
    }

    /// Breaks other things than before, from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.components.kubelet.set_faults(faults);
        for key in self.components.get_mut(Component::Kubelet).resync_keys(&self.listers) {
            self.add(Component::Kubelet, key, Component::Kubelet.latency_ms(), Lane::Event);
        }
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
        let due_ms = work.into_iter().chain(self.resyncs.values().copied()).min()?;
        Timestamp::from_millisecond(due_ms).ok()
    }

    /// Moves time to the next work and does it; false if there is none.
    pub fn step(&mut self) -> bool {
        let Some(due) = self.next_due() else {
            return false;
        };
        self.now = self.now.max(due);
        if let Some(component) = self.due_resync() {
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
        self.failure.is_some() || self.queue.is_quiet()
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

    /// Carries out a request of people.
    pub(crate) fn call(&mut self, request: Request) -> Result<Response, Refusal> {
        let mut env = Env { now: self.now, choices: &mut self.server_choices };
        let response = self.server.call(&mut env, request);
        self.deliver();
        response
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
            if event.change == Change::Deleted {
                self.decisions.remove(&event.object.key());
            }
            // Nobody acts on Events.
            if event.object.kind() == Kind::Event {
                continue;
            }
            for component in Component::ALL {
                let reconciler = self.components.get_mut(component);
                for key in reconciler.on_event(event, &self.listers, self.now) {
                    self.add(component, key, component.latency_ms(), Lane::Event);
                }
            }
        }
    }

    fn sync(&mut self, item: Item) {
        if !self.count_sync(&item) {
            return;
        }
        let Item { component, key, .. } = item;
        let mut api = SyncApi {
            server: &mut self.server,
            choices: &mut self.server_choices,
            listers: &self.listers,
            now: self.now,
        };
        let mut cx = Context {
            now: self.now,
            features: self.features,
            listers: &self.listers,
            api: &mut api,
            recorder: &mut self.recorder,
            choices: &mut self.choices,
            decisions: &mut self.decisions,
        };
        match self.components.get_mut(component).sync(&mut cx, &key) {
            Ok(outcome) => {
                self.queue.forget_failures(component, &key);
                if let Outcome::After(ms) = outcome {
                    self.add(component, key, i64::try_from(ms).unwrap_or(i64::MAX), Lane::Timer);
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
