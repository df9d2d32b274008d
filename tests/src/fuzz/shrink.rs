//! Leaves away acts as long as the rest still fails by the same rule.

use super::Failure;
use super::act::Script;

/// Most attempts.
const ATTEMPTS: usize = 400;

/// The shortest script that was found.
pub(super) fn shrink(script: &Script, rule: &str, fails: impl Fn(&Script) -> Option<Failure>) -> Script {
    let mut best = script.clone();
    let mut attempts = 0;
    let mut chunk = best.acts.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        let before = best.acts.len();
        while at < best.acts.len() && attempts < ATTEMPTS {
            attempts += 1;
            let mut shorter = best.clone();
            shorter.acts.drain(at..(at + chunk).min(best.acts.len()));
            match fails(&shorter).filter(|failure| failure.rule == rule) {
                Some(failure) => {
                    shorter.acts.truncate(failure.acts);
                    best = shorter;
                }
                None => at += chunk,
            }
        }
        if attempts >= ATTEMPTS || chunk == 1 && best.acts.len() == before {
            return best;
        }
        chunk = (chunk / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::act::{Act, Start};
    use super::*;

    #[test]
    fn what_does_not_matter_is_left_away() {
        let start = Start { seed: 1, nodes: 1, old: false, max_unavailable: false, recorder: false };
        let script = Script { start, acts: (0..50).map(Act::Pass).collect() };
        let shortest = shrink(&script, "rule", |script| {
            let has = |ms| script.acts.iter().position(|act| *act == Act::Pass(ms));
            let (first, second) = (has(7)?, has(30)?);
            Some(Failure { acts: first.max(second) + 1, rule: "rule", what: String::new() })
        });
        assert_eq!(shortest.acts, [Act::Pass(7), Act::Pass(30)]);
    }
}
