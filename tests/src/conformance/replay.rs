//! Runs a scenario's commands in a session and compares step by step.

use std::collections::BTreeSet;

use cluster::Script;
use kubectl::{Env, Invocation, Stream};
use machinery::Object;
use session::Session;

use super::compare::{Played, difference};
use super::free::Texts;
use super::run::Mode;
use super::trace::{Step, Trace};
use super::{events, recording, state, terminal, trail};

/// How often the volumes' controller resyncs, in milliseconds.
const RESYNC_MS: u64 = 15_000;
/// How finely its phase is tried, in milliseconds.
const PHASE_STEP_MS: usize = 750;

/// Where a replay first left its recording.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The step, from 0.
    pub step: usize,
    /// Its command.
    pub run: String,
    /// What differs.
    pub what: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "step {}: {}\n{}", self.step, self.run, self.what)
    }
}

/// Replays a recording from an empty cluster. Where the resyncs fell was not recorded, so they are tried until nothing
/// differs.
///
/// # Errors
/// The first difference of the replay that came furthest.
pub fn replay(trace: &Trace, mode: Mode) -> Result<(), Difference> {
    let Err(mut furthest) = replay_with(trace, mode, None) else { return Ok(()) };
    if !trace.has_waiting_claims() {
        return Err(furthest);
    }
    for phase_ms in (0..RESYNC_MS).step_by(PHASE_STEP_MS) {
        let Err(difference) = replay_with(trace, mode, Some(phase_ms)) else { return Ok(()) };
        if difference.step > furthest.step {
            furthest = difference;
        }
    }
    Err(furthest)
}

fn replay_with(trace: &Trace, mode: Mode, phase_ms: Option<u64>) -> Result<(), Difference> {
    let mut texts = Texts::new(mode);
    let features = recording::features(mode.version, trace.gates.as_deref()).map_err(|what| Difference {
        step: 0,
        run: "the feature gates".to_owned(),
        what,
    })?;
    let mut session = terminal::empty(features);
    for (name, text) in &trace.files {
        session.write_file(name, text);
    }
    session.script(Script { resync_ms: phase_ms, ..Script::default() });
    let pods = trace.pods();
    for (index, step) in trace.steps.iter().enumerate() {
        session.set_defects(step.kubelet.defects(&pods).into_iter().chain(step.lost_writes()).collect());
        let before = session.world().server().resource_version();
        let slices = trail::slices(session.world().server());
        let played = play(&mut session, step);
        texts.names.learn(&step.trail, session.world().server().changes_since(before));
        if let Some(what) = difference(step, &slices, &played.with_names(&texts.names), &texts) {
            return Err(Difference { step: index, run: step.run.clone(), what });
        }
    }
    Ok(())
}

fn play(session: &mut Session, step: &Step) -> Played {
    let before = session.world().server().resource_version();
    let mut watch = step.watch().map(|(command, _)| Watch::start(session, command));
    session.script(Script {
        volumes: step.bindings().into_iter().collect(),
        nodes: step.nodes().into_iter().collect(),
        resync_ms: None,
    });
    let line = terminal::with_input(&step.run, step.stdin.as_deref());
    let output = terminal::run(session, &line, |session| session.advance(step.ms));
    let changes = || session.world().server().changes_since(before);
    Played {
        output,
        failure: session.world().failure().map(str::to_owned),
        background: watch.as_mut().map(|watch| watch.finish(session)),
        trail: changes().flat_map(trail::lines).collect(),
        events: events::of(changes()),
        state: state::of(session.world().server()),
        ordered: ordered_sets(session, before),
    }
}

/// The OrderedReady sets that there are, or were in this step.
fn ordered_sets(session: &Session, before: u64) -> BTreeSet<String> {
    let server = session.world().server();
    let changed = server.changes_since(before).map(|change| &change.object);
    let is_ordered = |object: &&Object| {
        let Object::StatefulSet(set) = object else { return false };
        let policy = set.spec.as_ref().and_then(|spec| spec.pod_management_policy.as_deref());
        policy != Some("Parallel")
    };
    server.all().chain(changed).filter(is_ordered).map(|set| set.name().to_owned()).collect()
}

/// A kubectl that watches while another one works; it only reads, so a copy of the world serves it.
struct Watch {
    kubectl: Invocation,
    output: Vec<(Stream, String)>,
}

impl Watch {
    fn start(session: &Session, command: &str) -> Watch {
        let words: Vec<String> = command.split_whitespace().skip(1).map(str::to_owned).collect();
        let mut watch = Watch { kubectl: Invocation::new(&words, None), output: Vec::new() };
        watch.resume(session);
        watch
    }

    fn resume(&mut self, session: &Session) {
        let mut world = session.world().clone();
        let (now, features) = (world.now(), world.features());
        let mut api = world.api();
        let (files, kubeconfig) = (session.files(), &mut session.kubeconfig().clone());
        let (schema, output) = (&mut session.schema().clone(), &mut self.output);
        self.kubectl.resume(&mut Env { api: &mut api, files, kubeconfig, now, features, schema, output });
    }

    fn finish(&mut self, session: &Session) -> String {
        self.resume(session);
        let printed = self.output.drain(..).filter(|(stream, _)| matches!(stream, Stream::Out));
        printed.map(|(_, text)| text).collect()
    }
}
