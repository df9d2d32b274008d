//! The state of the page: the session, and what is open, selected, typed and dragged.
//!
//! Invariant: a clone is cheap, and [`Model::page`] always shows the session as it is.

mod files;
mod refresh;
mod time;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use cluster::World;
use machinery::ObjectKey;
use session::{Session, Start, StartWorld};

use self::refresh::{Shown, Tried};
use crate::confusable::Blamed;
use crate::embed::{Embed, Host};
use crate::examples::Example;
use crate::keep::Keep;
use crate::lesson::panel::Lessons;
use crate::locales::Locale;
use crate::memory::Memory;
use crate::paste::Review;
use crate::predict::Predict;
use crate::prompt::Prompt;
use crate::schema::{self, SchemaState};
use crate::templates::Template;
use crate::track::{Tick, Track};
use crate::trial::Trial;
use crate::view::Page;
use crate::view::lookup::Question;
use crate::view::stage::Parts;
use crate::view::timeline::Timeline;
use crate::view::why::{Said, Topic};

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
    tried: Option<Tried>,
    /// How long the frames since the trial took.
    pub(crate) since_trial_ms: u64,
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
            since_trial_ms: 0,
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
}
