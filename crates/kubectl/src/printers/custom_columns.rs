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
    /// The path, or what is wrong with it: told once the headings are printed.
    template: Result<Template, String>,
}

impl CustomColumn {
    fn new(header: &str, path: &str) -> Result<CustomColumn, Failure> {
        let path = jsonpath::relaxed(path).map_err(Failure::Message)?;
        Ok(CustomColumn { header: header.to_owned(), template: jsonpath::parse(&path) })
    }
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
        CustomColumn::new(header, path)
    };
    spec.split(',').map(column).collect()
}

/// Reads columns from a file: headings on the first line, paths on the second.
///
/// # Errors
/// Upstream's message about what is wrong.
pub(crate) fn parse_file(text: &str) -> Result<Vec<CustomColumn>, Failure> {
    let mut lines = text.lines();
    let mut line = |what: &str| {
        lines.next().ok_or_else(|| {
            Failure::message(format!(
                "invalid template, missing {what} line. Expected format is one line of space separated headers, one line of space separated column specs."
            ))
        })
    };
    let (headers, paths) = (line("header")?, line("spec")?);
    let (headers, paths): (Vec<_>, Vec<_>) =
        (headers.split_whitespace().collect(), paths.split_whitespace().collect());
    if headers.len() != paths.len() {
        return Err(Failure::message(format!(
            "number of headers ({}) and field specifications ({}) don't match",
            headers.len(),
            paths.len()
        )));
    }
    headers.into_iter().zip(paths).map(|(header, path)| CustomColumn::new(header, path)).collect()
}

/// The line of headings, its cells ended by tabs.
pub(crate) fn header(columns: &[CustomColumn]) -> String {
    let headers: Vec<&str> = columns.iter().map(|column| column.header.as_str()).collect();
    headers.join("\t") + "\n"
}

/// The lines of the objects, their cells ended by tabs, up to the first mistake, and that mistake.
pub(crate) fn rows(columns: &[CustomColumn], objects: &[&Value]) -> (String, Result<(), Failure>) {
    let mut text = String::new();
    if let Some(error) = columns.iter().find_map(|column| column.template.as_ref().err()) {
        return (text, Err(Failure::message(error)));
    }
    for object in objects {
        match row(columns, object) {
            Ok(row) => text.push_str(&row),
            Err(failure) => return (text, Err(failure)),
        }
    }
    (text, Ok(()))
}

/// The object's line, its cells ended by tabs. A line end within a value ends the line, as upstream.
///
/// # Errors
/// Upstream's message, if a path cannot be followed.
pub(crate) fn row(columns: &[CustomColumn], object: &Value) -> Result<String, Failure> {
    let mut cells = Vec::new();
    for column in columns {
        let template = column.template.as_ref().map_err(Failure::message)?;
        let values = template.values(object).map_err(Failure::Message)?;
        // What a terminal would obey is shown instead (`EscapeTerminal`).
        let safe = |value: &Value| go_value::plain(value).replace('\u{1b}', "^[").replace('\r', "\\r");
        let values: Vec<String> = values.iter().map(safe).collect();
        cells.push(if values.is_empty() { "<none>".to_owned() } else { values.join(",") });
    }
    Ok(cells.join("\t") + "\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{parse, parse_file, rows};

    #[test]
    fn mistakes_are_told_when_upstream_finds_them() {
        let data = json!({"a": {"b": "x\ny"}, "c": [1]});
        let cases = [
            ("A:.a.b", "x\ny\n", ""),
            ("A:.c[0],B:.c[7]", "", "array index out of bounds: index 7, length 1"),
            ("A:.c[x]", "", "invalid array index x"),
        ];
        for (spec, expected, message) in cases {
            let columns = parse(spec).expect("its form is right");
            let (text, result) = rows(&columns, &[&data]);
            let error = result.err().map(|failure| failure.error()).unwrap_or_default();
            assert_eq!((text.as_str(), error.as_str()), (expected, message), "{spec}");
        }
        for (file, message) in [
            ("", "invalid template, missing header line."),
            ("A B", "invalid template, missing spec line."),
            ("A B\n.a", "number of headers (2) and field specifications (1) don't match"),
        ] {
            let error = parse_file(file).expect_err("no template").error();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
