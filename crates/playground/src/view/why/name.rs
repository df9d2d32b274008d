//! Why, about a name: which link of pod → subdomain → Service → ready is broken.

use machinery::ObjectKey;
use machinery::decision::BrokenLink;

use super::super::stage::{SetView, Stage};
use super::{Reason, Rule, Why, WhyKind};
use crate::commands;

/// Names that no pod of a set can ever have as things stand: one answer a set.
pub(super) fn troubles(stage: &Stage) -> Vec<Why> {
    let broken = |set: &SetView| {
        let column = set.columns.iter().find(|column| column.pod.is_some() && column.wanted)?;
        let link = column.name.answer.as_ref().err()?;
        let for_good = matches!(
            link,
            BrokenLink::NoService(_) | BrokenLink::NotSelected(_) | BrokenLink::OtherSubdomain(_)
        );
        for_good.then(|| of_name(stage, &column.key)).flatten()
    };
    stage.sets.iter().filter(|set| !set.deleted).filter_map(broken).collect()
}

pub(super) fn of_name(stage: &Stage, pod: &ObjectKey) -> Option<Why> {
    let (set, column) = stage
        .sets
        .iter()
        .find_map(|set| set.columns.iter().find(|column| column.key == *pod).map(|column| (set, column)))?;
    let name = column.name.name.clone();
    let why = match &column.name.answer {
        Ok(addresses) => Why::new(WhyKind::Quiet, Reason::NameAnswers { name, addresses: addresses.clone() }),
        Err(link) => {
            let kind = match link {
                BrokenLink::NoService(_) | BrokenLink::NotSelected(_) | BrokenLink::OtherSubdomain(_) => {
                    WhyKind::Stuck
                }
                _ => WhyKind::Progressing,
            };
            let reason = Reason::NameBroken { name, pod: pod.name.to_string(), link: link.clone() };
            with_ways_out(Why::new(kind, reason), set, link)
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
