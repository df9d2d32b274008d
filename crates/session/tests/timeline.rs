//! Time: frames or leaps, back and forth, undo and branches.

use session::{Content, Input, Saved, Session, Start, StartWorld};

const SECOND: u64 = 1000;

/// A session with a file, a line that sleeps and a line that waits for it.
fn lived() -> Session {
    let mut session = Session::new(Start { world: StartWorld::Empty, ..Start::default() });
    session.write_file("a.txt", "one");
    session.advance(SECOND);
    session.run("cat a.txt; sleep 10; echo slept");
    session.advance(2 * SECOND);
    session.run("echo next > b.txt");
    session.advance(20 * SECOND);
    session.run("sleep 100");
    session.advance(5 * SECOND);
    session.interrupt();
    session.write_file("a.txt", "two");
    session.advance(5 * SECOND);
    session
}

fn lines(session: &Session) -> Vec<String> {
    let lines = session.log().iter().filter_map(|entry| match &entry.content {
        Content::Command(line) => Some(format!("$ {line}")),
        Content::Out(text) | Content::Err(text) => Some(text.trim_end().to_owned()),
        Content::Note(_) | Content::Exit(_) => None,
    });
    lines.collect()
}

#[test]
fn frames_and_leaps_are_the_same() {
    let (mut frames, mut leaps) = (lived(), lived());
    for session in [&mut frames, &mut leaps] {
        session.run("for i in 1 2 3; do sleep 0.7; date +%S; done");
    }
    (0..300).for_each(|_| frames.advance(16));
    leaps.advance(16 * 300);
    assert_eq!(lines(&frames), lines(&leaps));
    assert_eq!(frames.digest(), leaps.digest());
}

#[test]
fn every_moment_can_be_visited_and_is_as_it_was() {
    let mut live = Session::new(Start { world: StartWorld::Empty, ..Start::default() });
    let script = lived();
    let mut seen = Vec::new();
    for dated in script.inputs() {
        live.advance(u64::try_from(dated.at.as_millisecond() - live.now().as_millisecond()).expect("later"));
        match &dated.input {
            Input::WriteFile { name, text } => live.write_file(name, text),
            Input::Command { line } => live.run(line),
            Input::Interrupt => live.interrupt(),
            Input::EditSaved { text } => live.save_edit(text),
            Input::Fault(fault) => live.fault(fault.clone()),
            Input::Script(_) => panic!("none here"),
        }
        seen.retain(|(at, _)| *at != live.now());
        seen.push((live.now(), live.digest()));
    }
    live.advance(5 * SECOND);
    assert_eq!(live.digest(), script.digest());
    let end = live.now();
    for (at, digest) in seen.iter().rev().chain(&seen) {
        live.seek(*at);
        assert_eq!((live.now(), live.digest()), (*at, *digest));
        assert!(live.is_past());
    }
    live.seek(end);
    assert_eq!(live.digest(), script.digest());
    assert!(!live.is_past());
    live.seek(live.began());
    live.advance(3_600 * SECOND);
    assert_eq!(lines(&live), lines(&script), "playing on from the past happens as it happened");
}

#[test]
fn typing_in_the_past_forks_and_the_old_branch_can_be_taken_up() {
    let mut session = lived();
    let (end, digest) = (session.now(), session.digest());
    session.seek(session.began() + jiff::SignedDuration::from_secs(5));
    let course = session.course();
    session.run("echo here");
    assert!(!session.is_past() && session.course() != course);
    session.advance(60 * SECOND);
    assert_eq!(
        lines(&session),
        ["$ cat a.txt; sleep 10; echo slept", "one", "slept", "$ echo next > b.txt", "$ echo here", "here"]
    );
    assert_eq!(session.branches().count(), 1);
    assert!(session.switch_to(0));
    assert_eq!((session.now(), session.digest()), (end, digest));
    assert_eq!(session.branches().count(), 1);
    assert!(session.switch_to(0));
    assert_eq!(lines(&session).last().map(String::as_str), Some("here"));
    assert!(!session.switch_to(7));
}

#[test]
fn a_branch_is_not_mixed_with_what_happened_since() {
    let mut session = lived();
    let digest = session.digest();
    (0..3).for_each(|_| assert!(session.step_back(1)));
    session.advance(60 * SECOND);
    session.seek(session.began());
    assert!(session.switch_to(0));
    assert_eq!(session.digest(), digest);
}

#[test]
fn step_back_undoes_one_input_after_another() {
    let mut session = lived();
    assert!(session.step_back(1), "the file");
    assert_eq!(session.files().get("a.txt"), Some("one"));
    assert!(session.step_back(1), "Ctrl-C");
    assert_eq!(&*session.running().expect("it sleeps again").line, "sleep 100");
    assert!(session.step_back(1), "sleep 100");
    assert!(session.running().is_none());
    assert_eq!(session.elapsed_ms(), 23 * SECOND);
    while session.step_back(1) {}
    assert_eq!((session.elapsed_ms(), session.log().len(), session.files().iter().count()), (0, 0, 0));
}

#[test]
fn a_step_goes_to_the_next_thing_that_shows() {
    let mut session = Session::new(Start { world: StartWorld::Empty, ..Start::default() });
    assert!(!session.step(), "nothing will happen");
    assert_eq!(session.elapsed_ms(), 0);
    session.run("sleep 7; echo a; sleep 8; echo b");
    assert!(session.step() && session.elapsed_ms() == 7 * SECOND);
    assert!(session.run_until_quiet(60 * SECOND) && session.elapsed_ms() == 15 * SECOND);
}

#[test]
fn edits_at_one_moment_are_one_input() {
    let mut session = lived();
    let before = session.inputs().count();
    for text in ["t", "th", "thr", "three"] {
        session.write_file("b.txt", text);
    }
    session.write_file("b.txt", "three");
    assert_eq!(session.inputs().count(), before + 1);
    let digest = session.digest();
    session.seek(session.began());
    session.seek(session.end());
    assert_eq!(session.digest(), digest);
    assert!(session.step_back(1));
    assert_eq!(session.files().get("b.txt"), Some("next\n"));
    session.write_file("a/b", "refused");
    session.write_file("a/b", "refused again");
    let digest = session.digest();
    session.seek(session.end());
    assert_eq!(session.digest(), digest);
}

#[test]
fn a_write_that_fails_leaves_the_one_before_it_in_the_log() {
    let mut session = Session::new(Start::default());
    for text in ["first", "second", &"x".repeat(5 << 20)] {
        session.write_file("a.txt", text);
    }
    assert_eq!((session.files().get("a.txt"), session.inputs().count()), (Some("second"), 2));
    let (mut again, at) = Saved::whole(&session).open().expect("a world");
    again.advance(at);
    assert_eq!((again.files(), again.digest()), (session.files(), session.digest()));
}
