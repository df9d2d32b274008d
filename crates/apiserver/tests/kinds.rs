//! What is said to objects other than pods and sets, and to their changes, where no recording reaches; at both versions.

#[allow(dead_code, reason = "shared by several test binaries")]
mod common;

use client::api::{Body, Request, Verb};
use common::{Cluster, Expected, check_creation, merged, said, same};
use machinery::Kind;
use machinery::patch::PatchType;
use machinery::version::{Features, Version};
use serde_json::{Value, json};

fn check_change(kind: Kind, cases: impl IntoIterator<Item = (Value, Value, Expected)>) {
    let mut failures = Vec::new();
    for (object, patch, expected) in cases {
        for (version, expected) in Version::ALL.into_iter().zip(expected) {
            let mut cluster = Cluster::with(Features::of(version));
            let name = cluster.create(object.clone()).meta().name.clone().unwrap_or_default();
            let refusal = cluster.patch(kind, &name, patch.clone()).err();
            let ours = said(&cluster, refusal);
            if ours != expected {
                failures.push(format!("{version}: {patch}\n  expected {expected:?}\n  ours     {ours:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn service(spec: Value) -> Value {
    merged(common::service("web"), json!({"spec": spec}))
}

fn headless() -> Value {
    service(json!({"clusterIP": "None"}))
}

#[test]
fn services_are_checked() {
    let two = |a: Value, b: Value| {
        let port = json!({"port": 80, "name": "a"});
        let other = json!({"port": 81, "name": "b"});
        json!([merged(port, a), merged(other, b)])
    };
    check_creation([
        (
            service(json!({"clusterIPs": ["10.96.0.9"]})),
            [
                "spec.clusterIPs: Invalid value: []string{\"10.96.0.9\"}: must be empty when `clusterIP` is not specified",
                "spec.clusterIPs: Invalid value: [\"10.96.0.9\"]: must be empty when `clusterIP` is not specified",
            ],
        ),
        // What is wrong with the addresses is told before, and without, the rest.
        (
            service(json!({"clusterIP": "none", "type": "Foo", "ports": []})),
            same(
                "spec.clusterIPs[0]: Invalid value: \"none\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
            ),
        ),
        (
            service(json!({"ipFamilies": ["IPv6"], "ipFamilyPolicy": "RequireDualStack"})),
            same(
                "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services\nspec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster",
            ),
        ),
        (
            service(json!({"ipFamilies": ["IPv4", "IPv6"]})),
            same(
                "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
            ),
        ),
        (
            service(json!({"type": "NodePort", "clusterIP": "None"})),
            same(
                "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
            ),
        ),
        (
            service(json!({
                "type": "NodePort", "ports": two(json!({"nodePort": 80}), json!({"nodePort": 81})),
            })),
            same(
                "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767",
            ),
        ),
        (
            service(json!({
                "type": "NodePort", "ports": two(json!({"nodePort": 30001}), json!({"nodePort": 30001})),
            })),
            same("spec.ports[1].nodePort: Invalid value: 30001: provided port is already allocated"),
        ),
        (
            service(json!({
                "type": "NodePort",
                "ports": two(
                    json!({"nodePort": 30001}),
                    json!({"nodePort": 30001, "port": 80, "protocol": "UDP"}),
                ),
            })),
            same(""),
        ),
        (
            service(json!({"externalIPs": ["x", "127.0.0.1"]})),
            same(
                "spec.externalIPs[0]: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)\nspec.externalIPs[1]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)",
            ),
        ),
        (
            merged(
                headless(),
                json!({"metadata": {"annotations": {"service.kubernetes.io/topology-aware-hints": "auto"}}}),
            ),
            same(
                "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead",
            ),
        ),
    ]);
}

#[test]
fn services_change_their_type_and_address_only_so_far() {
    let open = service(json!({"clusterIP": "10.96.0.9"}));
    check_change(
        Kind::Service,
        [
            // An address that is taken back is filled in again.
            (headless(), json!({"spec": {"clusterIP": null}}), same("")),
            (headless(), json!({"spec": {"clusterIP": null, "clusterIPs": null}}), same("")),
            (
                headless(),
                json!({"spec": {"type": "NodePort"}}),
                same(
                    "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
                ),
            ),
            (
                open.clone(),
                json!({"spec": {"clusterIP": "None"}}),
                [
                    "spec.clusterIPs[0]: Invalid value: []string{\"None\"}: may not change once set",
                    "spec.clusterIPs[0]: Invalid value: [\"None\"]: may not change once set",
                ],
            ),
            (
                open.clone(),
                json!({"spec": {"type": "ExternalName"}}),
                same("spec.externalName: Required value"),
            ),
            (open, json!({"spec": {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}}), same("")),
            (
                service(json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local"})),
                json!({"spec": {"healthCheckNodePort": 31000}}),
                same("spec.healthCheckNodePort: Forbidden: field is immutable"),
            ),
        ],
    );
}

#[test]
fn what_a_services_new_type_lacks_goes() {
    for version in Version::ALL {
        let mut cluster = Cluster::with(Features::of(version));
        let spec = |cluster: &mut Cluster| cluster.value(Kind::Service, "web")["spec"].clone();
        cluster.create(service(json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local"})));
        let balanced = spec(&mut cluster);
        assert!(balanced["healthCheckNodePort"].is_number(), "{balanced}");
        let renumbered = json!([{"port": 80, "$patch": "delete"}, {"port": 81, "name": "web"}]);
        cluster.patch(Kind::Service, "web", json!({"spec": {"ports": renumbered}})).expect("allowed");
        let moved = spec(&mut cluster);
        assert_eq!(moved["ports"][0]["nodePort"], balanced["ports"][0]["nodePort"], "{moved}");
        cluster.patch(Kind::Service, "web", json!({"spec": {"type": "ClusterIP"}})).expect("allowed");
        let plain = spec(&mut cluster);
        let gone = ["externalTrafficPolicy", "healthCheckNodePort", "allocateLoadBalancerNodePorts"];
        assert!(gone.iter().all(|field| plain.get(field).is_none()), "{plain}");
        assert!(plain["ports"][0].get("nodePort").is_none(), "{plain}");
        let name = json!({"spec": {"type": "ExternalName", "externalName": "example.com"}});
        cluster.patch(Kind::Service, "web", name).expect("allowed");
        let alias = spec(&mut cluster);
        let gone = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"];
        assert!(gone.iter().all(|field| alias.get(field).is_none()), "{alias}");
        assert_eq!(alias["internalTrafficPolicy"], json!("Cluster"));
    }
}

#[test]
fn endpoints_and_slices_are_checked() {
    let endpoints = |subset: Value| json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"}, "subsets": [subset]});
    let slice = |kind: &str, address: &str| {
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "web-1"},
            "addressType": kind, "endpoints": [{"addresses": [address]}],
        })
    };
    let ports = |ports: Value| merged(slice("IPv4", "10.0.0.1"), json!({"ports": ports}));
    check_creation([
        (
            endpoints(json!({"ports": [{"port": 0}, {"port": 80, "name": "B"}]})),
            same(
                "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`\nsubsets[0].ports[0].name: Required value\nsubsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive\nsubsets[0].ports[1].name: Invalid value: \"B\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            ),
        ),
        (
            endpoints(json!({"addresses": [{"ip": "x"}, {"ip": "127.0.0.1"}], "ports": [{"port": 80}]})),
            same(
                "subsets[0].addresses[0].ip: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)\nsubsets[0].addresses[0].ip: Invalid value: \"x\": must be a valid IP address\nsubsets[0].addresses[1].ip: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)",
            ),
        ),
        (
            slice("IPv4", "x"),
            [
                "endpoints[0].addresses[0]: Invalid value: \"x\": must be a valid IPv4 address\nendpoints[0].addresses[0]: Invalid value: \"x\": must be a valid IP address",
                "endpoints[0].addresses[0]: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)\nendpoints[0].addresses[0]: Invalid value: \"x\": must be a valid IP address",
            ],
        ),
        (
            slice("FQDN", "web"),
            same(
                "endpoints[0].addresses[0]: Invalid value: \"web\": should be a domain with at least two segments separated by dots",
            ),
        ),
        (
            merged(slice("IPv4", "10.0.0.1"), json!({"endpoints": [{"addresses": []}]})),
            same("endpoints[0].addresses: Required value: must contain at least 1 address"),
        ),
        (
            ports(json!([{"port": 80}, {"port": 81, "protocol": "tcp"}])),
            same(
                "ports[1].name: Duplicate value: \"\"\nports[1].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
            ),
        ),
    ]);
}

#[test]
fn classes_and_configuration_are_checked() {
    let class = |change: Value| {
        let base = json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"},
            "provisioner": "example.com/x",
        });
        merged(base, change)
    };
    let topology = |key: &str| json!({"matchLabelExpressions": [{"key": key, "values": ["a", "a"]}]});
    let secret = |kind: &str, data: Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": kind, "data": data});
    let namespace = |finalizer: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}, "spec": {"finalizers": [finalizer]}});
    let event = |namespace: &str| json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "involvedObject": {"namespace": namespace}});
    let revision = json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "r"}, "revision": -1});
    check_creation([
        (
            class(json!({"provisioner": "Example!"})),
            same(
                "provisioner: Invalid value: \"Example!\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            ),
        ),
        (
            class(json!({"allowedTopologies": [topology("zone")]})),
            same("allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: \"a\""),
        ),
        (
            secret("kubernetes.io/ssh-auth", json!({"ssh-privatekey": ""})),
            same("data[ssh-privatekey]: Required value"),
        ),
        (
            namespace("x"),
            same(
                "spec.finalizers: Invalid value: \"x\": name is neither a standard finalizer name nor is it fully qualified",
            ),
        ),
        (namespace("example.com/x"), same("")),
        (class(json!({"reclaimPolicy": ""})), same("")),
        (
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {"podCIDR": "x"}}),
            same(
                "spec.podCIDRs[0]: Invalid value: \"x\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
            ),
        ),
        (event(""), same("")),
        (
            event("other"),
            same("involvedObject.namespace: Invalid value: \"other\": does not match event.namespace"),
        ),
        (
            revision,
            same(
                "data: Required value: data is mandatory\nrevision: Invalid value: -1: must be greater than or equal to 0",
            ),
        ),
    ]);
}

fn workload(kind: &str, spec: Value) -> Value {
    let base = json!({
        "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "nginx", "image": "nginx:1"}]},
            },
        },
    });
    merged(base, json!({"spec": spec}))
}

#[test]
fn deployments_and_replica_sets_are_checked() {
    let foo = json!({"matchExpressions": [{"key": "app", "operator": "Foo"}]});
    check_creation([
        (
            workload("Deployment", json!({"strategy": {"type": "Foo"}})),
            [
                "spec.strategy: Unsupported value: apps.DeploymentStrategy{Type:\"Foo\", RollingUpdate:(*apps.RollingUpdateDeployment)(nil)}: supported values: \"Recreate\", \"RollingUpdate\"",
                "spec.strategy: Unsupported value: {\"Type\":\"Foo\",\"RollingUpdate\":null}: supported values: \"Recreate\", \"RollingUpdate\"",
            ],
        ),
        // Without a selector that works, the template is not looked at.
        (
            workload("Deployment", json!({"selector": foo, "template": {"spec": {"containers": []}}})),
            [
                "spec.selector.matchExpressions[0].operator: Invalid value: \"Foo\": not a valid selector operator\nspec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{\"app\":\"web\"}, MatchExpressions:[]v1.LabelSelectorRequirement{v1.LabelSelectorRequirement{Key:\"app\", Operator:\"Foo\", Values:[]string(nil)}}}: invalid label selector",
                "spec.selector.matchExpressions[0].operator: Invalid value: \"Foo\": not a valid selector operator\nspec.selector: Invalid value: {\"matchLabels\":{\"app\":\"web\"},\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"Foo\"}]}: invalid label selector",
            ],
        ),
        (
            workload("ReplicaSet", json!({"selector": {"matchLabels": null}})),
            [
                "spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string(nil), MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: empty selector is invalid for deployment",
                "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
            ],
        ),
    ]);
}

#[test]
fn amounts_of_a_rolling_update_are_numbers_or_percentages() {
    let why = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
    for version in Version::ALL {
        let features = Features::of(version);
        let value = if features.values_print_as_json() {
            "\"some\""
        } else {
            "intstr.IntOrString{Type:1, IntVal:0, StrVal:\"some\"}"
        };
        let mut cluster = Cluster::with(features);
        let rolling = json!({"maxUnavailable": "some", "maxSurge": 0});
        let deployment = workload("Deployment", json!({"strategy": {"rollingUpdate": rolling}}));
        let refusal = cluster.try_create(deployment).err();
        let at = format!("spec.strategy.rollingUpdate.maxUnavailable: Invalid value: {value}: ");
        assert_eq!(said(&cluster, refusal), format!("{at}{why}\n{at}may not be 0 when `maxSurge` is 0"));
    }
}

#[test]
fn pods_need_the_runtime_class_that_they_name() {
    let pod = |spec: Value| merged(common::pod("p"), json!({"spec": spec}));
    check_creation([
        (
            pod(json!({"runtimeClassName": "gvisor"})),
            same("pods \"p\" is forbidden: pod rejected: RuntimeClass \"gvisor\" not found"),
        ),
        (
            pod(json!({"overhead": {"cpu": "1"}})),
            same(
                "pods \"p\" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
            ),
        ),
    ]);
}

#[test]
fn what_changes_nothing_earns_its_warning() {
    let aliased = merged(headless(), json!({"spec": {"externalName": "example.com"}}));
    let why = "spec.externalName is ignored when spec.type is not \"ExternalName\"";
    check_change(Kind::Service, [(aliased, json!({"spec": {"type": "ClusterIP"}}), same(why))]);
}

#[test]
fn what_only_the_server_sets_stays() {
    let time = "2020-01-01T00:00:00Z";
    check_change(
        Kind::Service,
        [
            (
                headless(),
                json!({"metadata": {"uid": "x"}}),
                same("metadata.uid: Invalid value: \"x\": field is immutable"),
            ),
            (
                headless(),
                json!({"metadata": {"deletionTimestamp": time, "deletionGracePeriodSeconds": 5}}),
                [
                    "metadata.deletionTimestamp: Invalid value: 2020-01-01 00:00:00 +0000 UTC: field is immutable\nmetadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable",
                    "metadata.deletionTimestamp: Invalid value: \"2020-01-01T00:00:00Z\": field is immutable\nmetadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable",
                ],
            ),
            (headless(), json!({"metadata": {"generation": 7, "creationTimestamp": time}}), same("")),
            (headless(), json!({"kind": "Pod", "apiVersion": "v2"}), same("")),
        ],
    );
    let mut cluster = Cluster::new();
    cluster.create(headless());
    for (given, why) in [
        (json!({"kind": "Pod"}), "converting (v1.Pod) to (core.Service): unknown conversion"),
        (
            json!({"kind": "Foo"}),
            "no kind \"Foo\" is registered for version \"v1\" in scheme \"pkg/api/legacyscheme/scheme.go:30\"",
        ),
    ] {
        let patch = Verb::Patch(PatchType::Merge, given);
        let request = Request::new(patch, Kind::Service, "default", "web");
        let refusal = cluster.call(request).expect_err("another kind");
        assert!(refusal.message.ends_with(why), "{refusal}");
    }
    let mut other = cluster.value(Kind::Service, "web");
    let uid = other["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    other["metadata"]["uid"] = json!("x");
    let request = Cluster::request(Verb::Update(Body::Json(other.clone())), &other, "web");
    let refusal = cluster.call(request).expect_err("another object");
    let why = format!(
        "Operation cannot be fulfilled on services \"web\": StorageError: invalid object, Code: 4, Key: /registry/services/specs/default/web, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: {uid}"
    );
    assert_eq!(refusal.message, why);
}

#[test]
fn claims_and_volumes_change_only_so_far() {
    let annotated = |class: &str| json!({"metadata": {"annotations": {"volume.beta.kubernetes.io/storage-class": class}}});
    let attributes = json!({"spec": {"volumeAttributesClassName": "gold"}});
    let immutable = "metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: \"b\": field is immutable";
    check_change(
        Kind::PersistentVolumeClaim,
        [(merged(common::claim("c"), annotated("a")), annotated("b"), same(immutable))],
    );
    for version in Version::ALL {
        let mut cluster = Cluster::with(Features::of(version));
        cluster.create(merged(common::claim("c"), attributes.clone()));
        // There is no volume yet, so that nothing tells how small is too small.
        let smaller = json!({"spec": {"resources": {"requests": {"storage": "1Mi"}}}});
        let refusal = cluster.patch(Kind::PersistentVolumeClaim, "c", smaller).expect_err("immutable");
        assert_eq!(refusal.causes.len(), 1, "{refusal}");
        let without = json!({"spec": {"volumeAttributesClassName": null}});
        let refusal = cluster.patch(Kind::PersistentVolumeClaim, "c", without).err();
        let ours = refusal.map_or(0, |refusal| refusal.causes.len());
        assert_eq!(ours, if version == Version::V1_32 { 0 } else { 2 }, "{version}");
    }
    let csi = |secret: Value| {
        let source = merged(json!({"driver": "d", "volumeHandle": "h"}), secret);
        json!({"spec": {"csi": source}})
    };
    let mut volume = merged(common::volume("v"), csi(json!({})));
    volume["spec"]["nfs"] = Value::Null;
    let secret = json!({"controllerExpandSecretRef": {"name": "s", "namespace": "default"}});
    check_change(
        Kind::PersistentVolume,
        [
            (volume.clone(), csi(secret), same("")),
            (
                merged(volume, attributes),
                json!({"spec": {"volumeAttributesClassName": null}}),
                [
                    "",
                    "spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden",
                ],
            ),
        ],
    );
}
