//! Where the project is and what `cargo metadata` says of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// The checkout that xtask works on.
pub struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target directory, wherever it was configured to be.
    pub target: PathBuf,
}

impl Workspace {
    /// Finds the workspace of the folder that xtask was called in.
    pub fn find() -> Result<Workspace> {
        let metadata = metadata(cargo(), &["--no-deps"])?;
        let path =
            |key: &str| metadata[key].as_str().map(PathBuf::from).context("cargo metadata names no folder");
        Ok(Workspace { root: path("workspace_root")?, target: path("target_directory")? })
    }

    /// The whole dependency graph, as `cargo metadata` prints it.
    pub fn metadata(&self) -> Result<Value> {
        metadata(self.cargo(), &[])
    }

    /// The `cargo` that runs us, in the root folder.
    pub fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command
    }

    /// A path below the root.
    pub fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.root.join(below)
    }
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn metadata(mut cargo: Command, options: &[&str]) -> Result<Value> {
    let json = process::output(cargo.args(["metadata", "--format-version=1"]).args(options))?;
    serde_json::from_str(&json).context("cannot read what cargo metadata printed")
}
