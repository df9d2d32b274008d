//! Same inputs, same session: played twice, in frames or in leaps, or reached by going back in time.

use session::Session;
use tests::determinism::TRANSCRIPTS;
use tests::transcript::Transcript;

/// What a session was at a moment.
#[derive(Clone, Debug, PartialEq)]
struct Moment {
    at: jiff::Timestamp,
    digest: u64,
    /// How many inputs there had been.
    inputs: usize,
}

/// The session at the end of a transcript, and what it was after each act.
fn play(text: &str) -> (Session, Vec<Moment>) {
    let mut moments = Vec::new();
    let mut last = None;
    Transcript::parse(text).expect("a transcript").play_and(|session| {
        let (at, digest, inputs) = (session.now(), session.digest(), session.inputs().count());
        moments.push(Moment { at, digest, inputs });
        last = Some(session.clone());
    });
    (last.expect("acts"), moments)
}

#[test]
fn the_same_inputs_give_the_same_session() {
    for text in TRANSCRIPTS {
        assert_eq!(play(text).1, play(text).1);
    }
}

#[test]
fn every_moment_can_be_visited_and_is_as_it_was() {
    for text in TRANSCRIPTS {
        let (mut session, mut moments) = play(text);
        let end = session.digest();
        // To go to a moment is to go behind all its inputs.
        moments
            .retain(|moment| session.inputs().filter(|input| input.at <= moment.at).count() == moment.inputs);
        assert!(moments.len() > 2);
        for Moment { at, digest, .. } in moments.iter().rev().chain(moments.iter().step_by(3)) {
            session.seek(*at);
            assert_eq!(session.digest(), *digest, "at {at}");
        }
        session.seek(session.end());
        assert_eq!(session.digest(), end);
    }
}

#[test]
fn frames_and_leaps_end_alike() {
    for text in TRANSCRIPTS {
        let (session, _) = play(text);
        let (mut frames, mut leap) = (session.clone(), session);
        let length =
            u64::try_from(leap.end().as_millisecond() - leap.began().as_millisecond()).expect("forward");
        frames.seek(frames.began());
        leap.seek(leap.began());
        leap.advance(length);
        (0..length / 100).for_each(|_| frames.advance(100));
        frames.advance(length % 100);
        assert_eq!(frames.now(), leap.now());
        assert_eq!(frames.digest(), leap.digest());
    }
}

#[test]
fn another_seed_is_another_cluster() {
    let text = TRANSCRIPTS[1];
    let other = text.replacen("world: manifest\n", "world: manifest\nseed: 2\n", 1);
    assert_ne!(play(text).0.digest(), play(&other).0.digest());
}
