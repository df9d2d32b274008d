//! Many replicas: every ordinal has its slot, columns are made only for a part, and nothing that one asks for hangs.

use playground::view::pod::Shape;
use playground::view::set::PART;
use playground::view::stage::SetView;
use playground::{Model, Msg, update};
use session::StartWorld;

const WEB: &str = "apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None, selector: {app: web}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  podManagementPolicy: Parallel
  replicas: 300
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx:1.25}]}
";

fn pass(model: &mut Model, seconds: u32) {
    (0..seconds * 10).for_each(|_| update(model, Msg::Frame(100)));
}

fn run(model: &mut Model, line: &str) {
    update(model, Msg::Run(line.to_owned()));
}

fn applied() -> Model {
    let mut model = Model::new(StartWorld::Empty);
    run(&mut model, &format!("kubectl apply -f - <<EOF\n{WEB}EOF"));
    pass(&mut model, 20);
    model
}

fn set(model: &Model) -> &SetView {
    &model.page.stage.sets[0]
}

fn shown(model: &Model) -> Vec<i32> {
    set(model).columns.iter().map(|column| column.ordinal).collect()
}

#[test]
fn a_long_set_has_a_slot_for_each_ordinal_and_columns_for_a_part() {
    let mut model = applied();
    assert_eq!((set(&model).slots.len(), set(&model).count(Some(Shape::Ready))), (300, 300));
    assert_eq!(shown(&model).len(), PART);
    let key = set(&model).key.clone();
    update(&mut model, Msg::LookAt(key, Some(120)));
    assert_eq!(shown(&model), (120..128).collect::<Vec<_>>());
    assert!(set(&model).columns[0].name.answer.is_ok());
    pass(&mut model, 1);
    assert_eq!(shown(&model)[0], 120, "it stays where a person looks");
}

#[test]
fn the_part_follows_what_moves_and_why_finds_it() {
    let mut model = applied();
    run(&mut model, "kubectl set image sts/web c=nginx:bad");
    pass(&mut model, 10);
    assert!(shown(&model).contains(&299), "{:?}", shown(&model));
    assert_eq!(set(&model).count(Some(Shape::Broken)), 1);
    let sentence = (model.locale.words().why_sentence)(&model.page.whys[0]);
    assert!(sentence.starts_with("`web-299` cannot run"), "{sentence}");
    assert_eq!(set(&model).replaced_with_partition(297), [298, 297]);
}

#[test]
fn more_replicas_than_anybody_can_look_at_are_bounded() {
    let mut model = Model::new(StartWorld::Empty);
    let slow = WEB.replace("  podManagementPolicy: Parallel\n", "").replace("300", "2147483647");
    run(&mut model, &format!("kubectl apply -f - <<EOF\n{slow}EOF"));
    pass(&mut model, 2);
    assert_eq!(set(&model).replicas, i32::MAX);
    assert!(set(&model).slots.len() <= 20_000);
}

#[test]
fn two_sets_in_two_namespaces_stand_beside_each_other() {
    let mut model = Model::new(StartWorld::Empty);
    update(&mut model, Msg::Example(playground::examples::Example::MovingOrdinals));
    let told: Vec<String> = model
        .page
        .stage
        .sets
        .iter()
        .map(|set| {
            let ordinals: Vec<String> = set.columns.iter().map(|column| column.ordinal.to_string()).collect();
            format!("{}/{}: {}", set.key.namespace, set.key.name, ordinals.join(" "))
        })
        .collect();
    assert_eq!(told, ["new/web: 2", "old/web: 0 1"]);
}
