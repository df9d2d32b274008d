//! client-go's part: the API as a trait, caches fed by watch events, the contract of a reconciler, the event recorder.
//!
//! Knows nothing of who implements the API. Invariant: a reconciler sees the world through `Context` alone.

pub mod api;
pub mod choices;
pub mod listers;
pub mod reconcile;
pub mod record;

pub use api::{Api, Client};
pub use choices::{Choice, Choices};
pub use listers::Listers;
pub use reconcile::{Context, Error, Key, Outcome, Reconciler};
pub use record::{Recorder, Reporter};
