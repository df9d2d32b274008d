//! Which files are replayed, and of which version each one is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use machinery::version::Version;

use super::recording::{self, Recording};

/// A file that was asked for.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it lies.
    pub path: PathBuf,
    /// What it holds, and the version that it is of; or why it cannot be replayed.
    pub content: Result<(Recording, Version), String>,
}

impl Source {
    /// Reads a file. Its version is the given one, else the one that a folder on its path is named after, else the one
    /// that it names itself, else the newest.
    pub fn read(path: &Path, version: Option<Version>) -> Source {
        Source { path: path.to_owned(), content: content(path, version) }
    }
}

fn content(path: &Path, version: Option<Version>) -> Result<(Recording, Version), String> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    let recording = Recording::parse(&text)?;
    let version = match version {
        Some(version) => version,
        None => match folder_version(path).or_else(|| recording::named_version(&text)) {
            Some(name) => recording::version(&name)?,
            None => Version::default(),
        },
    };
    Ok((recording, version))
}

/// The name of the innermost folder that is called like a version.
fn folder_version(path: &Path) -> Option<String> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let names = path.parent()?.iter().rev().map(|name| name.to_string_lossy().into_owned());
    let is_version = |name: &String| {
        name.trim_start_matches('v').split_once('.').is_some_and(|(major, minor)| {
            major == "1" && !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        })
    };
    names.into_iter().find(is_version)
}

/// The files at some paths: each file itself, and every `.json` below a folder, by name.
///
/// # Errors
/// A path that does not exist or a folder that cannot be read, with its name.
pub fn collect(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        let found = walk(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if found.is_empty() {
            return Err(format!("{}: no recording (.json) in this folder", path.display()));
        }
        files.extend(found);
    }
    files.dedup();
    Ok(files)
}

fn walk(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let (mut files, mut open) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            // A link to a folder is not followed: it may lead in a circle.
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else if entry.path().extension().is_some_and(|extension| extension == "json") {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_taken_from_the_innermost_folder() {
        let cases = [
            ("a/1.36/traces/x.json", Some("1.36")),
            ("1.32/1.36/x.json", Some("1.36")),
            ("v1.32.13/x.json", Some("v1.32.13")),
            ("a/1.36.json", None),
            ("2.0/x.json", None),
            ("x.json", None),
        ];
        for (path, expected) in cases {
            assert_eq!(folder_version(&Path::new("/nowhere").join(path)).as_deref(), expected, "{path}");
        }
    }
}
