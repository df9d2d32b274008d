//! Random worlds: manifests, commands and faults, with everything that must always hold checked after every act; then all
//! is healed, and the world has to come to what its specs ask for.
//!
//! A world is a number. From it follow its version, its acts and everything in it, so that the number of a failure tells
//! all; what is kept of it is the shortest list of acts that still fails.
//! Invariant: the same number gives the same acts, and the same acts the same outcome, on every machine.

mod act;
mod generate;
mod heal;
mod invariants;
pub mod lines;
mod random;
mod shrink;

use std::panic::{AssertUnwindSafe, catch_unwind};

use machinery::version::Version;

pub use act::{Act, Script};
use generate::Generator;
use invariants::Watcher;
use random::Random;

/// A rule that was broken: by which act, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// How many acts had been carried out; all of them if the world did not come to rest after them.
    pub acts: usize,
    /// The rule, in a word or two.
    pub rule: &'static str,
    /// What was seen.
    pub what: String,
}

/// Runs the world of a number.
///
/// # Errors
/// The script as far as it was carried out, and how it failed.
pub fn run(number: u64, steps: usize, only: Option<Version>) -> Result<(), Box<(Script, Failure)>> {
    let mut random = Random::new(number);
    let start = generate::start(&mut random, only);
    let mut generator = Generator::new(random);
    let mut script = Script { start, acts: Vec::new() };
    let mut acts = std::iter::from_fn(|| Some(generator.act())).take(steps);
    let outcome = play(script.start, &mut |_| {
        let act = acts.next()?;
        script.acts.push(act.clone());
        Some(act)
    });
    outcome.map_err(|failure| Box::new((script, failure)))
}

/// The digests of a world after each of its acts.
pub fn digests(number: u64, steps: usize) -> Vec<u64> {
    let mut random = Random::new(number);
    let mut session = generate::start(&mut random, None).session();
    let mut generator = Generator::new(random);
    let mut next = || {
        generator.act().carry_out(&mut session);
        session.digest()
    };
    (0..steps).map(|_| next()).collect()
}

/// Carries out the acts of a script.
///
/// # Errors
/// How it failed.
pub fn replay(script: &Script) -> Result<(), Failure> {
    play(script.start, &mut |number| script.acts.get(number).cloned())
}

/// The shortest script that fails by the same rule.
pub fn shrink(script: &Script, failure: &Failure) -> Script {
    shrink::shrink(script, failure.rule, |script| replay(script).err())
}

/// Carries out acts until there are no more, then heals.
fn play(start: act::Start, next: &mut dyn FnMut(usize) -> Option<Act>) -> Result<(), Failure> {
    let mut acts = 0;
    let played = catch_unwind(AssertUnwindSafe(|| {
        let mut session = start.session();
        let mut watcher = Watcher::new(&session);
        while let Some(act) = next(acts) {
            acts += 1;
            act.carry_out(&mut session);
            watcher.look(&session)?;
        }
        watcher.go_back(&session)?;
        heal::heal(&mut session, &mut watcher)
    }));
    match played {
        Ok(Ok(())) => Ok(()),
        Ok(Err((rule, what))) => Err(Failure { acts, rule, what }),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(Failure { acts, rule: "no panic", what: text.unwrap_or_default() })
        }
    }
}
