//! The sentences of Why.

use machinery::decision::{BrokenLink, Lack, Misfit, RevisionChoice, Step};

use crate::view::why::{Held, Next, Reason, Risk, Rule, Template, Why};

fn names(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn held(held: &Held) -> String {
    let ordinals = if held.first == held.last {
        held.first.to_string()
    } else {
        format!("{}–{}", held.first, held.last)
    };
    let stay = if held.first == held.last { "stays" } else { "stay" };
    format!("{ordinals} {stay} at {} because partition is {}", held.revision, held.partition)
}

fn step(step: Option<Step>) -> &'static str {
    match step {
        Some(Step::Ordinals | Step::Replacement | Step::Nothing) | None => "",
        Some(Step::ScaleDown) => "The scale-down",
        Some(Step::Update) => "The update",
    }
}

pub(super) fn why_sentence(why: &Why) -> String {
    match &why.reason {
        Reason::Empty => {
            "Nothing is deployed yet. Press `Apply`: the pods are born in order, each with its own name and volume."
                .to_owned()
        }
        Reason::Idle => "Nothing is waiting, and there is no StatefulSet yet.".to_owned(),
        Reason::Looking(name) => format!("The controller is about to look at `{name}`."),
        Reason::Settled { set, on_delete: pods @ 1.., .. } => {
            let old = if *pods == 1 { "1 pod runs".to_owned() } else { format!("{pods} pods run") };
            format!("`{set}` updates on delete: {old} an older revision until you delete them.")
        }
        Reason::Settled { set, replicas, above: Some(partition), .. } => {
            format!("Nothing is waiting: the partition of `{set}` is {partition}, and it has only {replicas} replicas, so no pod is updated.")
        }
        Reason::Settled { held: Some(by), .. } => format!("Nothing is waiting; {}.", held(by)),
        Reason::Settled { set, replicas: 0, .. } => format!("Nothing is waiting: `{set}` is scaled to 0."),
        Reason::Settled { set, replicas, rolled_back: Some((from, to)), .. } => {
            format!("Nothing is waiting: `{set}` runs {} at r{to}, which is the old r{from} again under a new number.", pods(*replicas))
        }
        Reason::Settled { set, replicas, start: start @ 1.., .. } => {
            format!("Nothing is waiting: `{set}` runs {}, with ordinals from {start} on.", pods(*replicas))
        }
        Reason::Settled { set, replicas, .. } => {
            format!("Nothing is waiting: `{set}` runs {}, as its spec wants.", pods(*replicas))
        }
        Reason::DeletedAtOnce { set, pods: left } => {
            format!("`{set}` is deleted, and {} going at the same time, in no order.", if *left == 1 { "its last pod is".to_owned() } else { format!("its {left} pods are") })
        }
        Reason::ClaimsKept { set, claims } => {
            format!("`{set}` is gone. {} kept: create it again, and each pod finds its own volume.", kept(*claims))
        }
        Reason::Starting { pod, lacks, step: why } => starting(pod, *lacks, *why),
        Reason::Stopping { pod, seconds, step: why, held: by } => stopping(pod, *seconds, *why, by.as_ref()),
        Reason::Broken { pod, status, message, template } => {
            let message = if message.is_empty() { String::new() } else { format!(": {message}") };
            let way = match template {
                Template::Same => "Deleted, it comes back the same: change the template first, then delete it, as the change alone will not replace it",
                Template::Other => "Another template alone will not replace it: delete it, and it comes back from the template",
                Template::Frozen => "The template is another by now, and still nobody replaces it: delete it, and it comes back from the template",
            };
            format!("`{pod}` cannot run, {status}{message}. {way}.")
        }
        Reason::Unconfigured { pod, status, message } => {
            format!("`{pod}` waits for what it is configured by, {status}: {message}. The kubelet looks again and again: once that is there, the pod goes on by itself.")
        }
        Reason::NeverReady { pod, step: why, host } => {
            let waits = match why {
                Some(Step::Update | Step::ScaleDown) => format!(" {} waits for it.", step(*why)),
                Some(Step::Ordinals) => " The pods above it wait for it.".to_owned(),
                _ => String::new(),
            };
            let host = host.as_ref().map_or_else(String::new, |host| format!(" Its name `{host}` has no answer meanwhile."));
            format!("`{pod}` runs and is not ready: its readiness probe fails, and no timer will change that.{waits}{host}")
        }
        Reason::NodeSilent { pod, node, terminating: true } => {
            format!("`{pod}` is to be deleted and stays: `{node}` does not answer, so nobody can say that its containers have ended.")
        }
        Reason::NodeSilent { pod, node, .. } => {
            format!("`{pod}` is on `{node}`, which does not answer. It may still run there, so no second `{pod}` is made.")
        }
        Reason::NodeDown { node, pods } => format!("`{node}` does not answer; {} on it.", there(*pods)),
        Reason::NodeUp { node, pods, cordoned: true } => format!("`{node}` is cordoned: no new pod gets there; {} on it.", there(*pods)),
        Reason::NodeUp { node, pods, .. } => format!("`{node}` is ready; {} on it.", there(*pods)),
        Reason::WaitsForConsumer { claim, class, used: false } => {
            format!("`{claim}` is Pending, and that is no failure: its class `{class}` binds a volume when a pod that uses the claim is scheduled, and none uses it yet.")
        }
        Reason::WaitsForConsumer { claim, class, .. } => {
            format!("`{claim}` waits until its pod is scheduled: its class `{class}` binds then.")
        }
        Reason::WaitsForProvisioner { claim, provisioner } => {
            format!("`{claim}` waits for `{provisioner}`, a program outside Kubernetes that would make a volume. It is not simulated here.")
        }
        Reason::NameBroken { name, pod, link } => name_broken(name, pod, link),
        Reason::NameAnswers { name, addresses } => format!("`{name}` stands for {}.", names(addresses)),
        Reason::Immutable { set, fields } => {
            let which = if fields.is_empty() { "a field that cannot change".to_owned() } else { names(fields) };
            format!("The API server refused the change of `{set}`: it touches {which}. Delete the set, leave its pods, and make it again.")
        }
        Reason::TemplatePhase { set, bound } => {
            format!("`phase: Pending` under `volumeClaimTemplates` of `{set}` means nothing: it is the template's own. Its {} bound.", if *bound == 1 { "claim is".to_owned() } else { format!("{bound} claims are") })
        }
        Reason::Revision { label, choice } => revision(label, *choice),
        Reason::NoVolume { claim, requested, modes, pod, misfits } => {
            let needs = pod.as_ref().map_or_else(String::new, |pod| format!("`{pod}` needs `{claim}`: "));
            format!("{needs}no volume fits {} ({requested} {modes}). {}", name_or_it(pod, claim), misfit_list(misfits))
        }
        Reason::Unschedulable { pod, message } => format!("No node takes `{pod}`: {message}"),
        Reason::HeldClaim { claim, by } if by.is_empty() => format!("`{claim}` is being deleted."),
        Reason::HeldClaim { claim, by } => {
            format!("`{claim}` is being deleted and waits: {} {} it.", names(by), if by.len() == 1 { "uses" } else { "use" })
        }
        Reason::HeldVolume { volume, claim, by } => held_volume(volume, claim, by),
        Reason::Failed { object, message } => format!("The last try for `{object}` failed and is repeated: {message}"),
        Reason::StaleClaim(pod) => format!("`{pod}` waits: its claim still belongs to an earlier pod."),
        Reason::ClaimTerminating { pod, claim } => {
            format!("`{pod}` cannot be created yet: `{claim}` is being deleted, and goes once no pod uses it.")
        }
        Reason::NameTaken { set, pod } => {
            format!("`{set}` cannot create `{pod}`: there is a pod of this name that does not belong to it.")
        }
        Reason::SetTerminating(set) => format!("`{set}` is being deleted."),
        Reason::Runs { pod, top: Some(top) } => {
            format!("`{pod}` runs and is ready. If it is deleted, it comes back under the same name; a smaller set loses `{top}` first.")
        }
        Reason::Runs { pod, .. } => format!("`{pod}` runs and is ready. If it is deleted, it comes back under the same name."),
        Reason::Ended(pod) => format!("`{pod}` has ended."),
        Reason::Ghost { pod, wanted: true } => format!("There is no `{pod}` yet; its turn comes in order."),
        Reason::Ghost { pod, .. } => {
            format!("There is no `{pod}`: it is beyond the replicas. Its claim is kept for when it comes back.")
        }
        Reason::ClaimBound { claim, volume, requested, capacity } => {
            format!("`{claim}` holds all {capacity} of `{volume}`; it asked for {requested}. It outlives its pod.")
        }
        Reason::ClaimPending(claim) => format!("`{claim}` waits for the volume controller."),
        Reason::VolumeFree(volume) => format!("`{volume}` is free."),
        Reason::VolumeBound { volume, claim } => format!("`{volume}` belongs to `{claim}`."),
        Reason::VolumeReleased { volume, claim } => {
            format!("`{volume}` keeps the data of `{claim}`, which is gone. No other claim gets it until a person clears it.")
        }
    }
}

fn pods(replicas: i32) -> String {
    match replicas {
        1 => "its one pod".to_owned(),
        2 => "both pods".to_owned(),
        many => format!("all {many} pods"),
    }
}

fn kept(claims: usize) -> String {
    if claims == 1 { "Its claim is".to_owned() } else { format!("Its {claims} claims are") }
}

fn name_or_it(pod: &Option<String>, claim: &str) -> String {
    if pod.is_some() { "it".to_owned() } else { format!("`{claim}`") }
}

fn starting(pod: &str, lacks: Lack, why: Option<Step>) -> String {
    let lacks = match lacks {
        Lack::Scheduled => "gets its claim and a node",
        Lack::Running => "starts its containers",
        Lack::Ready => "runs, and becomes ready",
        Lack::Available { .. } => "is ready, and must stay so for `minReadySeconds`",
        Lack::Gone => "goes",
        Lack::Node => "is on a node that is gone or silent",
    };
    match why {
        Some(Step::Update | Step::ScaleDown) => format!("{} waits: `{pod}` {lacks}.", step(why)),
        _ => format!("`{pod}` {lacks}."),
    }
}

fn stopping(pod: &str, seconds: i64, why: Option<Step>, by: Option<&Held>) -> String {
    let rest = by.map_or_else(String::new, |by| format!(" {}.", held(by)));
    match why {
        Some(Step::Update | Step::ScaleDown) => {
            format!("{} waits for `{pod}` to terminate (within {seconds} s).{rest}", step(why))
        }
        _ => format!("`{pod}` terminates (within {seconds} s).{rest}"),
    }
}

fn held_volume(volume: &str, claim: &str, by: &[String]) -> String {
    if by.is_empty() {
        format!("`{volume}` is being deleted and waits: `{claim}` holds it.")
    } else {
        format!("`{volume}` is being deleted and waits: `{claim}` holds it, and {} the claim.", {
            let verb = if by.len() == 1 { "uses" } else { "use" };
            format!("{} {verb}", names(by))
        })
    }
}

/// `pv001 and pv002 are taken; pv003 is too small`.
fn misfit_list(misfits: &[(String, Misfit)]) -> String {
    if misfits.is_empty() {
        return "There are no volumes.".to_owned();
    }
    let mut reasons: Vec<(Misfit, Vec<String>)> = Vec::new();
    for (volume, misfit) in misfits {
        match reasons.iter_mut().find(|(reason, _)| reason == misfit) {
            Some((_, volumes)) => volumes.push(volume.clone()),
            None => reasons.push((*misfit, vec![volume.clone()])),
        }
    }
    let reasons: Vec<String> = reasons
        .iter()
        .map(|(misfit, volumes)| format!("{}: {}", misfit_word(*misfit), names(volumes)))
        .collect();
    format!("{}.", capitalized(&reasons.join("; ")))
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn misfit_word(misfit: Misfit) -> &'static str {
    match misfit {
        Misfit::Taken => "taken by another claim",
        Misfit::TooSmall => "too small",
        Misfit::AccessModes => "lacks an access mode",
        Misfit::StorageClass => "of another storage class",
        Misfit::VolumeMode => "of another volume mode",
        Misfit::Selector => "not selected by the claim",
        Misfit::Released => "released, and keeping its data",
        Misfit::Terminating => "being deleted",
        Misfit::NotAvailable => "not available",
    }
}

pub(super) fn why_next(why: &Why) -> String {
    match &why.next {
        None => String::new(),
        Some(Next::Creates(pod)) => format!("`{pod}` is created"),
        Some(Next::Deletes(pod)) => format!("`{pod}` is deleted; its claim stays"),
        Some(Next::Replaces(pod)) => format!("`{pod}` is replaced"),
        Some(Next::ComesBack { pod, revision, storage }) => {
            let at = revision.as_ref().map_or_else(String::new, |revision| format!(" at {revision}"));
            let again = storage.as_ref().map_or_else(String::new, |(claim, volume)| {
                format!(" and gets `{claim}` → `{volume}` again")
            });
            format!("`{pod}` comes back{at}{again}")
        }
    }
}

fn there(pods: usize) -> String {
    if pods == 1 { "1 pod is".to_owned() } else { format!("{pods} pods are") }
}

fn name_broken(name: &str, pod: &str, link: &BrokenLink) -> String {
    let why = match link {
        BrokenLink::NoPod => format!("there is no pod `{pod}`"),
        BrokenLink::NoSubdomain => "its set names no Service (`serviceName`)".to_owned(),
        BrokenLink::OtherSubdomain(other) => format!("`{pod}` belongs to the subdomain `{other}`"),
        BrokenLink::NoService(service) => {
            format!("the set's `serviceName` is `{service}`, and there is no Service of that name")
        }
        BrokenLink::NotSelected(service) => format!("the Service `{service}` does not select `{pod}`"),
        BrokenLink::NoAddress => format!("`{pod}` has no address yet"),
        BrokenLink::Terminating => format!("`{pod}` is on its way out"),
        BrokenLink::NotReady => format!("`{pod}` is not ready"),
        BrokenLink::NotPublished => "no EndpointSlice shows it yet".to_owned(),
    };
    format!("`{name}` has no answer (NXDOMAIN): {why}.")
}

fn revision(label: &str, choice: RevisionChoice) -> String {
    match choice {
        RevisionChoice::Created { .. } => format!("{label} records the template since it last changed."),
        RevisionChoice::Kept { generation } => {
            format!(
                "{label} stays: the change of generation {generation} concerns no pod, only the template makes a revision."
            )
        }
        RevisionChoice::Equivalent => format!("{label} stays: the template says the same in other words."),
        RevisionChoice::RolledBack { from, to } => {
            format!(
                "{label} is the old r{from} again: the template is what it was, so no new revision was made, and it got the number {to}."
            )
        }
    }
}

pub(super) fn why_rule(rule: Rule) -> String {
    match rule {
        Rule::OrderedReady => "OrderedReady walks the ordinals upwards and stops at the first pod that is not ready; until it is, nothing is scaled or updated.",
        Rule::Parallel => "Parallel makes and removes pods all at once; it does not change the order of a rolling update.",
        Rule::UpdateFromTop => "A rolling update replaces one pod at a time, from the highest ordinal down, and waits until each is ready again.",
        Rule::ScaleFromTop => "Scaling down removes the highest ordinal first, one at a time; a middle one cannot be left out.",
        Rule::Partition => "Ordinals below the partition stay at the current revision, even when they are deleted and come back.",
        Rule::OnDelete => "Under OnDelete the controller replaces nothing: a pod comes back at the newest revision once you delete it.",
        Rule::AtMostOne => "At most one pod of a name exists: a new one is made only when the old one is known to be gone.",
        Rule::ClaimsOutlive => "Claims outlive their pods and their set, unless `persistentVolumeClaimRetentionPolicy` says otherwise.",
        Rule::NoOrderOnDelete => "Deleting a set gives no order: scale it to 0 first if its pods must go one by one.",
        Rule::Binding => "A claim takes a whole volume: one of its class that offers every mode it asks for, with the fewest modes beyond, and of these the smallest that is big enough.",
        Rule::FirstConsumer => "`WaitForFirstConsumer` waits for the pod, so that the volume is made where the pod can run.",
        Rule::Protection => "What is in use is not removed: a finalizer keeps a claim until no pod uses it, and a volume until no claim holds it.",
        Rule::Retain => "A released volume keeps its data and the name of its claim, and goes to nobody else until that is cleared.",
        Rule::Names => "A pod has a name while all links hold: pod, `subdomain`, a Service of that name that selects it, an address, and readiness.",
        Rule::Immutable => "Of a set only `replicas`, `ordinals`, `template`, `updateStrategy`, `revisionHistoryLimit`, `persistentVolumeClaimRetentionPolicy` and `minReadySeconds` can change.",
        Rule::Revisions => "A ControllerRevision records a template. The same template again takes the same revision again, under the next number.",
        Rule::Scheduling => "A pod gets its node once; a volume that lives on one node draws its pod there.",
        Rule::Start => "`ordinals.start` moves the numbering, so that two sets can share one range while pods move from one to the other.",
    }
    .to_owned()
}

pub(super) fn risk(risk: Risk) -> String {
    match risk {
        Risk::Pod => "the pod is replaced; what is on its claim stays",
        Risk::Data => "the data: once the claim is gone, nobody finds it again by itself",
        Risk::SplitBrain => "if it still runs there, two pods of one name write to one volume",
        Risk::Unmanaged => "the pods stay, and nobody looks after them until the set is there again",
    }
    .to_owned()
}
