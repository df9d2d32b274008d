//! A session: a world that people act on, whose time can be turned back.

use std::collections::BTreeSet;
use std::sync::Arc;

use cluster::{Defect, Fault, Script, World};
use imbl::Vector;
use jiff::Timestamp;
use kubectl::{Kubeconfig, Schema, SchemaSlot};
use machinery::time::{after_ms, ms_between};

use crate::files::Files;
use crate::room;
use crate::shell::{Completion, Shell};
use crate::state::{Running, State};
use crate::terminal::Terminal;
use crate::timeline::{Branch, Dated, Input, Timeline};
use crate::worlds::{self, Start};

/// Checkpoints are at most so many writes apart.
const CHECKPOINT_WRITES: u64 = 150;
/// How far [`Session::step`] looks for a change, in milliseconds.
const STEP_LIMIT_MS: i64 = 3_600_000;

/// A cluster, its files, a terminal and a timeline. A clone is cheap, and independent.
///
/// *My canary touches only pod 4:*
///
/// ```
/// use session::outcome::run;
/// use session::{Session, Start, StartWorld};
///
/// let manifest = "
/// apiVersion: apps/v1
/// kind: StatefulSet
/// metadata: {name: web}
/// spec:
///   replicas: 5
///   selector: {matchLabels: {app: web}}
///   template:
///     metadata: {labels: {app: web}}
///     spec: {containers: [{name: web, image: 'ikubernetes/myapp:v1'}]}
/// ";
/// let mut session = Session::new(Start { world: StartWorld::Empty, ..Start::default() });
/// session.write_file("web.yaml", manifest);
/// assert_eq!(run(&mut session, "kubectl apply -f web.yaml", 1_000).exit_code, 0);
/// assert!(session.run_until_quiet(600_000));
///
/// let canary = r#"kubectl patch sts web -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":4}}}}'"#;
/// run(&mut session, canary, 1_000);
/// run(&mut session, "kubectl set image sts/web web=ikubernetes/myapp:v2", 1_000);
/// assert!(session.run_until_quiet(600_000));
///
/// let images = run(&mut session, "kubectl get pods -o jsonpath='{.items[*].spec.containers[0].image}'", 1_000).stdout;
/// assert_eq!(images.matches("myapp:v1").count(), 4);
/// assert!(images.ends_with("myapp:v2"));
/// ```
///
/// *My readiness gate deadlocks under OrderedReady*, as each pod becomes ready only when its peers are there; and not under
/// Parallel:
///
/// ```
/// use cluster::{Defect, Fault};
/// use node::kubelet::NamePattern;
/// use session::outcome::run;
/// use session::{Session, Start, StartWorld};
///
/// /// How many pods there are while none becomes ready.
/// fn pods(management: &str) -> usize {
///     let manifest = format!("
/// apiVersion: apps/v1
/// kind: StatefulSet
/// metadata: {{name: web}}
/// spec:
///   replicas: 5
///   podManagementPolicy: {management}
///   selector: {{matchLabels: {{app: web}}}}
///   template:
///     metadata: {{labels: {{app: web}}}}
///     spec: {{containers: [{{name: web, image: 'ikubernetes/myapp:v1'}}]}}
/// ");
///     let mut session = Session::new(Start { world: StartWorld::Empty, ..Start::default() });
///     let pods = NamePattern("web-.*".to_owned());
///     session.fault(Fault::Break { defect: Defect::FailReadiness { pods } });
///     session.write_file("web.yaml", &manifest);
///     run(&mut session, "kubectl apply -f web.yaml", 1_000);
///     session.advance(600_000);
///     run(&mut session, "kubectl get pods -o name", 1_000).stdout.lines().count()
/// }
/// assert_eq!(pods("OrderedReady"), 1);
/// assert_eq!(pods("Parallel"), 5);
/// ```
///
/// Objects, Events, decisions and names are read from the world:
///
/// ```
/// use k8s_openapi::api::core::v1::{Event, Pod};
/// use machinery::decision::Verdict;
/// use machinery::{Kind, ObjectKey};
/// use node::dns::Resolver;
/// use session::outcome::run;
/// use session::{Session, Start};
///
/// let mut session = Session::new(Start::default());
/// run(&mut session, "kubectl apply -f stateful-demo.yaml; kubectl scale sts myapp --replicas=6", 1_000);
/// assert!(session.run_until_quiet(600_000));
/// let world = session.world();
///
/// // There are five volumes, so the sixth pod waits for one.
/// let set = ObjectKey::new(Kind::StatefulSet, "default", "myapp");
/// assert!(matches!(&world.decisions()[&set].verdict, Verdict::Waiting { pod, .. } if *pod.name == *"myapp-5"));
/// let mut events = world.server().list::<Event>("default");
/// assert!(events.any(|event| event.reason.as_deref() == Some("FailedScheduling")));
///
/// let pod = world.server().get::<Pod>("default", "myapp-0").expect("a pod");
/// let resolver = Resolver { listers: world.listers(), pod };
/// assert_eq!(resolver.addresses("myapp-1.myapp-svc").len(), 1);
/// ```
#[derive(Clone)]
pub struct Session {
    start: Start,
    began: Timestamp,
    state: State,
    /// Up to where time was let pass; the requests of a command may have gone a little further.
    reached: Timestamp,
    /// How many inputs of the timeline the state contains.
    applied: usize,
    timeline: Timeline,
    /// How often the course of events was left for another.
    course: u64,
}

impl Session {
    /// A new session; its clock shows zero.
    pub fn new(start: Start) -> Session {
        let state = worlds::build(&start);
        let timeline = Timeline::new(state.clone());
        Session { began: state.now(), reached: state.now(), timeline, applied: 0, course: 0, state, start }
    }

    /// The same session with inputs that are still to come, up to that moment.
    pub(crate) fn with_future(mut self, inputs: Vector<Dated>, end: Timestamp) -> Session {
        self.timeline.inputs = inputs;
        self.timeline.end = end;
        self
    }

    /// How it was started.
    pub fn start(&self) -> &Start {
        &self.start
    }

    /// The cluster.
    pub fn world(&self) -> &World {
        &self.state.world
    }

    /// The files.
    pub fn files(&self) -> &Files {
        &self.state.files
    }

    /// The terminal's log.
    pub fn log(&self) -> &Terminal {
        &self.state.log
    }

    /// The shell, for its history.
    pub fn shell(&self) -> &Shell {
        &self.state.shell
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        self.state.now()
    }

    /// When the session began: the zero of its clock.
    pub fn began(&self) -> Timestamp {
        self.began
    }

    /// Milliseconds since the session began.
    pub fn elapsed_ms(&self) -> u64 {
        ms_between(self.began, self.now()).unsigned_abs()
    }

    /// Milliseconds since the session began up to where time was let pass: the requests of a command that was typed then
    /// may have gone a little further.
    pub fn reached_ms(&self) -> u64 {
        ms_between(self.began, self.reached).unsigned_abs()
    }

    /// What may stand at the end of a line that is being typed.
    pub fn complete(&self, line: &str) -> Completion {
        self.state.clone().complete(line)
    }

    /// Gives commands the schema of the API's kinds: `kubectl explain` fails without.
    pub fn give_schema(&mut self, schema: Arc<Schema>) {
        self.state.schema.fill(schema);
    }

    /// Which contexts kubectl knows, and which one is current.
    pub fn kubeconfig(&self) -> &Kubeconfig {
        &self.state.kubeconfig
    }

    /// The schema of the API's kinds, and whether a command has missed it.
    pub fn schema(&self) -> &SchemaSlot {
        &self.state.schema
    }

    /// The line in the foreground, if one runs.
    pub fn running(&self) -> Option<Running> {
        self.state.running()
    }

    /// A stable hash of all that there is: the world, the files, the terminal.
    pub fn digest(&self) -> u64 {
        self.state.digest()
    }

    /// Writes a file. What is not a file's name, or too long, is said in the terminal: see [`Files::check`].
    pub fn write_file(&mut self, name: &str, text: &str) {
        if self.files().get(name) != Some(text) {
            self.input(Input::WriteFile { name: name.into(), text: text.into() });
        }
    }

    /// Types a command line; while another one runs it waits. A blank line does nothing.
    pub fn run(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.input(Input::Command { line: line.into() });
        }
    }

    /// Ctrl-C: ends the line in the foreground. The next one that waits begins.
    pub fn interrupt(&mut self) {
        if self.running().is_some() {
            self.input(Input::Interrupt);
        }
    }

    /// What the line in the foreground has open in the editor, if it waits for that.
    pub fn editing(&self) -> Option<&str> {
        self.shell().editing()
    }

    /// Gives the edited text back to the line that waits for it.
    pub fn save_edit(&mut self, text: &str) {
        if self.editing().is_some() {
            self.input(Input::EditSaved { text: text.into() });
        }
    }

    /// Decides what Kubernetes leaves open from now on: which claim gets which of several equal volumes, which pod which node.
    pub fn script(&mut self, script: Script) {
        self.input(Input::Script(script));
    }

    /// Breaks something on purpose, or heals it; the terminal says what, or that there was nothing to break.
    pub fn fault(&mut self, fault: Fault) {
        self.input(Input::Fault(fault));
    }

    /// Breaks on purpose exactly this, and heals everything else.
    pub fn set_defects(&mut self, defects: BTreeSet<Defect>) {
        if *self.world().defects() != defects {
            self.fault(Fault::Only { defects });
        }
    }

    fn input(&mut self, input: Input) {
        if self.is_past() {
            self.course += 1;
            self.timeline.fork(self.applied, self.now());
        } else if self.overwrites_last(&input) {
            self.timeline.forget_last();
            self.applied -= 1;
        }
        let at = self.now();
        self.reached = at;
        self.state.apply(&input);
        self.timeline.inputs.push_back(Dated { at, input });
        self.applied += 1;
        self.pass_to(self.now());
        self.timeline.end = self.timeline.end.max(self.now());
        self.timeline.keep(self.applied, &self.state);
    }

    /// Whether the input writes anew what the last one wrote at this moment: typing in an editor is one act.
    fn overwrites_last(&self, input: &Input) -> bool {
        let (Input::WriteFile { name, text }, Some(last)) = (input, self.timeline.inputs.last()) else {
            return false;
        };
        // A write that fails leaves its message in the terminal, and stays in the log.
        self.files().check(name, text).is_ok()
            && matches!(&last.input, Input::WriteFile { name: n, text } if n == name && self.files().get(n) == Some(&**text))
            && last.at == self.now()
    }

    /// Lets virtual time pass, what the last commands have taken of it included; commands go on. In the past, what happened then happens again.
    pub fn advance(&mut self, ms: u64) {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        self.play_to(after_ms(self.reached, ms));
    }

    /// Lets time pass up to the next change that anyone can see; without one within an hour, no time passes.
    /// Whether there was one.
    pub fn step(&mut self) -> bool {
        let before = self.clone();
        let visible = |s: &Session| (s.world().server().resource_version(), s.log().written(), s.applied);
        let limit = after_ms(self.now(), STEP_LIMIT_MS);
        while let Some(at) = self.next_moment().filter(|at| *at <= limit) {
            self.play_to(at);
            if visible(self) != visible(&before) {
                return true;
            }
        }
        *self = before;
        false
    }

    /// Lets time pass until nothing moves by itself any more but periodic work, at most so long. Whether it came to that.
    pub fn run_until_quiet(&mut self, limit_ms: u64) -> bool {
        self.pass_until(limit_ms, |session, limit| session.state.is_quiet(limit))
    }

    /// Lets time pass, at most so long, until nothing would move by itself within the horizon but periodic work; whether
    /// it came to that. Called again and again, it runs until quiet in pieces.
    pub fn run_towards_quiet(&mut self, limit_ms: u64, horizon_ms: u64) -> bool {
        let horizon_ms = i64::try_from(horizon_ms).unwrap_or(i64::MAX);
        self.pass_until(limit_ms, |session, _| session.state.is_quiet(after_ms(session.now(), horizon_ms)))
    }

    /// Lets time pass until the line in the foreground has ended, at most so long, and not beyond the moment from which
    /// only another input, or a time after the limit, could end it. Whether it ended.
    pub fn finish(&mut self, limit_ms: u64) -> bool {
        self.pass_until(limit_ms, |session, limit| {
            session.running().is_none() || session.state.is_quiet(limit)
        });
        self.running().is_none()
    }

    fn pass_until(&mut self, limit_ms: u64, done: impl Fn(&Session, Timestamp) -> bool) -> bool {
        let limit = after_ms(self.now(), i64::try_from(limit_ms).unwrap_or(i64::MAX));
        while !done(self, limit) {
            match self.next_moment() {
                Some(at) if at <= limit => self.play_to(at),
                _ => {
                    self.play_to(limit);
                    return done(self, limit);
                }
            }
        }
        true
    }

    /// Whether nothing will happen up to that time but periodic work.
    pub(crate) fn is_quiet(&self, up_to: Timestamp) -> bool {
        self.state.is_quiet(up_to)
    }

    /// When something happens next: work of the cluster, a command that goes on, or an input of the past.
    pub(crate) fn next_moment(&self) -> Option<Timestamp> {
        let recorded = self.timeline.inputs.get(self.applied).map(|dated| dated.at);
        match (recorded, self.state.next_due()) {
            (Some(recorded), Some(due)) => Some(recorded.min(due)),
            (recorded, due) => recorded.or(due),
        }
    }

    /// Lets time pass, and applies the inputs that are recorded on the way.
    pub(crate) fn play_to(&mut self, to: Timestamp) {
        while let Some(dated) = self.timeline.inputs.get(self.applied).filter(|d| d.at <= to).cloned() {
            self.pass_to(dated.at);
            self.state.apply(&dated.input);
            self.applied += 1;
            self.pass_to(dated.at);
        }
        self.pass_to(to);
        self.reached = to;
        self.timeline.end = self.timeline.end.max(self.now());
    }

    /// Does all work up to a moment; afterwards it is that moment.
    fn pass_to(&mut self, to: Timestamp) {
        let mut next_checkpoint = self.timeline.writes_before(to) + CHECKPOINT_WRITES;
        while self.state.next_due().is_some_and(|due| due <= to) {
            self.state.step();
            room::make();
            let writes = self.world().server().resource_version();
            if writes >= next_checkpoint && self.state.is_settled() {
                self.timeline.keep(self.applied, &self.state);
                next_checkpoint = writes + CHECKPOINT_WRITES;
            }
        }
        self.state.pass_to(to);
    }

    /// Whether this is the past: something is recorded that has not happened yet.
    pub fn is_past(&self) -> bool {
        self.applied < self.timeline.inputs.len() || self.now() < self.timeline.end
    }

    /// The latest moment of this course of events.
    pub fn end(&self) -> Timestamp {
        self.timeline.end
    }

    /// The inputs of this course of events, oldest first.
    pub fn inputs(&self) -> impl DoubleEndedIterator<Item = &Dated> + ExactSizeIterator {
        self.timeline.inputs.iter()
    }

    /// Goes to a moment between the session's begin and the end of what happened, after the inputs of that moment.
    pub fn seek(&mut self, to: Timestamp) {
        let to = to.clamp(self.began, self.timeline.end);
        // So that the way back is short.
        self.timeline.keep(self.applied, &self.state);
        self.restore(usize::MAX, to);
        self.play_to(to);
    }

    /// How many of the inputs have happened at the moment that is shown.
    pub fn applied(&self) -> usize {
        self.applied
    }

    /// Undoes the last inputs: goes to the moment before the first of them, and forks there. Whether there were so many.
    pub fn step_back(&mut self, inputs: usize) -> bool {
        let Some(last) = self.applied.checked_sub(inputs) else { return false };
        let Some(at) = self.timeline.inputs.get(last).map(|dated| dated.at) else { return false };
        self.course += 1;
        self.timeline.fork(last, at);
        self.restore(last, at);
        self.play_to(at);
        true
    }

    /// A number that changes whenever another course of events is taken: what was read of the last one is of no use then.
    pub fn course(&self) -> u64 {
        self.course
    }

    /// The courses of events that were left, oldest first.
    pub fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.timeline.branches.iter()
    }

    /// Takes up a course of events that was left, at its end; the present one becomes a branch. Whether there is one.
    pub fn switch_to(&mut self, branch: usize) -> bool {
        let Some(chosen) = self.timeline.branches.get(branch).cloned() else { return false };
        let shared = self.timeline.inputs.iter().zip(&chosen.inputs).take_while(|(a, b)| a == b).count();
        let next = chosen.inputs.get(shared).map_or(chosen.end, |dated| dated.at);
        let at = next.min(self.timeline.end);
        self.timeline.branches.remove(branch);
        self.course += 1;
        self.timeline.fork(shared, at);
        self.timeline.inputs = chosen.inputs;
        self.timeline.end = chosen.end;
        self.restore(shared, at);
        self.play_to(chosen.end);
        true
    }

    /// Takes the state from the last checkpoint with at most so many inputs and up to that time.
    fn restore(&mut self, applied: usize, at: Timestamp) {
        if let Some(checkpoint) = self.timeline.before(applied, at) {
            self.applied = checkpoint.applied;
            let schema = std::mem::take(&mut self.state.schema);
            self.state = checkpoint.state.clone();
            self.state.schema = schema;
        }
    }
}
