//! Differences of texts, line by line, and as `diff -u` writes them.

/// Lines around each change.
const CONTEXT: usize = 3;
/// Most pairs of lines that are compared; where there would be more, all of them count as changed.
const PAIR_LIMIT: usize = 1 << 22;

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in both.
    Kept,
    /// It is only in the new text.
    Added,
    /// It is only in the old text.
    Removed,
}

/// The lines of both texts in their order, each with its fate. Those that are not removed, joined, are the new text.
pub fn compare<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Fate, &'a str)> {
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(new).take_while(same).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(same).count();
    let mut lines: Vec<(Fate, &str)> = new[..head].iter().map(|line| (Fate::Kept, *line)).collect();
    middle(&old[head..old.len() - tail], &new[head..new.len() - tail], &mut lines);
    lines.extend(new[new.len() - tail..].iter().map(|line| (Fate::Kept, *line)));
    lines
}

/// The longest common subsequence decides what is kept.
fn middle<'a>(old: &[&'a str], new: &[&'a str], lines: &mut Vec<(Fate, &'a str)>) {
    let (mut i, mut j) = (0, 0);
    if old.len().saturating_mul(new.len()) <= PAIR_LIMIT {
        let width = new.len() + 1;
        // Of old[i..] and new[j..]; as there are so few pairs, none is longer than a u16 can say.
        let mut longest = vec![0_u16; (old.len() + 1) * width];
        for (i, a) in old.iter().enumerate().rev() {
            for (j, b) in new.iter().enumerate().rev() {
                longest[i * width + j] = if a == b {
                    longest[(i + 1) * width + j + 1] + 1
                } else {
                    longest[(i + 1) * width + j].max(longest[i * width + j + 1])
                };
            }
        }
        while i < old.len() && j < new.len() {
            if old[i] == new[j] {
                lines.push((Fate::Kept, new[j]));
                (i, j) = (i + 1, j + 1);
            } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
                lines.push((Fate::Removed, old[i]));
                i += 1;
            } else {
                lines.push((Fate::Added, new[j]));
                j += 1;
            }
        }
    }
    lines.extend(old[i..].iter().map(|line| (Fate::Removed, *line)));
    lines.extend(new[j..].iter().map(|line| (Fate::Added, *line)));
}

/// A unified difference.
pub fn unified<'a>(old: &'a [String], new: &'a [String]) -> String {
    let lines = |text: &'a [String]| text.iter().map(String::as_str).collect::<Vec<_>>();
    let edits = compare(&lines(old), &lines(new));
    let is_change = |(fate, _): &(Fate, &str)| *fate != Fate::Kept;
    let mut text = String::new();
    let mut start = 0;
    while let Some(first) = edits[start..].iter().position(is_change).map(|i| i + start) {
        // A hunk goes on while no more than twice the context lies between two changes.
        let mut last = first;
        while let Some(next) = edits[last + 1..].iter().position(is_change).map(|i| i + last + 1) {
            if next - last > 2 * CONTEXT + 1 {
                break;
            }
            last = next;
        }
        let from = first.saturating_sub(CONTEXT).max(start);
        let to = (last + CONTEXT + 1).min(edits.len());
        text.push_str(&hunk(&edits, from, to));
        start = to;
    }
    text
}

fn hunk(edits: &[(Fate, &str)], from: usize, to: usize) -> String {
    let count = |edits: &[(Fate, &str)], other: Fate| edits.iter().filter(|(fate, _)| *fate != other).count();
    let range = |other: Fate| {
        let (before, length) = (count(&edits[..from], other), count(&edits[from..to], other));
        match length {
            1 => format!("{}", before + 1),
            0 => format!("{before},0"),
            _ => format!("{},{length}", before + 1),
        }
    };
    let mut text = format!("@@ -{} +{} @@\n", range(Fate::Added), range(Fate::Removed));
    for (fate, line) in &edits[from..to] {
        text.push(match fate {
            Fate::Kept => ' ',
            Fate::Added => '+',
            Fate::Removed => '-',
        });
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Fate, compare, unified};

    fn diff<'a>(old: &'a str, new: &'a str) -> Vec<(Fate, &'a str)> {
        compare(&old.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>())
    }

    #[test]
    fn far_apart_changes_are_hunks_of_their_own() {
        let old: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let mut new = old.clone();
        new[1] = "x".to_owned();
        new.remove(15);
        let expected =
            "@@ -1,5 +1,5 @@\n 0\n-1\n+x\n 2\n 3\n 4\n@@ -13,7 +13,6 @@\n 12\n 13\n 14\n-15\n 16\n 17\n 18\n";
        assert_eq!(unified(&old, &new), expected);
    }

    #[test]
    fn a_diff_tells_what_went_and_what_came() {
        for (old, new, expected) in [
            ("", "", ""),
            ("a\nb\nc", "a\nb\nc", "=a =b =c"),
            ("a\nb\nc", "a\nx\nc", "=a -b +x =c"),
            ("", "a\nb", "+a +b"),
            ("a\nb", "", "-a -b"),
            ("a\nb\nc\nd", "b\nc\ne\nd", "-a =b =c +e =d"),
            ("x\na\nx", "x\nx", "=x -a =x"),
        ] {
            let told: Vec<String> = diff(old, new)
                .into_iter()
                .map(|(fate, line)| {
                    let sign = match fate {
                        Fate::Kept => '=',
                        Fate::Added => '+',
                        Fate::Removed => '-',
                    };
                    format!("{sign}{line}")
                })
                .collect();
            assert_eq!(told.join(" "), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn a_long_text_is_bounded() {
        let (old, new) = ("a\n".repeat(5000), "b\n".repeat(5000));
        assert_eq!(diff(&old, &new).len(), 10_000);
    }
}
