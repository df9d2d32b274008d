//! Installs npm packages from a committed lock file, once.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{run, step};

/// Makes `folder/node_modules` what `folder/package-lock.json` says. Does nothing if it is that already.
pub fn install(folder: &Path) -> Result<()> {
    let wanted = folder.join("package-lock.json");
    let wanted = fs::read(&wanted).with_context(|| format!("cannot read {}", wanted.display()))?;
    let installed = folder.join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|lock| lock == wanted) {
        return Ok(());
    }
    step(&format!("npm ci in {}", folder.display()), || {
        let mut npm = Command::new("npm");
        // The browser is the system's: Playwright's own download is not wanted.
        npm.args(["ci", "--no-audit", "--no-fund"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        run(npm.current_dir(folder))?;
        // Written last, so that an interrupted installation is done again.
        Ok(fs::write(installed, wanted)?)
    })
}
