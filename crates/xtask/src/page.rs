//! Compiles `web` to wasm and makes of it what a browser loads: `petset_bg.js` and `petset_bg.wasm`, and for `dist` the
//! part of the wasm that is loaded when it is needed, `lazy/second.wasm` ([`crate::split`]).
//!
//! The products lie in `target/page/PROFILE` and are made anew only if what they are made of is newer: the compiled wasm,
//! xtask itself, what people do every day.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::process::{run, step, succeeds};
use crate::site::{LAZY_FOLDER, remove_dir};
use crate::workspace::Workspace;
use crate::{everyday, marks, names, npm, order, split, tools};

/// The name of the products: `web/static/boot.js` imports `./petset_bg.js`.
const NAME: &str = "petset";

/// The page's wasm, or its first part.
const WASM: &str = "petset_bg.wasm";

/// The second part of the wasm, in [`LAZY_FOLDER`].
const SECOND_WASM: &str = "second.wasm";

/// Lets LLVM inline small functions only.
///
/// It inlines whatever is called from one place, be it as big as a page; what runs every day and what does not would grow
/// together and could not be split.
const INLINE_LITTLE: &str = "-Cllvm-args=-inline-instr-cost=300";

/// Lets the linker say which function and which constant refers to which.
const KEEP_RELOCATIONS: &str = "-Clink-arg=--emit-relocs";

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
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--package", "web", "--target", tools::WASM_TARGET, "--profile", name]);
    if profile == Profile::Dist {
        let mut flags = vec![KEEP_RELOCATIONS];
        if succeeds(Command::new("rustc").args([INLINE_LITTLE, "--print", "cfg"])) {
            flags.push(INLINE_LITTLE);
        } else {
            println!("this rustc does not know {INLINE_LITTLE}: the page will be bigger");
        }
        cargo.args(["--config", &format!("target.{}.rustflags = {flags:?}", tools::WASM_TARGET)]);
    }
    step(&format!("cargo build --package web --target {} --profile {name}", tools::WASM_TARGET), || {
        run(&mut cargo)
    })?;
    let compiled = workspace.target.join(tools::WASM_TARGET).join(name).join("web.wasm");
    let products = workspace.target.join("page").join(name);
    let acts = workspace.path(everyday::ACTS);
    if !is_current(&products, &[&compiled, &std::env::current_exe()?, &acts])? {
        produce(workspace, profile, &compiled, &products)?;
    }
    Ok(products)
}

/// Makes the products in a folder beside and puts it in place when it is whole.
fn produce(workspace: &Workspace, profile: Profile, compiled: &Path, products: &Path) -> Result<()> {
    let unfinished = products.with_extension("unfinished");
    remove_dir(&unfinished)?;
    fs::create_dir_all(&unfinished)?;
    step("wasm-bindgen", || bindgen(compiled, &unfinished))?;
    if profile == Profile::Dist {
        // Before the optimiser, which would join functions that belong to different parts.
        let parts = [unfinished.join(WASM), split(workspace, compiled, &unfinished)?];
        names::shorten(&unfinished.join(format!("{NAME}_bg.js")), &parts)?;
        parts.iter().try_for_each(|part| optimise(workspace, part))?;
    }
    remove_dir(products)?;
    fs::rename(&unfinished, products).with_context(|| format!("cannot make {}", products.display()))
}

fn bindgen(compiled: &Path, out: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(compiled)
        .out_name(NAME)
        .browser(true)?
        .typescript(false)
        // The names by which the linker calls the functions too.
        .demangle(false)
        .remove_producers_section(true)
        .generate(out)
        .context("wasm-bindgen failed")?;
    // It would import the wasm as if that were a script; `boot.js` instantiates it, and hands it to the glue.
    let loader = out.join(format!("{NAME}.js"));
    fs::remove_file(&loader).with_context(|| format!("cannot remove {}", loader.display()))
}

/// Takes out of the wasm, in place, what no everyday act needs, and puts it into the file that is returned.
fn split(workspace: &Workspace, compiled: &Path, products: &Path) -> Result<PathBuf> {
    let first = products.join(WASM);
    let whole = fs::read(&first)?;
    // For those who ask what weighs: it has its functions' names.
    fs::write(workspace.target.join("page/whole.wasm"), &whole)?;
    fs::write(&first, marks::mark(&whole)?)?;
    let ran = everyday::ran(workspace, products)?;
    let parts = step("split the wasm", || split::split(&whole, &fs::read(compiled)?, &ran))?;
    fs::write(&first, parts.first)?;
    let lazy = products.join(LAZY_FOLDER);
    fs::create_dir_all(&lazy)?;
    let second = lazy.join(SECOND_WASM);
    fs::write(&second, parts.second)?;
    Ok(second)
}

/// Lets binaryen make a wasm smaller, and puts its functions in [order](order::sort), in place.
pub fn optimise(workspace: &Workspace, wasm: &Path) -> Result<()> {
    let folder = workspace.path("crates/xtask/node");
    npm::install(&folder)?;
    step("wasm-opt -Oz", || {
        let mut command = Command::new("node");
        command
            .arg(folder.join("node_modules/binaryen/bin/wasm-opt"))
            .arg("-Oz")
            .args(NO_INLINING)
            .args(FEATURES);
        run(command.arg(wasm).arg("-o").arg(wasm))
    })?;
    let optimised = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    fs::write(wasm, order::sort(&optimised)?).with_context(|| format!("cannot write {}", wasm.display()))
}

/// What is inlined is shorter, but less of it repeats: compressed, it is bigger by a twentieth.
const NO_INLINING: [&str; 2] =
    ["--always-inline-max-function-size=0", "--one-caller-inline-max-function-size=0"];

/// What rustc uses of WebAssembly by default; every browser since 2022 has it.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// True if the file or folder is there and newer than everything that it is made of.
pub fn is_current(product: &Path, sources: &[&Path]) -> Result<bool> {
    let Ok(made) = modified(product) else { return Ok(false) };
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
