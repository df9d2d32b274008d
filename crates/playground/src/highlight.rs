//! Colours for YAML, by eye: what is a key, a string, a number, a comment.
//!
//! Not a parser: wrong YAML gets some colours too. Invariant: the pieces joined are the text.

/// Longest text that is coloured, in bytes.
const COLOURED: usize = 64 << 10;

/// What a piece of text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Nothing in particular.
    Plain,
    /// A key of a mapping.
    Key,
    /// A string.
    Text,
    /// A number or a boolean.
    Number,
    /// A comment.
    Comment,
    /// `---`, dashes and brackets.
    Mark,
}

/// Takes the text apart.
pub fn highlight(text: &str) -> Vec<(Piece, &str)> {
    if text.len() > COLOURED {
        return vec![(Piece::Plain, text)];
    }
    let mut pieces = Vec::new();
    for line in text.split_inclusive('\n') {
        colour_line(line, &mut pieces);
    }
    pieces
}

fn colour_line<'a>(line: &'a str, pieces: &mut Vec<(Piece, &'a str)>) {
    let content = line.trim_start_matches(' ');
    push(pieces, Piece::Plain, &line[..line.len() - content.len()]);
    if content.starts_with('#') {
        return push(pieces, Piece::Comment, content);
    }
    if content.starts_with("---") || content.starts_with("...") {
        return push(pieces, Piece::Mark, content);
    }
    let mut rest = content;
    while let Some(after) = rest.strip_prefix("- ") {
        push(pieces, Piece::Mark, &rest[..2]);
        rest = after;
    }
    if let Some(colon) = key_end(rest) {
        push(pieces, Piece::Key, &rest[..colon]);
        push(pieces, Piece::Plain, &rest[colon..=colon]);
        rest = &rest[colon + 1..];
    }
    let (value, comment) = rest.find(" #").map_or((rest, ""), |at| rest.split_at(at));
    colour_value(value, pieces);
    push(pieces, Piece::Comment, comment);
}

/// Where the colon after a key stands.
fn key_end(text: &str) -> Option<usize> {
    let colon = text.find(": ").or_else(|| text.trim_end().strip_suffix(':').map(str::len))?;
    let key = &text[..colon];
    (!key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./\"'".contains(c)))
        .then_some(colon)
}

fn colour_value<'a>(value: &'a str, pieces: &mut Vec<(Piece, &'a str)>) {
    let trimmed = value.trim();
    let numeric = |c: char| c.is_ascii_digit() || ".-+".contains(c);
    let piece = match trimmed {
        "" => Piece::Plain,
        "true" | "false" | "null" | "~" => Piece::Number,
        _ if trimmed.chars().all(numeric) => Piece::Number,
        _ if trimmed.starts_with(['[', '{', '|', '>', '&', '*']) => Piece::Mark,
        _ => Piece::Text,
    };
    push(pieces, piece, value);
}

fn push<'a>(pieces: &mut Vec<(Piece, &'a str)>, piece: Piece, text: &'a str) {
    if !text.is_empty() {
        pieces.push((piece, text));
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, highlight};

    #[test]
    fn the_pieces_joined_are_the_text() {
        for text in
            ["", "\n", "a: 1", "- - b:\n  c: [1, 2] # d\n---\n# e", "é: ü\n\t- x", ": :", "a:\n", "-", "- "]
        {
            let joined: String = highlight(text).into_iter().map(|(_, piece)| piece).collect();
            assert_eq!(joined, text);
        }
    }

    #[test]
    fn keys_values_and_comments_differ() {
        let pieces = highlight("- replicas: 2 # two\n");
        assert_eq!(
            pieces,
            [
                (Piece::Mark, "- "),
                (Piece::Key, "replicas"),
                (Piece::Plain, ":"),
                (Piece::Number, " 2"),
                (Piece::Comment, " # two\n"),
            ]
        );
    }
}
