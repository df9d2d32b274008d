//! The page without a browser: acts in, what is shown out, over the real engine.

use playground::model::Speed;
use playground::view::pod::Shape;
use playground::view::stage::{Column, SetView};
use playground::view::why::{Next, Reason, Template, Why, WhyKind};
use playground::{Model, Msg, update};
use session::StartWorld;

/// Lets frames of 100 ms pass until nothing moves, at most a minute of them.
fn settle(model: &mut Model) {
    for _ in 0..600 {
        update(model, Msg::Frame(100));
        let quiet = model.page.whys.iter().all(|why| why.kind == WhyKind::Quiet);
        if quiet && model.session.running().is_none() {
            return;
        }
    }
    panic!("not quiet after a minute: {:?}", model.page.whys);
}

fn run(model: &mut Model, line: &str) {
    update(model, Msg::Run(line.to_owned()));
    settle(model);
}

fn applied() -> Model {
    let mut model = Model::new(StartWorld::Manifest);
    update(&mut model, Msg::Apply);
    settle(&mut model);
    model
}

fn set(model: &Model) -> &SetView {
    model.page.stage.sets.first().expect("a set")
}

/// `myapp-0 Running 1/1 r1 · volume`, or `myapp-0 - volume` for a ghost.
fn told(column: &Column) -> String {
    let volume = column.claims.first().map_or("", |claim| claim.volume_name.as_str());
    match &column.pod {
        Some(pod) => {
            let revision = pod.revision.as_ref().map(playground::view::revision::Revision::label);
            format!(
                "{} {} {} {} {volume}",
                column.key.name,
                pod.status,
                pod.ready,
                revision.unwrap_or_default()
            )
        }
        None => format!("{} - {volume}", column.key.name),
    }
}

fn columns(model: &Model) -> Vec<String> {
    set(model).columns.iter().map(told).collect()
}

#[test]
fn the_first_visit_shows_volumes_and_asks_to_apply() {
    let model = Model::new(StartWorld::Manifest);
    let shelf: Vec<String> = model
        .page
        .stage
        .shelf
        .iter()
        .map(|volume| format!("{} {} {} {}", volume.key.name, volume.capacity, volume.modes, volume.status))
        .collect();
    assert_eq!(
        shelf,
        [
            "pv001 5Gi RWO,RWX Available",
            "pv002 5Gi RWO Available",
            "pv003 5Gi RWO,RWX Available",
            "pv004 10Gi RWO,RWX Available",
            "pv005 10Gi RWO,RWX Available",
        ]
    );
    assert_eq!(model.page.whys[0].reason, Reason::Empty);
    let effect = (model.locale.words().effect)(&model.trial.effect);
    assert_eq!(effect, "creates service/myapp-svc and statefulset/myapp: two pods");
}

#[test]
fn apply_types_its_command_and_two_pods_appear_in_order() {
    let mut model = Model::new(StartWorld::Manifest);
    update(&mut model, Msg::Apply);
    let mut order = Vec::new();
    for _ in 0..200 {
        update(&mut model, Msg::Frame(100));
        for column in model.page.stage.sets.iter().flat_map(|set| &set.columns) {
            let ready = column.pod.as_ref().is_some_and(|pod| pod.shape == Shape::Ready);
            if ready && !order.contains(&column.ordinal) {
                order.push(column.ordinal);
            }
        }
    }
    assert_eq!(order, [0, 1]);
    assert_eq!((set(&model).ready, set(&model).replicas), (2, 2));
    assert!(set(&model).columns.iter().all(|column| column.name.answer.is_ok()));
    assert_eq!((model.locale.words().effect)(&model.trial.effect), "no change: file and cluster agree");
    assert_eq!(model.page.acts.len(), 3);
}

#[test]
fn a_partition_holds_back_the_ordinals_below() {
    let mut model = applied();
    run(&mut model, "kubectl scale sts myapp --replicas=5");
    let key = set(&model).key.clone();
    update(&mut model, Msg::Drag(key.clone(), 3));
    update(&mut model, Msg::Drop);
    settle(&mut model);
    assert_eq!(set(&model).partition(), Some(3));
    run(&mut model, "kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:v2");
    let revisions: Vec<String> = set(&model)
        .columns
        .iter()
        .filter_map(|column| {
            column.pod.as_ref()?.revision.as_ref().map(playground::view::revision::Revision::label)
        })
        .collect();
    assert_eq!(revisions, ["r1", "r1", "r1", "r2", "r2"]);
    let Reason::Settled { held: Some(held), .. } = &model.page.whys[0].reason else {
        panic!("{:?}", model.page.whys);
    };
    assert_eq!((held.first, held.last, held.revision.as_str(), held.partition), (0, 2, "r1", 3));
    let sentence = (model.locale.words().why_sentence)(&model.page.whys[0]);
    assert_eq!(sentence, "Nothing is waiting; 0–2 stay at r1 because partition is 3.");
    assert_eq!(set(&model).replaced_with_partition(1), [2, 1]);
}

#[test]
fn a_dragged_line_that_goes_back_types_nothing() {
    let mut model = applied();
    let key = set(&model).key.clone();
    let before = model.session.inputs().count();
    for end in [Msg::CancelDrag, Msg::Drag(key.clone(), 0)] {
        update(&mut model, Msg::Drag(key.clone(), 2));
        update(&mut model, end);
        update(&mut model, Msg::Drop);
    }
    assert_eq!(model.session.inputs().count(), before);
    assert_eq!(model.drag, None);
}

#[test]
fn a_pod_comes_back_into_its_column_to_its_volume() {
    let mut model = applied();
    let before = columns(&model);
    let uid = |model: &Model| set(model).columns[1].pod.as_ref().map(|pod| pod.uid.clone());
    let first = uid(&model);
    run(&mut model, "kubectl delete pod myapp-1");
    assert_eq!(columns(&model), before);
    assert_ne!(uid(&model), first);
}

#[test]
fn what_is_scaled_down_or_deleted_leaves_its_claims_in_their_columns() {
    let mut model = applied();
    run(&mut model, "kubectl scale sts myapp --replicas=1");
    let ghost = &set(&model).columns[1];
    assert!(ghost.pod.is_none() && !ghost.wanted && ghost.claims.len() == 1);
    run(&mut model, "kubectl delete -f stateful-demo.yaml");
    assert!(set(&model).deleted);
    assert_eq!(set(&model).columns.len(), 2);
    assert_eq!(model.page.whys[0].reason, Reason::ClaimsKept { set: "myapp".to_owned(), claims: 2 });
}

#[test]
fn a_claim_without_a_fitting_volume_is_stuck_and_says_why_for_each() {
    let mut model = applied();
    update(&mut model, Msg::Run("kubectl scale sts myapp --replicas=6".to_owned()));
    update(&mut model, Msg::Speed(Speed::Faster));
    for _ in 0..20 {
        update(&mut model, Msg::Frame(100));
    }
    let Reason::NoVolume { claim, pod, misfits, .. } = &model.page.whys[0].reason else {
        panic!("{:?}", model.page.whys);
    };
    assert_eq!(model.page.whys[0].kind, WhyKind::Stuck);
    assert_eq!((claim.as_str(), pod.as_deref()), ("myappdata-myapp-5", Some("myapp-5")));
    assert_eq!(misfits.len(), 5);
}

#[test]
fn a_volume_in_use_waits_for_a_person_and_says_for_whom() {
    let mut model = Model::new(StartWorld::Tutorial);
    assert_eq!(model.page.stage.outside.len(), 1);
    update(&mut model, Msg::Run("kubectl delete pvc mypvc".to_owned()));
    for _ in 0..20 {
        update(&mut model, Msg::Frame(100));
    }
    assert!(model.session.running().is_some());
    let why = &model.page.whys[0];
    assert_eq!(
        why.reason,
        Reason::HeldClaim { claim: "mypvc".to_owned(), by: vec!["pod-vol-pvc".to_owned()] }
    );
    assert_eq!(why.command(), Some("kubectl delete pod pod-vol-pvc"));
    let sentence = (model.locale.words().why_sentence)(why);
    assert_eq!(sentence, "`mypvc` is being deleted and waits: `pod-vol-pvc` uses it.");
    update(&mut model, Msg::Interrupt);
    assert!(model.session.running().is_none());
}

#[test]
fn a_broken_image_is_stuck() {
    let mut model = applied();
    update(&mut model, Msg::Run("kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:bad".to_owned()));
    update(&mut model, Msg::Speed(Speed::Faster));
    for _ in 0..10 {
        update(&mut model, Msg::Frame(100));
    }
    let why = |model: &Model| match &model.page.whys[0] {
        why @ Why { reason: Reason::Broken { pod, template, .. }, .. } if pod == "myapp-1" => {
            (*template, why.command().map(str::to_owned), why.next.is_some())
        }
        other => panic!("{other:?}"),
    };
    let delete = "kubectl delete pod myapp-1";
    let undo = format!("kubectl rollout undo sts/myapp && {delete}");
    assert_eq!(why(&model), (Template::Same, Some(undo), false), "deleted, it would come back the same");
    update(&mut model, Msg::Run("kubectl rollout undo sts/myapp".to_owned()));
    update(&mut model, Msg::Frame(100));
    assert_eq!(why(&model), (Template::Frozen, Some(delete.to_owned()), true));
}

#[test]
fn a_pod_that_lacks_its_settings_is_stuck_until_they_come() {
    let patches = [
        (
            r#"{"volumes":[{"name":"v","secret":{"secretName":"conf"}}],"containers":[{"name":"myapp-pod","volumeMounts":[{"name":"v","mountPath":"/v"}]}]}"#,
            "secret",
            "ContainerCreating",
        ),
        (
            r#"{"containers":[{"name":"myapp-pod","envFrom":[{"configMapRef":{"name":"conf"}}]}]}"#,
            "configmap",
            "CreateContainerConfigError",
        ),
    ];
    for (patch, kind, status) in patches {
        let mut model = applied();
        let patch = format!(r#"{{"spec":{{"template":{{"spec":{patch}}}}}}}"#);
        update(&mut model, Msg::Run(format!("kubectl patch sts myapp -p '{patch}'")));
        update(&mut model, Msg::Speed(Speed::Faster));
        let frames = |model: &mut Model| (0..20).for_each(|_| update(model, Msg::Frame(100)));
        frames(&mut model);
        let expected = Reason::Unconfigured {
            pod: "myapp-1".to_owned(),
            status: status.to_owned(),
            message: format!("{kind} \"conf\" not found"),
        };
        assert_eq!(model.page.whys[0].reason, expected);
        assert_eq!(model.page.whys[0].next, Some(Next::Replaces("myapp-0".to_owned())));
        let create = if kind == "secret" { "secret generic" } else { kind };
        let create = format!("kubectl create {create} conf --from-literal=key=value");
        assert_eq!(model.page.whys[0].command(), Some(&*create));
        update(&mut model, Msg::Run(create));
        for _ in 0..20 {
            update(&mut model, Msg::Frame(10));
            assert!(
                model.page.whys.iter().all(|why| why.kind >= WhyKind::Progressing || why.reason == expected)
            );
        }
        frames(&mut model);
        frames(&mut model);
        assert!(!model.page.whys.iter().any(|why| why.reason == expected), "{:?}", model.page.whys);
    }
}

#[test]
fn a_missing_key_is_added_and_others_stay() {
    let mut model = applied();
    update(&mut model, Msg::Run("kubectl create configmap conf --from-literal=a=1".to_owned()));
    let items = r#"[{"key":"a","path":"a"},{"key":"b","path":"b"}]"#;
    let volumes = format!(r#"[{{"name":"v","configMap":{{"name":"conf","items":{items}}}}}]"#);
    let containers = r#"[{"name":"myapp-pod","volumeMounts":[{"name":"v","mountPath":"/v"}]}]"#;
    let spec = format!(r#"{{"volumes":{volumes},"containers":{containers}}}"#);
    let patch = format!(r#"{{"spec":{{"template":{{"spec":{spec}}}}}}}"#);
    update(&mut model, Msg::Run(format!("kubectl patch sts myapp -p '{patch}'")));
    (0..100).for_each(|_| update(&mut model, Msg::Frame(100)));
    let command = r#"kubectl patch configmap conf -p '{"data":{"b":"value"}}'"#;
    assert_eq!(model.page.whys[0].command(), Some(command));
}

#[test]
fn what_is_typed_is_written_before_the_next_command_and_refusals_are_kubectls() {
    let mut model = Model::new(StartWorld::Manifest);
    let wider = model.text().replace("replicas: 2", "replicas: 3");
    update(&mut model, Msg::Edit(wider));
    update(&mut model, Msg::Apply);
    settle(&mut model);
    assert_eq!(set(&model).replicas, 3);
    update(&mut model, Msg::Edit("a: [".to_owned()));
    update(&mut model, Msg::Typed);
    let refused = (model.locale.words().effect)(&model.trial.effect);
    assert!(refused.starts_with("error: error parsing stateful-demo.yaml"), "{refused}");
    assert_eq!(
        model.session.files().get("stateful-demo.yaml").map(|text| text.contains("replicas: 3")),
        Some(true)
    );
}

#[test]
fn a_paused_clock_stands_and_a_step_goes_to_the_next_change() {
    let mut model = applied();
    update(&mut model, Msg::Play(false));
    let before = model.session.elapsed_ms();
    update(&mut model, Msg::Frame(100));
    assert_eq!(model.session.elapsed_ms(), before);
    update(&mut model, Msg::Run("kubectl scale sts myapp --replicas=3".to_owned()));
    update(&mut model, Msg::Step);
    assert!(model.session.elapsed_ms() > before);
}

#[test]
fn no_act_on_any_object_panics_and_every_answer_has_words() {
    let mut model = Model::new(StartWorld::Tutorial);
    update(&mut model, Msg::Apply);
    for step in 0..60 {
        update(&mut model, Msg::Frame(100));
        let stage = model.page.stage.clone();
        let pods = stage.sets.iter().flat_map(|set| set.columns.iter().map(|column| column.key.clone()));
        let columns = stage.sets.iter().flat_map(|set| &set.columns);
        let claims = columns.flat_map(|column| column.claims.iter().map(|claim| claim.key.clone()));
        let volumes = stage.shelf.iter().map(|volume| volume.key.clone());
        let keys: Vec<_> = pods.chain(claims).chain(volumes).collect();
        if let Some(key) = keys.get(step % keys.len().max(1)) {
            update(&mut model, Msg::Select(Some(key.clone())));
            let words = model.locale.words();
            let why = model.page.selected.clone().expect("an answer");
            assert!(!(words.why_sentence)(&why).is_empty());
        }
    }
}
