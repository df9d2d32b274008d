//! Replays recordings, several at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use machinery::version::Version;

use super::recording::Recording;
use super::report::{Report, Scenario};
use super::sources::Source;

/// Stack of a thread that replays, in bytes: what the main thread of a program has.
const STACK: usize = 8 << 20;

/// How recordings are compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mode {
    /// The simulated version.
    pub version: Version,
    /// Of describe, explain, `-o yaml`, `-o json` and get events only exit status and effect are compared.
    pub effects_only: bool,
}

/// What came of one scenario of a part.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scenario's name in its recording.
    pub name: String,
    /// How many steps were recorded.
    pub steps: usize,
    /// The first difference.
    pub difference: Option<String>,
}

/// Replays every file; a file that cannot be replayed is one scenario that failed.
pub fn run(sources: &[Source], effects_only: bool) -> Report {
    let parts = |source: &Source| source.content.as_ref().map_or(0, |(recording, _)| recording.parts());
    let jobs: Vec<(usize, usize)> =
        sources.iter().enumerate().flat_map(|(i, s)| (0..parts(s)).map(move |part| (i, part))).collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((source, part)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
            if let Ok((recording, version)) = &sources[source].content {
                let outcomes = play(recording, part, Mode { version: *version, effects_only });
                done.lock().unwrap_or_else(|e| e.into_inner()).push((source, part, outcomes));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let spawned = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
            spawned.expect("the system has room for a thread");
        }
    });
    let mut done = done.into_inner().unwrap_or_else(|e| e.into_inner());
    done.sort_by_key(|(source, part, _)| (*source, *part));
    Report::of(scenarios(sources, done))
}

fn scenarios(sources: &[Source], done: Vec<(usize, usize, Vec<Outcome>)>) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    let mut done = done.into_iter().peekable();
    for (index, source) in sources.iter().enumerate() {
        let file = source.path.display().to_string();
        if let Err(problem) = &source.content {
            let name = source.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let first_difference = Some(problem.clone());
            scenarios.push(Scenario { file: file.clone(), name, passed: false, steps: 0, first_difference });
        }
        while let Some((_, _, outcomes)) = done.next_if(|(source, ..)| *source == index) {
            scenarios.extend(outcomes.into_iter().map(|outcome| Scenario {
                file: file.clone(),
                name: outcome.name,
                passed: outcome.difference.is_none(),
                steps: outcome.steps,
                first_difference: outcome.difference,
            }));
        }
    }
    scenarios
}

fn play(recording: &Recording, part: usize, mode: Mode) -> Vec<Outcome> {
    match recording {
        Recording::Trace(trace) => vec![Outcome {
            name: trace.name.clone(),
            steps: trace.steps.len(),
            difference: guarded(|| super::replay::replay(trace, mode).err().map(|d| d.to_string())),
        }],
        Recording::Commands(commands) => commands.play(mode),
        Recording::Invalid(invalid) => vec![invalid.play(part, mode)],
        Recording::Accepted(accepted) => vec![accepted.play(part, mode)],
        Recording::Dns(dns) => vec![dns.play(part)],
    }
}

/// Compares; a panic is a difference, too.
pub(super) fn guarded(compare: impl FnOnce() -> Option<String>) -> Option<String> {
    catch_unwind(AssertUnwindSafe(compare)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Some(format!("the replay panicked: {}", text.unwrap_or("no message")))
    })
}
