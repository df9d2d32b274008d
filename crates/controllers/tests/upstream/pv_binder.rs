//! pkg/controller/volume/persistentvolume: binder_test.go, recycle_test.go, delete_test.go and provision_test.go as scenarios
//! under upstream's numbers, in `pv_binder.txt`.
//!
//! `# NUMBER what` starts one, `$ pv NAME SIZE PHASE …`, `$ pvc NAME SIZE PHASE …`, `$ class NAME …` and `$ pod NAME CLAIM` say
//! what there is before; the other lines are what the controller makes of it: every volume and claim, then the events.
//! `ref=CLAIM` is a volume's claimRef, with `uid=own` that of the claim, `uid=other` that of one that is gone.

use std::fmt::Write;

use client::api::{Request, Subresource, Verb};
use controllers::volume::persistentvolume::PersistentVolumeController;
use k8s_openapi::api::core::v1::{Event, PersistentVolume, PersistentVolumeClaim};
use machinery::object::is_terminating;
use machinery::patch::PatchType;
use machinery::version::Features;
use machinery::{Kind, Object, Resource};
use serde_json::{Value, json};

use crate::harness::{Cluster, expect};

/// The only folder in which hostPath's plugin deletes (pkg/volume/hostpath/host_path.go).
const DELETABLE: &str = "/tmp";

const SCENARIOS: &str = include_str!("pv_binder.txt");

/// The value of an option.
fn option<'w>(words: &[&'w str], name: &str) -> Option<&'w str> {
    words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

fn pair(text: &str) -> Value {
    let (key, value) = text.split_once(':').expect("key:value");
    json!({key: value})
}

fn patch_status(cluster: &mut Cluster, kind: Kind, name: &str, status: Value) {
    let namespace = if kind.is_namespaced() { "default" } else { "" };
    let verb = Verb::Patch(PatchType::Merge, json!({"status": status}));
    cluster.call(Request::new(verb, kind, namespace, name).of(Subresource::Status));
}

fn create_claim(cluster: &mut Cluster, words: &[&str]) {
    let [name, size, phase, rest @ ..] = words else { panic!("{words:?}") };
    let mut claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "annotations": {}},
        "spec": {
            "accessModes": [option(rest, "access").unwrap_or("ReadWriteOnce")],
            "resources": {"requests": {"storage": size}},
        },
    });
    if let Some(volume) = option(rest, "volume") {
        claim["spec"]["volumeName"] = json!(volume);
    }
    if let Some(class) = option(rest, "class") {
        claim["spec"]["storageClassName"] = json!(class);
    }
    if let Some(class) = option(rest, "vac") {
        claim["spec"]["volumeAttributesClassName"] = json!(class);
    }
    if let Some(mode) = option(rest, "mode") {
        claim["spec"]["volumeMode"] = json!(mode);
    }
    if let Some(labels) = option(rest, "selector") {
        claim["spec"]["selector"] = json!({"matchLabels": pair(labels)});
    }
    if rest.contains(&"completed") {
        claim["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"] = json!("yes");
    }
    cluster.create(claim);
    patch_status(cluster, Kind::PersistentVolumeClaim, name, json!({"phase": phase}));
}

fn create_volume(cluster: &mut Cluster, words: &[&str]) {
    let [name, size, phase, rest @ ..] = words else { panic!("{words:?}") };
    let source = if rest.contains(&"hostPath") {
        json!({"hostPath": {"path": format!("{DELETABLE}/{name}")}})
    } else if rest.contains(&"csi") {
        json!({"csi": {"driver": "csi.example.com", "volumeHandle": name}})
    } else {
        json!({"nfs": {"server": "s", "path": "/"}})
    };
    let mut volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name, "annotations": {}, "labels": {}},
        "spec": {
            "capacity": {"storage": size},
            "accessModes": option(rest, "access").unwrap_or("ReadWriteOnce").split(',').collect::<Vec<_>>(),
            "persistentVolumeReclaimPolicy": option(rest, "policy").unwrap_or("Retain"),
        },
    });
    for (key, value) in source.as_object().expect("a source") {
        volume["spec"][key] = value.clone();
    }
    if let Some(class) = option(rest, "class") {
        volume["spec"]["storageClassName"] = json!(class);
    }
    if let Some(class) = option(rest, "vac") {
        volume["spec"]["volumeAttributesClassName"] = json!(class);
        volume["spec"]["csi"] = json!({"driver": "csi.example.com", "volumeHandle": name});
        volume["spec"].as_object_mut().expect("a spec").remove("nfs");
    }
    if let Some(mode) = option(rest, "mode") {
        volume["spec"]["volumeMode"] = json!(mode);
    }
    if let Some(labels) = option(rest, "labels") {
        volume["metadata"]["labels"] = pair(labels);
    }
    if let Some(claim) = option(rest, "ref") {
        let mut reference = json!({"kind": "PersistentVolumeClaim", "namespace": "default", "name": claim});
        match option(rest, "uid") {
            Some("own") => {
                let claim = cluster.server.get::<PersistentVolumeClaim>("default", claim).expect("the claim");
                reference["uid"] = json!(claim.uid());
            }
            Some(other) => reference["uid"] = json!(other),
            None => {}
        }
        volume["spec"]["claimRef"] = reference;
    }
    if rest.contains(&"by-controller") {
        volume["metadata"]["annotations"]["pv.kubernetes.io/bound-by-controller"] = json!("yes");
    }
    cluster.create(volume);
    patch_status(cluster, Kind::PersistentVolume, name, json!({"phase": phase}));
}

fn create(cluster: &mut Cluster, line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    match &words[..] {
        ["pv", rest @ ..] => create_volume(cluster, rest),
        ["pvc", rest @ ..] => create_claim(cluster, rest),
        ["class", name, rest @ ..] => {
            let mut annotations = json!({});
            if rest.contains(&"default") {
                annotations["storageclass.kubernetes.io/is-default-class"] = json!("true");
            }
            cluster.create(json!({
                "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
                "metadata": {"name": name, "annotations": annotations},
                "provisioner": option(rest, "provisioner").unwrap_or("example.com/external"),
                "volumeBindingMode": option(rest, "binding").unwrap_or("Immediate"),
            }));
        }
        ["pod", name, claim] => cluster.create(json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {
                "containers": [{"name": "c", "image": "a"}],
                "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}],
            },
        })),
        _ => panic!("no such line: {line}"),
    }
}

/// What stands, a line each.
fn state(cluster: &Cluster) -> String {
    let mut lines = String::new();
    for volume in cluster.server.list::<PersistentVolume>("") {
        let phase = volume.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default();
        let spec = volume.spec.clone().unwrap_or_default();
        let reference = spec.claim_ref.map(|reference| {
            let claim = reference.name.unwrap_or_default();
            let now = cluster.server.get::<PersistentVolumeClaim>("default", &claim);
            let uid = match reference.uid.as_deref() {
                None => " no uid",
                Some(uid) if now.is_some_and(|claim| claim.uid() == uid) => "",
                Some(_) => " of another uid",
            };
            format!(" for {claim}{uid}")
        });
        let by = annotated(volume.metadata.annotations.as_ref(), "pv.kubernetes.io/bound-by-controller");
        let (reference, by) = (reference.unwrap_or_default(), if by { ", by the controller" } else { "" });
        let going = if is_terminating(&volume.metadata) { ", terminating" } else { "" };
        writeln!(lines, "pv {} {phase}{reference}{by}{going}", volume.name()).expect("a string");
    }
    for claim in cluster.server.list::<PersistentVolumeClaim>("default") {
        let status = claim.status.clone().unwrap_or_default();
        let spec = claim.spec.clone().unwrap_or_default();
        let mut line = format!("pvc {} {}", claim.name(), status.phase.unwrap_or_default());
        if let Some(volume) = spec.volume_name {
            line += &format!(" {volume}");
        }
        if let Some(capacity) = status.capacity.unwrap_or_default().get("storage") {
            line += &format!(" {}", capacity.0);
        }
        if let Some(class) = spec.storage_class_name {
            line += &format!(" class={class}");
        }
        if annotated(claim.metadata.annotations.as_ref(), "pv.kubernetes.io/bind-completed") {
            line += ", completed";
        }
        if annotated(claim.metadata.annotations.as_ref(), "pv.kubernetes.io/bound-by-controller") {
            line += ", by the controller";
        }
        writeln!(lines, "{line}").expect("a string");
    }
    lines
}

fn annotated(annotations: Option<&std::collections::BTreeMap<String, String>>, key: &str) -> bool {
    annotations.is_some_and(|annotations| annotations.contains_key(key))
}

/// The events, once each.
fn events(cluster: &Cluster) -> String {
    let mut lines: Vec<String> = Vec::new();
    for change in cluster.changes(0) {
        if let Object::Event(event) = &change.object {
            let Event { type_, reason, message, involved_object, .. } = (**event).clone();
            let part = |text: Option<String>| text.unwrap_or_default();
            let about = part(involved_object.name);
            let line = format!("  {about} {} {}: {}", part(type_), part(reason), part(message));
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Lets the controller work, volumes first: upstream's begins with full caches.
fn play(inputs: &[&str]) -> String {
    let mut cluster = Cluster::new(Features::default(), vec![Box::<PersistentVolumeController>::default()]);
    for line in inputs {
        create(&mut cluster, line);
    }
    cluster.deliver();
    let volumes: Vec<_> = cluster.server.list::<PersistentVolume>("").map(|volume| volume.key()).collect();
    for key in volumes {
        cluster.with_context(|cx, controllers| controllers[0].sync(cx, &key)).expect("never fails");
    }
    for _ in 0..3 {
        while cluster.sync() {}
        cluster.wait(15);
    }
    state(&cluster) + &events(&cluster)
}

#[test]
fn every_scenario_ends_as_upstreams() {
    let (mut actual, mut inputs, mut count) = (String::new(), Vec::new(), 0);
    for line in SCENARIOS.lines().chain(["# end"]) {
        if line.starts_with('#') {
            if count > 0 {
                let played = play(&inputs);
                actual += &format!("{played}\n");
            }
            inputs.clear();
            count += 1;
            if line != "# end" {
                actual += &format!("{line}\n");
            }
        } else if let Some(input) = line.strip_prefix("$ ") {
            actual += &format!("{line}\n");
            inputs.push(input);
        }
    }
    expect("upstream/pv_binder.txt", SCENARIOS.trim_end(), actual.trim_end());
    assert!(count > 60, "{count} scenarios");
}
