//! `cargo xtask test`: every check of the project, cheapest first. It ends at the first part that fails; its last line
//! is `N passed, M failed` over all that ran.

use std::ffi::OsStr;
use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};

use crate::process::{output, run, step, watch};
use crate::tally::{self, Tally};
use crate::workspace::Workspace;
use crate::{browser, dist, npm, package, playwright, python, tidy, tools};

/// Chooses the two crates that make sense on wasm only.
const WASM_CRATES: [&str; 4] = ["--package", "web", "--package", "petset"];

/// Chooses all the others.
const NATIVE_CRATES: [&str; 5] = ["--workspace", "--exclude", "web", "--exclude", "petset"];

/// Terminals in which a run of all checks types what nobody would.
const FUZZ_SESSIONS: &str = "8";
/// Random worlds that a run of all checks goes through.
const FUZZ_WORLDS: &str = "180";

/// A part of the tests that can be run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// rustfmt, clippy and the project's own rules.
    Lint,
    /// All tests that need no browser.
    Native,
    /// The JS API in Node and in a headless browser.
    Wasm,
    /// The npm package, as a test author uses it, in Node and in a headless browser.
    Package,
    /// The built page in a headless browser.
    Page,
}

impl Part {
    /// All parts in the order they run.
    const ALL: [Part; 5] = [Part::Lint, Part::Native, Part::Wasm, Part::Package, Part::Page];

    /// The part that people call so.
    pub fn named(name: &str) -> Option<Part> {
        Part::ALL.into_iter().find(|part| part.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Part::Lint => "lint",
            Part::Native => "native",
            Part::Wasm => "wasm",
            Part::Package => "package",
            Part::Page => "page",
        }
    }

    fn run(self, tests: &mut Tests) -> Result<()> {
        match self {
            Part::Lint => lint(tests),
            Part::Native => native(tests),
            Part::Wasm => wasm(tests),
            Part::Package => package(tests),
            Part::Page => page(tests),
        }
    }
}

/// Runs all parts or only one, and prints what came of it.
pub fn test(workspace: &Workspace, only: Option<Part>) -> ExitCode {
    let mut total = Tally::default();
    let mut summary = String::new();
    for part in Part::ALL.into_iter().filter(|part| only.is_none_or(|only| only == *part)) {
        if total.failed > 0 {
            summary += &format!("{:<8}not run\n", part.name());
            continue;
        }
        let mut tests = Tests { workspace, tally: Tally::default() };
        if let Err(error) = part.run(&mut tests) {
            println!("\nerror: {error:#}");
            // What fails before a runner can count, such as a compilation, is one failure.
            tests.tally.failed = tests.tally.failed.max(1);
        }
        let Tally { passed, failed } = tests.tally;
        summary += &format!("{:<8}{passed} passed, {failed} failed\n", part.name());
        total.add(tests.tally);
    }
    println!("\n{summary}\n{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One part while it runs.
struct Tests<'a> {
    workspace: &'a Workspace,
    tally: Tally,
}

impl Tests<'_> {
    /// Does something that counts as one test.
    fn check(&mut self, name: &str, work: impl FnOnce(&Workspace) -> Result<()>) -> Result<()> {
        step(name, || work(self.workspace))?;
        self.tally.passed += 1;
        Ok(())
    }

    /// Runs a test runner, whose summary lines `count` reads.
    fn runner(&mut self, name: &str, command: &mut Command, count: fn(&str) -> Tally) -> Result<()> {
        let mut tally = Tally::default();
        let result = step(name, || watch(command, |line| tally.add(count(line))));
        self.tally.add(tally);
        result?;
        ensure!(tally.passed > 0, "{name} ran no test");
        Ok(())
    }
}

fn lint(tests: &mut Tests) -> Result<()> {
    tools::components(tests.workspace)?;
    tools::wasm_target()?;
    tests.check("cargo fmt --check", |workspace| run(workspace.cargo().args(["fmt", "--all", "--check"])))?;
    tests.check("the project's own rules", tidy::tidy)?;
    tests.check("cargo clippy", |workspace| {
        let mut cargo = workspace.cargo();
        run(cargo.args(["clippy", "--all-targets"]).args(NATIVE_CRATES).args(["--", "--deny", "warnings"]))
    })?;
    tests.check("cargo clippy for wasm", |workspace| {
        let mut cargo = workspace.cargo();
        cargo.args(["clippy", "--all-targets", "--target", tools::WASM_TARGET]);
        run(cargo.args(WASM_CRATES).args(["--", "--deny", "warnings"]))
    })
}

fn native(tests: &mut Tests) -> Result<()> {
    let mut cargo = tests.workspace.cargo();
    tests.runner("cargo test", cargo.args(["test", "--no-fail-fast"]).args(NATIVE_CRATES), tally::libtest)?;
    // As the tests are compiled: to compile everything once more would take longer than these worlds do.
    let mut fuzz = tool(tests.workspace, "fuzz", "dev")?;
    tests.runner("cargo xtask fuzz", fuzz.args(["--worlds", FUZZ_WORLDS]), tally::fuzz)?;
    let mut lines = tool(tests.workspace, "fuzz", "dev")?;
    lines.args(["--kubectl", "--worlds", FUZZ_SESSIONS, "--steps", "40"]);
    tests.runner("cargo xtask fuzz --kubectl", &mut lines, tally::fuzz)
}

/// A program of the `tests` crate, compiled in that profile.
///
/// All native crates are chosen, as for `cargo test`: alone, it would use fewer features of what they all depend on, and
/// everything would be compiled a second time.
pub fn tool(workspace: &Workspace, name: &str, profile: &str) -> Result<Command> {
    let mut cargo = workspace.cargo();
    run(cargo.args(["build", "--quiet", "--profile", profile, "--bin", name]).args(NATIVE_CRATES))?;
    let folder = if profile == "dev" { "debug" } else { profile };
    let mut command = Command::new(workspace.target.join(folder).join(name));
    command.current_dir(&workspace.root);
    Ok(command)
}

fn wasm(tests: &mut Tests) -> Result<()> {
    browser::chrome()?;
    let driver = browser::driver()?;
    tools::wasm_target()?;
    let path = tools::wasm_pack(tests.workspace)?;
    // What a native build makes of the same acts, for the browser to compare.
    let digests = output(&mut tool(tests.workspace, "digests", "dev")?)?;
    let wasm_pack = |place: &[&OsStr]| {
        let mut command = Command::new("wasm-pack");
        command.env("PATH", &path).current_dir(&tests.workspace.root);
        command.args(["test", "--mode", "no-install"]).args(place).arg("crates/wasm");
        command.env("PETSET_DIGESTS", digests.trim());
        command
    };
    let mut in_node = wasm_pack(&["--node".as_ref()]);
    let mut in_browser =
        wasm_pack(&["--headless".as_ref(), "--chrome".as_ref(), "--chromedriver".as_ref(), driver.as_ref()]);
    // What does not say where it runs would run in Node.
    in_browser.env("WASM_BINDGEN_USE_BROWSER", "1");
    // The default of 20 s is short for an unoptimised build on a busy machine.
    in_browser.env("WASM_BINDGEN_TEST_TIMEOUT", "300");
    tests.runner("wasm-pack test --node", &mut in_node, tally::libtest)?;
    tests.runner("wasm-pack test --headless --chrome", &mut in_browser, tally::libtest)
}

fn package(tests: &mut Tests) -> Result<()> {
    let chrome = browser::chrome()?;
    tests.check("the npm package", package::npm)?;
    let folder = tests.workspace.path("tests/npm");
    npm::install(&folder)?;
    let node = |arguments: &[&str]| {
        let mut command = Command::new("node");
        command.args(arguments).current_dir(&folder).env("NO_COLOR", "1").env("CHROME", &chrome);
        command
    };
    tests.check("tsc", |_| run(&mut node(&["node_modules/typescript/bin/tsc", "--noEmit"])))?;
    tests.runner("node --test", &mut node(&["--test", "--test-reporter=tap"]), tally::node)?;
    tests.runner("vitest", &mut node(&["node_modules/vitest/vitest.mjs", "run"]), tally::vitest)
}

fn page(tests: &mut Tests) -> Result<()> {
    let chrome = browser::chrome()?;
    dist::dist(tests.workspace)?;
    tests.tally.passed += 1;
    // With which the docs' pages on embedding are tried out.
    let mdbook = tools::mdbook(tests.workspace)?;
    let python = python::install(tests.workspace, &tests.workspace.path("tests/e2e/requirements.txt"))?;
    let mut playwright = playwright::on(tests.workspace, tests.workspace.path("dist"), &chrome)?;
    playwright.env("PATH", tools::path_with([mdbook, python])?);
    tests.runner("Playwright", &mut playwright, tally::playwright)
}
