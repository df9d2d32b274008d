//! `cargo xtask dist`: the page as a static site in `dist/`, as small as it gets, the docs, the worker that keeps the page
//! for when there is no network, and what it weighs.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::page::{self, Profile};
use crate::process::{output, step};
use crate::workspace::Workspace;
use crate::{docs, offline, site};

/// What a first visit may load in all, brotli-compressed.
const LIMIT_BYTES: u64 = 600_000;

/// What the editor may weigh, brotli-compressed.
const EDITOR_LIMIT_BYTES: u64 = 150_000;

/// What a page with embeds may load before one is seen or clicked, gzip-compressed.
const EMBED_LIMIT_BYTES: u64 = 5_000;

/// Builds `dist/` and prints the page's sizes; fails if the first load, the editor or the script of embeds is too big.
pub fn dist(workspace: &Workspace) -> Result<()> {
    let products = page::build(workspace, Profile::Dist)?;
    let folder = workspace.path("dist");
    step("put the site together in dist/", || site::assemble(workspace, &products, &folder))?;
    docs::add(workspace, &folder)?;
    offline::add(workspace, &folder)?;
    weigh(workspace, &folder)
}

/// Prints what every file of a folder weighs.
pub fn print_sizes(workspace: &Workspace, folder: &Path) -> Result<()> {
    println!("{:<32}{:>12}{:>12}{:>12}  bytes", "", "raw", "gzip", "brotli");
    for line in sizes(workspace, folder)?.lines() {
        Weight::parse(line).with_context(|| format!("cannot read the sizes in \"{line}\""))?.print();
    }
    Ok(())
}

fn sizes(workspace: &Workspace, folder: &Path) -> Result<String> {
    output(Command::new("node").arg(workspace.path("crates/xtask/node/sizes.mjs")).arg(folder))
}

fn weigh(workspace: &Workspace, folder: &Path) -> Result<()> {
    let printed = sizes(workspace, folder)?;
    let mut files = Vec::new();
    for line in printed.lines() {
        files.push(Weight::parse(line).with_context(|| format!("cannot read the sizes in \"{line}\""))?);
    }
    files.retain(|file| !docs::has(file.name));
    let (embed, page): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| [site::EMBED, site::EMBED_TYPES].contains(&file.name));
    let (later, first): (Vec<_>, Vec<_>) = page
        .into_iter()
        .partition(|file| Path::new(file.name).starts_with(site::LAZY_FOLDER) || file.name == site::WORKER);
    println!("\n{:<32}{:>12}{:>12}{:>12}  bytes", "loaded first", "raw", "gzip", "brotli");
    first.iter().for_each(|file| file.print());
    let total = first.iter().fold(Weight { name: "in all", ..Weight::default() }, |sum, file| sum.plus(file));
    total.print();
    if !later.is_empty() {
        println!("loaded when needed");
        later.iter().for_each(|file| file.print());
    }
    println!("loaded by pages with embeds");
    embed.iter().for_each(|file| file.print());
    println!();
    let editor = later.iter().filter(|file| Path::new(file.name).ends_with(site::EDITOR));
    let editor = editor.map(|file| file.brotli).sum();
    let script = embed.iter().find(|file| file.name == site::EMBED).context("there is no embed.js")?.gzip;
    for (what, size, compression, limit) in [
        ("first load", total.brotli, "brotli", LIMIT_BYTES),
        ("editor", editor, "brotli", EDITOR_LIMIT_BYTES),
        ("script of embeds", script, "gzip", EMBED_LIMIT_BYTES),
    ] {
        ensure!(size <= limit, "the {what} is {size} bytes in {compression}, more than the {limit} allowed");
    }
    Ok(())
}

/// A file's sizes in bytes.
#[derive(Default)]
struct Weight<'a> {
    name: &'a str,
    raw: u64,
    gzip: u64,
    brotli: u64,
}

impl<'a> Weight<'a> {
    /// Reads a line of `sizes.mjs`: name, raw, gzip, brotli, separated by tabs.
    fn parse(line: &'a str) -> Option<Weight<'a>> {
        let mut cells = line.split('\t');
        let name = cells.next()?;
        let mut size = || cells.next()?.parse().ok();
        Some(Weight { name, raw: size()?, gzip: size()?, brotli: size()? })
    }

    fn plus(self, other: &Weight) -> Weight<'a> {
        Weight {
            name: self.name,
            raw: self.raw + other.raw,
            gzip: self.gzip + other.gzip,
            brotli: self.brotli + other.brotli,
        }
    }

    fn print(&self) {
        println!("{:<32}{:>12}{:>12}{:>12}", self.name, self.raw, self.gzip, self.brotli);
    }
}
