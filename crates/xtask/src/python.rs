//! Installs Python packages from a committed list, once, into `target/python`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::debian;
use crate::process::{run, step, succeeds};
use crate::site::remove_dir;
use crate::workspace::Workspace;

/// Makes a virtual environment of what the file `requirements` lists, if there is none yet, and returns the folder of its
/// programs.
pub fn install(workspace: &Workspace, requirements: &Path) -> Result<PathBuf> {
    let wanted = fs::read(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    let folder = workspace.target.join("python");
    let programs = folder.join("bin");
    let installed = folder.join("installed.txt");
    if fs::read(&installed).is_ok_and(|list| list == wanted) {
        return Ok(programs);
    }
    // Debian's python3 comes without what makes virtual environments.
    if !succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        debian::install("python3-venv").context("there is no python3 with venv: install it")?;
    }
    step(&format!("pip install --requirement {}", requirements.display()), || {
        remove_dir(&folder)?;
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let mut pip = Command::new(programs.join("pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        run(pip.arg(requirements))?;
        // Written last, so that an interrupted installation is done again.
        Ok(fs::write(installed, wanted)?)
    })?;
    Ok(programs)
}
