//! Why, about a set: its controller's last decision, followed to the pod that blocks.

use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use machinery::decision::{Lack, RevisionChoice, Rollout, Step, Verdict};
use machinery::{Kind, ObjectKey, Resource};

use super::super::Snapshot;
use super::super::pod::Shape;
use super::super::revision::Revision;
use super::super::stage::{SetView, Slot, Stage};
use super::pod::{Blocked, of_pod};
use super::{Held, Next, Reason, Risk, Rule, Template, Why, WhyKind, verdict};
use crate::commands;

pub(super) fn of_set(snapshot: Snapshot<'_>, set: &SetView) -> Why {
    let name = set.key.name.to_string();
    if set.deleted {
        return of_deleted(snapshot, set);
    }
    let why = match verdict(snapshot, &set.key) {
        None => Why::new(WhyKind::Progressing, Reason::Looking(name)),
        Some(Verdict::Waiting { step, pod, lacks }) => {
            of_blocking(snapshot, set, pod, Some(*step), *lacks, false)
        }
        Some(Verdict::Frozen { pod, lacks }) => {
            of_blocking(snapshot, set, pod, Some(Step::Update), *lacks, true)
        }
        Some(Verdict::Creating { pods }) => {
            let first = pods.first().map(|created| &created.pod);
            of_first(snapshot, set, first, Step::Ordinals, Lack::Ready)
        }
        Some(Verdict::ScalingDown { pods }) => {
            of_first(snapshot, set, pods.first(), Step::ScaleDown, Lack::Gone)
        }
        Some(Verdict::Updating { pods }) => of_first(snapshot, set, pods.first(), Step::Update, Lack::Gone),
        Some(Verdict::Replacing { pod }) => of_blocking(snapshot, set, pod, None, Lack::Gone, false),
        Some(Verdict::StaleClaim { pod, .. }) => {
            Why::new(WhyKind::Progressing, Reason::StaleClaim(pod.name.to_string())).about(pod)
        }
        Some(Verdict::ClaimTerminating { pod, claim }) => {
            let reason =
                Reason::ClaimTerminating { pod: pod.name.to_string(), claim: claim.name.to_string() };
            Why::new(WhyKind::Waiting, reason).because(Rule::Protection).about(claim)
        }
        Some(Verdict::NameTaken { pod }) => {
            let why = Why::new(WhyKind::Stuck, Reason::NameTaken { set: name, pod: pod.name.to_string() });
            why.because(Rule::AtMostOne).about(pod).or_command(commands::delete(pod), Some(Risk::Pod))
        }
        Some(Verdict::SetTerminating) => Why::new(WhyKind::Progressing, Reason::SetTerminating(name)),
        Some(Verdict::Failed { message }) => {
            Why::new(WhyKind::Stuck, Reason::Failed { object: name, message: message.clone() })
        }
        Some(Verdict::Settled { rollout }) => settled(snapshot, set, *rollout),
        Some(_) => settled(snapshot, set, Rollout::Complete),
    };
    match &why.about {
        Some(_) => why,
        None => why.about(&set.key),
    }
}

fn of_deleted(snapshot: Snapshot<'_>, set: &SetView) -> Why {
    let name = set.key.name.to_string();
    let pods = set.slots.iter().filter(|slot| slot.shape.is_some()).count();
    if pods > 0 {
        return Why::new(WhyKind::Progressing, Reason::DeletedAtOnce { set: name, pods })
            .because(Rule::NoOrderOnDelete)
            .about(&set.key);
    }
    let claims: Vec<ObjectKey> = claims_of_set(snapshot, set);
    let why = Why::new(WhyKind::Quiet, Reason::ClaimsKept { set: name, claims: set.claims })
        .because(Rule::ClaimsOutlive)
        .about(&set.key);
    why.or_command(commands::delete_all(&claims), Some(Risk::Data))
}

/// The claims that its templates made.
fn claims_of_set(snapshot: Snapshot<'_>, set: &SetView) -> Vec<ObjectKey> {
    let templates = snapshot.memory.set(&set.key).map(|known| known.templates.as_slice()).unwrap_or_default();
    let claim = |(slot, template): (&Slot, &String)| {
        let name = format!("{template}-{}-{}", set.key.name, slot.ordinal);
        let claim = snapshot.objects.get::<PersistentVolumeClaim>(&set.key.namespace, &name)?;
        Some(claim.key())
    };
    let pairs = set.slots.iter().flat_map(|slot| templates.iter().map(move |template| (slot, template)));
    pairs.filter_map(claim).collect()
}

fn settled(snapshot: Snapshot<'_>, set: &SetView, rollout: Rollout) -> Why {
    let (on_delete, above) = match rollout {
        Rollout::OnDelete { pods } => (pods, None),
        Rollout::PartitionAboveReplicas { partition } => (0, Some(partition)),
        Rollout::Complete | Rollout::Partition { .. } => (0, None),
    };
    let held = held(set);
    let rolled_back = rolled_back(snapshot, set);
    let rule = if on_delete > 0 {
        Some(Rule::OnDelete)
    } else if held.is_some() || above.is_some() {
        Some(Rule::Partition)
    } else if rolled_back.is_some() {
        Some(Rule::Revisions)
    } else {
        (set.start > 0).then_some(Rule::Start)
    };
    let (kind, held_back) =
        if on_delete > 0 { (WhyKind::Waiting, false) } else { (WhyKind::Quiet, held.is_some()) };
    let name = set.key.name.to_string();
    let (replicas, start) = (set.replicas, set.start);
    let reason = Reason::Settled { set: name, replicas, held, on_delete, above, rolled_back, start };
    let why = Why { rule, ..Why::new(kind, reason) };
    if on_delete > 0 {
        let stale = set.slots.iter().rev().find(|slot| slot.shape.is_some() && slot.stale);
        let delete = stale.map(|slot| commands::delete(&set.pod_key(slot.ordinal)));
        return delete.into_iter().fold(why, |why, line| why.or_command(line, Some(Risk::Pod)));
    }
    if held_back || above.is_some() { why.or_command(commands::partition(&set.key, 0), None) } else { why }
}

/// The numbers of a revision that an undone change brought back.
fn rolled_back(snapshot: Snapshot<'_>, set: &SetView) -> Option<(i64, i64)> {
    let newest = set.revisions.iter().max_by_key(|living| living.revision.number)?;
    let key = ObjectKey::new(Kind::ControllerRevision, &set.key.namespace, &newest.revision.name);
    match verdict(snapshot, &key)? {
        Verdict::Revision(RevisionChoice::RolledBack { from, to }) => Some((*from, *to)),
        _ => None,
    }
}

/// The ordinals that the partition keeps at the current revision.
fn held(set: &SetView) -> Option<Held> {
    let partition = set.partition().filter(|partition| *partition > 0)?;
    let (current, _) = set.update()?;
    let kept = |slot: &&Slot| slot.wanted && !slot.updates && (slot.stale || slot.shape.is_none());
    let first = set.slots.iter().find(kept)?.ordinal;
    let last = set.slots.iter().rev().find(kept)?.ordinal;
    Some(Held { first, last, revision: current.label(), partition })
}

fn of_first(snapshot: Snapshot<'_>, set: &SetView, pod: Option<&ObjectKey>, step: Step, lacks: Lack) -> Why {
    match pod {
        Some(pod) => of_blocking(snapshot, set, pod, Some(step), lacks, false),
        None => settled(snapshot, set, Rollout::Complete),
    }
}

fn of_blocking(
    snapshot: Snapshot<'_>,
    set: &SetView,
    key: &ObjectKey,
    step: Option<Step>,
    lacks: Lack,
    frozen: bool,
) -> Why {
    let slot = set.slot_of(key);
    let why = match snapshot.objects.get::<Pod>(&key.namespace, &key.name) {
        Some(pod) => of_pod(snapshot, pod, Some(Blocked { step, lacks, frozen })),
        None => Why::new(WhyKind::Progressing, Reason::Looking(key.name.to_string())),
    };
    let held = held(set);
    let why = match why {
        Why { reason: Reason::Stopping { pod, seconds, step, .. }, .. } => {
            // The controller only says that it waits for the pod; the update is why the pod goes.
            let updating = set.update().is_some() && slot.is_some_and(|slot| slot.wanted && slot.updates);
            let step = if updating { Some(Step::Update) } else { step };
            Why { reason: Reason::Stopping { pod, seconds, step, held }, rule: rule(set, step), ..why }
        }
        // The decision is older than the pod's last step.
        Why { reason: Reason::Runs { pod, .. }, .. } => Why {
            kind: WhyKind::Progressing,
            reason: Reason::Starting { pod, lacks, step },
            rule: rule(set, step),
            ..why
        },
        Why { rule: None, .. } => Why { rule: rule(set, step), ..why },
        why => why,
    };
    let next = match (why.kind, &why.reason) {
        (_, Reason::Broken { template: Template::Same, .. }) => None,
        // What follows once a person has deleted it.
        (WhyKind::Stuck, Reason::Broken { .. } | Reason::NodeSilent { .. }) => {
            slot.filter(|slot| slot.wanted).map(|slot| comes_back(snapshot, set, slot))
        }
        (WhyKind::Stuck | WhyKind::Progressing, _) | (_, Reason::Unconfigured { .. }) => {
            next(snapshot, set, key)
        }
        _ => None,
    };
    Why { next, ..why }
}

fn rule(set: &SetView, step: Option<Step>) -> Option<Rule> {
    Some(match step {
        Some(Step::Update) => Rule::UpdateFromTop,
        Some(Step::ScaleDown) => Rule::ScaleFromTop,
        _ if set.parallel => Rule::Parallel,
        _ => Rule::OrderedReady,
    })
}

/// What the controller does once the blocking pod has what it lacks.
fn next(snapshot: Snapshot<'_>, set: &SetView, blocking: &ObjectKey) -> Option<Next> {
    let slot = set.slot_of(blocking)?;
    if slot.shape == Some(Shape::Stopping) && slot.wanted {
        return Some(comes_back(snapshot, set, slot));
    }
    let name = |ordinal: i32| set.pod_key(ordinal).name.to_string();
    let mut others = set.slots.iter().filter(|other| other.ordinal != slot.ordinal);
    let stays = |other: &&Slot| other.shape.is_some_and(|shape| shape != Shape::Stopping);
    if let Some(beyond) = others.clone().rev().find(|other| !other.wanted && stays(other)) {
        return Some(Next::Deletes(name(beyond.ordinal)));
    }
    if let Some(missing) = others.find(|other| other.wanted && other.shape.is_none()) {
        return Some(Next::Creates(name(missing.ordinal)));
    }
    let stale = set.replaced_with_partition(set.partition()?);
    stale.into_iter().find(|ordinal| *ordinal != slot.ordinal).map(|ordinal| Next::Replaces(name(ordinal)))
}

fn comes_back(snapshot: Snapshot<'_>, set: &SetView, slot: &Slot) -> Next {
    let (current, update) = set.update().unzip();
    let revision = if slot.updates { update } else { current };
    let templates = snapshot.memory.set(&set.key).map(|known| known.templates.as_slice()).unwrap_or_default();
    let storage = templates.first().and_then(|template| {
        let name = format!("{template}-{}-{}", set.key.name, slot.ordinal);
        let claim = snapshot.objects.get::<PersistentVolumeClaim>(&set.key.namespace, &name)?;
        let volume = claim.spec.as_ref()?.volume_name.clone().filter(|volume| !volume.is_empty())?;
        Some((name, volume))
    });
    Next::ComesBack {
        pod: set.pod_key(slot.ordinal).name.to_string(),
        revision: revision.map(Revision::label),
        storage,
    }
}

pub(super) fn of_ghost(stage: &Stage, key: &ObjectKey) -> Option<Why> {
    let (_, slot) = stage.set_of(key)?;
    let reason = Reason::Ghost { pod: key.name.to_string(), wanted: slot.wanted };
    let rule = if slot.wanted { Rule::OrderedReady } else { Rule::ClaimsOutlive };
    Some(Why::new(WhyKind::Quiet, reason).because(rule).about(key))
}

pub(super) fn of_revision(snapshot: Snapshot<'_>, key: &ObjectKey) -> Option<Why> {
    let revision = snapshot.objects.get::<ControllerRevision>(&key.namespace, &key.name)?;
    let Some(Verdict::Revision(choice)) = verdict(snapshot, &revision.key()) else { return None };
    let reason = Reason::Revision { label: format!("r{}", revision.revision), choice: *choice };
    Some(Why::new(WhyKind::Quiet, reason).because(Rule::Revisions).about(key))
}
