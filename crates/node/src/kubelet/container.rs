//! One container: its image, its starts and ends, its back-offs and probes.
//!
//! Models pkg/kubelet/kuberuntime/kuberuntime_manager.go (SyncPod), kuberuntime_container.go and
//! pkg/kubelet/images/image_manager.go (v1.36.2). Departs: what runs does nothing; it ends when it is made to, or a moment
//! after its start if its command is one whose end is known.
//! Invariant: the status is a function of the state; that of a container that was found running (`found`) is what it was
//! found with until something happens to it.

mod found;

use std::sync::Arc;

use imbl::OrdSet;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Container as Spec, ContainerRestartRule, ContainerState, ContainerStateTerminated, ContainerStateWaiting,
    ContainerStatus, Pod,
};
use machinery::Resource;
use machinery::time::{after_ms, ms_between, seconds};
use machinery::version::Features;

use super::backoff::{RECOVERED_MS, back_off_ms, go_millis, go_seconds};
use super::images::{invalid_name, never_pull, pull_error};
use super::prober::{Look, Probe, Purpose, Run, report};
use super::profile::hits;
use super::{Settings, Turn, images, ms_i64, pod_lifecycle, status, stop};
use crate::{exec, references};

/// The kubelet looks at a pod again so long after something ended (its PLEG's period).
const RELIST_MS: i64 = 1_000;
/// The kubelet tries again so long after it could not start a container (pkg/kubelet/kubelet.go, backOffPeriod).
pub(super) const SYNC_MS: i64 = 10_000;
/// How long a container runs that ends by itself.
const RUN_MS: i64 = 1_000;
/// The annotation that makes every container of a pod crash.
const CRASH: &str = "playground/crash";

/// The images of each node, as (node, image).
pub(super) type Images = OrdSet<(Arc<str>, Arc<str>)>;

/// What a container is to its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It has to end well before the next one starts.
    Init,
    /// An init container that keeps running beside the others.
    Sidecar,
    /// What the pod is for.
    Main,
}

/// One container of a pod.
#[derive(Clone, Debug)]
pub(super) struct Container {
    name: Arc<str>,
    role: Role,
    image: Arc<str>,
    state: State,
    /// How often it was started after the first time.
    restarts: i32,
    /// Restarts since it last ran for long.
    crashes: u32,
    /// Whether it has ever been started.
    started: bool,
    /// How its last run ended.
    last: Option<ContainerStateTerminated>,
    /// Failed pulls in a row.
    failed_pulls: u32,
    /// Why it was not started when that was last tried, in view until it is (pkg/kubelet/reason_cache.go).
    refusal: Option<Arc<ContainerStateWaiting>>,
    /// The code with which it is to exit now.
    crash: Option<i32>,
    /// When and with which code it ends, now that nothing is left for it to run beside.
    dismissed: Option<(Timestamp, i32)>,
    /// Whether it ends by itself.
    ends: bool,
    startup: Probe,
    liveness: Probe,
    readiness: Probe,
    /// What it was found with, while that is still true.
    found: Option<Arc<ContainerStatus>>,
    /// What it was found to suffer from.
    ailment: Ailment,
}

/// What a container that was found failing goes on doing: nothing tells what would heal it but another image, or another pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ailment {
    None,
    /// It runs, and is not ready.
    Unready,
    /// It exits as soon as it has started.
    Crashes,
}

/// What a container is doing. Moments are those at which it began.
#[derive(Clone, Copy, Debug)]
enum State {
    /// It is to be started.
    Due,
    /// Its image is being fetched.
    Pulling(Timestamp),
    /// Something that its environment is made of is missing.
    Misconfigured(Timestamp),
    /// The fetch failed.
    PullFailed(Timestamp),
    /// The next fetch waits; the last one failed then.
    PullBackOff(Timestamp),
    /// Its image's name is none, or it is not there and may not be fetched.
    NoImage(Timestamp),
    /// It runs.
    Running(Timestamp),
    /// It exited.
    Exited(Timestamp),
    /// The next start waits; it exited then.
    CrashBackOff(Timestamp),
    /// It was found waiting for something that is not simulated.
    Held,
}

/// When a container has to be looked at again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Due {
    /// Something will happen then.
    pub(super) change: Option<Timestamp>,
    /// The same will be said again then.
    pub(super) repeat: Option<Timestamp>,
}

pub(super) fn image(container: &Spec) -> &str {
    container.image.as_deref().unwrap_or_default()
}

impl Container {
    pub(super) fn new(spec: &Spec, role: Role) -> Container {
        Container {
            name: spec.name.as_str().into(),
            role,
            image: image(spec).into(),
            state: State::Due,
            restarts: 0,
            crashes: 0,
            started: false,
            last: None,
            failed_pulls: 0,
            refusal: None,
            crash: None,
            dismissed: None,
            ends: role == Role::Init,
            startup: Probe::new(Purpose::Startup),
            liveness: Probe::new(Purpose::Liveness),
            readiness: Probe::new(Purpose::Readiness),
            found: None,
            ailment: Ailment::None,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn role(&self) -> Role {
        self.role
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }

    /// Whether it has ever been started.
    pub(super) fn was_started(&self) -> bool {
        self.started
    }

    /// Whether something that its environment is made of was missing when it was last to be started.
    pub(super) fn is_misconfigured(&self) -> bool {
        matches!(self.state, State::Misconfigured(_))
    }

    /// Whether its image is being fetched: the containers after it wait.
    pub(super) fn is_pulling(&self) -> bool {
        matches!(self.state, State::Pulling(_))
    }

    /// The code with which it ended for good, or for now.
    pub(super) fn exit_code(&self) -> Option<i32> {
        match self.state {
            State::Exited(_) => self.last.as_ref().map(|last| last.exit_code),
            _ => None,
        }
    }

    /// Whether it has ended, and is not started again.
    pub(super) fn is_over(&self, pod: &Pod) -> bool {
        self.exit_code().is_some() && !self.is_restarted(pod)
    }

    /// Whether the containers after it may start.
    pub(super) fn lets_others_start(&self, spec: &Spec) -> bool {
        match self.role {
            Role::Init => self.exit_code() == Some(0),
            Role::Sidecar => self.is_running() && self.is_started(spec),
            Role::Main => true,
        }
    }

    /// Makes it exit at the next step, if it runs; whether it does.
    pub(super) fn crash(&mut self, exit_code: i32) -> bool {
        if self.is_running() {
            self.crash = Some(exit_code);
        }
        self.is_running()
    }

    /// Ends it if it runs, as nothing is left for it to run beside; it is not started again (computePodActions).
    pub(super) fn dismiss(&mut self, turn: &mut Turn<'_, '_>, spec: &Spec, settings: &Settings) {
        if self.dismissed.is_some() {
            return;
        }
        if !self.is_running() && self.last.is_some() {
            (self.state, self.found) = (State::Exited(turn.cx.now), None);
        }
        let running: &[&Spec] = if self.is_running() { &[spec] } else { &[] };
        let (span_ms, killed) = stop::stop(turn, running, settings);
        self.dismissed = Some((after_ms(turn.cx.now, span_ms), if killed { 137 } else { 0 }));
    }

    /// Whether it has passed its startup probe, or has none.
    fn is_started(&self, spec: &Spec) -> bool {
        spec.startup_probe.is_none() || self.startup.good
    }

    /// Goes on until there is something to wait for.
    pub(super) fn advance(
        &mut self,
        turn: &mut Turn<'_, '_>,
        spec: &Spec,
        settings: &Settings,
        present: &mut Images,
    ) {
        if *self.image != *image(spec) {
            self.replace_image(turn, spec);
        }
        if let (Some(code), State::Running(since)) = (self.crash.take(), self.state) {
            self.exit(turn, since, code);
        }
        if let State::Running(since) = self.state {
            self.probe(turn, spec, since, settings);
        }
        while !self.waits(turn, settings) {
            self.found = None;
            match self.state {
                State::Due => self.prepare(turn, spec, settings, present),
                State::Pulling(_) => self.finish_pull(turn, spec, settings, present),
                State::PullFailed(at) => {
                    self.state = State::PullBackOff(at);
                    let message = format!("Back-off pulling image \"{}\"", self.image);
                    self.refuse(
                        "ImagePullBackOff",
                        format!("{message}: ErrImagePull: {}", pull_error(&self.image)),
                    );
                    turn.event(&spec.name, "Normal", "BackOff", &message);
                    turn.event(&spec.name, "Warning", "Failed", "Error: ImagePullBackOff");
                }
                State::PullBackOff(_) | State::Misconfigured(_) | State::NoImage(_) => {
                    self.state = State::Due
                }
                State::Exited(at) if back_off_ms(self.crashes) > RELIST_MS => {
                    self.state = State::CrashBackOff(at);
                    let (name, place) = (&spec.name, place(&turn.pod));
                    let wait = go_seconds(back_off_ms(self.crashes));
                    self.refuse(
                        "CrashLoopBackOff",
                        format!("back-off {wait} restarting failed container={name} pod={place}"),
                    );
                    let message = format!("Back-off restarting failed container {name} in pod {place}");
                    turn.event(name, "Warning", "BackOff", &message);
                }
                State::Exited(_) | State::CrashBackOff(_) => {
                    self.crashes = self.crashes.saturating_add(1);
                    self.state = State::Due;
                }
                // What is not known has done its work.
                State::Running(since) => {
                    let own = || exec::end_of(turn.cx.listers, &turn.pod, spec).unwrap_or(0);
                    let code = self.dismissed.map_or_else(own, |(_, code)| code);
                    self.exit(turn, since, code);
                }
                State::Held => return,
            }
        }
    }

    /// Whether the state lasts beyond now.
    fn waits(&self, turn: &Turn<'_, '_>, settings: &Settings) -> bool {
        self.ends_at(&turn.pod, turn.cx.now, settings).is_none_or(|at| at > turn.cx.now)
    }

    /// When the state ends by itself.
    fn ends_at(&self, pod: &Pod, now: Timestamp, settings: &Settings) -> Option<Timestamp> {
        match self.state {
            State::Due => Some(now),
            State::Pulling(at) => Some(after_ms(at, ms_i64(settings.pace.pull_ms))),
            State::Misconfigured(at) | State::NoImage(at) => Some(after_ms(at, SYNC_MS)),
            State::PullFailed(at) => Some(after_ms(at, RELIST_MS)),
            State::PullBackOff(at) => Some(after_ms(at, back_off_ms(self.failed_pulls))),
            State::Exited(at) if self.is_restarted(pod) => Some(after_ms(at, RELIST_MS)),
            State::CrashBackOff(at) => Some(after_ms(at, back_off_ms(self.crashes))),
            State::Running(since) => {
                let own = self.ends.then(|| after_ms(since, RUN_MS));
                self.dismissed.map(|(at, _)| at).or(own)
            }
            State::Exited(_) | State::Held => None,
        }
    }

    /// When it has to be looked at again.
    pub(super) fn due(&self, turn: &Turn<'_, '_>, spec: &Spec, settings: &Settings) -> Due {
        let (pod, now) = (&*turn.pod, turn.cx.now);
        let end = self.ends_at(pod, now, settings);
        let fails_again = match self.state {
            State::Misconfigured(_) => references::unresolved(turn.cx.listers, pod, spec).is_some(),
            State::NoImage(_) => true,
            _ => false,
        };
        let mut due =
            if fails_again { Due { change: None, repeat: end } } else { Due { change: end, repeat: None } };
        let State::Running(since) = self.state else { return due };
        let late = settings.faults.slow_ready_ms(pod).map(|ms| after_ms(since, ms_i64(ms)));
        due.change = due.change.into_iter().chain(late.filter(|at| *at > now)).min();
        for (purpose, probe) in self.probes(spec) {
            let Some(probe_spec) = purpose.spec(spec) else { continue };
            let succeeds = self.outcome(purpose, turn, spec, settings).is_ok();
            let next = probe.due(probe_spec, self.run(purpose, since), now, succeeds);
            // A readiness probe that goes on failing says so again and again, and changes nothing.
            let repeats = purpose == Purpose::Readiness && !succeeds && !probe.good;
            let slot = if repeats { &mut due.repeat } else { &mut due.change };
            *slot = slot.iter().copied().chain(next).min();
        }
        due
    }

    /// Whether it was found to fail probes of that purpose. What was found unready has not started up, or is past that.
    fn ails(&self, purpose: Purpose) -> bool {
        self.ailment == Ailment::Unready && purpose != Purpose::Liveness
    }

    /// How a probe of that purpose comes out if it is made now.
    fn outcome(
        &self,
        purpose: Purpose,
        turn: &Turn<'_, '_>,
        spec: &Spec,
        settings: &Settings,
    ) -> Result<(), String> {
        match purpose.spec(spec) {
            Some(probe) if self.ails(purpose) => Err(report(probe, spec, &turn.pod)),
            _ => purpose.outcome(turn.cx.listers, &turn.pod, spec, &settings.faults),
        }
    }

    /// The run as a probe of that purpose sees it.
    fn run(&self, purpose: Purpose, since: Timestamp) -> Run {
        let startup = self.startup.last().filter(|_| purpose != Purpose::Startup && self.startup.good);
        Run { since, probed_from: startup.unwrap_or(since) }
    }

    /// The probes that are made of it now: nothing else is probed before it has started up.
    fn probes(&self, spec: &Spec) -> Vec<(Purpose, &Probe)> {
        if self.is_started(spec) {
            vec![(Purpose::Liveness, &self.liveness), (Purpose::Readiness, &self.readiness)]
        } else {
            vec![(Purpose::Startup, &self.startup)]
        }
    }

    /// Makes the probes that are due; a container that fails for good is ended.
    fn probe(&mut self, turn: &mut Turn<'_, '_>, spec: &Spec, since: Timestamp, settings: &Settings) {
        if !self.is_started(spec) {
            let run = self.run(Purpose::Startup, since);
            let outcome = self.outcome(Purpose::Startup, turn, spec, settings);
            if self.startup.look(turn, spec, run, &outcome) == Look::Tripped {
                return self.kill(turn, spec, since, "startup");
            }
        }
        if self.is_started(spec) {
            let run = self.run(Purpose::Readiness, since);
            let outcome = |purpose| self.outcome(purpose, turn, spec, settings);
            let (ready, alive) = (outcome(Purpose::Readiness), outcome(Purpose::Liveness));
            self.readiness.look(turn, spec, run, &ready);
            if self.liveness.look(turn, spec, run, &alive) == Look::Tripped {
                self.kill(turn, spec, since, "liveness");
            }
        }
    }

    fn kill(&mut self, turn: &mut Turn<'_, '_>, spec: &Spec, since: Timestamp, probe: &str) {
        let message = format!("Container {} failed {probe} probe, will be restarted", spec.name);
        turn.event(&spec.name, "Normal", "Killing", &message);
        self.exit(turn, since, 137);
    }

    /// Whether it is started again, now that it has ended (podutil.ContainerShouldRestart).
    fn is_restarted(&self, pod: &Pod) -> bool {
        if self.role == Role::Sidecar {
            return self.dismissed.is_none();
        }
        let (Some(code), Some(spec)) = (self.exit_code(), pod.spec.as_ref()) else { return false };
        if self.role == Role::Init && code == 0 {
            return false;
        }
        let own = pod_lifecycle::specs(spec).find(|container| *container.name == *self.name);
        let rules = own.and_then(|container| container.restart_policy_rules.as_deref()).unwrap_or_default();
        if rules.iter().find(|rule| is_about(rule, code)).is_some_and(|rule| rule.action == "Restart") {
            return true;
        }
        let policy = own.and_then(|container| container.restart_policy.as_ref());
        match policy.or(spec.restart_policy.as_ref()).map(String::as_str) {
            Some("Never") => false,
            Some("OnFailure") => code != 0,
            _ => true,
        }
    }

    /// Whether the container is ready now.
    pub(super) fn is_ready(&self, pod: &Pod, spec: &Spec, now: Timestamp, settings: &Settings) -> bool {
        if self.role == Role::Init {
            return self.exit_code() == Some(0);
        }
        let State::Running(since) = self.state else { return false };
        let late = settings.faults.slow_ready_ms(pod).is_some_and(|ms| after_ms(since, ms_i64(ms)) > now);
        let probed = match spec.readiness_probe {
            Some(_) => self.readiness.good,
            None => !self.ails(Purpose::Readiness) && Purpose::Readiness.is_unbroken(pod, &settings.faults),
        };
        self.is_started(spec) && probed && !late
    }

    /// Another image was set in place: a running container is restarted with it.
    fn replace_image(&mut self, turn: &mut Turn<'_, '_>, spec: &Spec) {
        if let State::Running(since) = self.state {
            let message = format!("Container {} definition changed, will be restarted", spec.name);
            turn.event(&spec.name, "Normal", "Killing", &message);
            self.exit(turn, since, 0);
        }
        self.image = image(spec).into();
        self.failed_pulls = 0;
        self.refusal = None;
        (self.found, self.ailment) = (None, Ailment::None);
        self.state = State::Due;
    }

    /// Finds the image, or begins to fetch it.
    fn prepare(&mut self, turn: &mut Turn<'_, '_>, spec: &Spec, settings: &Settings, present: &Images) {
        if images::is_invalid(&self.image) {
            self.state = State::NoImage(turn.cx.now);
            self.refuse("InvalidImageName", invalid_name(&self.image));
            turn.event(&spec.name, "Warning", "InspectFailed", &invalid_name(&self.image));
            turn.event(&spec.name, "Warning", "Failed", "Error: InvalidImageName");
            return;
        }
        let here = present.contains(&(turn.node_name().into(), self.image.clone()));
        match spec.image_pull_policy.as_deref() {
            Some("Never") if !here => {
                self.state = State::NoImage(turn.cx.now);
                self.refuse("ErrImageNeverPull", never_pull(&self.image));
                turn.event(&spec.name, "Warning", "ErrImageNeverPull", &never_pull(&self.image));
                turn.event(&spec.name, "Warning", "Failed", "Error: ErrImageNeverPull");
            }
            policy if policy == Some("Always") || !here => {
                turn.event(&spec.name, "Normal", "Pulling", &format!("Pulling image \"{}\"", self.image));
                self.state = State::Pulling(turn.cx.now);
            }
            _ => {
                let is_checked = turn.cx.features.present_images_are_checked();
                let tail = if is_checked { " and can be accessed by the pod" } else { "" };
                let message = format!("Container image \"{}\" already present on machine{tail}", self.image);
                turn.event(&spec.name, "Normal", "Pulled", &message);
                self.start(turn, spec, settings);
            }
        }
    }

    fn finish_pull(
        &mut self,
        turn: &mut Turn<'_, '_>,
        spec: &Spec,
        settings: &Settings,
        present: &mut Images,
    ) {
        let image = self.image.clone();
        if images::is_missing(&image) || settings.faults.missing_images.contains(&*image) {
            self.failed_pulls = self.failed_pulls.saturating_add(1);
            self.state = State::PullFailed(turn.cx.now);
            self.refuse("ErrImagePull", pull_error(&image));
            let message = format!("Failed to pull image \"{image}\": {}", pull_error(&image));
            turn.event(&spec.name, "Warning", "Failed", &message);
            turn.event(&spec.name, "Warning", "Failed", "Error: ErrImagePull");
            return;
        }
        let took = go_millis(settings.pace.pull_ms);
        let message = format!(
            "Successfully pulled image \"{image}\" in {took} ({took} including waiting). Image size: {} bytes.",
            images::size(&image)
        );
        turn.event(&spec.name, "Normal", "Pulled", &message);
        self.failed_pulls = 0;
        present.insert((turn.node_name().into(), image));
        self.start(turn, spec, settings);
    }

    fn start(&mut self, turn: &mut Turn<'_, '_>, spec: &Spec, settings: &Settings) {
        if let Some(problem) = references::unresolved(turn.cx.listers, &turn.pod, spec) {
            turn.event(&spec.name, "Warning", "Failed", &format!("Error: {problem}"));
            self.refuse("CreateContainerConfigError", problem);
            self.state = State::Misconfigured(turn.cx.now);
            return;
        }
        let (created, started) = if turn.cx.features.container_events_name_nothing() {
            ("Container created".to_owned(), "Container started".to_owned())
        } else {
            (format!("Created container: {}", spec.name), format!("Started container {}", spec.name))
        };
        turn.event(&spec.name, "Normal", "Created", &created);
        turn.event(&spec.name, "Normal", "Started", &started);
        self.refusal = None;
        self.restarts = self.restarts.saturating_add(i32::from(self.started));
        self.started = true;
        self.ends = self.role == Role::Init || exec::end_of(turn.cx.listers, &turn.pod, spec).is_some();
        let now = turn.cx.now;
        self.state = State::Running(now);
        self.startup = Probe::new(Purpose::Startup);
        self.liveness = Probe::new(Purpose::Liveness);
        self.readiness = Probe::new(Purpose::Readiness);
        let crashes = self.ailment == Ailment::Crashes || hits(&settings.faults.crash_loop, &turn.pod);
        if crashes || turn.annotated(CRASH) {
            self.exit(turn, now, 1);
        } else {
            self.probe(turn, spec, now, settings);
        }
    }

    /// It ends, as it does when its process exits with that code.
    fn exit(&mut self, turn: &Turn<'_, '_>, since: Timestamp, code: i32) {
        self.found = None;
        if ms_between(since, turn.cx.now) >= RECOVERED_MS {
            self.crashes = 0;
        }
        self.last = Some(ContainerStateTerminated {
            exit_code: code,
            reason: Some(if code == 0 { "Completed" } else { "Error" }.to_owned()),
            started_at: Some(seconds(since)),
            finished_at: Some(seconds(turn.cx.now)),
            container_id: Some(images::container_id(turn.pod.uid(), &self.name, self.restarts)),
            ..Default::default()
        });
        self.state = State::Exited(turn.cx.now);
    }

    /// Notes why it is not started.
    fn refuse(&mut self, reason: &str, message: String) {
        let refusal = ContainerStateWaiting { reason: Some(reason.to_owned()), message: Some(message) };
        self.refusal = Some(refusal.into());
    }

    /// What it does. One that is to be started shows why it was not, or else how it ended (convertToAPIContainerStatuses).
    fn api_state(&self, initializing: bool) -> ContainerState {
        match (self.state, &self.refusal, &self.last) {
            (State::Running(since), ..) => status::running(since),
            (State::Held, ..) => {
                self.found.as_ref().and_then(|found| found.state.clone()).unwrap_or_default()
            }
            (State::Exited(_), _, Some(last)) | (_, None, Some(last)) => status::terminated(last.clone()),
            (_, Some(refusal), _) => {
                ContainerState { waiting: Some((**refusal).clone()), ..Default::default() }
            }
            _ => status::waiting(if initializing { "PodInitializing" } else { "ContainerCreating" }, None),
        }
    }

    /// Its status; `initializing` if its pod has init containers.
    pub(super) fn status(
        &self,
        pod: &Pod,
        spec: &Spec,
        features: Features,
        ready: bool,
        initializing: bool,
    ) -> ContainerStatus {
        if let Some(found) = &self.found {
            return ContainerStatus { ready, ..(**found).clone() };
        }
        let state = self.api_state(initializing);
        let image = if self.started { images::reference(&self.image) } else { self.image.to_string() };
        let last = self.last.clone().filter(|_| state.terminated.is_none()).map(status::terminated);
        // What a container takes is known once there is one.
        let has_resources = self.started && features.container_statuses_have_resources();
        let resources = has_resources.then(|| spec.resources.clone().unwrap_or_default());
        ContainerStatus {
            image,
            image_id: if self.started { images::id(&self.image) } else { String::new() },
            container_id: self.started.then(|| images::container_id(pod.uid(), &spec.name, self.restarts)),
            ready,
            started: Some(self.is_running() && self.is_started(spec)),
            restart_count: self.restarts,
            last_state: Some(last.unwrap_or_default()),
            volume_mounts: status::volume_mounts(spec),
            allocated_resources: resources.as_ref().and_then(|resources| resources.requests.clone()),
            resources,
            ..status::never_started(&spec.name, "", state)
        }
    }
}

/// Whether the rule is about containers that end with that code (findMatchingContainerRestartRule).
fn is_about(rule: &ContainerRestartRule, code: i32) -> bool {
    rule.exit_codes.as_ref().is_some_and(|codes| {
        let is_listed = codes.values.iter().flatten().any(|value| *value == code);
        match codes.operator.as_str() {
            "In" => is_listed,
            "NotIn" => !is_listed,
            _ => false,
        }
    })
}

/// The pod as messages name it: `web-0_default(uid)`.
fn place(pod: &Pod) -> String {
    format!("{}_{}({})", pod.name(), pod.namespace(), pod.uid())
}
