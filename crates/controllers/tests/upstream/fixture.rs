//! One set, its controller, and hands that move pods; with the invariants that upstream's fixtures check after each sync.
//!
//! Pods move only when a test says so: `Pending`, `Running`, Ready; a deleted pod with a node terminates until it is let go.

use client::api::{Body, DeleteOptions, Request, Subresource, Verb};
use client::{Error, Key, Outcome};
use controllers::statefulset::StatefulSetController;
use controllers::statefulset::stateful_set_utils::{
    get_ordinal, get_pod_revision, get_start_ordinal, identity_matches, in_ordinal_range,
    is_running_and_ready, storage_matches,
};
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet, StatefulSetStatus};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use machinery::decision::{RevisionChoice, Verdict};
use machinery::object::is_terminating;
use machinery::patch::PatchType;
use machinery::version::{Features, Version};
use machinery::{Kind, ObjectKey, Resource, Status};
use serde_json::{Value, json};

use crate::harness::{Cluster, Refuse};

/// The pod management policies, by their names in the API: upstream's monotonic and burst mode.
pub const MODES: [&str; 2] = ["OrderedReady", "Parallel"];

/// `(whenScaled, whenDeleted)`: nil, Retain, SetDeleteOnly, ScaleDownOnly, Delete.
pub const POLICIES: [Option<(&str, &str)>; 5] = [
    None,
    Some(("Retain", "Retain")),
    Some(("Retain", "Delete")),
    Some(("Delete", "Retain")),
    Some(("Delete", "Delete")),
];

/// Version, mode and policy of a run.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    pub version: Version,
    pub mode: &'static str,
    pub policy: Option<(&'static str, &'static str)>,
    pub start: i32,
}

impl Variant {
    pub fn is_monotonic(self) -> bool {
        self.mode == "OrderedReady"
    }

    pub fn features(self) -> Features {
        Features::of(self.version)
    }

    /// The set of a test, with a claim template and a volume of the template's own.
    pub fn set(self, replicas: i32) -> Value {
        let mut set = set(replicas);
        let spec = &mut set["spec"];
        spec["podManagementPolicy"] = json!(self.mode);
        if let Some((scaled, deleted)) = self.policy {
            spec["persistentVolumeClaimRetentionPolicy"] =
                json!({"whenScaled": scaled, "whenDeleted": deleted});
        }
        if self.start > 0 {
            spec["ordinals"] = json!({"start": self.start});
        }
        set
    }

    /// A cluster with such a set, changed by a merge patch of its spec.
    pub fn with(self, replicas: i32, spec: Value) -> Fixture {
        let mut set = self.set(replicas);
        json_merge(&mut set["spec"], spec);
        Fixture::new(self.features(), set)
    }
}

fn json_merge(to: &mut Value, from: Value) {
    match (to, from) {
        (Value::Object(to), Value::Object(from)) => {
            for (key, value) in from {
                json_merge(to.entry(key).or_insert(Value::Null), value);
            }
        }
        (to, from) => *to = from,
    }
}

/// Runs a test in every version and mode.
pub fn in_both_modes(test: impl Fn(Variant)) {
    for version in Version::ALL {
        for mode in MODES {
            test(Variant { version, mode, policy: None, start: 0 });
        }
    }
}

/// Runs a test in every mode and retention policy, as TestStatefulSetControl does; policies do not differ by version.
pub fn in_every_variant(test: impl Fn(Variant)) {
    in_both_modes(|variant| {
        let policies = if variant.version == Version::default() { &POLICIES[..] } else { &POLICIES[..1] };
        for &policy in policies {
            test(Variant { policy, ..variant });
        }
    });
}

/// The set of most tests.
pub fn set(replicas: i32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "foo", "annotations": {"note": "set"}},
        "spec": {
            "replicas": replicas, "serviceName": "governingsvc", "selector": {"matchLabels": {"foo": "bar"}},
            "template": {
                "metadata": {"labels": {"foo": "bar"}},
                "spec": {
                    "containers": [{
                        "name": "nginx", "image": "nginx",
                        "volumeMounts": [
                            {"name": "datadir", "mountPath": "/data/zookeeper"},
                            {"name": "home", "mountPath": "/home"},
                        ],
                    }],
                    "volumes": [{"name": "home", "hostPath": {"path": "/data/home"}}],
                },
            },
            "volumeClaimTemplates": [{
                "metadata": {"name": "datadir"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            }],
        },
    })
}

/// The image of a pod's first container.
pub fn image(pod: &Pod) -> &str {
    let containers = pod.spec.as_ref().map(|spec| &spec.containers[..]).unwrap_or_default();
    containers.first().and_then(|container| container.image.as_deref()).unwrap_or_default()
}

/// An error of the API server, as upstream's fakes make it.
pub fn failed() -> Status {
    Status::internal("API server failed")
}

/// A cluster with one set.
pub struct Fixture {
    pub cluster: Cluster,
    /// For choices among pods; the same in every run.
    chance: u64,
}

impl Fixture {
    pub fn new(features: Features, set: Value) -> Fixture {
        let mut cluster = Cluster::new(features, vec![Box::<StatefulSetController>::default()]);
        cluster.create(set);
        Fixture { cluster, chance: 1 }
    }

    pub fn key(&self) -> Key {
        ObjectKey::new(Kind::StatefulSet, "default", "foo")
    }

    /// One sync.
    pub fn try_sync(&mut self) -> Result<Outcome, Error> {
        let key = self.key();
        self.cluster.reconcile(&key)
    }

    /// One sync that has to succeed.
    pub fn sync(&mut self) -> Outcome {
        self.try_sync().unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn set(&self) -> StatefulSet {
        self.get::<StatefulSet>("foo").expect("the set is there")
    }

    pub fn status(&self) -> StatefulSetStatus {
        self.set().status.unwrap_or_default()
    }

    pub fn get<K: Resource>(&self, name: &str) -> Option<K> {
        self.cluster.server.get::<K>("default", name).map(|object| (**object).clone())
    }

    /// Replicas, ready, current and updated replicas of the status.
    pub fn counts(&self) -> (i32, i32, i32, i32) {
        let status = self.status();
        let count = |n: Option<i32>| n.unwrap_or(0);
        let (ready, current) = (count(status.ready_replicas), count(status.current_replicas));
        (status.replicas, ready, current, count(status.updated_replicas))
    }

    /// What the last sync decided about the set.
    pub fn verdict(&self) -> Verdict {
        let decision = self.cluster.decisions.get(&self.key()).expect("a decision");
        decision.verdict.clone()
    }

    /// The pods by ordinal.
    pub fn pods(&self) -> Vec<Pod> {
        let mut pods: Vec<Pod> =
            self.cluster.server.list::<Pod>("default").map(|pod| (**pod).clone()).collect();
        pods.sort_by_key(get_ordinal);
        pods
    }

    pub fn ordinals(&self) -> Vec<i64> {
        self.pods().iter().map(get_ordinal).collect()
    }

    pub fn pod(&self, ordinal: i32) -> Pod {
        self.get::<Pod>(&format!("foo-{ordinal}")).unwrap_or_else(|| panic!("no pod foo-{ordinal}"))
    }

    pub fn claim(&self, ordinal: i32) -> Option<PersistentVolumeClaim> {
        self.get::<PersistentVolumeClaim>(&format!("datadir-foo-{ordinal}"))
    }

    pub fn revisions(&self) -> Vec<ControllerRevision> {
        let mut revisions: Vec<ControllerRevision> =
            self.cluster.server.list::<ControllerRevision>("default").map(|r| (**r).clone()).collect();
        revisions.sort_by_key(|revision| revision.revision);
        revisions
    }

    pub fn patch(&mut self, spec: Value) {
        self.cluster.patch(Kind::StatefulSet, "foo", json!({"spec": spec}));
    }

    pub fn scale(&mut self, replicas: i32) {
        self.patch(json!({"replicas": replicas}));
    }

    pub fn set_image(&mut self, image: &str) {
        let mut containers =
            json!(self.set().spec.expect("a spec").template.spec.expect("a spec").containers);
        containers[0]["image"] = json!(image);
        self.patch(json!({"template": {"spec": {"containers": containers}}}));
    }

    /// Merges into an object's status, as a kubelet does.
    pub fn patch_status(&mut self, kind: Kind, name: &str, status: Value) {
        let verb = Verb::Patch(PatchType::Merge, json!({"status": status}));
        self.cluster.call(Request::new(verb, kind, "default", name).of(Subresource::Status));
    }

    pub fn set_phase(&mut self, ordinal: i32, phase: &str) {
        self.patch_status(Kind::Pod, &format!("foo-{ordinal}"), json!({"phase": phase}));
    }

    /// Gives the pod a node, if it has none, and lets it run.
    pub fn set_running(&mut self, ordinal: i32) {
        let name = format!("foo-{ordinal}");
        if self.pod(ordinal).spec.is_some_and(|spec| spec.node_name.is_none()) {
            let body = Body::Json(json!({"target": {"name": "node-1"}}));
            let request = Request::new(Verb::Create(body), Kind::Pod, "default", &name);
            self.cluster.call(request.of(Subresource::Binding));
        }
        self.set_phase(ordinal, "Running");
    }

    pub fn set_ready(&mut self, ordinal: i32, ready: bool) {
        let condition = json!({
            "type": "Ready", "status": if ready { "True" } else { "False" },
            "lastTransitionTime": machinery::time::seconds(self.cluster.now),
        });
        self.set_running(ordinal);
        self.patch_status(Kind::Pod, &format!("foo-{ordinal}"), json!({"conditions": [condition]}));
    }

    /// Removes the pod's object at once.
    pub fn remove(&mut self, ordinal: i32) {
        let now = DeleteOptions { grace_period_seconds: Some(0), ..Default::default() };
        self.cluster.delete(Kind::Pod, &format!("foo-{ordinal}"), now);
    }

    /// Asks for the pod's deletion; it terminates until it is removed.
    pub fn terminate(&mut self, ordinal: i32) {
        assert!(self.pod(ordinal).spec.is_some_and(|spec| spec.node_name.is_some()), "it has no node");
        self.cluster.delete(Kind::Pod, &format!("foo-{ordinal}"), DeleteOptions::default());
    }

    pub fn pod_key(&self, ordinal: i32) -> ObjectKey {
        ObjectKey::new(Kind::Pod, "default", &format!("foo-{ordinal}"))
    }

    /// Why the update revision was chosen.
    pub fn choice(&self) -> RevisionChoice {
        let update = self.status().update_revision.expect("a revision");
        let key = ObjectKey::new(Kind::ControllerRevision, "default", &update);
        match self.cluster.decisions.get(&key).map(|decision| &decision.verdict) {
            Some(Verdict::Revision(choice)) => *choice,
            other => panic!("{other:?} is no choice of a revision"),
        }
    }

    /// The event that begins so and speaks of an object.
    pub fn event(&self, begins: &str, about: &str) -> String {
        let events = self.events();
        let found = events.iter().find(|event| event.starts_with(begins) && event.contains(about));
        found.unwrap_or_else(|| panic!("no {begins} of {about}: {events:?}")).clone()
    }

    /// Lets terminating pods go, and one pod move on.
    pub fn advance(&mut self) {
        self.remove_terminating();
        self.advance_one();
    }

    /// Removes the pods that terminate, and the claims that they own.
    pub fn remove_terminating(&mut self) {
        for pod in self.pods().iter().filter(|pod| is_terminating(&pod.metadata)) {
            let ordinal = i32::try_from(get_ordinal(pod)).expect("an ordinal");
            self.remove(ordinal);
            // The garbage collector's part.
            let owned = |claim: PersistentVolumeClaim| {
                claim.metadata.owner_references.iter().flatten().any(|owner| owner.uid == pod.uid())
            };
            if self.claim(ordinal).is_some_and(owned) {
                self.delete_claim(ordinal);
            }
        }
    }

    pub fn delete_claim(&mut self, ordinal: i32) {
        self.cluster.delete(
            Kind::PersistentVolumeClaim,
            &format!("datadir-foo-{ordinal}"),
            DeleteOptions::default(),
        );
        let finalizers = json!({"metadata": {"finalizers": []}});
        self.cluster.patch(Kind::PersistentVolumeClaim, &format!("datadir-foo-{ordinal}"), finalizers);
    }

    /// Moves one pod that is not ready one phase on.
    fn advance_one(&mut self) {
        let unready: Vec<Pod> = self
            .pods()
            .into_iter()
            .filter(|pod| !is_running_and_ready(pod) && !is_terminating(&pod.metadata))
            .collect();
        if unready.is_empty() {
            return;
        }
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let index = usize::try_from(self.chance >> 33).expect("fits") % unready.len();
        let ordinal = i32::try_from(get_ordinal(&unready[index])).expect("an ordinal");
        match unready[index].status.as_ref().and_then(|status| status.phase.as_deref()) {
            Some("Pending") => self.set_running(ordinal),
            Some("Running") => self.set_ready(ordinal, true),
            _ => {}
        }
    }

    /// Syncs, one pod moving between two syncs, until every replica is ready (scaleUpStatefulSetControl).
    pub fn scale_up(&mut self, mut invariants: impl FnMut(&Fixture)) {
        let wanted = self.set().spec.and_then(|spec| spec.replicas).unwrap_or(1);
        for _ in 0..100 * (wanted + 2) {
            self.sync();
            invariants(self);
            if self.status().ready_replicas.unwrap_or(0) >= wanted {
                return;
            }
            self.advance_one();
        }
        panic!("not ready: {:?} {:?}", self.status(), self.verdict());
    }

    /// Syncs, terminating pods going between two syncs, until no replica is too many (scaleDownStatefulSetControl).
    pub fn scale_down(&mut self, mut invariants: impl FnMut(&Fixture)) {
        let wanted = self.set().spec.and_then(|spec| spec.replicas).unwrap_or(1);
        for _ in 0..10 * (self.status().replicas + 2) {
            self.sync();
            invariants(self);
            if self.status().replicas <= wanted {
                return;
            }
            self.remove_terminating();
        }
        panic!("not scaled down: {:?} {:?}", self.status(), self.verdict());
    }

    /// Syncs until every pod is ready at the update revision and the update is complete (updateStatefulSetControl).
    pub fn roll_out(&mut self, mut invariants: impl FnMut(&Fixture)) {
        let wanted = self.set().spec.and_then(|spec| spec.replicas).unwrap_or(1);
        for _ in 0..1000 {
            self.sync();
            invariants(self);
            let (status, pods) = (self.status(), self.pods());
            let counts = self.counts();
            if status.current_revision == status.update_revision
                && counts == (wanted, wanted, wanted, wanted)
                && pods.iter().all(|pod| Some(get_pod_revision(pod)) == status.update_revision.as_deref())
            {
                return;
            }
            self.advance();
        }
        panic!("not rolled out: {:?} {:?}", self.status(), self.verdict());
    }

    /// Syncs until nothing changes any more.
    pub fn settle(&mut self) {
        for _ in 0..1000 {
            let before = self.cluster.server.resource_version();
            self.sync();
            self.advance();
            if self.cluster.server.resource_version() == before {
                return;
            }
        }
        panic!("does not come to rest: {:?}", self.verdict());
    }

    /// Has the `after + 1`th such write refused once.
    pub fn fail(&mut self, verb: &'static str, kind: Kind, after: usize) {
        self.cluster.refuse(Refuse { verb, kind, after, times: 1, status: failed() });
    }

    /// How many such writes the controller tried since the last count.
    pub fn count(calls: &[(&'static str, Kind, String)], verb: &str, kind: Kind) -> usize {
        calls.iter().filter(|call| call.0 == verb && call.1 == kind).count()
    }

    /// The events: reason and message, in the order they were first recorded.
    pub fn events(&self) -> Vec<String> {
        let events = self.cluster.server.list::<k8s_openapi::api::core::v1::Event>("default");
        events
            .map(|event| {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                format!("{} {}: {}", text(&event.type_), text(&event.reason), text(&event.message))
            })
            .collect()
    }
}

/// assertMonotonicInvariants: no gap, nobody ready before a predecessor, identity and storage.
pub fn monotonic_invariants(fixture: &Fixture) {
    let (set, pods) = (fixture.set(), fixture.pods());
    for (index, pod) in pods.iter().enumerate() {
        if index > 0 && is_running_and_ready(pod) {
            assert!(
                is_running_and_ready(&pods[index - 1]),
                "{} is ready before {}",
                pod.name(),
                pods[index - 1].name()
            );
        }
        let expected = get_start_ordinal(&set) + i64::try_from(index).expect("fits");
        assert_eq!(get_ordinal(pod), expected, "a gap: {:?}", fixture.ordinals());
    }
    burst_invariants(fixture);
}

/// assertBurstInvariants: identity and storage.
pub fn burst_invariants(fixture: &Fixture) {
    let set = fixture.set();
    for pod in fixture.pods() {
        assert!(storage_matches(&set, &pod) && identity_matches(&set, &pod), "{}", pod.name());
        claim_invariants(fixture, &set, &pod);
    }
}

/// The invariants of the set's own mode.
pub fn invariants(fixture: &Fixture) {
    match fixture.set().spec.and_then(|spec| spec.pod_management_policy).as_deref() {
        Some("Parallel") => burst_invariants(fixture),
        _ => monotonic_invariants(fixture),
    }
}

/// assertUpdateInvariants: below the partition the current revision, the others are on their way to the update revision.
pub fn partition_invariants(fixture: &Fixture, partition: i64) {
    let (set, status) = (fixture.set(), fixture.status());
    for pod in fixture.pods() {
        assert!(storage_matches(&set, &pod) && identity_matches(&set, &pod), "{}", pod.name());
        let revision =
            if get_ordinal(&pod) < partition { &status.current_revision } else { &status.update_revision };
        assert_eq!(Some(get_pod_revision(&pod)), revision.as_deref(), "{}", pod.name());
    }
}

/// checkClaimInvarients: the claims' owners are those of the policy.
fn claim_invariants(fixture: &Fixture, set: &StatefulSet, pod: &Pod) {
    let ordinal = i32::try_from(get_ordinal(pod)).expect("an ordinal");
    let Some(claim) = fixture.claim(ordinal) else {
        panic!("{} has no claim", pod.name());
    };
    let owned_by = |uid: &str| claim.metadata.owner_references.iter().flatten().any(|owner| owner.uid == uid);
    let policy = set.spec.as_ref().and_then(|spec| spec.persistent_volume_claim_retention_policy.clone());
    let policy = policy.expect("defaulted");
    let (scaled, deleted) =
        (policy.when_scaled.as_deref() == Some("Delete"), policy.when_deleted.as_deref() == Some("Delete"));
    let condemned = !in_ordinal_range(set, ordinal.into());
    // The cache shows a new claim only to a later sync, which gives it its owner, at the latest when the pod is ready.
    if !is_running_and_ready(pod) && claim.metadata.owner_references.is_none() {
        return;
    }
    // The owners of a condemned pod's claims are settled before the pod is asked to go.
    if condemned && !is_terminating(&pod.metadata) {
        return;
    }
    assert_eq!(owned_by(pod.uid()), scaled && condemned, "the pod's claim {}", claim.name());
    assert_eq!(owned_by(set.uid()), deleted && !(scaled && condemned), "the set's claim {}", claim.name());
}
