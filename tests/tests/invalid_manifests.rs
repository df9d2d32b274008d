//! Broken and odd manifests: what kubectl said to each on a real cluster, and what it stored where it took one.

use machinery::{Kind, ObjectKey};
use serde::Deserialize;
use serde_json::Value;
use session::{Session, Start, StartWorld};
use tests::transcript::difference;

#[derive(Deserialize)]
struct Recording {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    manifest: Manifest,
    create: Answer,
    apply: Answer,
    stored_spec: Option<Value>,
}

/// A text, or pieces that are repeated so many times.
#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    Text(String),
    Pieces { join: Vec<(String, usize)> },
}

#[derive(Deserialize)]
struct Answer {
    exit_code: i32,
    stdout: String,
    stderr: String,
}

impl Manifest {
    fn text(&self) -> String {
        match self {
            Manifest::Text(text) => text.clone(),
            Manifest::Pieces { join } => join.iter().map(|(piece, times)| piece.repeat(*times)).collect(),
        }
    }
}

#[test]
fn every_manifest_is_answered_as_recorded() {
    let json = include_str!("../conformance/1.36/invalid-manifests.json");
    let recording: Recording = serde_json::from_str(json).expect("a recording");
    let empty = Session::new(Start { world: StartWorld::Empty, ..Start::default() });
    let mut failures = Vec::new();
    for case in &recording.cases {
        for (verb, recorded) in [("create", &case.create), ("apply", &case.apply)] {
            let mut session = empty.clone();
            session.write_file("case.yaml", &case.manifest.text());
            let before = session.world().server().resource_version();
            session.run(&format!("kubectl {verb} -f case.yaml"));
            assert!(session.finish(60_000), "{}: it waits", case.name);
            let expected = format!("{}{}[exit {}]\n", recorded.stdout, recorded.stderr, recorded.exit_code);
            if let Some(difference) = difference(&expected, &answer(&session)) {
                failures.push(format!("{} ({verb}) {difference}", case.name));
            }
            let wrote = session.world().server().resource_version() > before;
            if recorded.stdout.is_empty() && wrote {
                failures.push(format!("{} ({verb}) was refused, and changed the cluster", case.name));
            }
            if let (Some(stored), "create") = (&case.stored_spec, verb) {
                let ours = stored_spec(&session, &recorded.stdout).unwrap_or_default();
                let difference = difference(&format!("{stored:#}\n"), &format!("{ours:#}\n"));
                failures.extend(difference.map(|difference| format!("{} stored {difference}", case.name)));
            }
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

fn answer(session: &Session) -> String {
    let (mut out, mut err, mut exit) = Default::default();
    session.log().iter().for_each(|entry| entry.collect(&mut out, &mut err, &mut exit));
    format!("{out}{err}[exit {}]\n", exit.unwrap_or_default())
}

/// The spec of the first object that was made, which is what the recording kept; null if it has none.
fn stored_spec(session: &Session, printed: &str) -> Option<Value> {
    let (type_name, name) = printed.lines().next()?.strip_suffix(" created")?.split_once('/')?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.type_name() == type_name)?;
    let object = session.world().server().object(&ObjectKey::new(kind, "default", name))?;
    object.to_value().get("spec").cloned()
}
