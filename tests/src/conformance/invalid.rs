//! Broken and odd manifests: what kubectl said to each, and what was stored where one was taken.

use machinery::Kind;
use machinery::decode::with_printed_nulls;
use machinery::version::Features;
use serde::Deserialize;
use serde_json::Value;
use session::Session;

use super::compare::{lines_differ, outputs_differ};
use super::free::Texts;
use super::recording::{Answer, Manifest};
use super::run::{Mode, Outcome, guarded};
use super::terminal::{self, Output};

/// How long what was stored may take to come to rest, in virtual milliseconds.
const REST_LIMIT_MS: u64 = 10_000;

/// A recording of manifests.
#[derive(Clone, Debug, Deserialize)]
pub struct Invalid {
    /// The manifests.
    pub cases: Vec<Case>,
}

/// One manifest, as `case.yaml` on an empty cluster.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// What is odd about it.
    pub name: String,
    /// Its text.
    pub manifest: Manifest,
    /// What `kubectl create` said.
    pub create: Answer,
    /// What `kubectl apply` said.
    pub apply: Answer,
    /// The spec of the first object that `create` stored.
    pub stored_spec: Option<Value>,
}

impl Invalid {
    /// Runs one case.
    pub fn play(&self, case: usize, mode: Mode) -> Outcome {
        let case = &self.cases[case];
        Outcome { name: case.name.clone(), steps: 2, difference: guarded(|| case.difference(mode)) }
    }
}

impl Case {
    fn difference(&self, mode: Mode) -> Option<String> {
        let texts = Texts::new(mode);
        let features = Features::of(mode.version);
        let answers = [("create", &self.create), ("apply", &self.apply)];
        answers.into_iter().find_map(|(verb, answer)| self.answer_differs(verb, answer, features, &texts))
    }

    fn answer_differs(
        &self,
        verb: &str,
        answer: &Answer,
        features: Features,
        texts: &Texts,
    ) -> Option<String> {
        let mut session = terminal::empty(features);
        session.write_file("case.yaml", &self.manifest.text());
        let before = session.world().server().resource_version();
        let run = format!("kubectl {verb} -f case.yaml");
        let ours = terminal::run(&mut session, &run, terminal::to_its_end);
        let wrote = session.world().server().resource_version() > before;
        let recorded = Output::from(answer);
        let difference = outputs_differ(&run, &recorded, &ours, texts).or_else(|| {
            let refused = recorded.out.is_empty() && wrote;
            refused.then(|| "refused, and yet the cluster has changed".to_owned())
        });
        let difference = difference.map(|difference| format!("{run}\n{difference}"));
        if difference.is_some() || verb != "create" {
            return difference;
        }
        let stored = self.stored_spec.as_ref()?;
        session.run_until_quiet(REST_LIMIT_MS);
        let ours = stored_spec(&session, &ours.out, features).unwrap_or_default();
        let text = |value: &Value| texts.comparable(&run, &format!("{value:#}\n"));
        lines_differ("stored spec", &text(stored), &text(&ours))
    }
}

/// The spec of the first object that was made; none if it has none.
fn stored_spec(session: &Session, printed: &str, features: Features) -> Option<Value> {
    let (type_name, name) = printed.lines().next()?.strip_suffix(" created")?.split_once('/')?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.type_name() == type_name)?;
    let mut objects = session.world().server().all();
    let object = objects.find(|object| object.kind() == kind && object.name() == name)?;
    with_printed_nulls(kind.go_type(), &object.to_value(), features).get("spec").cloned()
}
