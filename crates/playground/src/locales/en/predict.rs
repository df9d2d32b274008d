//! About imports and predictions.

use cluster::Assumption;
use machinery::ObjectKey;
use session::import::{Difference, Fact, Nearest, OBJECT_LIMIT, Problem, TEXT_LIMIT};
use session::predict::{Batches, COMMAND_LIMIT, Cause, ChangeError, End, Needs, SetCourse, Step, What};

use crate::locales::predict::gates;
use crate::locales::{PredictWords, ranges};
use crate::predict::{NotRead, NotTried, Outcome};

pub(in crate::locales) static PREDICT_WORDS: PredictWords = PredictWords {
    open: "Import / Predict…",
    title: "Import a cluster, predict a change",
    privacy: "Nothing leaves this tab: what you paste is read here, simulated here, and sent nowhere.",
    cluster: "The cluster as it is",
    dump_how: "Paste what `kubectl get sts,svc,pod,pvc,pv,controllerrevision -o yaml` prints, with `-n` and your namespace. \
        Add `node,sc` if you may read them: what is missing has to be assumed.",
    dump: "Objects, as YAML or JSON",
    file: "or choose the file",
    server: "Server version (1.34, or what `kubectl version` prints)",
    at: "Taken at (RFC 3339; if empty, the newest time in it)",
    read: "Read",
    no_dump: "Without a dump, a change is tried in the world on this page.",
    report: "What was left out and what is assumed",
    report_empty: "Nothing was left out, and nothing had to be assumed.",
    open_world: "Open this world",
    change: "The change",
    change_how: "A manifest, or kubectl commands, one a line: `kubectl scale sts web --replicas=2`. Left empty, you learn what happens anyway.",
    change_text: "Manifest or commands",
    namespace: "Namespace of commands that name none",
    predict: "Predict",
    answer: "What happens",
    in_import: "Tried in a copy of the imported cluster.",
    in_page: "Tried in a copy of the world on this page.",
    unasked: "The answer will stand here: what goes, what comes and in which order, what stays, and where it could stop.",
    stop: "Stop",
    refused: "The change is refused, in kubectl's words:",
    play: "Play this change",
    copy: "Copy as markdown",
    opened: "This is the imported cluster, simulated. The real one is not touched.",
    back: "Back to my world",
    steps: "Step by step",
    column_time: "Time",
    column_object: "Object",
    column_what: "What happens",
    column_after: "Only once",
    pace: "Times are at the playground's pace (a pod starts and stops in about 2 s); the order is Kubernetes'.",
    why: "In the end",
    unknown: "Not simulated, or not knowable",
    unknown_list: "Whether your application becomes Ready: a pod that is made anew is taken to become Ready; one that is not Ready now stays so until it is replaced.\n\
        How long images take to pull and containers to start or stop.\n\
        CNI and CSI: networks, attaching and mounting volumes, what lies on them.\n\
        Admission webhooks and policies, quotas, limit ranges, service meshes, operators and autoscalers that change objects too.\n\
        PodDisruptionBudgets: `kubectl drain` and evictions are never refused.\n\
        Pods, priorities and room that are not in the dump: nodes are taken to have room.\n\
        Back-offs begin anew, and a crash loop goes on.",
    outcome,
    running: |steps| format!("Predicting: {} so far.", counted(steps, "step", "steps")),
    course,
    end,
    claims_gone: |claims| {
        let (these, what) = if claims.len() == 1 {
            ("the claim", "its volume is")
        } else {
            ("the claims", "their volumes are")
        };
        format!("Deletes {these} {}; unless {what} retained, the data is lost.", code_list(claims))
    },
    step,
    after: |waits| list(waits.iter().map(|w| format!("`{}` is {}", w.pod.name, state(w.needs))), "and"),
    line: |line| format!("line {line}"),
    more: |count| format!("… and {count} more steps"),
    read_summary: |objects, at| {
        format!("{} read. The clock begins at {at}.", counted(objects, "object is", "objects are"))
    },
    fact,
    not_read,
    not_tried,
    nearest,
    difference,
};

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn list(items: impl Iterator<Item = impl ToString>, last: &str) -> String {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    match items.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        _ => items.concat(),
    }
}

fn code_list(names: &[&str]) -> String {
    list(names.iter().map(|name| format!("`{name}`")), "and")
}

fn batches(batches: &Batches) -> String {
    let words: Vec<String> = batches.iter().map(|batch| list(batch.iter(), "and")).collect();
    match words.as_slice() {
        [first, second, .., last] if words.len() > 5 => {
            format!("{first}, then {second} and so on, last {last}")
        }
        _ => words.join(", then "),
    }
}

fn state(needs: Needs) -> &'static str {
    match needs {
        Needs::Gone => "gone",
        Needs::Ready => "Ready",
        Needs::Available => "Available",
    }
}

fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused => "refused",
        Outcome::Stuck => "gets stuck",
        Outcome::CutShort => "too long to tell",
        Outcome::Through => "goes through",
        Outcome::Nothing => "changes no pod",
    }
    .to_owned()
}

fn not_tried(why: &NotTried) -> String {
    match why {
        NotTried::Dump => {
            "Nothing was predicted: the dump could not be read. Mend it, or empty its field.".to_owned()
        }
        NotTried::Change(ChangeError::Unclear { line, text }) => {
            format!("Line {line} is no kubectl command: `{text}`. Paste commands alone, or a manifest alone.")
        }
        NotTried::Change(ChangeError::TooLong { bytes }) => {
            format!("The change has {bytes} bytes; at most {} MiB are read.", TEXT_LIMIT >> 20)
        }
        NotTried::Change(ChangeError::TooMany) => {
            format!("There are more than {COMMAND_LIMIT} commands; try them in parts.")
        }
    }
}

fn course(course: &SetCourse) -> String {
    let mut parts = Vec::new();
    if course.deleted {
        parts.push("is deleted".to_owned());
    }
    for (verb, pods) in
        [("replaces", &course.replaced), ("creates", &course.created), ("removes", &course.removed)]
    {
        if !pods.is_empty() {
            parts.push(format!("{verb} {}", batches(pods)));
        }
    }
    if parts.is_empty() {
        parts.push("changes no pod".to_owned());
    }
    if !course.stays.is_empty() {
        let verb = if course.stays.len() == 1 { "stays" } else { "stay" };
        parts.push(format!("{} {verb}", ranges(&course.stays)));
    }
    if let Some(gate) = course.gates.first() {
        let gates = gates(course);
        let which = if gates.len() > 4 { "one of them".to_owned() } else { list(gates.into_iter(), "or") };
        parts.push(format!("stops if {which} is not {}", state(gate.needs)));
    }
    if course.is_stuck() {
        let what = match course.unready.as_slice() {
            [] => "and does not come to its end".to_owned(),
            [one] => format!("and gets stuck: {one} is not Ready"),
            unready => format!("and gets stuck: {} are not Ready", ranges(unready)),
        };
        parts.push(what);
    }
    format!("`{}` {}", course.set.name, parts.join("; "))
}

fn end(end: End) -> String {
    match end {
        End::Quiet => "Then nothing moves any more.",
        End::Retrying => "Then only retries go on.",
        End::CutShort => "Too much happens to tell all of it: this is the beginning.",
    }
    .to_owned()
}

fn step(step: &Step) -> String {
    match &step.what {
        What::Created { revision: Some(revision), .. } => format!("is created at revision `{revision}`"),
        What::Created { .. } => "is created".to_owned(),
        What::Changed => "is changed".to_owned(),
        What::Terminating(Cause::Update) => "is deleted to come back at the update revision".to_owned(),
        What::Terminating(Cause::ScaleDown) => "is deleted: it is beyond the replicas".to_owned(),
        What::Terminating(Cause::Replacement) => "is deleted to be made anew".to_owned(),
        What::Terminating(Cause::Other) => "is being deleted".to_owned(),
        What::Gone => "is gone".to_owned(),
        What::Ready => "becomes Ready".to_owned(),
        What::Unready => "is no longer Ready".to_owned(),
        What::Failing(reason) => format!("cannot run: `{reason}`"),
        What::Bound(volume) => format!("is bound to `{volume}`"),
        What::Released => "is released: its data is kept, and no claim gets it".to_owned(),
    }
}

fn named(object: &ObjectKey) -> String {
    format!("`{object}`")
}

fn fact(fact: &Fact) -> String {
    match fact {
        Fact::UnknownKind { api_version, kind, name } => {
            format!("`{kind}` `{name}` (`{api_version}`) is left out: this kind is not simulated.")
        }
        Fact::Derived { object } => format!("{} is made anew from the other objects.", named(object)),
        Fact::UnknownField { object, path } => {
            format!("`{path}` of {} is left out: this version does not have the field.", named(object))
        }
        Fact::Emptied { object } => format!("What {} holds is left out.", named(object)),
        Fact::Repeated { object } => format!("{} comes again later; the last one counts.", named(object)),
        Fact::Assumed(assumption) => assumed(assumption),
    }
}

fn assumed(assumption: &Assumption) -> String {
    match assumption {
        Assumption::Refused { object, why } => {
            format!("{} is left out; the API server would refuse it: {why}", named(object))
        }
        Assumption::Ownerless { object, owner } => {
            format!("{} stands alone: its owner {} is not in the dump.", named(object), named(owner))
        }
        Assumption::FewerPods { set, counted, found } => format!(
            "The status of {} counts {counted} pods, the dump has {found}: the others are taken not to exist, and would be created. Did you leave out `pod`?",
            named(set)
        ),
        Assumption::RevisionMade { revision, set } => {
            format!(
                "`{revision}` is not in the dump: it is taken to record the present template of {}.",
                named(set)
            )
        }
        Assumption::RevisionRead { revision, set } => format!(
            "`{revision}` is taken to record the present template of {}, as its status says, though this version would write it otherwise.",
            named(set)
        ),
        Assumption::RevisionUnknown { revision, set } => format!(
            "`{revision}` of {} is not in the dump, and nothing tells its template: pods that should come back at it come back at the update revision. Did you leave out `controllerrevision`?",
            named(set)
        ),
        Assumption::NodeMade { node, labels, room } => {
            let labels: Vec<String> = labels.iter().map(|(key, value)| format!("`{key}={value}`")).collect();
            let labels =
                if labels.is_empty() { String::new() } else { format!(", with {}", labels.join(", ")) };
            let room = if *room {
                "room for more pods"
            } else {
                "no room for more pods, because one waits for room"
            };
            format!("`{node}` is not in the dump: it is taken to be well{labels} and to have {room}.")
        }
        Assumption::NodeDown { node } => format!("`{node}` does not answer, and stays so."),
        Assumption::VolumeMade { volume, claim } => {
            format!(
                "`{volume}` is not in the dump: it is made from its claim {}. Its reclaim policy is assumed.",
                named(claim)
            )
        }
        Assumption::ClassMade { class, provisioner, default } => {
            let default = if *default { " It is the default class." } else { "" };
            format!(
                "The storage class `{class}` is not in the dump: `{provisioner}` is taken to make volumes for it.{default}"
            )
        }
        Assumption::ClassUnknown { class } => {
            format!("The storage class `{class}` is not in the dump: nobody makes volumes for it here.")
        }
        Assumption::SettingsMade { object } => {
            format!(
                "{} is not in the dump: it is taken to be there, with what pods need of it.",
                named(object)
            )
        }
        Assumption::ImageMissing { image } => format!("`{image}` cannot be pulled, now and later."),
        Assumption::PodStays { pod } => {
            format!(
                "{} is not Ready, and stays so until it is replaced; the pod made anew is taken to become Ready.",
                named(pod)
            )
        }
        Assumption::GateIgnored { gate } => format!(
            "The readiness gate `{gate}` is not simulated: a pod is taken to be Ready as soon as its containers are."
        ),
        Assumption::PodHeld { pod } => {
            format!(
                "{} should have been gone by now: something that is not seen holds it, and goes on.",
                named(pod)
            )
        }
    }
}

fn not_read(why: &NotRead) -> String {
    let error = match why {
        NotRead::Dump(error) => error,
        NotRead::Server => {
            return "The server's version is none of Kubernetes'. Write it as `1.34`, or leave it empty."
                .to_owned();
        }
        NotRead::Moment => {
            return "The moment is none. Write it as `2026-01-31T12:00:00Z`, or leave it empty.".to_owned();
        }
    };
    let why = match &error.problem {
        Problem::Empty => "There is nothing to read.".to_owned(),
        Problem::Table => "This is a table. Let kubectl print the objects: `-o yaml`.".to_owned(),
        Problem::TooLong { bytes } => {
            format!("It has {bytes} bytes; at most {} MiB are read. Dump one namespace.", TEXT_LIMIT >> 20)
        }
        Problem::TooMany { what, limit } => format!(
            "It has more than {limit} {what} (at most {OBJECT_LIMIT} objects are read). Dump one namespace."
        ),
        Problem::Syntax(why) => format!("It is neither YAML nor JSON: {why}"),
        Problem::NoObject => {
            "This is no object of Kubernetes: `apiVersion`, `kind` and `metadata.name` are needed.".to_owned()
        }
        Problem::Field { path, why } if path.is_empty() => why.clone(),
        Problem::Field { path, why } => format!("`{path}`: {why}"),
        Problem::NothingKnown => "No object in it is of a kind that is simulated.".to_owned(),
        Problem::TooEarly { newest } => {
            format!("The dump knows of {newest}, which is after the moment that you give.")
        }
    };
    let why = if why.ends_with('.') { why } else { format!("{why}.") };
    match error.line {
        Some(line) => format!("Line {line}: {why} Nothing was changed."),
        None => format!("{why} Nothing was changed."),
    }
}

fn nearest(nearest: &Nearest) -> String {
    let server = format!("1.{}", nearest.server.0);
    let version = nearest.version.name();
    if nearest.is_outside() {
        return format!(
            "Kubernetes {server} is outside of what is simulated; {version} is nearest, and more may differ than is told here."
        );
    }
    if server == version {
        return format!("Kubernetes {version} is simulated as such.");
    }
    match nearest.differences.as_slice() {
        [] => format!(
            "Kubernetes {server} is not simulated; {version} is nearest, and nothing that matters here differs."
        ),
        _ => format!("Kubernetes {server} is not simulated; {version} is nearest, and this differs:"),
    }
}

fn difference(difference: Difference) -> String {
    match difference {
        Difference::HistoryLimitIsMutable => "Since 1.33, `spec.revisionHistoryLimit` can be changed.",
        Difference::HealthMeansAvailable => "Since 1.34, scaling down and updating wait for Available pods (`minReadySeconds`), before for Ready ones.",
        Difference::RevisionsByMeaning => "Since 1.34, a template that means the same in other words makes no new revision.",
        Difference::RevisionNames => "Since 1.34, new revisions have other hashes in their names.",
        Difference::TemplatesAreChecked => "Since 1.34, the templates of a new set are checked like pods and claims.",
        Difference::EventWords => "Since 1.35, Events of sets begin with a capital letter.",
        Difference::AvailabilityIsExact => "Since 1.35, a set goes on exactly when its next pod becomes Available.",
        Difference::MaxUnavailableWasOn => "In 1.35.0 to 1.35.3, `maxUnavailable` counts, and a Parallel set does not heal a broken update. Choose the gate if that is yours.",
    }
    .to_owned()
}
