//! Where the data of ConfigMaps and Secrets comes from: `--from-file`, `--from-literal`, `--from-env-file`.
//!
//! Models kubectl/pkg/util/util.go (`ParseFileSource`, `ParseLiteralSource`) and kubectl/pkg/cmd/util/env_file.go.

use machinery::names;

use super::super::Call;
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{Flag, each, list};
use crate::go_value;

pub(super) const SOURCES: &[Flag] = &[
    list("from-file", "A file, as FILE or KEY=FILE"),
    each("from-literal", "A value, as KEY=VALUE"),
    list("from-env-file", "A file with lines KEY=VALUE"),
];

/// What takes a key with its value, unless it cannot.
pub(super) type Add<'a> = &'a mut dyn FnMut(String, String) -> Result<(), Failure>;

/// Which sources go together.
///
/// # Errors
/// If these do not.
pub(super) fn check(call: &Call) -> Result<(), Failure> {
    let parsed = &call.parsed;
    let has = |name: &str| !parsed.each(name).is_empty();
    if has("from-env-file") && (has("from-file") || has("from-literal")) {
        return Err(Failure::message("from-env-file cannot be combined with from-file or from-literal"));
    }
    Ok(())
}

/// Adds these files, each `FILE` or `KEY=FILE`.
///
/// # Errors
/// If one is wrong, not there, or not taken.
pub(super) fn files(context: &Context<'_, '_>, sources: &[&str], add: Add<'_>) -> Result<(), Failure> {
    for source in sources {
        let (key, path) = file_source(source)?;
        if matches!(path, "." | "./") {
            if source.contains('=') {
                return Err(Failure::message("cannot give a key name for a directory path"));
            }
            for name in context.env.files.names() {
                let text = read(context, &name)?.to_owned();
                add(name, text)?;
            }
            continue;
        }
        add(key.to_owned(), read(context, path)?.to_owned())?;
    }
    Ok(())
}

/// Adds the values of the command line.
///
/// # Errors
/// If one is wrong or not taken.
pub(super) fn literals(call: &Call, add: Add<'_>) -> Result<(), Failure> {
    for source in call.parsed.each("from-literal") {
        let Some((key, value)) = source.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(Failure::message(format!("invalid literal source {source}, expected key=value")));
        };
        add(key.to_owned(), value.to_owned())?;
    }
    Ok(())
}

/// Adds the lines of files such as programs read their environment from.
///
/// # Errors
/// If one is wrong, not there, or not taken.
pub(super) fn env_files(call: &Call, context: &Context<'_, '_>, add: Add<'_>) -> Result<(), Failure> {
    for path in call.parsed.list("from-env-file") {
        for line in read(context, path)?.trim_start_matches('\u{feff}').lines().map(str::trim_start) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            // A name alone takes its value from the environment, which is empty here.
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let wrong = names::env_var_name(key);
            if !wrong.is_empty() {
                let (key, why) = (go_value::quote(key), wrong.join(";"));
                return Err(Failure::message(format!("{key} is not a valid key name: {why}")));
            }
            add(key.to_owned(), value.to_owned())?;
        }
    }
    Ok(())
}

// ParseFileSource
fn file_source(source: &str) -> Result<(&str, &str), Failure> {
    match source.split('=').collect::<Vec<_>>().as_slice() {
        [path] => Ok((path.rsplit('/').next().unwrap_or_default(), path)),
        ["", path] => Err(Failure::message(format!("key name for file path {path} missing"))),
        [key, ""] => Err(Failure::message(format!("file path for key name {key} missing"))),
        [key, path] => Ok((key, path)),
        _ => Err(Failure::message("key names or file paths cannot contain '='")),
    }
}

fn read<'a>(context: &'a Context<'_, '_>, path: &str) -> Result<&'a str, Failure> {
    let missing = || Failure::message(format!("error reading {path}: no such file or directory"));
    context.env.files.read(path).ok_or_else(missing)
}
