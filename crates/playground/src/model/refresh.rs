//! The page is made anew when what it shows has changed.

use std::rc::Rc;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::StatefulSet;
use machinery::time::ms_between;
use machinery::{ObjectKey, Resource};
use session::outcome::run;
use session::{Branch, Content, Entry, Input, Session};

use super::{Fork, Model, Tab};
use crate::confusable::{self, Blamed};
use crate::embed;
use crate::trial::Trial;
use crate::view::dns::zone;
use crate::view::events::events;
use crate::view::lookup::Question;
use crate::view::nodes::nodes;
use crate::view::objects::objects;
use crate::view::stage::Part;
use crate::view::timeline::Timeline;
use crate::view::trail::trail;
use crate::view::why::{Said, Topic};
use crate::view::{Details, Page, Snapshot};

/// How long a mended line may take before it is left, in virtual milliseconds.
const MENDED_MS: u64 = 1_000;
/// How far back in the log the last command is looked for, in entries.
const SAID: u64 = 100;

/// What decides whether a page is still true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    course: u64,
    resource_version: u64,
    second: u64,
    inputs: usize,
    written: u64,
    topic: Option<Topic>,
    tab: Tab,
    filter: Rc<str>,
    question: Question,
    baseline_ms: u64,
}

/// How often what Apply would do is found out anew because of what becomes of the sets.
const TRIAL_MS: u64 = 1_000;

/// What a trial was made from.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Tried {
    file: Arc<str>,
    text: Arc<str>,
    course: u64,
    written: u64,
    /// The versions of the sets.
    sets: Vec<Option<String>>,
}

impl Model {
    /// Looks at another part of a long set; `None` follows what moves.
    pub(crate) fn look_at(&mut self, set: ObjectKey, first: Option<usize>) {
        let last = self.parts.get(&set).copied().unwrap_or_default();
        let part = Part { first: first.unwrap_or(last.first), follows: first.is_none() };
        self.parts.insert(set, part);
        self.shown = None;
    }

    /// Brings page, timeline and trial up to the session.
    pub(crate) fn refresh(&mut self) {
        self.follow_edit();
        let (session, world) = (&self.session, self.session.world());
        let shown = Shown {
            course: session.course(),
            resource_version: world.server().resource_version(),
            second: session.elapsed_ms() / 1000,
            inputs: session.inputs().count(),
            topic: self.topic.clone(),
            written: session.log().written(),
            tab: self.tab,
            filter: self.filter.clone(),
            question: self.question.clone(),
            baseline_ms: self.baseline.at_ms,
        };
        if self.shown.as_ref() != Some(&shown) {
            let moved = self.shown.as_ref().is_none_or(|last| {
                (last.course, last.resource_version, last.inputs)
                    != (shown.course, shown.resource_version, shown.inputs)
            });
            if moved {
                self.memory.follow(world.server(), session.course());
                self.track.follow(session);
                self.ticks = Rc::new(self.track.ticks(session));
                self.forks = Rc::new(forks(session));
                self.lessons.look(session);
            }
            if self
                .shown
                .as_ref()
                .is_none_or(|last| (last.course, last.written) != (shown.course, shown.written))
            {
                self.said = said(session);
                self.slip = slip(session, &self.said).map(Rc::new);
            }
            self.shown = Some(shown);
            self.page = self.make_page();
            // Where nothing moves any more, a part that follows stays where it is.
            let long = self.page.stage.sets.iter().filter(|set| set.is_long());
            self.parts = long.map(|set| (set.key.clone(), set.part)).collect();
        }
        if self.session.running().is_none() && !self.asked.is_empty() {
            self.asked = Rc::default();
        }
        self.draw_timeline();
        self.try_apply();
        embed::host::follow(self);
    }

    fn make_page(&self) -> Page {
        let world = self.session.world();
        let snapshot = Snapshot {
            now: world.now(),
            objects: world.server(),
            names: world.listers(),
            decisions: world.decisions(),
            memory: &self.memory,
            defects: world.defects(),
            said: &self.said,
        };
        let selected = self.topic.as_ref().map(Topic::key);
        let details = match self.tab {
            Tab::Events => Details::Events(Rc::new(events(snapshot))),
            Tab::Trail => Details::Trail(Rc::new(trail(&self.session, selected))),
            Tab::Dns => {
                let before = self.baseline.world.listers();
                Details::Dns(Rc::new(zone(snapshot, before, &self.question)))
            }
            Tab::Nodes => Details::Nodes(Rc::new(nodes(snapshot))),
            Tab::Objects => Details::Objects(Rc::new(objects(
                world.server(),
                self.baseline.world.server(),
                &self.filter,
                selected,
            ))),
        };
        let lines = self.session.inputs().filter_map(|dated| match &dated.input {
            Input::Command { line } => Some(&**line),
            _ => None,
        });
        Page::of(snapshot, &self.parts, self.topic.as_ref(), details, lines)
    }

    /// The head moves with quarters of seconds, not with frames.
    fn draw_timeline(&mut self) {
        let (now_ms, end_ms) = (self.session.elapsed_ms(), self.end_ms());
        let quarter = |ms: u64| if self.is_past() { ms } else { ms / 250 * 250 };
        let timeline = Timeline {
            marked_ms: self.baseline.marked.then_some(self.baseline.at_ms),
            forks_ms: self.forks.iter().map(|fork| fork.left_ms).collect(),
            ..Timeline::of(&self.ticks, quarter(now_ms), quarter(end_ms))
        };
        if *self.timeline != timeline {
            self.timeline = Rc::new(timeline);
        }
    }

    /// What Apply would do changes by what a person does (a new text, another file, a command that printed) at once, and by
    /// what becomes of the sets now and then.
    fn try_apply(&mut self) {
        if self.typing {
            return;
        }
        let sets = match &self.tried {
            Some(tried) if self.since_trial_ms < TRIAL_MS => tried.sets.clone(),
            _ => self
                .session
                .world()
                .server()
                .list::<StatefulSet>("")
                .map(|set| set.meta().resource_version.clone())
                .collect(),
        };
        let (course, written) = (self.session.course(), self.session.log().written());
        let tried = Tried { file: self.file.clone(), text: self.text(), course, written, sets };
        if self.tried.as_ref() != Some(&tried) {
            self.trial = Rc::new(Trial::of(&self.session, &tried.file, &tried.text));
            self.tried = Some(tried);
            self.since_trial_ms = 0;
        }
    }
}

fn forks(session: &Session) -> Vec<Fork> {
    let since = |at| ms_between(session.began(), at).unsigned_abs();
    let fork = |branch: &Branch| {
        let shared = session.inputs().zip(&branch.inputs).take_while(|(a, b)| a == b).count();
        let line = branch.inputs.iter().skip(shared).find_map(|dated| match &dated.input {
            Input::Command { line } => Some(line.clone()),
            _ => None,
        });
        Fork { left_ms: since(branch.forked_at), end_ms: since(branch.end), line }
    };
    session.branches().map(fork).collect()
}

/// The last command line with what it printed, if it has not scrolled far away.
fn said(session: &Session) -> Said {
    let log = session.log();
    let entries: Vec<&Entry> = log.since(log.written().saturating_sub(SAID)).collect();
    let mut said = Said::default();
    let Some(start) = entries.iter().rposition(|entry| matches!(entry.content, Content::Command(_))) else {
        return said;
    };
    for entry in &entries[start..] {
        entry.collect(&mut said.out, &mut said.err, &mut None);
        if let Content::Command(line) = &entry.content {
            said.line = line.to_string();
        }
    }
    let mut words = said.line.split_whitespace().skip_while(|word| !matches!(*word, "-f" | "--filename"));
    let file = words.nth(1);
    said.applied = file.and_then(|file| Some((file.to_owned(), session.files().get(file)?.to_owned())));
    said
}

/// What the last line has failed for, if it would not have failed like this without.
fn slip(session: &Session, said: &Said) -> Option<Blamed> {
    if said.err.is_empty() || session.running().is_some() || session.is_past() {
        return None;
    }
    confusable::blame(&said.line, |line| {
        let answered = run(&mut session.clone(), line, MENDED_MS);
        format!("{} {}", answered.exit_code, answered.stderr)
    })
}
