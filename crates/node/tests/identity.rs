//! What a pod sees of itself and its peers: files, names, environment.

use client::Listers;
use client::api::Stream;
use client::api::{Change, WatchEvent};
use k8s_openapi::api::core::v1::Pod;
use machinery::{Kind, Object};
use node::runtime::Runtime;
use node::{dns, exec};
use serde_json::{Value, json};

fn pod(name: &str, ip: &str, extra: Value) -> Value {
    let mut spec = json!({
        "hostname": name,
        "subdomain": "web",
        "nodeName": "node-1",
        "containers": [{"name": "nginx", "env": [
            {"name": "MODE", "value": "test"},
            {"name": "ME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "INDEX", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['index']"}}},
        ], "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
    });
    for (key, value) in extra.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({
        "metadata": {"name": name, "namespace": "default", "labels": {"index": "7"}},
        "spec": spec,
        "status": {
            "podIP": ip,
            "podIPs": [{"ip": ip}],
            "containerStatuses": [{
                "name": "nginx", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                "state": {"running": {}},
            }],
        },
    })
}

fn listers() -> Listers {
    let endpoint = |name: &str, ip: &str, ready| {
        json!({
            "addresses": [ip], "hostname": name, "conditions": {"ready": ready},
        })
    };
    let aliases = json!({"hostAliases": [{"ip": "10.1.2.3", "hostnames": ["db", "cache"]}]});
    let waiting = json!({"containers": [{"name": "idle"}]});
    let objects = [
        (Kind::Namespace, json!({"metadata": {"name": "default"}})),
        (
            Kind::Service,
            json!({
                "metadata": {"name": "web", "namespace": "default"},
                "spec": {"clusterIP": "None", "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]},
            }),
        ),
        (
            Kind::Service,
            json!({
                "metadata": {"name": "my-api", "namespace": "default"},
                "spec": {"clusterIP": "10.96.5.5", "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]},
            }),
        ),
        (
            Kind::Service,
            json!({
                "metadata": {"name": "elsewhere", "namespace": "default"},
                "spec": {"type": "ExternalName", "externalName": "web.default.svc.cluster.local"},
            }),
        ),
        (
            Kind::EndpointSlice,
            json!({
                "metadata": {
                    "name": "web-x", "namespace": "default",
                    "labels": {"kubernetes.io/service-name": "web"},
                },
                "addressType": "IPv4",
                "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
                "endpoints": [endpoint("web-0", "10.244.1.2", true), endpoint("web-1", "10.244.2.2", false)],
            }),
        ),
        (Kind::Pod, pod("web-0", "10.244.1.2", json!({}))),
        (Kind::Pod, pod("web-1", "10.244.2.2", aliases)),
        (Kind::Pod, pod("web-2", "10.244.3.2", waiting)),
        (Kind::Pod, pod("web-3", "10.244.3.3", json!({"nodeName": ""}))),
    ];
    let mut listers = Listers::default();
    for (kind, value) in objects {
        add(&mut listers, kind, value);
    }
    listers
}

fn add(listers: &mut Listers, kind: Kind, value: Value) {
    let object = Object::from_value(kind, value).expect("decodes");
    listers.apply(&WatchEvent { change: Change::Added, object, old: None });
}

fn run(pod: &str, line: &str) -> (String, String, i32) {
    let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let output = exec::exec(&listers(), &mut Runtime::default(), "default", pod, "", &words)
        .expect("the container runs");
    (output.text(Stream::Out), output.text(Stream::Err), output.exit_code)
}

#[test]
fn commands_print_what_they_print_in_a_container() {
    let hosts = "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\
         fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n\
         10.244.2.2\tweb-1.web.default.svc.cluster.local\tweb-1\n\n# Entries added by HostAliases.\n10.1.2.3\tdb\tcache\n";
    let resolv = "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\n\
         options ndots:5\n";
    let cases = [
        ("hostname", "web-1\n", "", 0),
        ("hostname -f", "web-1.web.default.svc.cluster.local\n", "", 0),
        ("hostname -s", "web-1\n", "", 0),
        ("hostname -d", "web.default.svc.cluster.local\n", "", 0),
        ("hostname -i", "10.244.2.2\n", "", 0),
        ("cat /etc/hosts", hosts, "", 0),
        ("cat /etc/resolv.conf", resolv, "", 0),
        ("cat /nope", "", "cat: can't open '/nope': No such file or directory\n", 1),
        ("echo a b", "a b\n", "", 0),
        ("printenv ME", "web-1\n", "", 0),
        ("printenv INDEX", "7\n", "", 0),
        ("printenv NOPE", "", "", 1),
        ("ls /data", "", "", 0),
        ("ls -l /data", "", "ls: only `ls [-1] PATH…` is simulated\n", 1),
        ("ls /nope", "", "ls: /nope: No such file or directory\n", 1),
    ];
    for (line, stdout, stderr, code) in cases {
        assert_eq!(run("web-1", line), (stdout.to_owned(), stderr.to_owned(), code), "{line}");
    }
}

#[test]
fn a_shell_runs_simple_commands() {
    let shell = |line: &str| {
        let words = ["sh", "-c", line].map(str::to_owned);
        let output = exec::exec(&listers(), &mut Runtime::default(), "default", "web-0", "", &words)
            .expect("the container runs");
        (output.text(Stream::Out), output.text(Stream::Err), output.exit_code)
    };
    assert_eq!(shell("echo hello"), ("hello\n".to_owned(), String::new(), 0));
    assert_eq!(shell("nope"), (String::new(), "sh: nope: not found\n".to_owned(), 127));
    for line in
        ["echo a | cat", "for", "echo 'a", "a=b", "echo $(", "echo &", "&& echo", "echo 2>x", "echo >"]
    {
        assert_eq!(shell(line).2, 2, "{line}");
    }
}

#[test]
fn a_program_that_the_image_lacks_is_not_started() {
    let cases = [
        ("foo bar", "exec: \"foo\": executable file not found in $PATH"),
        ("/bin/foo", "exec: \"/bin/foo\": stat /bin/foo: no such file or directory"),
    ];
    for (line, why) in cases {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let refused = exec::exec(&listers(), &mut Runtime::default(), "default", "web-0", "", &words);
        let message = refused.expect_err("it is not there").message;
        let start = "Internal error occurred: Internal error occurred: error executing command in container: \
                     failed to exec in container: failed to start exec \"";
        let rest = message.strip_prefix(start).unwrap_or_default();
        let (id, rest) = rest.split_at_checked(64).expect(&message);
        assert!(id.chars().all(|c| c.is_ascii_hexdigit()), "{message}");
        let end =
            format!("\": OCI runtime exec failed: exec failed: unable to start container process: {why}");
        assert_eq!(rest, end);
    }
}

#[test]
fn variables_stand_for_what_they_refer_to() {
    let key = |kind: &str, name: &str, optional: bool| json!({kind: {"name": name, "key": "k", "optional": optional}});
    let resource =
        |name: &str, divisor: &str| json!({"resourceFieldRef": {"resource": name, "divisor": divisor}});
    let from = [
        ("CPU", resource("limits.cpu", "0")),
        ("CPU_M", resource("limits.cpu", "1m")),
        ("MEM", resource("requests.memory", "1Mi")),
        ("ROOM", resource("limits.memory", "1Gi")),
        ("NONE", resource("requests.cpu", "1")),
        ("IPS", json!({"fieldRef": {"fieldPath": "status.podIPs"}})),
        ("MAP", key("configMapKeyRef", "there", false)),
        ("SECRET", key("secretKeyRef", "there", true)),
        ("ABSENT", key("configMapKeyRef", "nope", true)),
        ("ABSENT_TOO", key("secretKeyRef", "nope", true)),
    ];
    let mut env: Vec<Value> =
        from.into_iter().map(|(name, source)| json!({"name": name, "valueFrom": source})).collect();
    env.push(
        json!({"name": "SUM", "value": "$(CPU):$(MAP):$(MY_API_SERVICE_PORT):$(LATER):$$(CPU):$(HOSTNAME)"}),
    );
    env.push(json!({"name": "LATER", "value": "x"}));
    env.push(json!({"name": "k", "value": "instead of the Secret's"}));
    let resources = json!({"limits": {"cpu": "500m"}, "requests": {"memory": "1500Ki"}});
    let whole = json!([
        {"prefix": "ALL_", "configMapRef": {"name": "there"}},
        {"secretRef": {"name": "there"}},
        {"prefix": "ALL_", "secretRef": {"name": "there"}},
        {"configMapRef": {"name": "nope", "optional": true}},
    ]);
    let container = json!({"name": "nginx", "envFrom": whole, "env": env, "resources": resources});
    let pod = pod("web-7", "10.244.1.7", json!({"containers": [container]}));
    let mut listers = listers();
    let node = json!({"metadata": {"name": "node-1"}, "status": {"allocatable": {"memory": "32Gi"}}});
    let there = |key: &str, value: &str| json!({"metadata": {"name": "there", "namespace": "default"}, key: {"k": value}});
    let objects = [
        (Kind::Node, node),
        (Kind::ConfigMap, there("data", "m")),
        (Kind::Secret, there("data", "cw==")),
        (Kind::Pod, pod),
    ];
    for (kind, value) in objects {
        add(&mut listers, kind, value);
    }
    let words = ["env".to_owned()];
    let output =
        exec::exec(&listers, &mut Runtime::default(), "default", "web-7", "", &words).expect("it runs");
    let text = output.text(Stream::Out);
    let own: Vec<&str> = text.lines().skip(2).take_while(|line| !line.starts_with("MY_API")).collect();
    let expected = [
        "ALL_k=s",
        "CPU=1",
        "CPU_M=500",
        "MEM=2",
        "ROOM=32",
        "NONE=0",
        "IPS=10.244.1.7",
        "MAP=m",
        "SECRET=s",
        "SUM=1:m:8080:$(LATER):$(CPU):$(HOSTNAME)",
        "LATER=x",
        "k=instead of the Secret's",
    ];
    assert_eq!(own, expected);
}

#[test]
fn services_with_an_address_are_in_the_environment() {
    let (stdout, _, _) = run("web-0", "env");
    let lines: Vec<&str> = stdout.lines().filter(|line| line.starts_with("MY_API")).collect();
    assert_eq!(
        lines,
        [
            "MY_API_SERVICE_HOST=10.96.5.5",
            "MY_API_SERVICE_PORT=8080",
            "MY_API_SERVICE_PORT_HTTP=8080",
            "MY_API_PORT=tcp://10.96.5.5:8080",
            "MY_API_PORT_8080_TCP=tcp://10.96.5.5:8080",
            "MY_API_PORT_8080_TCP_PROTO=tcp",
            "MY_API_PORT_8080_TCP_PORT=8080",
            "MY_API_PORT_8080_TCP_ADDR=10.96.5.5",
        ]
    );
    assert!(!stdout.contains("WEB_SERVICE"), "a headless service has no address");
}

#[test]
fn only_a_running_container_takes_a_command() {
    let refusal = |pod: &str, container: &str| {
        let words = ["true".to_owned()];
        exec::exec(&listers(), &mut Runtime::default(), "default", pod, container, &words)
            .expect_err("is refused")
            .message
    };
    assert_eq!(refusal("nope", ""), "pods \"nope\" not found");
    assert_eq!(refusal("web-0", "nope"), "container nope is not valid for pod web-0");
    assert_eq!(
        refusal("web-2", ""),
        "Internal error occurred: unable to upgrade connection: container not found (\"idle\")"
    );
    assert_eq!(refusal("web-3", ""), "pod web-3 does not have a host assigned");
}

#[test]
fn sidecars_take_commands_and_init_containers_that_have_ended_do_not() {
    let mut pod = pod(
        "web-8",
        "10.244.1.8",
        json!({"initContainers": [
            {"name": "side", "restartPolicy": "Always", "env": [{"name": "WHO", "value": "side"}]}, {"name": "init"},
        ]}),
    );
    let status = |name: &str, state: Value| json!({"name": name, "image": "", "imageID": "", "ready": true, "restartCount": 0, "state": state});
    pod["status"]["initContainerStatuses"] = json!([
        status("side", json!({"running": {}})),
        status("init", json!({"terminated": {"exitCode": 0}})),
    ]);
    let mut listers = listers();
    add(&mut listers, Kind::Pod, pod);
    let ask = |container: &str| {
        let words = ["printenv", "WHO"].map(str::to_owned);
        exec::exec(&listers, &mut Runtime::default(), "default", "web-8", container, &words)
    };
    assert_eq!(ask("side").expect("it runs").text(Stream::Out), "side\n");
    let refusal = ask("init").expect_err("it has ended").message;
    assert!(refusal.ends_with("container not found (\"init\")"), "{refusal}");
    assert_eq!(ask("").expect("the first of its own").text(Stream::Out), "");
}

#[test]
fn a_pods_host_name_can_be_its_full_name() {
    let mut listers = listers();
    add(&mut listers, Kind::Pod, pod("web-9", "10.244.1.9", json!({"setHostnameAsFQDN": true})));
    let full = "web-9.web.default.svc.cluster.local\n";
    for (line, expected) in [
        ("hostname", full),
        ("hostname -f", full),
        ("hostname -s", "web-9\n"),
        ("printenv HOSTNAME", full),
        ("cat /etc/hostname", full),
    ] {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let output = exec::exec(&listers, &mut Runtime::default(), "default", "web-9", "", &words);
        assert_eq!(output.expect("it runs").text(Stream::Out), expected, "{line}");
    }
}

#[test]
fn names_resolve_along_the_search_path() {
    let listers = listers();
    let addresses = |name: &str| {
        let value = pod("web-1", "10.244.2.2", json!({}));
        let object = Object::from_value(Kind::Pod, value).expect("decodes");
        let pod = object.get::<Pod>().expect("a pod").clone();
        let found = dns::Resolver { listers: &listers, pod: &pod }.addresses(name);
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let cases = [
        ("web-1", Some("10.244.2.2")),
        ("web-0", None),
        ("web-0.web", Some("10.244.1.2")),
        ("web-0.web.default", Some("10.244.1.2")),
        ("web-0.web.default.svc.cluster.local", Some("10.244.1.2")),
        ("web-0.web.default.svc.cluster.local.", Some("10.244.1.2")),
        ("web-0.web.", None),
        ("web-1.web", None),
        ("web", Some("10.244.1.2")),
        ("my-api", Some("10.96.5.5")),
        ("elsewhere", Some("10.244.1.2")),
        ("localhost", Some("127.0.0.1")),
        ("10.0.0.1", Some("10.0.0.1")),
        ("example.com", None),
    ];
    for (name, expected) in cases {
        assert_eq!(addresses(name).first().map(String::as_str), expected, "{name}");
    }
}

#[test]
fn the_zone_lists_names_ports_and_reverse_names_once() {
    let records: Vec<String> = dns::records(&listers()).iter().map(ToString::to_string).collect();
    assert_eq!(
        records,
        [
            "elsewhere.default.svc.cluster.local. 30 IN CNAME web.default.svc.cluster.local.",
            "my-api.default.svc.cluster.local. 30 IN A 10.96.5.5",
            "_http._tcp.my-api.default.svc.cluster.local. 30 IN SRV 0 100 8080 my-api.default.svc.cluster.local.",
            "5.5.96.10.in-addr.arpa. 30 IN PTR my-api.default.svc.cluster.local.",
            "web.default.svc.cluster.local. 30 IN A 10.244.1.2",
            "_http._tcp.web.default.svc.cluster.local. 30 IN SRV 0 100 80 web-0.web.default.svc.cluster.local.",
            "web-0.web.default.svc.cluster.local. 30 IN A 10.244.1.2",
            "2.1.244.10.in-addr.arpa. 30 IN PTR web-0.web.default.svc.cluster.local.",
        ]
    );
}
