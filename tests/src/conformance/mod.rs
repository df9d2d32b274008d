//! Replays recordings of a real control plane and reports the first difference.
//!
//! A recording is one of five formats, told apart by their content: a scenario that is compared step by step
//! ([`trace`]), commands and their exact output ([`commands`]), manifests that were refused ([`invalid`]) or taken
//! ([`accepted`]), and the answers of a DNS server ([`dns`]). What real concurrency leaves open is free, and [`free`]
//! lists it; everything else is compared.

pub mod accepted;
pub mod commands;
pub mod compare;
pub mod dns;
pub mod events;
pub mod free;
pub mod invalid;
pub mod names;
pub mod recording;
pub mod replay;
pub mod report;
pub mod run;
pub mod sources;
pub mod state;
pub mod tables;
pub mod terminal;
pub mod trace;
pub mod trail;
pub mod trails;
pub mod volumes;

pub use recording::Recording;
pub use replay::{Difference, replay};
pub use report::{Report, Scenario};
pub use run::{Mode, run};
pub use sources::{Source, collect};
pub use trace::Trace;
