//! `kubectl set env --list`: what variables are, and what their references stand for. A list begins with `#`, so it can be in
//! no transcript.

mod support;

use kubectl::Invocation;
use support::{Cluster, Output};

const POD: &str = "
apiVersion: v1
kind: Pod
metadata:
  name: vars
  labels: {app: web, tier: '1'}
spec:
  initContainers:
  - {name: first, image: nginx}
  containers:
  - name: c
    image: nginx
    resources: {limits: {cpu: 1500m, memory: 64Mi}}
    env:
    - {name: PLAIN, value: here}
    - {name: COLOUR, valueFrom: {configMapKeyRef: {name: settings, key: colour}}}
    - {name: SIZE, valueFrom: {configMapKeyRef: {name: settings, key: size}}}
    - {name: KEY, valueFrom: {secretKeyRef: {name: door, key: key}}}
    - {name: LOCK, valueFrom: {secretKeyRef: {name: door, key: lock}}}
    - {name: NOWHERE, valueFrom: {secretKeyRef: {name: nowhere, key: a}}}
    - {name: NEITHER, valueFrom: {secretKeyRef: {name: nowhere, key: b}}}
    - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: LABEL, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['app']\"}}}
    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    - {name: MEMORY, valueFrom: {resourceFieldRef: {containerName: c, resource: limits.memory, divisor: 1Mi}}}
";

fn run(cluster: &mut Cluster, line: &str, stdin: Option<&str>) -> Output {
    let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    cluster.resume(&mut Invocation::new(&words, stdin.map(str::to_owned)))
}

#[test]
fn a_list_tells_references_and_what_they_stand_for() {
    let mut cluster = Cluster::new();
    cluster.files.0.insert("pod.yaml".to_owned(), POD.to_owned());
    for line in [
        "create configmap settings --from-literal=colour=blue",
        "create secret generic door --from-literal=key=sesame",
        "create service clusterip web --tcp=80",
        "create -f pod.yaml",
    ] {
        assert_eq!(run(&mut cluster, line, None).exit, Some(0), "{line}");
    }
    let references = "# Pod vars, container c
PLAIN=here
# COLOUR from configmap settings, key colour
# SIZE from configmap settings, key size
# KEY from secret door, key key
# LOCK from secret door, key lock
# NOWHERE from secret nowhere, key a
# NEITHER from secret nowhere, key b
# NAME from field path metadata.name
# LABEL from field path metadata.labels['app']
# NODE from field path spec.nodeName
# CPU from resource field limits.cpu
# MEMORY from resource field c/limits.memory
# Pod vars, container first
";
    let values = "# Pod vars, container c
PLAIN=here
COLOUR=blue
# SIZE from configmap settings, key size
KEY=sesame
# LOCK from secret door, key lock
# NOWHERE from secret nowhere, key a
# NEITHER from secret nowhere, key b
NAME=vars
LABEL=web
# NODE from field path spec.nodeName
CPU=2
MEMORY=64
# Pod vars, container first
";
    let unknown = "error retrieving reference for LOCK: key lock not found in secret door
error retrieving reference for NEITHER, NOWHERE: secrets \"nowhere\" not found
error retrieving reference for NODE: unsupported fieldPath: spec.nodeName
error retrieving reference for SIZE: key size not found in config map settings
";
    let cases = [
        ("set env pod/vars --list", None, references, ""),
        ("set env pod/vars --list --resolve", None, values, unknown),
        ("set env pod/vars --resolve", None, "", ""),
        // What is listed is with the change, which is not made.
        ("set env pod/vars -c first A=b --list", None, "# Pod vars, container first\nA=b\n", ""),
        ("set env pod/vars -c first --list", None, "# Pod vars, container first\n", ""),
        (
            "set env pod/vars -c first -e - --list",
            Some("A=b#c\nD\n"),
            "# Pod vars, container first\nA=b\n",
            "",
        ),
        // What has no pods is passed over.
        ("set env svc/web --list", None, "", ""),
    ];
    for (line, stdin, out, err) in cases {
        let expected = Output { out: out.to_owned(), err: err.to_owned(), exit: Some(0) };
        assert_eq!(run(&mut cluster, line, stdin), expected, "{line}");
    }
}
