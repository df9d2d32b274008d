//! What the panel of import and prediction answers, in both languages.

use playground::predict::{Dump, NotRead, NotTried, Outcome, PredictMsg};
use playground::{Locale, Model, Msg, update};
use session::{Content, StartWorld};

const SET: &str = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  replicas: 5
  serviceName: web
  selector: {matchLabels: {app: web}}
  updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 3}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: 'nginx:1.26'}]}
";

/// A page whose own world has the set, with a dump of that world.
fn page() -> (Model, String) {
    let mut model = Model::new(StartWorld::Empty);
    update(&mut model, Msg::Open("web.yaml".to_owned()));
    update(&mut model, Msg::Edit(SET.to_owned()));
    update(&mut model, Msg::Apply);
    model.session.advance(60_000);
    let mut dumped = model.session.clone();
    let first = dumped.log().written();
    dumped.run("kubectl get sts,svc,pod,pvc,pv,controllerrevision -o yaml");
    let dump = dumped.log().since(first).filter_map(|entry| match &entry.content {
        Content::Out(text) => Some(text.to_string()),
        _ => None,
    });
    let dump = dump.collect();
    (model, dump)
}

fn read(model: &mut Model, dump: &str, server: &str) {
    let (dump, server, at) = (dump.to_owned(), server.to_owned(), String::new());
    update(model, Msg::Predict(PredictMsg::Read(Dump { text: dump, server, at })));
}

fn attempt(model: &mut Model, change: &str) {
    let change = change.to_owned();
    update(model, Msg::Predict(PredictMsg::Try { change, namespace: "default".to_owned() }));
    for _ in 0..10_000 {
        update(model, Msg::Frame(16));
        if model.predict.running.is_none() {
            return;
        }
    }
    panic!("the prediction does not end");
}

fn answer(model: &mut Model, change: &str, locale: Locale) -> String {
    attempt(model, change);
    let words = locale.predict_words();
    match model.predict.answer.as_deref().expect("an answer") {
        Err(why) => (words.not_tried)(why),
        Ok(answer) => {
            let told = answer.prediction.sets.iter().map(|course| (words.course)(course));
            told.collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn the_answer_in_both_languages() {
    let (mut model, dump) = page();
    read(&mut model, &dump, "1.35.6");
    let cases = [
        (
            "kubectl set image sts/web nginx=nginx:1.27",
            "`web` replaces 4, then 3; 0–2 stay; stops if 4 is not Ready",
            "`web`：依次替换 4，然后 3；0–2 保持不变；若 4 未就绪，则停在那里",
        ),
        (
            "kubectl scale sts web --replicas=7",
            "`web` creates 5, then 6; 0–4 stay; stops if 5 is not Ready",
            "`web`：创建 5，然后 6；0–4 保持不变；若 5 未就绪，则停在那里",
        ),
        (
            "kubectl scale sts web --replicas=2",
            "`web` removes 4, then 3, then 2; 0–1 stay",
            "`web`：移除 4，然后 3，然后 2；0–1 保持不变",
        ),
        (
            "kubectl set image sts/web nginx=nginx:bad",
            "`web` replaces 4; 0–3 stay; and gets stuck: 4 is not Ready",
            "`web`：依次替换 4；0–3 保持不变；然后卡住：4 未就绪",
        ),
        (
            "kubectl delete sts web --cascade=orphan",
            "`web` is deleted; 0–4 stay",
            "`web`：被删除；0–4 保持不变",
        ),
        ("kubectl annotate sts web a=b", "", ""),
        ("", "", ""),
        (
            "kubectl get sts\nNAME READY",
            "Line 2 is no kubectl command: `NAME READY`. Paste commands alone, or a manifest alone.",
            "第 2 行不是 kubectl 命令：`NAME READY`。请只粘贴命令，或只粘贴清单。",
        ),
    ];
    for (change, english, chinese) in cases {
        assert_eq!(answer(&mut model, change, Locale::English), english, "{change}");
        assert_eq!(answer(&mut model, change, Locale::Chinese), chinese, "{change}");
    }
    let manifest = SET.replace("1.26", "1.27").replace("partition: 3", "partition: 4");
    let expected = "`web` replaces 4; 0–3 stay";
    assert_eq!(answer(&mut model, &manifest, Locale::English), expected);
}

#[test]
fn the_page_stays_as_it_is_until_the_world_is_opened_or_the_change_played() {
    let (mut model, dump) = page();
    let before = model.session.digest();
    read(&mut model, &dump, "");
    answer(&mut model, "kubectl scale sts web --replicas=2", Locale::English);
    assert_eq!(model.session.digest(), before);
    update(&mut model, Msg::Predict(PredictMsg::OpenWorld));
    assert!(matches!(model.session.start().world, StartWorld::Imported(_)));
    assert_eq!(model.page.stage.sets.len(), 1);
    update(&mut model, Msg::Predict(PredictMsg::Play));
    let typed = model
        .session
        .log()
        .iter()
        .any(|entry| matches!(&entry.content, Content::Command(line) if line.contains("--replicas=2")));
    assert!(typed && !model.predict.open && model.playing);
    model.session.advance(60_000);
    let set = model.session.world().server().get::<k8s_openapi::api::apps::v1::StatefulSet>("default", "web");
    assert_eq!(set.and_then(|set| set.status.as_ref().map(|status| status.replicas)), Some(2));
}

#[test]
fn the_way_back_from_the_imported_world_leads_to_the_page_as_it_was() {
    let (mut model, dump) = page();
    update(&mut model, Msg::Edit("# half a thought".to_owned()));
    let before = (model.session.digest(), model.text());
    read(&mut model, &dump, "");
    for act in [PredictMsg::OpenWorld, PredictMsg::Play] {
        attempt(&mut model, "kubectl delete sts web");
        update(&mut model, Msg::Predict(act));
        assert!(model.predict.left.is_some() && model.session.digest() != before.0);
        update(&mut model, Msg::Predict(PredictMsg::Back));
        assert_eq!((model.session.digest(), model.text()), before);
        assert!(model.predict.left.is_none() && model.predict.import.is_some());
    }
    update(&mut model, Msg::Predict(PredictMsg::OpenWorld));
    update(&mut model, Msg::Restart(Default::default()));
    assert!(model.predict.left.is_none(), "a world that was chosen has nothing behind it");
}

#[test]
fn the_answer_in_a_word_and_why_it_gets_stuck() {
    let (mut model, dump) = page();
    read(&mut model, &dump, "");
    for (change, expected, is_explained) in [
        ("kubectl set image sts/web nginx=nginx:1.27", Outcome::Through, false),
        ("kubectl set image sts/web nginx=nginx:bad", Outcome::Stuck, true),
        ("kubectl scale sts nope --replicas=1", Outcome::Refused, false),
        ("kubectl annotate sts web a=b", Outcome::Nothing, false),
    ] {
        attempt(&mut model, change);
        let Some(Ok(answer)) = model.predict.answer.as_deref() else { panic!("no answer to {change}") };
        assert_eq!(answer.outcome(), expected, "{change}");
        let said = answer.stuck().map(|why| (Locale::English.words().why_sentence)(why));
        assert_eq!(said.is_some(), is_explained, "{change}: {said:?}");
        let names = ["web-4", "ImagePull"];
        assert!(said.iter().all(|said| names.iter().all(|name| said.contains(name))), "{said:?}");
        let markdown = model.predict.markdown(Locale::English);
        let table = "| Time | Object | What happens | Only once |";
        let has_steps = matches!(expected, Outcome::Through | Outcome::Stuck);
        assert_eq!(markdown.contains(table), has_steps, "{markdown}");
        assert!(markdown.contains(&format!("$ {change}\n")), "{markdown}");
        assert!(markdown.contains("Not simulated, or not knowable"), "{markdown}");
        for row in markdown.lines().filter(|line| line.starts_with('|')) {
            assert_eq!(row.matches('|').count(), 5, "{row}");
        }
    }
}

#[test]
fn a_prediction_goes_on_frame_by_frame_and_can_be_stopped() {
    let (mut model, dump) = page();
    read(&mut model, &dump, "");
    let change = "kubectl scale sts web --replicas=60".to_owned();
    update(&mut model, Msg::Predict(PredictMsg::Try { change, namespace: String::new() }));
    let reached = model.session.reached_ms();
    let before = model.predict.moments();
    update(&mut model, Msg::Frame(16));
    assert!(model.predict.moments() > before, "the next frame is asked for");
    assert_eq!(model.session.reached_ms(), reached, "the page's own time stands meanwhile");
    update(&mut model, Msg::Predict(PredictMsg::Stop));
    assert!(model.predict.running.is_none() && model.predict.answer.is_none());
}

#[test]
fn what_cannot_be_read_changes_nothing_and_says_why() {
    let (mut model, dump) = page();
    let before = model.session.digest();
    for (dump, server, english) in [
        ("a: [\n", "", "Line 1: It is neither YAML nor JSON"),
        ("NAME READY\n", "", "This is a table"),
        (&*dump, "soon", "The server's version is none"),
    ] {
        read(&mut model, dump, server);
        let read = model.predict.import.clone().expect("an answer");
        let why: &NotRead = read.result.as_ref().expect_err("refused");
        let said = (Locale::English.predict_words().not_read)(why);
        assert!(said.contains(english), "{said}");
        assert!(model.predict.namespace().is_none());
    }
    update(&mut model, Msg::Predict(PredictMsg::OpenWorld));
    assert_eq!(model.session.digest(), before);
    attempt(&mut model, "kubectl delete sts web");
    assert_eq!(model.predict.answer.as_deref(), Some(&Err(NotTried::Dump)), "not tried in another world");
    read(&mut model, "", "");
    assert!(model.predict.import.is_none(), "an empty field is no dump");
    read(&mut model, &dump, "v1.33.4");
    let nearest = model.predict.import.as_ref().and_then(|read| read.nearest.clone()).expect("a version");
    assert_eq!(nearest.version.name(), "1.32");
    assert_eq!(model.predict.namespace().as_deref(), Some("default"));
}
