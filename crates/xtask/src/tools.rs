//! Finds the Rust tools that the page, the docs and the tests need, or installs them: the wasm target, rustup's
//! components, and commands that cargo installs, which go into `target/tools`.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{output, run, step, succeeds};
use crate::workspace::Workspace;

/// What the page is compiled for.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that rustc can compile for [`WASM_TARGET`].
pub fn wasm_target() -> Result<()> {
    let printed = output(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM_TARGET]))?;
    if Path::new(printed.trim()).is_dir() {
        return Ok(());
    }
    step(&format!("rustup target add {WASM_TARGET}"), || {
        run(Command::new("rustup").args(["target", "add", WASM_TARGET]))
    })
}

/// Makes sure that rustfmt and clippy are there; a minimal toolchain comes without.
pub fn components(workspace: &Workspace) -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !succeeds(workspace.cargo().args([subcommand, "--version"])) {
            step(&format!("rustup component add {component}"), || {
                run(Command::new("rustup").args(["component", "add", component]))
            })?;
        }
    }
    Ok(())
}

/// A package that cargo can install, and the program of it that we need.
struct Tool {
    package: &'static str,
    program: &'static str,
    options: &'static [&'static str],
    cpu_minutes: u32,
}

const WASM_PACK: Tool = Tool { package: "wasm-pack", program: "wasm-pack", options: &[], cpu_minutes: 3 };

/// Without its default TLS: the runner speaks with a driver on loopback only.
const WASM_BINDGEN: Tool = Tool {
    package: "wasm-bindgen-cli",
    program: "wasm-bindgen-test-runner",
    options: &["--no-default-features"],
    cpu_minutes: 3,
};

/// The version of wasm-pack whose options we use.
const WASM_PACK_VERSION: &str = "0.15.1";

/// Without its server and its search: neither is used.
const MDBOOK: Tool =
    Tool { package: "mdbook", program: "mdbook", options: &["--no-default-features"], cpu_minutes: 3 };

/// The version of mdBook whose pages `docs/theme` is for.
const MDBOOK_VERSION: &str = "0.5.4";

/// Makes sure that mdBook is there, and returns the folder that holds it.
pub fn mdbook(workspace: &Workspace) -> Result<PathBuf> {
    ensure(workspace, &MDBOOK, MDBOOK_VERSION)
}

/// Makes sure that wasm-pack and its test runner are there, and returns a `PATH` that has both.
pub fn wasm_pack(workspace: &Workspace) -> Result<OsString> {
    // wasm-bindgen, its command and this package of both bear the same version.
    let runner_version = locked_version(&workspace.metadata()?, "wasm-bindgen-shared")?;
    path_with([
        ensure(workspace, &WASM_PACK, WASM_PACK_VERSION)?,
        ensure(workspace, &WASM_BINDGEN, &runner_version)?,
    ])
}

/// A `PATH` on which the programs of these folders are found first.
pub fn path_with<const N: usize>(folders: [PathBuf; N]) -> Result<OsString> {
    let all = folders.into_iter().chain(path_folders());
    env::join_paths(all).context("a folder's name cannot stand in PATH")
}

/// The folders of `PATH`.
pub fn path_folders() -> Vec<PathBuf> {
    env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect()
}

/// The folder that holds the tool in this version: one of `PATH`, or `target/tools/bin` after installing it there.
fn ensure(workspace: &Workspace, tool: &Tool, version: &str) -> Result<PathBuf> {
    let ours = workspace.target.join("tools");
    let mut folders = vec![ours.join("bin")];
    folders.extend(path_folders());
    if let Some(folder) = folders.iter().find(|folder| is_version(&folder.join(tool.program), version)) {
        return Ok(folder.clone());
    }
    let name =
        format!("cargo install {} {version}: once, about {} CPU minutes", tool.package, tool.cpu_minutes);
    step(&name, || {
        // The package's lock file has what its authors tested; a registry's mirror may lack a crate of it.
        install(workspace, tool, version, &ours, &["--locked"])
            .or_else(|_| install(workspace, tool, version, &ours, &[]))
    })?;
    Ok(ours.join("bin"))
}

fn is_version(program: &Path, version: &str) -> bool {
    if !program.is_file() {
        return false;
    }
    let printed = output(Command::new(program).arg("--version")).unwrap_or_default();
    printed.split_whitespace().nth(1).map(|word| word.trim_start_matches('v')) == Some(version)
}

fn install(workspace: &Workspace, tool: &Tool, version: &str, root: &Path, lock: &[&str]) -> Result<()> {
    let build = root.join("build");
    let mut cargo = workspace.cargo();
    cargo.args(["install", tool.package, "--version", version, "--force"]).args(tool.options).args(lock);
    cargo.arg("--root").arg(root).arg("--target-dir").arg(&build);
    // Tools that run for seconds: compiling them quickly is worth more than their speed.
    cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1").env("CARGO_PROFILE_RELEASE_LTO", "off");
    cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16").env("CARGO_PROFILE_RELEASE_DEBUG", "false");
    let installed = run(&mut cargo);
    // Hundreds of megabytes that nothing needs any more; if they cannot go, they are only in the way.
    let _ = std::fs::remove_dir_all(&build);
    installed
}

/// The version of a package in the lock file.
fn locked_version(metadata: &Value, package: &str) -> Result<String> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let found = packages.iter().find(|candidate| candidate["name"] == package);
    let version = found.and_then(|found| found["version"].as_str());
    Ok(version.with_context(|| format!("the lock file has no {package}"))?.to_owned())
}
