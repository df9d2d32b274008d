//! Puts the page's files together: a folder that any file server can serve, from any path.
//!
//! | in the site | comes from |
//! |---|---|
//! | `index.html` | `index.html` |
//! | `petset_bg.js`, `petset_bg.wasm`, `lazy/second.wasm` | [`crate::page`] |
//! | `style.css` | the sheets that `web/styles/main.css` imports, in its order, and then the rest of it |
//! | `lazy/schema.json` | [`crate::schema`] |
//! | `sw.js` | `web/static/`: it keeps nothing; in `dist/` [`crate::offline`] |
//! | `embed.js`, `embed.d.ts` | `web/static/`; `crates/wasm/src/types.d.ts`, and then `web/embed.d.ts` |
//! | `lazy/lessons.yaml` | the lessons in `crates/playground/lessons/`, in the order of their files |
//! | `lazy/templates/` | `crates/playground/templates/` |
//! | `lazy/editor.js` | [`crate::editor`] |
//! | everything else | `web/static/`, with its folders |
//!
//! Scripts and style sheets that every visit loads are made small.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::workspace::Workspace;
use crate::{editor, schema};

/// What the page fetches only when it needs it lies in this folder of the site.
pub const LAZY_FOLDER: &str = "lazy";

/// The editor, in [`LAZY_FOLDER`].
pub const EDITOR: &str = "editor.js";

/// The element with which other pages embed this one; these load nothing else before it is seen or clicked.
pub const EMBED: &str = "embed.js";

/// The types of [`EMBED`].
pub const EMBED_TYPES: &str = "embed.d.ts";

/// The worker, at the root of the site: it may serve what lies beside and below it.
pub const WORKER: &str = "sw.js";

/// Makes the folder `site` anew of the page's products and its static files.
pub fn assemble(workspace: &Workspace, products: &Path, site: &Path) -> Result<()> {
    remove_dir(site)?;
    copy_dir(products, site)?;
    copy_dir(&workspace.path("web/static"), site)?;
    let lazy = site.join(LAZY_FOLDER);
    fs::create_dir_all(&lazy)?;
    fs::write(lazy.join("lessons.yaml"), joined(&workspace.path("crates/playground/lessons"))?)?;
    copy_dir(&workspace.path("crates/playground/templates"), &lazy.join("templates"))?;
    fs::copy(schema::build(workspace)?, lazy.join("schema.json"))?;
    let editor = editor::build(workspace)?;
    fs::copy(&editor, lazy.join(EDITOR)).with_context(|| format!("cannot copy {}", editor.display()))?;
    fs::write(site.join(EMBED_TYPES), embed_types(workspace)?)?;
    let index = workspace.path("index.html");
    fs::copy(&index, site.join("index.html")).with_context(|| format!("cannot copy {}", index.display()))?;
    fs::write(site.join("style.css"), style(&workspace.path("web/styles"))?)?;
    let mut first = files(site)?;
    first.retain(|name| is_loaded_first(name));
    editor::minify(workspace, site, &first)
}

/// Whether every visit loads that script or style sheet.
fn is_loaded_first(name: &str) -> bool {
    let is_of_others = [EMBED, WORKER].contains(&name) || Path::new(name).starts_with(LAZY_FOLDER);
    (name.ends_with(".js") || name.ends_with(".css")) && !is_of_others
}

/// The types of [`EMBED`], with those of the engine that they speak of.
pub fn embed_types(workspace: &Workspace) -> Result<String> {
    let read = |file| read(&workspace.path(file));
    Ok(read("crates/wasm/src/types.d.ts")? + &read("web/embed.d.ts")?)
}

/// The files of a folder as the documents of one, so that the page needs one request for them.
fn joined(folder: &Path) -> Result<String> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    Ok(files.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?.join("---\n"))
}

/// All style sheets as one, so that the page needs one request for them.
fn style(folder: &Path) -> Result<String> {
    let main = read(&folder.join("main.css"))?;
    let (imports, rest): (Vec<_>, Vec<_>) =
        main.lines().partition(|line| line.trim_start().starts_with("@import"));
    let mut all = String::new();
    let mut sheets = vec!["main.css"];
    for line in imports {
        let Some(sheet) = imported_sheet(line) else {
            bail!("web/styles/main.css: write `@import \"./name.css\";` in place of `{}`", line.trim());
        };
        all += &read(&folder.join(sheet))?;
        sheets.push(sheet);
    }
    all += &rest.join("\n");
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        let known = !name.ends_with(".css") || sheets.contains(&name.as_ref());
        ensure!(known, "web/styles/main.css does not import {name}");
    }
    Ok(all)
}

/// `stage.css` of `@import "./stage.css";`.
fn imported_sheet(line: &str) -> Option<&str> {
    let quoted = line.trim().strip_prefix("@import")?.strip_suffix(';')?.trim();
    let path = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let name = path.strip_prefix("./").unwrap_or(path);
    (name.ends_with(".css") && !name.contains('/')).then_some(name)
}

/// The files of a site, as paths below its folder with slashes, in order.
pub fn files(site: &Path) -> Result<Vec<String>> {
    let (mut files, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(site.join(&folder)).with_context(|| format!("cannot read {}", site.display()))?
        {
            let entry = entry?;
            let name = format!("{folder}{}", entry.file_name().to_string_lossy());
            match entry.file_type()?.is_dir() {
                true => folders.push(name + "/"),
                false => files.push(name),
            }
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Copies the files and folders within `from` into `to`; no file may be there already.
pub fn copy_dir(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            ensure!(!target.exists(), "{} would overwrite {}", entry.path().display(), target.display());
            fs::copy(entry.path(), &target).with_context(|| format!("cannot make {}", target.display()))?;
        }
    }
    Ok(())
}

/// Removes a folder and all in it, if it is there.
pub fn remove_dir(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_names_a_sheet_beside_it() {
        for (line, sheet) in [
            ("@import \"./stage.css\";", Some("stage.css")),
            ("  @import  \"stage.css\" ;", Some("stage.css")),
            ("@import url(stage.css);", None),
            ("@import \"../stage.css\";", None),
            ("@import \"https://example.com/a.css\";", None),
            ("@import \"./stage.css\" print;", None),
        ] {
            assert_eq!(imported_sheet(line), sheet, "{line}");
        }
    }
}
