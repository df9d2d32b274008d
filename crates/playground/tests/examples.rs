//! What confuses people about StatefulSets: each example is explained truly, and the way out leads out.

use playground::examples::Example;
use playground::view::why::{Help, Why, WhyKind};
use playground::{Model, Msg, update};
use session::Start;

/// What is expected of an example: the kind and a part of the sentence, then the same after its way out and a minute.
type Case = (Example, WhyKind, &'static str, Option<(WhyKind, &'static str)>);

fn cases() -> Vec<Case> {
    use Example::*;
    use WhyKind::*;
    vec![
        (
            StuckRollout,
            Stuck,
            "`myapp-1` cannot run, ImagePullBackOff",
            Some((Quiet, "`myapp` runs both pods, as its spec wants")),
        ),
        (
            FixedClaimTemplates,
            Waiting,
            "refused the change of `myapp`: it touches `volumeClaimTemplates`",
            Some((Quiet, "`myapp` runs both pods")),
        ),
        (
            ClaimsOutlive,
            Quiet,
            "`myapp` is gone. Its 2 claims are kept",
            Some((Quiet, "Nothing is deployed yet")),
        ),
        (
            LostNode,
            Stuck,
            "`myapp-1` is to be deleted and stays: `node-",
            Some((Waiting, "does not answer; 0 pods are on it")),
        ),
        (
            AbsentName,
            Progressing,
            "`myapp-1.myapp-svc` has no answer (NXDOMAIN): `myapp-1` is not ready",
            Some((Quiet, "`myapp-1.myapp-svc` stands for `10.244.")),
        ),
        (
            FirstConsumer,
            Waiting,
            "`data` is Pending, and that is no failure",
            Some((Quiet, "there is no StatefulSet yet")),
        ),
        (
            WrongService,
            Stuck,
            "`web-0.web` has no answer (NXDOMAIN): the set's `serviceName` is `web`, and there is no Service of that name",
            Some((Quiet, "`web` runs both pods")),
        ),
        (
            OrderedDeadlock,
            Stuck,
            "`web-0` runs and is not ready: its readiness probe fails, and no timer will change that. The pods above it wait",
            Some((Quiet, "`web` runs all 3 pods")),
        ),
        (ParallelUpdate, Quiet, "`web` runs all 3 pods, as its spec wants", None),
        (
            Partition,
            Quiet,
            "0–2 stay at r1 because partition is 3",
            Some((Quiet, "`myapp` runs all 5 pods, as its spec wants")),
        ),
        (
            MiddleOrdinal,
            Quiet,
            "it comes back under the same name; a smaller set loses `myapp-2` first",
            None,
        ),
        (
            VolumeOnANode,
            Stuck,
            "No node takes `db-0`: 0/3 nodes are available",
            Some((Quiet, "`db` runs its one pod")),
        ),
        (RolloutUndo, Quiet, "at r3, which is the old r1 again under a new number", None),
        (
            PendingTemplate,
            Quiet,
            "`phase: Pending` under `volumeClaimTemplates` of `myapp` means nothing",
            None,
        ),
        (MovingOrdinals, Quiet, "`web` runs its one pod, with ordinals from 2 on", None),
        (DeletedAtOnce, Progressing, "`myapp` is deleted, and its 4 pods are going at the same time", None),
    ]
}

fn shown(model: &Model) -> &Why {
    model.page.selected.as_deref().unwrap_or(&model.page.whys[0])
}

/// What is wrong with what is shown, if anything is.
fn wrong(model: &Model, kind: WhyKind, part: &str, what: &str) -> Option<String> {
    let words = model.locale.words();
    let why = shown(model);
    let sentence = (words.why_sentence)(why);
    let all: Vec<String> = model.page.whys.iter().map(|why| (words.why_sentence)(why)).collect();
    let right = sentence.contains(part) && why.kind == kind;
    (!right).then(|| format!("{what}: {:?} {sentence:?} of {all:#?}", why.kind))
}

#[test]
fn every_example_is_explained_and_its_way_out_leads_out() {
    let cases = cases();
    assert_eq!(cases.iter().map(|case| case.0).collect::<Vec<_>>(), Example::ALL);
    let mut failures = Vec::new();
    for (example, kind, part, after) in cases {
        let mut model = Model::new(session::StartWorld::Manifest);
        update(&mut model, Msg::Example(example));
        assert_eq!(model.example, Some(example), "{}", example.name());
        failures.extend(wrong(&model, kind, part, example.name()));
        let words = model.locale.words();
        assert!(!(words.example_title)(example).is_empty() && !(words.example_hint)(example).is_empty());
        let Some((kind, part)) = after else { continue };
        assert!(shown(&model).rule.is_some(), "{}: the rule", example.name());
        let way =
            shown(&model).ways_out.last().unwrap_or_else(|| panic!("{}: a way out", example.name())).clone();
        match way.help {
            Help::Command(command) => update(&mut model, Msg::Run(command)),
            Help::Heal(defect) => update(&mut model, Msg::Fault(playground::heal(&defect))),
        }
        for _ in 0..600 {
            update(&mut model, Msg::Frame(100));
        }
        failures.extend(wrong(&model, kind, part, &format!("{} after its way out", example.name())));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn an_example_is_a_session_like_any_other() {
    let mut model = Model::new(session::StartWorld::Manifest);
    let start = Start { features: machinery::version::Features::default(), ..Start::default() };
    update(&mut model, Msg::Example(Example::Partition));
    assert_eq!(model.session.start().features, start.features);
    assert!(model.ticks.iter().any(|tick| tick.at_ms > 20_000));
    update(&mut model, Msg::Seek(16_000));
    assert_eq!(model.page.stage.sets[0].replicas, 5);
    update(&mut model, Msg::Restart(Start::default()));
    assert_eq!(model.example, None);
}
