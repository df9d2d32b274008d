//! What the simulated versions say differently, and rules that no recording reaches, at both of them.

#[allow(dead_code, reason = "shared by several test binaries")]
mod common;

use common::{Cluster, both, check_creation, merged};
use machinery::version::{Features, Version};
use serde_json::{Value, json};

fn container(change: Value) -> Value {
    let base = json!({"name": "nginx", "image": "nginx:1"});
    merged(common::pod("web-0"), json!({"spec": {"containers": [merged(base, change)]}}))
}

/// A Service with addresses, and a balancer's ranges.
#[test]
fn odd_addresses_are_refused_in_the_newer_version() {
    let service = |change: Value| {
        let spec = merged(json!({"ports": [{"port": 80}]}), change);
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec})
    };
    let endpoints = |ip: &str| {
        let subsets = json!([{"addresses": [{"ip": ip}], "ports": [{"port": 80}]}]);
        json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"}, "subsets": subsets})
    };
    let ranges = |list: Value| service(json!({"type": "LoadBalancer", "loadBalancerSourceRanges": list}));
    check_creation([
        (
            service(json!({"externalIPs": ["192.012.2.2", "2001:db8:0:0::2"]})),
            [
                "spec.externalIPs[0]: IP address was accepted, but will be invalid in a future Kubernetes release: ParseAddr(\"192.012.2.2\"): IPv4 field has octet with leading zero\nspec.externalIPs[1]: IPv6 address \"2001:db8:0:0::2\" is not in RFC 5952 canonical format (\"2001:db8::2\"), which may cause controller apply-loops",
                "spec.externalIPs[0]: Invalid value: \"192.012.2.2\": must not have leading 0s",
            ],
        ),
        (
            service(json!({"externalIPs": ["2001:db8:0:0::2"]})),
            [
                "spec.externalIPs[0]: IPv6 address \"2001:db8:0:0::2\" is not in RFC 5952 canonical format (\"2001:db8::2\"), which may cause controller apply-loops",
                "spec.externalIPs[0]: IPv6 address \"2001:db8:0:0::2\" should be in RFC 5952 canonical format (\"2001:db8::2\")\nspec.externalIPs is deprecated and may no longer be implemented in some clusters",
            ],
        ),
        (
            endpoints("::ffff:10.0.0.1"),
            [
                "",
                "subsets[0].addresses[0].ip: Invalid value: \"::ffff:10.0.0.1\": must not be an IPv4-mapped IPv6 address",
            ],
        ),
        both(ranges(json!(["10.0.0.0/8", "192.168.0.5/32", "0.0.0.0/0", "2001:db8::/64"])), ""),
        (
            ranges(json!(["192.168.0.5/24", "010.0.0.0/8", "10.0.0.0/08", "::ffff:10.0.0.0/104", "::1/0"])),
            [
                "",
                "spec.LoadBalancerSourceRanges[0]: Invalid value: \"192.168.0.5/24\": must not have bits set beyond the prefix length\nspec.LoadBalancerSourceRanges[1]: Invalid value: \"010.0.0.0/8\": must not have leading 0s in IP or prefix length\nspec.LoadBalancerSourceRanges[2]: Invalid value: \"10.0.0.0/08\": must not have leading 0s in IP or prefix length\nspec.LoadBalancerSourceRanges[3]: Invalid value: \"::ffff:10.0.0.0/104\": must not have an IPv4-mapped IPv6 address\nspec.LoadBalancerSourceRanges[4]: Invalid value: \"::1/0\": must not have bits set beyond the prefix length",
            ],
        ),
        both(
            ranges(json!(["10.0.0.0/33"])),
            "spec.LoadBalancerSourceRanges[0]: Invalid value: \"10.0.0.0/33\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
        ),
    ]);
}

#[test]
fn values_print_in_go_or_as_json() {
    check_creation([(
        merged(common::set("web"), json!({"spec": {"selector": {"matchLabels": {"app": "x"}}}})),
        [
            "spec.template.metadata.labels: Invalid value: map[string]string{\"app\":\"web\"}: `selector` does not match template `labels`",
            "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template `labels`",
        ],
    )]);
}

#[test]
fn templates_of_sets_are_checked_in_the_newer_version_alone() {
    let template =
        |change: Value| merged(common::set("web"), json!({"spec": {"template": {"spec": change}}}));
    check_creation([
        (
            template(json!({"containers": [{"name": "Bad", "image": "nginx:1"}]})),
            [
                "",
                "spec.template.spec.containers[0].name: Invalid value: \"Bad\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            ],
        ),
        (
            template(json!({"restartPolicy": "Never"})),
            [
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"",
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"",
            ],
        ),
        (
            merged(common::set("web"), json!({"spec": {"serviceName": "Web"}})),
            [
                "",
                "spec.serviceName: Invalid value: \"Web\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            ],
        ),
        (
            merged(common::set("web"), json!({"spec": {"revisionHistoryLimit": -1}})),
            [
                "",
                "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
            ],
        ),
    ]);
}

#[test]
fn containers_are_checked_field_by_field() {
    check_creation([
        both(
            container(json!({"imagePullPolicy": "Sometimes"})),
            "spec.containers[0].imagePullPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
        ),
        both(container(json!({"terminationMessagePath": ""})), ""),
        both(
            container(json!({"ports": [{"containerPort": 0}]})),
            "spec.containers[0].ports[0].containerPort: Required value",
        ),
        both(
            container(json!({"ports": [{"containerPort": 1, "protocol": "ICMP"}]})),
            "spec.containers[0].ports[0].protocol: Unsupported value: \"ICMP\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
        ),
        both(
            container(
                json!({"env": [{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}),
            ),
            "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty",
        ),
        both(
            container(json!({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.x"}}}]})),
            "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.x\": error converting fieldPath: field label not supported: spec.x",
        ),
        both(
            container(json!({"livenessProbe": {"periodSeconds": -1, "tcpSocket": {"port": 80}}})),
            "spec.containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
        ),
        both(
            container(json!({"livenessProbe": {"successThreshold": 2, "tcpSocket": {"port": 80}}})),
            "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
        ),
        both(
            container(json!({"readinessProbe": {}})),
            "spec.containers[0].readinessProbe: Required value: must specify a handler type",
        ),
        both(
            container(json!({"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}})),
            "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1",
        ),
        both(
            container(json!({"resources": {"requests": {"cpus": "2"}}})),
            "spec.containers[0].resources.requests[cpus]: Invalid value: \"cpus\": must be a standard resource type or fully qualified\nspec.containers[0].resources.requests[cpus]: Invalid value: \"cpus\": must be a standard resource for containers",
        ),
        both(
            container(json!({"volumeMounts": [{"name": "nope", "mountPath": "/a"}]})),
            "spec.containers[0].volumeMounts[0].name: Not found: \"nope\"",
        ),
        both(
            container(json!({"securityContext": {"runAsUser": -1}})),
            "spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
        ),
        (
            container(json!({"lifecycle": {"preStop": {"sleep": {"seconds": 0}}}})),
            [
                "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 0: must be greater than 0 and less than terminationGracePeriodSeconds (30). Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep.",
                "",
            ],
        ),
    ]);
}

#[test]
fn pods_earn_warnings() {
    let pod = |change: Value| merged(common::pod("web-0"), json!({"spec": change}));
    let ports = |a: Value, b: Value| container(json!({"ports": [a, b]}));
    check_creation([
        both(
            container(
                json!({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "$(A)2"}, {"name": "A", "value": "3"}]}),
            ),
            "spec.containers[0].env[2]: hides previous definition of \"A\", which may be dropped when using apply",
        ),
        both(
            ports(json!({"containerPort": 80}), json!({"containerPort": 80, "name": "b"})),
            "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
        ),
        both(
            ports(json!({"containerPort": 80}), json!({"containerPort": 80, "hostPort": 8080})),
            "spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]",
        ),
        both(
            pod(json!({"nodeSelector": {"beta.kubernetes.io/os": "linux"}})),
            "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
        ),
        both(
            pod(json!({"imagePullSecrets": [{"name": "a"}, {"name": "a"}]})),
            "spec.imagePullSecrets[1].name: duplicate name \"a\"",
        ),
        both(
            pod(
                json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"}]}),
            ),
            "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
        ),
    ]);
}

#[test]
fn what_a_version_has_switched_off_is_dropped() {
    let features = [
        ("resources", json!({"requests": {"cpu": "1"}})),
        ("hostUsers", json!(false)),
        ("securityContext", json!({"supplementalGroupsPolicy": "Strict"})),
    ];
    for (field, value) in features {
        for version in Version::ALL {
            let mut cluster = Cluster::with(Features::of(version));
            cluster.create(merged(common::pod("p"), json!({"spec": {field: value}})));
            let stored = cluster.value(machinery::Kind::Pod, "p")["spec"][field].clone();
            let expected = if version == Version::V1_32 {
                if field == "securityContext" { json!({}) } else { Value::Null }
            } else {
                value.clone()
            };
            assert_eq!(stored, expected, "{field} at {version}");
        }
    }
}
