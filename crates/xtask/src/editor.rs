//! Bundles the page's editor: CodeMirror from npm and what `web/editor/` makes of it, as one script.
//!
//! It is made anew only if what it is made of is newer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::npm;
use crate::page::is_current;
use crate::process::{run, step};
use crate::workspace::Workspace;

/// Returns the script.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.path("web/editor");
    npm::install(&folder)?;
    let script = workspace.target.join("page/editor.js");
    let mut sources = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        sources.extend(Some(entry?.path()).filter(|path| path.is_file()));
    }
    let sources: Vec<_> = sources.iter().map(PathBuf::as_path).collect();
    if !is_current(&script, &sources)? {
        step("bundle the editor", || {
            run(Command::new("node").arg("build.mjs").arg(&script).current_dir(&folder))
        })?;
    }
    Ok(script)
}

/// Makes scripts and style sheets of a site small in their place, by what bundles the editor. Names stay: most are
/// exported, and would be there twice.
pub fn minify(workspace: &Workspace, site: &Path, files: &[String]) -> Result<()> {
    let esbuild = workspace.path("web/editor/node_modules/esbuild/bin/esbuild");
    run(Command::new(esbuild)
        .args(["--minify-whitespace", "--minify-syntax", "--log-level=warning", "--allow-overwrite"])
        .args(["--outdir=.", "--outbase=."])
        .args(files)
        .current_dir(site))
}
