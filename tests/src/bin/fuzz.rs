//! Runs random worlds: `fuzz --seed S --steps N [--worlds W] [--version V]`, or one script again: `fuzz --replay FILE`.
//! With `--kubectl` the acts are command lines that nobody would type.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use machinery::version::Version;
use tests::fuzz::{self, Failure, Script};

/// What the command line asks for.
struct Options {
    seed: u64,
    steps: usize,
    worlds: u64,
    version: Option<Version>,
    replay: Option<String>,
    kubectl: bool,
}

fn options() -> Result<Options, String> {
    let mut options =
        Options { seed: 1, steps: 30, worlds: 100, version: None, replay: None, kubectl: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--kubectl" {
            options.kubectl = true;
            continue;
        }
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{word}: {value:?} is no number"));
        match word.as_str() {
            "--seed" => options.seed = number()?,
            "--steps" => options.steps = usize::try_from(number()?).map_err(|e| e.to_string())?,
            "--worlds" => options.worlds = number()?,
            "--version" => options.version = Some(value.parse()?),
            "--replay" => options.replay = Some(value),
            _ => return Err(format!("there is no option {word}")),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    // A panic is a result here, and is told with its world.
    std::panic::set_hook(Box::new(|_| {}));
    if let Some(file) = &options.replay {
        return replay(file);
    }
    let (next, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let world = next.fetch_add(1, Ordering::Relaxed);
                    if world >= options.worlds {
                        return;
                    }
                    let seed = options.seed.wrapping_add(world);
                    if !passes(&options, seed) {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    println!("{} worlds passed, {failed} failed", options.worlds - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the world of a number, and tells what is broken.
fn passes(options: &Options, seed: u64) -> bool {
    if options.kubectl {
        let broken = fuzz::lines::run(seed, options.steps, options.version).err();
        if let Some(broken) = &broken {
            println!("seed {seed}: {}\n  {}", broken.what, broken.lines.join("\n  "));
        }
        return broken.is_none();
    }
    match fuzz::run(seed, options.steps, options.version) {
        Ok(()) => true,
        Err(failed) => {
            tell(seed, &failed.0, &failed.1);
            false
        }
    }
}

/// Prints a failure, and leaves the shortest script that still fails.
fn tell(seed: u64, script: &Script, failure: &Failure) {
    let shortest = fuzz::shrink(script, failure);
    let file = format!("fuzz-{seed}.json");
    let text = serde_json::to_string_pretty(&shortest).unwrap_or_default();
    let kept = std::fs::write(&file, text + "\n").map_or_else(|e| format!("{file}: {e}"), |()| file.clone());
    let last = fuzz::replay(&shortest).err().unwrap_or_else(|| failure.clone());
    println!(
        "seed {seed}: broken after act {}: {}: {}\n  {} of {} acts are enough: {kept}",
        failure.acts,
        last.rule,
        last.what,
        shortest.acts.len(),
        script.acts.len(),
    );
}

fn replay(file: &str) -> ExitCode {
    let script = std::fs::read_to_string(file).map_err(|e| e.to_string());
    let script = script.and_then(|text| serde_json::from_str::<Script>(&text).map_err(|e| e.to_string()));
    match script.map(|script| fuzz::replay(&script)) {
        Err(problem) => {
            eprintln!("{file}: {problem}");
            ExitCode::from(2)
        }
        Ok(Err(failure)) => {
            println!("broken after act {}: {}: {}", failure.acts, failure.rule, failure.what);
            ExitCode::FAILURE
        }
        Ok(Ok(())) => {
            println!("nothing is broken");
            ExitCode::SUCCESS
        }
    }
}
