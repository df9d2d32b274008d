//! A world that is handed on comes up again as it was, and what is copied can be pasted.

use playground::early::Early;
use playground::keep::{self, Extent, Form, KeepMsg};
use playground::{Model, Msg, update};
use session::{Input, Sensitive, StartWorld};

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
    let mut opened = open(live.handed_on().0.to_text());
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
    let opened = open(live.handed_on().0.to_text());
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

#[test]
fn a_world_that_was_brought_is_not_kept_before_somebody_does_something() {
    let mut opened = open(played().handed_on().0.to_text());
    frames(&mut opened, 10);
    assert!(!opened.is_touched());
    update(&mut opened, Msg::Run("ls".to_owned()));
    assert!(opened.is_touched());

    let mut typed = Model::new(StartWorld::Manifest);
    assert!(!typed.is_touched());
    update(&mut typed, Msg::Keep(KeepMsg::Type("kubectl get pv;ls\n\ndate".to_owned())));
    let lines: Vec<String> = typed
        .session
        .inputs()
        .filter_map(|dated| match &dated.input {
            Input::Command { line } => Some(line.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(lines, ["kubectl get pv;ls", "date"]);
    assert!(!typed.is_touched());
    // Another course with as many inputs is another world.
    update(&mut typed, Msg::StepBack);
    update(&mut typed, Msg::Run("pwd".to_owned()));
    assert_eq!(typed.session.inputs().len(), 2);
    assert!(typed.is_touched());
}

#[test]
fn what_is_sensitive_is_handed_on_only_if_it_is_shown() {
    let mut live = Model::new(StartWorld::Manifest);
    update(
        &mut live,
        Msg::Run("kubectl create secret generic db --from-literal=password=hunter2".to_owned()),
    );
    let (saved, counts) = live.handed_on();
    assert!(!saved.to_text().contains("hunter2"));
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(Sensitive::SecretData, 1)]);
    update(&mut live, Msg::Keep(KeepMsg::Show(Sensitive::SecretData, true)));
    let (saved, counts) = live.handed_on();
    assert!(saved.to_text().contains("hunter2") && counts.len() == 1);
    update(&mut live, Msg::Keep(KeepMsg::Show(Sensitive::SecretData, false)));
    assert!(!live.handed_on().0.to_text().contains("hunter2"));
}

#[test]
fn a_failure_of_the_page_is_brought_back_by_a_link() {
    let live = played();
    let saved = keep::reproduction(&live, &Msg::Run("kubectl get sts".to_owned()));
    let mut opened = open(saved.to_text());
    frames(&mut opened, 30);
    assert_eq!(opened.keep.opening, None);
    let log = |model: &Model| model.copied(Form::Markdown);
    assert!(!log(&live).contains("get sts") && log(&opened).contains("$ kubectl get sts\nNAME"));
    assert!(opened.session.elapsed_ms() > live.session.elapsed_ms());
}

#[test]
fn what_was_done_before_the_page_stood_is_done_once_the_kept_world_stands() {
    let early =
        || Early { line: "kubectl get sts".to_owned(), applies: true, enters: true, ..Early::default() };
    let lines = |model: &Model| {
        let typed = model.session.inputs().filter_map(|dated| match &dated.input {
            Input::Command { line } => Some(line.to_string()),
            _ => None,
        });
        typed.collect::<Vec<_>>()
    };
    let done = ["kubectl apply -f stateful-demo.yaml", "kubectl get sts"];
    let mut fresh = Model::new(StartWorld::Manifest);
    update(&mut fresh, Msg::Early(early()));
    assert_eq!(lines(&fresh), done);

    let live = played();
    let mut opened = open(live.handed_on().0.to_text());
    update(&mut opened, Msg::Early(Early { manifest: Some("# mine\n".to_owned()), ..early() }));
    let kept = lines(&live);
    assert_eq!(lines(&opened), kept);
    frames(&mut opened, 10);
    assert_eq!(lines(&opened), [&kept[..], &done.map(str::to_owned)].concat());
    assert_eq!(&*opened.text(), "# mine\n");
}
