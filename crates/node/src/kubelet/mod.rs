//! The kubelets of all nodes: what becomes of a pod that has a node.
//!
//! Models the pod workers of pkg/kubelet (v1.36.2): one worker per pod, its status written through the status
//! subresource, the object removed once its containers have ended. Departs: no container runs anything; that an image
//! exists, a container crashes or a probe succeeds is read off names, annotations and [`Faults`]; what was found failing
//! goes on failing ([`takeover`]).
//! Invariant: a worker belongs to one uid; a pod of the same name starts anew.

mod addresses;
mod admission;
mod backoff;
mod container;
mod eviction;
mod expand;
pub(crate) mod images;
mod mount;
pub mod node_status;
mod pod_lifecycle;
mod prober;
mod profile;
mod recorder;
mod status;
mod stop;
mod takeover;

use std::sync::Arc;

use client::api::{Change, WatchEvent};
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler, Reporter};
use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    Container, ContainerStatus, HostIP, Node, PersistentVolumeClaim, Pod, PodIP, PodStatus,
};
use machinery::object::{is_pod_terminal, is_terminating};
use machinery::taints::is_cordoned;
use machinery::time::{after_ms, ms_between, seconds};
use machinery::{Kind, Object, Resource};

use addresses::Addresses;
use mount::Mounting;
use profile::hits;
pub use profile::{Faults, NamePattern, Pace, Profile};
use status::Fact;
pub use takeover::is_overdue;

use crate::scheduler::cache::Cache;

/// How often a kubelet looks at its node and posts its status (`nodeStatusUpdateFrequency`).
const NODE_STATUS_MS: i64 = 10_000;
/// How long after a sandbox could not be made the next try comes.
const SANDBOX_RETRY_MS: u64 = 10_000;

/// The kubelets of all nodes.
#[derive(Clone, Debug)]
pub struct Kubelet {
    settings: Settings,
    workers: OrdMap<Key, Worker>,
    addresses: Addresses,
    /// The pods that the nodes have taken.
    admitted: Cache,
    images: container::Images,
    /// The pods whose volumes are not all there.
    unmounted: OrdSet<Key>,
    /// The pods with probes that ask for names.
    asking: OrdSet<Key>,
    /// The nodes that were last seen cordoned.
    cordoned: OrdSet<Arc<str>>,
}

/// What does not change while a pod is handled.
#[derive(Clone, Debug)]
struct Settings {
    profile: Profile,
    pace: Pace,
    faults: Faults,
}

impl Settings {
    fn start_ms(&self) -> u64 {
        self.faults.start_delay_ms.unwrap_or(self.pace.sandbox_ms)
    }

    fn stop_ms(&self) -> u64 {
        self.faults.stop_delay_ms.unwrap_or(self.pace.stop_ms)
    }
}

/// What is remembered of a pod.
#[derive(Clone, Debug)]
struct Worker {
    uid: Arc<str>,
    address: Option<Arc<str>>,
    stage: Stage,
    /// When the stage ends by itself.
    due: Timestamp,
    /// Whether the node wants to be rid of it.
    evicted: bool,
}

/// How far a pod is.
#[derive(Clone, Debug)]
enum Stage {
    /// Nothing was done for it.
    New,
    /// Its node does not take it, and is about to say so.
    Rejected(admission::Rejection),
    /// Its volumes are being mounted.
    Mounting(Mounting),
    /// Its sandbox is being made.
    Creating,
    /// It has an address and containers, under the default profile.
    Containers(Vec<container::Container>),
    /// It has an address and containers, under the recorder's profile.
    Recorded(recorder::Stage),
    /// Its containers are ending, by force or in order.
    Stopping { killed: bool },
    /// They have ended, the object goes next.
    Stopped,
    /// It was found waiting for something that is not simulated.
    Held,
    /// Nothing is left to do.
    Gone,
}

/// What a step of a worker leaves: nothing before the next event, or so many milliseconds to wait.
type Next = Result<Option<u64>, Error>;

impl Default for Kubelet {
    fn default() -> Kubelet {
        Kubelet::new(Profile::Default)
    }
}

impl Kubelet {
    /// Kubelets of that profile, with its pace and no faults.
    pub fn new(profile: Profile) -> Kubelet {
        let settings = Settings { profile, pace: Pace::of(profile), faults: Faults::default() };
        Kubelet {
            settings,
            workers: OrdMap::new(),
            addresses: Addresses::default(),
            admitted: Cache::default(),
            images: container::Images::new(),
            unmounted: OrdSet::new(),
            asking: OrdSet::new(),
            cordoned: OrdSet::new(),
        }
    }

    /// Breaks other things than before. Every pod on a node has to be looked at again after this.
    pub fn set_faults(&mut self, faults: Faults) {
        self.settings.faults = faults;
    }

    /// Ends a running container (the first one, if none is named) with that exit code.
    /// The pod has to be looked at after this.
    ///
    /// # Errors
    /// Where no such container runs.
    pub fn crash(&mut self, pod: &Key, container: Option<&str>, exit_code: i32) -> Result<(), String> {
        let what = container.map(|name| format!("container {name} of ")).unwrap_or_default();
        let stage = self.workers.get_mut(pod).map(|worker| &mut worker.stage);
        match stage {
            Some(Stage::Containers(containers)) => pod_lifecycle::crash(containers, container, exit_code),
            _ => false,
        }
        .then_some(())
        .ok_or_else(|| format!("{what}{} does not run", pod.name))
    }

    /// Evicts a pod. It has to be looked at after this.
    ///
    /// # Errors
    /// Where no kubelet has the pod.
    pub fn evict(&mut self, pod: &Key) -> Result<(), String> {
        match self.workers.get_mut(pod) {
            Some(worker)
                if !matches!(worker.stage, Stage::Stopping { .. } | Stage::Stopped | Stage::Gone) =>
            {
                worker.evicted = true;
                Ok(())
            }
            _ => Err(format!("{} is on no node", pod.name)),
        }
    }

    /// Sets how long things take from now on.
    pub fn set_pace(&mut self, pace: Pace) {
        self.settings.pace = pace;
    }

    /// What a kubelet does for its node, if it is heard of.
    fn look_at_node(&mut self, cx: &mut Context<'_>, name: &str) -> Result<Outcome, Error> {
        let node = cx.listers.get::<Node>("", name).cloned();
        let Some(node) = node.filter(|_| !self.settings.faults.dead_nodes.contains(name)) else {
            return Ok(Outcome::Done);
        };
        self.post_node_status(cx, &node)?;
        Ok(self.tell_cordoned(cx, &node))
    }

    /// Says in its own time that the node was cordoned or uncordoned (recordNodeSchedulableEvent in kubelet_node_status.go).
    fn tell_cordoned(&mut self, cx: &mut Context<'_>, node: &Arc<Node>) -> Outcome {
        let is_cordoned = is_cordoned(node);
        if is_cordoned == self.cordoned.contains(node.name()) {
            return Outcome::Done;
        }
        if self.settings.profile == Profile::Recorder {
            self.note_cordoned(node);
            return Outcome::Done;
        }
        let began = node.metadata.creation_timestamp.as_ref().map_or(cx.now, |time| time.0);
        let since = ms_between(began, cx.now).rem_euclid(NODE_STATUS_MS);
        if since > 0 {
            return Outcome::After((NODE_STATUS_MS - since).unsigned_abs());
        }
        let reason = if is_cordoned { "NodeNotSchedulable" } else { "NodeSchedulable" };
        self.note_cordoned(node);
        let message = format!("Node {} status is now: {reason}", node.name());
        cx.event(kubelet(node.name()), &Node::wrap(node.clone()), "Normal", reason, &message);
        Outcome::Done
    }

    fn note_cordoned(&mut self, node: &Node) {
        if is_cordoned(node) {
            self.cordoned.insert(node.name().into());
        } else {
            self.cordoned.remove(node.name());
        }
    }

    /// A kubelet that is heard of again says that its node is well (pkg/kubelet/nodestatus/setters.go).
    fn post_node_status(&self, cx: &mut Context<'_>, node: &Arc<Node>) -> Result<(), Error> {
        let mut conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
        if conditions.all(|condition| condition.status != "Unknown") {
            return Ok(());
        }
        let mut changed = (**node).clone();
        let conditions = changed.status.iter_mut().flat_map(|status| status.conditions.iter_mut().flatten());
        for condition in conditions.filter(|condition| condition.status == "Unknown") {
            if let Some((status, reason, message)) = node_status::well(&condition.type_) {
                condition.status = status.to_owned();
                condition.reason = Some(reason.to_owned());
                condition.message = Some(message.to_owned());
                condition.last_heartbeat_time = Some(seconds(cx.now));
                condition.last_transition_time = Some(seconds(cx.now));
            }
        }
        cx.api.update_status(changed)?;
        if self.settings.profile == Profile::Default {
            let message = format!("Node {} status is now: NodeReady", node.name());
            cx.event(kubelet(node.name()), &Node::wrap(node.clone()), "Normal", "NodeReady", &message);
        }
        Ok(())
    }

    fn step(&mut self, turn: &mut Turn<'_, '_>, worker: &mut Worker) -> Next {
        if is_terminating(turn.pod.meta()) {
            return stop::step(turn, worker, &self.settings);
        }
        if is_pod_terminal(&turn.pod) {
            return Ok(None);
        }
        if worker.evicted {
            eviction::evict(turn)?;
            worker.stage = Stage::Gone;
            return Ok(None);
        }
        if self.settings.profile == Profile::Recorder {
            return self.go_on(turn, worker);
        }
        if stop::deadline(&turn.pod).is_some_and(|at| turn.until(at).is_none()) {
            return stop::exceed_deadline(turn, worker, &self.settings);
        }
        let next = self.go_on(turn, worker)?;
        let left = stop::deadline(&turn.pod).and_then(|at| turn.until(at));
        turn.repeats &= left.is_none();
        Ok(next.into_iter().chain(left).min())
    }

    /// The pods that a new node has already, or the node itself if it was cordoned or uncordoned.
    fn node_changed(&mut self, event: &WatchEvent, node: &Node, listers: &Listers) -> Vec<Key> {
        match event.change {
            Change::Added => {
                self.note_cordoned(node);
                let pods = listers.list::<Pod>("").filter(|pod| node_name(pod) == node.name());
                pods.map(|pod| pod.key()).collect()
            }
            Change::Modified if is_cordoned(node) != self.cordoned.contains(node.name()) => vec![node.key()],
            Change::Modified => Vec::new(),
            Change::Deleted => {
                self.cordoned.remove(node.name());
                Vec::new()
            }
        }
    }

    /// The pods of a namespace that wait for a ConfigMap or a Secret.
    fn unconfigured(&self, namespace: &str) -> Vec<Key> {
        let waits = |stage: &Stage| match stage {
            Stage::Mounting(_) => true,
            Stage::Containers(containers) => containers.iter().any(container::Container::is_misconfigured),
            _ => false,
        };
        let waiting =
            self.workers.iter().filter(|(key, worker)| &*key.namespace == namespace && waits(&worker.stage));
        waiting.map(|(key, _)| key.clone()).collect()
    }

    /// The pods that a change of a claim concerns: their kubelets wait for it, or its file system is to grow.
    fn claim_changed(&self, claim: &PersistentVolumeClaim, listers: &Listers) -> Vec<Key> {
        let neighbours = self.unmounted.iter().filter(|pod| *pod.namespace == *claim.namespace());
        let growing = expand::pods_concerned(claim, listers);
        neighbours.cloned().chain(growing).collect()
    }

    /// Takes the pod, if its node has what it wants. The recorder's kubelet takes any.
    fn admit(&mut self, turn: &mut Turn<'_, '_>, worker: &mut Worker) -> Result<(), Error> {
        let (profile, now) = (self.settings.profile, turn.cx.now);
        if profile == Profile::Default {
            if let Some(rejection) = admission::reject(turn, &self.admitted) {
                worker.stage = Stage::Rejected(rejection);
                worker.due = after_ms(now, ms_i64(self.settings.start_ms()));
                return Ok(());
            }
            self.admitted.put(&turn.pod);
        }
        begin(turn, profile)?;
        worker.stage = Stage::Mounting(Mounting::at(now));
        Ok(())
    }

    /// Brings a pod that is to run as far as it can be now.
    fn go_on(&mut self, turn: &mut Turn<'_, '_>, worker: &mut Worker) -> Next {
        if let Stage::New = worker.stage {
            self.admit(turn, worker)?;
        }
        if let Stage::Rejected(rejection) = &worker.stage {
            if let Some(wait) = turn.until(worker.due) {
                return Ok(Some(wait));
            }
            admission::refuse(turn, rejection)?;
            worker.stage = Stage::Gone;
        }
        if let Stage::Mounting(mounting) = &mut worker.stage {
            // The recorder's kubelet mounts nothing.
            if self.settings.profile == Profile::Default
                && let Some(wait) = mounting.go_on(turn)
            {
                return Ok(Some(wait));
            }
            worker.stage = Stage::Creating;
            worker.due = after_ms(turn.cx.now, ms_i64(self.settings.start_ms()));
        }
        if let Stage::Creating = worker.stage {
            if let Some(wait) = turn.until(worker.due) {
                turn.repeats = hits(&self.settings.faults.never_start, &turn.pod);
                return Ok(Some(wait));
            }
            if hits(&self.settings.faults.never_start, &turn.pod) {
                sandbox_fails(turn);
                worker.due = after_ms(turn.cx.now, ms_i64(SANDBOX_RETRY_MS));
                turn.repeats = true;
                return Ok(Some(SANDBOX_RETRY_MS));
            }
            let address = match turn.address_of_host() {
                Some(address) => Some(address.as_str().into()),
                None => turn.node().and_then(|node| self.addresses.allot(&node)),
            };
            worker.address = Some(address.ok_or_else(|| Error(turn.no_address()))?);
            worker.stage = match self.settings.profile {
                Profile::Default => Stage::Containers(pod_lifecycle::containers(&turn.pod)),
                Profile::Recorder => Stage::Recorded(recorder::Stage::Creating),
            };
        }
        let address = worker.address.clone().unwrap_or_default();
        match &mut worker.stage {
            Stage::Containers(containers) => {
                expand::expand(turn)?;
                pod_lifecycle::step(turn, containers, &address, &self.settings, &mut self.images)
            }
            Stage::Recorded(stage) => recorder::step(turn, stage, &mut worker.due, &address, &self.settings),
            _ => Ok(None),
        }
    }
}

/// The first status: the kubelet has seen the pod.
fn begin(turn: &mut Turn<'_, '_>, profile: Profile) -> Result<(), Error> {
    let pod = turn.pod.clone();
    let mut status = turn.status();
    let spec = pod.spec.as_ref();
    let init = spec.and_then(|spec| spec.init_containers.as_deref()).unwrap_or_default();
    let containers = spec.map_or(&[][..], |spec| &spec.containers);
    let reason = if init.is_empty() { "ContainerCreating" } else { "PodInitializing" };
    let waiting = |containers: &[Container]| -> Vec<ContainerStatus> {
        let status = |c: &Container| ContainerStatus {
            // The stand-in does not tell of mounts.
            volume_mounts: status::volume_mounts(c).filter(|_| profile == Profile::Default),
            ..status::never_started(&c.name, container::image(c), status::waiting(reason, None))
        };
        containers.iter().map(status).collect()
    };
    let incomplete: Vec<&str> = init.iter().map(|c| c.name.as_str()).collect();
    let unready: Vec<&str> = containers.iter().map(|c| c.name.as_str()).collect();
    status.phase = Some("Pending".to_owned());
    status.start_time = Some(seconds(turn.cx.now));
    status.host_ip = turn.host_ip();
    status.host_ips = status.host_ip.clone().map(|ip| vec![HostIP { ip }]);
    if let Some(address) = turn.address_of_host().filter(|_| profile == Profile::Default) {
        set_address(&mut status, &address);
    }
    status.container_statuses = Some(waiting(containers));
    status.init_container_statuses = (!init.is_empty()).then(|| waiting(init));
    let facts = status::readiness(false, &incomplete, &unready);
    turn.set_conditions(&mut status, &facts);
    turn.write(status)
}

/// The network of a new sandbox cannot be made; the kubelet tries again (pkg/kubelet/kuberuntime, createPodSandbox).
fn sandbox_fails(turn: &mut Turn<'_, '_>) {
    let message = "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: \
                   plugin type=\"bridge\" failed (add): no route to host";
    let about = Pod::wrap(turn.pod.clone());
    turn.tell(&about, "Warning", "FailedCreatePodSandBox", message);
}

/// The kubelet of a node, as its Events name it (cmd/kubelet/app/server.go, makeEventRecorder).
fn kubelet(node: &str) -> Reporter<'_> {
    Reporter { component: "kubelet", instance: node, action: None }
}

/// One look at one pod.
struct Turn<'a, 'c> {
    cx: &'a mut Context<'c>,
    /// The pod as last written.
    pod: Arc<Pod>,
    /// Which of the pod's generations its status is to tell of; the stand-in tells of none.
    generation: Option<i64>,
    /// Whether the next look can only say again what has been said.
    repeats: bool,
}

impl Turn<'_, '_> {
    /// Milliseconds until then; `None` if it is already then.
    fn until(&self, due: Timestamp) -> Option<u64> {
        u64::try_from(ms_between(self.cx.now, due)).ok().filter(|ms| *ms > 0)
    }

    fn node_name(&self) -> &str {
        node_name(&self.pod)
    }

    fn node(&self) -> Option<Arc<Node>> {
        self.cx.listers.get::<Node>("", self.node_name()).cloned()
    }

    fn host_ip(&self) -> Option<String> {
        let node = self.cx.listers.get::<Node>("", self.node_name())?;
        let addresses = node.status.as_ref()?.addresses.as_deref()?;
        addresses.iter().find(|a| a.type_ == "InternalIP").map(|a| a.address.clone())
    }

    /// The address of its node, if the pod lives in the network of it (IsHostNetworkPod).
    fn address_of_host(&self) -> Option<String> {
        self.pod.spec.as_ref().filter(|spec| spec.host_network == Some(true))?;
        self.host_ip()
    }

    fn no_address(&self) -> String {
        format!("node {} has no address left for pod {}", self.node_name(), self.pod.name())
    }

    fn annotated(&self, annotation: &str) -> bool {
        self.pod.metadata.annotations.as_ref().is_some_and(|a| a.contains_key(annotation))
    }

    /// The pod's status, to be changed and written.
    fn status(&self) -> PodStatus {
        self.pod.status.clone().unwrap_or_default()
    }

    /// Records an Event about the pod or what it uses.
    fn tell(&mut self, about: &Object, kind: &'static str, reason: &str, message: &str) {
        self.cx.event(kubelet(node_name(&self.pod)), about, kind, reason, message);
    }

    /// Records an Event about one of the pod's containers.
    fn event(&mut self, container: &str, kind: &'static str, reason: &str, message: &str) {
        let about: Object = Pod::wrap(self.pod.clone());
        let mut init = self.pod.spec.iter().flat_map(|spec| spec.init_containers.iter().flatten());
        // GenerateContainerRef
        let list = if init.any(|c| c.name == container) { "initContainers" } else { "containers" };
        let part = format!("spec.{list}{{{container}}}");
        self.cx.event_about_part(kubelet(node_name(&self.pod)), (&about, &part), kind, reason, message);
    }

    /// Sets conditions in the pod's status.
    fn set_conditions(&self, status: &mut PodStatus, facts: &[Fact]) {
        status::set_conditions(status, facts, self.generation, self.cx.now);
    }

    /// Writes the status, if it says anything new.
    fn write(&mut self, mut status: PodStatus) -> Result<(), Error> {
        status.observed_generation = self.generation.or(status.observed_generation);
        if self.pod.status.as_ref() == Some(&status) {
            return Ok(());
        }
        let (metadata, spec) = (self.pod.metadata.clone(), self.pod.spec.clone());
        let pod = Pod { metadata, spec, status: Some(status) };
        self.pod = self.cx.api.update_status(pod)?;
        Ok(())
    }
}

fn set_address(status: &mut PodStatus, address: &str) {
    status.pod_ip = Some(address.to_owned());
    status.pod_ips = Some(vec![PodIP { ip: address.to_owned() }]);
}

fn node_name(pod: &Pod) -> &str {
    pod.spec.as_ref().and_then(|s| s.node_name.as_deref()).unwrap_or_default()
}

/// Spans of a playground fit; one that does not is as good as for ever.
fn ms_i64(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

impl Reconciler for Kubelet {
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        if let Object::PersistentVolumeClaim(claim) = &event.object {
            return self.claim_changed(claim, listers);
        }
        if let Object::Node(node) = &event.object {
            return self.node_changed(event, node, listers);
        }
        let Some(pod) = Pod::unwrap(&event.object) else {
            return match event.object.kind() {
                Kind::ConfigMap | Kind::Secret => self.unconfigured(event.object.namespace()),
                // What has an endpoint has a name.
                Kind::EndpointSlice => self.asking.iter().cloned().collect(),
                _ => Vec::new(),
            };
        };
        let key = pod.key();
        if event.change == Change::Deleted {
            self.asking.remove(&key);
            self.unmounted.remove(&key);
            if self.workers.get(&key).is_some_and(|w| *w.uid == *pod.uid())
                && let Some(worker) = self.workers.remove(&key)
            {
                self.addresses.free(worker.address);
                self.admitted.remove(&key);
            }
            return Vec::new();
        }
        if is_pod_terminal(pod) {
            self.admitted.remove(&key);
        }
        if node_name(pod).is_empty() { Vec::new() } else { vec![key] }
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        if key.kind == Kind::Node {
            return self.look_at_node(cx, &key.name);
        }
        let Some(pod) = cx.listers.get::<Pod>(&key.namespace, &key.name).cloned() else {
            return Ok(Outcome::Done);
        };
        let node = node_name(&pod);
        if node.is_empty() || self.settings.faults.dead_nodes.contains(node) {
            return Ok(Outcome::Done);
        }
        let known = self.workers.get(key).filter(|w| *w.uid == *pod.uid()).cloned();
        if known.is_none() && cx.listers.get::<Node>("", node).is_none() {
            return Ok(Outcome::Done);
        }
        let mut worker = known.unwrap_or_else(|| self.take_over(&pod, cx.now));
        if pod.spec.iter().flat_map(|spec| &spec.containers).any(prober::asks_names) {
            self.asking.insert(key.clone());
        }
        let generation = pod.metadata.generation.filter(|_| self.settings.profile == Profile::Default);
        let mut turn = Turn { cx, pod, generation, repeats: false };
        let next = self.step(&mut turn, &mut worker);
        let wait = if turn.repeats { Outcome::Again } else { Outcome::After };
        if let Stage::Mounting(_) = worker.stage {
            self.unmounted.insert(key.clone());
        } else {
            self.unmounted.remove(key);
        }
        self.workers.insert(key.clone(), worker);
        Ok(next?.map_or(Outcome::Done, wait))
    }

    /// Every pod that has a node: asked for after the faults have changed.
    fn resync_keys(&self, listers: &Listers) -> Vec<Key> {
        listers.list::<Pod>("").filter(|pod| !node_name(pod).is_empty()).map(|pod| pod.key()).collect()
    }
}
