//! Import and predict: a dump of a real cluster as the world, a change, and what it would bring about.
//!
//! Invariant: the session on the page stays as it is until somebody opens the imported world, or plays the change; and
//! then there is a way back.

mod answer;
mod markdown;

use std::rc::Rc;

use jiff::Timestamp;
use machinery::Kind;
use machinery::version::Features;
use session::import::{self, Import, ImportError, Nearest, Problem};
use session::predict::{CHANGE_FILE, Change, ChangeError, Forecast};
use session::{Session, Start, StartWorld};

pub use answer::{Answer, Outcome};

use crate::model::Model;

/// Through how many moments of a prediction one frame goes.
const FRAME_MOMENTS: usize = 100;

/// Where the panel stands. A clone is cheap.
#[derive(Clone, Default)]
pub struct Predict {
    /// Whether the panel is open.
    pub open: bool,
    /// Whether it ever was: what was typed into it is still there.
    pub used: bool,
    /// The dump that was read, and what was found in it.
    pub import: Option<Rc<Read>>,
    /// The prediction that is being made.
    pub running: Option<Box<Running>>,
    /// What the change would bring about.
    pub answer: Option<Rc<Result<Answer, NotTried>>>,
    /// The page as it was before the imported world was opened.
    pub left: Option<Rc<Model>>,
}

impl PartialEq for Predict {
    fn eq(&self, other: &Predict) -> bool {
        // They are made anew with every act, and are too large to be compared in every frame.
        fn same<T>(a: &Option<Rc<T>>, b: &Option<Rc<T>>) -> bool {
            match (a, b) {
                (Some(a), Some(b)) => Rc::ptr_eq(a, b),
                (a, b) => a.is_none() && b.is_none(),
            }
        }
        (self.open, self.used, self.moments()) == (other.open, other.used, other.moments())
            && same(&self.import, &other.import)
            && same(&self.answer, &other.answer)
            && same(&self.left, &other.left)
    }
}

/// A dump as a person gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    /// Its text.
    pub text: String,
    /// The server's version, empty if it is not known.
    pub server: String,
    /// When it was taken, empty if that is not known.
    pub at: String,
}

/// A dump as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The dump.
    pub dump: Dump,
    /// The world, or why there is none.
    pub result: Result<Import, NotRead>,
    /// What stands for the server, if its version was told.
    pub nearest: Option<Nearest>,
}

/// Why a dump was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRead {
    /// It is wrong.
    Dump(ImportError),
    /// The server's version is none.
    Server,
    /// The moment is none.
    Moment,
}

/// Why nothing is predicted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTried {
    /// There is a dump, and it was not read.
    Dump,
    /// The change is none.
    Change(ChangeError),
}

/// A prediction that is being made.
#[derive(Clone)]
pub struct Running {
    change: Change,
    namespace: String,
    imported: bool,
    forecast: Forecast,
    moments: u64,
}

impl Running {
    /// How many steps there are so far.
    pub fn steps(&self) -> usize {
        self.forecast.steps()
    }
}

/// An act on the panel.
#[derive(Clone, Debug, PartialEq)]
pub enum PredictMsg {
    /// Opens the panel, or closes it.
    Open(bool),
    /// Reads a dump; an empty one is none, and changes are tried in the world on the page.
    Read(Dump),
    /// A file that was chosen has so many bytes: too many.
    TooLong(usize),
    /// Tries a change.
    Try {
        /// The change.
        change: String,
        /// The namespace of commands that name none.
        namespace: String,
    },
    /// Ends the prediction that is being made.
    Stop,
    /// Goes on in the imported world.
    OpenWorld,
    /// Makes the change, in the imported world if there is one.
    Play,
    /// Goes back to the page as it was before the imported world.
    Back,
    /// The way back is not needed.
    Stay,
}

/// Applies an act on the panel.
pub(crate) fn update(model: &mut Model, msg: PredictMsg) {
    match msg {
        PredictMsg::Open(open) => {
            model.predict.open = open;
            model.predict.used |= open;
        }
        PredictMsg::Read(dump) => take_in(model, dump),
        PredictMsg::TooLong(bytes) => {
            let error = ImportError { line: None, problem: Problem::TooLong { bytes } };
            let dump = Dump { text: String::new(), server: String::new(), at: String::new() };
            let read = Read { dump, result: Err(NotRead::Dump(error)), nearest: None };
            model.predict = Predict { import: Some(Rc::new(read)), ..model.predict.without_answer() };
        }
        PredictMsg::Try { change, namespace } => attempt(model, &change, namespace.trim()),
        PredictMsg::Stop => model.predict.running = None,
        PredictMsg::OpenWorld => open_world(model),
        PredictMsg::Play => play(model),
        PredictMsg::Back => go_back(model),
        PredictMsg::Stay => model.predict.left = None,
    }
}

/// Goes on with the prediction that is being made for one frame. Whether there was one.
pub(crate) fn go_on(model: &mut Model) -> bool {
    let Some(mut running) = model.predict.running.take() else { return false };
    running.moments += 1;
    if running.forecast.advance(FRAME_MOMENTS) {
        model.predict.answer = Some(Rc::new(Ok(Answer::of(*running))));
    } else {
        model.predict.running = Some(running);
    }
    true
}

fn take_in(model: &mut Model, dump: Dump) {
    if model.predict.import.as_ref().is_some_and(|read| read.dump == dump) {
        return;
    }
    let predict = model.predict.without_answer();
    let import = match dump.text.is_empty() {
        true => None,
        false => Some(Rc::new(read(dump, model.session.start().features))),
    };
    model.predict = Predict { import, ..predict };
}

fn read(dump: Dump, features: Features) -> Read {
    let nearest = Nearest::of(&dump.server);
    let features = nearest.as_ref().map_or(features, |nearest| Features::of(nearest.version));
    let moment = match dump.at.trim() {
        "" => Ok(None),
        at => at.parse::<Timestamp>().map(Some).map_err(|_| NotRead::Moment),
    };
    let result = match moment {
        _ if nearest.is_none() && !dump.server.trim().is_empty() => Err(NotRead::Server),
        Ok(at) => import::read(&dump.text, features, at).map_err(NotRead::Dump),
        Err(why) => Err(why),
    };
    Read { dump, result, nearest }
}

fn attempt(model: &mut Model, change: &str, namespace: &str) {
    model.predict = model.predict.without_answer();
    let imported = model.predict.session();
    let change = match Change::of(change) {
        _ if imported.is_none() && model.predict.import.is_some() => Err(NotTried::Dump),
        change => change.map_err(NotTried::Change),
    };
    match change {
        Ok(change) => {
            let session = imported.as_ref().unwrap_or(&model.session);
            let forecast = Forecast::begin(session, &change, namespace);
            let (namespace, imported) = (namespace.to_owned(), imported.is_some());
            model.predict.running =
                Some(Box::new(Running { change, namespace, imported, forecast, moments: 0 }));
        }
        Err(why) => model.predict.answer = Some(Rc::new(Err(why))),
    }
}

impl Predict {
    /// How far the prediction has come that is being made: a number that grows.
    pub fn moments(&self) -> u64 {
        self.running.as_ref().map_or(0, |running| running.moments + 1)
    }

    fn without_answer(&self) -> Predict {
        Predict { running: None, answer: None, ..self.clone() }
    }

    fn imported(&self) -> Option<&Import> {
        self.import.as_ref()?.result.as_ref().ok()
    }

    /// A session in the imported world.
    fn session(&self) -> Option<Session> {
        let import = self.imported()?;
        let world = StartWorld::Imported(import.imported.clone());
        Some(Session::new(Start { world, features: import.features, ..Start::default() }))
    }

    /// The namespace that most sets of the imported world are in: the one that its commands are most likely about.
    pub fn namespace(&self) -> Option<String> {
        let objects = self.imported()?.imported.objects();
        let sets = objects.iter().filter(|object| object.kind() == Kind::StatefulSet);
        let names: Vec<&str> = sets.map(|set| set.namespace()).collect();
        let count = |name: &str| names.iter().filter(|other| **other == name).count();
        // Of equally many the first by name.
        let most = names.iter().max_by_key(|name| (count(name), std::cmp::Reverse(**name)));
        most.map(|name| (*name).to_owned())
    }
}

fn open_world(model: &mut Model) {
    model.predict.open = false;
    let Some(session) = model.predict.session() else { return };
    let left = Rc::new(model.clone());
    model.replace_session(session);
    model.lessons.course = None;
    model.predict.left = Some(left);
}

fn play(model: &mut Model) {
    let Some(Ok(answer)) = model.predict.answer.as_deref().cloned() else { return };
    open_world(model);
    if let Change::Manifest(text) = &answer.change {
        model.session.write_file(CHANGE_FILE, text);
        model.file = CHANGE_FILE.into();
    }
    for line in answer.change.lines(&answer.namespace) {
        model.prompt.remember(&line);
        model.run(&line);
    }
    model.playing = true;
}

fn go_back(model: &mut Model) {
    let Some(left) = model.predict.left.clone() else { return };
    let mut before = (*left).clone();
    before.predict = Predict { left: left.predict.left.clone(), ..model.predict.clone() };
    (before.locale, before.pane) = (model.locale, model.pane);
    before.schema = std::mem::take(&mut model.schema);
    *model = before;
    crate::schema::give(model);
}
