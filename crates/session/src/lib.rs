//! A cluster, its files, a terminal and a timeline: the [`Session`] that the page, the JS API and the tests use. It can
//! begin with the objects of another cluster ([`import`]), and tell what a change would bring about ([`predict`]).
//!
//! Invariant: every change of the world from outside is an [`Input`] in the log, so that the same inputs give the same
//! session, whenever they are replayed.

pub mod digest;
pub mod files;
pub mod import;
pub mod outcome;
pub mod predict;
pub mod redact;
mod room;
pub mod saved;
pub mod scope;
mod session;
pub mod shell;
mod state;
pub mod terminal;
pub mod timeline;
pub mod worlds;

pub use files::{File, Files};
pub use outcome::{RunResult, Snapshot};
pub use redact::Sensitive;
pub use saved::Saved;
pub use session::Session;
pub use state::{QUEUE_LIMIT, Running};
pub use terminal::{Content, Entry, Terminal};
pub use timeline::{Branch, Dated, Input};
pub use worlds::{Start, StartWorld};
