//! What Apply would do, in short: which objects it makes and changes, and what that means for the pods of each set.
//!
//! What happens to the pods follows upstream's `updateStatefulSet` (pkg/controller/statefulset/stateful_set_control.go):
//! those at and beyond the wanted number go, the highest ordinal first; of the others a rolling update replaces those from
//! the partition on that run another revision than the update revision, again from the top. Whether each gets Ready, so
//! that the next one follows, is not foretold.

use apiserver::Server;
use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec};
use k8s_openapi::api::core::v1::Pod;
use machinery::object::controller_of;
use machinery::{Object, Resource};
use session::Session;

use crate::view::revision::{name_of, ordinal_in};

/// How long the controller is given to see a changed set, in milliseconds, and in which steps.
const OBSERVED_MS: std::ops::Range<u64> = 0..2_000;
const STEP_MS: usize = 50;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What would happen.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Effect {
    /// Not tried: the text is too long.
    #[default]
    Unknown,
    /// Nothing is in the file.
    Nothing,
    /// File and cluster agree.
    Same,
    /// Objects are created or changed, as kubectl names them (`service/myapp-svc`).
    Changes {
        /// New ones.
        created: Vec<String>,
        /// Changed ones, but for sets.
        configured: Vec<String>,
        /// Sets that exist and change.
        sets: Vec<SetChange>,
        /// How many pods the new sets want.
        pods: i32,
    },
    /// kubectl refuses, with these words.
    Refused(String),
}

/// What would happen to a set.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SetChange {
    /// Its name.
    pub set: String,
    /// `spec.replicas` before and after, if that changes.
    pub replicas: Option<(i32, i32)>,
    /// `spec.updateStrategy.rollingUpdate.partition` before and after, if that changes.
    pub partition: Option<(i32, i32)>,
    /// Containers with another image: name, before and after.
    pub images: Vec<(String, String, String)>,
    /// Whether anything in the template changes.
    pub template: bool,
    /// Ordinals of the pods that go because fewer are wanted, in the order in which they go.
    pub removed: Vec<i32>,
    /// Ordinals of the pods that are replaced, in the order in which they are.
    pub replaced: Vec<i32>,
    /// Ordinals of the pods that stay at an older template, lowest first, and why.
    pub held: Vec<i32>,
    /// Why they do.
    pub hold: Hold,
}

/// What keeps pods from being replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// They are below the partition.
    Partition(i32),
    /// The strategy is OnDelete.
    OnDelete,
}

impl Default for Hold {
    fn default() -> Hold {
        Hold::Partition(0)
    }
}

impl Effect {
    /// Whether there is something to apply.
    pub fn is_worth_it(&self) -> bool {
        matches!(self, Effect::Changes { .. } | Effect::Unknown)
    }

    /// Reads what kubectl printed when it applied; `after` is the session in which it did.
    pub fn read(out: &str, before: &Session, mut after: Session) -> Effect {
        let ending = |verb: &str| -> Vec<String> {
            out.lines().filter_map(|line| line.strip_suffix(verb)).map(str::to_owned).collect()
        };
        let created = ending(" created");
        // kubectl says "configured" whenever it sends a patch, for a set with claim templates always; the server stores
        // nothing where nothing differs.
        let (old, new) = (before.world().server(), after.world().server());
        let mut configured = ending(" configured");
        configured.retain(|name| written(old, name) != written(new, name));
        if created.is_empty() && configured.is_empty() {
            return Effect::Same;
        }
        let new_sets = new.list::<StatefulSet>("").filter(|set| old.object(&set.key()).is_none());
        let pods = new_sets.map(|set| replicas(set)).sum();
        observe(&mut after);
        let new = after.world().server();
        let both = |set: &StatefulSet| {
            Some((set.clone(), (**new.get::<StatefulSet>(set.namespace(), set.name())?).clone()))
        };
        let sets = old.list::<StatefulSet>("").filter_map(|set| both(set));
        let sets: Vec<SetChange> =
            sets.filter(|(old, new)| old.spec != new.spec).map(|(a, b)| change(&a, &b, old)).collect();
        configured.retain(|name| !sets.iter().any(|set| *name == format!("statefulset.apps/{}", set.set)));
        Effect::Changes { created, configured, sets, pods }
    }
}

/// Lets the controller see every set, so that it has an update revision.
fn observe(session: &mut Session) {
    let seen = |set: &StatefulSet| {
        let observed = set.status.as_ref().and_then(|status| status.observed_generation);
        observed >= set.metadata.generation
    };
    for _ in OBSERVED_MS.step_by(STEP_MS) {
        if session.world().server().list::<StatefulSet>("").all(|set| seen(set)) {
            break;
        }
        session.advance(STEP_MS as u64);
    }
}

/// What people have written of the objects that kubectl calls so (`statefulset.apps/myapp`); the rest changes by itself.
fn written(server: &Server, name: &str) -> Vec<String> {
    let named =
        |object: &&Object| name.split_once('/') == Some((object.kind().type_name().as_str(), object.name()));
    let written = |object: &Object| {
        let mut value = object.to_value();
        value["status"].take();
        value["metadata"]["resourceVersion"].take();
        value["metadata"]["generation"].take();
        // What kubectl notes for its next apply.
        value["metadata"]["annotations"][LAST_APPLIED].take();
        value.to_string()
    };
    server.all().filter(named).map(written).collect()
}

/// What becomes of a set and of its pods, which are those on the server now.
fn change(old: &StatefulSet, new: &StatefulSet, server: &Server) -> SetChange {
    let key = new.key();
    let differ = |a: i32, b: i32| (a != b).then_some((a, b));
    let hold = if is_on_delete(new) { Hold::OnDelete } else { Hold::Partition(partition(new)) };
    let template = |set: &StatefulSet| set.spec.as_ref().map(|spec| spec.template.clone());
    let mut change = SetChange {
        set: key.name.to_string(),
        replicas: differ(replicas(old), replicas(new)),
        partition: differ(partition(old), partition(new)),
        images: images(old, new),
        template: template(old) != template(new),
        hold,
        ..SetChange::default()
    };
    let update = new.status.as_ref().and_then(|status| status.update_revision.as_deref());
    let start = spec(new).and_then(|spec| spec.ordinals.as_ref()?.start).unwrap_or(0);
    let mut pods: Vec<(i32, &Pod)> = server
        .list::<Pod>(&key.namespace)
        .filter(|pod| controller_of(&pod.metadata).is_some_and(|owner| owner.uid == new.uid()))
        .filter_map(|pod| Some((ordinal_in(pod.name(), &key)?, &**pod)))
        .collect();
    pods.sort_by_key(|(ordinal, _)| std::cmp::Reverse(*ordinal));
    for (ordinal, pod) in pods {
        if !(start..start.saturating_add(replicas(new))).contains(&ordinal) {
            change.removed.push(ordinal);
        } else if update.is_some() && name_of(pod) != update {
            let holds = match hold {
                Hold::OnDelete => true,
                Hold::Partition(partition) => ordinal < start.saturating_add(partition),
            };
            if holds { change.held.insert(0, ordinal) } else { change.replaced.push(ordinal) }
        }
    }
    change
}

fn spec(set: &StatefulSet) -> Option<&StatefulSetSpec> {
    set.spec.as_ref()
}

fn replicas(set: &StatefulSet) -> i32 {
    spec(set).and_then(|spec| spec.replicas).unwrap_or(1)
}

fn partition(set: &StatefulSet) -> i32 {
    let strategy = spec(set).and_then(|spec| spec.update_strategy.as_ref());
    strategy.and_then(|strategy| strategy.rolling_update.as_ref()?.partition).unwrap_or(0)
}

fn is_on_delete(set: &StatefulSet) -> bool {
    let strategy = spec(set).and_then(|spec| spec.update_strategy.as_ref());
    strategy.is_some_and(|strategy| strategy.type_.as_deref() == Some("OnDelete"))
}

/// The containers whose image changes.
fn images(old: &StatefulSet, new: &StatefulSet) -> Vec<(String, String, String)> {
    let of = |set: &StatefulSet| -> Vec<(String, String)> {
        let pod = spec(set).and_then(|spec| spec.template.spec.as_ref());
        let containers = pod.map(|pod| pod.containers.as_slice()).unwrap_or_default();
        containers.iter().map(|c| (c.name.clone(), c.image.clone().unwrap_or_default())).collect()
    };
    let old = of(old);
    let before = |name: &str| old.iter().find(|(other, _)| other == name).map(|(_, image)| image.clone());
    of(new)
        .into_iter()
        .filter_map(|(name, image)| {
            let before = before(&name)?;
            (before != image).then_some((name, before, image))
        })
        .collect()
}
