//! `cargo xtask npm`: the engine as the npm package `petset`, in `npm/`, for browsers and for Node.
//!
//! | in the package | comes from |
//! |---|---|
//! | `engine/` | wasm-pack's `web` target of `crates/wasm`, made smaller by binaryen; Node starts it from disk |
//! | `petset.d.ts` | the types that wasm-bindgen writes, `types.d.ts` of the crate among them |
//! | `embed.d.ts` | the types of the page's `<petset-playground>` ([`crate::site`]) |
//! | `schema.json` | [`crate::schema`] |
//! | `browser.js`, `node.js`, `package.json` | `crates/wasm/npm/` |
//! | `README.md`, `LICENSE` | the crate's, the project's |

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{run, step};
use crate::site::{self, copy_dir, remove_dir};
use crate::workspace::Workspace;
use crate::{dist, page, schema, tools};

/// Builds the package and prints its sizes.
pub fn npm(workspace: &Workspace) -> Result<()> {
    tools::wasm_target()?;
    let path = tools::wasm_pack(workspace)?;
    let built = workspace.target.join("npm");
    step("wasm-pack build", || {
        let mut command = Command::new("wasm-pack");
        command.env("PATH", &path).current_dir(&workspace.root);
        command.args(["build", "crates/wasm", "--mode", "no-install", "--no-opt", "--no-pack"]);
        command.args(["--profile", "dist", "--target", "web", "--out-dir"]).arg(&built);
        run(&mut command)
    })?;
    let package = workspace.path("npm");
    remove_dir(&package)?;
    copy_dir(&workspace.path("crates/wasm/npm"), &package)?;
    fs::create_dir(package.join("engine"))?;
    for (from, to) in [
        (built.join("petset.js"), "engine/petset.js"),
        (built.join("petset_bg.wasm"), "engine/petset_bg.wasm"),
        (built.join("petset.d.ts"), "petset.d.ts"),
        (workspace.path("crates/wasm/README.md"), "README.md"),
        (workspace.path("LICENSE"), "LICENSE"),
    ] {
        fs::copy(&from, package.join(to)).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    fs::copy(schema::build(workspace)?, package.join("schema.json"))?;
    fs::write(package.join(site::EMBED_TYPES), site::embed_types(workspace)?)?;
    page::optimise(workspace, &package.join("engine/petset_bg.wasm"))?;
    println!("\nthe npm package is in npm/");
    dist::print_sizes(workspace, &package)
}
