//! All controllers together: what is left standing after each command, what was said, and why.

mod harness;

use std::fmt::Write;

use client::Reconciler;
use client::api::{DeleteOptions, Propagation};
use controllers::endpointslice::EndpointSliceController;
use controllers::garbagecollector::GarbageCollector;
use controllers::statefulset::StatefulSetController;
use controllers::volume::persistentvolume::PersistentVolumeController;
use controllers::volume::pv_protection::PvProtectionController;
use controllers::volume::pvc_protection::PvcProtectionController;
use harness::Cluster;
use k8s_openapi::api::core::v1::Event;
use k8s_openapi::api::discovery::v1::Endpoint;
use machinery::decision::Rollout;
use machinery::version::Features;
use machinery::{EndpointSlice, Kind, Object};
use serde_json::{Value, json};

/// `# title` starts a scenario, `$ command` does something, the other lines are what stands afterwards.
const SCENARIOS: &str = include_str!("lifecycle.txt");

fn cluster() -> Cluster {
    let controllers: Vec<Box<dyn Reconciler>> = vec![
        Box::new(StatefulSetController::default()),
        Box::<PersistentVolumeController>::default(),
        Box::new(PvcProtectionController),
        Box::new(PvProtectionController),
        Box::<EndpointSliceController>::default(),
        Box::<GarbageCollector>::default(),
    ];
    Cluster::new(Features::default(), controllers)
}

fn run(cluster: &mut Cluster, command: &str) {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words[..] {
        ["volumes", ref names @ ..] => names.iter().for_each(|name| cluster.create(volume(name, "Retain"))),
        ["volume", name, policy] => cluster.create(volume(name, policy)),
        ["class", name, mode] => cluster.create(json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
            "provisioner": "example.com/none", "volumeBindingMode": mode,
        })),
        ["claim", name, ref options @ ..] => cluster.create(claim(name, options)),
        ["service"] => cluster.create(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"clusterIP": "None", "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]},
        })),
        ["set", replicas, ref options @ ..] => cluster.create(set(replicas, options)),
        ["scale", replicas] => {
            let replicas: i64 = replicas.parse().expect("a number");
            cluster.patch(Kind::StatefulSet, "web", json!({"spec": {"replicas": replicas}}));
        }
        ["label", kind, name, value] => {
            cluster.patch(kind_of(kind), name, json!({"metadata": {"labels": {"app": value}}}));
        }
        ["unreserve", name] => {
            cluster.patch(Kind::PersistentVolume, name, json!({"spec": {"claimRef": {"uid": null}}}));
        }
        ["delete", kind, name] => cluster.delete(kind_of(kind), name, Default::default()),
        ["delete", kind, name, how] => {
            let propagation = match how {
                "foreground" => Propagation::Foreground,
                "orphan" => Propagation::Orphan,
                _ => panic!("no such propagation: {how}"),
            };
            let options = DeleteOptions { propagation: Some(propagation), ..Default::default() };
            cluster.delete(kind_of(kind), name, options);
        }
        ["wait", seconds] => cluster.wait(seconds.parse().expect("a number")),
        _ => panic!("no such command: {command}"),
    }
}

fn kind_of(word: &str) -> Kind {
    Kind::from_resource(word).expect("a kind")
}

fn volume(name: &str, policy: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "5Gi"}, "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": policy, "nfs": {"path": "/", "server": "s"},
        },
    })
}

fn claim(name: &str, options: &[&str]) -> Value {
    let mut claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    });
    for option in options {
        let (field, value) = option.split_once('=').expect("field=value");
        claim["spec"][field] = json!(value);
    }
    claim
}

fn set(replicas: &str, options: &[&str]) -> Value {
    let replicas: i64 = replicas.parse().expect("a number");
    let mut policy = json!({});
    for option in options {
        let (when, what) = option.split_once('=').expect("when=what");
        policy[when] = json!(what);
    }
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas, "serviceName": "web", "selector": {"matchLabels": {"app": "web"}},
            "persistentVolumeClaimRetentionPolicy": policy,
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": "a"}]},
            },
            "volumeClaimTemplates": [{
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            }],
        },
    })
}

/// Everything that stands, one line each, with what the controllers decided about it.
fn state(cluster: &Cluster) -> String {
    let mut lines = String::new();
    for object in cluster.server.all() {
        let shown = match object {
            Object::Pod(pod) => pod.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default(),
            Object::StatefulSet(set) => {
                let status = set.status.clone().unwrap_or_default();
                format!("{}/{}", status.ready_replicas.unwrap_or(0), status.replicas)
            }
            Object::PersistentVolumeClaim(claim) => {
                let phase = claim.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default();
                let volume = claim.spec.as_ref().and_then(|s| s.volume_name.clone()).unwrap_or_default();
                format!("{phase} {volume}")
            }
            Object::PersistentVolume(volume) => {
                let phase = volume.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default();
                let claim = volume.spec.as_ref().and_then(|s| s.claim_ref.clone()).unwrap_or_default();
                let no_uid = if claim.name.is_some() && claim.uid.is_none() { " (no uid)" } else { "" };
                format!("{phase} {}{no_uid}", claim.name.unwrap_or_default())
            }
            Object::EndpointSlice(slice) => endpoints(slice),
            Object::ControllerRevision(revision) => revision.revision.to_string(),
            _ => continue,
        };
        let meta = object.meta();
        // Generated names carry a number of the test's own.
        let name = if object.kind() == Kind::EndpointSlice { "web" } else { object.name() };
        let mut line = format!("{}/{name} {shown}", object.kind().info().singular).trim_end().to_owned();
        if meta.deletion_timestamp.is_some() {
            line += " terminating";
        }
        for owner in meta.owner_references.iter().flatten() {
            line += &format!(" <{}/{}>", owner.kind, owner.name);
        }
        if let Some(decision) = cluster.decisions.get(&object.key()) {
            line += &format!("  {}", why(&decision.verdict));
        }
        lines += &line;
        lines.push('\n');
    }
    lines
}

fn why(verdict: &machinery::decision::Verdict) -> String {
    use machinery::decision::Verdict::{
        Bound, ClaimTerminating, Creating, Failed, Frozen, InUse, NameTaken, NoVolume, Revision, ScalingDown,
        Settled, StaleClaim, Waiting,
    };
    let names =
        |keys: &[machinery::ObjectKey]| keys.iter().map(|k| k.to_string()).collect::<Vec<_>>().join(", ");
    match verdict {
        Settled { rollout: Rollout::Complete } => "settled".to_owned(),
        Settled { rollout } => format!("settled: {rollout:?}"),
        Creating { pods } => {
            format!("creating {}", names(&pods.iter().map(|c| c.pod.clone()).collect::<Vec<_>>()))
        }
        ScalingDown { pods } => format!("scaling down {}", names(pods)),
        Waiting { step, pod, lacks } => format!("{step:?} waits for {pod}: {lacks:?}"),
        Frozen { pod, lacks } => format!("frozen by {pod}: {lacks:?}"),
        StaleClaim { pod, claim } => format!("{pod} waits: stale {claim}"),
        ClaimTerminating { pod, claim } => format!("{pod} waits: terminating {claim}"),
        NameTaken { pod } => format!("name taken: {pod}"),
        Revision(choice) => format!("{choice:?}"),
        Bound { .. } => "bound".to_owned(),
        NoVolume { misfits } => format!("no volume: {misfits:?}"),
        InUse { by } => format!("in use by {}", names(by)),
        Failed { message } => format!("failed: {message}"),
        other => format!("{other:?}"),
    }
}

fn endpoints(slice: &EndpointSlice) -> String {
    let told = |endpoint: &Endpoint| {
        let conditions = endpoint.conditions.clone().unwrap_or_default();
        let ready = if conditions.ready == Some(true) { "ready" } else { "not ready" };
        let name = endpoint.hostname.clone().unwrap_or_else(|| "?".to_owned());
        format!("{name}:{ready}")
    };
    let endpoints: Vec<String> = slice.endpoints.iter().flatten().map(|endpoint| told(endpoint)).collect();
    let ports = slice.ports.iter().flatten().filter_map(|port| port.port).map(|port| format!(" :{port}"));
    if endpoints.is_empty() { "empty".to_owned() } else { endpoints.join(", ") + &ports.collect::<String>() }
}

/// The events that were recorded since a resourceVersion.
fn events(cluster: &Cluster, since: u64) -> String {
    let mut lines = String::new();
    for change in cluster.changes(since) {
        if let Object::Event(event) = &change.object {
            let Event { type_, reason, message, count, .. } = (**event).clone();
            let part = |text: Option<String>| text.unwrap_or_default();
            let times = count.filter(|&n| n > 1).map(|n| format!(" (x{n})")).unwrap_or_default();
            writeln!(lines, "  {} {}: {}{times}", part(type_), part(reason), part(message))
                .expect("a string");
        }
    }
    lines
}

#[test]
fn the_cluster_is_as_described() {
    let mut actual = String::new();
    let mut world = cluster();
    for line in SCENARIOS.lines() {
        if line.starts_with('#') {
            actual += &format!("{}{line}\n", if actual.is_empty() { "" } else { "\n" });
            world = cluster();
        } else if let Some(command) = line.strip_prefix("$ ") {
            actual += &format!("{line}\n");
            let before = world.server.resource_version();
            run(&mut world, command);
            world.settle();
            actual += &state(&world);
            actual += &events(&world, before);
        }
    }
    harness::expect("lifecycle.txt", SCENARIOS, &actual);
}
