//! In which order a namespace is emptied.

mod harness;

use client::Reconciler;
use client::api::{Body, DeleteOptions, Request, Verb};
use controllers::namespace::NamespaceController;
use harness::Cluster;
use k8s_openapi::api::core::v1::Namespace;
use machinery::Kind;
use machinery::version::{Features, Version};
use serde_json::json;

/// A namespace with a service and a pod that ends after some seconds, asked to go.
fn terminating(version: Version) -> Cluster {
    let controllers: Vec<Box<dyn Reconciler>> = vec![Box::<NamespaceController>::default()];
    let mut cluster = Cluster::new(Features::of(version), controllers);
    cluster.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}));
    let objects = [
        (Kind::Service, json!({"ports": [{"port": 80}]})),
        (Kind::Pod, json!({"nodeName": "node-1", "containers": [{"name": "c", "image": "c"}]})),
    ];
    for (kind, spec) in objects {
        let manifest = json!({
            "apiVersion": "v1", "kind": kind.name(), "metadata": {"name": "a", "namespace": "n"}, "spec": spec,
        });
        cluster.call(Request::new(Verb::Create(Body::Json(manifest)), kind, "n", ""));
    }
    cluster.delete(Kind::Namespace, "n", DeleteOptions::default());
    cluster
}

/// What the controller has done since, kinds alone.
fn calls(cluster: &mut Cluster) -> Vec<(&'static str, Kind)> {
    while cluster.sync() {}
    cluster.calls().into_iter().map(|(verb, kind, _)| (verb, kind)).collect()
}

#[test]
fn pods_go_first_from_1_33_on() {
    let (pod, service) = (("delete", Kind::Pod), ("delete", Kind::Service));
    let (told, done) = (("status", Kind::Namespace), ("update", Kind::Namespace));
    for (version, at_once, then) in [
        (Version::V1_36, vec![pod, told], vec![service, told, done]),
        (Version::V1_32, vec![service, pod, told], vec![told, done]),
    ] {
        let mut cluster = terminating(version);
        assert_eq!(calls(&mut cluster), [], "{version:?}: others are to hear of it first");
        cluster.wait(5);
        assert_eq!(calls(&mut cluster), at_once, "{version:?}");
        cluster.wait(4);
        assert_eq!(calls(&mut cluster), [], "{version:?}: the pod has time");
        let options = DeleteOptions { grace_period_seconds: Some(0), ..Default::default() };
        cluster.call(Request::new(Verb::Delete(options), Kind::Pod, "n", "a"));
        cluster.wait(1);
        assert_eq!(calls(&mut cluster), then, "{version:?}");
        assert!(cluster.server.get::<Namespace>("", "n").is_none(), "{version:?}");
    }
}
