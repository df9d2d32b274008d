//! An embed does what its address asks for, and says what it does not understand; its host is told what happens.

use playground::embed::{HostMsg, Part, Setup};
use playground::lesson::panel::LessonMsg;
use playground::{Model, Msg, update};
use serde_json::{Value, json};

const WEB: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'nginx:1'}]}
";

fn setup(settings: &[(&str, &str)]) -> Setup {
    let settings: Vec<_> = settings.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Setup::read(&settings).expect("an embed's address")
}

fn embed(settings: &[(&str, &str)]) -> Model {
    Model::embedded(setup(settings))
}

fn say(model: &mut Model, message: Value) {
    update(model, Msg::Host(HostMsg::Said(message.to_string())));
}

fn call(model: &mut Model, id: u64, method: &str, argument: Value) {
    say(model, json!({"petset": 1, "type": "call", "id": id, "method": method, "argument": argument}));
}

/// What the host has been told since the last time.
fn told(model: &mut Model) -> Vec<Value> {
    let out = model.host.out.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
    update(model, Msg::Host(HostMsg::Sent(model.host.out.len())));
    out
}

fn types(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["type"].as_str().expect("a type")).collect()
}

fn connected(settings: &[(&str, &str)]) -> Model {
    let mut model = embed(settings);
    say(&mut model, json!({"petset": 1, "type": "connect"}));
    let first = told(&mut model);
    assert_eq!(first, [json!({"petset": 1, "type": "ready"})]);
    model
}

fn seconds(model: &mut Model, seconds: u32) {
    for _ in 0..seconds * 10 {
        update(model, Msg::Frame(100));
    }
}

#[test]
fn without_its_mark_an_address_is_that_of_the_page() {
    assert_eq!(Setup::read(&[("show".to_owned(), "stage".to_owned())]), None);
}

#[test]
fn the_address_says_what_shows_and_how_the_world_begins() {
    let setup = setup(&[
        ("embed", ""),
        ("show", "timeline, stage"),
        ("world", "empty"),
        ("version", "1.32"),
        ("gate", "MaxUnavailableStatefulSet"),
        ("readonly", ""),
        ("theme", "dark"),
        ("lang", "zh"),
    ]);
    assert_eq!(setup.embed.parts, [Part::Stage, Part::Timeline].into());
    assert!(setup.embed.read_only && setup.start.features.max_unavailable_stateful_set);
    assert_eq!(
        (setup.start.world.to_string(), setup.start.features.version.name()),
        ("empty".to_owned(), "1.32")
    );
    assert_eq!(setup.embed.problems, Vec::<String>::new());
}

#[test]
fn what_is_wrong_in_the_address_is_said_and_the_rest_holds() {
    for (name, value, problem) in [
        (
            "show",
            "stage,tv",
            "show: there is no part \"tv\"; there are editor, stage, why, terminal, timeline",
        ),
        ("world", "mars", "world: no start world is called \"mars\"; there are manifest, tutorial and empty"),
        ("version", "1.20", "version: version \"1.20\" is not simulated"),
        ("gate", "Mars", "gate: "),
        ("theme", "pink", "theme: there is no theme \"pink\"; there are light, dark and system"),
        ("autoplay", "maybe", "autoplay: \"maybe\" is neither true nor false"),
        ("commands", &"ls\n".repeat(101), "commands: 101 lines; at most 100 are run"),
        ("run", "ls", "run: an embed has no such setting"),
    ] {
        let setup = setup(&[("embed", ""), (name, value), ("readonly", "true")]);
        assert!(setup.embed.problems.len() == 1 && setup.embed.read_only, "{name}");
        assert!(setup.embed.problems[0].starts_with(problem), "{}", setup.embed.problems[0]);
    }
    let model = embed(&[("embed", ""), ("file", "a/b"), ("manifest", WEB)]);
    let problems = &model.embed.as_ref().expect("an embed").problems;
    assert!(problems[0].contains("no slash"), "{problems:?}");
}

#[test]
fn lines_are_run_before_anything_shows_each_after_the_one_before_has_taken_effect() {
    let lines = "kubectl apply -f manifest.yaml\n\nkubectl scale sts web --replicas=3";
    let model = embed(&[("embed", ""), ("manifest", WEB), ("commands", lines)]);
    assert_eq!(model.page.stage.sets[0].columns.len(), 3);
    assert_eq!(&*model.text(), WEB);
}

#[test]
fn an_embed_that_plays_by_itself_applies_its_file_unless_another_world_is_to_come() {
    let of = |settings| embed(settings).session.inputs().count();
    assert_eq!(of(&[("embed", ""), ("manifest", WEB), ("autoplay", "")]), 2);
    assert_eq!(of(&[("embed", ""), ("manifest", WEB)]), 1);
    assert_eq!(of(&[("embed", ""), ("autoplay", ""), ("lesson", "birth")]), 0);
    assert_eq!(of(&[("embed", ""), ("autoplay", ""), ("g", "H4sI")]), 0);
}

#[test]
fn readers_of_a_read_only_embed_change_nothing_and_its_host_does() {
    let mut model = connected(&[("embed", ""), ("manifest", WEB), ("readonly", "")]);
    let before = model.session.digest();
    for msg in
        [Msg::Apply, Msg::Run("kubectl delete pv pv001".to_owned()), Msg::Edit(String::new()), Msg::StepBack]
    {
        update(&mut model, msg);
    }
    assert_eq!((model.session.digest(), &*model.text()), (before, WEB));
    call(&mut model, 1, "run", json!("kubectl delete pv pv001"));
    assert_ne!(model.session.digest(), before);
}

#[test]
fn the_host_is_told_nothing_before_it_connects_and_everything_after() {
    let mut model = embed(&[("embed", ""), ("manifest", WEB)]);
    update(&mut model, Msg::Run("kubectl get pods".to_owned()));
    assert_eq!(told(&mut model), Vec::<Value>::new());
    say(&mut model, json!({"petset": 1, "type": "connect"}));
    assert_eq!(types(&told(&mut model)), ["ready"]);

    update(&mut model, Msg::Run("kubectl get pod nobody".to_owned()));
    let command = told(&mut model);
    assert_eq!(
        command,
        [json!({
            "petset": 1, "type": "command", "line": "kubectl get pod nobody", "stdout": "", "exitCode": 1,
            "stderr": "Error from server (NotFound): pods \"nobody\" not found\n", "notes": [], "waitingFor": null,
        })]
    );
    update(&mut model, Msg::Apply);
    seconds(&mut model, 10);
    let messages = told(&mut model);
    assert_eq!(types(&messages)[..2], ["command", "change"]);
    let last = messages.last().expect("changes");
    let version = model.session.world().server().resource_version().to_string();
    assert_eq!((last["type"].as_str(), last["resourceVersion"].as_str()), (Some("change"), Some(&*version)));
}

#[test]
fn calls_are_answered_when_they_are_done() {
    let mut model = connected(&[("embed", ""), ("world", "empty")]);
    call(&mut model, 1, "apply", json!(WEB));
    let answers = told(&mut model);
    assert_eq!(types(&answers), ["result", "command", "change"]);
    assert_eq!(answers[0]["value"]["stdout"], "statefulset.apps/web created\n");
    assert_eq!(answers[1]["line"], "kubectl apply -f stateful-demo.yaml");

    call(&mut model, 2, "run", json!("kubectl rollout status sts/web"));
    call(&mut model, 3, "run", json!("kubectl get pods -o name"));
    assert!(told(&mut model).iter().all(|message| message["type"] != "result"), "both wait for time");
    call(&mut model, 4, "advance", json!(20));
    let answers = told(&mut model);
    let ids: Vec<_> = answers.iter().filter(|m| m["type"] == "result").map(|m| m["id"].as_u64()).collect();
    assert_eq!(ids, [Some(4), Some(2), Some(3)]);
    let pods = answers.iter().find(|message| message["id"] == 3).expect("an answer");
    assert_eq!(pods["value"]["stdout"], "pod/web-0\n");

    call(&mut model, 5, "snapshot", Value::Null);
    let answers = told(&mut model);
    assert_eq!(answers[0]["value"]["objects"]["Pod"][0]["metadata"]["name"], "web-0");
}

#[test]
fn what_cannot_be_done_is_an_error_and_what_is_not_understood_is_ignored() {
    let mut model = connected(&[("embed", "")]);
    for (method, argument, message) in [
        ("run", json!("  "), "there is no command line to run"),
        ("run", json!(7), "there is no command line to run"),
        ("apply", json!({}), "a manifest is a text"),
        (
            "apply",
            json!("x".repeat(5 << 20)),
            "stateful-demo.yaml: 5 MiB is over the limit of 4 MiB for a file",
        ),
        ("advance", json!(-1), "-1 is no number of seconds from 0 to 86400"),
        ("advance", json!(1e300), "1e+300 is no number of seconds from 0 to 86400"),
        ("dance", Value::Null, "there is no method \"dance\"; there are apply, run, advance and snapshot"),
    ] {
        call(&mut model, 9, method, argument);
        assert_eq!(told(&mut model), [json!({"petset": 1, "type": "error", "id": 9, "message": message})]);
    }
    for ignored in [
        json!({"petset": 2, "type": "call", "id": 1, "method": "snapshot"}),
        json!({"type": "call", "id": 1, "method": "snapshot"}),
        json!({"petset": 1, "type": "call", "id": "1", "method": "snapshot"}),
        json!({"petset": 1, "type": "call", "id": 1}),
        json!({"petset": 1, "type": "sing"}),
        json!("connect"),
        Value::Null,
    ] {
        say(&mut model, ignored);
        assert_eq!(told(&mut model), Vec::<Value>::new());
    }
    update(&mut model, Msg::Host(HostMsg::Said("{".to_owned())));
    assert_eq!(told(&mut model), Vec::<Value>::new());
}

#[test]
fn a_call_whose_course_of_events_is_left_is_answered_too() {
    let mut model = connected(&[("embed", ""), ("manifest", WEB)]);
    call(&mut model, 1, "run", json!("kubectl get pods -w"));
    update(&mut model, Msg::StepBack);
    let answers = told(&mut model);
    assert_eq!((types(&answers), answers[0]["id"].as_u64()), (vec!["error"], Some(1)));

    update(&mut model, Msg::Play(true));
    seconds(&mut model, 2);
    call(&mut model, 2, "run", json!("kubectl delete pv pv001"));
    seconds(&mut model, 5);
    told(&mut model);
    update(&mut model, Msg::Seek(1000));
    call(&mut model, 3, "run", json!("kubectl get pv pv001 -o name"));
    let answers = told(&mut model);
    let answer = answers.iter().find(|message| message["id"] == 3).expect("an answer in the past");
    assert_eq!(answer["value"]["stdout"], "persistentvolume/pv001\n");
}

#[test]
fn a_look_at_the_past_tells_no_command_twice() {
    let mut model = connected(&[("embed", "")]);
    seconds(&mut model, 1);
    call(&mut model, 1, "run", json!("ls"));
    seconds(&mut model, 1);
    told(&mut model);
    update(&mut model, Msg::Seek(0));
    update(&mut model, Msg::Live);
    assert!(!types(&told(&mut model)).contains(&"command"));
}

#[test]
fn a_lesson_is_ready_when_it_has_come_and_its_goals_are_told() {
    let mut model = embed(&[("embed", ""), ("lesson", "birth")]);
    update(&mut model, Msg::Lesson(LessonMsg::Take("birth".to_owned(), 0)));
    say(&mut model, json!({"petset": 1, "type": "connect"}));
    assert_eq!(told(&mut model), Vec::<Value>::new(), "the lesson is still to come");
    let lessons = include_str!("../lessons/02-birth.yaml").to_owned();
    update(&mut model, Msg::Lesson(LessonMsg::Arrived(Ok(lessons))));
    assert_eq!(types(&told(&mut model)), ["ready"]);
    update(&mut model, Msg::Apply);
    seconds(&mut model, 20);
    let goals: Vec<Value> =
        told(&mut model).into_iter().filter(|message| message["type"] == "goal").collect();
    assert_eq!(goals, [json!({"petset": 1, "type": "goal", "lesson": "birth", "step": 1, "steps": 2})]);
}
