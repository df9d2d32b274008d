//! What becomes of objects: versions, generations, updates, deletion, subresources.

#[allow(dead_code, reason = "shared by several test binaries")]
mod common;

use client::api::{
    Answer, Body, Change, DeleteOptions, ListOptions, Propagation, Request, Subresource, Verb,
};
use common::{Cluster, claim, object_of, pod, service, set, volume};
use jiff::ToSpan;
use machinery::{Kind, Object, ObjectKey};
use serde_json::{Value, json};

fn grace(seconds: i64) -> DeleteOptions {
    DeleteOptions { grace_period_seconds: Some(seconds), ..Default::default() }
}

fn cascade(propagation: Propagation) -> DeleteOptions {
    DeleteOptions { propagation: Some(propagation), ..Default::default() }
}

/// What happened since, one word a change.
fn changes(cluster: &Cluster, since: u64) -> Vec<String> {
    let word = |change: Change| match change {
        Change::Added => "+",
        Change::Modified => "~",
        Change::Deleted => "-",
    };
    cluster.server.changes_since(since).map(|e| format!("{}{}", word(e.change), e.object.key())).collect()
}

#[test]
fn only_a_change_of_the_spec_counts_as_a_generation() {
    let mut cluster = Cluster::new();
    cluster.create(set("web"));
    // (part, patch, generation, whether something was written)
    let cases = [
        (Subresource::None, json!({"spec": {"replicas": 2}}), 2, true),
        (Subresource::None, json!({"spec": {"replicas": 2}}), 2, false),
        (Subresource::None, json!({"metadata": {"labels": {"a": "b"}}}), 2, true),
        (Subresource::None, json!({"status": {"replicas": 9}}), 2, false),
        (Subresource::Status, json!({"spec": {"replicas": 7}, "status": {"replicas": 2}}), 2, true),
        (Subresource::Scale, json!({"spec": {"replicas": 3}}), 3, true),
        (Subresource::Scale, json!({"spec": {"replicas": 3}}), 3, false),
    ];
    for (part, patch, generation, is_written) in cases {
        let before = cluster.server.resource_version();
        cluster.patch_part(Kind::StatefulSet, "web", part, patch.clone()).expect("allowed");
        let value = cluster.value(Kind::StatefulSet, "web");
        assert_eq!(value["metadata"]["generation"], json!(generation), "{patch}");
        assert_eq!(cluster.server.resource_version() > before, is_written, "{patch}");
    }
    let value = cluster.value(Kind::StatefulSet, "web");
    assert_eq!((&value["spec"]["replicas"], &value["status"]["replicas"]), (&json!(3), &json!(2)));
}

#[test]
fn a_stale_version_or_another_uid_is_a_conflict() {
    let mut cluster = Cluster::new();
    cluster.create(set("web"));
    let stale = cluster.get(Kind::StatefulSet, "web").expect("created");
    cluster.patch(Kind::StatefulSet, "web", json!({"spec": {"replicas": 2}})).expect("allowed");
    let update =
        |object: Object| Request::new(Verb::Update(Body::Typed(object)), Kind::StatefulSet, "default", "web");
    let refusal = cluster.call(update(stale.clone())).expect_err("stale");
    assert_eq!(
        refusal.message,
        "Operation cannot be fulfilled on statefulsets.apps \"web\": the object has been modified; please apply your changes to the latest version and try again"
    );
    let mut other = stale;
    other.meta_mut().resource_version = None;
    other.meta_mut().uid = Some("other".to_owned());
    assert!(
        cluster.call(update(other)).expect_err("another object").message.contains("Precondition failed: UID")
    );
}

#[test]
fn changes_that_are_not_allowed_are_refused_as_recorded() {
    let mut cluster = Cluster::new();
    cluster.create(set("web"));
    cluster.create(volume("pv001"));
    cluster.create(service("web"));
    cluster.create(claim("c"));
    let bound = json!({"status": {"phase": "Bound", "capacity": {"storage": "5Gi"}}, "spec": {}});
    cluster.patch(Kind::PersistentVolumeClaim, "c", json!({"spec": {"volumeName": "pv001"}})).expect("once");
    cluster.patch_part(Kind::PersistentVolumeClaim, "c", Subresource::Status, bound).expect("allowed");
    let immutable_set = "StatefulSet.apps \"web\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
    let immutable_claim = "PersistentVolumeClaim \"c\" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n";
    let cases = [
        (Kind::StatefulSet, "web", json!({"spec": {"serviceName": "x"}}), immutable_set.to_owned()),
        (
            Kind::StatefulSet,
            "web",
            json!({"spec": {"selector": {"matchLabels": {"app": "x"}}}}),
            format!(
                "StatefulSet.apps \"web\" is invalid: [spec.template.metadata.labels: Invalid value: {{\"app\":\"web\"}}: `selector` does not match template `labels`, {}]",
                &immutable_set["StatefulSet.apps \"web\" is invalid: ".len()..]
            ),
        ),
        (
            Kind::StatefulSet,
            "web",
            json!({"spec": {"updateStrategy": {"type": "OnDelete"}}}),
            "StatefulSet.apps \"web\" is invalid: spec.updateStrategy.rollingUpdate: Invalid value: {\"Partition\":0,\"MaxUnavailable\":null}: only allowed for updateStrategy 'RollingUpdate'".to_owned(),
        ),
        (
            Kind::StatefulSet,
            "web",
            json!({"spec": {"updateStrategy": {"type": "Foo"}}}),
            "StatefulSet.apps \"web\" is invalid: spec.updateStrategy: Invalid value: {\"Type\":\"Foo\",\"RollingUpdate\":{\"Partition\":0,\"MaxUnavailable\":null}}: must be 'RollingUpdate' or 'OnDelete'".to_owned(),
        ),
        (
            Kind::StatefulSet,
            "web",
            json!({"metadata": {"name": "x"}}),
            "the name of the object (x) does not match the name on the URL (web)".to_owned(),
        ),
        (
            Kind::StatefulSet,
            "web",
            json!({"spec": {"replicas": "3"}}),
            " \"\" is invalid: patch: Invalid value: \"map[spec:map[replicas:3]]\": unrecognized type: int32".to_owned(),
        ),
        (
            Kind::StatefulSet,
            "web",
            json!({"spec": {"template": {"spec": {"containers": [{"image": "nginx:2"}]}}}}),
            "map: map[image:nginx:2] does not contain declared merge key: name".to_owned(),
        ),
        (
            Kind::PersistentVolumeClaim,
            "c",
            json!({"spec": {"accessModes": ["ReadWriteMany"]}}),
            format!("{immutable_claim}@@ -1,6 +1,6 @@\n {{\n  \"AccessModes\": [\n-  \"ReadWriteOnce\"\n+  \"ReadWriteMany\"\n  ],\n  \"Selector\": null,\n  \"Resources\": {{\n\n"),
        ),
        (
            Kind::PersistentVolumeClaim,
            "c",
            json!({"spec": {"volumeName": "zzz"}}),
            format!("{immutable_claim}@@ -9,7 +9,7 @@\n    \"storage\": \"1Gi\"\n   }}\n  }},\n- \"VolumeName\": \"pv001\",\n+ \"VolumeName\": \"zzz\",\n  \"StorageClassName\": null,\n  \"VolumeMode\": \"Filesystem\",\n  \"DataSource\": null,\n\n"),
        ),
        (
            Kind::PersistentVolumeClaim,
            "c",
            json!({"spec": {"resources": {"requests": {"storage": "3Gi"}}}}),
            "persistentvolumeclaims \"c\" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize".to_owned(),
        ),
        (
            Kind::PersistentVolume,
            "pv001",
            json!({"spec": {"nfs": {"path": "/x"}}}),
            "PersistentVolume \"pv001\" is invalid: spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n@@ -5,7 +5,7 @@\n  \"Glusterfs\": null,\n  \"NFS\": {\n   \"Server\": \"192.168.1.100\",\n-  \"Path\": \"/data/volumes/v1\",\n+  \"Path\": \"/x\",\n   \"ReadOnly\": false\n  },\n  \"RBD\": null,\n\n".to_owned(),
        ),
        (
            Kind::Service,
            "web",
            json!({"spec": {"clusterIP": "10.96.0.77"}}),
            "Service \"web\" is invalid: spec.clusterIPs[0]: Invalid value: [\"10.96.0.77\"]: may not change once set".to_owned(),
        ),
    ];
    for (kind, name, patch, expected) in cases {
        let before = cluster.server.resource_version();
        let refusal = cluster.patch(kind, name, patch.clone()).map(drop).expect_err("refused");
        assert_eq!(refusal.message, expected, "{patch}");
        assert_eq!(cluster.server.resource_version(), before);
    }
}

#[test]
fn a_pod_says_what_of_it_was_changed() {
    let mut cluster = Cluster::new();
    let mut web = pod("web-0");
    web["spec"]["hostname"] = json!("web-0");
    web["spec"]["subdomain"] = json!("web");
    web["spec"]["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}}]);
    web["spec"]["containers"][0]["volumeMounts"] =
        json!([{"name": "data", "mountPath": "/usr/share/nginx/html"}]);
    cluster.create(web);
    let refusal = cluster.patch(Kind::Pod, "web-0", json!({"spec": {"hostname": "x"}})).expect_err("refused");
    let (head, difference) = refusal.message.split_once('\n').expect("a difference");
    assert_eq!(
        head,
        "Pod \"web-0\" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
    );
    let (range, lines) = difference.split_once('\n').expect("a range, then lines");
    assert!(range.starts_with("@@ -") && range.ends_with(" @@"), "{range}");
    assert_eq!(
        lines,
        "   \"SELinuxChangePolicy\": null\n  },\n  \"ImagePullSecrets\": null,\n- \"Hostname\": \"web-0\",\n+ \"Hostname\": \"x\",\n  \"Subdomain\": \"web\",\n  \"SetHostnameAsFQDN\": null,\n  \"Affinity\": null,\n\n"
    );
    cluster
        .patch(Kind::Pod, "web-0", json!({"spec": {"containers": [{"name": "nginx", "image": "nginx:2"}]}}))
        .expect("images may change");
}

/// validateOnlyDeletedSchedulingGates
#[test]
fn scheduling_gates_can_only_go() {
    let mut cluster = Cluster::new();
    let mut gated = pod("p");
    gated["spec"]["schedulingGates"] = json!([{"name": "a.b/c"}]);
    cluster.create(gated);
    let patch = json!({"spec": {"schedulingGates": [{"name": "a.b/d"}]}});
    let refusal = cluster.patch(Kind::Pod, "p", patch).expect_err("refused");
    assert_eq!(
        refusal.message,
        "Pod \"p\" is invalid: spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a.b/d'"
    );
}

#[test]
fn a_scheduled_pod_goes_after_its_grace_and_a_second_delete_only_shortens_it() {
    let mut cluster = Cluster::new();
    cluster.create(pod("p"));
    cluster.bind("p", "node-1").expect("allowed");
    assert!(
        cluster
            .bind("p", "node-2")
            .expect_err("bound")
            .message
            .ends_with("pod p is already assigned to node \"node-1\"")
    );
    let since = cluster.server.resource_version();
    cluster.delete(Kind::Pod, "p", DeleteOptions::default()).expect("allowed");
    let value = cluster.value(Kind::Pod, "p");
    assert_eq!(value["metadata"]["deletionTimestamp"], json!("2026-01-01T00:00:30Z"));
    assert_eq!(
        (&value["metadata"]["deletionGracePeriodSeconds"], &value["metadata"]["generation"]),
        (&json!(30), &json!(2))
    );
    cluster.now = cluster.now.checked_add(3.seconds()).expect("a time");
    for longer in [DeleteOptions::default(), grace(40)] {
        cluster.delete(Kind::Pod, "p", longer).expect("allowed");
    }
    assert_eq!(changes(&cluster, since), ["~pod/p"]);
    cluster.delete(Kind::Pod, "p", grace(10)).expect("allowed");
    assert_eq!(cluster.value(Kind::Pod, "p")["metadata"]["deletionTimestamp"], json!("2026-01-01T00:00:10Z"));
    cluster.delete(Kind::Pod, "p", grace(0)).expect("allowed");
    assert_eq!(changes(&cluster, since), ["~pod/p", "~pod/p", "~pod/p", "-pod/p"]);
}

#[test]
fn an_unscheduled_or_finished_pod_goes_at_once() {
    let mut cluster = Cluster::new();
    for (name, phase) in [("unscheduled", None), ("done", Some("Succeeded"))] {
        cluster.create(pod(name));
        if let Some(phase) = phase {
            cluster.bind(name, "node-1").expect("allowed");
            cluster
                .patch_part(Kind::Pod, name, Subresource::Status, json!({"status": {"phase": phase}}))
                .expect("allowed");
        }
        cluster.delete(Kind::Pod, name, DeleteOptions::default()).expect("allowed");
        assert_eq!(cluster.get(Kind::Pod, name), None, "{name}");
    }
}

#[test]
fn what_has_a_finalizer_waits_for_it() {
    let mut cluster = Cluster::new();
    cluster.create(claim("c"));
    let finalizers = &cluster.value(Kind::PersistentVolumeClaim, "c")["metadata"]["finalizers"].clone();
    assert_eq!(*finalizers, json!(["kubernetes.io/pvc-protection"]));
    cluster.delete(Kind::PersistentVolumeClaim, "c", DeleteOptions::default()).expect("allowed");
    let since = cluster.server.resource_version();
    cluster.delete(Kind::PersistentVolumeClaim, "c", DeleteOptions::default()).expect("allowed");
    let add = json!({"metadata": {"finalizers": ["kubernetes.io/pvc-protection", "a.b/c"]}});
    let refusal = cluster.patch(Kind::PersistentVolumeClaim, "c", add).expect_err("too late");
    assert!(
        refusal.message.contains("metadata.finalizers: Forbidden: no new finalizers can be added"),
        "{refusal}"
    );
    assert_eq!(changes(&cluster, since), [""; 0]);
    let cleared = json!({"metadata": {"finalizers": null}});
    cluster.patch(Kind::PersistentVolumeClaim, "c", cleared).expect("allowed");
    assert_eq!(changes(&cluster, since), ["-persistentvolumeclaim/c"]);
}

#[test]
fn the_propagation_policy_is_a_finalizer() {
    let mut cluster = Cluster::new();
    for (propagation, finalizers) in
        [(Propagation::Foreground, json!(["foregroundDeletion"])), (Propagation::Orphan, json!(["orphan"]))]
    {
        cluster.create(set("web"));
        cluster.delete(Kind::StatefulSet, "web", cascade(propagation)).expect("allowed");
        let value = cluster.value(Kind::StatefulSet, "web");
        assert_eq!(value["metadata"]["finalizers"], finalizers);
        assert_eq!(value["metadata"]["generation"], json!(2));
        // An explicit policy beats the one that the object carries.
        cluster.delete(Kind::StatefulSet, "web", cascade(Propagation::Background)).expect("allowed");
        assert_eq!(cluster.get(Kind::StatefulSet, "web"), None);
    }
    cluster.create(set("web"));
    cluster.delete(Kind::StatefulSet, "web", DeleteOptions::default()).expect("allowed");
    assert_eq!(cluster.get(Kind::StatefulSet, "web"), None);
}

#[test]
fn a_delete_for_another_object_is_a_conflict() {
    let mut cluster = Cluster::new();
    cluster.create(set("web"));
    let other = DeleteOptions { uid: Some("other".to_owned()), ..Default::default() };
    let refusal = cluster.delete(Kind::StatefulSet, "web", other).expect_err("another object");
    assert!(
        refusal.is_conflict()
            && refusal.message.contains("the UID in the precondition (other) does not match"),
        "{refusal}"
    );
}

#[test]
fn a_dry_run_does_everything_but_storing() {
    let mut cluster = Cluster::new();
    cluster.create(set("web"));
    let before = cluster.server.resource_version();
    let patch = Verb::Patch(machinery::patch::PatchType::Merge, json!({"spec": {"replicas": 5}}));
    let verbs = [
        Verb::Create(Body::Json(set("other"))),
        patch,
        Verb::Delete(DeleteOptions::default()),
        Verb::Delete(cascade(Propagation::Foreground)),
    ];
    for verb in verbs {
        let request = Cluster::request(verb, &set("web"), "web");
        cluster.call(Request { dry_run: true, ..request }).expect("allowed");
    }
    let request = Cluster::request(Verb::Create(Body::Json(set("web"))), &set("web"), "");
    assert!(cluster.call(Request { dry_run: true, ..request }).expect_err("it is there").is_already_exists());
    assert_eq!(cluster.server.resource_version(), before);
}

#[test]
fn names_are_generated_and_addresses_are_unique() {
    let mut cluster = Cluster::new();
    let mut object = set("web");
    object["metadata"] = json!({"generateName": "web-"});
    assert_eq!(cluster.create(object).name(), "web-xxxxx");
    let mut ips: Vec<Value> = Vec::new();
    for name in ["a", "b", "c"] {
        let value = cluster.create(service(name)).to_value();
        assert_eq!(value["spec"]["clusterIPs"], json!([value["spec"]["clusterIP"]]));
        ips.push(value["spec"]["clusterIP"].clone());
    }
    ips.dedup();
    assert_eq!(ips.len(), 3);
    let mut taken = service("d");
    taken["spec"]["clusterIP"] = ips[0].clone();
    let refusal = cluster.try_create(taken).expect_err("taken");
    assert!(refusal.message.ends_with("provided IP is already allocated"), "{refusal}");
    let mut node_port = service("e");
    node_port["spec"]["type"] = json!("NodePort");
    let port = cluster.create(node_port).to_value()["spec"]["ports"][0]["nodePort"].as_i64().expect("a port");
    assert!((30_000..=32_767).contains(&port));
}

#[test]
fn a_claim_without_a_class_gets_the_newest_default_one() {
    let mut cluster = Cluster::new();
    let class = |name: &str, is_default: &str| {
        json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "example.com/nfs",
            "metadata": {"name": name, "annotations": {"storageclass.kubernetes.io/is-default-class": is_default}},
        })
    };
    for (name, is_default) in [("b", "true"), ("a", "true"), ("c", "false")] {
        cluster.create(class(name, is_default));
    }
    let mut explicit = claim("explicit");
    explicit["spec"]["storageClassName"] = json!("");
    cluster.create(explicit);
    cluster.create(claim("open"));
    cluster.now = cluster.now.checked_add(1.second()).expect("a time");
    cluster.create(class("z", "true"));
    cluster.create(claim("later"));
    for (name, expected) in [("explicit", ""), ("open", "a"), ("later", "z")] {
        let value = cluster.value(Kind::PersistentVolumeClaim, name);
        assert_eq!(value["spec"]["storageClassName"], json!(expected), "{name}");
    }
}

#[test]
fn a_namespace_stays_until_it_is_finalized() {
    let mut cluster = Cluster::new();
    cluster.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}));
    for _ in 0..2 {
        cluster.delete(Kind::Namespace, "n", DeleteOptions::default()).expect("allowed");
        let value = cluster.value(Kind::Namespace, "n");
        assert_eq!(value["status"], json!({"phase": "Terminating"}));
        assert!(value["metadata"]["deletionTimestamp"].is_string());
        assert!(value["metadata"].get("deletionGracePeriodSeconds").is_none());
    }
    let mut late = claim("late");
    late["metadata"]["namespace"] = json!("n");
    let refusal = cluster.try_create(late).expect_err("too late");
    assert_eq!(
        refusal.message,
        "persistentvolumeclaims \"late\" is forbidden: unable to create new content in namespace n because it is being terminated"
    );
    let mut value = cluster.value(Kind::Namespace, "n");
    value["spec"]["finalizers"] = json!([]);
    for (part, stays) in
        [(Subresource::None, true), (Subresource::Status, true), (Subresource::Finalize, false)]
    {
        let update = Verb::Update(Body::Json(value.clone()));
        cluster.call(Request::new(update, Kind::Namespace, "", "n").of(part)).expect("allowed");
        assert_eq!(cluster.get(Kind::Namespace, "n").is_some(), stays, "{part:?}");
    }
    let refusal = cluster.delete(Kind::Namespace, "default", DeleteOptions::default()).expect_err("it stays");
    assert_eq!(refusal.message, "namespaces \"default\" is forbidden: this namespace may not be deleted");
}

#[test]
fn lists_select_by_field() {
    let mut cluster = Cluster::new();
    for name in ["b", "a"] {
        cluster.create(pod(name));
    }
    cluster.bind("a", "node-1").expect("allowed");
    let mut list = |kind: Kind, label: &str, value: &str, equal: bool| {
        let options =
            ListOptions { fields: vec![(label.to_owned(), value.to_owned(), equal)], ..Default::default() };
        cluster.call(Request::new(Verb::List(options), kind, "default", "")).map(|response| {
            match response.body {
                Answer::List(items, _) => items.iter().map(|o| o.name().to_owned()).collect::<Vec<_>>(),
                other => panic!("{other:?} is no list"),
            }
        })
    };
    assert_eq!(list(Kind::Pod, "metadata.name", "a", false).expect("pods"), ["b"]);
    assert_eq!(list(Kind::Pod, "spec.nodeName", "node-1", true).expect("pods"), ["a"]);
    assert_eq!(list(Kind::Pod, "status.phase", "Pending", true).expect("pods"), ["a", "b"]);
    let refusal = list(Kind::Pod, "spec.foo", "x", true).expect_err("no such label");
    assert_eq!(refusal.message, "field label not supported: spec.foo");
    let refusal = list(Kind::StatefulSet, "spec.foo", "x", true).expect_err("no such label");
    assert_eq!(
        refusal.message,
        "\"spec.foo\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
    );
}

/// A slice as the controller writes it: (address, ready, terminating).
fn slice(endpoints: &[(&str, bool, bool)]) -> Value {
    let endpoints: Vec<Value> = endpoints
        .iter()
        .map(|(ip, ready, terminating)| {
            json!({"addresses": [ip], "conditions": {"ready": ready, "terminating": terminating}})
        })
        .collect();
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "web-x", "labels": {
            "kubernetes.io/service-name": "web",
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        }},
        "endpoints": endpoints,
        "ports": [{"name": "web", "port": 80, "protocol": "TCP"}],
    })
}

#[test]
fn endpoints_follow_the_slices() {
    let mut cluster = Cluster::new();
    cluster.create(service("web"));
    assert!(cluster.get(Kind::Endpoints, "web").is_none(), "there is no slice yet");
    let first = [("10.244.2.3", true, false), ("10.244.1.4", false, false), ("10.244.1.3", false, true)];
    cluster.create(slice(&first));
    let value = cluster.value(Kind::Endpoints, "web");
    assert_eq!(
        value["subsets"],
        json!([{
            "addresses": [{"ip": "10.244.2.3"}],
            "notReadyAddresses": [{"ip": "10.244.1.4"}],
            "ports": [{"name": "web", "port": 80, "protocol": "TCP"}],
        }])
    );
    let own = json!({"endpoints.kubernetes.io/managed-by": "endpoint-controller"});
    assert_eq!(value["metadata"]["labels"], own);
    // What is written stands until a slice changes; then labels are the controller's again, and annotations stay.
    let written = json!({"metadata": {"labels": {"a": "b"}, "annotations": {"a": "b"}}, "subsets": null});
    cluster.patch(Kind::Endpoints, "web", written).expect("allowed");
    let before = cluster.value(Kind::Endpoints, "web");
    assert_eq!((&before["subsets"], &before["metadata"]["labels"]["a"]), (&json!(null), &json!("b")));
    cluster.patch(Kind::EndpointSlice, "web-x", slice(&[("10.244.2.3", false, false)])).expect("allowed");
    let after = cluster.value(Kind::Endpoints, "web");
    assert_eq!(after["subsets"][0]["notReadyAddresses"], json!([{"ip": "10.244.2.3"}]));
    assert_eq!((&after["metadata"]["labels"], &after["metadata"]["annotations"]["a"]), (&own, &json!("b")));
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    assert_ne!(after["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]);
    // They go with their service.
    cluster.delete(Kind::Service, "web", DeleteOptions::default()).expect("allowed");
    assert!(cluster.get(Kind::Endpoints, "web").is_none());
}

/// Something done to the cluster, and the changes of Endpoints that come of it: whether there were any before.
type Step<'a> = (&'a dyn Fn(&mut Cluster), &'a [(Change, bool)]);

#[test]
fn a_watch_sees_endpoints_change_with_their_slices() {
    let mut cluster = Cluster::new();
    let act = |cluster: &mut Cluster, act: &dyn Fn(&mut Cluster)| {
        let since = cluster.server.resource_version();
        act(cluster);
        let events = cluster.server.watch(Kind::Endpoints, "default", since).expect("remembered");
        events.into_iter().map(|event| (event.change, event.old.is_some())).collect::<Vec<_>>()
    };
    let replace = |endpoints: &'static [(&str, bool, bool)]| {
        move |cluster: &mut Cluster| drop(cluster.patch(Kind::EndpointSlice, "web-x", slice(endpoints)))
    };
    let delete = |kind: Kind| move |c: &mut Cluster| drop(c.delete(kind, "web", DeleteOptions::default()));
    let cases: [Step<'_>; 7] = [
        (&|c| drop(c.create(service("web"))), &[]),
        (&|c| drop(c.create(slice(&[]))), &[(Change::Added, false)]),
        (&replace(&[("10.0.0.1", true, false)]), &[(Change::Modified, true)]),
        // A pod that ends is taken off once.
        (&replace(&[("10.0.0.1", false, true)]), &[(Change::Modified, true)]),
        (&replace(&[]), &[]),
        (&delete(Kind::Endpoints), &[(Change::Deleted, true), (Change::Added, false)]),
        (&delete(Kind::Service), &[(Change::Deleted, true)]),
    ];
    for (at, (step, expected)) in cases.into_iter().enumerate() {
        assert_eq!(act(&mut cluster, step), expected, "step {at}");
    }
}

#[test]
fn what_is_always_there_is_made_again_with_an_age_of_its_own() {
    let mut cluster = Cluster::new();
    cluster.create(service("web"));
    cluster.create(slice(&[("10.0.0.1", true, false)]));
    cluster.now += 1.hour();
    for (kind, name) in
        [(Kind::ServiceAccount, "default"), (Kind::ConfigMap, "kube-root-ca.crt"), (Kind::Endpoints, "web")]
    {
        let before = cluster.get(kind, name).expect("made");
        let since = cluster.server.resource_version();
        cluster.delete(kind, name, DeleteOptions::default()).expect("allowed");
        let after = cluster.get(kind, name).expect("made again");
        assert_ne!(after.uid(), before.uid(), "{kind}");
        assert_eq!(after.meta().creation_timestamp.as_ref().map(|time| time.0), Some(cluster.now), "{kind}");
        assert_eq!(changes(&cluster, since), [format!("-{}", after.key()), format!("+{}", after.key())]);
    }
    // Not in a namespace that goes.
    cluster.create(json!({"kind": "Namespace", "metadata": {"name": "team"}}));
    let account = (Kind::ServiceAccount, "team", "default");
    for (kind, namespace, name) in [account, (Kind::Namespace, "", "team"), account] {
        let verb = Verb::Delete(DeleteOptions::default());
        cluster.call(Request::new(verb, kind, namespace, name)).expect("allowed");
    }
    assert_eq!(cluster.server.all().filter(|object| object.namespace() == "team").count(), 0);
}

#[test]
fn a_watch_sees_its_kind_and_knows_when_it_is_too_late() {
    let mut cluster = Cluster::new();
    let since = cluster.server.resource_version();
    cluster.create(set("web"));
    cluster.create(claim("c"));
    cluster.patch(Kind::StatefulSet, "web", json!({"spec": {"replicas": 2}})).expect("allowed");
    let events = cluster.server.watch(Kind::StatefulSet, "default", since).expect("remembered");
    let replicas = |o: &Object| o.to_value()["spec"]["replicas"].clone();
    assert_eq!(events.iter().map(|e| replicas(&e.object)).collect::<Vec<_>>(), [json!(1), json!(2)]);
    assert_eq!(events[1].old.as_ref().map(replicas), Some(json!(1)));
    assert!(cluster.server.watch(Kind::StatefulSet, "other", since).expect("remembered").is_empty());
    assert!(cluster.server.object(&ObjectKey::new(Kind::StatefulSet, "default", "web")).is_some());
    for n in 0..10_001 {
        cluster
            .patch(Kind::PersistentVolumeClaim, "c", json!({"metadata": {"labels": {"n": n.to_string()}}}))
            .expect("allowed");
    }
    let refusal = cluster.server.watch(Kind::StatefulSet, "default", since).expect_err("forgotten");
    assert_eq!(refusal.reason, machinery::status::Reason::Expired);
}

#[test]
fn our_own_components_send_typed_objects() {
    let mut cluster = Cluster::new();
    let spec = Object::from_value(Kind::Pod, pod("p")).expect("a pod");
    let create = Request::new(Verb::Create(Body::Typed(spec)), Kind::Pod, "default", "");
    let stored = object_of(cluster.call(create).expect("allowed"));
    let value = stored.to_value();
    assert_eq!(value["status"], json!({"phase": "Pending", "qosClass": "BestEffort"}));
    assert_eq!(value["spec"]["dnsPolicy"], json!("ClusterFirst"));
    let since = cluster.server.resource_version();
    let update = Request::new(Verb::Update(Body::Typed(stored.clone())), Kind::Pod, "default", "p");
    assert_eq!(object_of(cluster.call(update).expect("allowed")), stored);
    assert_eq!(changes(&cluster, since), [""; 0]);
}

#[test]
fn a_template_that_is_stored_can_still_make_pods_that_are_refused() {
    let long = "a".repeat(64);
    let cases = [
        (
            json!({"spec": {"containers": [{"name": "nginx", "image": " nginx"}]}}),
            "spec.containers[0].image: Invalid value: \" nginx\": must not have leading or trailing whitespace".to_owned(),
        ),
        (
            json!({"spec": {"hostname": long}}),
            format!("spec.hostname: Invalid value: \"{long}\": must be no more than 63 characters"),
        ),
        (
            json!({"metadata": {"labels": {"controller-revision-hash": long}}}),
            format!("metadata.labels: Invalid value: \"{long}\": must be no more than 63 bytes"),
        ),
    ];
    let mut cluster = Cluster::new();
    for (patch, expected) in cases {
        let object = machinery::patch::apply(
            machinery::patch::PatchType::Merge,
            &pod("web-0"),
            &patch,
            ("core", "Pod"),
        );
        let refusal = cluster.try_create(object.expect("a merge")).expect_err("refused");
        assert_eq!(refusal.message, format!("Pod \"web-0\" is invalid: {expected}"));
    }
}

#[test]
fn a_pods_account_and_priority_class_have_to_be_there() {
    let mut cluster = Cluster::new();
    let account =
        |name: &str| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}});
    cluster.create(account("robot"));
    let no_account = |name: &str| {
        format!(
            "pods \"p\" is forbidden: error looking up service account default/{name}: serviceaccount \"{name}\" not found"
        )
    };
    let no_class = "pods \"p\" is forbidden: no PriorityClass with name high was found".to_owned();
    let cases = [
        (json!({"serviceAccountName": "none"}), Err(no_account("none"))),
        (json!({"serviceAccount": "none"}), Err(no_account("none"))),
        // The account is looked up first.
        (json!({"serviceAccountName": "none", "priorityClassName": "high"}), Err(no_account("none"))),
        (json!({"priorityClassName": "high", "priority": 7}), Err(no_class)),
        (json!({"serviceAccountName": "robot"}), Ok(0)),
        (json!({"serviceAccountName": "default"}), Ok(0)),
        (json!({"priorityClassName": "system-node-critical"}), Ok(2_000_001_000)),
    ];
    for (spec, expected) in cases {
        let merge = machinery::patch::PatchType::Merge;
        let object = machinery::patch::apply(merge, &pod("p"), &json!({"spec": spec}), ("core", "Pod"));
        let made = cluster.try_create(object.expect("a merge")).map_err(|refusal| refusal.message);
        let priority = made.map(|made| object_of(made).to_value()["spec"]["priority"].as_i64());
        assert_eq!(priority, expected.map(Some), "{spec}");
        // There may be no such pod.
        let _ = cluster.delete(Kind::Pod, "p", grace(0));
    }
}
