//! A world that is handed on comes up again as it was, and what is copied can be pasted.

use playground::keep::{Extent, Form, KeepMsg};
use playground::{Model, Msg, update};
use session::StartWorld;

fn frames(model: &mut Model, number: usize) {
    for _ in 0..number {
        update(model, Msg::Frame(100));
    }
}

fn played() -> Model {
    let mut model = Model::new(StartWorld::Manifest);
    update(&mut model, Msg::Apply);
    frames(&mut model, 120);
    update(&mut model, Msg::Run("kubectl delete pod myapp-1".to_owned()));
    frames(&mut model, 120);
    model
}

fn open(text: String) -> Model {
    let mut model = Model::new(StartWorld::Manifest);
    update(&mut model, Msg::Keep(KeepMsg::Open { text, restored: false }));
    model
}

#[test]
fn a_world_is_opened_frame_by_frame_and_is_the_same() {
    let live = played();
    let mut opened = open(live.saved().to_text());
    assert!(opened.keep.opening.is_some());
    frames(&mut opened, 10);
    assert_eq!(opened.keep.opening, None);
    update(&mut opened, Msg::Play(false));
    assert_eq!(opened.session.files(), live.session.files());
    assert!(opened.session.log().written() >= live.session.log().written());
}

#[test]
fn the_start_alone_has_no_history() {
    let mut live = played();
    update(&mut live, Msg::Keep(KeepMsg::Extent(Extent::Start)));
    let opened = open(live.saved().to_text());
    assert!(opened.page.stage.sets.is_empty());
}

#[test]
fn a_broken_text_changes_nothing_and_says_why() {
    let mut live = played();
    let before = live.session.digest();
    update(&mut live, Msg::Keep(KeepMsg::Open { text: "{\"petset\":1}".to_owned(), restored: false }));
    assert!(live.keep.refused.as_deref().is_some_and(|why| why.contains("missing field")));
    assert_eq!(live.session.digest(), before);
    update(&mut live, Msg::Keep(KeepMsg::Dismiss));
    assert_eq!(live.keep.refused, None);
}

#[test]
fn copies_hold_what_was_typed() {
    let live = played();
    let markdown = live.copied(Form::Markdown);
    assert!(markdown.contains("```yaml\napiVersion: v1"));
    assert!(markdown.contains("$ kubectl delete pod myapp-1\npod \"myapp-1\" deleted"));
    let script = live.copied(Form::Script);
    assert!(script.contains("cat > 'stateful-demo.yaml' <<'EOF'\n"));
    assert!(script.ends_with("kubectl apply -f stateful-demo.yaml\nkubectl delete pod myapp-1\n"));
    assert_eq!(live.copied(Form::Manifest), live.text().to_string());
}
