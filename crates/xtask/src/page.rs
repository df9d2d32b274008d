//! Compiles `web` to wasm and makes of it what a browser loads: `petset.js` and `petset_bg.wasm`.
//!
//! The products lie in `target/page/PROFILE` and are made anew only if the compiled wasm, or xtask itself, is newer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::process::{run, step};
use crate::site::remove_dir;
use crate::workspace::Workspace;
use crate::{npm, tools};

/// The name of the products; `web/static/boot.js` imports `./petset.js`.
const NAME: &str = "petset";

/// How the page is compiled: the profiles of this name in `Cargo.toml`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build.
    Serve,
    /// Small to load.
    Dist,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Profile::Serve => "serve",
            Profile::Dist => "dist",
        }
    }
}

/// Builds the page's code and returns the folder that holds the products.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    tools::wasm_target()?;
    let name = profile.name();
    step(&format!("cargo build --package web --target {} --profile {name}", tools::WASM_TARGET), || {
        let arguments = ["build", "--package", "web", "--target", tools::WASM_TARGET, "--profile", name];
        run(workspace.cargo().args(arguments))
    })?;
    let compiled = workspace.target.join(tools::WASM_TARGET).join(name).join("web.wasm");
    let products = workspace.target.join("page").join(name);
    if !is_current(&products, &[&compiled, &std::env::current_exe()?])? {
        produce(workspace, profile, &compiled, &products)?;
    }
    Ok(products)
}

/// Makes the products in a folder beside and puts it in place when it is whole.
fn produce(workspace: &Workspace, profile: Profile, compiled: &Path, products: &Path) -> Result<()> {
    let unfinished = products.with_extension("unfinished");
    remove_dir(&unfinished)?;
    fs::create_dir_all(&unfinished)?;
    step("wasm-bindgen", || bindgen(profile, compiled, &unfinished))?;
    if profile == Profile::Dist {
        optimise(workspace, &unfinished.join(format!("{NAME}_bg.wasm")))?;
    }
    remove_dir(products)?;
    fs::rename(&unfinished, products).with_context(|| format!("cannot make {}", products.display()))
}

fn bindgen(profile: Profile, compiled: &Path, out: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(compiled)
        .out_name(NAME)
        .web(true)?
        .typescript(false)
        // `init()` without arguments loads the wasm that lies beside the script.
        .omit_default_module_path(false)
        // Names in a panic's backtrace are worth their bytes only while developing.
        .remove_name_section(profile == Profile::Dist)
        .remove_producers_section(profile == Profile::Dist)
        .generate(out)
        .context("wasm-bindgen failed")
}

/// Lets binaryen make the wasm smaller, in place.
fn optimise(workspace: &Workspace, wasm: &Path) -> Result<()> {
    let folder = workspace.path("crates/xtask/node");
    npm::install(&folder)?;
    step("wasm-opt -Oz", || {
        let mut command = Command::new("node");
        command.arg(folder.join("node_modules/binaryen/bin/wasm-opt")).arg("-Oz").args(FEATURES);
        run(command.arg(wasm).arg("-o").arg(wasm))
    })
}

/// What rustc uses of WebAssembly by default; every browser since 2022 has it.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// True if the folder is there and newer than everything that it is made of.
fn is_current(folder: &Path, sources: &[&Path]) -> Result<bool> {
    let Ok(made) = modified(folder) else { return Ok(false) };
    for source in sources {
        if modified(source)? >= made {
            return Ok(false);
        }
    }
    Ok(true)
}

fn modified(path: &Path) -> Result<SystemTime> {
    let metadata = fs::metadata(path).with_context(|| format!("cannot find {}", path.display()))?;
    Ok(metadata.modified()?)
}
