//! Time on the page: the past is shown, typing there forks, the last act is undone, moments are compared.

use machinery::text_diff::Fate;
use playground::model::{Number, Tab};
use playground::predict::PredictMsg;
use playground::track::{Mark, Row};
use playground::view::Details;
use playground::view::objects::{Objects, State};
use playground::{Model, Msg, update};
use session::StartWorld;

fn pass(model: &mut Model, seconds: u32) {
    (0..seconds * 10).for_each(|_| update(model, Msg::Frame(100)));
}

fn run(model: &mut Model, line: &str) {
    update(model, Msg::Run(line.to_owned()));
}

/// The set applied, scaled to 3 at 10 s and settled; the clock stands at 30 s.
fn lived() -> Model {
    let mut model = Model::new(StartWorld::Manifest);
    update(&mut model, Msg::Apply);
    pass(&mut model, 10);
    run(&mut model, "kubectl scale sts myapp --replicas=3");
    pass(&mut model, 20);
    model
}

fn pods(model: &Model) -> usize {
    model.page.stage.sets.iter().flat_map(|set| &set.columns).filter(|column| column.pod.is_some()).count()
}

fn said(model: &Model, row: Row) -> Vec<String> {
    let words = model.locale.words();
    model.ticks.iter().filter(|tick| tick.row == row).map(|tick| (words.tick)(tick)).collect()
}

#[test]
fn the_timeline_tells_what_happened_on_rows_by_kind() {
    let model = lived();
    assert_eq!(
        said(&model, Row::Commands),
        ["`kubectl apply -f stateful-demo.yaml`", "`kubectl scale sts myapp --replicas=3`"]
    );
    assert_eq!(
        said(&model, Row::Pods),
        [
            "`myapp-0` is created",
            "`myapp-0` is ready",
            "`myapp-1` is created",
            "`myapp-1` is ready",
            "`myapp-2` is created",
            "`myapp-2` is ready"
        ]
    );
    assert_eq!(said(&model, Row::Sets), ["`myapp` is created", "`myapp` changes"]);
    let bound =
        model.ticks.iter().filter(|tick| tick.row == Row::Storage && tick.mark == Mark::Bound).count();
    assert_eq!(bound, 6, "three claims, three volumes");
    let scaled = model.ticks.iter().filter(|tick| tick.row == Row::Sets).map(|tick| tick.at_ms).next_back();
    // The command was typed at 10 s; its requests have taken a moment.
    assert!(scaled.is_some_and(|at_ms| (10_000..10_100).contains(&at_ms)), "{scaled:?}");
}

#[test]
fn the_past_is_shown_and_nothing_in_it_changes() {
    let mut model = lived();
    let ticks = model.ticks.clone();
    assert_eq!(pods(&model), 3);
    update(&mut model, Msg::Seek(9_000));
    assert!(model.is_past() && !model.playing && model.timeline.is_past());
    assert_eq!((pods(&model), model.end_ms()), (2, 30_000));
    assert_eq!(model.ticks, ticks, "what comes later stays on the timeline");
    update(&mut model, Msg::Frame(100));
    assert_eq!(model.session.elapsed_ms(), 9_000, "the past stands");
    update(&mut model, Msg::SeekTick(true));
    assert_eq!(model.session.elapsed_ms() / 100, 100, "to the scaling, and what its requests took");
    update(&mut model, Msg::SeekTick(false));
    assert!(model.session.elapsed_ms() < 9_000);
    update(&mut model, Msg::Live);
    assert!(!model.is_past() && model.playing);
    assert_eq!(pods(&model), 3);
}

#[test]
fn typing_in_the_past_forks_and_the_other_course_can_be_taken_up() {
    let mut model = lived();
    update(&mut model, Msg::Seek(9_000));
    run(&mut model, "kubectl scale sts myapp --replicas=1");
    assert!(!model.is_past());
    assert_eq!(said(&model, Row::Commands)[1..], ["`kubectl scale sts myapp --replicas=1`"]);
    assert!(!said(&model, Row::Pods).contains(&"`myapp-2` is created".to_owned()));
    let fork = (model.locale.words().fork)(&model.forks[0]);
    assert_eq!(fork, "left at 00:00:09, had come to 00:00:30: `kubectl scale sts myapp --replicas=3`");
    update(&mut model, Msg::TakeUp(0));
    assert_eq!((pods(&model), model.session.elapsed_ms()), (3, 30_000));
    assert_eq!(said(&model, Row::Pods).last().map(String::as_str), Some("`myapp-2` is ready"));
    let fork = (model.locale.words().fork)(&model.forks[0]);
    assert!(fork.ends_with("`kubectl scale sts myapp --replicas=1`"), "{fork}");
}

#[test]
fn stepping_back_undoes_the_last_act_and_loses_nothing_that_was_typed() {
    let mut model = lived();
    let wider = model.text().replace("replicas: 2", "replicas: 5");
    update(&mut model, Msg::Edit(wider.clone()));
    update(&mut model, Msg::Apply);
    pass(&mut model, 20);
    assert_eq!(pods(&model), 5);
    update(&mut model, Msg::StepBack);
    assert_eq!((pods(&model), model.session.elapsed_ms()), (3, 30_000));
    assert_eq!(*model.text(), *wider, "the text is still in the editor");
    update(&mut model, Msg::StepBack);
    assert_eq!((pods(&model), model.session.elapsed_ms()), (2, 10_000));
    update(&mut model, Msg::StepBack);
    update(&mut model, Msg::StepBack);
    assert_eq!((pods(&model), model.session.elapsed_ms()), (0, 0));
    assert_eq!(*model.text(), *wider);
}

#[test]
fn only_files_written_for_the_act_are_undone_with_it() {
    let mut model = Model::new(StartWorld::Empty);
    model.session.write_file("earlier.yaml", "a: 1");
    pass(&mut model, 10);
    run(&mut model, "echo one");
    update(&mut model, Msg::StepBack);
    assert_eq!((model.session.elapsed_ms(), model.session.log().is_empty()), (10_000, true));
    assert_eq!(model.session.files().get("earlier.yaml"), Some("a: 1"));
}

#[test]
fn frames_have_something_to_do_as_long_as_time_passes_or_a_prediction_is_made() {
    let mut model = Model::new(StartWorld::Empty);
    assert!(model.wants_frames());
    update(&mut model, Msg::Run("kubectl explain cm".to_owned()));
    assert!(!model.wants_frames(), "the schema is waited for");
    update(&mut model, Msg::Schema(Err("no network".to_owned())));
    assert!(model.wants_frames());
    update(&mut model, Msg::Play(false));
    assert!(!model.wants_frames());
    update(
        &mut model,
        Msg::Predict(PredictMsg::Try {
            change: "kubectl create ns a".to_owned(),
            namespace: "default".to_owned(),
        }),
    );
    for _ in 0..100 {
        assert_eq!(model.wants_frames(), model.predict.answer.is_none());
        update(&mut model, Msg::Frame(16));
    }
    assert!(model.predict.answer.is_some());
}

#[test]
fn an_earlier_address_is_not_one_of_another_course_or_of_the_future() {
    let mut model = lived();
    let was =
        |model: &Model| model.page.stage.sets[0].columns[2].pod.as_ref().and_then(|pod| pod.was_ip.clone());
    run(&mut model, "kubectl delete pod myapp-2");
    pass(&mut model, 20);
    assert!(was(&model).is_some());
    update(&mut model, Msg::Seek(29_000));
    assert_eq!(was(&model), None);
    update(&mut model, Msg::Live);
    assert!(was(&model).is_some());
}

#[test]
fn running_until_quiet_ends_by_itself_and_a_step_shows_something_new() {
    let mut model = Model::new(StartWorld::Manifest);
    update(&mut model, Msg::Apply);
    update(&mut model, Msg::RunUntilQuiet);
    let mut frames = 0;
    while model.rushing {
        update(&mut model, Msg::Frame(16));
        frames += 1;
        assert!(frames < 100);
    }
    assert!(!model.playing && pods(&model) == 2);
    run(&mut model, "kubectl scale sts myapp --replicas=3");
    for _ in 0..4 {
        let (stage, whys) = (model.page.stage.clone(), model.page.whys.clone());
        update(&mut model, Msg::Step);
        assert!(model.page.stage != stage || model.page.whys != whys);
    }
}

fn objects(model: &Model) -> &Objects {
    match &model.page.details {
        Details::Objects(objects) => objects,
        other => panic!("{other:?}"),
    }
}

fn states(model: &Model, state: State) -> Vec<String> {
    let rows = objects(model).rows.iter().filter(|row| row.state == state);
    rows.map(|row| row.key.to_string()).collect()
}

#[test]
fn objects_are_compared_with_the_last_act_or_with_a_marked_moment() {
    let mut model = lived();
    update(&mut model, Msg::Tab(Tab::Objects));
    assert_eq!(states(&model, State::New), ["pod/myapp-2", "persistentvolumeclaim/myappdata-myapp-2"]);
    let set = model.page.stage.sets[0].key.clone();
    update(&mut model, Msg::Select(Some(set)));
    let (_, lines) = objects(&model).chosen.as_ref().expect("the set");
    let changed: Vec<&str> = lines
        .iter()
        .filter(|(fate, line)| *fate != Fate::Kept && line.trim_start().starts_with("replicas:"))
        .map(|(_, line)| line.trim())
        .collect();
    assert_eq!(changed, ["replicas: 2", "replicas: 3", "replicas: 2", "replicas: 3"]);
    update(&mut model, Msg::Mark(true));
    assert_eq!(states(&model, State::Same).len(), objects(&model).rows.len());
    run(&mut model, "kubectl delete pod myapp-0");
    pass(&mut model, 20);
    run(&mut model, "kubectl get pods");
    assert_eq!(model.baseline.at_ms, 30_000, "a marked moment stays");
    assert!(states(&model, State::Changed).contains(&"pod/myapp-0".to_owned()));
    update(&mut model, Msg::Filter("pod/".to_owned()));
    assert_eq!(objects(&model).rows.len(), 3);
    update(&mut model, Msg::Seek(0));
    assert_eq!(states(&model, State::Gone).len(), 3);
}

#[test]
fn the_trail_shows_every_change_of_the_chosen_object() {
    let mut model = lived();
    let key = model.page.stage.sets[0].columns[2].key.clone();
    update(&mut model, Msg::Select(Some(key)));
    update(&mut model, Msg::Tab(Tab::Trail));
    let Details::Trail(trail) = &model.page.details else { panic!("{:?}", model.page.details) };
    let verbs: Vec<&str> = trail.rows.iter().rev().map(|row| row.verb).collect();
    assert_eq!((verbs[0], verbs.last()), ("ADDED", Some(&"MODIFIED")));
    let scheduled = trail.rows.iter().flat_map(|row| &row.fields).any(|field| field.path == "spec.nodeName");
    assert!(scheduled);
}

#[test]
fn a_number_that_waits_is_counted_on() {
    let mut model = lived();
    let set = model.page.stage.sets[0].key.clone();
    run(&mut model, "sleep 5");
    for replicas in [4, 5] {
        update(&mut model, Msg::SetNumber(set.clone(), Number::Replicas, replicas));
        assert_eq!(model.asked.get(&(set.clone(), Number::Replicas)), Some(&replicas));
    }
    update(&mut model, Msg::RunUntilQuiet);
    for _ in 0..30 {
        update(&mut model, Msg::Frame(16));
    }
    assert!(!model.rushing && model.session.running().is_none(), "a line that sleeps is waited for");
    assert!(model.asked.is_empty());
    assert_eq!(model.page.stage.sets[0].replicas, 5);
}
