//! `cargo xtask serve`: the page, built quickly and served on loopback.

use anyhow::Result;

use crate::http::Server;
use crate::page::{self, Profile};
use crate::process::step;
use crate::site;
use crate::workspace::Workspace;

/// Where people look first.
pub const DEFAULT_PORT: u16 = 8080;

/// Builds the page, and serves it until interrupted.
pub fn serve(workspace: &Workspace, port: u16) -> Result<()> {
    let products = page::build(workspace, Profile::Serve)?;
    let folder = workspace.target.join("site");
    step("put the site together", || site::assemble(workspace, &products, &folder))?;
    let server = Server::bind(folder, "/", port)?;
    println!("\nThe playground is at {}  (Ctrl-C ends it)", server.address());
    server.run()
}
