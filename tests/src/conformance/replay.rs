//! Runs a recording's commands in a session and compares step by step.

use kubectl::{Env, Invocation, Stream};
use node::kubelet::Profile;
use session::{Session, Start, StartWorld};

use super::compare::{Played, difference};
use super::free::Normalizer;
use super::recording::{Step, Trace};
use super::{state, trail};

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
pub fn replay(trace: &Trace) -> Result<(), Difference> {
    let normalizer = Normalizer::default();
    let mut session = Session::new(Start {
        world: StartWorld::Empty,
        seed: 1,
        features: trace.features(),
        profile: Profile::Recorder,
        ..Start::default()
    });
    for (name, text) in &trace.files {
        session.write_file(name, text);
    }
    for (index, step) in trace.steps.iter().enumerate() {
        let played = play(&mut session, step);
        if let Some(what) = difference(step, &played, &normalizer) {
            return Err(Difference { step: index, run: step.run.clone(), what });
        }
    }
    Ok(())
}

fn play(session: &mut Session, step: &Step) -> Played {
    let before = session.world().server().resource_version();
    let seen = session.log().len();
    let mut watch = step.background.as_ref().map(|b| Watch::start(session, &b.command));
    session.set_defects(step.kubelet.defects());
    let bindings = step.bindings();
    if !bindings.is_empty() {
        session.script_volumes(&bindings);
    }
    session.run(&line(step));
    session.advance(step.ms);
    let mut played = Played::default();
    for entry in session.log().iter().skip(seen) {
        entry.collect(&mut played.out, &mut played.err, &mut played.exit);
    }
    played.background = watch.as_mut().map(|watch| watch.finish(session));
    played.trail = session.world().server().changes_since(before).flat_map(trail::lines).collect();
    played.state = state::of(session.world().server());
    played
}

/// The command, with what came on its standard input as a here-document.
fn line(step: &Step) -> String {
    match &step.stdin {
        None => step.run.clone(),
        Some(text) => {
            format!("{} <<'END-OF-STDIN'\n{}\nEND-OF-STDIN\n", step.run, text.trim_end_matches('\n'))
        }
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
