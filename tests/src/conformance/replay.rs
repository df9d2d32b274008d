//! Runs a scenario's commands in a session and compares step by step.

use cluster::Script;
use kubectl::{Env, Invocation, Stream};
use session::Session;

use super::compare::{Played, difference};
use super::free::Texts;
use super::run::Mode;
use super::trace::{Step, Trace};
use super::{events, recording, state, terminal, trail};

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

/// Replays a recording from an empty cluster.
///
/// # Errors
/// The first difference.
pub fn replay(trace: &Trace, mode: Mode) -> Result<(), Difference> {
    let text = Texts::new(mode);
    let features = recording::features(mode.version, trace.gates.as_deref()).map_err(|what| Difference {
        step: 0,
        run: "the feature gates".to_owned(),
        what,
    })?;
    let mut session = terminal::empty(features);
    for (name, text) in &trace.files {
        session.write_file(name, text);
    }
    let pods = trace.pods();
    for (index, step) in trace.steps.iter().enumerate() {
        session.set_defects(step.kubelet.defects(&pods));
        let played = play(&mut session, step);
        if let Some(what) = difference(step, &played, &text) {
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
    }
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
        let output = &mut self.output;
        self.kubectl.resume(&mut Env { api: &mut api, files: session.files(), now, features, output });
    }

    fn finish(&mut self, session: &Session) -> String {
        self.resume(session);
        let printed = self.output.drain(..).filter(|(stream, _)| matches!(stream, Stream::Out));
        printed.map(|(_, text)| text).collect()
    }
}
