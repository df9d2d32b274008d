//! Checks lesson files from the command line: `cargo xtask lesson check FILE…`.
//!
//! Prints for each lesson and version `passed` or what is wrong, then `N passed, M failed`; the exit status says the same.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use machinery::version::{Features, Version};
use playground::lesson::{check, read};

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: cargo xtask lesson check FILE…  (docs/src/lessons.md describes the format)");
        return ExitCode::from(2);
    }
    let (mut passed, mut failed) = (0, 0);
    for file in &files {
        for (name, failures) in try_file(Path::new(file)) {
            if failures.is_empty() {
                passed += 1;
                println!("passed  {name}");
            } else {
                failed += 1;
                println!("FAILED  {name}");
                failures
                    .iter()
                    .flat_map(|failure| failure.lines())
                    .for_each(|line| println!("        {line}"));
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Each lesson of a file at each version, with what is wrong; the file itself, if it cannot be read.
fn try_file(file: &Path) -> Vec<(String, Vec<String>)> {
    let shown = file.display();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => return vec![(shown.to_string(), vec![error.to_string()])],
    };
    let lessons = match read(&text) {
        Ok(lessons) => lessons,
        Err(problems) => {
            return vec![(shown.to_string(), problems.iter().map(ToString::to_string).collect())];
        }
    };
    let mut results = Vec::new();
    for lesson in lessons.into_iter().map(Arc::new) {
        for version in Version::ALL {
            let failures = check::check(&lesson, Features::of(version));
            let failures = failures.iter().map(ToString::to_string).collect();
            results.push((format!("{} at {version}", lesson.id), failures));
        }
    }
    results
}
