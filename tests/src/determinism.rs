//! What must come out alike on every platform, as numbers.

use crate::fuzz;
use crate::transcript::Transcript;

/// The transcripts with enough happening.
pub const TRANSCRIPTS: [&str; 2] =
    [include_str!("../transcripts/seed-prelude.txt"), include_str!("../transcripts/seed-demo.txt")];
/// Random worlds with faults, and their acts.
const WORLDS: std::ops::Range<u64> = 0..3;
const ACTS: usize = 25;

/// The digests after every act of transcripts and random worlds, one to the other.
///
/// # Panics
/// If a transcript cannot be read, which a test of its own finds.
pub fn digests() -> String {
    let mut digests = Vec::new();
    for text in TRANSCRIPTS {
        let transcript = Transcript::parse(text).expect("a transcript");
        transcript.play_and(|session| digests.push(session.digest()));
    }
    digests.extend(WORLDS.flat_map(|number| fuzz::digests(number, ACTS)));
    let digests: Vec<String> = digests.iter().map(|digest| format!("{digest:016x}")).collect();
    digests.join(" ")
}
