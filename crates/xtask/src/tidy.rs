//! The project's own rules, which no other tool knows: the crates' layers, who may use the browser's crates, how
//! modules open, and what no file may name. ARCHITECTURE.md and CONTRIBUTING.md state them for people.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::output;
use crate::workspace::Workspace;

/// The crates, lowest layer first: each may use only those before it.
const LAYERS: [&str; 14] = [
    "machinery",
    "client",
    "apiserver",
    "controllers",
    "node",
    "cluster",
    "kubectl",
    "session",
    "playground",
    "petset",
    "schema",
    "xtask",
    "web",
    "tests",
];

/// Crates that know nothing of one that stands before them.
const STRANGERS: [(&str, &str); 5] = [
    ("controllers", "apiserver"),
    ("node", "apiserver"),
    ("node", "controllers"),
    ("kubectl", "cluster"),
    ("web", "schema"),
];

/// Crates of the browser, by how their names begin, and who alone may use them.
const BROWSER_CRATES: [(&str, &[&str]); 6] = [
    ("yew", &["web"]),
    ("wasm-bindgen", &["web", "petset"]),
    ("serde-wasm-bindgen", &["web", "petset"]),
    ("web-sys", &["web", "petset"]),
    ("js-sys", &["web", "petset"]),
    ("gloo", &["web", "petset"]),
];

/// What `serde_json` may not do: revision hashes depend on the order of keys and the form of numbers.
const BARRED_FEATURES: [&str; 2] = ["preserve_order", "arbitrary_precision"];

/// Folders of one machine, which no file may name; without their slashes, so that this file may list them.
const MACHINE_FOLDERS: [&str; 4] = ["farm", "root", "tmp", "work"];

/// Words in the names of hosts that packages come from.
const PACKAGE_HOSTS: [&str; 4] = ["artifactory", "crates.io", "npmjs", "registry"];

/// Lock files may name where packages come from, recordings of kubectl its temporary files, and the reclaiming of volumes
/// the one folder that upstream's deleter of host paths accepts.
const VERBATIM: [&str; 4] =
    ["Cargo.lock", "package-lock.json", "tests/conformance/", "volume/persistentvolume/reclaim.rs"];

/// Checks every rule, and lists all breaches before it fails.
pub fn tidy(workspace: &Workspace) -> Result<()> {
    let metadata = workspace.metadata()?;
    let mut breaches = Vec::new();
    for package in members(&metadata)? {
        breaches.extend(dependency_breaches(package)?);
    }
    breaches.extend(feature_breaches(&metadata));
    for name in files(workspace)? {
        // What is no text cannot break these rules; what was deleted but not yet committed is not there.
        let Ok(text) = fs::read_to_string(workspace.path(&name)) else { continue };
        breaches.extend(text_breaches(&name, &text));
    }
    if breaches.is_empty() {
        return Ok(());
    }
    breaches.iter().for_each(|breach| println!("    {breach}"));
    bail!("{} breaches of the project's rules", breaches.len())
}

/// The packages of the workspace, from `cargo metadata`.
fn members(metadata: &Value) -> Result<Vec<&Value>> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let ids = metadata["workspace_members"].as_array().context("cargo metadata lists no members")?;
    Ok(packages.iter().filter(|package| ids.contains(&package["id"])).collect())
}

/// What is wrong with the dependencies that a package of the workspace declares.
fn dependency_breaches(package: &Value) -> Result<Vec<String>> {
    let user = package["name"].as_str().context("a package has no name")?;
    let layer = |name: &str| LAYERS.iter().position(|candidate| *candidate == name);
    let Some(user_layer) = layer(user) else {
        return Ok(vec![format!(
            "{user} has no layer: give it one in xtask's tidy.rs and in ARCHITECTURE.md"
        )]);
    };
    let mut breaches = Vec::new();
    for dependency in package["dependencies"].as_array().into_iter().flatten() {
        let used = dependency["name"].as_str().context("a dependency has no name")?;
        // Tests may set a crate up with whatever stands around it.
        let in_tests_only = dependency["kind"] == "dev";
        if !in_tests_only && dependency["path"].is_string() && layer(used) >= Some(user_layer) {
            breaches.push(format!("{user} uses {used}, which does not stand before it in the layers"));
        }
        if !in_tests_only && STRANGERS.contains(&(user, used)) {
            breaches.push(format!("{user} uses {used}, of which it should know nothing"));
        }
        let barred = BROWSER_CRATES.iter().find(|(prefix, _)| used.starts_with(prefix));
        if barred.is_some_and(|(_, users)| !users.contains(&user)) && used != "wasm-bindgen-cli-support" {
            breaches.push(format!("{user} uses {used}, a crate of the browser"));
        }
    }
    Ok(breaches)
}

/// Features of `serde_json` that are on and must not be.
fn feature_breaches(metadata: &Value) -> Vec<String> {
    let mut breaches = Vec::new();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    for package in packages.filter(|package| package["name"] == "serde_json") {
        let nodes = metadata["resolve"]["nodes"].as_array().into_iter().flatten();
        for node in nodes.filter(|node| node["id"] == package["id"]) {
            let features = node["features"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let barred = features.filter(|feature| BARRED_FEATURES.contains(feature));
            breaches.extend(barred.map(|feature| format!("serde_json has {feature} on")));
        }
    }
    breaches
}

/// The files of the project, as paths below its root: those that git has, and those it would add.
fn files(workspace: &Workspace) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(&workspace.root);
    Ok(output(&mut git)?.split_terminator('\0').map(str::to_owned).collect())
}

/// What is wrong with the text of a file.
fn text_breaches(name: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if name.ends_with(".rs") && !text.trim_start().starts_with("//!") {
        breaches.push(format!("{name} does not open with //! and what it is for"));
    }
    if VERBATIM.iter().any(|part| name.contains(part)) {
        return breaches;
    }
    for (index, line) in text.lines().enumerate() {
        if let Some(place) = machine_folder(line).or_else(|| package_host(line)) {
            breaches.push(format!("{name}:{} names {place}, which others do not have", index + 1));
        }
    }
    breaches
}

/// The first folder in the line that only some machines have.
fn machine_folder(line: &str) -> Option<String> {
    MACHINE_FOLDERS.iter().map(|folder| format!("/{folder}/")).find(|folder| {
        line.match_indices(folder.as_str()).any(|(at, _)| {
            // `src/tmp/` is a folder of ours, not one of the machine.
            !line[..at].ends_with(|before: char| before.is_ascii_alphanumeric() || "._-".contains(before))
        })
    })
}

/// The first host in the line that packages come from.
fn package_host(line: &str) -> Option<String> {
    line.split("://").skip(1).find_map(|rest| {
        let host = rest.split(|c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c))).next()?;
        PACKAGE_HOSTS.iter().any(|word| host.contains(word)).then(|| host.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn crates_use_only_lower_layers_and_no_browser() -> Result<()> {
        let workspace = Some("a folder");
        for (user, used, kind, path, allowed) in [
            ("client", "machinery", None, workspace, true),
            ("machinery", "client", None, workspace, false),
            ("machinery", "machinery", None, workspace, false),
            ("machinery", "client", Some("dev"), workspace, true),
            ("machinery", "client", Some("build"), workspace, false),
            ("controllers", "apiserver", None, workspace, false),
            ("controllers", "apiserver", Some("dev"), workspace, true),
            ("web", "yew", None, None, true),
            ("petset", "yew", None, None, false),
            ("petset", "wasm-bindgen-test", Some("dev"), None, true),
            ("session", "wasm-bindgen", None, None, false),
            ("session", "js-sys", Some("dev"), None, false),
            ("xtask", "wasm-bindgen-cli-support", None, None, true),
            ("extras", "machinery", None, workspace, false),
        ] {
            let dependency = json!({ "name": used, "kind": kind, "path": path });
            let breaches = dependency_breaches(&json!({ "name": user, "dependencies": [dependency] }))?;
            assert_eq!(breaches.is_empty(), allowed, "{user} -> {used}: {breaches:?}");
        }
        Ok(())
    }

    #[test]
    fn serde_json_keeps_keys_sorted() {
        let metadata = |features: &[&str]| {
            json!({
                "packages": [{ "name": "serde_json", "id": "a" }, { "name": "indexmap", "id": "b" }],
                "resolve": { "nodes": [
                    { "id": "a", "features": features },
                    { "id": "b", "features": ["preserve_order"] },
                ] },
            })
        };
        assert_eq!(feature_breaches(&metadata(&["default", "std"])), Vec::<String>::new());
        assert_eq!(feature_breaches(&metadata(&["preserve_order"])), ["serde_json has preserve_order on"]);
    }

    #[test]
    fn files_open_well_and_name_no_machine() {
        let folder = |name: &str| format!("see /{name}/here");
        let host = |host: &str| format!("from https:{}{host}/x", "//");
        for (name, text, tidy) in [
            ("src/a.rs", "//! What it is for.".to_owned(), true),
            ("src/a.rs", "// What it is for.".to_owned(), false),
            ("a.md", folder("work"), false),
            ("a.md", folder("tmp"), false),
            ("a.md", format!("in target{}", folder("work").trim_start_matches("see ")), true),
            ("a.md", folder("usr"), true),
            ("a.md", host("index.crates.io"), false),
            ("a.md", host("docs.rs"), true),
            ("Cargo.lock", host("index.crates.io"), true),
            ("tests/conformance/1.36/a.json", folder("work"), true),
        ] {
            assert_eq!(text_breaches(name, &text).is_empty(), tidy, "{name}: {text}");
        }
    }
}
