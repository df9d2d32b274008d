//! Installs packages of the system, where it is Debian or of its kind.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{output, run, step, succeeds};

/// Installs a package.
pub fn install(package: &str) -> Result<()> {
    if !succeeds(Command::new("apt-get").arg("--version")) {
        bail!("there is no apt-get");
    }
    step(&format!("apt-get install {package}"), || {
        apt(&["update"])?;
        apt(&["install", "--yes", "--no-install-recommends", package])
    })
}

/// Runs apt-get without questions; who is not root needs a `sudo` that asks for no password.
fn apt(arguments: &[&str]) -> Result<()> {
    let is_root = output(Command::new("id").arg("-u"))?.trim() == "0";
    let words: &[&str] = if is_root { &["env"] } else { &["sudo", "-n", "env"] };
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]);
    run(command.args(arguments))
}
