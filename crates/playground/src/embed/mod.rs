//! The page inside of somebody else's: what its address asks for ([`setup`]), and what the page around it may say and is
//! told ([`host`]); and what one writes there to embed it ([`snippet`]).
//!
//! Invariant: an embed keeps nothing and remembers nothing; where it is read-only, only its host changes the cluster.

pub mod host;
pub mod setup;
pub mod snippet;

use std::collections::BTreeSet;

use session::Session;

pub use host::{Host, HostMsg};
pub use setup::Setup;
pub use snippet::Snippet;

use crate::lesson::{Act, course};
use crate::model::Model;

/// A part of the page that an embed may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The files, and Apply.
    Editor,
    /// The sets with their pods, claims and volumes.
    Stage,
    /// Why things are as they are.
    Why,
    /// The terminal.
    Terminal,
    /// Play, pause, and what happened.
    Timeline,
}

impl Part {
    /// Every part, in the order of the page.
    pub const ALL: [Part; 5] = [Part::Editor, Part::Stage, Part::Why, Part::Terminal, Part::Timeline];
    /// What shows unless the address says otherwise.
    pub const DEFAULT: [Part; 3] = [Part::Stage, Part::Why, Part::Terminal];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Part::Editor => "editor",
            Part::Stage => "stage",
            Part::Why => "why",
            Part::Terminal => "terminal",
            Part::Timeline => "timeline",
        }
    }
}

/// How an embed shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embed {
    /// What shows.
    pub parts: BTreeSet<Part>,
    /// Whether readers may only look.
    pub read_only: bool,
    /// What cannot be understood in the address, for whoever wrote it.
    pub problems: Vec<String>,
}

impl Embed {
    /// Whether this part shows.
    pub fn shows(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }
}

impl Model {
    /// An embed as its address wants it: what is to be done first has been done.
    pub fn embedded(setup: Setup) -> Model {
        let Setup { mut embed, start, file, manifest, lines, applies } = setup;
        let mut session = Session::new(start);
        if let Some(text) = manifest {
            match session.files().check(&file, &text) {
                Ok(()) => session.write_file(&file, &text),
                Err(problem) => embed.problems.push(problem),
            }
        }
        let acts: Vec<Act> = lines.into_iter().map(Act::Type).collect();
        course::play(&mut session, &acts);
        let has_file = session.files().get(&file).is_some();
        let mut model = Model::on(session);
        if has_file {
            model.file = file.into();
        }
        model.embed = Some(embed.into());
        if applies {
            model.apply();
        }
        model.refresh();
        model
    }
}
