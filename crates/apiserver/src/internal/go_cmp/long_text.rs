//! What changes in a long text, byte by byte (github.com/google/go-cmp v0.6.0: cmp/report_slices.go).

use super::edits::{Edit, Likeness, Tally, edits};
use super::text::{Record, Text};
use super::{CONTEXT, Options, quote_whole};

/// How many bytes stand on a line.
const CHUNK: usize = 64;

/// A run of bytes that both have, or what is there instead of each other, which may have equal bytes within.
enum Run<'a> {
    Same(&'a [u8]),
    Changed(&'a [u8], &'a [u8], Tally),
}

pub fn difference(old: &str, new: &str, options: Options) -> Text {
    let runs = runs(old.as_bytes(), new.as_bytes());
    let (mut records, mut shown, mut rest) = (Vec::new(), 0, Tally::default());
    for (i, run) in runs.iter().enumerate() {
        let hide = shown >= 4 << options.verbosity;
        match run {
            Run::Same(bytes) if hide => rest.same += bytes.len(),
            Run::Changed(.., tally) if hide => rest += *tally,
            Run::Same(bytes) => {
                let head = if i == 0 { 0 } else { bytes.len().min(CHUNK * CONTEXT) };
                let tail = if i + 1 == runs.len() { 0 } else { (bytes.len() - head).min(CHUNK * CONTEXT) };
                let hidden = bytes.len() - head - tail;
                let (tail, hidden) = if hidden <= CHUNK { (tail + hidden, 0) } else { (tail, hidden) };
                records.extend(lines(' ', &bytes[..head]));
                if hidden > 0 {
                    let tally = Tally { same: hidden, ..Tally::default() };
                    records.push(Record::dots(Some(tally.words("byte"))));
                }
                records.extend(lines(' ', &bytes[bytes.len() - tail..]));
            }
            Run::Changed(old, new, _) => {
                let before = records.len();
                records.extend(lines('-', old).chain(lines('+', new)));
                shown += records.len() - before;
            }
        }
    }
    if rest != Tally::default() {
        records.push(Record::dots(Some(rest.words("byte"))));
    }
    Text::Block { open: "strings.Join({".to_owned(), records, close: "}, \"\")" }
}

fn lines(sign: char, bytes: &[u8]) -> impl Iterator<Item = Record> {
    let quoted = |chunk| Text::Line(quote_whole(&String::from_utf8_lossy(chunk)));
    bytes.chunks(CHUNK).map(move |chunk| Record::of(sign, "", quoted(chunk)))
}

fn runs<'a>(mut old: &'a [u8], mut new: &'a [u8]) -> Vec<Run<'a>> {
    let likeness = |i: usize, j: usize| {
        let is_same = old.get(i) == new.get(j);
        // One byte is never a change of another.
        Likeness { same: is_same.into(), different: if is_same { 0 } else { 2 } }
    };
    let edits = edits(old.len(), new.len(), &likeness);
    let mut runs = Vec::new();
    let mut same = 0;
    for tally in smooth(&edits) {
        if tally.removed + tally.inserted == 0 {
            same += tally.same;
            continue;
        }
        // What is equal at the ends of a change belongs to its neighbours.
        let (x, y) =
            (&old[same..][..tally.same + tally.removed], &new[same..][..tally.same + tally.inserted]);
        let head = x.iter().zip(y).take_while(|(a, b)| a == b).count();
        let tail = x[head..].iter().rev().zip(y[head..].iter().rev()).take_while(|(a, b)| a == b).count();
        if same + head > 0 {
            runs.push(Run::Same(&old[..same + head]));
        }
        let (x_changed, y_changed) = (&x[head..x.len() - tail], &y[head..y.len() - tail]);
        let whole = Tally { removed: x_changed.len(), inserted: y_changed.len(), ..Tally::default() };
        runs.push(Run::Changed(x_changed, y_changed, if head + tail > 0 { whole } else { tally }));
        (old, new) = (&old[same + x.len() - tail..], &new[same + y.len() - tail..]);
        same = tail;
    }
    if same > 0 {
        runs.push(Run::Same(old));
    }
    runs
}

/// Counts of equal and of changed bytes by turns; few equal ones between changes are taken for changed.
fn smooth(edits: &[Edit]) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = Vec::new();
    for run in edits.chunk_by(|a, b| (*a == Edit::Same) == (*b == Edit::Same)) {
        let tally: Tally = run.iter().copied().collect();
        if tally.same == 0
            && let [.., before, between] = &mut tallies[..]
            && before.removed + tally.removed > 0
            && before.inserted + tally.inserted > 0
            && between.same <= CHUNK / 4
        {
            *before += *between;
            *before += tally;
            tallies.pop();
        } else {
            tallies.push(tally);
        }
    }
    tallies
}
