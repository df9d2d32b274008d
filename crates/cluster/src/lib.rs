//! Time and chance: a whole cluster as one cloneable value.
//!
//! Invariant: the same configuration and the same requests at the same times give the same world, on every platform.

mod api;
mod bootstrap;
mod choices;
mod components;
mod digest;
mod fault;
mod import;
mod latency;
mod queue;
mod world;

pub use api::ApiHandle;
pub use choices::Script;
pub use fault::{Defect, Fault, Write};
pub use import::Assumption;
pub use latency::Component;
pub use world::{Config, World};
