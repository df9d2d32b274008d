//! `cargo xtask`: the project's one tool. It builds and serves the page, makes the static site, and runs every test.
//!
//! One file for one thing: [`serve`], [`dist`] and [`test`] are the commands; [`page`] and [`site`] build what they
//! show, [`everyday`], [`marks`], [`split`], [`outline`] and [`constants`] cut the page's wasm in two for `dist`;
//! [`docs`] makes the docs; [`tools`], [`npm`], [`python`] and [`browser`] find or install what they need. Whatever is
//! installed goes into the target directory or beside a committed lock file, but for the wasm target, rustup's components
//! and the system's own packages.

mod bench;
mod browser;
mod constants;
mod debian;
mod dist;
mod docs;
mod editor;
mod everyday;
mod http;
mod marks;
mod names;
mod npm;
mod offline;
mod order;
mod outline;
mod package;
mod page;
mod playwright;
mod process;
mod python;
mod schema;
mod serve;
mod site;
mod split;
mod tally;
mod test;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

Commands:
  serve [--port N]    build the page and serve it on 127.0.0.1 (port 8080, or the next free one)
  dist                leave the page, as small as it gets, and the docs in dist/: a static site for any file server
                      and any path
  schema              leave the schema of the API's kinds in the target directory (docs/src/schema.md)
  npm                 leave the engine in npm/ as a package for browsers and Node
  test [--only PART]  run every check; PART is lint, native, wasm, package or page
  tidy                check the project's own rules only (a part of lint)
  conformance [--version V] [--effects-only] [--json] PATH…
                      replay recordings of a real control plane (files or folders), and print what differs first
  bench [--json] [--case C] [--target native|wasm]
                      measure what the engine computes, at 100, 1,000 and 10,000 replicas
  fuzz [--kubectl] [--seed S] [--steps N] [--worlds W] [--version V] [--replay FILE]
                      random worlds with faults; everything that must hold is checked after every step;
                      with --kubectl random command lines, none of which may break the terminal
  lesson check FILE…  take lessons by their own solutions, and print what is wrong with them
";

/// What the person asked for.
enum Request {
    Serve { port: u16 },
    Dist,
    Schema,
    Npm,
    Test { only: Option<test::Part> },
    Tidy,
    Bench(bench::Options),
    Tool { name: &'static str, words: Vec<String> },
    Help,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let request = match parse(&words) {
        Ok(request) => request,
        Err(problem) => {
            eprint!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(request) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the command line; the error says what is wrong with it.
fn parse(words: &[&str]) -> Result<Request, String> {
    match words {
        [] | ["help" | "--help" | "-h", ..] => Ok(Request::Help),
        ["serve"] => Ok(Request::Serve { port: serve::DEFAULT_PORT }),
        ["serve", "--port", port] => {
            let port =
                port.parse().map_err(|_| format!("--port: \"{port}\" is no port number (0 to 65535)"))?;
            Ok(Request::Serve { port })
        }
        ["dist"] => Ok(Request::Dist),
        ["schema"] => Ok(Request::Schema),
        ["npm"] => Ok(Request::Npm),
        ["test"] => Ok(Request::Test { only: None }),
        ["test", "--only", part] => match test::Part::named(part) {
            Some(part) => Ok(Request::Test { only: Some(part) }),
            None => Err(format!("--only: there is no part \"{part}\"")),
        },
        ["tidy"] => Ok(Request::Tidy),
        ["bench", words @ ..] => bench::Options::parse(words).map(Request::Bench),
        ["fuzz", words @ ..] => Ok(tool("fuzz", words)),
        ["conformance", words @ ..] if !words.is_empty() => Ok(tool("conformance", words)),
        ["lesson", "check", files @ ..] if !files.is_empty() => Ok(tool("lesson", files)),
        _ => Err(format!("cannot understand \"{}\"", words.join(" "))),
    }
}

/// A program of the `tests` crate, which reads its own options.
fn tool(name: &'static str, words: &[&str]) -> Request {
    Request::Tool { name, words: words.iter().map(|word| (*word).to_owned()).collect() }
}

fn run(request: Request) -> Result<ExitCode> {
    match request {
        Request::Help => print!("{USAGE}"),
        Request::Serve { port } => serve::serve(&Workspace::find()?, port)?,
        Request::Dist => dist::dist(&Workspace::find()?)?,
        Request::Schema => println!("{}", schema::build(&Workspace::find()?)?.display()),
        Request::Npm => package::npm(&Workspace::find()?)?,
        Request::Test { only } => return Ok(test::test(&Workspace::find()?, only)),
        Request::Tidy => tidy::tidy(&Workspace::find()?)?,
        Request::Bench(options) => bench::bench(&Workspace::find()?, &options)?,
        Request::Tool { name, words } => {
            // Many worlds are worth a build that is quick.
            let profile = if name == "fuzz" { "fuzz" } else { "dev" };
            let mut command = test::tool(&Workspace::find()?, name, profile)?;
            // In the folder where the person stands, so that the paths mean what they say.
            let status = command.args(words).current_dir(std::env::current_dir()?).status()?;
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_understood_or_refused() {
        for line in [
            "",
            "help",
            "serve",
            "serve --port 0",
            "dist",
            "schema",
            "npm",
            "test",
            "test --only wasm",
            "tidy",
            "lesson check a b",
            "bench --json",
            "fuzz --seed 1",
            "conformance --json a b",
        ] {
            assert!(parse(&line.split_whitespace().collect::<Vec<_>>()).is_ok(), "{line}");
        }
        for line in [
            "bench quickly",
            "conformance",
            "lesson",
            "lesson check",
            "serve --port",
            "serve --port 65536",
            "test --only all",
            "test lint",
            "dist out",
        ] {
            assert!(parse(&line.split_whitespace().collect::<Vec<_>>()).is_err(), "{line}");
        }
    }
}
