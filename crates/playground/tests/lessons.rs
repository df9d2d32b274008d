//! Every lesson can be taken: its solutions reach its goals, and nothing less does.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use machinery::version::{Features, Version};
use playground::lesson::{Lesson, check, read};

/// Every lesson of the project, in order.
fn lessons() -> Vec<Arc<Lesson>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("there are lessons")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).expect("readable");
        read::read(&text).unwrap_or_else(|problems| panic!("{}: {}", path.display(), problems[0]))
    };
    files.iter().flat_map(read).map(Arc::new).collect()
}

#[test]
fn solutions_reach_their_goals_and_nothing_less_does() {
    let mut failures = Vec::new();
    for version in Version::ALL {
        for lesson in lessons() {
            for failure in check::check(&lesson, Features::of(version)) {
                failures.push(format!("{} at {version}: {failure}", lesson.id));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn ids_are_unique() {
    let lessons = lessons();
    for (index, lesson) in lessons.iter().enumerate() {
        assert!(lessons[..index].iter().all(|other| other.id != lesson.id), "{} occurs twice", lesson.id);
    }
}

#[test]
fn the_check_notices_what_is_wrong() {
    let lesson = |goal: &str, solution: &str| {
        let text = format!(
            "id: a\ntitle: T\nabout: A\nsteps:\n- {{text: X, goal: [{goal}], solution: [{solution}]}}\n"
        );
        Arc::new(read::read(&text).expect("is whole").remove(0))
    };
    let apply = "kubectl apply -f stateful-demo.yaml";
    let scale = "kubectl scale sts myapp --replicas=3";
    let cases = [
        ("{gone: sts/myapp}", apply.to_owned(), "before anything was done"),
        ("{object: sts/myapp}", format!("{apply}, {scale}"), "after a part of the solution"),
        ("{pods: myapp 0-3}", format!("{apply}, {scale}"), "does not reach the goal"),
        ("{never: + pod/}, {object: sts/myapp}", apply.to_owned(), "does not reach the goal"),
        ("{order: [+ pod/myapp-1, + pod/myapp-0]}", apply.to_owned(), "does not reach the goal"),
        ("{printed: no such thing}", apply.to_owned(), "does not reach the goal"),
    ];
    for (goal, solution, expected) in cases {
        let failures = check::check(&lesson(goal, &solution), Features::default());
        let said: Vec<String> = failures.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|said| said.contains(expected)), "{goal}: {said:?}");
    }
    assert_eq!(check::check(&lesson("{pods: myapp 0-1, ready: true}", apply), Features::default()), []);
}
