//! What the tests of several components need.

use client::{Choice, Choices};

/// Always the first.
pub struct First;

impl Choices for First {
    fn pick(&mut self, _: Choice<'_>, _: &[&str]) -> usize {
        0
    }

    fn suffix(&mut self, _: &str, length: usize) -> String {
        "x".repeat(length)
    }

    fn uid(&mut self) -> String {
        "uid".to_owned()
    }

    fn number(&mut self, _: &str, _: u64) -> u64 {
        0
    }
}
