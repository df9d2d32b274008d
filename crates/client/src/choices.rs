//! Everything that Kubernetes leaves open, asked for in one place.
//!
//! Upstream iterates maps, draws random suffixes and races; a simulator has to choose. Who chooses is up to
//! `cluster`: first by name, a named generator, or a script taken from a recording.

/// What is to be chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice<'a> {
    /// Which of equally good volumes a claim gets.
    Volume {
        /// `namespace/name` of the claim.
        claim: &'a str,
    },
    /// Which of equally good nodes a pod gets.
    Node {
        /// `namespace/name` of the pod.
        pod: &'a str,
    },
}

/// Who chooses.
pub trait Choices {
    /// The index of the chosen one of `candidates` (names, sorted, at least one).
    fn pick(&mut self, choice: Choice<'_>, candidates: &[&str]) -> usize;

    /// Five or ten characters for a generated name, from upstream's alphabet (apimachinery/pkg/util/rand).
    fn suffix(&mut self, base: &str, length: usize) -> String;

    /// A fresh uid.
    fn uid(&mut self) -> String;

    /// A number below `bound` (at least 1), from the stream that belongs to `stream`.
    fn number(&mut self, stream: &str, bound: u64) -> u64;
}
