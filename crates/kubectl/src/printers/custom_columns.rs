//! `-o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName`.
//!
//! Models kubectl/pkg/cmd/get/customcolumn.go.

use serde_json::Value;

use crate::failure::Failure;
use crate::go_value;
use crate::jsonpath::{self, Template};

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CustomColumn {
    header: String,
    template: Template,
}

/// Reads the columns.
///
/// # Errors
/// Upstream's message about what is wrong.
pub(crate) fn parse(spec: &str) -> Result<Vec<CustomColumn>, Failure> {
    if spec.is_empty() {
        return Err(Failure::message("custom-columns format specified but no custom columns given"));
    }
    let column = |part: &str| {
        let Some((header, path)) = part.split_once(':') else {
            return Err(Failure::message(format!(
                "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
            )));
        };
        let template = jsonpath::parse_relaxed(path).map_err(Failure::Message)?;
        Ok(CustomColumn { header: header.to_owned(), template })
    };
    spec.split(',').map(column).collect()
}

/// Reads columns from a file: headings on the first line, paths on the second.
///
/// # Errors
/// Upstream's message about what is wrong.
pub(crate) fn parse_file(text: &str) -> Result<Vec<CustomColumn>, Failure> {
    let mut lines = text.lines();
    let (Some(headers), Some(paths)) = (lines.next(), lines.next()) else {
        return Err(Failure::message(
            "invalid template, missing template line. \
            Templates should be of the form \"HEADER1 HEADER2\\n{.path1} {.path2}\"",
        ));
    };
    let (headers, paths): (Vec<_>, Vec<_>) =
        (headers.split_whitespace().collect(), paths.split_whitespace().collect());
    if headers.len() != paths.len() {
        return Err(Failure::message(format!(
            "number of headers ({}) and field specifications ({}) don't match",
            headers.len(),
            paths.len()
        )));
    }
    let column = |(header, path): (&str, &str)| {
        let template = jsonpath::parse_relaxed(path).map_err(Failure::Message)?;
        Ok(CustomColumn { header: header.to_owned(), template })
    };
    headers.into_iter().zip(paths).map(column).collect()
}

/// The line of headings, its cells ended by tabs.
pub(crate) fn header(columns: &[CustomColumn]) -> String {
    let headers: Vec<&str> = columns.iter().map(|column| column.header.as_str()).collect();
    headers.join("\t") + "\n"
}

/// The object's line, its cells ended by tabs.
///
/// # Errors
/// Upstream's message, if a path cannot be followed.
pub(crate) fn row(columns: &[CustomColumn], object: &Value) -> Result<String, Failure> {
    let mut cells = Vec::new();
    for column in columns {
        let values = column.template.values(object).map_err(Failure::Message)?;
        let values: Vec<String> = values.iter().map(go_value::plain).collect();
        cells.push(if values.is_empty() { "<none>".to_owned() } else { values.join(",") });
    }
    Ok(cells.join("\t").replace('\n', "\\n") + "\n")
}
