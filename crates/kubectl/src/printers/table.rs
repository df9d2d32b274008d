//! Tables of objects of one kind.
//!
//! Models cli-runtime/pkg/printers/tableprinter.go: which columns are shown, cells cut at line ends, headings once.

use jiff::Timestamp;
use machinery::version::Features;
use machinery::{Kind, Object};

use super::age;
use super::columns::{Column, columns, row};

/// What a table shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TableOptions {
    /// `-o wide`.
    pub wide: bool,
    /// `--no-headers`.
    pub no_headers: bool,
    /// Whether the namespace comes first.
    pub with_namespace: bool,
    /// Whether names are `type/name`.
    pub with_kind: bool,
    /// `--show-labels`.
    pub show_labels: bool,
    /// `--server-print=false`: what kubectl knows of any object, its name and age.
    pub generic: bool,
    /// `-L`.
    pub label_columns: Vec<String>,
}

impl TableOptions {
    /// The line of headings, its cells ended by tabs.
    pub fn header(&self, kind: Kind, features: Features) -> String {
        let mut cells = Vec::new();
        if self.with_namespace {
            cells.push("NAMESPACE".to_owned());
        }
        if self.generic {
            cells.extend(["NAME".to_owned(), "AGE".to_owned()]);
        } else {
            let shown = columns(kind, features).iter().filter(|c| self.wide || !c.wide);
            cells.extend(shown.map(|c| c.name.to_owned()));
        }
        let last_part = |key: &String| key.rsplit('/').next().unwrap_or_default().to_ascii_uppercase();
        cells.extend(self.label_columns.iter().map(last_part));
        if self.show_labels {
            cells.push("LABELS".to_owned());
        }
        line(&cells)
    }

    /// The object's line, its cells ended by tabs.
    pub fn row(&self, object: &Object, now: Timestamp, features: Features) -> String {
        let labels = object.meta().labels.as_ref();
        let mut cells = Vec::new();
        if self.with_namespace {
            cells.push(object.namespace().to_owned());
        }
        cells.extend(self.cells(object, now, features));
        let value = |key: &String| labels.and_then(|labels| labels.get(key)).cloned().unwrap_or_default();
        cells.extend(self.label_columns.iter().map(value));
        if self.show_labels {
            let pairs: Vec<String> = labels.into_iter().flatten().map(|(k, v)| format!("{k}={v}")).collect();
            cells.push(if pairs.is_empty() { "<none>".to_owned() } else { pairs.join(",") });
        }
        line(&cells)
    }

    // The cells of the object's own columns.
    fn cells(&self, object: &Object, now: Timestamp, features: Features) -> Vec<String> {
        let named = |name: &str| match self.with_kind {
            true => format!("{}/{name}", object.kind().type_name()),
            false => name.to_owned(),
        };
        if self.generic {
            return vec![named(object.name()), age::since(object.meta().creation_timestamp.as_ref(), now)];
        }
        let names = columns(object.kind(), features);
        let shown =
            names.iter().zip(row(object, now, features)).filter(|(column, _)| self.wide || !column.wide);
        let cell = |(column, cell): (&Column, String)| {
            if column.name == "NAME" && !column.wide { named(&cell) } else { cell }
        };
        shown.map(cell).collect()
    }
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| one_line(cell)).collect();
    cells.join("\t") + "\n"
}

// Cut at the first line end; a tab would be taken for the end of a cell, an escape would reach the terminal.
fn one_line(cell: &str) -> String {
    let (kept, more) = match cell.find(['\u{c}', '\n', '\r']) {
        Some(end) => (&cell[..end], "..."),
        None => (cell, ""),
    };
    kept.replace('\u{1b}', "^[").replace('\t', " ") + more
}
