//! What is said to pods and to templates, where no recording reaches; at both versions. The cases follow
//! upstream's pkg/apis/core/validation/validation.go.

#[allow(dead_code, reason = "shared by several test binaries")]
mod common;

use common::{Cluster, Expected, check_creation, merged, said, same};
use machinery::Kind;
use machinery::version::{Features, Version};
use serde_json::{Value, json};

fn newer(text: &'static str) -> Expected {
    ["", text]
}

/// What the newer version says to fields that the older one does not know.
fn check_newer(cases: impl IntoIterator<Item = (Value, &'static str)>) {
    for (object, expected) in cases {
        let mut cluster = Cluster::with(Features::default());
        let refusal = cluster.try_create(object.clone()).err();
        assert_eq!(said(&cluster, refusal), expected, "{object}");
    }
}

fn pod(spec: Value) -> Value {
    merged(common::pod("web-0"), json!({"spec": spec}))
}

fn container(change: Value) -> Value {
    pod(json!({"containers": [merged(json!({"name": "nginx", "image": "nginx:1"}), change)]}))
}

fn init_container(change: Value) -> Value {
    pod(json!({"initContainers": [merged(json!({"name": "init", "image": "busybox:1"}), change)]}))
}

fn annotated(annotations: Value, spec: Value) -> Value {
    merged(pod(spec), json!({"metadata": {"annotations": annotations}}))
}

fn workload(kind: &str, template: Value) -> Value {
    let template = merged(
        json!({
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "nginx", "image": "nginx:1"}]},
        }),
        template,
    );
    json!({
        "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web"},
        "spec": {"serviceName": "web", "selector": {"matchLabels": {"app": "web"}}, "template": template},
    })
}

fn deployment(template: Value) -> Value {
    let mut deployment = workload("Deployment", template);
    deployment["spec"].as_object_mut().expect("a spec").remove("serviceName");
    deployment
}

#[test]
fn namespaces_of_the_host_exclude_others() {
    let mount = json!({"name": "nginx", "image": "nginx:1", "volumeDevices": [{"name": "data", "devicePath": "/dev/a"}]});
    let volume = json!({"name": "data", "persistentVolumeClaim": {"claimName": "data"}});
    check_creation([
        (
            pod(json!({"hostPID": true, "shareProcessNamespace": true})),
            same(
                "spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled",
            ),
        ),
        (
            pod(json!({"hostUsers": false, "hostPID": true, "hostIPC": true})),
            newer(
                "spec.HostPID: Forbidden: when `hostUsers` is false\nspec.HostIPC: Forbidden: when `hostUsers` is false",
            ),
        ),
        (
            pod(json!({"hostUsers": false, "hostNetwork": true})),
            newer("spec.hostNetwork: Forbidden: when `hostUsers` is false"),
        ),
        (
            pod(json!({"hostUsers": false, "containers": [mount], "volumes": [volume]})),
            newer("spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false"),
        ),
    ]);
}

#[test]
fn tolerations_know_two_operators() {
    let toleration = |change: Value| pod(json!({"tolerations": [merged(json!({"key": "a"}), change)]}));
    check_creation([
        (
            toleration(json!({"operator": "Gt", "value": "5"})),
            [
                "spec.tolerations[0].operator: Unsupported value: \"Gt\": supported values: \"Equal\", \"Exists\"",
                "spec.tolerations[0].operator: Unsupported value: \"Gt\": supported values: \"Equal\", \"Exists\", \"Lt\", \"Gt\"",
            ],
        ),
        (
            toleration(json!({"operator": "In"})),
            same(
                "spec.tolerations[0].operator: Unsupported value: \"In\": supported values: \"Equal\", \"Exists\"",
            ),
        ),
        (
            toleration(json!({"operator": "Exists", "value": "x"})),
            same(
                "spec.tolerations[0].operator: Invalid value: \"x\": value must be empty when `operator` is 'Exists'",
            ),
        ),
        (
            toleration(json!({"effect": "NoExecutes", "value": "-"})),
            same(
                "spec.tolerations[0].operator: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')\nspec.tolerations[0].effect: Unsupported value: \"NoExecutes\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"",
            ),
        ),
    ]);
}

#[test]
fn node_affinity_values_are_those_of_labels() {
    let affinity = |term: Value| {
        let required = json!({"nodeSelectorTerms": [term]});
        pod(
            json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}),
        )
    };
    check_creation([
        (
            affinity(json!({"matchExpressions": [{"key": "a", "operator": "In", "values": ["-"]}]})),
            newer(
                "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values[0]: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
            ),
        ),
        (
            affinity(json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": []}]})),
            same(
                "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
            ),
        ),
    ]);
}

#[test]
fn search_paths_became_more_free() {
    let searches = |list: Value| pod(json!({"dnsConfig": {"searches": list}}));
    check_creation([
        (
            searches(json!(["_tcp.example.com"])),
            [
                "spec.dnsConfig.searches[0]: Invalid value: \"_tcp.example.com\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
                "",
            ],
        ),
        (
            searches(json!(["."])),
            [
                "spec.dnsConfig.searches[0]: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
                "",
            ],
        ),
        (searches(json!(["example.com."])), same("")),
        (
            pod(json!({"dnsPolicy": "None"})),
            same("spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"),
        ),
        (
            pod(json!({"dnsConfig": {"options": [{"value": "2"}]}})),
            same("spec.dnsConfig.options[0]: Required value: must not be empty"),
        ),
    ]);
}

#[test]
fn keys_of_pods_are_not_in_the_selector_too() {
    let spread = |change: Value| {
        let constraint = json!({"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"});
        json!({"topologySpreadConstraints": [merged(constraint, change)]})
    };
    let affinity = |term: Value| {
        let term = merged(json!({"topologyKey": "zone"}), term);
        pod(json!({"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}))
    };
    let selector = json!({"matchLabels": {"app": "web"}});
    check_creation([
        (
            pod(spread(json!({"matchLabelKeys": ["app"], "labelSelector": selector}))),
            [
                "spec.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: \"app\": exists in both matchLabelKeys and labelSelector",
                "spec.topologySpreadConstraints[0][0]: Invalid value: \"app\": exists in both matchLabelKeys and labelSelector",
            ],
        ),
        // A template's pods are refused, not the template itself.
        (
            deployment(
                json!({"spec": spread(json!({"matchLabelKeys": ["app"], "labelSelector": selector}))}),
            ),
            [
                "spec.template.spec.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: \"app\": exists in both matchLabelKeys and labelSelector",
                "",
            ],
        ),
        (
            pod(spread(json!({"matchLabelKeys": ["app"]}))),
            same(
                "spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
            ),
        ),
        (
            affinity(json!({"matchLabelKeys": ["app"], "labelSelector": selector})),
            same(
                "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0][0]: Invalid value: \"app\": exists in both matchLabelKeys and labelSelector",
            ),
        ),
        (affinity(json!({"mismatchLabelKeys": ["app"], "labelSelector": selector})), same("")),
        (
            affinity(json!({
                "matchLabelKeys": ["x"], "mismatchLabelKeys": ["x"], "labelSelector": selector,
            })),
            same(
                "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]: Invalid value: \"x\": exists in both matchLabelKeys and mismatchLabelKeys",
            ),
        ),
    ]);
}

#[test]
fn the_values_of_keys_go_into_the_selector() {
    for version in Version::ALL {
        let mut cluster = Cluster::with(Features::of(version));
        let given = json!({
            "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
            "matchLabelKeys": ["app", "other"], "labelSelector": {"matchLabels": {"tier": "a"}},
        });
        cluster.create(pod(json!({"topologySpreadConstraints": [given]})));
        let stored = cluster.value(Kind::Pod, "web-0");
        let ours = &stored["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchExpressions"];
        let merged = json!([{"key": "app", "operator": "In", "values": ["web"]}]);
        let expected = if Features::of(version).spread_keys_are_merged() { merged } else { Value::Null };
        assert_eq!(*ours, expected, "{version}");
    }
}

#[test]
fn annotations_are_checked() {
    let cost = json!({"controller.kubernetes.io/pod-deletion-cost": "+5"});
    let seccomp = json!({"container.seccomp.security.alpha.kubernetes.io/nginx": "none"});
    let armor = json!({"container.apparmor.security.beta.kubernetes.io/nope": "none"});
    let default = json!({"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}});
    check_creation([
        (
            annotated(cost.clone(), json!({})),
            same(
                "metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: \"+5\": must be a 32bit integer",
            ),
        ),
        (annotated(json!({"controller.kubernetes.io/pod-deletion-cost": "-5"}), json!({})), same("")),
        (
            deployment(json!({"metadata": {"annotations": cost}})),
            same(
                "spec.template.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: \"+5\": must be a 32bit integer",
            ),
        ),
        (
            workload("StatefulSet", json!({"metadata": {"annotations": cost}})),
            same(
                "spec.template.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: \"+5\": must be a 32bit integer",
            ),
        ),
        (
            annotated(seccomp, json!({})),
            same(
                "metadata.annotations.container.seccomp.security.alpha.kubernetes.io/nginx: Invalid value: \"none\": must be a valid seccomp profile",
            ),
        ),
        (
            annotated(armor, json!({})),
            same(
                "metadata.annotations[container.apparmor.security.beta.kubernetes.io/nope]: Invalid value: \"nope\": container not found\nmetadata.annotations[container.apparmor.security.beta.kubernetes.io/nope]: Invalid value: \"none\": invalid AppArmor profile name: \"none\"",
            ),
        ),
        (
            annotated(json!({"kubernetes.io/config.mirror": "x"}), json!({})),
            same(
                "metadata.annotations[kubernetes.io/config.mirror]: Invalid value: \"x\": must set spec.nodeName if mirror pod annotation is set",
            ),
        ),
        (
            annotated(json!({"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}), default),
            same(
                "spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match",
            ),
        ),
    ]);
}

#[test]
fn images_have_no_spaces_around() {
    let init = json!([{"name": "init", "image": "b "}]);
    check_creation([
        (
            container(json!({"image": "nginx "})),
            same(
                "spec.containers[0].image: Invalid value: \"nginx \": must not have leading or trailing whitespace",
            ),
        ),
        (
            merged(container(json!({"image": " a"})), json!({"spec": {"initContainers": init}})),
            same(
                "spec.containers[0].image: Invalid value: \" a\": must not have leading or trailing whitespace\nspec.initContainers[0].image: Invalid value: \"b \": must not have leading or trailing whitespace",
            ),
        ),
        // A template may have them: its pods are refused.
        (deployment(json!({"spec": {"containers": [{"name": "nginx", "image": "nginx:1 "}]}})), same("")),
    ]);
}

#[test]
fn init_containers_start_once() {
    check_creation([
        (
            init_container(json!({"livenessProbe": {"tcpSocket": {"port": 80}}})),
            same(
                "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
            ),
        ),
        (
            init_container(json!({"name": "nginx"})),
            same("spec.initContainers[0].name: Duplicate value: \"nginx\""),
        ),
        (
            init_container(json!({"restartPolicy": "Sometimes"})),
            [
                "spec.initContainers[0].restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\"",
                "spec.initContainers[0].restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"Never\", \"OnFailure\"",
            ],
        ),
    ]);
    let rules = json!([{"action": "Retry"}]);
    check_newer([
        (
            init_container(json!({"restartPolicyRules": rules})),
            "spec.initContainers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used",
        ),
        (
            container(json!({"restartPolicyRules": rules})),
            "spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used\nspec.containers[0].restartPolicyRules[0].action: Unsupported value: \"Retry\": supported values: \"Restart\", \"RestartAllContainers\"\nspec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified",
        ),
        (
            init_container(
                json!({"resizePolicy": [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]}),
            ),
            "spec.initContainers[0].resizePolicy[0].restartPolicy: Invalid value: \"RestartContainer\": must not be set to 'RestartContainer' for non-sidecar initContainers",
        ),
    ]);
}

#[test]
fn variables_can_come_from_files_in_empty_directories() {
    let file = json!({"key": "A", "volumeName": "files", "path": "env"});
    let variable = json!({"env": [{"name": "A", "valueFrom": {"fileKeyRef": file}}]});
    let from = |source: Value| {
        let volume = merged(json!({"name": "files"}), source);
        merged(container(variable.clone()), json!({"spec": {"volumes": [volume]}}))
    };
    check_newer([
        (
            container(variable.clone()),
            "spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Not found: \"files\"",
        ),
        (
            from(json!({"configMap": {"name": "files"}})),
            "spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Invalid value: \"files\": referenced volume must be of type emptyDir",
        ),
        (from(json!({"emptyDir": {}})), ""),
    ]);
}

#[test]
fn systems_have_fields_of_their_own() {
    let os = |name: &str, spec: Value| pod(merged(json!({"os": {"name": name}}), spec));
    let limits = json!({"resources": {"limits": {"cpu": "1"}}});
    check_creation([
        (
            os("", json!({})),
            ["spec.os.name: Required value: cannot be empty", "spec.os.name: Required value"],
        ),
        (
            os("plan9", json!({})),
            same("spec.os: Unsupported value: \"plan9\": supported values: \"linux\", \"windows\""),
        ),
        (
            os("linux", json!({"securityContext": {"windowsOptions": {"runAsUserName": "a"}}})),
            same(
                "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod",
            ),
        ),
        (
            os("windows", json!({"hostPID": true, "securityContext": {"runAsUser": 1, "fsGroup": 1}})),
            same(
                "spec.hostPID: Forbidden: cannot be set for a windows pod\nspec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod\nspec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod",
            ),
        ),
        (
            merged(
                container(json!({"securityContext": {"privileged": true, "capabilities": {}}})),
                json!({"spec": {"os": {"name": "windows"}}}),
            ),
            same(
                "spec.containers[0].securityContext.capabilities: Forbidden: cannot be set for a windows pod\nspec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod",
            ),
        ),
        (os("windows", limits), newer("spec.resources: Forbidden: may not be set for a windows pod")),
    ]);
}

#[test]
fn contexts_are_checked() {
    let process = json!({"securityContext": {"windowsOptions": {"hostProcess": true}}});
    let other = json!({"name": "other", "image": "other:1"});
    check_creation([
        (
            pod(json!({"securityContext": {"seLinuxChangePolicy": "MountOption"}})),
            newer(
                "spec.securityContext.seLinuxChangePolicy: Unsupported value: \"MountOption\": supported values: \"Recursive\"",
            ),
        ),
        (
            merged(container(process.clone()), json!({"spec": {"initContainers": [other]}})),
            same(
                "spec: Invalid value: \"\": If pod contains any hostProcess containers then all containers must be HostProcess containers\nspec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers",
            ),
        ),
        (merged(container(process), json!({"spec": {"hostNetwork": true}})), same("")),
        (
            container(
                json!({"securityContext": {"appArmorProfile": {"type": "Localhost", "localhostProfile": " a"}}}),
            ),
            same(
                "spec.containers[0].securityContext.appArmorProfile.localhostProfile: Invalid value: \" a\": must not be padded with whitespace",
            ),
        ),
    ]);
}

#[test]
fn resources_of_a_pod_suffice_for_its_containers() {
    let needs = |cpu: &str| json!({"requests": {"cpu": cpu}});
    let of = |own: &str, init: Value| {
        let spec = json!({"resources": needs(own), "initContainers": init});
        merged(container(json!({"resources": needs("500m")})), json!({"spec": spec}))
    };
    let init = |policy: Value, cpu: &str| {
        let name = format!("init-{cpu}");
        json!({"name": name, "image": "busybox:1", "restartPolicy": policy, "resources": needs(cpu)})
    };
    check_creation([
        (
            of("600m", json!([init(json!("Always"), "200m")])),
            newer(
                "spec.resources.requests[cpu]: Invalid value: \"600m\": must be greater than or equal to aggregate container requests of 700m",
            ),
        ),
        (
            of("1", json!([init(json!("Always"), "200m"), init(Value::Null, "1")])),
            newer(
                "spec.resources.requests[cpu]: Invalid value: \"1\": must be greater than or equal to aggregate container requests of 1200m",
            ),
        ),
        (of("700m", json!([init(Value::Null, "600m")])), same("")),
        (
            merged(
                container(json!({"resources": needs("2")})),
                json!({"spec": {"resources": {"limits": {"cpu": "1"}}}}),
            ),
            newer(
                "spec.resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1",
            ),
        ),
    ]);
    let mut cluster = Cluster::with(Features::default());
    let limits = json!({"limits": {"cpu": "1", "memory": "1Gi"}});
    cluster.create(pod(json!({"resources": limits})));
    let stored = cluster.value(Kind::Pod, "web-0");
    assert_eq!(stored["spec"]["resources"]["requests"], limits["limits"]);
    assert_eq!(stored["status"]["qosClass"], json!("Guaranteed"));
}

#[test]
fn claims_are_named_once() {
    let claims = |list: Value| {
        let claims =
            json!([{"name": "b", "resourceClaimName": "x"}, {"name": "a", "resourceClaimName": "y"}]);
        merged(container(json!({"resources": {"claims": list}})), json!({"spec": {"resourceClaims": claims}}))
    };
    check_creation([
        (
            claims(json!([{"name": "a", "request": "x"}, {"name": "a"}])),
            newer("spec.containers[0].resources.claims[1]: Duplicate value: \"a\""),
        ),
        (
            claims(json!([{"name": "a"}, {"name": "a", "request": "x"}])),
            newer("spec.containers[0].resources.claims[1]: Duplicate value: \"a\""),
        ),
        (
            claims(json!([{"name": "c"}])),
            newer(
                "spec.containers[0].resources.claims[0]: Not found: \"c\": must be one of the names in pod.spec.resourceClaims: a, b",
            ),
        ),
    ]);
}
