//! Why, about a set: its controller's last decision, followed to the pod that blocks.

use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::Pod;
use machinery::decision::{Lack, RevisionChoice, Rollout, Step, Verdict};
use machinery::{Kind, ObjectKey, Resource};

use super::super::Snapshot;
use super::super::pod::PodCard;
use super::super::revision::Revision;
use super::super::stage::{Column, SetView, Stage};
use super::pod::{Blocked, of_pod};
use super::{Held, Next, Reason, Risk, Rule, Why, WhyKind, verdict};
use crate::commands;

pub(super) fn of_set(snapshot: Snapshot<'_>, set: &SetView) -> Why {
    let name = set.key.name.to_string();
    if set.deleted {
        return of_deleted(set);
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

fn of_deleted(set: &SetView) -> Why {
    let name = set.key.name.to_string();
    let pods = set.columns.iter().filter(|column| column.pod.is_some()).count();
    if pods > 0 {
        return Why::new(WhyKind::Progressing, Reason::DeletedAtOnce { set: name, pods })
            .because(Rule::NoOrderOnDelete)
            .about(&set.key);
    }
    let claims: Vec<&ObjectKey> = set.claims().map(|claim| &claim.key).collect();
    Why::new(WhyKind::Quiet, Reason::ClaimsKept { set: name, claims: claims.len() })
        .because(Rule::ClaimsOutlive)
        .about(&set.key)
        .or_command(commands::delete_all(&claims), Some(Risk::Data))
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
    if on_delete > 0
        && let Some((_, update)) = set.update()
    {
        let stale = |column: &&Column| {
            column
                .pod
                .as_ref()
                .is_some_and(|pod| pod.revision.as_ref().is_some_and(|r| r.name != update.name))
        };
        return match set.columns.iter().rev().find(stale) {
            Some(column) => why.or_command(commands::delete(&column.key), Some(Risk::Pod)),
            None => why,
        };
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
    let column = set.columns.iter().find(|column| column.key == *key);
    let why = match snapshot.objects.get::<Pod>(&key.namespace, &key.name) {
        Some(pod) => of_pod(snapshot, pod, Some(Blocked { step, lacks, frozen })),
        None => Why::new(WhyKind::Progressing, Reason::Looking(key.name.to_string())),
    };
    let held = held(set);
    let why = match why {
        Why { reason: Reason::Stopping { pod, seconds, step, .. }, .. } => {
            // The controller only says that it waits for the pod; the update is why the pod goes.
            let updating =
                set.update().is_some() && column.is_some_and(|column| column.wanted && column.updates);
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
    let next = match why.kind {
        WhyKind::Progressing => next(set, key),
        // What follows once a person has deleted it.
        WhyKind::Stuck => column.filter(|column| column.wanted).map(|column| comes_back(set, column)),
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
        revision: revision.map(Revision::label),
        storage: storage.map(|claim| (claim.key.name.to_string(), claim.volume_name.clone())),
    }
}

pub(super) fn of_ghost(stage: &Stage, key: &ObjectKey) -> Option<Why> {
    let column = stage.sets.iter().flat_map(|set| &set.columns).find(|column| column.key == *key)?;
    let reason = Reason::Ghost { pod: key.name.to_string(), wanted: column.wanted };
    let rule = if column.wanted { Rule::OrderedReady } else { Rule::ClaimsOutlive };
    Some(Why::new(WhyKind::Quiet, reason).because(rule).about(key))
}

pub(super) fn of_revision(snapshot: Snapshot<'_>, key: &ObjectKey) -> Option<Why> {
    let revision = snapshot.objects.get::<ControllerRevision>(&key.namespace, &key.name)?;
    let Some(Verdict::Revision(choice)) = verdict(snapshot, &revision.key()) else { return None };
    let reason = Reason::Revision { label: format!("r{}", revision.revision), choice: *choice };
    Some(Why::new(WhyKind::Quiet, reason).because(Rule::Revisions).about(key))
}
