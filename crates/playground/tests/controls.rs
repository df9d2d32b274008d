//! Menus and tabs: every control types what a person would, and what has no command is a fault.

use playground::model::{Number, Tab};
use playground::view::lookup::Question;
use playground::view::nodes::NodeRow;
use playground::view::objects::State;
use playground::view::pod::Shape;
use playground::view::stage::{SetView, Strategy};
use playground::view::{Details, dns::Zone};
use playground::{Model, Msg, commands, update};
use session::StartWorld;

fn pass(model: &mut Model, seconds: u32) {
    (0..seconds * 10).for_each(|_| update(model, Msg::Frame(100)));
}

fn run(model: &mut Model, line: String) {
    update(model, Msg::Run(line));
    pass(model, 25);
}

fn applied() -> Model {
    let mut model = Model::new(StartWorld::Manifest);
    update(&mut model, Msg::Apply);
    pass(&mut model, 15);
    model
}

fn set(model: &Model) -> &SetView {
    &model.page.stage.sets[0]
}

fn shapes(model: &Model) -> Vec<Option<Shape>> {
    set(model).slots.iter().map(|slot| slot.shape).collect()
}

#[test]
fn the_sets_menu_does_what_it_says() {
    let mut model = applied();
    let key = set(&model).key.clone();
    run(&mut model, commands::strategy(&key, true));
    assert_eq!(set(&model).strategy, Strategy::OnDelete);
    run(&mut model, commands::strategy(&key, false));
    assert_eq!(set(&model).strategy, Strategy::Rolling { partition: 0 });
    run(&mut model, commands::restart(&key));
    assert_eq!(set(&model).revisions.last().map(|living| living.revision.label()).as_deref(), Some("r2"));
    run(&mut model, commands::undo(&key));
    assert_eq!(set(&model).revisions.last().map(|living| living.revision.label()).as_deref(), Some("r3"));
    run(&mut model, commands::orphan(&key));
    assert_eq!((set(&model).deleted, shapes(&model)), (true, vec![None, None]));
    assert_eq!(
        model.page.stage.outside.iter().filter(|chain| chain.pod.is_some()).count(),
        2,
        "nobody's pods"
    );
}

#[test]
fn a_deployment_stands_outside_of_the_sets_and_its_controls_do_what_they_say() {
    let mut model = applied();
    assert!(model.page.stage.deployments.is_empty());
    run(&mut model, "kubectl create deploy cattle --image=nginx:1.25 --replicas=2".to_owned());
    run(&mut model, "kubectl run alone --image=nginx:1.25".to_owned());
    let pods = |model: &Model| -> Vec<String> {
        let chains = model.page.stage.deployments.iter().flat_map(|deployment| &deployment.chains);
        chains.filter_map(|chain| Some(chain.pod.as_ref()?.key.name.to_string())).collect()
    };
    let [cattle] = &*model.page.stage.deployments else { panic!("{:?}", model.page.stage.deployments) };
    let key = cattle.key.clone();
    assert_eq!(
        (cattle.ready, cattle.replicas, cattle.chains.len(), model.page.stage.outside.len()),
        (2, 2, 2, 1)
    );
    let before = pods(&model);
    assert!(before.iter().all(|name| name.starts_with("cattle-")), "{before:?}");
    run(&mut model, commands::restart(&key));
    assert!(pods(&model).len() == 2 && !pods(&model).iter().any(|name| before.contains(name)), "all are new");
    run(&mut model, commands::undo(&key));
    update(&mut model, Msg::SetNumber(key.clone(), Number::Replicas, 40));
    pass(&mut model, 60);
    let cattle = &model.page.stage.deployments[0];
    assert_eq!((cattle.replicas, cattle.chains.len(), cattle.more), (40, 30, 10));
    run(&mut model, commands::delete(&key));
    assert_eq!((model.page.stage.deployments.len(), model.page.stage.outside.len()), (0, 1));
}

#[test]
fn a_set_is_made_again_with_the_other_pod_management_and_keeps_its_pods() {
    let mut model = applied();
    let uids = |model: &Model| -> Vec<String> {
        let pods = set(model).columns.iter().filter_map(|column| column.pod.as_ref());
        pods.map(|pod| pod.uid.clone()).collect()
    };
    let before = uids(&model);
    let key = set(&model).key.clone();
    update(&mut model, Msg::Recreate(key.clone()));
    assert!(!set(&model).parallel, "a person presses Enter");
    update(&mut model, Msg::Enter);
    pass(&mut model, 30);
    assert!(set(&model).parallel && !set(&model).deleted);
    assert_eq!(uids(&model), before);
    assert_eq!(set(&model).revisions.len(), 1, "the same template is the same revision");
    update(&mut model, Msg::Recreate(key));
    update(&mut model, Msg::Enter);
    pass(&mut model, 30);
    assert!(!set(&model).parallel);
    assert_eq!(uids(&model), before);
}

#[test]
fn what_a_control_types_is_about_its_object_in_any_context() {
    let mut model = applied();
    let key = set(&model).key.clone();
    run(&mut model, "kubectl config set-context --current --namespace=kube-system".to_owned());
    update(&mut model, Msg::Recreate(key));
    update(&mut model, Msg::Enter);
    pass(&mut model, 30);
    assert!(set(&model).parallel && !set(&model).deleted);
    update(&mut model, Msg::Begin("kubectl exec myapp-0 -- ".to_owned()));
    assert_eq!(model.prompt.text(), "kubectl -n default exec myapp-0 -- ");
}

#[test]
fn the_pods_menu_breaks_and_heals() {
    let mut model = applied();
    let pod = set(&model).pod_key(1);
    update(&mut model, Msg::Fault(playground::fail_readiness(&pod)));
    pass(&mut model, 40);
    assert_eq!(shapes(&model), [Some(Shape::Ready), Some(Shape::Starting)]);
    let card = set(&model).columns[1].pod.clone().expect("it runs");
    let defect = card.fails_readiness.expect("it is said");
    update(&mut model, Msg::Fault(playground::heal(&defect)));
    pass(&mut model, 40);
    assert_eq!(shapes(&model), [Some(Shape::Ready), Some(Shape::Ready)]);
    update(&mut model, Msg::Fault(playground::crash(&pod)));
    pass(&mut model, 20);
    let note = set(&model).columns[1].pod.as_ref().and_then(|pod| pod.note.clone());
    assert_eq!(note.map(|note| (model.locale.words().note)(&note)).as_deref(), Some("restarted once"));
    run(&mut model, commands::force_delete(&pod));
    assert_eq!(shapes(&model), [Some(Shape::Ready), Some(Shape::Ready)]);
}

fn nodes(model: &Model) -> &[NodeRow] {
    match &model.page.details {
        Details::Nodes(nodes) => nodes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_nodes_are_listed_with_their_pods_and_can_be_stopped() {
    let mut model = applied();
    update(&mut model, Msg::Tab(Tab::Nodes));
    let of_pod = nodes(&model).iter().find(|node| !node.pods.is_empty()).expect("a pod has a node").clone();
    assert!(nodes(&model).iter().all(|node| node.ready && node.down.is_none()));
    run(&mut model, commands::cordon(&of_pod.key));
    update(&mut model, Msg::Fault(playground::stop_node(&of_pod.key)));
    pass(&mut model, 90);
    let row = nodes(&model).iter().find(|node| node.key == of_pod.key).expect("it is still listed").clone();
    assert!(!row.ready && row.cordoned && row.down.is_some() && !row.taints.is_empty(), "{row:?}");
    update(&mut model, Msg::Fault(playground::heal(&row.down.expect("it is down"))));
    run(&mut model, commands::uncordon(&of_pod.key));
    assert!(nodes(&model).iter().all(|node| node.ready && !node.cordoned));
}

fn zone(model: &Model) -> &Zone {
    match &model.page.details {
        Details::Dns(zone) => zone,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_is_looked_up_along_the_search_path_and_its_parts_are_told_apart() {
    let mut model = applied();
    let from = set(&model).pod_key(0);
    update(&mut model, Msg::LookUpFrom(from.clone()));
    assert_eq!(model.tab, Tab::Dns);
    let ask = |model: &mut Model, name: &str| {
        update(model, Msg::LookUp(Question { from: Some(from.clone()), name: name.to_owned() }));
        zone(model).lookup.clone()
    };
    let found = ask(&mut model, "myapp-1.myapp-svc");
    assert_eq!(found.tried.len(), 1);
    assert_eq!(found.tried[0].name, "myapp-1.myapp-svc.default.svc.cluster.local");
    assert_eq!(found.tried[0].addresses.len(), 1);
    let parts = found.parts.expect("four parts");
    assert_eq!(
        [parts.pod, parts.service, parts.namespace, parts.domain],
        ["myapp-1", "myapp-svc", "default", "svc.cluster.local"]
    );
    let absent = ask(&mut model, "myapp-7.myapp-svc");
    assert!(absent.tried.iter().all(|tried| tried.addresses.is_empty()) && absent.tried.len() == 4);
    let words = model.locale.words();
    assert_eq!(absent.broken.map(|link| (words.broken)(&link)).as_deref(), Some("no pod"));
    assert!(ask(&mut model, "  ").tried.is_empty());
}

#[test]
fn the_zone_shows_what_the_last_act_changed() {
    let mut model = applied();
    update(&mut model, Msg::Tab(Tab::Dns));
    let key = set(&model).key.clone();
    run(&mut model, commands::scale(&key, 1));
    let of = |state| {
        let rows = zone(&model).rows.iter().filter(move |row| row.0 == state);
        rows.filter(|(_, record)| record.kind == "A")
            .map(|(_, record)| record.name.clone())
            .collect::<Vec<_>>()
    };
    assert!(of(State::Gone).contains(&"myapp-1.myapp-svc.default.svc.cluster.local.".to_owned()));
    assert!(of(State::Same).contains(&"myapp-0.myapp-svc.default.svc.cluster.local.".to_owned()));
    assert!(of(State::New).is_empty());
}
