//! Odd manifests that the API server takes, and what the controllers made of each.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Event, PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::Resource;
use machinery::version::Features;
use serde::Deserialize;
use serde_json::{Value, json};
use session::Session;

use super::compare::{lines_differ, outputs_differ};
use super::events::{self, Row};
use super::free::Texts;
use super::recording::{Answer, Manifest};
use super::run::{Mode, Outcome, guarded};
use super::{state, terminal};

/// The recorder took stock once nothing had changed for so many virtual milliseconds …
const QUIET_MS: u64 = 1200;
/// … or later; how much was not recorded, so the replay may find the recorded moment within so many more.
const LATE_MS: u64 = 3000;
/// How often the recorder looked, in virtual milliseconds.
const LOOK_MS: u64 = 100;
/// How long a cluster may take to be quiet, in virtual milliseconds.
const LIMIT_MS: u64 = 30_000;

/// A recording of manifests.
#[derive(Clone, Debug, Deserialize)]
pub struct Accepted {
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
    events: Vec<SeenEvent>,
    pods: Vec<Value>,
    pvcs: Vec<Value>,
    pvs: Vec<Value>,
    sts_status: Vec<Value>,
    /// By resource, what `kubectl get` printed on standard output.
    get: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
struct SeenEvent {
    #[serde(rename = "type")]
    kind: String,
    reason: String,
    message: String,
    count: i32,
    object: String,
}

impl Accepted {
    /// Runs one case.
    pub fn play(&self, case: usize, mode: Mode) -> Outcome {
        let case = &self.cases[case];
        Outcome { name: case.name.clone(), steps: 1, difference: guarded(|| case.difference(mode)) }
    }
}

impl Case {
    fn difference(&self, mode: Mode) -> Option<String> {
        let texts = Texts::new(mode);
        let mut session = terminal::empty(Features::of(mode.version));
        session.write_file("case.yaml", &self.manifest.text());
        let run = "kubectl create -f case.yaml";
        let ours = terminal::run(&mut session, run, terminal::to_its_end);
        let answered = outputs_differ(run, &(&self.create).into(), &ours, &texts);
        answered.or_else(|| {
            wait_until_quiet(&mut session);
            let first = self.stock_differs(&session, &texts)?;
            for _ in 0..LATE_MS / QUIET_MS {
                session.advance(QUIET_MS);
                self.stock_differs(&session, &texts)?;
            }
            Some(first)
        })
    }

    fn stock_differs(&self, session: &Session, texts: &Texts) -> Option<String> {
        let lists = [
            ("pods", &self.pods, list::<Pod>(session, pod)),
            ("claims", &self.pvcs, list::<PersistentVolumeClaim>(session, claim)),
            ("volumes", &self.pvs, list::<PersistentVolume>(session, volume)),
            ("statuses", &self.sts_status, list::<StatefulSet>(session, |set| json!(set.status))),
        ];
        let text = |values: &[Value]| -> String {
            let line = |value: &Value| texts.comparable("", &format!("{}\n", without_uid(value)));
            values.iter().map(line).collect()
        };
        let stocks =
            lists.iter().find_map(|(what, recorded, ours)| lines_differ(what, &text(recorded), &text(ours)));
        stocks.or_else(|| self.events_differ(session, texts)).or_else(|| self.tables_differ(session, texts))
    }

    fn events_differ(&self, session: &Session, texts: &Texts) -> Option<String> {
        let free = |mut row: Row| {
            row.object = texts.comparable("", &row.object);
            row.message = texts.comparable("", &row.message);
            row
        };
        let recorded = self.events.iter().map(|event| Row {
            object: event.object.clone(),
            reason: event.reason.clone(),
            kind: event.kind.clone(),
            message: event.message.clone(),
            count: event.count,
        });
        let ours = session.world().server().list::<Event>("").map(|e| Row::of(e, str::to_owned));
        let (recorded, ours): (Vec<Row>, Vec<Row>) = (recorded.map(free).collect(), ours.map(free).collect());
        events::difference("events", &recorded, &ours)
    }

    fn tables_differ(&self, session: &Session, texts: &Texts) -> Option<String> {
        self.get.iter().find_map(|(resource, recorded)| {
            let run = format!("kubectl get {resource}");
            let ours = terminal::run(&mut session.clone(), &run, terminal::to_its_end);
            texts.difference(&run, &run, recorded, &ours.out)
        })
    }
}

/// A volume without the uid of its claim, but for whether there is one.
fn without_uid(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(uid) = value.get_mut(2).and_then(|claim| claim.get_mut("uid")).filter(|uid| uid.is_string()) {
        *uid = json!("<uid>");
    }
    value
}

/// Lets time pass until nothing has changed for a while.
fn wait_until_quiet(session: &mut Session) {
    let writes = |session: &Session| session.world().server().resource_version();
    let (mut last, mut quiet_ms) = (writes(session), 0);
    for _ in 0..LIMIT_MS / LOOK_MS {
        session.advance(LOOK_MS);
        quiet_ms = if writes(session) == last { quiet_ms + LOOK_MS } else { 0 };
        last = writes(session);
        if quiet_ms >= QUIET_MS {
            return;
        }
    }
}

fn list<K: Resource>(session: &Session, short: impl Fn(&K) -> Value) -> Vec<Value> {
    session.world().server().list::<K>("").map(|object| short(object)).collect()
}

fn pod(pod: &Pod) -> Value {
    let waiting: Vec<&str> = state::waiting(pod).into_iter().collect();
    json!([pod.name(), state::phase(pod), state::is_ready(pod), waiting])
}

fn claim(claim: &PersistentVolumeClaim) -> Value {
    let spec = claim.spec.clone().unwrap_or_default();
    let request = spec.resources.and_then(|r| r.requests).and_then(|r| r.get("storage").cloned());
    let phase = claim.status.as_ref().and_then(|s| s.phase.clone());
    let capacity = claim.status.as_ref().and_then(|s| s.capacity.as_ref()?.get("storage").cloned());
    json!([claim.name(), phase, spec.volume_name, request, capacity])
}

fn volume(volume: &PersistentVolume) -> Value {
    let spec = volume.spec.clone().unwrap_or_default();
    let claim = spec.claim_ref.map(|c| json!({"namespace": c.namespace, "name": c.name, "uid": c.uid}));
    let phase = volume.status.as_ref().and_then(|s| s.phase.clone());
    let capacity = spec.capacity.and_then(|c| c.get("storage").cloned());
    json!([volume.name(), phase, claim, capacity])
}
