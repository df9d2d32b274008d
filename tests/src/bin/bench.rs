//! Measures cases natively: `bench [CASE]`; one line of JSON for each.

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
    let most: u32 = std::env::args().nth(2).and_then(|n| n.parse().ok()).unwrap_or(u32::MAX);
    for case in cases {
        for &replicas in case.sizes().iter().filter(|n| **n <= most) {
            match measure(case, replicas) {
                Ok(ms) => println!(
                    "{}",
                    json!({
                        "case": case.to_string(), "replicas": replicas, "target": "native", "ms": ms, "us_per_pod": ms * 1000.0 / f64::from(replicas),
                    })
                ),
                Err(problem) => {
                    eprintln!("error: {case} with {replicas} replicas: {problem}");
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    ExitCode::SUCCESS
}

/// Milliseconds of the slowest round.
#[allow(clippy::disallowed_methods, reason = "here the clock on the wall is what is asked for")]
fn measure(case: Case, replicas: u32) -> Result<f64, String> {
    let mut bench = Bench::prepare(case, replicas)?;
    let mut slowest = 0.0_f64;
    for number in 0..bench.rounds() {
        let begin = Instant::now();
        bench.round(number)?;
        slowest = slowest.max(begin.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(slowest)
}
