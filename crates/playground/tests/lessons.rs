//! Every lesson can be taken: its solutions reach its goals, and nothing less does.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use machinery::version::{Features, Version};
use playground::lesson::panel::LessonMsg;
use playground::lesson::{Lesson, check, read};
use playground::{Model, Msg, update};
use session::StartWorld;

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
        ("{object: sts/myapp}", format!("{apply}, {scale}"), "without\n  kubectl scale sts myapp"),
        ("{object: sts/myapp}", format!("ls, {apply}"), "without\n  ls"),
        // Only for a moment: no pod is ready yet, or not any more.
        ("{pods: myapp 0, ready: false}", format!("{apply}, {scale}"), "without\n  kubectl scale sts myapp"),
        ("{pods: myapp 0-3}", format!("{apply}, {scale}"), "`pod/myapp-3` is not there."),
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

fn page() -> Model {
    let mut model = Model::new(StartWorld::Manifest);
    let lessons = include_str!("../lessons/02-birth.yaml").to_owned();
    update(&mut model, Msg::Lesson(LessonMsg::Arrived(Ok(lessons))));
    model
}

#[test]
fn every_step_of_the_projects_lessons_has_a_link() {
    let mut model = page();
    assert_eq!(model.lessons.link(0), None);
    update(&mut model, Msg::Lesson(LessonMsg::Take("birth".to_owned(), 1)));
    assert_eq!(model.lessons.link(1).as_deref(), Some("?lesson=birth&step=2"));
}

#[test]
fn a_lesson_of_somebodys_own_begins_anew() {
    let mut model = page();
    // Of the same id as one of the project's: it goes before that.
    let own = "id: birth\ntitle: Mine\nabout: A\nsteps:\n- {text: X, goal: [{gone: pv/pv001}], solution: [kubectl delete pv pv001]}\n";
    update(&mut model, Msg::Lesson(LessonMsg::File(own.to_owned())));
    assert_eq!(model.lessons.link(0), None, "nobody else could follow it");
    update(&mut model, Msg::Run("kubectl delete pv pv001".to_owned()));
    let is_reached = |model: &Model| model.lessons.course.as_ref().map(|course| course.reached);
    assert_eq!(is_reached(&model), Some(true));
    update(&mut model, Msg::Lesson(LessonMsg::Take("birth".to_owned(), 0)));
    assert_eq!((is_reached(&model), &model.lessons.problems), (Some(false), &Vec::new()));
    assert_eq!(model.lessons.course.as_ref().map(|course| course.lesson.title.en.as_str()), Some("Mine"));
}
