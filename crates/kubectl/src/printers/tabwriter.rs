//! Aligns cells in columns.
//!
//! Models Go's text/tabwriter, and for tables its fork github.com/liggitt/tabwriter, which remembers widths. A column is
//! a run of lines that have a cell, ended by a tab, at that place; the last cell of a line belongs to no column.
//! Invariant: no recursion, however many columns the text has.

/// How wide columns are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// A column has at least this many characters, padding included.
    pub min_width: usize,
    /// Blanks after the longest cell.
    pub padding: usize,
}

/// Tables of `get` (printers.GetNewTabWriter).
pub(crate) const TABLE: Layout = Layout { min_width: 6, padding: 3 };
/// Everything of `describe` (`tabbedString`).
pub(crate) const DESCRIBE: Layout = Layout { min_width: 0, padding: 2 };

/// Aligns the lines of a text whose cells end in tabs.
pub(crate) fn align(text: &str, layout: Layout) -> String {
    aligned(text, layout, None)
}

/// Aligns the text with columns at least as wide as remembered, and remembers their widths.
pub(crate) fn align_remembering(text: &str, layout: Layout, remembered: &mut Vec<usize>) -> String {
    aligned(text, layout, Some(remembered))
}

fn aligned(text: &str, layout: Layout, mut remembered: Option<&mut Vec<usize>>) -> String {
    let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let columns = lines.iter().map(|cells| cells.len() - 1).max().unwrap_or(0);
    // For each line the widths of its columns.
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|cells| Vec::with_capacity(cells.len())).collect();
    for column in 0..columns {
        let mut start = 0;
        while start < lines.len() {
            let run = lines[start..].iter().take_while(|cells| cells.len() > column + 1).count();
            let longest = lines[start..start + run].iter().map(|cells| cells[column].chars().count()).max();
            if let Some(longest) = longest {
                let mut width = (longest + layout.padding).max(layout.min_width);
                if let Some(remembered) = remembered.as_deref_mut() {
                    remembered.resize(remembered.len().max(column + 1), 0);
                    width = width.max(remembered[column]);
                    remembered[column] = width;
                }
                widths[start..start + run].iter_mut().for_each(|widths| widths.push(width));
            }
            start += run.max(1);
        }
    }
    let mut out = String::with_capacity(text.len() * 2);
    for (i, (cells, widths)) in lines.iter().zip(widths).enumerate() {
        out.push_str(if i > 0 { "\n" } else { "" });
        for (column, cell) in cells.iter().enumerate() {
            out.push_str(cell);
            if let Some(width) = widths.get(column) {
                let blanks = width.saturating_sub(cell.chars().count());
                out.extend(std::iter::repeat_n(' ', blanks));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{DESCRIBE, TABLE, align, align_remembering};

    #[test]
    fn cells_are_padded_and_the_last_is_not() {
        assert_eq!(align("NAME\tAGE\nweb-0\t5s\n", TABLE), "NAME    AGE\nweb-0   5s\n");
        assert_eq!(align("A\tB\nx\t\n", TABLE), "A     B\nx     \n");
    }

    #[test]
    fn a_line_without_the_cell_ends_the_column() {
        let text = "Name:\tweb\nLabels:\t<none>\nLong heading without cells\nA:\tb\n";
        assert_eq!(
            align(text, DESCRIBE),
            "Name:    web\nLabels:  <none>\nLong heading without cells\nA:  b\n"
        );
    }

    #[test]
    fn remembered_widths_only_grow() {
        let mut widths = Vec::new();
        align_remembering("NAME\tSTATUS\tAGE\n", TABLE, &mut widths);
        let wide = align_remembering("a\tContainerCreating\t0s\n", TABLE, &mut widths);
        assert_eq!(wide, "a      ContainerCreating   0s\n");
        assert_eq!(
            align_remembering("a\tRunning\t0s\n", TABLE, &mut widths),
            "a      Running             0s\n"
        );
    }
}
