//! Differences of texts, as `diff -u` writes them.

/// Lines around each change.
const CONTEXT: usize = 3;

/// A unified difference. The lines between the first and the last that differ are matched with the longest common
/// subsequence.
pub fn unified(old: &[String], new: &[String]) -> String {
    let edits = edits(old, new);
    let mut text = String::new();
    let mut start = 0;
    while let Some(first) = edits[start..].iter().position(|edit| edit.sign != ' ').map(|i| i + start) {
        // A hunk goes on while no more than twice the context lies between two changes.
        let mut last = first;
        while let Some(next) =
            edits[last + 1..].iter().position(|edit| edit.sign != ' ').map(|i| i + last + 1)
        {
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

struct Edit<'a> {
    sign: char,
    line: &'a str,
}

fn hunk(edits: &[Edit<'_>], from: usize, to: usize) -> String {
    let count = |edits: &[Edit<'_>], other: char| edits.iter().filter(|edit| edit.sign != other).count();
    let range = |other: char| {
        let (before, length) = (count(&edits[..from], other), count(&edits[from..to], other));
        match length {
            1 => format!("{}", before + 1),
            0 => format!("{before},0"),
            _ => format!("{},{length}", before + 1),
        }
    };
    let mut text = format!("@@ -{} +{} @@\n", range('+'), range('-'));
    for edit in &edits[from..to] {
        text.push(edit.sign);
        text.push_str(edit.line);
        text.push('\n');
    }
    text
}

fn edits<'a>(old: &'a [String], new: &'a [String]) -> Vec<Edit<'a>> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (removed, added) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    // lengths[i][j] is that of the longest common subsequence of removed[i..] and added[j..].
    let mut lengths = vec![vec![0usize; added.len() + 1]; removed.len() + 1];
    for i in (0..removed.len()).rev() {
        for j in (0..added.len()).rev() {
            lengths[i][j] = if removed[i] == added[j] {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    let keep = |lines: &'a [String]| lines.iter().map(|line| Edit { sign: ' ', line });
    let mut edits: Vec<Edit<'a>> = keep(&old[..head]).collect();
    let (mut i, mut j) = (0, 0);
    while i < removed.len() || j < added.len() {
        if i < removed.len() && j < added.len() && removed[i] == added[j] {
            edits.push(Edit { sign: ' ', line: &removed[i] });
            (i, j) = (i + 1, j + 1);
        } else if i < removed.len() && (j == added.len() || lengths[i + 1][j] >= lengths[i][j + 1]) {
            edits.push(Edit { sign: '-', line: &removed[i] });
            i += 1;
        } else {
            edits.push(Edit { sign: '+', line: &added[j] });
            j += 1;
        }
    }
    edits.extend(keep(&old[old.len() - tail..]));
    edits
}

#[cfg(test)]
mod tests {
    use super::unified;

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
}
