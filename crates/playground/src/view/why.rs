//! Why: what the cluster waits for, which object blocks, what comes next and what would help.
//!
//! Reads the controllers' decisions and follows them to their root: a set waits for a pod, the pod for a claim, the claim
//! for a volume. Holds no words: those are the locale's. Invariant: stuck comes first, then the lowest ordinal.

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::decision::{Lack, Misfit, Step, Verdict};
use machinery::{Kind, ObjectKey, Resource};

use super::Snapshot;
use super::claim::ClaimView;
use super::pod::{PodCard, Shape, waiting_message};
use super::stage::{Column, SetView, Stage, Strategy, claims_of};
use super::volume::VolumeView;
use crate::commands;

/// What kind of waiting it is; in the order of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyKind {
    /// No timer will free it.
    Stuck,
    /// A person has to act.
    Waiting,
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
    Runs(String),
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

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// Of which kind.
    pub kind: WhyKind,
    /// The reason.
    pub reason: Reason,
    /// What comes next.
    pub next: Option<Next>,
    /// A command that would help, to be typed into the prompt.
    pub way_out: Option<String>,
    /// The object that blocks.
    pub about: Option<ObjectKey>,
}

impl Why {
    fn new(kind: WhyKind, reason: Reason) -> Why {
        Why { kind, reason, next: None, way_out: None, about: None }
    }

    fn about(self, key: ObjectKey) -> Why {
        Why { about: Some(key), ..self }
    }

    fn with_way_out(self, command: String) -> Why {
        Why { way_out: Some(command), ..self }
    }
}

/// Every answer about the cluster, the most urgent first; never empty.
pub fn all(snapshot: Snapshot<'_>, stage: &Stage) -> Vec<Why> {
    let mut whys: Vec<Why> = stage.sets.iter().map(|set| of_set(snapshot, set)).collect();
    for claim in
        stage.sets.iter().flat_map(SetView::claims).chain(stage.outside.iter().flat_map(|c| &c.claims))
    {
        let why = of_claim(snapshot, claim);
        if why.kind < WhyKind::Progressing {
            whys.push(why);
        }
    }
    let held_claims: Vec<ObjectKey> = whys.iter().filter_map(|why| why.about.clone()).collect();
    for volume in snapshot.objects.list::<PersistentVolume>("") {
        let volume = VolumeView::of(snapshot, volume);
        let why = of_volume(snapshot, &volume);
        // A claim that is held up as well has said it already.
        if why.kind < WhyKind::Progressing
            && volume.claim.as_ref().is_none_or(|claim| !held_claims.contains(claim))
        {
            whys.push(why);
        }
    }
    for pod in stage.outside.iter().filter_map(|chain| chain.pod.as_ref()) {
        let why = of_pod(snapshot, pod, None, None);
        if why.kind < WhyKind::Quiet {
            whys.push(why);
        }
    }
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

/// The answer about one object on the stage.
pub fn of_object(snapshot: Snapshot<'_>, stage: &Stage, key: &ObjectKey) -> Option<Why> {
    match key.kind {
        Kind::StatefulSet => stage.set(key).map(|set| of_set(snapshot, set)),
        Kind::Pod => match snapshot.objects.get::<Pod>(&key.namespace, &key.name) {
            Some(pod) => Some(of_pod(snapshot, &PodCard::of(snapshot, pod), None, None)),
            None => {
                let column =
                    stage.sets.iter().flat_map(|set| &set.columns).find(|column| column.key == *key)?;
                let reason = Reason::Ghost { pod: key.name.to_string(), wanted: column.wanted };
                Some(Why::new(WhyKind::Quiet, reason).about(key.clone()))
            }
        },
        Kind::PersistentVolumeClaim => {
            let claim = snapshot.objects.get::<PersistentVolumeClaim>(&key.namespace, &key.name)?;
            Some(of_claim(snapshot, &ClaimView::of(snapshot, claim)))
        }
        Kind::PersistentVolume => {
            let volume = snapshot.objects.get::<PersistentVolume>("", &key.name)?;
            Some(of_volume(snapshot, &VolumeView::of(snapshot, volume)))
        }
        _ => None,
    }
}

fn of_set(snapshot: Snapshot<'_>, set: &SetView) -> Why {
    let name = set.key.name.to_string();
    if set.deleted {
        let stops = set.columns.iter().find_map(|column| column.pod.as_ref());
        return match stops {
            Some(pod) => of_pod(snapshot, pod, None, None),
            None => Why::new(WhyKind::Quiet, Reason::ClaimsKept { set: name, claims: set.claims().count() }),
        };
    }
    let why = match snapshot.decisions.get(&set.key).map(|decision| &decision.verdict) {
        None => Why::new(WhyKind::Progressing, Reason::Looking(name)),
        Some(Verdict::Waiting { step, pod, lacks }) => of_blocking(snapshot, set, pod, Some(*step), *lacks),
        Some(Verdict::Frozen { pod, lacks }) => of_blocking(snapshot, set, pod, Some(Step::Update), *lacks),
        Some(Verdict::Creating { pods }) => {
            let first = pods.first().map(|created| &created.pod);
            of_first(snapshot, set, first, Step::Ordinals, Lack::Ready)
        }
        Some(Verdict::ScalingDown { pods }) => {
            of_first(snapshot, set, pods.first(), Step::ScaleDown, Lack::Gone)
        }
        Some(Verdict::Updating { pods }) => of_first(snapshot, set, pods.first(), Step::Update, Lack::Gone),
        Some(Verdict::Replacing { pod }) => of_blocking(snapshot, set, pod, None, Lack::Gone),
        Some(Verdict::StaleClaim { pod, .. }) => {
            Why::new(WhyKind::Progressing, Reason::StaleClaim(pod.name.to_string())).about(pod.clone())
        }
        Some(Verdict::ClaimTerminating { pod, claim }) => {
            let (pod, name) = (pod.name.to_string(), claim.name.to_string());
            Why::new(WhyKind::Waiting, Reason::ClaimTerminating { pod, claim: name }).about(claim.clone())
        }
        Some(Verdict::NameTaken { pod }) => {
            let why = Why::new(WhyKind::Stuck, Reason::NameTaken { set: name, pod: pod.name.to_string() });
            why.about(pod.clone()).with_way_out(commands::delete(pod))
        }
        Some(Verdict::SetTerminating) => Why::new(WhyKind::Progressing, Reason::SetTerminating(name)),
        Some(Verdict::Failed { message }) => {
            Why::new(WhyKind::Stuck, Reason::Failed { object: name, message: message.clone() })
        }
        Some(_) => settled(set),
    };
    match &why.about {
        Some(_) => why,
        None => why.about(set.key.clone()),
    }
}

fn settled(set: &SetView) -> Why {
    let stale = set.replaced_with_partition(0).len();
    let reason = Reason::Settled {
        set: set.key.name.to_string(),
        replicas: set.replicas,
        held: held(set),
        on_delete: if set.strategy == Strategy::OnDelete { stale } else { 0 },
    };
    let kind = if matches!(reason, Reason::Settled { on_delete: 1.., .. }) {
        WhyKind::Waiting
    } else {
        WhyKind::Quiet
    };
    Why::new(kind, reason)
}

/// The ordinals that the partition keeps at the current revision.
fn held(set: &SetView) -> Option<Held> {
    let partition = set.partition().filter(|partition| *partition > 0)?;
    let (current, update) = set.update()?;
    let stale = |column: &&Column| {
        let revision = column.pod.as_ref().and_then(|pod| pod.revision.as_ref());
        column.wanted && !column.updates && revision.is_none_or(|revision| revision.name != update.name)
    };
    let first = set.columns.iter().find(stale)?.ordinal;
    let last = set.columns.iter().rev().find(stale)?.ordinal;
    Some(Held { first, last, revision: current.label(), partition })
}

fn of_first(snapshot: Snapshot<'_>, set: &SetView, pod: Option<&ObjectKey>, step: Step, lacks: Lack) -> Why {
    match pod {
        Some(pod) => of_blocking(snapshot, set, pod, Some(step), lacks),
        None => settled(set),
    }
}

fn of_blocking(
    snapshot: Snapshot<'_>,
    set: &SetView,
    pod: &ObjectKey,
    step: Option<Step>,
    lacks: Lack,
) -> Why {
    let column = set.columns.iter().find(|column| column.key == *pod);
    let why = match column.and_then(|column| column.pod.as_ref()) {
        Some(card) => of_pod(snapshot, card, step, Some(lacks)),
        None => Why::new(WhyKind::Progressing, Reason::Looking(pod.name.to_string())),
    };
    let held = held(set);
    let why = match why {
        Why { reason: Reason::Stopping { pod, seconds, step, .. }, .. } => {
            // The controller only says that it waits for the pod; the update is why the pod goes.
            let updating =
                set.update().is_some() && column.is_some_and(|column| column.wanted && column.updates);
            let step = if updating { Some(Step::Update) } else { step };
            Why { reason: Reason::Stopping { pod, seconds, step, held }, ..why }
        }
        // The decision is older than the pod's last step.
        Why { reason: Reason::Runs(pod), .. } => {
            Why { kind: WhyKind::Progressing, reason: Reason::Starting { pod, lacks, step }, ..why }
        }
        why => why,
    };
    Why { next: (why.kind == WhyKind::Progressing).then(|| next(set, pod)).flatten(), ..why }
}

/// What the controller does once the blocking pod has what it lacks.
fn next(set: &SetView, blocking: &ObjectKey) -> Option<Next> {
    let column = set.columns.iter().find(|column| column.key == *blocking)?;
    let going = column.pod.as_ref().is_some_and(PodCard::stops);
    if going && column.wanted {
        return Some(comes_back(set, column));
    }
    let others = || set.columns.iter().filter(|column| column.key != *blocking);
    let beyond =
        others().rev().find(|column| !column.wanted && column.pod.as_ref().is_some_and(|pod| !pod.stops()));
    if let Some(beyond) = beyond {
        return Some(Next::Deletes(beyond.key.name.to_string()));
    }
    if let Some(missing) = others().find(|column| column.wanted && column.pod.is_none()) {
        return Some(Next::Creates(missing.key.name.to_string()));
    }
    let stale = set.replaced_with_partition(set.partition()?);
    stale.into_iter().find(|pod| *pod != blocking).map(|pod| Next::Replaces(pod.name.to_string()))
}

fn comes_back(set: &SetView, column: &Column) -> Next {
    let (current, update) = set.update().unzip();
    let revision = if column.updates { update } else { current };
    let storage = column.claims.first().filter(|claim| !claim.volume_name.is_empty());
    Next::ComesBack {
        pod: column.key.name.to_string(),
        revision: revision.map(super::revision::Revision::label),
        storage: storage.map(|claim| (claim.key.name.to_string(), claim.volume_name.clone())),
    }
}

fn of_pod(snapshot: Snapshot<'_>, card: &PodCard, step: Option<Step>, lacks: Option<Lack>) -> Why {
    let name = card.key.name.to_string();
    let Some(pod) = snapshot.objects.get::<Pod>(&card.key.namespace, &card.key.name) else {
        return Why::new(WhyKind::Progressing, Reason::Looking(name));
    };
    let why = match card.shape {
        Shape::Stopping => {
            let seconds =
                pod.metadata.deletion_timestamp.as_ref().map_or(0, |end| snapshot.seconds_until(end.0));
            Why::new(WhyKind::Progressing, Reason::Stopping { pod: name, seconds, step, held: None })
        }
        Shape::Broken => {
            let message = waiting_message(pod).map(|(_, message)| message.to_owned()).unwrap_or_default();
            let reason = Reason::Broken { pod: name, status: card.status.clone(), message };
            Why::new(WhyKind::Stuck, reason)
        }
        Shape::Ended => Why::new(WhyKind::Quiet, Reason::Ended(name)),
        Shape::Ready if let Some(lacks @ Lack::Available { .. }) = lacks => {
            Why::new(WhyKind::Progressing, Reason::Starting { pod: name, lacks, step })
        }
        Shape::Ready => Why::new(WhyKind::Quiet, Reason::Runs(name)),
        Shape::Starting => of_starting(snapshot, pod, step),
    };
    match &why.about {
        Some(_) => why,
        None => why.about(card.key.clone()),
    }
}

fn of_starting(snapshot: Snapshot<'_>, pod: &Pod, step: Option<Step>) -> Why {
    let name = pod.name().to_owned();
    let scheduled = pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some());
    if scheduled {
        let running = pod.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Running"));
        let lacks = if running { Lack::Ready } else { Lack::Running };
        return Why::new(WhyKind::Progressing, Reason::Starting { pod: name, lacks, step });
    }
    for key in claims_of(pod) {
        let Some(claim) = snapshot.objects.get::<PersistentVolumeClaim>(&key.namespace, &key.name) else {
            continue;
        };
        let why = of_claim(snapshot, &ClaimView::of(snapshot, claim));
        if let Why { reason: Reason::NoVolume { claim, requested, modes, misfits, .. }, .. } = why {
            let reason = Reason::NoVolume { claim, requested, modes, misfits, pod: Some(name) };
            return Why::new(WhyKind::Stuck, reason).about(key);
        }
        if why.kind < WhyKind::Progressing {
            return why;
        }
    }
    match snapshot.decisions.get(&pod.key()).map(|decision| &decision.verdict) {
        // Claims that no volume was refused to are about to be bound.
        Some(Verdict::Unschedulable { claims, message }) if claims.is_empty() => {
            Why::new(WhyKind::Stuck, Reason::Unschedulable { pod: name, message: message.clone() })
        }
        _ => Why::new(WhyKind::Progressing, Reason::Starting { pod: name, lacks: Lack::Scheduled, step }),
    }
}

fn of_claim(snapshot: Snapshot<'_>, claim: &ClaimView) -> Why {
    let name = claim.key.name.to_string();
    let names = |keys: &[ObjectKey]| keys.iter().map(|key| key.name.to_string()).collect();
    let why = match snapshot.decisions.get(&claim.key).map(|decision| &decision.verdict) {
        _ if claim.status == "Terminating" => {
            let why =
                Why::new(WhyKind::Waiting, Reason::HeldClaim { claim: name, by: names(&claim.held_by) });
            match claim.held_by.first() {
                Some(pod) => why.with_way_out(commands::delete(pod)),
                None => Why { kind: WhyKind::Progressing, ..why },
            }
        }
        _ if claim.status == "Bound" => Why::new(
            WhyKind::Quiet,
            Reason::ClaimBound {
                claim: name,
                volume: claim.volume_name.clone(),
                requested: claim.requested.clone(),
                capacity: claim.capacity.clone(),
            },
        ),
        Some(Verdict::NoVolume { misfits }) => Why::new(
            WhyKind::Stuck,
            Reason::NoVolume {
                claim: name,
                requested: claim.requested.clone(),
                modes: claim.modes.clone(),
                pod: None,
                misfits: misfits.iter().map(|(volume, misfit)| (volume.clone(), *misfit)).collect(),
            },
        ),
        _ => Why::new(WhyKind::Progressing, Reason::ClaimPending(name)),
    };
    why.about(claim.key.clone())
}

fn of_volume(snapshot: Snapshot<'_>, volume: &VolumeView) -> Why {
    let name = volume.key.name.to_string();
    let claim = volume.claim.as_ref().map(|claim| claim.name.to_string()).unwrap_or_default();
    let why = match volume.status.as_str() {
        "Terminating" => {
            let by = volume.held_by.iter().map(|pod| pod.name.to_string()).collect();
            let why = Why::new(WhyKind::Waiting, Reason::HeldVolume { volume: name, claim, by });
            match volume.claim.as_ref().filter(|_| volume.is_claimed(snapshot)) {
                Some(claim) => why.with_way_out(commands::delete(volume.held_by.first().unwrap_or(claim))),
                None => Why { kind: WhyKind::Progressing, ..why },
            }
        }
        "Bound" => Why::new(WhyKind::Quiet, Reason::VolumeBound { volume: name, claim }),
        "Released" => Why::new(WhyKind::Quiet, Reason::VolumeReleased { volume: name, claim }),
        _ => Why::new(WhyKind::Quiet, Reason::VolumeFree(name)),
    };
    why.about(volume.key.clone())
}
