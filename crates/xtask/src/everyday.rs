//! Which code of the page runs while it does what people do every day: `tests/e2e/everyday.spec.ts`, done by a
//! headless browser.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::process::{run, step};
use crate::workspace::Workspace;
use crate::{browser, playwright, site};

/// What people do every day.
pub const ACTS: &str = "tests/e2e/everyday.spec.ts";

/// Does the acts with the page's products, whose wasm is [marked](crate::marks::mark), and returns the numbers of the
/// [stretches](crate::marks::stretches) that ran.
pub fn ran(workspace: &Workspace, products: &Path) -> Result<BTreeSet<usize>> {
    let chrome = browser::chrome()?;
    let folder = workspace.target.join("page/everyday");
    let record = workspace.target.join("page/ran.txt");
    step("find out what runs every day", || {
        site::assemble(workspace, products, &folder)?;
        // Each of the acts adds to it.
        fs::write(&record, "").with_context(|| format!("cannot write {}", record.display()))?;
        let mut acts = playwright::on(workspace, folder, &chrome)?;
        run(acts.arg("everyday.spec.ts").env("PETSET_RECORD", &record))
    })?;
    let text = fs::read_to_string(&record).with_context(|| format!("cannot read {}", record.display()))?;
    let ran: BTreeSet<usize> = text.lines().map(str::parse).collect::<Result<_, _>>()?;
    ensure!(!ran.is_empty(), "{ACTS} recorded nothing");
    Ok(ran)
}
