//! What containers write, where it lies and how long, and what their web server answers.

use client::Listers;
use client::api::{Change, Stream, WatchEvent};
use machinery::{Kind, Object};
use node::exec;
use node::runtime::Runtime;
use serde_json::{Value, json};

fn pod(name: &str, ip: &str, image: &str, spec: Value) -> Value {
    let mut container = json!({"name": "c", "image": image});
    container["volumeMounts"] = spec["mounts"].clone();
    json!({
        "metadata": {"name": name, "namespace": "default", "uid": spec["uid"]},
        "spec": {"nodeName": "node-1", "hostname": name, "volumes": spec["volumes"], "containers": [container]},
        "status": {
            "phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}],
            "containerStatuses": [{
                "name": "c", "image": "", "imageID": "", "ready": true, "restartCount": spec["restarts"],
                "state": {"running": {}},
            }],
        },
    })
}

fn writer(uid: &str, restarts: u32) -> Value {
    let spec = json!({
        "uid": uid, "restarts": restarts,
        "mounts": [
            {"name": "data", "mountPath": "/usr/share/nginx/html"},
            {"name": "data", "mountPath": "/sub", "subPath": "deep"},
            {"name": "scratch", "mountPath": "/scratch"},
            {"name": "settings", "mountPath": "/settings"},
        ],
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "scratch", "emptyDir": {}},
            {"name": "settings", "configMap": {"name": "settings"}},
        ],
    });
    pod("writer", "10.244.1.1", "ikubernetes/myapp:v1", spec)
}

fn volume(phase: &str, policy: &str) -> Value {
    json!({
        "metadata": {"name": "pv001", "uid": "volume"}, "status": {"phase": phase},
        "spec": {"persistentVolumeReclaimPolicy": policy},
    })
}

struct Cluster {
    listers: Listers,
    runtime: Runtime,
}

impl Cluster {
    fn new() -> Cluster {
        let endpoint = |ip: &str, ready| json!({"addresses": [ip], "conditions": {"ready": ready}});
        let plain = |uid: &str| json!({"uid": uid, "restarts": 0, "mounts": [], "volumes": []});
        let slice = json!({
            "metadata": {
                "name": "web-x", "namespace": "default", "labels": {"kubernetes.io/service-name": "web"},
            },
            "addressType": "IPv4",
            "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
            "endpoints": [endpoint("10.244.1.2", true), endpoint("10.244.1.3", true), endpoint("10.244.1.4", false)],
        });
        let mut cluster = Cluster { listers: Listers::default(), runtime: Runtime::default() };
        for (kind, value) in [
            (Kind::Namespace, json!({"metadata": {"name": "default"}})),
            (
                Kind::PersistentVolumeClaim,
                json!({"metadata": {"name": "data", "namespace": "default"}, "spec": {"volumeName": "pv001"}}),
            ),
            (Kind::PersistentVolume, volume("Bound", "Retain")),
            (
                Kind::Service,
                json!({
                    "metadata": {"name": "web", "namespace": "default"},
                    "spec": {"clusterIP": "10.96.0.50", "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]},
                }),
            ),
            (Kind::EndpointSlice, slice),
            (Kind::Pod, writer("first", 0)),
            (Kind::Pod, pod("one", "10.244.1.2", "ikubernetes/myapp:v1", plain("one"))),
            (Kind::Pod, pod("two", "10.244.1.3", "docker.io/ikubernetes/myapp:v2", plain("two"))),
            (Kind::Pod, pod("redis", "10.244.1.5", "redis:7", plain("redis"))),
        ] {
            cluster.change(Change::Added, kind, value);
        }
        cluster
    }

    fn change(&mut self, change: Change, kind: Kind, value: Value) {
        let object = Object::from_value(kind, value).expect("decodes");
        let old = self.listers.object(&object.key()).cloned();
        let event = WatchEvent { change, object, old };
        self.listers.apply(&event);
        self.runtime.on_event(&event);
    }

    /// What a shell line in `writer` prints, complaints last.
    fn sh(&mut self, line: &str) -> String {
        let words = ["sh", "-c", line].map(str::to_owned);
        let output = exec::exec(&self.listers, &mut self.runtime, "default", "writer", "", &words);
        let output = output.expect("the container runs");
        let code = if output.exit_code == 0 { String::new() } else { format!("[{}]", output.exit_code) };
        output.text(Stream::Out) + &output.text(Stream::Err) + &code
    }

    fn check(&mut self, cases: &[(&str, &str)]) {
        for (line, expected) in cases {
            assert_eq!(self.sh(line), *expected, "{line}");
        }
    }
}

#[test]
fn lines_write_and_read_files() {
    Cluster::new().check(&[
        ("echo a > /srv/f && cat /srv/f", "a\n"),
        ("echo b >> /srv/f; cat /srv/f", "a\nb\n"),
        ("echo c >/srv/./x/../f; cat /srv/f; ls /srv", "c\nf\n"),
        ("echo 'a  b' \"$HOSTNAME  c\" $NOPE d", "a  b writer  c d\n"),
        ("echo \"$(hostname)\" > /srv/h; cat /srv/h; echo x$(cat /srv/h)y", "writer\nxwritery\n"),
        ("echo -n a > /srv/n; cat /srv/n", "a"),
        ("false && echo a || echo b; echo c", "b\nc\n"),
        ("nope > /srv/e; cat /srv/e", "sh: nope: not found\n"),
        ("echo a > /dev/null", ""),
        ("echo a > /sub/x; ls /usr/share/nginx/html; cat /usr/share/nginx/html/deep/x", "deep\na\n"),
        ("echo a > /nope/f", "sh: can't create /nope/f: nonexistent directory\n[1]"),
        ("echo a > /scratch", "sh: can't create /scratch: Is a directory\n[1]"),
        ("echo a > /settings/f", "sh: can't create /settings/f: Read-only file system\n[1]"),
        ("cat /scratch", "cat: read error: Is a directory\n[1]"),
        ("cat /scratch/f", "cat: can't open '/scratch/f': No such file or directory\n[1]"),
        ("ls /scratch; ls /scratch/f", "ls: /scratch/f: No such file or directory\n[1]"),
    ]);
}

#[test]
fn files_come_and_go() {
    Cluster::new().check(&[
        ("touch /scratch/a /scratch/b; ls /scratch", "a\nb\n"),
        ("echo a > /scratch/a; touch /scratch/a /scratch; cat /scratch/a", "a\n"),
        ("rm /scratch/a; ls /scratch", "b\n"),
        ("rm /scratch/a", "rm: can't remove '/scratch/a': No such file or directory\n[1]"),
        ("rm -f /scratch/a /scratch/b; ls /scratch", ""),
        ("rm /scratch", "rm: '/scratch' is a directory\n[1]"),
        ("rm -r /scratch", "rm: only `rm [-f] FILE…` is simulated\n[1]"),
        (
            "touch /nope/f /settings/f",
            "touch: /nope/f: No such file or directory\ntouch: /settings/f: Read-only file system\n[1]",
        ),
    ]);
}

#[test]
fn a_shell_exits_as_it_is_told() {
    Cluster::new().check(&[
        ("echo a; exit 3; echo b", "a\n[3]"),
        ("false; exit", "[1]"),
        ("echo $(echo a; exit 2)b", "ab\n"),
        ("exit x", "sh: exit: Illegal number: x\n[2]"),
    ]);
}

#[test]
fn files_live_as_long_as_what_they_lie_on() {
    let write = "echo a > /usr/share/nginx/html/f; echo b > /scratch/f; echo c > /srv/f";
    let read = "cat /usr/share/nginx/html/f; cat /scratch/f; cat /srv/f";
    let gone = |path: &str| format!("cat: can't open '{path}': No such file or directory\n");
    let mut cluster = Cluster::new();
    cluster.check(&[(write, ""), (read, "a\nb\nc\n")]);
    cluster.change(Change::Modified, Kind::Pod, writer("first", 1));
    assert_eq!(cluster.sh(read), format!("a\nb\n{}[1]", gone("/srv/f")), "the container came back");
    cluster.change(Change::Deleted, Kind::Pod, writer("first", 1));
    cluster.change(Change::Added, Kind::Pod, writer("second", 0));
    let rest = gone("/scratch/f") + &gone("/srv/f");
    assert_eq!(cluster.sh(read), format!("a\n{rest}[1]"), "another pod came");
    let read = "cat /usr/share/nginx/html/f";
    for (phase, policy, expected) in [
        ("Released", "Retain", "a\n".to_owned()),
        ("Available", "Retain", "a\n".to_owned()),
        ("Released", "Recycle", "a\n".to_owned()),
        ("Available", "Recycle", gone("/usr/share/nginx/html/f") + "[1]"),
    ] {
        cluster.change(Change::Modified, Kind::PersistentVolume, volume(phase, policy));
        assert_eq!(cluster.sh(read), expected, "{phase}, {policy}");
    }
    cluster.sh(write);
    cluster.change(Change::Deleted, Kind::PersistentVolume, volume("Available", "Recycle"));
    cluster.change(Change::Added, Kind::PersistentVolume, volume("Bound", "Retain"));
    assert_eq!(cluster.sh(read), gone("/usr/share/nginx/html/f") + "[1]", "the volume is another");
}

#[test]
fn what_is_written_is_bounded() {
    let mut cluster = Cluster::new();
    for number in 0..100 {
        assert_eq!(cluster.sh(&format!("echo a > /scratch/{number}")), "");
    }
    let full = "sh: write error: No space left on device\n[1]";
    assert_eq!(cluster.sh("echo a > /scratch/more"), full);
    let long = format!("echo {} >> /srv/long", "a".repeat(40_000));
    assert_eq!(cluster.sh(&long), "");
    assert_eq!(cluster.sh(&long), full);
    // A script that calls itself ends.
    let ends = cluster.sh("echo 'sh -c \"$(cat /srv/s)\"' > /srv/s; sh -c \"$(cat /srv/s)\"");
    assert_eq!(ends, "sh: shells within shells are not simulated so deep\n[2]");
}

#[test]
fn the_tutorials_image_answers() {
    let hello =
        |version| format!("Hello MyApp | Version: {version} | <a href=\"hostname.html\">Pod Name</a>\n");
    let (one, two) = (hello("v1"), hello("v2"));
    let curl_fails =
        "curl: (7) Failed to connect to redis port 80 after 0 ms: Couldn't connect to server\n[7]";
    Cluster::new().check(&[
        ("wget -qO- 10.244.1.2", &one),
        ("wget -q -O - http://10.244.1.3/", &two),
        ("curl 10.244.1.3/hostname.html", "two\n"),
        // A service's ready endpoints answer in turn.
        ("curl -s web:8080/hostname.html", "one\n"),
        ("curl -s web:8080/hostname.html", "two\n"),
        ("curl -s http://web.default.svc.cluster.local:8080/", &one),
        ("wget -qO- web", "wget: can't connect to remote host (10.96.0.50): Connection refused\n[1]"),
        ("wget -qO- 10.244.1.5", "wget: can't connect to remote host (10.244.1.5): Connection refused\n[1]"),
        ("wget -qO- 10.244.9.9", "wget: can't connect to remote host (10.244.9.9): Host is unreachable\n[1]"),
        ("wget -qO- nope", "wget: bad address 'nope'\n[1]"),
        ("curl -sS nope", "curl: (6) Could not resolve host: nope\n[6]"),
        ("curl -s nope", "[6]"),
        ("curl 10.244.1.5", &curl_fails.replace("redis", "10.244.1.5")),
        // An empty volume hides the image's page; the server still tells its host.
        ("wget -qO- localhost", "wget: server returned error: HTTP/1.1 403 Forbidden\n[1]"),
        ("wget -qO- localhost/nope", "wget: server returned error: HTTP/1.1 404 Not Found\n[1]"),
        ("wget -qO- localhost/hostname.html", "writer\n"),
        ("echo mine > /usr/share/nginx/html/index.html; curl writer", "mine\n"),
        ("wget http://web", "wget: only `wget -qO- URL` is simulated\n[1]"),
    ]);
}
