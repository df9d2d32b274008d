//! Playwright, which tests a site in a headless browser.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::Result;

use crate::http::Server;
use crate::npm;
use crate::workspace::Workspace;

/// A command that runs the tests of `tests/e2e` on the site in that folder, which is served until we end.
pub fn on(workspace: &Workspace, site: PathBuf, chrome: &Path) -> Result<Command> {
    let folder = workspace.path("tests/e2e");
    npm::install(&folder)?;
    // Not from the root: all addresses in the page must be relative.
    let server = Server::bind(site, "/some/path/", 0)?;
    let mut command = Command::new("node");
    command.args(["node_modules/@playwright/test/cli.js", "test"]).current_dir(folder);
    command.env("PETSET_URL", server.address()).env("CHROME", chrome);
    thread::spawn(move || server.run());
    Ok(command)
}
