//! The lesson panel: the catalogue, the lesson that is being taken, what was done before, and the acts on all that.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::course::Course;
use super::{Act, Lesson, read};
use crate::model::Model;
use crate::msg::Msg;

/// The lessons that there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Catalogue {
    /// Nobody has asked for them yet; they are fetched when the panel opens.
    #[default]
    Unread,
    /// These.
    Ready(Rc<Vec<Arc<Lesson>>>),
    /// They cannot be had: why.
    Failed(String),
}

/// The lessons' part of the model. A clone is cheap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lessons {
    /// Whether the panel is open.
    pub open: bool,
    /// What can be taken.
    pub catalogue: Catalogue,
    /// The one that is being taken.
    pub course: Option<Rc<Course>>,
    /// Whether the step's solution is shown.
    pub solution: bool,
    /// How many steps of each lesson were done, by its id.
    pub done: Rc<BTreeMap<String, usize>>,
    /// What is wrong with the file that was opened.
    pub problems: Vec<String>,
    // The lesson and the step (from 0) that a link asks for, until the catalogue is there.
    wanted: Option<(String, usize)>,
}

/// An act on the panel.
#[derive(Clone, Debug, PartialEq)]
pub enum LessonMsg {
    /// Open the panel, or close it; the lesson stays.
    Open(bool),
    /// The project's lessons have arrived, or why they have not.
    Arrived(Result<String, String>),
    /// Somebody's own lesson file.
    File(String),
    /// How far one was before, as [`Lessons::progress`] wrote it.
    Progress(String),
    /// Take a lesson from a step on (from 0), in a world of its own.
    Take(String, usize),
    /// Back to the list.
    Leave,
    /// One more hint.
    Hint,
    /// Show the solution.
    Solution,
    /// Do an act of the solution: a line is typed into the prompt, the rest is done.
    Try(Act),
    /// The next step.
    Next,
}

impl Lessons {
    /// Whether the project's lessons have to be fetched.
    pub fn wants_catalogue(&self) -> bool {
        self.catalogue == Catalogue::Unread && (self.open || self.wanted.is_some())
    }

    /// Whether a lesson that a link asks for is still to come.
    pub fn is_awaited(&self) -> bool {
        self.catalogue == Catalogue::Unread && self.wanted.is_some()
    }

    /// What to keep in the browser: `volumes:4,birth:1`.
    pub fn progress(&self) -> String {
        let entries: Vec<String> = self.done.iter().map(|(id, steps)| format!("{id}:{steps}")).collect();
        entries.join(",")
    }

    /// The lesson after the one that is being taken.
    pub fn following(&self) -> Option<&Arc<Lesson>> {
        let id = &self.course.as_ref()?.lesson.id;
        self.known().skip_while(|lesson| lesson.id != *id).nth(1)
    }

    /// Looks whether the step's goal is reached in the model's session.
    pub(crate) fn look(&mut self, session: &session::Session) {
        let Some(course) = &mut self.course else { return };
        let course = Rc::make_mut(course);
        course.look(session);
        if course.reached {
            let steps = self.done.get(&course.lesson.id).copied().unwrap_or(0);
            if steps <= course.step {
                Rc::make_mut(&mut self.done).insert(course.lesson.id.clone(), course.step + 1);
            }
        }
    }

    /// The page's address of a step (from 0) of the lesson that is being taken; somebody's own file has none.
    pub fn link(&self, step: usize) -> Option<String> {
        let lesson = &self.course.as_ref()?.lesson;
        let is_ours = self.known().any(|known| Arc::ptr_eq(known, lesson));
        is_ours.then(|| format!("?lesson={}&step={}", lesson.id, step + 1))
    }

    /// The project's lessons, as far as they are there.
    fn known(&self) -> impl Iterator<Item = &Arc<Lesson>> {
        let known = if let Catalogue::Ready(lessons) = &self.catalogue { lessons.as_slice() } else { &[] };
        known.iter()
    }

    /// The lesson of that id; the one that is being taken before others, as it may be somebody's own.
    fn find(&self, id: &str) -> Option<Arc<Lesson>> {
        let taken = self.course.iter().map(|course| &course.lesson);
        taken.chain(self.known()).find(|lesson| lesson.id == id).cloned()
    }
}

/// Applies an act on the panel.
pub(crate) fn update(model: &mut Model, msg: LessonMsg) {
    match msg {
        LessonMsg::Open(open) => model.lessons.open = open,
        LessonMsg::Arrived(Ok(text)) => arrived(model, &text),
        LessonMsg::Arrived(Err(why)) => model.lessons.catalogue = Catalogue::Failed(why),
        LessonMsg::File(text) => match read(&text) {
            Ok(lessons) => take(model, Arc::new(lessons.into_iter().next().unwrap_or_default()), 0),
            Err(problems) => {
                model.lessons.problems = problems.iter().map(ToString::to_string).collect();
            }
        },
        LessonMsg::Progress(text) => {
            let entries = text.split(',').filter_map(|entry| entry.split_once(':'));
            let done = entries.filter_map(|(id, steps)| Some((id.to_owned(), steps.parse().ok()?)));
            model.lessons.done = Rc::new(done.collect());
        }
        LessonMsg::Take(id, step) => {
            model.lessons.open = true;
            match model.lessons.find(&id) {
                Some(lesson) => take(model, lesson, step),
                None if model.lessons.catalogue == Catalogue::Unread => {
                    model.lessons.wanted = Some((id, step))
                }
                None => model.lessons.problems = vec![format!("there is no lesson {id:?}")],
            }
        }
        LessonMsg::Leave => model.lessons.course = None,
        LessonMsg::Hint => {
            if let Some(course) = &mut model.lessons.course {
                Rc::make_mut(course).hint();
            }
        }
        LessonMsg::Solution => model.lessons.solution = true,
        LessonMsg::Try(act) => attempt(model, act),
        LessonMsg::Next => {
            if let Some(course) = &mut model.lessons.course {
                Rc::make_mut(course).next(&model.session);
                model.lessons.solution = false;
            }
        }
    }
}

fn arrived(model: &mut Model, text: &str) {
    model.lessons.catalogue = match read(text) {
        Ok(lessons) => Catalogue::Ready(Rc::new(lessons.into_iter().map(Arc::new).collect())),
        Err(problems) => Catalogue::Failed(problems.first().map(ToString::to_string).unwrap_or_default()),
    };
    if let Some((id, step)) = model.lessons.wanted.take() {
        update(model, LessonMsg::Take(id, step));
    }
}

/// Begins a lesson in a session of its own.
fn take(model: &mut Model, lesson: Arc<Lesson>, step: usize) {
    let (course, session) = Course::at(lesson, step, model.session.start().features);
    model.replace_session(session);
    let lessons = &mut model.lessons;
    lessons.course = Some(Rc::new(course));
    lessons.solution = false;
    lessons.problems.clear();
}

fn attempt(model: &mut Model, act: Act) {
    match act {
        Act::Type(line) => crate::update(model, Msg::Type(line)),
        Act::Write { file, text } => {
            model.session.write_file(&file, &text);
            crate::update(model, Msg::Open(file));
        }
        Act::Fault(fault) => model.session.fault(fault),
        Act::Wait(ms) => model.session.advance(ms),
    }
}
