//! Replays recordings of a real control plane from the command line: `cargo xtask conformance PATH…`.
//!
//! Prints for each scenario `passed` or the first difference, then `N passed, M failed`; the exit status says the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tests::conformance::{Trace, replay};

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if arguments.is_empty() {
        eprintln!("usage: cargo xtask conformance PATH…  (recordings, or folders of them)");
        return ExitCode::from(2);
    }
    let mut files = Vec::new();
    for path in &arguments {
        if let Err(error) = collect(path, &mut files) {
            eprintln!("error: {}: {error}", path.display());
            return ExitCode::from(2);
        }
    }
    files.sort();
    let (mut passed, mut failed) = (0, 0);
    for file in &files {
        match run(file) {
            Ok(()) => {
                passed += 1;
                println!("passed  {}", file.display());
            }
            Err(difference) => {
                failed += 1;
                println!("FAILED  {}\n{}\n", file.display(), indented(&difference));
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The recordings at a path: the file itself, or every `.json` below a folder.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        } else {
            fs::metadata(&path)?;
        }
    }
    Ok(())
}

fn run(file: &Path) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let trace = Trace::parse(&text).map_err(|error| format!("not a recorded scenario: {error}"))?;
    replay(&trace).map_err(|difference| difference.to_string())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
