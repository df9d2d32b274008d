//! The state of the page: the session, and what is open, selected, typed and dragged.
//!
//! Invariant: a clone is cheap, and [`Model::page`] always shows the session as it is.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use machinery::ObjectKey;
use session::{Input, Session, Start, StartWorld};

use crate::commands;
use crate::effect::Effect;
use crate::locales::Locale;
use crate::memory::Memory;
use crate::prompt::Prompt;
use crate::track::Track;
use crate::view::{Page, Snapshot};

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
    /// The DNS zone.
    Dns,
}

impl Tab {
    /// Every tab, in order.
    pub const ALL: [Tab; 2] = [Tab::Events, Tab::Dns];
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
    /// In which language.
    pub locale: Locale,
    /// Whether time passes by itself.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
    /// The file in the editor.
    pub file: Arc<str>,
    /// What Apply would do with it.
    pub effect: Rc<Effect>,
    /// The terminal's input line.
    pub prompt: Prompt,
    /// The object that was clicked.
    pub selected: Option<ObjectKey>,
    /// The tab below the stage.
    pub tab: Tab,
    /// The pane of a narrow screen.
    pub pane: Pane,
    /// The partition that is being dragged.
    pub drag: Option<Drag>,
    /// The form for another image.
    pub form: Option<ImageForm>,
    /// What happened.
    pub track: Track,
    /// What is shown of the cluster.
    pub page: Page,
    memory: Arc<Memory>,
    // Texts that differ from their files.
    drafts: BTreeMap<Arc<str>, Arc<str>>,
    // What page and effect were made from.
    shown: Option<Shown>,
    tried: Option<(Arc<str>, Arc<str>, u64)>,
}

/// What decides whether a page is still true.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    resource_version: u64,
    second: u64,
    inputs: usize,
    selected: Option<ObjectKey>,
}

impl Model {
    /// A page on a new session in that world.
    pub fn new(world: StartWorld) -> Model {
        Model::of(Start { world, ..Start::default() })
    }

    /// A page on a new session.
    pub fn of(start: Start) -> Model {
        let session = Session::new(start);
        let file = session
            .files()
            .iter()
            .next()
            .map_or_else(|| "stateful-demo.yaml".into(), |file| file.name.clone());
        let mut model = Model {
            track: Track::after(session.world().server().resource_version()),
            session,
            locale: Locale::default(),
            playing: true,
            speed: Speed::default(),
            file,
            effect: Rc::default(),
            prompt: Prompt::default(),
            selected: None,
            tab: Tab::default(),
            pane: Pane::default(),
            drag: None,
            form: None,
            page: Page::default(),
            memory: Arc::default(),
            drafts: BTreeMap::new(),
            shown: None,
            tried: None,
        };
        model.refresh();
        model
    }

    /// The text in the editor.
    pub fn text(&self) -> Arc<str> {
        let written = || self.session.files().get(&self.file).unwrap_or_default().into();
        self.drafts.get(&self.file).cloned().unwrap_or_else(written)
    }

    /// Replaces the text in the editor; the file itself is written before the next command.
    pub(crate) fn edit(&mut self, text: &str) {
        if self.session.files().get(&self.file) == Some(text) {
            self.drafts.remove(&self.file);
        } else {
            self.drafts.insert(self.file.clone(), text.into());
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
        self.track.typed(self.session.elapsed_ms());
        self.session.run(line);
    }

    /// Runs what Apply stands for.
    pub(crate) fn apply(&mut self) {
        let line = commands::apply(&self.file);
        self.prompt.remember(&line);
        self.run(&line);
    }

    /// Brings page, track and effect up to the session.
    pub(crate) fn refresh(&mut self) {
        let began = self.session.began();
        let (world, memory) = (self.session.world(), &mut self.memory);
        let shown = Shown {
            resource_version: world.server().resource_version(),
            second: self.session.elapsed_ms() / 1000,
            inputs: self.session.inputs().count(),
            selected: self.selected.clone(),
        };
        if self.shown.as_ref() != Some(&shown) {
            Arc::make_mut(memory).observe(world.listers());
            for event in world.server().changes_since(self.track.seen()) {
                let at = machinery::time::ms_between(began, world.now()).unsigned_abs();
                self.track.changed(at, event);
            }
            let snapshot =
                Snapshot { now: world.now(), objects: world.listers(), decisions: world.decisions(), memory };
            let lines = self.session.inputs().filter_map(|dated| match &dated.input {
                Input::Command { line } => Some(&**line),
                _ => None,
            });
            self.page = Page::of(snapshot, self.selected.as_ref(), lines);
            self.shown = Some(shown);
        }
        self.try_apply();
    }

    /// Only what a person does changes what Apply would do: a new text, another file, a command that printed.
    fn try_apply(&mut self) {
        let tried = (self.file.clone(), self.text(), self.session.log().written());
        if self.tried.as_ref() != Some(&tried) {
            self.effect = Rc::new(Effect::of(&self.session, &tried.0, &tried.1));
            self.tried = Some(tried);
        }
    }
}
