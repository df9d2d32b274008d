//! Breaks lines between words.
//!
//! Models mitchellh/go-wordwrap's `WrapString`, which kubectl/pkg/util/term uses: line ends of the text stay, blanks at a
//! break are dropped, a word that is longer than a line is not broken.

/// The text in lines of at most so many characters.
pub(super) fn wrap(text: &str, limit: usize) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| wrap_line(line, limit)).collect();
    lines.join("\n")
}

fn wrap_line(line: &str, limit: usize) -> String {
    let (mut wrapped, mut width) = (String::new(), 0);
    let mut rest = line;
    while !rest.is_empty() {
        let (blanks, after) = rest.split_at(rest.find(|c| !is_blank(c)).unwrap_or(rest.len()));
        let (word, after) = after.split_at(after.find(is_blank).unwrap_or(after.len()));
        let (before, length) = (width + blanks.chars().count(), word.chars().count());
        rest = after;
        if before + length <= limit {
            wrapped.push_str(blanks);
            width = before + length;
        } else if word.is_empty() {
            break;
        } else if before > 1 {
            // Where only one column would be won, upstream goes on in the line.
            wrapped.push('\n');
            width = length;
        } else {
            wrapped.push_str(blanks);
            width = before + length;
        }
        wrapped.push_str(word);
    }
    wrapped
}

/// A blank that may be dropped; a no-break space is none.
fn is_blank(c: char) -> bool {
    c.is_whitespace() && c != '\u{a0}'
}

/// The text with every line that much to the right.
pub(super) fn indent(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    format!("{pad}{}", text.replace('\n', &format!("\n{pad}")))
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_break_as_go_wordwrap_breaks_them() {
        for (text, limit, expected) in [
            ("", 4, ""),
            ("one two three", 7, "one two\nthree"),
            ("one  two", 5, "one\ntwo"),
            ("  - list", 20, "  - list"),
            ("a\n\nb\n", 4, "a\n\nb\n"),
            ("to https://example.com/a", 10, "to\nhttps://example.com/a"),
            ("https://example.com/a b", 10, "https://example.com/a\nb"),
            ("a https://example.com/a", 10, "a\nhttps://example.com/a"),
            ("one ", 3, "one"),
            ("one\u{a0}two", 5, "one\u{a0}two"),
        ] {
            assert_eq!(wrap(text, limit), expected, "{text:?} {limit}");
        }
    }
}
