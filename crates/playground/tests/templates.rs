//! The manifests to start from: each is accepted whole and comes up, and shows what it says of itself.

use playground::marks::Mark;
use playground::templates::Template;
use playground::trial::Trial;
use playground::{Model, Msg, update};
use session::{Session, Start, StartWorld};

fn text(template: Template) -> String {
    let path = format!("{}/templates/{}", env!("CARGO_MANIFEST_DIR"), template.file());
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// An empty cluster in which the template was applied and has come up.
fn running(template: Template) -> Session {
    let mut session = Session::new(Start { world: StartWorld::Empty, ..Start::default() });
    session.write_file(template.file(), &text(template));
    session.run(&format!("kubectl apply -f {}", template.file()));
    session.run_until_quiet(600_000);
    session
}

/// What a command prints.
fn printed(session: &mut Session, line: &str) -> String {
    let first = session.log().written();
    session.run(line);
    let (mut out, mut err, mut exit) = (String::new(), String::new(), None);
    for entry in session.log().since(first) {
        entry.collect(&mut out, &mut err, &mut exit);
    }
    out + &err
}

const READY: &str =
    "kubectl get sts -o jsonpath='{range .items[*]}{.metadata.name} {.status.readyReplicas} {end}'";

#[test]
fn each_comes_up_in_every_world() {
    for (template, ready) in [
        (Template::Web, "web 2 "),
        (Template::RedisCluster, "redis-a 3 redis-b 3 redis-c 3 "),
        (Template::Mysql, "mysql 3 "),
        (Template::Zookeeper, "zk 3 "),
    ] {
        let mut session = running(template);
        assert_eq!(printed(&mut session, READY).trim_end_matches('\n'), ready, "{template:?}");
        for world in StartWorld::ALL {
            let session = Session::new(Start { world: world.clone(), ..Start::default() });
            let trial = Trial::of(&session, template.file(), &text(template));
            assert_eq!(trial.marks, Vec::<Mark>::new(), "{template:?} in {world}");
        }
    }
}

#[test]
fn a_shard_updates_its_replicas_first_and_the_primary_last_while_that_is_ordinal_0() {
    let mut session = running(Template::RedisCluster);
    session.run("kubectl set image sts/redis-a redis=redis:7.4");
    let mut went = Vec::new();
    for _ in 0..120 {
        session.advance(500);
        let going = printed(
            &mut session,
            "kubectl get pods -l shard=a -o jsonpath='{range .items[?(@.metadata.deletionTimestamp)]}{.metadata.name}{end}'",
        );
        let going = going.trim_end().to_owned();
        if !going.is_empty() && went.last() != Some(&going) {
            went.push(going);
        }
    }
    assert_eq!(went, ["redis-a-2", "redis-a-1", "redis-a-0"]);
    let others = "kubectl get pods -l 'shard in (b,c)' -o jsonpath='{.items[*].spec.containers[0].image}'";
    assert_eq!(printed(&mut session, others).trim_end(), ["redis:7.2"; 6].join(" "));
}

#[test]
fn a_template_becomes_a_file_beside_those_that_are_there() {
    let mut model = Model::new(StartWorld::Manifest);
    update(&mut model, Msg::Template(Template::Mysql));
    assert_eq!(model.template, Some(Template::Mysql));
    update(&mut model, Msg::Arrived(Template::Mysql, Err("no network".to_owned())));
    assert_eq!((model.template, &*model.file), (None, "stateful-demo.yaml"));
    assert_eq!(model.template_failed.as_deref(), Some("no network"));
    for (text, file) in [("a: 1\n", "mysql.yaml"), ("a: 1\n", "mysql.yaml"), ("a: 2\n", "mysql-2.yaml")] {
        update(&mut model, Msg::Template(Template::Mysql));
        update(&mut model, Msg::Arrived(Template::Mysql, Ok(text.to_owned())));
        assert_eq!((&*model.file, &*model.text()), (file, text));
    }
    assert_eq!(model.template_failed, None);
}
