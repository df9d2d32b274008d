//! Measures the bench's cases natively: `bench [CASE]` prints one line of JSON for each.

use std::process::ExitCode;
use std::time::Instant;

use serde_json::json;
use tests::bench::{Bench, Case};

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1);
    let cases = match wanted.as_deref().map(str::parse::<Case>) {
        None => Case::ALL.to_vec(),
        Some(Ok(case)) => vec![case],
        Some(Err(problem)) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    for case in cases {
        for &replicas in case.sizes() {
            match quickest(case, replicas) {
                Ok(ms) => {
                    let us_per_pod = ms * 1000.0 / f64::from(replicas);
                    let case = case.to_string();
                    println!(
                        "{}",
                        json!({"case": case, "replicas": replicas, "target": "native", "ms": ms, "us_per_pod": us_per_pod})
                    );
                }
                Err(problem) => {
                    eprintln!("error: {case} with {replicas} replicas: {problem}");
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    ExitCode::SUCCESS
}

/// The quickest of several times, in milliseconds.
fn quickest(case: Case, replicas: u32) -> Result<f64, String> {
    let mut bench = Bench::prepare(case, replicas)?;
    let mut best = once(&mut bench)?;
    for _ in 1..bench.repeats() {
        best = best.min(once(&mut Bench::prepare(case, replicas)?)?);
    }
    Ok(best)
}

/// The slowest part of one run, in milliseconds.
#[expect(clippy::disallowed_methods, reason = "here the clock on the wall is what is asked for")]
fn once(bench: &mut Bench) -> Result<f64, String> {
    let mut slowest = 0.0_f64;
    for number in 0..bench.rounds() {
        let begin = Instant::now();
        bench.round(number)?;
        slowest = slowest.max(begin.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(slowest)
}
