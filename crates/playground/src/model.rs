//! The state of the page: the session, and what is open, selected, typed and dragged.
//!
//! Invariant: a clone is cheap, and [`Model::page`] always shows the session as it is.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use cluster::World;
use machinery::ObjectKey;
use machinery::time::ms_between;
use machinery::yaml::Position;
use session::outcome::run;
use session::{Branch, Content, Dated, Entry, Input, Session, Start, StartWorld};

use crate::commands;
use crate::confusable::{self, Blamed};
use crate::embed::{self, Embed, Host};
use crate::examples::Example;
use crate::keep::Keep;
use crate::lesson::panel::Lessons;
use crate::locales::Locale;
use crate::marks::{Mark, Remedy};
use crate::memory::Memory;
use crate::paste::Review;
use crate::predict::Predict;
use crate::prompt::Prompt;
use crate::schema::{self, SchemaState};
use crate::templates::Template;
use crate::track::{Tick, Track};
use crate::trial::{self, Trial};
use crate::view::dns::zone;
use crate::view::events::events;
use crate::view::lookup::Question;
use crate::view::nodes::nodes;
use crate::view::objects::objects;
use crate::view::stage::{Part, Parts};
use crate::view::timeline::Timeline;
use crate::view::trail::trail;
use crate::view::why::{Said, Topic};
use crate::view::{Details, Page, Snapshot};

/// How long a mended line may take before it is left, in virtual milliseconds.
const MENDED_MS: u64 = 1_000;
/// How far back in the log the last command is looked for, in entries.
const SAID: u64 = 100;

/// How many virtual seconds pass in a real one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// 1.
    #[default]
    Real,
    /// 10.
    Fast,
    /// 60.
    Faster,
}

impl Speed {
    /// Every speed, slowest first.
    pub const ALL: [Speed; 3] = [Speed::Real, Speed::Fast, Speed::Faster];

    /// The factor.
    pub fn factor(self) -> u32 {
        match self {
            Speed::Real => 1,
            Speed::Fast => 10,
            Speed::Faster => 60,
        }
    }
}

/// The tabs below the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// Events.
    #[default]
    Events,
    /// Every change of every object.
    Trail,
    /// The DNS zone.
    Dns,
    /// The objects, and what has changed in them.
    Objects,
    /// The nodes.
    Nodes,
}

impl Tab {
    /// Every tab, in order.
    pub const ALL: [Tab; 5] = [Tab::Events, Tab::Trail, Tab::Dns, Tab::Objects, Tab::Nodes];
}

/// What a narrow screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The stage.
    #[default]
    Stage,
    /// Why, and the tables.
    Why,
    /// The terminal.
    Terminal,
    /// The editor.
    Editor,
}

impl Pane {
    /// Every pane, in order.
    pub const ALL: [Pane; 4] = [Pane::Stage, Pane::Why, Pane::Terminal, Pane::Editor];
}

/// A partition that is being dragged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drag {
    /// The set.
    pub set: ObjectKey,
    /// Where the line would be.
    pub partition: i32,
}

/// A number of a set that the strip changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Number {
    /// `spec.replicas`.
    Replicas,
    /// `spec.updateStrategy.rollingUpdate.partition`.
    Partition,
}

/// Numbers that were asked for by commands which may still wait for the one that runs.
pub type Asked = BTreeMap<(ObjectKey, Number), i32>;

/// A moment that the objects are compared with.
#[derive(Clone)]
pub struct Baseline {
    /// Milliseconds since the session began.
    pub at_ms: u64,
    /// Whether a person has marked it; if not, the next act moves it.
    pub marked: bool,
    world: World,
}

/// Another course of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// Where it was left, in milliseconds since the session began.
    pub left_ms: u64,
    /// How far it had come.
    pub end_ms: u64,
    /// The first line that was typed only there.
    pub line: Option<Arc<str>>,
}

/// What a command has open in the editor: `kubectl edit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The text as it was opened.
    pub opened: Arc<str>,
    /// The text as it is.
    pub text: Arc<str>,
    /// Whether the editor shows it, and not a file.
    pub shown: bool,
}

/// The form for another image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageForm {
    /// The set.
    pub set: ObjectKey,
    /// The container.
    pub container: String,
    /// The image as typed.
    pub image: String,
}

/// The state of the page.
#[derive(Clone)]
pub struct Model {
    /// The cluster, the files, the terminal.
    pub session: Session,
    /// The example that the session began with, while its hint is shown.
    pub example: Option<Example>,
    /// In which language.
    pub locale: Locale,
    /// Whether time passes by itself.
    pub playing: bool,
    /// Whether it passes as fast as it can until nothing moves by itself any more.
    pub rushing: bool,
    /// How fast.
    pub speed: Speed,
    /// The file in the editor.
    pub file: Arc<str>,
    /// What Apply would do with it.
    pub trial: Rc<Trial>,
    /// Whether somebody types in the editor: what Apply would do is found out when they pause.
    pub typing: bool,
    /// What a command has open in the editor.
    pub edit: Option<Edit>,
    /// The template that is being fetched for a new file.
    pub template: Option<Template>,
    /// Why the last one could not be had.
    pub template_failed: Option<String>,
    /// Whether the last field that was to get the live value could not.
    pub take_failed: bool,
    /// The characters for which the last line has failed.
    pub slip: Option<Rc<Blamed>>,
    /// The terminal's input line.
    pub prompt: Prompt,
    /// What was pasted into the prompt and has to be reviewed.
    pub review: Option<Rc<Review>>,
    /// What one asks about.
    pub topic: Option<Topic>,
    /// The tab below the stage.
    pub tab: Tab,
    /// The pane of a narrow screen.
    pub pane: Pane,
    /// The partition that is being dragged.
    pub drag: Option<Drag>,
    /// The form for another image.
    pub form: Option<ImageForm>,
    /// What the strips' numbers will be once every command has run.
    pub asked: Rc<Asked>,
    /// The lessons, and the one that is being taken.
    pub lessons: Lessons,
    /// Whether the help is open.
    pub help: bool,
    /// What is kept and handed on.
    pub keep: Keep,
    /// The schema of the API's kinds.
    pub schema: SchemaState,
    /// How the page shows inside of another, if it does.
    pub embed: Option<Rc<Embed>>,
    /// What there is to say to that other page.
    pub host: Host,
    /// What was imported, and what is predicted.
    pub predict: Predict,
    /// What happened, by time.
    pub ticks: Rc<Vec<Tick>>,
    /// The same as a picture.
    pub timeline: Rc<Timeline>,
    /// The courses of events that were left, oldest first.
    pub forks: Rc<Vec<Fork>>,
    /// What the objects are compared with.
    pub baseline: Baseline,
    /// Which objects the Objects tab lists.
    pub filter: Rc<str>,
    /// The name that is looked up.
    pub question: Question,
    /// What is shown of the cluster.
    pub page: Page,
    memory: Memory,
    parts: Parts,
    track: Track,
    said: Said,
    // Texts that differ from their files.
    drafts: BTreeMap<Arc<str>, Arc<str>>,
    // What page and trial were made from.
    shown: Option<Shown>,
    tried: Option<(Arc<str>, Arc<str>, u64, u64)>,
}

/// What decides whether a page is still true.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
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

impl Model {
    /// A page on a new session in that world.
    pub fn new(world: StartWorld) -> Model {
        Model::of(Start { world, ..Start::default() })
    }

    /// A page on a new session.
    pub fn of(start: Start) -> Model {
        Model::on(Session::new(start))
    }

    /// A page on a session that stands at its end.
    pub fn on(session: Session) -> Model {
        let file = session
            .files()
            .iter()
            .next()
            .map_or_else(|| "stateful-demo.yaml".into(), |file| file.name.clone());
        let mut model = Model {
            baseline: Baseline { at_ms: 0, marked: false, world: session.world().clone() },
            ticks: Rc::default(),
            timeline: Rc::default(),
            forks: Rc::default(),
            filter: "".into(),
            question: Question::default(),
            track: Track::default(),
            session,
            example: None,
            locale: Locale::default(),
            playing: true,
            rushing: false,
            speed: Speed::default(),
            file,
            trial: Rc::default(),
            typing: false,
            edit: None,
            template: None,
            template_failed: None,
            take_failed: false,
            slip: None,
            prompt: Prompt::default(),
            review: None,
            topic: None,
            said: Said::default(),
            tab: Tab::default(),
            pane: Pane::default(),
            drag: None,
            form: None,
            asked: Rc::default(),
            lessons: Lessons::default(),
            help: false,
            keep: Keep::default(),
            schema: SchemaState::default(),
            embed: None,
            host: Host::default(),
            predict: Predict::default(),
            page: Page::default(),
            memory: Memory::default(),
            parts: Parts::new(),
            drafts: BTreeMap::new(),
            shown: None,
            tried: None,
        };
        model.refresh();
        model
    }

    /// Goes on with another session; what belongs to the person and not to the world stays.
    pub(crate) fn replace_session(&mut self, session: Session) {
        let (locale, pane, embed) = (self.locale, self.pane, self.embed.take());
        let (lessons, schema) = (std::mem::take(&mut self.lessons), std::mem::take(&mut self.schema));
        let mut host = std::mem::take(&mut self.host);
        host.change_session();
        let predict = Predict { left: None, ..std::mem::take(&mut self.predict) };
        *self = Model { locale, pane, lessons, schema, embed, host, predict, ..Model::on(session) };
        schema::give(self);
    }

    /// What the editor shows of a command's, if it does not show a file.
    pub fn shown_edit(&self) -> Option<&Edit> {
        self.edit.as_ref().filter(|edit| edit.shown)
    }

    /// The text of the file in the editor.
    pub fn text(&self) -> Arc<str> {
        let written = || self.session.files().get(&self.file).unwrap_or_default().into();
        self.drafts.get(&self.file).cloned().unwrap_or_else(written)
    }

    /// Replaces the text in the editor; the file itself is written before the next command.
    pub(crate) fn edit(&mut self, text: &str) {
        if let Some(edit) = self.edit.as_mut().filter(|edit| edit.shown) {
            edit.text = text.into();
        } else {
            self.draft(text);
        }
    }

    /// Replaces the text of the file in the editor.
    pub(crate) fn draft(&mut self, text: &str) {
        if self.session.files().get(&self.file) == Some(text) {
            self.drafts.remove(&self.file);
        } else {
            self.drafts.insert(self.file.clone(), text.into());
        }
    }

    /// Does what can be done at once about what is marked at a place of the file in the editor.
    pub(crate) fn remedy(&mut self, at: Position) {
        let mut marked = self.trial.marks.iter().filter(|mark| mark.span.start == at);
        let changed = match marked.find_map(Mark::remedy) {
            Some(Remedy::TakeLive) => trial::take_live(&self.session, &self.text(), at),
            Some(Remedy::Mend) => Some(confusable::mend(&self.text(), &self.trial.confusables(at.line))),
            None => return,
        };
        self.take_failed = changed.is_none();
        if let Some(text) = changed {
            self.draft(&text);
        }
    }

    /// Makes a file and opens it. Where one of that name says something else, the new one gets a number.
    pub(crate) fn add_file(&mut self, name: &str, text: &str) {
        let stem = name.strip_suffix(".yaml").unwrap_or(name);
        let numbered = (2..).map(|number| format!("{stem}-{number}.yaml"));
        let is_free = |name: &String| self.session.files().get(name).is_none_or(|other| other == text);
        if let Some(name) = std::iter::once(name.to_owned()).chain(numbered).find(is_free) {
            self.session.write_file(&name, text);
            self.drafts.remove(&*name);
            self.file = name.into();
        }
    }

    /// Runs a line in the terminal, with the files as the editor shows them.
    pub(crate) fn run(&mut self, line: &str) {
        for (name, text) in std::mem::take(&mut self.drafts) {
            match self.session.files().check(&name, &text) {
                Ok(()) => self.session.write_file(&name, &text),
                // The terminal says what is wrong; what was typed stays in the editor.
                Err(_) => {
                    self.session.write_file(&name, &text);
                    self.drafts.insert(name, text);
                }
            }
        }
        self.move_baseline();
        self.session.run(line);
    }

    /// Gives the text in the editor back to the command that waits for it: as it is, or as it was opened.
    pub(crate) fn close_edit(&mut self, saves: bool) {
        if let Some(edit) = self.edit.take() {
            self.move_baseline();
            self.session.save_edit(if saves { &edit.text } else { &edit.opened });
        }
    }

    /// What a command opens in the editor is shown there.
    fn follow_edit(&mut self) {
        let opened = self.session.editing();
        if opened != self.edit.as_ref().map(|edit| &*edit.opened) {
            let edit = |text: &str| Edit { opened: text.into(), text: text.into(), shown: true };
            self.edit = opened.map(edit);
            if self.edit.is_some() {
                self.pane = Pane::Editor;
            }
        }
    }

    /// Runs what Apply stands for.
    pub(crate) fn apply(&mut self) {
        let line = commands::apply(&self.file);
        self.prompt.remember(&line);
        self.run(&line);
    }

    /// Whether the past is shown.
    pub fn is_past(&self) -> bool {
        self.session.is_past()
    }

    /// When everything that has happened ends, in milliseconds since the session began.
    pub fn end_ms(&self) -> u64 {
        ms_between(self.session.began(), self.session.end()).unsigned_abs()
    }

    /// Whether there is something to do in a frame: time to pass, a kept world to go on with, or a prediction. Time stands
    /// while a command waits for the schema.
    pub fn wants_frames(&self) -> bool {
        let passes = self.playing && !self.schema.is_awaited();
        passes || self.keep.opening.is_some() || self.predict.moments() > 0
    }

    /// Looks at another part of a long set; `None` follows what moves.
    pub(crate) fn look_at(&mut self, set: ObjectKey, first: Option<usize>) {
        let last = self.parts.get(&set).copied().unwrap_or_default();
        let part = Part { first: first.unwrap_or(last.first), follows: first.is_none() };
        self.parts.insert(set, part);
        self.shown = None;
    }

    /// Before an act: what the objects are now is what they will be compared with, unless a person has marked a moment.
    pub(crate) fn move_baseline(&mut self) {
        if !self.baseline.marked {
            self.mark(false);
        }
    }

    /// The objects are compared with what they are now.
    pub(crate) fn mark(&mut self, marked: bool) {
        let world = self.session.world().clone();
        self.baseline = Baseline { at_ms: self.session.elapsed_ms(), marked, world };
    }

    /// Undoes the last act, and the files that were written for it. What was typed into them stays in the editor.
    pub(crate) fn step_back(&mut self) {
        let texts: Vec<(Arc<str>, Arc<str>)> =
            self.session.files().iter().map(|file| (file.name.clone(), file.text.clone())).collect();
        let applied: Vec<&Dated> = self.session.inputs().take(self.session.applied()).collect();
        let files = applied.split_last().map_or(0, |(act, before)| {
            let is_of_it =
                |dated: &&&Dated| dated.at == act.at && matches!(dated.input, Input::WriteFile { .. });
            before.iter().rev().take_while(is_of_it).count()
        });
        if !self.session.step_back(1 + files) {
            return;
        }
        for (name, text) in texts {
            if self.session.files().get(&name) != Some(&*text) {
                self.drafts.insert(name, text);
            }
        }
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

    /// Only what a person does changes what Apply would do: a new text, another file, a command that printed.
    fn try_apply(&mut self) {
        if self.typing {
            return;
        }
        let course = self.session.course();
        let tried = (self.file.clone(), self.text(), course, self.session.log().written());
        if self.tried.as_ref() != Some(&tried) {
            self.trial = Rc::new(Trial::of(&self.session, &tried.0, &tried.1));
            self.tried = Some(tried);
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
