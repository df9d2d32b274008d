//! Tests that cross the layers: transcripts, recordings, the page.

pub mod bench;
pub mod conformance;
pub mod determinism;
pub mod fuzz;
pub mod schema;
pub mod transcript;
