//! Tables, cell by cell: a row is cut where its header's columns begin, so that an empty cell is one, too.

/// Both texts with cells and inner blanks told apart by two blanks; cut by column where both can be, else by blanks.
pub fn aligned(recorded: &str, ours: &str) -> (String, String) {
    match (by_column(recorded), by_column(ours)) {
        (Some(theirs), Some(mine)) => (theirs, mine),
        _ => (by_blanks(recorded), by_blanks(ours)),
    }
}

/// `None` if a row does not keep to its header's columns, as the later rows of a watch do.
fn by_column(text: &str) -> Option<String> {
    let mut cut = String::new();
    let mut columns: Option<Vec<usize>> = None;
    for line in text.split_inclusive('\n') {
        let (row, end) = line.strip_suffix('\n').map_or((line, ""), |row| (row, "\n"));
        if row.is_empty() {
            columns = None;
        } else if columns.is_none() || is_header(row) {
            columns = is_header(row).then(|| starts(row));
        }
        match &columns {
            Some(columns) => cut += &cells(row, columns)?.join("  "),
            None => cut += &folded(row),
        }
        cut += end;
    }
    Some(cut)
}

/// Whether the line names columns: words without a small letter.
fn is_header(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_uppercase())
        && line.chars().all(|c| c.is_ascii_uppercase() || " ()-".contains(c))
}

/// Where each column begins, in characters.
fn starts(header: &str) -> Vec<usize> {
    let padded: Vec<char> = "  ".chars().chain(header.chars()).collect();
    let begins = |at: &usize| padded[*at] == ' ' && padded[at + 1] == ' ' && padded[at + 2] != ' ';
    (0..header.chars().count()).filter(begins).collect()
}

fn cells(row: &str, columns: &[usize]) -> Option<Vec<String>> {
    let chars: Vec<char> = row.chars().collect();
    let ends = columns.iter().skip(1).copied().chain([usize::MAX]);
    let cell = |(begin, end): (&usize, usize)| {
        let end = end.min(chars.len());
        if *begin > 0 && chars.get(begin - 1).is_some_and(|c| *c != ' ') {
            return None;
        }
        let text: String = chars.get(*begin..end).unwrap_or_default().iter().collect();
        Some(if text.trim().is_empty() { "<empty>".to_owned() } else { text.trim().to_owned() })
    };
    columns.iter().zip(ends).map(cell).collect()
}

fn by_blanks(text: &str) -> String {
    let line = |line: &str| match line.strip_suffix('\n') {
        Some(row) => folded(row) + "\n",
        None => folded(line),
    };
    text.split_inclusive('\n').map(line).collect()
}

/// The line with each run of two or more blanks made two; its indentation stays.
fn folded(line: &str) -> String {
    let text = line.trim_start_matches(' ');
    let (mut folded, mut blanks) = (line[..line.len() - text.len()].to_owned(), 0);
    for c in text.chars() {
        blanks = if c == ' ' { blanks + 1 } else { 0 };
        if blanks <= 2 {
            folded.push(c);
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_compared_and_not_widths() {
        let (a, b) =
            aligned("NAME   CLAIM   AGE\npv1            3s\n", "NAME    CLAIM   AGE\npv1             3s\n");
        assert_eq!(a, b);
        assert_eq!(a, "NAME  CLAIM  AGE\npv1  <empty>  3s\n");
        let (a, b) = aligned("NAME   CLAIM   AGE\npv1    3s\n", "NAME   CLAIM   AGE\npv1            3s\n");
        assert_ne!(a, b);
    }

    #[test]
    fn rows_beside_their_columns_are_cut_at_blanks() {
        let text = "NAME    READY   STATUS\nweb-0   0/1     Pending\nweb-0-longer   0/1   Ok\n";
        let (a, b) = aligned(text, text);
        assert_eq!(a, b);
        assert_eq!(a, "NAME  READY  STATUS\nweb-0  0/1  Pending\nweb-0-longer  0/1  Ok\n");
    }

    #[test]
    fn indentation_is_kept() {
        assert_eq!(folded("    a:     b   c"), "    a:  b  c");
    }
}
