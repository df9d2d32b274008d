//! Mends everything that was broken, as an administrator would, and waits until every set is what its spec asks for.

use std::collections::BTreeSet;
use std::fmt::Write;

use cluster::Fault;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Service};
use machinery::labels::Selector;
use machinery::object::{controller_of, is_terminating};
use machinery::{EndpointSlice, Kind, Object, ObjectKey, Resource};
use session::Session;

use super::act::Act;
use super::generate::storage_classes;
use super::invariants::{Broken, Watcher, phase_of_claim, phase_of_volume, ready_since};

/// Virtual time between two looks.
const LOOK_MS: u64 = 10_000;
/// Looks without rest after which an administrator deletes what is not Ready: OrderedReady waits for it for ever.
const PATIENCE: u64 = 30;
/// Looks after which the world has to be at rest.
const LIMIT: u64 = 300;

pub(super) fn heal(session: &mut Session, watcher: &mut Watcher) -> Result<(), Broken> {
    mend(session);
    watcher.look(session)?;
    for look in 0..LIMIT {
        if look % PATIENCE == 0 {
            delete_what_is_stuck(session, look);
        }
        session.advance(LOOK_MS);
        watcher.look(session)?;
        if unrest(session).is_none() {
            return at_rest(session);
        }
    }
    Err(("the world comes to rest", unrest(session).unwrap_or_default()))
}

fn command(session: &mut Session, line: String) {
    Act::Command(line).carry_out(session);
}

fn mend(session: &mut Session) {
    session.interrupt();
    session.fault(Fault::HealAll);
    session.advance(1_000);
    let nodes: Vec<String> = session
        .world()
        .server()
        .list::<k8s_openapi::api::core::v1::Node>("")
        .map(|node| node.name().to_owned())
        .collect();
    for node in nodes {
        command(session, format!("kubectl uncordon {node}"));
    }
    session.write_file("classes.yaml", &storage_classes());
    command(session, "kubectl apply -f classes.yaml".to_owned());
    let mut volumes = String::new();
    for number in 0..24 {
        let class = if number % 2 == 0 { "" } else { "  storageClassName: local\n" };
        let _ = write!(
            volumes,
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: spare{number}}}\nspec:\n  accessModes: [ReadWriteOnce]\n  capacity: {{storage: 10Gi}}\n  persistentVolumeReclaimPolicy: Recycle\n{class}  nfs: {{path: /d, server: nfs}}\n---\n"
        );
    }
    session.write_file("spare.yaml", &volumes);
    command(session, "kubectl create -f spare.yaml".to_owned());
    let sets: Vec<String> =
        session.world().server().list::<StatefulSet>("default").map(|set| set.name().to_owned()).collect();
    for set in sets {
        command(session, format!("kubectl set image sts/{set} c=nginx:9"));
        let update =
            r#"{"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0}}}}"#;
        command(session, format!("kubectl patch sts {set} --type=merge -p '{update}'"));
    }
}

/// Pods that nobody controls, that a set has adopted and cannot change, that are held, or that are not Ready; claims that have lost their
/// volumes. And touches every set, as 1.32 forgets one whose condemned pods become available, and every service, whose
/// controller waits for up to 1,000 s after errors, and after fifteen gives up.
fn delete_what_is_stuck(session: &mut Session, look: u64) {
    let server = session.world().server();
    let touch = |kind: &str, name: &str| format!("kubectl annotate {kind} {name} look={look} --overwrite");
    let sets = server.list::<StatefulSet>("default").map(|set| touch("sts", set.name()));
    let services = server.list::<Service>("default").map(|service| touch("svc", service.name()));
    let mut lines: Vec<String> = sets.chain(services).collect();
    for pod in server.list::<Pod>("default") {
        if pod.metadata.finalizers.is_some() {
            let none = r#"{"metadata":{"finalizers":null}}"#;
            lines.push(format!("kubectl patch pod {} --type=merge -p '{none}'", pod.name()));
        }
        let foreign = controller_of(&pod.metadata).is_none()
            || pod.metadata.generate_name.is_none()
            || lacks_a_claim(session, pod);
        if foreign || ready_since(pod).is_none() {
            lines.push(format!("kubectl delete pod {} --force --grace-period=0 --wait=false", pod.name()));
        }
    }
    for claim in
        server.list::<PersistentVolumeClaim>("default").filter(|claim| phase_of_claim(claim) != "Bound")
    {
        lines.push(format!("kubectl delete pvc {} --wait=false", claim.name()));
    }
    lines.into_iter().for_each(|line| command(session, line));
}

/// Whether the pod has no volume for one of its set's claim templates: a former set has made it, and a pod's volumes stay.
fn lacks_a_claim(session: &Session, pod: &Pod) -> bool {
    let set = controller_of(&pod.metadata)
        .and_then(|owner| session.world().server().get::<StatefulSet>(pod.namespace(), &owner.name));
    let templates = set.and_then(|set| set.spec.as_ref()?.volume_claim_templates.as_ref());
    let volumes = || pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    templates.into_iter().flatten().any(|template| volumes().all(|volume| volume.name != template.name()))
}

/// What is still to come; `None` if nothing is.
fn unrest(session: &Session) -> Option<String> {
    let world = session.world();
    let server = world.server();
    for set in server.list::<StatefulSet>("") {
        let replicas = set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        let status = set.status.clone().unwrap_or_default();
        let counts = [
            Some(status.replicas),
            status.ready_replicas,
            status.updated_replicas,
            status.available_replicas,
        ];
        let done = status.observed_generation == set.metadata.generation
            && counts.iter().all(|count| count.unwrap_or(0) == replicas)
            && status.current_revision == status.update_revision;
        if !done || is_terminating(&set.metadata) {
            let why = world.decisions().get(&set.key());
            return Some(format!("{} wants {replicas}: {status:?}, because {why:?}", set.name()));
        }
    }
    // A claim that was deleted stays while a pod uses it, a volume while it is bound.
    let is_used = |claim: &Object| {
        if let Object::PersistentVolume(volume) = claim {
            return phase_of_volume(volume) == "Bound";
        }
        let uses = |pod: &Pod| {
            let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
            let mut claims = volumes.filter_map(|volume| volume.persistent_volume_claim.as_ref());
            claims.any(|source| source.claim_name == claim.name())
        };
        claim.kind() == Kind::PersistentVolumeClaim && server.list::<Pod>("").any(|pod| uses(pod))
    };
    let leaving = server.all().find(|object| is_terminating(object.meta()) && !is_used(object));
    if let Some(object) = leaving {
        let meta = object.meta();
        return Some(format!(
            "{} is still there: {:?}, {:?}",
            object.key(),
            meta.finalizers,
            meta.owner_references
        ));
    }
    if let Some(orphan) = orphan(session) {
        return Some(format!("{orphan} outlives its owners"));
    }
    (!world.is_quiet()).then(|| "something is still going on".to_owned())
}

/// An object none of whose owners is there: the collector takes it, after errors within its longest back-off.
fn orphan(session: &Session) -> Option<ObjectKey> {
    let server = session.world().server();
    let uids: BTreeSet<&str> = server.all().map(|object| object.uid()).collect();
    let is_orphan = |object: &&Object| {
        let mut owners = object.meta().owner_references.iter().flatten().peekable();
        owners.peek().is_some() && !owners.any(|owner| uids.contains(owner.uid.as_str()))
    };
    server.all().find(is_orphan).map(Object::key)
}

/// What holds in a world at rest.
fn at_rest(session: &Session) -> Result<(), Broken> {
    let server = session.world().server();
    for set in server.list::<StatefulSet>("default") {
        pods_are_those_of(session, set)?;
    }
    for service in server.list::<Service>("default") {
        slices_show_pods(session, service)?;
    }
    Ok(())
}

/// A set has the pods that it wants, each with its claims, and no more revisions than it keeps.
fn pods_are_those_of(session: &Session, set: &StatefulSet) -> Result<(), Broken> {
    let server = session.world().server();
    let Some(spec) = &set.spec else {
        return Ok(());
    };
    let start = spec.ordinals.as_ref().and_then(|ordinals| ordinals.start).unwrap_or(0);
    let wanted: BTreeSet<String> = (start..start + spec.replicas.unwrap_or(1))
        .map(|ordinal| format!("{}-{ordinal}", set.name()))
        .collect();
    let owned = |pod: &Pod| controller_of(&pod.metadata).is_some_and(|owner| owner.uid == set.uid());
    let is: BTreeSet<String> =
        server.list::<Pod>("default").filter(|pod| owned(pod)).map(|pod| pod.name().to_owned()).collect();
    if wanted != is {
        return Err(("a set has the pods that it wants", format!("{is:?} instead of {wanted:?}")));
    }
    for template in spec.volume_claim_templates.iter().flatten() {
        for pod in &wanted {
            let name = format!("{}-{pod}", template.name());
            let claim = server.get::<PersistentVolumeClaim>("default", &name);
            if claim.map(|claim| phase_of_claim(claim)) != Some("Bound") {
                return Err((
                    "every pod has its claims",
                    format!("{name}: {:?}", claim.map(|c| c.status.clone())),
                ));
            }
        }
    }
    Ok(())
}

/// The slices of a service show exactly the pods that it selects, and whether they are Ready.
fn slices_show_pods(session: &Session, service: &Service) -> Result<(), Broken> {
    let server = session.world().server();
    let spec = service.spec.clone().unwrap_or_default();
    let Some(selector) =
        spec.selector.as_ref().filter(|selector| !selector.is_empty()).map(Selector::from_map)
    else {
        return Ok(());
    };
    let publishes = spec.publish_not_ready_addresses == Some(true);
    let wanted: BTreeSet<(String, String, bool)> = server
        .list::<Pod>("default")
        .filter(|pod| selector.matches(pod.metadata.labels.as_ref()))
        .filter_map(|pod| {
            let status = pod
                .status
                .as_ref()
                .filter(|s| !matches!(s.phase.as_deref(), Some("Failed" | "Succeeded")))?;
            Some((pod.name().to_owned(), status.pod_ip.clone()?, publishes || ready_since(pod).is_some()))
        })
        .collect();
    let is_of = |slice: &EndpointSlice| {
        let labels = slice.metadata.labels.as_ref();
        labels
            .and_then(|labels| labels.get("kubernetes.io/service-name"))
            .is_some_and(|name| name == service.name())
    };
    let mut shown = Vec::new();
    for endpoint in server
        .list::<EndpointSlice>("default")
        .filter(|s| is_of(s))
        .flat_map(|s| s.endpoints.iter().flatten())
    {
        let pod = endpoint.target_ref.as_ref().and_then(|target| target.name.clone()).unwrap_or_default();
        let ready = endpoint.conditions.as_ref().and_then(|c| c.ready) == Some(true);
        shown.extend(endpoint.addresses.iter().map(|address| (pod.clone(), address.clone(), ready)));
    }
    let count = shown.len();
    let shown: BTreeSet<_> = shown.into_iter().collect();
    if shown != wanted || shown.len() != count {
        let what =
            format!("{}: {shown:?} instead of {wanted:?}", ObjectKey::new(Kind::Service, "", service.name()));
        return Err(("slices show the pods", what));
    }
    Ok(())
}
