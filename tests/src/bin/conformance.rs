//! Replays recordings of a real control plane from the command line: `cargo xtask conformance PATH…`.
//!
//! Prints for each scenario `passed` or the first difference, then `N passed, M failed`; the exit status says the same.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use ::tests::conformance::{Source, collect, recording, run};
use machinery::version::Version;

const USAGE: &str = "\
usage: cargo xtask conformance [OPTION]… PATH…

PATH is a recording, or a folder of them.

  --version V     the simulated version, such as 1.36; else a folder on the path or the recording itself says it
  --effects-only  of describe, explain, -o yaml, -o json and get events compare exit status and effect alone
  --json          print the report as JSON and nothing else
";

/// What the person asked for.
#[derive(Debug, Default)]
struct Request {
    version: Option<Version>,
    effects_only: bool,
    json: bool,
    paths: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let request = match parse(std::env::args().skip(1)) {
        Ok(request) => request,
        Err(problem) => {
            eprint!("error: {problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let files = match collect(&request.paths) {
        Ok(files) => files,
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::from(2);
        }
    };
    let sources: Vec<Source> = files.iter().map(|file| Source::read(file, request.version)).collect();
    for source in &sources {
        if let Err(problem) = &source.content {
            eprintln!("error: {}: {problem}", source.path.display());
        }
    }
    let report = run(&sources, request.effects_only);
    let text = match request.json {
        true => serde_json::to_string(&report).expect("a report is JSON") + "\n",
        false => report.to_string(),
    };
    // Whoever read it (`| head`) may have seen enough.
    if let Err(error) = io::stdout().write_all(text.as_bytes())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        eprintln!("error: the report cannot be written: {error}");
        return ExitCode::from(2);
    }
    if report.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Reads the command line; the error says what is wrong with it.
fn parse(words: impl Iterator<Item = String>) -> Result<Request, String> {
    let mut request = Request::default();
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--effects-only" => request.effects_only = true,
            "--json" => request.json = true,
            "--version" => {
                let name = words.next().ok_or("--version: which one?")?;
                request.version = Some(recording::version(&name)?);
            }
            word if word.starts_with("--version=") => {
                request.version = Some(recording::version(&word["--version=".len()..])?);
            }
            "--" => request.paths.extend(words.by_ref().map(PathBuf::from)),
            word if word.starts_with('-') => return Err(format!("unknown option {word}")),
            path => request.paths.push(path.into()),
        }
    }
    if request.paths.is_empty() { Err("which recordings?".to_owned()) } else { Ok(request) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Request, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn command_lines_are_understood_or_refused() {
        let request = read("--json a --version 1.36 --effects-only b -- --c").expect("a request");
        assert!(request.json && request.effects_only);
        assert_eq!(request.version, Some(Version::V1_36));
        assert_eq!(request.paths, ["a", "b", "--c"].map(PathBuf::from));
        assert_eq!(read("--version=v1.36.2 a").expect("a request").version, Some(Version::V1_36));
        for line in ["", "--json", "--version", "--version 1.20 a", "--verbose a"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
