//! To keep a world and to hand it on: links, files, the browser's memory, and what is copied as text.
//!
//! Invariant: what is opened is data ([`session::Saved`]): nothing in it runs before it is read and checked, and it is
//! replayed frame by frame, so that a long story never stops the page.

use std::collections::BTreeMap;
use std::rc::Rc;

use session::redact::Kinds;
use session::{Content, Saved, Sensitive, Session};

use crate::commands;
use crate::early::{self, Early};
use crate::model::Model;
use crate::msg::Msg;

/// How much virtual time one frame replays while a kept world is opened, in milliseconds.
const REPLAY_MS: u64 = 5_000;
/// How much time after an act shows again what has failed, in virtual milliseconds.
const REPRODUCED_MS: u64 = 5_000;
/// Longest line of kept output, in bytes: a block of markdown is for people.
const SHOWN_LIMIT: usize = 200_000;
/// Most lines that an address types.
const LINE_LIMIT: usize = 100;

/// What is handed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Everything that was done, and the moment looked at.
    #[default]
    Whole,
    /// Only how it began, with the files.
    Start,
}

/// As what something is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The file in the editor.
    Manifest,
    /// The files, the commands and what they printed, for an issue or a blog.
    Markdown,
    /// The files and the commands, for a real cluster.
    Script,
}

/// The part of the model that is about keeping. A clone is cheap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keep {
    /// What is handed on.
    pub extent: Extent,
    /// What is handed on with it although its owner may not want to.
    pub shown: Kinds,
    /// A kept world that is being opened: the moment to come to, in milliseconds since its begin.
    pub opening: Option<u64>,
    /// Whether the dialog is open in which the world is handed on.
    pub sharing: bool,
    /// What was done before the page stood, and waits for the world that is being opened.
    pub(crate) early: Option<Early>,
    /// Why something could not be opened.
    pub refused: Option<Rc<str>>,
    /// Whether the world is the one of the last visit.
    pub restored: bool,
    /// The course of events that the page's address or the last visit has brought, with the number of its inputs.
    brought: Option<(u64, usize)>,
}

/// An act of keeping.
#[derive(Clone, Debug, PartialEq)]
pub enum KeepMsg {
    /// Opens a text that [`Saved::to_text`] made.
    Open {
        /// The text.
        text: String,
        /// Whether it is the one of the last visit.
        restored: bool,
    },
    /// What was to be opened cannot be read.
    Refuse(String),
    /// Stops opening: the world stands where it has come to.
    Stop,
    /// The message was read.
    Dismiss,
    /// Opens the dialog in which the world is handed on, or closes it.
    Share(bool),
    /// What is handed on.
    Extent(Extent),
    /// Whether this is handed on with it.
    Show(Sensitive, bool),
    /// Types these lines, which the page's address brings.
    Type(String),
}

/// Applies an act of keeping.
pub(crate) fn update(model: &mut Model, msg: KeepMsg) {
    match msg {
        KeepMsg::Open { text, restored } => match Saved::from_text(&text).and_then(|saved| saved.open()) {
            Ok((session, at_ms)) => {
                model.replace_session(session);
                model.lessons.course = None;
                model.keep = Keep { opening: Some(at_ms), restored, ..Keep::default() };
                model.keep.brought = Some(done(&model.session));
            }
            // A memory of the last visit that cannot be read is no news.
            Err(_) if restored => {}
            Err(why) => model.keep.refused = Some(why.into()),
        },
        KeepMsg::Refuse(why) => model.keep.refused = Some(why.into()),
        KeepMsg::Stop => opened(model),
        KeepMsg::Dismiss => (model.keep.refused, model.keep.restored) = (None, false),
        KeepMsg::Share(sharing) => model.keep.sharing = sharing,
        KeepMsg::Extent(extent) => model.keep.extent = extent,
        KeepMsg::Show(kind, shown) => model.keep.shown = model.keep.shown.with(kind, shown),
        KeepMsg::Type(lines) => {
            for line in lines.lines().filter(|line| !line.trim().is_empty()).take(LINE_LIMIT) {
                model.prompt.remember(line);
                model.run(line);
            }
            model.keep.brought = Some(done(&model.session));
        }
    }
}

/// What brings back a failure of the page in an act: the world before it, the line that it would have run, and some time.
pub fn reproduction(model: &Model, act: &Msg) -> Saved {
    let line = match act {
        Msg::Enter => Some(model.prompt.text().to_owned()),
        Msg::Apply => Some(commands::apply(&model.file)),
        Msg::Run(line) => Some(line.clone()),
        _ => None,
    };
    Saved::whole(&model.session).going_on(line.as_deref(), REPRODUCED_MS)
}

/// Goes on with opening a kept world for one frame. Whether there was one to go on with.
pub(crate) fn replay(model: &mut Model) -> bool {
    let Some(target) = model.keep.opening else { return false };
    let left = target.saturating_sub(model.session.elapsed_ms());
    model.session.advance(left.min(REPLAY_MS));
    if left <= REPLAY_MS {
        opened(model);
    }
    true
}

/// The world stands where it is to be.
fn opened(model: &mut Model) {
    model.keep.opening = None;
    if let Some(done) = model.keep.early.take() {
        early::act(model, done);
    }
}

/// What changes with everything that is done.
fn done(session: &Session) -> (u64, usize) {
    (session.course(), session.inputs().len())
}

impl Model {
    /// Whether somebody has done something in the world that was opened. Until then the browser keeps what it has.
    pub fn is_touched(&self) -> bool {
        self.session.inputs().len() > 0 && self.keep.brought != Some(done(&self.session))
    }

    /// The world as it is handed on, and how many values of each kind there are that are left out unless they are shown.
    pub fn handed_on(&self) -> (Saved, BTreeMap<Sensitive, usize>) {
        let saved = match self.keep.extent {
            Extent::Whole => Saved::whole(&self.session),
            Extent::Start => Saved::start_only(&self.session),
        };
        saved.redacted(self.keep.shown)
    }

    /// The world as a text in another form.
    pub fn copied(&self, form: Form) -> String {
        match form {
            Form::Manifest => self.text().to_string(),
            Form::Markdown => markdown(&self.session),
            Form::Script => script(&self.session),
        }
    }
}

fn markdown(session: &Session) -> String {
    let mut text = String::new();
    for file in session.files().iter() {
        let fence = fence(&file.text);
        text += &format!("`{}`\n\n{fence}yaml\n{}\n{fence}\n\n", file.name, file.text.trim_end());
    }
    let mut shown = String::new();
    for entry in session.log().iter() {
        match &entry.content {
            Content::Command(line) => shown += &format!("$ {line}\n"),
            Content::Out(part) | Content::Err(part) => shown += part,
            Content::Note(note) => shown += &format!("# {note}\n"),
            Content::Exit(_) => {}
        }
        if shown.len() > SHOWN_LIMIT {
            shown += "# …\n";
            break;
        }
    }
    let fence = fence(&shown);
    text + &format!("{fence}console\n{}\n{fence}\n", shown.trim_end())
}

/// A fence that does not occur in the text.
pub(crate) fn fence(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    fence
}

fn script(session: &Session) -> String {
    let mut text = "#!/usr/bin/env bash\n# The same for a real cluster. Faults are left out; wait where the story waits.\nset -u\n".to_owned();
    let typed: Vec<&str> = session.log().iter().filter_map(|entry| line(&entry.content)).collect();
    for file in session.files().iter().filter(|file| typed.iter().any(|line| line.contains(&*file.name))) {
        let mark = end_mark(&file.text);
        text += &format!(
            "\ncat > '{}' <<'{mark}'\n{}\n{mark}\n",
            file.name.replace('\'', "'\\''"),
            file.text.trim_end()
        );
    }
    text.push('\n');
    for line in typed {
        text += &format!("{line}\n");
    }
    text
}

fn line(content: &Content) -> Option<&str> {
    match content {
        Content::Command(line) => Some(line),
        _ => None,
    }
}

/// A here-document's end that is no line of the text.
fn end_mark(text: &str) -> String {
    let mut mark = "EOF".to_owned();
    while text.lines().any(|line| line == mark) {
        mark.push('_');
    }
    mark
}
