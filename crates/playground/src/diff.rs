//! What differs between two texts, line by line.
//!
//! Invariant: the lines that are not removed, joined, are the new text.

/// Most lines that are compared; of longer texts everything counts as changed.
const COMPARED: usize = 1000;

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

/// The lines of both texts in their order, each with its fate.
pub fn diff<'a>(old: &'a str, new: &'a str) -> Vec<(Fate, &'a str)> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(&new).take_while(same).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(same).count();
    let mut lines: Vec<(Fate, &str)> = new[..head].iter().map(|line| (Fate::Kept, *line)).collect();
    middle(&old[head..old.len() - tail], &new[head..new.len() - tail], &mut lines);
    lines.extend(new[new.len() - tail..].iter().map(|line| (Fate::Kept, *line)));
    lines
}

/// The longest common subsequence decides what is kept.
fn middle<'a>(old: &[&'a str], new: &[&'a str], lines: &mut Vec<(Fate, &'a str)>) {
    let (mut i, mut j) = (0, 0);
    if old.len().max(new.len()) <= COMPARED {
        let width = new.len() + 1;
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

#[cfg(test)]
mod tests {
    use super::{Fate, diff};

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
