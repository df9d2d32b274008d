//! Every act on the page.

use cluster::Fault;
use machinery::ObjectKey;
use machinery::yaml::Position;
use session::Start;

use crate::early::Early;
use crate::embed::HostMsg;
use crate::examples::Example;
use crate::keep::KeepMsg;
use crate::lesson::panel::LessonMsg;
use crate::locales::Locale;
use crate::model::{Number, Pane, Speed, Tab};
use crate::predict::PredictMsg;
use crate::prompt::PromptMsg;
use crate::templates::Template;
use crate::view::lookup::Question;

/// An act.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// Real time has passed, in milliseconds.
    Frame(u32),
    /// Time passes by itself, or not.
    Play(bool),
    /// To the next change that anyone can see.
    Step,
    /// On until nothing moves by itself any more.
    RunUntilQuiet,
    /// Undo the last act.
    StepBack,
    /// Show the moment so many milliseconds after the session's begin.
    Seek(u64),
    /// Show the next moment at which something happened, or the last.
    SeekTick(bool),
    /// Back from the past.
    Live,
    /// Take up a course of events that was left, by its number.
    TakeUp(usize),
    /// Compare the objects with what they are now, or again with what they were before the last act.
    Mark(bool),
    /// How fast time passes.
    Speed(Speed),
    /// Do what was done before the page stood.
    Early(Early),
    /// Another file in the editor.
    Open(String),
    /// What a command has open in the editor, instead of a file.
    OpenEdit,
    /// Give it back to the command as it is now.
    SaveEdit,
    /// Give it back as it was opened.
    CancelEdit,
    /// The text in the editor.
    Edit(String),
    /// The editor would say more if the schema were there.
    WantSchema,
    /// What can be done at once about what is marked at this place of the text in the editor is done.
    Remedy(Position),
    /// The last line is typed into the prompt, with what was meant in place of the characters that made it fail.
    Mend,
    /// Nothing was typed in the editor for a moment.
    Typed,
    /// A new file from this template: its text is wanted.
    Template(Template),
    /// The text of a template, or why it cannot be had.
    Arrived(Template, Result<String, String>),
    /// Apply the file in the editor; where it shows what a command has opened, the same as to save that.
    Apply,
    /// The text in the prompt.
    Type(String),
    /// Puts a control's line into the prompt, for a person to look at or to go on with.
    Begin(String),
    /// The line before, from the history.
    Earlier,
    /// The line after.
    Later,
    /// Run the line in the prompt.
    Enter,
    /// Another act in the prompt.
    Prompt(PromptMsg),
    /// Several lines were pasted into the prompt, for review.
    Paste(String),
    /// A piece of what was pasted will run, or not.
    Tick(usize, bool),
    /// The review is over: the ticked pieces run one after another, or none.
    Reviewed(bool),
    /// Ctrl-C.
    Interrupt,
    /// Run a line that a control stands for.
    Run(String),
    /// Look at the part of a long set that begins with this slot, or at what moves.
    LookAt(ObjectKey, Option<usize>),
    /// Set a number of a set.
    SetNumber(ObjectKey, Number, i32),
    /// Ask about an object, or about the whole.
    Select(Option<ObjectKey>),
    /// Ask about the name of a pod.
    AskName(ObjectKey),
    /// Heal something that was broken on purpose, or break it.
    Fault(Fault),
    /// Another tab below the stage.
    Tab(Tab),
    /// Which objects the Objects tab lists.
    Filter(String),
    /// Look a name up, from a pod.
    LookUp(Question),
    /// Show the DNS zone, to look names up from this pod.
    LookUpFrom(ObjectKey),
    /// Type how the set is made again with the other pod management.
    Recreate(ObjectKey),
    /// The help is opened, or closed.
    Help(bool),
    /// Another pane of a narrow screen.
    Pane(Pane),
    /// The partition's line moves to another place.
    Drag(ObjectKey, i32),
    /// It stays there: one command.
    Drop,
    /// It goes back.
    CancelDrag,
    /// Open the form for another image, or close it.
    ImageForm(Option<ObjectKey>),
    /// The image as typed, and for which container.
    EditImage(String, String),
    /// Set it.
    SubmitImage,
    /// A new session that an example has gone through.
    Example(Example),
    /// The example's hint is read.
    CloseExample,
    /// A new session.
    Restart(Start),
    /// Another language.
    Locale(Locale),
    /// The schema of the API's kinds has been fetched, or why not.
    Schema(Result<String, String>),
    /// An act of keeping or handing on.
    Keep(KeepMsg),
    /// An act on the lesson panel.
    Lesson(LessonMsg),
    /// An act on the panel of import and prediction.
    Predict(PredictMsg),
    /// An act of the page around an embed.
    Host(HostMsg),
}

impl Msg {
    /// Whether it changes the course of events, or a file: what whoever may only look cannot do.
    pub fn interferes(&self) -> bool {
        match self {
            Msg::StepBack
            | Msg::TakeUp(_)
            | Msg::Edit(_)
            | Msg::Early(_)
            | Msg::Remedy(_)
            | Msg::Mend
            | Msg::Apply
            | Msg::Type(_)
            | Msg::Begin(_)
            | Msg::Earlier
            | Msg::Later
            | Msg::Enter
            | Msg::Interrupt
            | Msg::Run(_)
            | Msg::SetNumber(..)
            | Msg::Fault(_)
            | Msg::Recreate(_)
            | Msg::Drag(..)
            | Msg::Drop
            | Msg::CancelDrag
            | Msg::ImageForm(_)
            | Msg::EditImage(..)
            | Msg::SubmitImage
            | Msg::Example(_)
            | Msg::Restart(_)
            | Msg::Prompt(_)
            | Msg::Paste(_)
            | Msg::Tick(..)
            | Msg::Reviewed(_)
            | Msg::SaveEdit
            | Msg::CancelEdit
            | Msg::Template(_)
            | Msg::Predict(_)
            | Msg::Arrived(..) => true,
            Msg::Lesson(msg) => matches!(msg, LessonMsg::Try(_)),
            Msg::Frame(_)
            | Msg::Play(_)
            | Msg::Step
            | Msg::RunUntilQuiet
            | Msg::Seek(_)
            | Msg::SeekTick(_)
            | Msg::Live
            | Msg::Mark(_)
            | Msg::Speed(_)
            | Msg::Open(_)
            | Msg::OpenEdit
            | Msg::Typed
            | Msg::LookAt(..)
            | Msg::Select(_)
            | Msg::AskName(_)
            | Msg::Tab(_)
            | Msg::Filter(_)
            | Msg::LookUp(_)
            | Msg::LookUpFrom(_)
            | Msg::Help(_)
            | Msg::Pane(_)
            | Msg::CloseExample
            | Msg::Locale(_)
            | Msg::Keep(_)
            | Msg::WantSchema
            | Msg::Schema(_)
            | Msg::Host(_) => false,
        }
    }
}
