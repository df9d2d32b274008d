//! Every lesson can be taken: its solutions reach its goals, and nothing less does.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use machinery::version::Features;
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
    for lesson in lessons() {
        for failure in check::check(&lesson, Features::default()) {
            failures.push(format!("{}: {failure}", lesson.id));
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
