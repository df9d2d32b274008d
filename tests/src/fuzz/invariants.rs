//! What must hold after every act, whatever was done.

use std::collections::BTreeMap;

use client::api::{Change, WatchEvent};
use cluster::Defect;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::object::{controller_of, is_terminating};
use machinery::time::ms_between;
use machinery::{Object, ObjectKey, Resource};
use session::{Content, Session};

/// A broken rule, and what was seen.
pub(super) type Broken = (&'static str, String);

/// Every so many acts a moment is remembered, to go back to it.
const SAMPLE: usize = 7;
/// How many of them are visited.
const VISITS: usize = 2;

/// Follows a session's changes.
pub(super) struct Watcher {
    /// The newest change that was looked at.
    seen: u64,
    /// What is stored, as the changes tell it.
    objects: BTreeMap<ObjectKey, Object>,
    /// uid of a claim → its volume, from its binding on.
    volumes: BTreeMap<String, String>,
    /// uid of a pod → its node.
    nodes: BTreeMap<String, String>,
    looks: usize,
    /// How much of the terminal was read.
    read: u64,
    /// Whether some component heard late when last looked.
    lagging: bool,
    /// When, the digest, and how many inputs there had been.
    moments: Vec<(Timestamp, u64, usize)>,
}

impl Watcher {
    pub(super) fn new(session: &Session) -> Watcher {
        let server = session.world().server();
        Watcher {
            seen: server.resource_version(),
            objects: server.all().map(|object| (object.key(), object.clone())).collect(),
            volumes: BTreeMap::new(),
            nodes: BTreeMap::new(),
            looks: 0,
            read: session.log().written(),
            lagging: false,
            moments: Vec::new(),
        }
    }

    /// Checks everything since the last look.
    pub(super) fn look(&mut self, session: &Session) -> Result<(), Broken> {
        let world = session.world();
        if let Some(failure) = world.failure() {
            return Err(("no failure", failure.to_owned()));
        }
        let lags = world.defects().iter().any(|defect| matches!(defect, Defect::CacheLag { .. }));
        let exact = !lags && !self.lagging;
        self.lagging = lags;
        let changes: Vec<(Timestamp, WatchEvent)> =
            world.server().dated_changes_since(self.seen).cloned().collect();
        for (at, event) in &changes {
            self.change(*at, event, exact)?;
        }
        if self.seen != world.server().resource_version() {
            let (seen, newest) = (self.seen, world.server().resource_version());
            return Err((
                "versions count up",
                format!("the last change is {seen}, the newest version {newest}"),
            ));
        }
        for object in self.objects.values() {
            match object {
                Object::StatefulSet(set) => status_adds_up(set)?,
                Object::Pod(pod) => identity_is_kept(pod)?,
                _ => {}
            }
        }
        self.one_volume_one_claim()?;
        self.addresses_differ()?;
        self.schema_is_kept(session)?;
        self.sample(session);
        Ok(())
    }

    /// Takes a change in, after it was compared with what was before.
    fn change(&mut self, at: Timestamp, event: &WatchEvent, exact: bool) -> Result<(), Broken> {
        let (key, version) = (event.object.key(), event.object.resource_version());
        if version != self.seen + 1 {
            return Err(("versions count up", format!("{key}: {version} comes after {}", self.seen)));
        }
        self.seen = version;
        match &event.object {
            Object::Pod(pod) if event.change == Change::Added && exact => self.is_its_turn(pod, at)?,
            Object::Pod(pod) => self.node_is_kept(pod)?,
            Object::PersistentVolumeClaim(claim) if event.change != Change::Deleted => {
                self.volume_is_kept(claim)?;
            }
            _ => {}
        }
        if event.change == Change::Deleted {
            self.objects.remove(&key);
        } else {
            self.objects.insert(key, event.object.clone());
        }
        Ok(())
    }

    fn get<K: Resource>(&self, namespace: &str, name: &str) -> Option<&K> {
        self.objects
            .get(&ObjectKey::new(K::KIND, namespace, name))
            .and_then(K::unwrap)
            .map(|object| &**object)
    }

    /// An OrderedReady set creates a pod only after all before it have become available.
    fn is_its_turn(&self, pod: &Pod, at: Timestamp) -> Result<(), Broken> {
        let owner = controller_of(&pod.metadata).filter(|owner| owner.kind == "StatefulSet");
        let set = owner.and_then(|owner| self.get::<StatefulSet>(pod.namespace(), &owner.name));
        let Some((set, spec)) = set.and_then(|set| Some((set, set.spec.as_ref()?))) else {
            return Ok(());
        };
        let ordinal = pod.name().rsplit_once('-').and_then(|(_, ordinal)| ordinal.parse::<i32>().ok());
        let start = spec.ordinals.as_ref().and_then(|ordinals| ordinals.start).unwrap_or(0);
        if spec.pod_management_policy.as_deref() == Some("Parallel") {
            return Ok(());
        }
        for before in start..ordinal.unwrap_or(start) {
            let name = format!("{}-{before}", set.name());
            let before = self.get::<Pod>(pod.namespace(), &name);
            let min_ready_seconds = spec.min_ready_seconds.unwrap_or(0);
            if !before.is_some_and(|before| is_available(before, min_ready_seconds, at)) {
                let told = before.map(|before| before.status.clone());
                return Err((
                    "pods come in order",
                    format!("{} was created before {name}: {told:?}", pod.name()),
                ));
            }
        }
        Ok(())
    }

    fn node_is_kept(&mut self, pod: &Pod) -> Result<(), Broken> {
        let Some(node) = pod.spec.as_ref().and_then(|spec| spec.node_name.clone()) else {
            return Ok(());
        };
        match self.nodes.insert(pod.uid().to_owned(), node.clone()) {
            Some(before) if before != node => {
                Err(("a pod stays on its node", format!("{} went from {before} to {node}", pod.name())))
            }
            _ => Ok(()),
        }
    }

    fn volume_is_kept(&mut self, claim: &PersistentVolumeClaim) -> Result<(), Broken> {
        let volume = claim.spec.as_ref().and_then(|spec| spec.volume_name.clone()).unwrap_or_default();
        match self.volumes.get(claim.uid()) {
            Some(before) if *before != volume => {
                Err(("a claim keeps its volume", format!("{}: {volume} after {before}", claim.name())))
            }
            None if !volume.is_empty() => {
                self.volumes.insert(claim.uid().to_owned(), volume);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn one_volume_one_claim(&self) -> Result<(), Broken> {
        let (mut claims, mut volumes) = (BTreeMap::new(), BTreeMap::new());
        for object in self.objects.values() {
            match object {
                Object::PersistentVolumeClaim(claim) if phase_of_claim(claim) == "Bound" => {
                    let volume = claim.spec.as_ref().and_then(|spec| spec.volume_name.clone());
                    if let Some(other) = claims.insert(volume.clone(), claim.name().to_owned()) {
                        let what = format!("{other} and {} have {volume:?}", claim.name());
                        return Err(("one claim for a volume", what));
                    }
                }
                Object::PersistentVolume(volume) if phase_of_volume(volume) == "Bound" => {
                    let claim = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref()?.uid.clone());
                    if let Some(other) = volumes.insert(claim.clone(), volume.name().to_owned()) {
                        let what = format!("{other} and {} belong to {claim:?}", volume.name());
                        return Err(("one volume for a claim", what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What is stored has only fields that the version knows: kubectl, which sends it back, is never warned.
    fn schema_is_kept(&mut self, session: &Session) -> Result<(), Broken> {
        for entry in session.log().since(self.read) {
            if let Content::Err(text) = &entry.content
                && text.contains("unknown field")
            {
                return Err(("only known fields are stored", text.to_string()));
            }
        }
        self.read = session.log().written();
        Ok(())
    }

    fn addresses_differ(&self) -> Result<(), Broken> {
        let mut used = BTreeMap::new();
        for pod in self.objects.values().filter_map(Pod::unwrap) {
            let address = pod.status.as_ref().filter(|s| s.phase.as_deref() == Some("Running"));
            let Some(address) = address.and_then(|status| status.pod_ip.clone()) else {
                continue;
            };
            if let Some(other) = used.insert(address.clone(), pod.name()) {
                return Err(("addresses differ", format!("{other} and {} have {address}", pod.name())));
            }
        }
        Ok(())
    }

    /// Remembers a moment now and then.
    fn sample(&mut self, session: &Session) {
        self.looks += 1;
        if self.looks.is_multiple_of(SAMPLE) {
            self.moments.push((session.now(), session.digest(), session.inputs().count()));
        }
    }

    /// Goes back to remembered moments and to the end again: everything is as it was.
    pub(super) fn go_back(&mut self, session: &Session) -> Result<(), Broken> {
        let (mut other, end) = (session.clone(), (session.now(), session.digest()));
        // To go to a moment is to go behind all its inputs.
        self.moments.retain(|(at, _, inputs)| session.inputs().filter(|i| i.at <= *at).count() == *inputs);
        let every = self.moments.len().div_ceil(VISITS).max(1);
        let moments = self.moments.iter().rev().step_by(every).map(|(at, digest, _)| (*at, *digest));
        for (at, digest) in moments.chain([end]) {
            other.seek(at);
            if other.digest() != digest {
                return Err(("the past is as it was", format!("at {at}")));
            }
        }
        if session.digest() != end.1 {
            return Err(("a clone goes its own way", String::new()));
        }
        Ok(())
    }
}

pub(super) fn phase_of_claim(claim: &PersistentVolumeClaim) -> &str {
    claim.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

pub(super) fn phase_of_volume(volume: &PersistentVolume) -> &str {
    volume.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

/// Since when the pod runs and is Ready, if it is.
pub(super) fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let status = pod.status.as_ref().filter(|status| status.phase.as_deref() == Some("Running"))?;
    let ready = status.conditions.iter().flatten().find(|c| c.type_ == "Ready" && c.status == "True")?;
    ready.last_transition_time.as_ref().map(|time| time.0)
}

fn is_available(pod: &Pod, min_ready_seconds: i32, at: Timestamp) -> bool {
    !is_terminating(&pod.metadata)
        && ready_since(pod).is_some_and(|since| {
            min_ready_seconds == 0 || ms_between(since, at) >= i64::from(min_ready_seconds) * 1000
        })
}

/// The counts of a set's status are those of one moment.
fn status_adds_up(set: &StatefulSet) -> Result<(), Broken> {
    let Some(status) = &set.status else {
        return Ok(());
    };
    let count = |count: Option<i32>| count.unwrap_or(0);
    let (ready, available) = (count(status.ready_replicas), count(status.available_replicas));
    let observed = status.observed_generation.unwrap_or(0);
    let ordered = 0 <= available && available <= ready && ready <= status.replicas;
    let revisions = [count(status.current_replicas), count(status.updated_replicas)];
    if !ordered
        || revisions.iter().any(|n| *n < 0 || *n > status.replicas)
        || observed > set.metadata.generation.unwrap_or(0)
    {
        return Err(("the status adds up", format!("{}: {status:?}", set.name())));
    }
    Ok(())
}

/// A pod of a set has its name for a host name, and the claims of its ordinal.
fn identity_is_kept(pod: &Pod) -> Result<(), Broken> {
    let Some(owner) = controller_of(&pod.metadata).filter(|owner| owner.kind == "StatefulSet") else {
        return Ok(());
    };
    let Some(spec) = pod.spec.as_ref().filter(|_| pod.metadata.generate_name.is_some()) else {
        return Ok(());
    };
    let Some(ordinal) = pod.name().strip_prefix(owner.name.as_str()).and_then(|rest| rest.strip_prefix('-'))
    else {
        return Err(("identity is kept", format!("{} belongs to {}", pod.name(), owner.name)));
    };
    let claims = spec.volumes.iter().flatten().filter_map(|volume| {
        volume
            .persistent_volume_claim
            .as_ref()
            .map(|source| (volume.name.as_str(), source.claim_name.as_str()))
    });
    for (volume, claim) in claims {
        if claim != format!("{volume}-{}-{ordinal}", owner.name) {
            return Err(("identity is kept", format!("{} uses {claim}", pod.name())));
        }
    }
    if spec.hostname.as_deref() != Some(pod.name()) {
        return Err(("identity is kept", format!("{} is called {:?}", pod.name(), spec.hostname)));
    }
    Ok(())
}
