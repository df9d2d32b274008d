//! Why, about claims and volumes.

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::decision::Verdict;
use machinery::{Kind, ObjectKey};

use super::super::Snapshot;
use super::super::claim::ClaimView;
use super::super::stage::claims_of;
use super::super::volume::VolumeView;
use super::{Reason, Risk, Rule, Why, WhyKind, verdict};
use crate::commands;

/// Most claims and volumes that are told of.
const TOLD: usize = 20;

/// Claims and volumes that need a person, or more than this.
pub(super) fn troubles(snapshot: Snapshot<'_>) -> Vec<Why> {
    // A decision about a claim or a volume is the sign of something out of the ordinary; a bound claim's is left out.
    let suspects = snapshot.decisions.iter().filter(|(key, decision)| {
        matches!(key.kind, Kind::PersistentVolumeClaim | Kind::PersistentVolume)
            && !matches!(decision.verdict, Verdict::Bound { .. })
    });
    let mut whys: Vec<Why> = Vec::new();
    for (key, _) in suspects {
        let why = if key.kind == Kind::PersistentVolumeClaim {
            let claim = snapshot.objects.get::<PersistentVolumeClaim>(&key.namespace, &key.name);
            claim.map(|claim| of_claim(snapshot, &ClaimView::of(snapshot, claim)))
        } else {
            snapshot.objects.get::<PersistentVolume>("", &key.name).and_then(|volume| {
                let volume = VolumeView::of(snapshot, volume);
                // A claim that is held up as well has said it already.
                let said = volume
                    .claim
                    .as_ref()
                    .is_some_and(|c| whys.iter().any(|why| why.about.as_ref() == Some(c)));
                (!said).then(|| of_volume(snapshot, &volume))
            })
        };
        whys.extend(why.filter(|why| why.kind < WhyKind::Progressing));
        if whys.len() == TOLD {
            break;
        }
    }
    whys
}

pub(super) fn of_claim(snapshot: Snapshot<'_>, claim: &ClaimView) -> Why {
    let name = claim.key.name.to_string();
    let why = match verdict(snapshot, &claim.key) {
        _ if claim.status == "Terminating" => {
            let by = claim.held_by.iter().map(|key| key.name.to_string()).collect();
            let why =
                Why::new(WhyKind::Waiting, Reason::HeldClaim { claim: name, by }).because(Rule::Protection);
            match claim.held_by.first() {
                Some(pod) => why.or_command(commands::delete(pod), Some(Risk::Data)),
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
        )
        .because(Rule::ClaimsOutlive),
        Some(Verdict::NoVolume { misfits }) => Why::new(
            WhyKind::Stuck,
            Reason::NoVolume {
                claim: name,
                requested: claim.requested.clone(),
                modes: claim.modes.clone(),
                pod: None,
                misfits: misfits.iter().map(|(volume, misfit)| (volume.clone(), *misfit)).collect(),
            },
        )
        .because(Rule::Binding),
        Some(Verdict::WaitsForConsumer) => {
            let used = is_used(snapshot, &claim.key);
            let kind = if used { WhyKind::Progressing } else { WhyKind::Waiting };
            let reason = Reason::WaitsForConsumer { claim: name, class: claim.class.clone(), used };
            let why = Why::new(kind, reason).because(Rule::FirstConsumer);
            if used { why } else { why.or_command(commands::consumer(&claim.key), None) }
        }
        Some(Verdict::WaitsForProvisioner { provisioner }) => {
            let reason = Reason::WaitsForProvisioner { claim: name, provisioner: provisioner.clone() };
            Why::new(WhyKind::Beyond, reason).because(Rule::Binding)
        }
        _ => Why::new(WhyKind::Progressing, Reason::ClaimPending(name)).because(Rule::Binding),
    };
    why.about(&claim.key)
}

fn is_used(snapshot: Snapshot<'_>, claim: &ObjectKey) -> bool {
    snapshot.objects.list::<Pod>(&claim.namespace).any(|pod| claims_of(pod).any(|key| key == *claim))
}

pub(super) fn of_volume(snapshot: Snapshot<'_>, volume: &VolumeView) -> Why {
    let name = volume.key.name.to_string();
    let claim = volume.claim.as_ref().map(|claim| claim.name.to_string()).unwrap_or_default();
    let why = match volume.status.as_str() {
        "Terminating" => {
            let by = volume.held_by.iter().map(|pod| pod.name.to_string()).collect();
            let why = Why::new(WhyKind::Waiting, Reason::HeldVolume { volume: name, claim, by });
            let why = why.because(Rule::Protection);
            match volume.claim.as_ref().filter(|_| volume.is_claimed(snapshot)) {
                Some(claim) => {
                    let holder = volume.held_by.first().unwrap_or(claim);
                    why.or_command(commands::delete(holder), Some(Risk::Data))
                }
                None => Why { kind: WhyKind::Progressing, ..why },
            }
        }
        "Bound" => {
            Why::new(WhyKind::Quiet, Reason::VolumeBound { volume: name, claim }).because(Rule::Binding)
        }
        "Released" => Why::new(WhyKind::Quiet, Reason::VolumeReleased { volume: name, claim })
            .because(Rule::Retain)
            .or_command(commands::clear_claim(&volume.key), Some(Risk::Data)),
        _ => Why::new(WhyKind::Quiet, Reason::VolumeFree(name)).because(Rule::Binding),
    };
    why.about(&volume.key)
}
