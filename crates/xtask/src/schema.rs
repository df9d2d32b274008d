//! Writes the schema of the API's kinds, which the page fetches when it is wanted: what the crate `schema` prints.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process::{output, step};
use crate::workspace::Workspace;

/// Makes `target/page/schema.json`, and returns its path.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--quiet", "--package", "schema"]);
    let document = step("cargo run --package schema", || output(&mut cargo))?;
    let path = workspace.target.join("page/schema.json");
    fs::create_dir_all(workspace.target.join("page"))?;
    fs::write(&path, document).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
