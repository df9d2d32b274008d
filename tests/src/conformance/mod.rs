//! Replays recordings of a real control plane and reports the first difference.
//!
//! A recording is a scenario: files, commands, and after each command what it printed, what changed and how the
//! cluster then stood. What real concurrency leaves open is free, and `free` lists it; everything else is compared.

pub mod compare;
pub mod free;
pub mod recording;
pub mod replay;
pub mod state;
pub mod trail;

pub use recording::Trace;
pub use replay::{Difference, replay};
