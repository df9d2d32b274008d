//! The docs in the site: the pages that mdBook makes of `docs/`, and the page's link to them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::{run, step};
use crate::tools;
use crate::workspace::Workspace;

/// The docs' folder, in the project and in the site.
const FOLDER: &str = "docs";

/// The colours of page and docs, below the page's style sheets.
const COLOURS: &str = "tokens.css";

/// Whether a file of the site is one of the docs.
pub fn has(name: &str) -> bool {
    Path::new(name).starts_with(FOLDER)
}

/// Adds the docs to an assembled site.
///
/// The page has no link to them of its own, as not every site has them: it is in its head, from where the page takes it.
pub fn add(workspace: &Workspace, site: &Path) -> Result<()> {
    let mdbook = tools::mdbook(workspace)?.join("mdbook");
    step("mdbook build docs", || {
        run(Command::new(mdbook)
            .arg("build")
            .arg("--dest-dir")
            .arg(site.join(FOLDER))
            .arg(workspace.path(FOLDER)))
    })?;
    let colours = workspace.path("web/styles").join(COLOURS);
    fs::copy(&colours, site.join(FOLDER).join(COLOURS))
        .with_context(|| format!("cannot copy {}", colours.display()))?;
    let index = site.join("index.html");
    let page = fs::read_to_string(&index).with_context(|| format!("cannot read {}", index.display()))?;
    ensure!(page.contains("</head>"), "{} has no </head>", index.display());
    let link = format!("    <link rel=\"help\" href=\"{FOLDER}/\" />\n    </head>");
    Ok(fs::write(index, page.replacen("</head>", &link, 1))?)
}
