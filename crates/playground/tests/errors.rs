//! What is said of errors besides kubectl's own words: lines of ours, and the characters that cause them.

use playground::common_error::CommonError;
use playground::{Locale, Model, Msg, update};
use session::outcome::run;
use session::worlds::STATEFUL_DEMO;
use session::{Session, Start};

/// A page on which a line was typed into the prompt and run.
fn typed(line: &str) -> Model {
    let mut model = Model::new(Default::default());
    update(&mut model, Msg::Type(line.to_owned()));
    update(&mut model, Msg::Enter);
    model
}

#[test]
fn common_errors_are_known_by_what_is_printed() {
    let edited = |from: &str, to: &str| STATEFUL_DEMO.replacen(from, to, 1);
    for (text, line, expected) in [
        ("", "kubectl get pods nope", Some(CommonError::NotFound)),
        ("", "kubectl get pods", Some(CommonError::NoResources)),
        ("", "kubectl create sa x -n nope", Some(CommonError::NoNamespace)),
        ("", "kubectl get pod,nonsense", Some(CommonError::NoResourceType)),
        ("", "kubectl frobnicate", Some(CommonError::UnknownCommand)),
        ("", "kubctl get pods", Some(CommonError::NotACommand)),
        ("", "kubectl get pods --nope", Some(CommonError::UnknownFlag)),
        ("", "kubectl get pods -A -K", Some(CommonError::UnknownFlag)),
        ("", "kubectl scale sts x --replicas=two", Some(CommonError::InvalidArgument)),
        ("", "kubectl scale sts x", Some(CommonError::RequiredFlag)),
        ("", "kubectl apply -f nope.yaml", Some(CommonError::NoSuchFile)),
        ("", "cat nope.yaml", Some(CommonError::NoSuchFile)),
        ("", "kubectl apply", Some(CommonError::NoFile)),
        ("", "kubectl delete pods", Some(CommonError::NoName)),
        ("", "kubectl create ns x; kubectl create ns x", Some(CommonError::AlreadyExists)),
        (
            "",
            "kubectl wait pv --all --for=jsonpath='{.status.phase}'=Bound --timeout=1s",
            Some(CommonError::TimedOut),
        ),
        (&edited("replicas: 2", "replicas: two"), "kubectl apply -f f.yaml", Some(CommonError::WrongType)),
        (&edited("replicas: 2", "replica: 2"), "kubectl apply -f f.yaml", Some(CommonError::UnknownField)),
        (&edited("replicas: 2", "replicas: -2"), "kubectl apply -f f.yaml", Some(CommonError::InvalidValue)),
        (&edited("  replicas: 2", "\treplicas: 2"), "kubectl apply -f f.yaml", Some(CommonError::Tab)),
        (
            &edited("replicas: 2", "replicas: 2: 3"),
            "kubectl apply -f f.yaml",
            Some(CommonError::MappingValues),
        ),
        (&edited("kind: Service\n", "kind: [Service\n"), "kubectl apply -f f.yaml", Some(CommonError::Yaml)),
        (&edited("kind: Service\n", ""), "kubectl apply -f f.yaml", Some(CommonError::KindNotSet)),
        (&edited("apps/v1", "v1"), "kubectl apply -f f.yaml", Some(CommonError::NoMatch)),
        (
            "{\"kind\" 1}",
            "kubectl apply -f stateful-demo.yaml; kubectl replace --raw /api/v1/namespaces/default -f f.yaml",
            Some(CommonError::Json),
        ),
        (
            "",
            "kubectl apply -f stateful-demo.yaml; kubectl patch sts myapp -p '{\"spec\":{\"serviceName\":\"x\"}}'",
            Some(CommonError::SetImmutable),
        ),
        ("", "kubectl version", None),
    ] {
        let mut session = Session::new(Start::default());
        session.write_file("f.yaml", text);
        let answered = run(&mut session, line, 10_000);
        assert_eq!(CommonError::of(&answered.stderr), expected, "{line}\n{}", answered.stderr);
    }
}

#[test]
fn every_common_error_has_a_line_in_chinese() {
    let (english, chinese) = (Locale::English.words(), Locale::Chinese.words());
    let error = "Error from server (NotFound): pods \"nope\" not found";
    assert_eq!(english.beneath(error), None, "plain enough");
    assert!(chinese.beneath(error).is_some_and(|line| line.contains("kubectl get")));
    assert_eq!(chinese.beneath("deprecated"), None);
}

#[test]
fn the_characters_are_named_for_which_a_line_has_failed() {
    // A line, the places of what made it fail, and the line as it was meant.
    for (line, english, chinese, mended) in [
        (
            "kubectl get pods －n default",
            &["column 18: “－” (U+FF0D) is not “-”"][..],
            &["第 18 列的“－”（U+FF0D）不是“-”"][..],
            "kubectl get pods -n default",
        ),
        (
            "kubectl　get\u{200b} pv",
            &[
                "column 8: this looks like a space and is none (U+3000)",
                "column 12: a character that cannot be seen (U+200B)",
            ],
            &["第 8 列看起来是空格，其实不是（U+3000）", "第 12 列有一个看不见的字符（U+200B）"],
            "kubectl get pv",
        ),
        // What is only named in the error, or is right where it stands.
        ("kubectl get pods 名，字", &[], &[], ""),
        ("echo 你好，世界", &[], &[], ""),
        ("kubectl annotate pod nope note=你好，世界", &[], &[], ""),
        ("kubectl get pods nope", &[], &[], ""),
    ] {
        let mut model = typed(line);
        for (locale, expected) in [(Locale::English, english), (Locale::Chinese, chinese)] {
            let characters = model.slip.iter().flat_map(|slip| &slip.characters);
            let told: Vec<String> = characters.map(locale.words().confusable).collect();
            assert_eq!(told, expected, "{line}");
        }
        update(&mut model, Msg::Mend);
        assert_eq!((model.prompt.text(), model.slip.is_some()), (mended, false));
    }
}

#[test]
fn the_characters_are_forgotten_with_the_next_line() {
    let mut model = typed("kubectl get pods －n default");
    assert!(model.slip.is_some());
    update(&mut model, Msg::Run("kubectl get pv".to_owned()));
    assert_eq!(model.slip, None);
}

#[test]
fn in_a_file_they_are_marked_and_replaced_a_line_at_a_time() {
    let mut model = Model::new(Default::default());
    let text = STATEFUL_DEMO.replacen("replicas: 2", "replicas：　２ # 副本，两个", 1).replacen(
        "containerPort: 80",
        "containerPort: ８０",
        1,
    );
    update(&mut model, Msg::Edit(text.clone()));
    update(&mut model, Msg::Typed);
    let marked = |model: &Model| {
        let told = |mark: &playground::marks::Mark| {
            mark.remedy().map(|_| format!("{}:{}", mark.span.start.line, mark.span.start.column))
        };
        model.trial.marks.iter().filter_map(told).collect::<Vec<_>>()
    };
    assert_eq!(marked(&model), ["20:11", "20:12", "20:13", "33:26", "33:27"]);
    let at = model.trial.marks.iter().find(|mark| mark.remedy().is_some()).expect("a mark").span.start;
    update(&mut model, Msg::Remedy(at));
    assert_eq!(marked(&model), ["33:26", "33:27"]);
    assert_eq!(&*model.text(), text.replacen("：　２", ": 2", 1));
}
