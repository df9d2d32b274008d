//! How a report is laid out (github.com/google/go-cmp v0.6.0: cmp/report_text.go).
//!
//! A block stands on one line, unless something in it changes, is counted, or is too long.

/// The widest line of a value that was removed or inserted.
const WIDTH: usize = 80;
/// go-cmp draws whether it prints these or plain spaces.
const SPACE: char = '\u{a0}';

#[derive(PartialEq, Eq)]
pub enum Text {
    Line(String),
    Block { open: String, records: Vec<Record>, close: &'static str },
}

/// A part of a block.
#[derive(PartialEq, Eq)]
pub struct Record {
    /// `-` for what was removed, `+` for what was inserted, else a space.
    sign: char,
    /// Empty for an element of a list.
    key: String,
    text: Text,
    /// How many parts are left out here.
    note: Option<String>,
}

impl Record {
    pub fn of(sign: char, key: &str, text: Text) -> Record {
        Record { sign, key: key.to_owned(), text, note: None }
    }

    pub fn dots(note: Option<String>) -> Record {
        Record { sign: ' ', key: String::new(), text: Text::Line("...".to_owned()), note }
    }

    fn line(&self) -> Option<&str> {
        match &self.text {
            Text::Line(line) => Some(line),
            Text::Block { .. } => None,
        }
    }

    /// The width of a key whose value stands in a column with those above and below.
    fn aligned_key(&self) -> Option<usize> {
        self.line().filter(|_| !self.key.is_empty()).map(|_| self.key.chars().count())
    }
}

impl Text {
    pub fn behind(self, prefix: &str) -> Text {
        match self {
            Text::Line(line) => Text::Line(format!("{prefix}{line}")),
            Text::Block { open, records, close } => {
                Text::Block { open: format!("{prefix}{open}"), records, close }
            }
        }
    }

    pub fn print(self) -> String {
        let mut out = format!("{SPACE}{SPACE}");
        self.fold(' ').write(&mut out, ' ', 0);
        out + "\n"
    }

    /// Makes lines of the blocks that can be.
    fn fold(self, sign: char) -> Text {
        let Text::Block { open, records, close } = self else {
            return self;
        };
        let fold = |record: Record| Record { text: record.text.fold(either(record.sign, sign)), ..record };
        let records: Vec<Record> = records.into_iter().map(fold).collect();
        let lines = records.iter().map(|record| {
            let is_plain = record.sign == ' ' && record.note.is_none();
            let line = record.line().filter(|_| is_plain)?;
            Some(if record.key.is_empty() { line.to_owned() } else { format!("{}: {line}", record.key) })
        });
        let line = lines.collect::<Option<Vec<_>>>().map(|lines| lines.join(", "));
        match line.filter(|line| sign == ' ' || line.len() <= WIDTH) {
            Some(line) => Text::Line(format!("{open}{line}{close}")),
            None => Text::Block { open, records, close },
        }
    }

    fn write(&self, out: &mut String, sign: char, depth: usize) {
        let (open, records, close) = match self {
            Text::Line(line) => return out.push_str(line),
            Text::Block { open, records, close } => (open, records, close),
        };
        out.push_str(open);
        let is_plain = |record: &Record| {
            record.sign == ' ' && record.key.is_empty() && record.line().is_some() && record.note.is_none()
        };
        if records.iter().all(is_plain) {
            write_filled(records.iter().filter_map(Record::line), out, sign, depth + 1);
        } else {
            for run in records.chunk_by(|a, b| a.aligned_key().is_some() == b.aligned_key().is_some()) {
                let width = run.iter().filter_map(Record::aligned_key).max().unwrap_or(0);
                run.iter().for_each(|record| record.write(out, width, sign, depth + 1));
            }
        }
        new_line(out, sign, depth);
        out.push_str(close);
    }
}

impl Record {
    fn write(&self, out: &mut String, width: usize, sign: char, depth: usize) {
        let sign = either(self.sign, sign);
        new_line(out, sign, depth);
        if !self.key.is_empty() {
            let padding = self.aligned_key().map_or(0, |key| width - key);
            out.push_str(&format!("{}: {}", self.key, " ".repeat(padding)));
        }
        self.text.write(out, sign, depth);
        if self.line() != Some("...") {
            out.push(',');
        }
        if let Some(note) = &self.note {
            out.push_str(&format!(" // {note}"));
        }
    }
}

/// As many elements on a line as it holds.
fn write_filled<'a>(lines: impl Iterator<Item = &'a str>, out: &mut String, sign: char, depth: usize) {
    let mut filled = 0;
    for line in lines {
        if filled == 0 || filled + line.len() + 2 > WIDTH {
            new_line(out, sign, depth);
            filled = 0;
        } else {
            out.push(' ');
        }
        out.push_str(line);
        out.push(',');
        filled += line.len() + 2;
    }
}

fn new_line(out: &mut String, sign: char, depth: usize) {
    let sign = if sign == ' ' { SPACE } else { sign };
    out.push_str(&format!("\n{sign}{SPACE}{}", "\t".repeat(depth)));
}

/// The sign of a part is its own or that of the whole.
fn either(own: char, inherited: char) -> char {
    if own == ' ' { inherited } else { own }
}
