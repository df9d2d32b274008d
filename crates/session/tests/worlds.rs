//! The start worlds are what they say.

use session::{Session, Start, StartWorld};

fn session(world: StartWorld) -> Session {
    Session::new(Start { world, ..Start::default() })
}

fn printed(session: &mut Session, line: &str) -> String {
    let first = session.log().written();
    session.run(line);
    let (mut out, mut err, mut status) = Default::default();
    session.log().since(first).for_each(|entry| entry.collect(&mut out, &mut err, &mut status));
    assert_eq!((err.as_str(), status), ("", Some(0)), "{line}");
    out
}

#[test]
fn every_world_begins_with_an_empty_terminal_at_zero() {
    for world in StartWorld::ALL {
        let mut session = session(world.clone());
        assert_eq!(
            (session.elapsed_ms(), session.log().len(), session.inputs().count()),
            (0, 0, 0),
            "{world}"
        );
        assert_eq!(session.shell().history().count(), 0);
        let names: Vec<&str> = session.files().iter().map(|file| &*file.name).collect();
        let expected: &[&str] = match world {
            StartWorld::Empty | StartWorld::Imported(_) => &[],
            StartWorld::Manifest | StartWorld::Tutorial => &["stateful-demo.yaml", "pv-nfs-d.yaml"],
        };
        assert_eq!(names, expected);
        assert!(session.run_until_quiet(0), "{world}: nothing is under way");
        assert_eq!(world.to_string().parse(), Ok(world));
    }
}

#[test]
fn the_manifest_world_has_five_free_volumes() {
    let mut session = session(StartWorld::Manifest);
    let volumes = printed(&mut session, "kubectl get pv --no-headers");
    let cells = volumes.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let rows: Vec<_> = cells.map(|cells| (cells[0], cells[1], cells[4])).collect();
    let sizes = [("pv001", "5Gi"), ("pv002", "5Gi"), ("pv003", "5Gi"), ("pv004", "10Gi"), ("pv005", "10Gi")];
    assert_eq!(rows, sizes.map(|(name, size)| (name, size, "Available")));
}

#[test]
fn in_the_tutorial_world_a_pod_uses_a_claim_that_holds_a_volume() {
    let mut session = session(StartWorld::Tutorial);
    assert_eq!(
        printed(&mut session, "kubectl get pvc mypvc -o jsonpath='{.status.phase} {.spec.volumeName}'"),
        "Bound pv004"
    );
    assert_eq!(printed(&mut session, "kubectl get pod pod-vol-pvc -o jsonpath='{.status.phase}'"), "Running");
    assert_eq!(printed(&mut session, "kubectl get pv --no-headers | wc -l"), "5\n");
}
