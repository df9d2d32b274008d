//! What Tab offers, line by line: kubectl's words, the shell's own, files.

use session::{Session, Start, StartWorld};

/// A set with two pods that has seen a rollout.
fn session() -> Session {
    let mut session = Session::new(Start { world: StartWorld::Manifest, ..Start::default() });
    for line in [
        "kubectl apply -f stateful-demo.yaml",
        "kubectl rollout status sts/myapp",
        "kubectl set image sts/myapp myapp-pod=nginx:1.28",
        "kubectl rollout status sts/myapp",
        "kubectl create namespace team-a",
    ] {
        session.run(line);
        assert!(session.finish(600_000), "{line}");
    }
    session
}

/// The words that are offered, with `+` where no blank follows, and what of the line they replace.
fn offered(session: &Session, line: &str) -> (String, String) {
    let found = session.complete(line);
    let words: Vec<&str> = found.candidates.iter().map(|candidate| candidate.text.as_str()).collect();
    let open = if found.open { "+" } else { "" };
    (format!("{}{open}", words.join(" ")), line[found.from..].to_owned())
}

#[test]
fn words_are_offered_where_they_may_stand() {
    let session = session();
    let cases = [
        // The shell's own words.
        ("ku", "kubectl", "ku"),
        ("kubectl get pods | ta", "tac tail", "ta"),
        ("echo $(ku", "kubectl", "ku"),
        ("for i in 1 2; do sle", "sleep", "sle"),
        ("cat st", "stateful-demo.yaml", "st"),
        ("timeout 5 kubectl vers", "version", "vers"),
        ("echo st", "", "st"),
        ("kubectl get pods > st", "stateful-demo.yaml", "st"),
        // Verbs and their subcommands.
        ("kubectl des", "describe", "des"),
        ("k roll", "rollout", "roll"),
        ("kubectl rollout ", "history pause restart resume status undo", ""),
        ("kubectl -n default sca", "scale", "sca"),
        ("kubectl nonsense ", "", ""),
        // Types and names.
        ("kubectl get stat", "statefulsets.apps", "stat"),
        ("kubectl get pods,persistentvolumec", "pods,persistentvolumeclaims", "pods,persistentvolumec"),
        ("kubectl get pods ", "myapp-0 myapp-1", ""),
        ("kubectl get pods myapp-0 ", "myapp-1", ""),
        ("kubectl get pod/", "pod/myapp-0 pod/myapp-1", "pod/"),
        ("kubectl delete sts/m", "sts/myapp", "sts/m"),
        ("kubectl get sts/myapp stat", "statefulsets.apps/+", "stat"),
        ("kubectl get po -n kube-system ", "", ""),
        ("kubectl rollout status ", "deployment daemonset statefulset", ""),
        ("kubectl rollout status sts/myapp ", "", ""),
        ("kubectl scale sts ", "myapp", ""),
        ("kubectl cordon node-", "node-1 node-2 node-3", "node-"),
        ("kubectl exec myapp-0 -- l", "", "l"),
        ("kubectl exec my", "myapp-0 myapp-1", "my"),
        ("kubectl logs statefulsets/", "statefulsets/myapp", "statefulsets/"),
        ("kubectl logs dep", "deployments/+", "dep"),
        ("kubectl logs myapp-0 ", "myapp-pod", ""),
        // Flags and their values.
        ("kubectl get pods --no-h", "--no-headers", "--no-h"),
        ("kubectl get pods -A --all-n", "", "--all-n"),
        ("kubectl get pods -o wi", "wide", "wi"),
        ("kubectl get pods -o=", "", "-o="),
        ("kubectl get pods --output=ya", "--output=yaml", "--output=ya"),
        ("kubectl get pods -n te", "team-a", "te"),
        ("kubectl -n ", "default kube-node-lease kube-public kube-system team-a", ""),
        ("kubectl logs myapp-0 -c ", "myapp-pod", ""),
        ("kubectl apply -f st", "stateful-demo.yaml", "st"),
        ("kubectl apply --filename=st", "--filename=stateful-demo.yaml", "--filename=st"),
        (
            "kubectl rollout undo sts/myapp --to-revision=",
            "--to-revision=1 --to-revision=2",
            "--to-revision=",
        ),
        ("kubectl rollout history sts myapp --revision ", "1 2", ""),
        ("kubectl delete pod myapp-0 --cascade=o", "--cascade=orphan", "--cascade=o"),
        ("kubectl explain stat", "statefulsets+", "stat"),
        // The kubeconfig.
        ("kubectl config set", "set set-cluster set-context set-credentials", "set"),
        ("kubectl config delete-cluster ", "kubernetes", ""),
        ("kubectl config delete-user ", "kubernetes-admin", ""),
        ("kubectl config set-context a --user=", "--user=kubernetes-admin", "--user="),
        ("kubectl config set-cluster a --certificate-authority st", "stateful-demo.yaml", "st"),
    ];
    for (line, words, replaced) in cases {
        let (found, of) = offered(&session, line);
        assert_eq!((found.as_str(), of.as_str()), (words, replaced), "{line}");
    }
}

#[test]
fn to_complete_changes_nothing() {
    let session = session();
    let before = session.digest();
    session.complete("kubectl get pods ");
    assert_eq!(session.digest(), before);
}
