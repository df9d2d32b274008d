//! What the editor says of a manifest before it is applied: the sentence, the marks, the differences.

use playground::marks::Mark;
use playground::model::Pane;
use playground::trial::Trial;
use playground::{Locale, Model, Msg, update};
use session::worlds::STATEFUL_DEMO;
use session::{Session, Start};

const FILE: &str = "stateful-demo.yaml";

/// A session in which the demo's set has five pods, with these lines typed after that.
fn running(lines: &[&str]) -> Session {
    let mut session = Session::new(Start::default());
    for line in
        ["kubectl apply -f stateful-demo.yaml", "kubectl scale sts myapp --replicas=5"].iter().chain(lines)
    {
        session.run(line);
        session.run_until_quiet(600_000);
    }
    session
}

/// The demo with each pair's first text replaced by its second.
fn demo(replaced: &[(&str, &str)]) -> String {
    replaced.iter().fold(STATEFUL_DEMO.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1)
    })
}

fn trial(session: &Session, text: &str) -> Trial {
    let (digest, written) = (session.digest(), session.log().written());
    let trial = Trial::of(session, FILE, text);
    assert_eq!((session.digest(), session.log().written()), (digest, written), "the session is not touched");
    trial
}

const PARTITION: &str =
    r#"kubectl patch sts myapp -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":3}}}}'"#;
const ON_DELETE: &str =
    r#"kubectl patch sts myapp -p '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}'"#;

#[test]
fn a_sentence_says_what_apply_would_do_to_the_pods() {
    let (two, five) = ("replicas: 2", "replicas: 5");
    let (v1, v2) = ("myapp:v1", "myapp:v2");
    for (lines, replaced, english, chinese) in [
        (
            &[][..],
            &[][..],
            "myapp: replicas 5 → 2; removes 4, then 3, then 2; no pod is replaced",
            "myapp：副本 5 → 2；依次移除 4、3、2；不替换任何 Pod",
        ),
        (&[], &[(two, five)], "no change: file and cluster agree", "没有变化：文件与集群一致"),
        (
            &[],
            &[(two, "replicas: 6")],
            "myapp: replicas 5 → 6; no pod is replaced",
            "myapp：副本 5 → 6；不替换任何 Pod",
        ),
        (
            &[PARTITION],
            &[(two, five), (v1, v2)],
            "myapp: image of myapp-pod myapp:v1 → myapp:v2; replaces 4, then 3; 0–2 stay behind partition 3",
            "myapp：myapp-pod 的镜像 myapp:v1 → myapp:v2；依次替换 4、3；0–2 低于分区 3，保持不动",
        ),
        (
            &[],
            &[(two, five), (v1, v2)],
            "myapp: image of myapp-pod myapp:v1 → myapp:v2; replaces 4, then 3, then 2 … 0",
            "myapp：myapp-pod 的镜像 myapp:v1 → myapp:v2；依次替换 4、3、2 … 0",
        ),
        (
            &[ON_DELETE],
            &[(two, five), ("        image:", "        imagePullPolicy: Always\n        image:")],
            "myapp: another template; no pod is replaced; 0–4 stay until deleted (OnDelete)",
            "myapp：Pod 模板改变；不替换任何 Pod；0–4 保持不动，直到被删除（OnDelete）",
        ),
        // Back to what the lower pods still run: they stay, and the upper ones are replaced again.
        (
            &[PARTITION, "kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:v2"],
            &[(two, five)],
            "myapp: image of myapp-pod myapp:v2 → myapp:v1; replaces 4, then 3",
            "myapp：myapp-pod 的镜像 myapp:v2 → myapp:v1；依次替换 4、3",
        ),
        (
            &["kubectl delete svc myapp-svc"],
            &[(two, five)],
            "creates service/myapp-svc",
            "创建 service/myapp-svc",
        ),
    ] {
        let effect = trial(&running(lines), &demo(replaced)).effect;
        for (locale, expected) in [(Locale::English, english), (Locale::Chinese, chinese)] {
            assert_eq!((locale.words().effect)(&effect), expected, "{lines:?} {replaced:?}");
        }
    }
}

/// `line:column-column message` of each mark.
fn told(marks: &[Mark]) -> Vec<String> {
    let words = Locale::English.words();
    let told = |mark: &Mark| {
        let (start, end) = (mark.span.start, mark.span.end);
        format!("{}:{}-{} {}", start.line, start.column, end.column, (words.mark_note)(&mark.note))
    };
    marks.iter().map(told).collect()
}

#[test]
fn what_is_wrong_is_marked_where_it_stands() {
    for (replaced, expected) in [
        (&[("replicas: 2", "replica: 2")][..], &["20:3-10 unknown field \"spec.replica\""][..]),
        (
            &[("image: ikub", "imagee: ikub"), ("  selector:\n    app", "  selektor:\n    app")],
            &[
                "11:3-11 unknown field \"spec.selektor\"",
                "31:9-15 unknown field \"spec.template.spec.containers[0].imagee\"",
            ],
        ),
        (
            &[("replicas: 2", "replicas: two")],
            &[
                "20:13-16 json: cannot unmarshal string into Go struct field StatefulSetSpec.spec.replicas of type int32",
            ],
        ),
        (
            &[("containerPort: 80", "containerPort: \"80\"")],
            &[
                "33:26-30 json: cannot unmarshal string into Go struct field ContainerPort.spec.template.spec.containers.ports.containerPort of type int32",
            ],
        ),
        (
            &[("kind: Service\n", "kind: [Service\n")],
            &["3:1-1 error converting YAML to JSON: yaml: line 2: did not find expected ',' or ']'"],
        ),
        (
            &[("kind: StatefulSet", "kind: StatefulSets")],
            &[
                "15:7-19 error: resource mapping not found for name: \"myapp\" namespace: \"\" from \"stateful-demo.yaml\": no matches for kind \"StatefulSets\" in version \"apps/v1\"\nensure CRDs are installed first",
            ],
        ),
        (
            &[(
                "    metadata:\n      labels:\n        app: myapp-pod",
                "    metadata:\n      labels:\n        app: other",
            )],
            &[
                "26:7-13 spec.template.metadata.labels: Invalid value: {\"app\":\"other\"}: `selector` does not match template `labels`",
            ],
        ),
        (
            &[("containerPort: 80", "containerPort: 80000")],
            &[
                "33:26-31 spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 80000: must be between 1 and 65535, inclusive",
            ],
        ),
    ] {
        let session = Session::new(Start::default());
        assert_eq!(told(&trial(&session, &demo(replaced)).marks), expected, "{replaced:?}");
    }
}

#[test]
fn a_field_that_cannot_change_is_marked_itself() {
    let session = running(&[]);
    let text = demo(&[("replicas: 2", "replicas: 5"), ("serviceName: myapp-svc", "serviceName: other")]);
    let marks = told(&trial(&session, &text).marks);
    assert!(
        marks[0].starts_with("19:3-14 spec: Forbidden: updates to statefulset spec for fields other than"),
        "{marks:?}"
    );
    assert_eq!(marks[1..], ["19:16-21 live: \"myapp-svc\""]);
}

#[test]
fn where_the_live_object_differs_is_marked() {
    let session = running(&["kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:v2"]);
    let text = demo(&[("  labels:\n    app: myapp-svc", "  labels:\n    app: myapp-svc\n    tier: web")]);
    assert_eq!(
        told(&trial(&session, &text).marks),
        ["6:11-14 not in the live object", "21:13-14 live: 5", "32:16-36 live: \"ikubernetes/myapp:v2\""]
    );
    let none =
        trial(&running(&[]), &demo(&[("replicas: 2", "replicas: 5"), ("storage: 2Gi", "storage: 2048Mi")]));
    assert!(none.marks.is_empty(), "the same quantity in another way: {:?}", none.marks);
}

/// A Service as it is in the cluster; the texts below differ from it.
const LIVE: &str = "
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web, note: '5'}}
spec:
  clusterIP: None
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: web}
  - {name: admin, port: 81, targetPort: 81}
";

/// The texts begin with this.
const HEAD: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";

#[test]
fn a_field_takes_the_live_value_in_the_style_of_its_text() {
    for (text, taken) in [
        // A value on its line, quoted where plain text would be something else.
        ("  labels:\n    note: five # six\n", "  labels:\n    note: \"5\" # six\n"),
        ("  labels: {app: www, note: \"5\"}\n", "  labels: {app: web, note: \"5\"}\n"),
        (
            "spec:\n  ports: [{name: http, port: 80, targetPort: 8080}]\n",
            "spec:\n  ports: [{name: http, port: 80, targetPort: web}]\n",
        ),
        // What is not there goes with its line, with its comma, or leaves its dash to the next.
        ("  labels:\n    tier: x # süß\n    app: web\n", "  labels:\n    app: web\n"),
        ("  labels:\n    app: web\n    tier: x\n# end\n", "  labels:\n    app: web\n# end\n"),
        ("  labels: {app: web, tier: x}\n", "  labels: {app: web}\n"),
        ("  labels: {tier: x, app: web}\n", "  labels: {app: web}\n"),
        ("  labels: {tier: x}\n", "  labels: {}\n"),
        (
            "spec:\n  ports:\n  - nodePort: 30000\n    name: http\n    port: 80\n",
            "spec:\n  ports:\n  - name: http\n    port: 80\n",
        ),
        // Comments stay with what follows them.
        (
            "spec:\n  externalIPs:\n    # ours\n    - 1.2.3.4\n\n  # theirs\n  clusterIP: None\n",
            "spec:\n\n  # theirs\n  clusterIP: None\n",
        ),
        // One after another, from the top.
        (
            "spec:\n  ports:\n  - name: http\n    port: 8080\n    targetPort: 80\n  - port: 82\n  - port: 83\n",
            "spec:\n  ports:\n  - name: http\n    port: 80\n    targetPort: web\n  - port: 81\n",
        ),
        // In another document.
        (
            "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {app: x}}\n",
            "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {app: web}}\n",
        ),
    ] {
        let mut model = Model::new(Default::default());
        update(&mut model, Msg::Run(format!("kubectl apply -f - <<EOF\n{LIVE}EOF")));
        update(&mut model, Msg::Edit(format!("{HEAD}{text}")));
        update(&mut model, Msg::Typed);
        while let Some(mark) = model.trial.clone().marks.iter().find(|mark| !mark.is_wrong()) {
            let before = model.text();
            update(&mut model, Msg::Remedy(mark.span.start));
            assert_ne!(model.text(), before, "{text}: {mark:?}");
        }
        assert_eq!(model.text().strip_prefix(HEAD), Some(taken), "{text}");
    }
}

#[test]
fn an_object_is_compared_with_the_one_in_the_contexts_namespace() {
    let service = |port: u16| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{ports: [{{port: {port}}}]}}\n")
    };
    let mut session = running(&["kubectl config set-context --current --namespace=kube-system"]);
    session.write_file("a.yaml", &service(1));
    session.run("kubectl apply -f a.yaml; kubectl apply -n default -f a.yaml");
    session.advance(100);
    session.write_file("a.yaml", &service(2));
    session.run("kubectl apply -f a.yaml");
    session.advance(100);
    assert_eq!(trial(&session, &service(2)).marks, []);
    assert_eq!(trial(&session, &service(1)).marks.len(), 1);
}

#[test]
fn a_field_that_another_shares_stays_and_it_is_said() {
    let mut model = Model::new(Default::default());
    update(&mut model, Msg::Run(format!("kubectl apply -f - <<EOF\n{LIVE}EOF")));
    let text = format!("{HEAD}  labels: &l {{app: x}}\nspec:\n  selector: *l\n");
    update(&mut model, Msg::Edit(text.clone()));
    update(&mut model, Msg::Typed);
    let at = model.trial.marks[0].span.start;
    update(&mut model, Msg::Remedy(at));
    assert_eq!((&*model.text(), model.take_failed), (&*text, true));
    update(&mut model, Msg::Edit(text));
    assert!(!model.take_failed);
}

#[test]
fn the_difference_is_that_of_kubectl_diff() {
    let session = running(&[]);
    let diff = trial(&session, STATEFUL_DEMO).diff;
    let [object] = &*diff else { panic!("{diff:?}") };
    assert_eq!(object.name, "apps.v1.StatefulSet.default.myapp");
    assert!(object.hunks.starts_with("@@ "), "{}", object.hunks);
    let changed = object.hunks.lines().filter(|line| line.starts_with(['-', '+'])).collect::<Vec<_>>();
    assert!(changed.contains(&"-  replicas: 5") && changed.contains(&"+  replicas: 2"), "{changed:?}");
    let fresh = trial(&Session::new(Start::default()), STATEFUL_DEMO).diff;
    assert_eq!(fresh.len(), 2, "both objects are new");
}

#[test]
fn no_text_is_too_odd() {
    let session = running(&[]);
    for text in [
        "",
        "a",
        "- a",
        "---",
        "kind: StatefulSet",
        "{",
        "kind: List\napiVersion: v1\nitems: []\n",
        "\t",
        "é: [ü",
    ] {
        let marks = trial(&session, text).marks;
        assert!(marks.iter().all(|mark| mark.span.start <= mark.span.end), "{text:?} {marks:?}");
    }
}

/// What the terminal shows from this entry on.
fn printed(model: &Model, first: u64) -> String {
    let (mut out, mut err, mut exit) = (String::new(), String::new(), None);
    for entry in model.session.log().since(first) {
        entry.collect(&mut out, &mut err, &mut exit);
    }
    out + &err
}

#[test]
fn what_kubectl_edit_opens_is_given_back_as_it_is_or_as_it_was() {
    let mut model = Model::on(running(&[]));
    let file = model.text();
    for (typed, closing, printed_last) in [
        (None, Msg::CancelEdit, "Edit cancelled, no changes made.\n"),
        (Some(("replicas: 5", "replicas: 4")), Msg::CancelEdit, "Edit cancelled, no changes made.\n"),
        (None, Msg::SaveEdit, "Edit cancelled, no changes made.\n"),
        (Some(("replicas: 5", "replicas: 4")), Msg::Apply, "statefulset.apps/myapp edited\n"),
    ] {
        let first = model.session.log().written();
        update(&mut model, Msg::Run("kubectl edit sts myapp".to_owned()));
        let edit = model.shown_edit().expect("it is open").clone();
        assert!(edit.text.starts_with("# Please edit the object below."), "{}", edit.text);
        assert_eq!(model.pane, Pane::Editor);
        if let Some((old, new)) = typed {
            update(&mut model, Msg::Edit(edit.text.replace(old, new)));
        }
        update(&mut model, closing);
        assert_eq!((&model.edit, &*model.text()), (&None, &*file));
        assert_eq!(printed(&model, first), printed_last);
    }
}

#[test]
fn a_refused_edit_is_opened_again_with_the_reason_at_its_top() {
    let mut model = Model::on(running(&[]));
    update(&mut model, Msg::Run("kubectl edit sts myapp".to_owned()));
    let wrong = model.shown_edit().expect("it is open").text.replace("replicas: 5", "replicas: -1");
    update(&mut model, Msg::Edit(wrong));
    update(&mut model, Msg::SaveEdit);
    let edit = model.shown_edit().expect("it is open again").clone();
    assert!(
        edit.text.contains("# statefulsets.apps \"myapp\" was not valid:\n# * spec.replicas: "),
        "{}",
        edit.text
    );
    update(&mut model, Msg::Open(FILE.to_owned()));
    assert_eq!(model.shown_edit(), None, "a file is shown in between");
    update(&mut model, Msg::OpenEdit);
    let first = model.session.log().written();
    update(&mut model, Msg::Edit(edit.text.replace("replicas: -1", "replicas: 3")));
    update(&mut model, Msg::SaveEdit);
    assert_eq!(printed(&model, first), "statefulset.apps/myapp edited\n");
    update(&mut model, Msg::Run("kubectl edit sts myapp".to_owned()));
    update(&mut model, Msg::Interrupt);
    assert_eq!(model.edit, None, "Ctrl-C closes it");
}

#[test]
fn what_apply_would_do_follows_the_pods() {
    let mut model = Model::new(session::StartWorld::Manifest);
    update(&mut model, Msg::Apply);
    (0..100).for_each(|_| update(&mut model, Msg::Frame(100)));
    update(&mut model, Msg::Run("kubectl scale sts myapp --replicas=5".to_owned()));
    (0..300).for_each(|_| update(&mut model, Msg::Frame(100)));
    let said = (model.locale.words().effect)(&model.trial.effect);
    assert_eq!(said, "myapp: replicas 5 → 2; removes 4, then 3, then 2; no pod is replaced");
}
