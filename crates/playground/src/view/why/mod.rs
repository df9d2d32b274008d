//! Why: what the cluster waits for, which object blocks, what comes next and what would help.
//!
//! Reads the controllers' decisions and follows them to their root: a set waits for a pod, the pod for a claim, the claim
//! for a volume. Holds no words: those are the locale's. Invariant: stuck comes first, then the lowest ordinal.

mod name;
mod node;
mod pod;
mod said;
mod set;
mod storage;

pub use said::Said;

use cluster::Defect;
use k8s_openapi::api::core::v1::{Node, PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::decision::{BrokenLink, Lack, Misfit, RevisionChoice, Step, Verdict};
use machinery::{Kind, ObjectKey};

use super::Snapshot;
use super::claim::ClaimView;
use super::stage::Stage;
use super::volume::VolumeView;

/// What kind of waiting it is; in the order of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyKind {
    /// No timer will free it.
    Stuck,
    /// A person has to act.
    Waiting,
    /// Something outside the simulation would have to act.
    Beyond,
    /// It goes on by itself.
    Progressing,
    /// Nothing waits.
    Quiet,
}

/// Ordinals that stay behind because of the partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The lowest ordinal.
    pub first: i32,
    /// The highest.
    pub last: i32,
    /// Their revision: `r2`.
    pub revision: String,
    /// `partition`.
    pub partition: i32,
}

/// How a pod's own template stands to the one that it would come back from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// It is the same.
    Same,
    /// It is another.
    Other,
    /// It is another, and the update to it does not come to the pod.
    Frozen,
}

/// The reason. Names are object names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is nothing in the cluster but its volumes.
    Empty,
    /// There is no set, and nothing waits.
    Idle,
    /// No controller has looked at it yet.
    Looking(String),
    /// The set is as its spec wants it.
    Settled {
        /// The set.
        set: String,
        /// How many pods.
        replicas: i32,
        /// Who stays behind.
        held: Option<Held>,
        /// Under OnDelete, how many pods wait to be deleted by a person.
        on_delete: usize,
        /// The partition, if it is not below the replicas: nothing is updated at all.
        above: Option<i32>,
        /// The number of the revision that the last change brought back, and its number before.
        rolled_back: Option<(i64, i64)>,
        /// The lowest ordinal, if it is not 0.
        start: i32,
    },
    /// The set is gone, and all its pods are going at once.
    DeletedAtOnce {
        /// The set.
        set: String,
        /// How many pods are still there.
        pods: usize,
    },
    /// The set is gone, its claims are kept.
    ClaimsKept {
        /// The set.
        set: String,
        /// How many claims.
        claims: usize,
    },
    /// A pod is on its way to be ready.
    Starting {
        /// The pod.
        pod: String,
        /// What it lacks.
        lacks: Lack,
        /// What goes on after it.
        step: Option<Step>,
    },
    /// A pod is on its way out.
    Stopping {
        /// The pod.
        pod: String,
        /// In at most so many seconds.
        seconds: i64,
        /// What goes on after it.
        step: Option<Step>,
        /// Who stays behind.
        held: Option<Held>,
    },
    /// A pod's container cannot run.
    Broken {
        /// The pod.
        pod: String,
        /// The STATUS.
        status: String,
        /// The kubelet's words.
        message: String,
        /// What became of the template since.
        template: Template,
    },
    /// A ConfigMap or Secret that a pod is configured by is missing, or a key of it.
    Unconfigured {
        /// The pod.
        pod: String,
        /// The STATUS.
        status: String,
        /// The kubelet's words.
        message: String,
    },
    /// A pod runs, and its readiness probe fails for good.
    NeverReady {
        /// The pod.
        pod: String,
        /// What goes on after it.
        step: Option<Step>,
        /// Its name, which has no answer therefore.
        host: Option<String>,
    },
    /// A pod's node does not answer.
    NodeSilent {
        /// The pod.
        pod: String,
        /// The node.
        node: String,
        /// Its deletion was asked for, and nobody can confirm it.
        terminating: bool,
    },
    /// A node does not answer.
    NodeDown {
        /// The node.
        node: String,
        /// The pods that are said to be on it.
        pods: usize,
    },
    /// A node answers.
    NodeUp {
        /// The node.
        node: String,
        /// How many pods are on it.
        pods: usize,
        /// Whether new ones are kept away.
        cordoned: bool,
    },
    /// The storage class of a claim binds it when a pod that uses it is scheduled.
    WaitsForConsumer {
        /// The claim.
        claim: String,
        /// The class.
        class: String,
        /// Whether a pod uses it already.
        used: bool,
    },
    /// A claim waits for a provisioner outside the cluster.
    WaitsForProvisioner {
        /// The claim.
        claim: String,
        /// The provisioner.
        provisioner: String,
    },
    /// A name has no answer.
    NameBroken {
        /// `web-0.web`.
        name: String,
        /// The pod.
        pod: String,
        /// The first broken link.
        link: BrokenLink,
    },
    /// A name has an answer.
    NameAnswers {
        /// `web-0.web`.
        name: String,
        /// The addresses.
        addresses: Vec<String>,
    },
    /// The API server refused the last command: these fields of a set cannot change.
    Immutable {
        /// The set.
        set: String,
        /// The fields that differ; empty if that cannot be told.
        fields: Vec<String>,
    },
    /// The claim templates of a set print a phase, which means nothing.
    TemplatePhase {
        /// The set.
        set: String,
        /// How many of its claims are bound.
        bound: usize,
    },
    /// Why a revision is the one that new pods get.
    Revision {
        /// `r3`.
        label: String,
        /// Why.
        choice: RevisionChoice,
    },
    /// No volume fits a claim.
    NoVolume {
        /// The claim.
        claim: String,
        /// `2Gi`.
        requested: String,
        /// `RWO`.
        modes: String,
        /// The pod that needs it.
        pod: Option<String>,
        /// Every volume, and why not.
        misfits: Vec<(String, Misfit)>,
    },
    /// No node takes a pod, in the scheduler's words.
    Unschedulable {
        /// The pod.
        pod: String,
        /// The message.
        message: String,
    },
    /// A claim's deletion waits for its users.
    HeldClaim {
        /// The claim.
        claim: String,
        /// The pods.
        by: Vec<String>,
    },
    /// A volume's deletion waits for its claim.
    HeldVolume {
        /// The volume.
        volume: String,
        /// The claim.
        claim: String,
        /// The pods that use the claim, if it is being deleted too.
        by: Vec<String>,
    },
    /// A sync failed and is retried.
    Failed {
        /// The object.
        object: String,
        /// The error.
        message: String,
    },
    /// A claim belongs to an earlier pod until the garbage collector has removed it.
    StaleClaim(String),
    /// A pod cannot be created while its claim is being deleted.
    ClaimTerminating {
        /// The pod.
        pod: String,
        /// The claim.
        claim: String,
    },
    /// A pod cannot be created while a pod that the set does not control has its name.
    NameTaken {
        /// The set.
        set: String,
        /// The name.
        pod: String,
    },
    /// A set is being deleted.
    SetTerminating(String),
    /// A pod runs and lacks nothing.
    Runs {
        /// The pod.
        pod: String,
        /// The pod that goes first when its set is scaled down, if that is another one.
        top: Option<String>,
    },
    /// A pod has ended.
    Ended(String),
    /// There is no pod in this place.
    Ghost {
        /// The name.
        pod: String,
        /// Whether the set wants one.
        wanted: bool,
    },
    /// A claim has its volume.
    ClaimBound {
        /// The claim.
        claim: String,
        /// The volume.
        volume: String,
        /// What was asked for.
        requested: String,
        /// What it got.
        capacity: String,
    },
    /// A claim waits for the binder.
    ClaimPending(String),
    /// A volume is free.
    VolumeFree(String),
    /// A volume belongs to a claim.
    VolumeBound {
        /// The volume.
        volume: String,
        /// The claim.
        claim: String,
    },
    /// A volume keeps the data of a claim that is gone.
    VolumeReleased {
        /// The volume.
        volume: String,
        /// The claim that is gone.
        claim: String,
    },
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A pod is created.
    Creates(String),
    /// A pod is deleted, as it is beyond the replicas.
    Deletes(String),
    /// A pod is replaced by one of the update revision.
    Replaces(String),
    /// The pod comes back.
    ComesBack {
        /// The pod.
        pod: String,
        /// At which revision: `r3`.
        revision: Option<String>,
        /// The claim and volume that wait for it.
        storage: Option<(String, String)>,
    },
}

/// The rule behind an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// OrderedReady: one at a time, and each waits for those below it.
    OrderedReady,
    /// Parallel: pods come and go all at once.
    Parallel,
    /// A rolling update goes from the top, one at a time.
    UpdateFromTop,
    /// Only the highest ordinals go.
    ScaleFromTop,
    /// Ordinals below the partition stay at the current revision.
    Partition,
    /// Under OnDelete a person chooses when.
    OnDelete,
    /// At most one pod of a name exists.
    AtMostOne,
    /// Claims outlive pods and set.
    ClaimsOutlive,
    /// A deleted set does not take its pods down in order.
    NoOrderOnDelete,
    /// How a claim finds its volume.
    Binding,
    /// The first pod decides where the volume is.
    FirstConsumer,
    /// What is in use is not removed.
    Protection,
    /// A released volume keeps its data.
    Retain,
    /// The way from a pod to its name.
    Names,
    /// Only some fields of a set can change.
    Immutable,
    /// Revisions record templates, and are reused.
    Revisions,
    /// A pod is scheduled once.
    Scheduling,
    /// Ordinals need not begin with 0.
    Start,
}

/// What is at risk when a person follows a way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Risk {
    /// The pod goes, and comes back; what is on its claim stays.
    Pod,
    /// The data: nobody finds it again by itself.
    Data,
    /// Two pods of one name may write to one volume.
    SplitBrain,
    /// Nobody looks after the pods until the set is made again.
    Unmanaged,
}

/// What would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Help {
    /// A command, to be typed into the prompt; it may have several lines.
    Command(String),
    /// Something that was broken on purpose has to be healed.
    Heal(Defect),
}

/// A way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOut {
    /// What helps.
    pub help: Help,
    /// What is at risk.
    pub risk: Option<Risk>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// Of which kind.
    pub kind: WhyKind,
    /// The reason.
    pub reason: Reason,
    /// The rule behind it.
    pub rule: Option<Rule>,
    /// What comes next.
    pub next: Option<Next>,
    /// What would help, the gentlest first.
    pub ways_out: Vec<WayOut>,
    /// The object that blocks.
    pub about: Option<ObjectKey>,
}

impl Why {
    fn new(kind: WhyKind, reason: Reason) -> Why {
        Why { kind, reason, rule: None, next: None, ways_out: Vec::new(), about: None }
    }

    fn about(self, key: &ObjectKey) -> Why {
        Why { about: Some(key.clone()), ..self }
    }

    fn because(self, rule: Rule) -> Why {
        Why { rule: Some(rule), ..self }
    }

    fn or_command(mut self, command: String, risk: Option<Risk>) -> Why {
        self.ways_out.push(WayOut { help: Help::Command(command), risk });
        self
    }

    fn or_heal(mut self, defect: Option<&Defect>) -> Why {
        self.ways_out.extend(defect.map(|defect| WayOut { help: Help::Heal(defect.clone()), risk: None }));
        self
    }

    /// The first command that would help.
    pub fn command(&self) -> Option<&str> {
        self.ways_out.iter().find_map(|way| match &way.help {
            Help::Command(command) => Some(command.as_str()),
            Help::Heal(_) => None,
        })
    }
}

/// What one asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// An object.
    Object(ObjectKey),
    /// The name of a pod.
    Name(ObjectKey),
}

impl Topic {
    /// The object, or the pod whose name it is.
    pub fn key(&self) -> &ObjectKey {
        match self {
            Topic::Object(key) | Topic::Name(key) => key,
        }
    }
}

/// Every answer about the cluster, the most urgent first; never empty.
pub fn all(snapshot: Snapshot<'_>, stage: &Stage) -> Vec<Why> {
    let mut whys: Vec<Why> = said::last_command(snapshot).into_iter().collect();
    for set in &stage.sets {
        whys.push(set::of_set(snapshot, set));
    }
    whys.extend(pod::troubles(snapshot));
    whys.extend(storage::troubles(snapshot));
    whys.extend(node::troubles(snapshot));
    whys.extend(name::troubles(snapshot, stage));
    if whys.is_empty() {
        let reason = if stage.is_empty() { Reason::Empty } else { Reason::Idle };
        whys.push(Why::new(WhyKind::Quiet, reason));
    }
    // Stable: within a kind, sets come first and ordinals ascend.
    whys.sort_by_key(|why| why.kind);
    let mut seen: Vec<Reason> = Vec::new();
    whys.retain(|why| {
        !seen.contains(&why.reason) && {
            seen.push(why.reason.clone());
            true
        }
    });
    whys
}

/// The answer about one thing.
pub fn about(snapshot: Snapshot<'_>, stage: &Stage, topic: &Topic) -> Option<Why> {
    match topic {
        Topic::Name(pod) => name::of_name(snapshot, stage, pod),
        Topic::Object(key) => of_object(snapshot, stage, key),
    }
}

fn of_object(snapshot: Snapshot<'_>, stage: &Stage, key: &ObjectKey) -> Option<Why> {
    match key.kind {
        Kind::StatefulSet => stage.set(key).map(|set| set::of_set(snapshot, set)),
        Kind::Pod => match snapshot.objects.get::<Pod>(&key.namespace, &key.name) {
            Some(pod) => Some(pod::of_pod(snapshot, pod, None)),
            None => set::of_ghost(stage, key),
        },
        Kind::PersistentVolumeClaim => {
            let claim = snapshot.objects.get::<PersistentVolumeClaim>(&key.namespace, &key.name)?;
            Some(storage::of_claim(snapshot, &ClaimView::of(snapshot, claim)))
        }
        Kind::PersistentVolume => {
            let volume = snapshot.objects.get::<PersistentVolume>("", &key.name)?;
            Some(storage::of_volume(snapshot, &VolumeView::of(snapshot, volume)))
        }
        Kind::Node => snapshot.objects.get::<Node>("", &key.name).map(|node| node::of_node(snapshot, node)),
        Kind::ControllerRevision => set::of_revision(snapshot, key),
        _ => None,
    }
}

fn verdict<'a>(snapshot: Snapshot<'a>, key: &ObjectKey) -> Option<&'a Verdict> {
    snapshot.decisions.get(key).map(|decision| &decision.verdict)
}
