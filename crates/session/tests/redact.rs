//! What its owner may not want to hand on is left out of a world, and the world can still be replayed.

use machinery::version::Features;
use session::outcome::run;
use session::redact::{Kinds, Redactor};
use session::{Saved, Sensitive, Session, Start, StartWorld};

fn line(line: &str) -> String {
    Redactor::showing(Kinds::default()).line(line, Features::default())
}

#[test]
fn lines_lose_values_and_nothing_else() {
    for (before, after) in [
        ("kubectl get pods -l app=web -o jsonpath='{.items[0]}'", ""),
        (
            "kubectl create secret generic db --from-literal=p=hunter2 --from-literal q='a b'",
            "kubectl create secret generic db --from-literal=p=left-out-1 --from-literal q=left-out-2",
        ),
        (
            "kubectl create secret generic db '--from-literal=p=hunter2'",
            "kubectl create secret generic db --from-literal=p=left-out-1",
        ),
        ("kubectl create configmap c --from-literal=p=hunter2", ""),
        (
            "kubectl create secret docker-registry r --docker-username=me --docker-password \"s$3\"",
            "kubectl create secret docker-registry r --docker-username=left-out-1 --docker-password left-out-2",
        ),
        (
            "kubectl set env sts/web A=1 B- --env=C=2 -e D=1 && echo A=1",
            "kubectl set env sts/web A=left-out-2 B- --env=C=left-out-1 -e D=left-out-2 && echo A=1",
        ),
        ("k run x --image=busybox --env=A=1 -- env", "k run x --image=busybox --env=A=left-out-1 -- env"),
        ("grep -e A=1 f", ""),
        (
            "kubectl annotate sts web note='by me' storageclass.kubernetes.io/is-default-class=true old-",
            "kubectl annotate sts web note=left-out-1 storageclass.kubernetes.io/is-default-class=true old-",
        ),
        ("kubectl patch sts web -p '{\"spec\":{\"replicas\":3}}'", ""),
        (
            "kubectl patch sts web -p '{\"metadata\":{\"annotations\":{\"a\":\"it'\\''s\",\"b\":null}}}'",
            "kubectl patch sts web -p '{\"metadata\":{\"annotations\":{\"a\":\"left-out-1\",\"b\":null}}}'",
        ),
        (
            "kubectl patch secret db -p '{\"stringData\":{\"p\":\"x\"}}'",
            "kubectl patch secret db -p '{\"stringData\":{\"p\":\"left-out-1\"}}'",
        ),
        (
            "kubectl patch sts web --type=json -p '[{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/0/env/-\",\"value\":{\"name\":\"A\",\"value\":\"x\"}}]'",
            "kubectl patch sts web --type=json -p '[{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/0/env/-\",\"value\":{\"name\":\"A\",\"value\":\"left-out-1\"}}]'",
        ),
        (
            "kubectl patch sts web --type=json -p '[{\"op\":\"replace\",\"path\":\"/metadata/annotations/a~1b\",\"value\":\"x\"}]'",
            "kubectl patch sts web --type=json -p '[{\"op\":\"replace\",\"path\":\"/metadata/annotations/a~1b\",\"value\":\"left-out-1\"}]'",
        ),
        (
            "kubectl apply -f - <<'EOF'\nkind: Secret\nstringData: {p: x} # mine\nEOF\necho p: x",
            "kubectl apply -f - <<'EOF'\nkind: Secret\nstringData: {p: left-out-1} # mine\nEOF\necho p: x",
        ),
        (
            "kubectl patch secret db --patch='{\"stringData\":{\"p\":\"x=y\"}}'",
            "kubectl patch secret db --patch='{\"stringData\":{\"p\":\"left-out-1\"}}'",
        ),
        (
            "kubectl patch secret db -p'{\"stringData\":{\"p\":\"x=y\"}}'",
            "kubectl patch secret db -p'{\"stringData\":{\"p\":\"left-out-1\"}}'",
        ),
        (
            "kubectl patch secret/db -p='stringData: {p: x}' -n a",
            "kubectl patch secret/db -p='{\"stringData\":{\"p\":\"left-out-1\"}}' -n a",
        ),
        (
            "kubectl patch secret db --type=json -p '[{\"op\":\"replace\",\"path\":\"/data/p\",\"value\":\"eA==\"}]'",
            "kubectl patch secret db --type=json -p '[{\"op\":\"replace\",\"path\":\"/data/p\",\"value\":\"bGVmdC1vdXQtMQ==\"}]'",
        ),
        ("kubectl patch secret db -p 'stringData: {p: hunter2'", "kubectl patch secret db -p left-out-1"),
        ("kubectl patch sts web -p 'spec: {replicas: 3'", ""),
        (
            "kubectl run x --image=b --overrides='{\"spec\":{\"containers\":[{\"name\":\"x\",\"env\":[{\"name\":\"A\",\"value\":\"y\"}]}]}}'",
            "kubectl run x --image=b --overrides='{\"spec\":{\"containers\":[{\"env\":[{\"name\":\"A\",\"value\":\"left-out-1\"}],\"name\":\"x\"}]}}'",
        ),
        ("kubectl set env sts/web -eA=1", "kubectl set env sts/web -eA=left-out-1"),
        ("kubectl logs -p web-0; kubectl get pods -o'jsonpath={.items}'; wc <x", ""),
        (
            "kubectl apply -f - <<<'kind: Secret\nstringData: {p: x}' # a<b",
            "kubectl apply -f - <<<'kind: Secret\nstringData: {p: left-out-1}' # a<b",
        ),
        (
            "echo \"kind: Secret\nstringData: {p: 'a<b'}\" | kubectl apply -f -",
            "echo 'kind: Secret\nstringData: {p: left-out-1}' | kubectl apply -f -",
        ),
        (
            "kubectl --token=t0k get pods --token t0k",
            "kubectl --token=left-out-1 get pods --token left-out-1",
        ),
    ] {
        assert_eq!(line(before), if after.is_empty() { before } else { after });
    }
}

#[test]
fn commands_within_words_lose_values_too() {
    for (before, after) in [
        (
            "echo \"$(kubectl create secret generic db --from-literal=p=hunter2)\"",
            "echo \"$(kubectl create secret generic db --from-literal=p=left-out-1)\"",
        ),
        (
            "X=$(kubectl set env sts/web A=1; echo \"${Y:-$(kubectl set env sts/web A=2)}\")",
            "X=$(kubectl set env sts/web A=left-out-1; echo \"${Y:-$(kubectl set env sts/web A=left-out-2)}\")",
        ),
        (
            "echo \"`kubectl annotate sts web note=\\`whoami\\``\" `date`",
            "echo \"$(kubectl annotate sts web note=left-out-1)\" `date`",
        ),
        (
            "kubectl apply -f - <<-EOF\n\tkind: Secret\n\tstringData: {p: x}\n\tEOF\ncat <<EOF\n$(kubectl set env sts/web A=x) $A\nEOF\n",
            "kubectl apply -f - <<-EOF\nkind: Secret\nstringData: {p: left-out-1}\n\tEOF\ncat <<EOF\n$(kubectl set env sts/web A=left-out-1) $A\nEOF\n",
        ),
        (
            "kubectl patch sts web -p \"{metadata: {annotations: {a: x}, labels: {b: $(kubectl set env sts/web A=y)}}}\"",
            "kubectl patch sts web -p '{\"metadata\":{\"annotations\":{\"a\":\"left-out-2\"},\"labels\":{\"b\":\"$(kubectl set env sts/web A=left-out-1)\"}}}'",
        ),
        (
            "timeout 5 sh -c 'kubectl create secret generic db --from-literal=p=\"a b\" -n a'",
            "timeout 5 sh -c 'kubectl create secret generic db --from-literal=p=left-out-1 -n a'",
        ),
        (
            "bash -c \"kubectl set env sts/web A=1 B- $(kubectl set env sts/a A=1) $1 ${n%-*}\"",
            "bash -c 'kubectl set env sts/web A=left-out-1 B- $(kubectl set env sts/a A=left-out-1) $1 ${n%-*}'",
        ),
        (
            "kubectl annotate $(kubectl get sts -l app=web -o name) a=$(date +n=%s)",
            "kubectl annotate $(kubectl get sts -l app=web -o name) a=left-out-1",
        ),
        ("eval kubectl annotate sts web note=mine", "eval kubectl annotate sts web note=left-out-1"),
        (
            "eval 'kubectl create secret' \"generic db --from-literal=p='a b'\"",
            "eval 'kubectl create secret' 'generic db --from-literal=p=left-out-1'",
        ),
        (
            "watch -n 1 'kubectl --token=t0k get pods'; watch -n 1 \"kubectl get pods\"",
            "watch -n 1 'kubectl --token=left-out-1 get pods'; watch -n 1 \"kubectl get pods\"",
        ),
        (
            "alias ka='kubectl annotate sts web note=mine' ks='kubectl create secret generic'\nks db --from-literal=p=x",
            "alias 'ka=kubectl annotate sts web note=left-out-1' ks='kubectl create secret generic'\nks db --from-literal=p=left-out-2",
        ),
        (
            "sh <<'EOF'\nkubectl apply -f - <<<'env: [{name: A, value: x}]'\nEOF\nbash <<<'kubectl set env sts/web A=x'",
            "sh <<'EOF'\nkubectl apply -f - <<<'env: [{name: A, value: left-out-1}]'\nEOF\nbash <<<'kubectl set env sts/web A=left-out-1'",
        ),
        (
            "sh -c 'kubectl run --image=\"x --env=A=1' && echo",
            "sh -c ''\\''left out: this cannot be read' && echo",
        ),
        ("sh -c 'for i in 1 2; do echo \"$i: it\"; done' # it's", ""),
    ] {
        assert_eq!(line(before), if after.is_empty() { before } else { after });
    }
}

#[test]
fn no_beginning_of_a_line_tells_what_the_line_does_not() {
    let whole = "é=`k annotate po a n=hunter2`; sh -c \"k set env po/a \\\"A=hunter2 é\\\" B=$(k set env po/b C=hunter2)\" # it's\n\
        k apply -f - <<-'é' <<<\"kind: Secret\nstringData: {p: hunter2}\" && eval \"a # k annotate po b c=hunter2\n\"\n\
        \tenv: [{name: é, value: hunter2}]\n\té\n\
        watch -n 1 'k create secret generic db --from-literal=p=hunter2' #k --token hunter2 get é";
    for (end, _) in whole.char_indices() {
        let redacted = line(&whole[..end]);
        assert!(!redacted.contains("hunter2"), "{}\n{redacted}", &whole[..end]);
    }
    assert_eq!(
        line(whole),
        "é=$(k annotate po a n=left-out-1); sh -c 'k set env po/a A=left-out-2 B=left-out-3' # it's\n\
        k apply -f - <<-'é' <<<'kind: Secret\nstringData: {p: left-out-1}' && eval 'a # left out\n'\n\
        env: [{name: é, value: left-out-1}]\n\té\n\
        watch -n 1 'k create secret generic db --from-literal=p=left-out-1' # left out"
    );
}

#[test]
fn comments_and_what_never_ran_are_left_out_where_they_hold_something() {
    let refused = "'left out: this cannot be read";
    for (before, after) in [
        (
            "kubectl get po # it's\nkubectl set env sts/web A=1 # that's\n",
            "kubectl get po # it's\nkubectl set env sts/web A=left-out-1 # that's\n",
        ),
        (
            "echo #kubectl set env sts/web A=1\n## kubectl get env # so\n",
            "echo # left out\n## kubectl get env # so\n",
        ),
        (
            "(echo a#b # kubectl annotate sts web 'n=it\n) # it's a secret",
            "(echo a#b # left out\n) # left out",
        ),
        ("kubectl create secret generic db --from-literal=p='hunter2", refused),
        ("echo $'a'; k annotate sts web n=x\n", "'left out: this cannot be read\n"),
        ("kubectl get pods -l 'app=web", ""),
    ] {
        assert_eq!(line(before), if after.is_empty() { before } else { after });
        let shown = Redactor::showing(Kinds::ALL).line(before, Features::default());
        assert_eq!(shown, before, "what is shown stays");
    }
}

#[test]
fn manifests_keep_their_style() {
    for (before, after) in [
        ("# a\nkind: ConfigMap\ndata: {a: x}\n", ""),
        (
            "kind: Secret\ndata:\n  p: aHVudGVyMg== # once\n  q: \"aHVudGVyMg==\"\n---\nkind: Service\ndata: {p: q}\n",
            "kind: Secret\ndata:\n  p: bGVmdC1vdXQtMQ== # once\n  q: \"bGVmdC1vdXQtMQ==\"\n---\nkind: Service\ndata: {p: q}\n",
        ),
        (
            "kind: Secret\nstringData:\n  p: |\n    one\n    # two\n\ntype: Opaque\n",
            "kind: Secret\nstringData:\n  p: left-out-1\n\ntype: Opaque\n",
        ),
        (
            "spec:\n  template:\n    metadata:\n      annotations:\n        a.b/c: 'x'\n    spec:\n      containers:\n      - env:\n        - {name: A, value: \"x\"}\n        - {name: B, valueFrom: {fieldRef: {fieldPath: metadata.name}}}\n",
            "spec:\n  template:\n    metadata:\n      annotations:\n        a.b/c: left-out-1\n    spec:\n      containers:\n      - env:\n        - {name: A, value: \"left-out-1\"}\n        - {name: B, valueFrom: {fieldRef: {fieldPath: metadata.name}}}\n",
        ),
        // A value that others share by an anchor is left out wherever it stands.
        (
            "env:\n- {name: A, value: &v x}\n- {name: B, value: *v}\n",
            "env:\n- {name: A, value: left-out-1}\n- {name: B, value: left-out-1}\n",
        ),
        // Where a text cannot be edited in place it loses its style.
        (
            "env:\n- {name: A, value: &v x}\nreplicas: *v\n",
            "env:\n- name: A\n  value: left-out-1\nreplicas: x\n",
        ),
        (
            "{\"kind\": \"Secret\", \"stringData\": {\"p\": \"x\"}}",
            "{\"kind\": \"Secret\", \"stringData\": {\"p\": \"left-out-1\"}}",
        ),
        (
            "metadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {\"kind\":\"Secret\",\"stringData\":{\"p\":\"x\"}}\n    kubernetes.io/change-cause: kubectl set env A=1\n",
            "metadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: \"{\\\"kind\\\":\\\"Secret\\\",\\\"stringData\\\":{\\\"p\\\":\\\"left-out-1\\\"}}\\n\"\n    kubernetes.io/change-cause: left-out-2\n",
        ),
        ("kind: Secret\ndata: [\n", "# left out: this cannot be read\n"),
        ("kind: [\n", ""),
    ] {
        let redacted = Redactor::showing(Kinds::default()).manifest(before, Features::default());
        assert_eq!(redacted, if after.is_empty() { before } else { after });
        let all = Redactor::showing(Kinds::ALL).manifest(before, Features::default());
        assert_eq!(all, before, "what is shown stays");
    }
}

#[test]
fn files_of_secrets_are_left_out() {
    let mut redactor = Redactor::showing(Kinds::default());
    redactor.learn("kubectl create secret generic db --from-env-file=db.env --from-file=key=id.txt");
    redactor.learn("sh -c 'kubectl create secret generic --from-file ./a.txt,key=./b.txt'; echo \"$(kubectl create secret tls t --key ./tls.key)\"");
    redactor.learn("kubectl create configmap c --from-file=./other.txt");
    let mut file = |name: &str, text: &str| redactor.file(name, text, Features::default());
    assert_eq!(
        file("db.env", "# of the db\nUSER=me\n\nPASS=x=y\n"),
        "# of the db\nUSER=left-out-1\n\nPASS=left-out-2\n"
    );
    for name in ["id.txt", "a.txt", "b.txt", "tls.key"] {
        assert_eq!(file(name, "one\ntwo\n"), "left-out-3", "{name}");
    }
    assert_eq!(file("other.txt", "one\ntwo\n"), "one\ntwo\n");
}

const MANIFEST: &str = "apiVersion: v1
kind: Secret
metadata: {name: db, annotations: {owner: me}}
data: {password: aHVudGVyMg==}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ikubernetes/myapp:v1
        env:
        - {name: TOKEN, value: first}
";

#[test]
fn a_world_without_its_secrets_goes_the_same_course() {
    let mut session = Session::new(Start { world: StartWorld::Empty, ..Start::default() });
    session.write_file("web.yaml", MANIFEST);
    for line in [
        "kubectl apply -f web.yaml",
        "kubectl set env sts/web TOKEN=second",
        "kubectl create secret generic more --from-literal=password=hunter2",
        "kubectl create secret docker-registry r --docker-username=me --docker-password=hunter2",
        "kubectl annotate sts web owner=me",
    ] {
        run(&mut session, line, 10_000);
        assert!(session.run_until_quiet(600_000));
    }
    let saved = Saved::whole(&session);
    let (redacted, counts) = saved.redacted(Kinds::default());
    let counted: Vec<usize> = Sensitive::ALL.iter().map(|kind| counts[kind]).collect();
    assert_eq!(counted, [2, 2, 1]);
    let text = redacted.to_text();
    for hidden in ["hunter2", "aHVudGVyMg", "first", "second", "owner=me", "owner: me"] {
        assert!(saved.to_text().contains(hidden) && !text.contains(hidden), "{hidden}: {text}");
    }
    let told = |saved: &Saved| {
        let (mut session, at) = saved.open().expect("is sound");
        session.advance(at);
        run(
            &mut session,
            "kubectl get pods,secrets; kubectl get controllerrevisions --no-headers | wc -l",
            10_000,
        );
        let told: Vec<String> = session.log().iter().map(|entry| format!("{:?}", entry.content)).collect();
        told.into_iter().filter(|entry| !entry.starts_with("Command")).collect::<Vec<_>>()
    };
    assert_eq!(told(&redacted), told(&saved));
    assert_eq!(saved.redacted(Kinds::ALL).0, saved);
}

#[test]
fn no_text_is_too_odd() {
    let deep = "/a".repeat(100_000);
    let patch = format!(
        "kubectl patch sts web --type=json -p '[{{\"op\":\"add\",\"path\":\"{deep}\",\"value\":\"x\"}}]'"
    );
    for text in [
        "op: add\n",
        "{\"op\": 1, \"path\": 2}",
        "env:\n- &a {name: A, value: a long value}\n- *a\n- {name: é, value: \"ü\"}\n",
        "kubectl annotate sts web 'n=<<EOF\nkind: Secret\nstringData: {p: é}\nEOF\n'",
        "kubectl set env sts/web A='<<EOF\nenv: [{name: A, value: é}]\nEOF",
        "cat <<A <<B\nA\nkind: Secret\nstringData: {p: é}\nB\n",
        "kubectl create secret generic --from-literal",
        "é='\"\\",
        "\"é`é\\`é\\``$(é ${é",
        &patch,
        &"sh <<A\n".repeat(5_000),
        &"# ".repeat(10_000),
        &format!("{}x{}", "eval \"$(".repeat(29), ")\"".repeat(29)),
    ] {
        let mut redactor = Redactor::showing(Kinds::default());
        redactor.learn(text);
        redactor.line(text, Features::default());
        redactor.manifest(text, Features::default());
        redactor.file("f", text, Features::default());
    }
    let shared = "env:\n- &a {name: A, value: a long value}\n- *a\n";
    let redacted = Redactor::showing(Kinds::default()).manifest(shared, Features::default());
    assert_eq!(redacted, "env:\n- &a {name: A, value: left-out-1}\n- *a\n");
}
