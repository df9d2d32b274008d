//! Why, about a name: which link of pod → subdomain → Service → ready is broken.

use machinery::ObjectKey;
use machinery::decision::BrokenLink;

use super::super::Snapshot;
use super::super::dns::{NameView, name_of};
use super::super::stage::{SetView, Stage};
use super::{Reason, Rule, Why, WhyKind};
use crate::commands;

/// Names that no pod of a set can ever have as things stand: one answer a set.
pub(super) fn troubles(snapshot: Snapshot<'_>, stage: &Stage) -> Vec<Why> {
    let broken = |set: &SetView| {
        let slot = set.slots.iter().find(|slot| slot.shape.is_some() && slot.wanted)?;
        let pod = set.pod_key(slot.ordinal);
        let link = name_of(snapshot, &pod, &set.service).answer.err()?;
        let for_good = matches!(
            link,
            BrokenLink::NoService(_) | BrokenLink::NotSelected(_) | BrokenLink::OtherSubdomain(_)
        );
        for_good.then(|| of_name(snapshot, stage, &pod)).flatten()
    };
    stage.sets.iter().filter(|set| !set.deleted).filter_map(|set| broken(set)).collect()
}

pub(super) fn of_name(snapshot: Snapshot<'_>, stage: &Stage, pod: &ObjectKey) -> Option<Why> {
    let (set, _) = stage.set_of(pod)?;
    let NameView { name, answer, .. } = name_of(snapshot, pod, &set.service);
    let why = match answer {
        Ok(addresses) => Why::new(WhyKind::Quiet, Reason::NameAnswers { name, addresses }),
        Err(link) => {
            let kind = match link {
                BrokenLink::NoService(_) | BrokenLink::NotSelected(_) | BrokenLink::OtherSubdomain(_) => {
                    WhyKind::Stuck
                }
                _ => WhyKind::Progressing,
            };
            let reason = Reason::NameBroken { name, pod: pod.name.to_string(), link: link.clone() };
            with_ways_out(Why::new(kind, reason), set, &link)
        }
    };
    Some(why.because(Rule::Names).about(pod))
}

fn with_ways_out(why: Why, set: &SetView, link: &BrokenLink) -> Why {
    match link {
        BrokenLink::NoService(service) => {
            why.or_command(commands::headless_service(&set.key, service, &set.labels), None)
        }
        BrokenLink::NotReady => why.or_command(commands::publish_not_ready(&set.key, &set.service), None),
        _ => why,
    }
}
