//! The worker of the site that keeps the page's files for when there is no network: `web/worker/sw.js`, below a list of
//! what there is to keep.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use crate::workspace::Workspace;
use crate::{docs, site};

/// Puts the worker into a site that is otherwise whole.
pub fn add(workspace: &Workspace, site: &Path) -> Result<()> {
    let mut files = Vec::new();
    for name in site::files(site)? {
        let Some(address) = address(&name) else { continue };
        let bytes = fs::read(site.join(&name)).with_context(|| format!("cannot read {name} of the site"))?;
        files.push((address.to_owned(), integrity(&bytes)));
    }
    let list = serde_json::to_string_pretty(&files)?;
    let version = integrity(list.as_bytes());
    let source = workspace.path("web/worker").join(site::WORKER);
    let code = fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
    let worker = format!("const VERSION = '{version}';\nconst FILES = {list};\n\n{code}");
    Ok(fs::write(site.join(site::WORKER), worker)?)
}

/// Where the page finds a file of the site, from its root; nothing for a file that is not the page's.
fn address(name: &str) -> Option<&str> {
    let is_of_others = [site::WORKER, site::EMBED, site::EMBED_TYPES].contains(&name) || docs::has(name);
    // File servers may send those who name it to its folder.
    (!is_of_others).then_some(if name == "index.html" { "./" } else { name })
}

/// The hash of a file as `fetch` asks for it.
fn integrity(bytes: &[u8]) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_loads_is_kept() {
        for (name, kept) in [
            ("index.html", Some("./")),
            ("petset_bg.wasm", Some("petset_bg.wasm")),
            ("lazy/templates/web.yaml", Some("lazy/templates/web.yaml")),
            ("sw.js", None),
            ("embed.js", None),
            ("docs/index.html", None),
        ] {
            assert_eq!(address(name), kept, "{name}");
        }
    }

    #[test]
    fn hashes_are_those_of_subresource_integrity() {
        assert_eq!(integrity(b""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
