//! What real concurrency leaves open, and nothing else: the whole list of what a replay does not compare literally.
//!
//! | free | because |
//! |---|---|
//! | ages, timestamps | they tell when a recording was made |
//! | pod addresses, cluster IPs, which node | several are equally good |
//! | uids, suffixes of generated names | random |
//! | the order between unrelated objects | several controllers write at once |
//! | which of equal volumes a claim gets | scripted from the recording |
//! | a slice's intermediate entries | its controller batches: one side's entries have to be a subsequence of the other's; where two pods change at once, each pod's own course has to be |
//! | when a claim's owners are written, against its binding | two controllers write it, and one may have to try again |
//! | a set's statuses on the way, where two pods change at once | the number of syncs depends on timing |
//! | how often a watch repeats a row | the server may fold changes together |
//! | what `describe`, `-o yaml`, `-o json` and `get events` print | compared by effect only |

use regex_lite::Regex;

/// Text with everything that is free replaced by its name, and runs of blanks folded, so that cells compare.
pub struct Normalizer {
    rules: Vec<(Regex, &'static str)>,
}

impl Default for Normalizer {
    fn default() -> Normalizer {
        let rules = [
            (r"\b\d{1,3}(\.\d{1,3}){3}\b", "<ip>"),
            (r"<ip>:(6443|16843)\b", "<ip>:<port>"),
            // The API server's own port stands alone in the slice `kubernetes`.
            (r"(kubernetes\s+IPv4\s+)(6443|16843)\b", "${1}<port>"),
            (r"\bnode-\d+\b", "<node>"),
            (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<uid>"),
            (r"\b([a-z0-9-]+)-[bcdfghjklmnpqrstvwxz2456789]{5}(\s+IPv4)", "$1-<suffix>$2"),
            // A duration at a line's end or before more columns: AGE, LAST SEEN, `3 (12s ago)`.
            (r"(?m)(^|[ (])(\d+[smhdy]){1,2}([ )]|$)", "$1<age>$3"),
            (r" {2,}", "  "),
            (r"(?m) +$", ""),
        ];
        let compile = |(pattern, name)| (Regex::new(pattern).expect("a rule of ours"), name);
        Normalizer { rules: rules.into_iter().map(compile).collect() }
    }
}

impl Normalizer {
    /// The text in its comparable form. Rows that a random suffix sorts are put in order.
    pub fn apply(&self, text: &str) -> String {
        let replace =
            |text: String, (rule, name): &(Regex, &str)| rule.replace_all(&text, *name).into_owned();
        let text = self.rules.iter().fold(text.to_owned(), replace);
        if !text.contains("<suffix>") {
            return text;
        }
        let mut rows: Vec<&str> = text.lines().collect();
        if let Some(rows) = rows.get_mut(1..) {
            rows.sort_unstable();
        }
        rows.join("\n")
    }
}

/// Whether only the effect of this command is compared, not what it prints.
pub fn effect_only(run: &str) -> bool {
    let words: Vec<&str> = run.split_whitespace().collect();
    let structured = words.iter().any(|w| matches!(*w, "yaml" | "json" | "-oyaml" | "-ojson"));
    let events = words.windows(2).any(|w| w[0] == "get" && matches!(w[1], "events" | "ev"));
    words.contains(&"describe") || structured || events
}

/// Whether `part`'s items all stand in `whole`, in order.
pub fn is_subsequence<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|item| rest.any(|other| other == item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_free_disappears() {
        let normalizer = Normalizer::default();
        let cases = [
            ("web-0   1/1     Running   0          12s", "web-0  1/1  Running  0  <age>"),
            ("web-0   1/1     Running   3 (12s ago)   2m5s", "web-0  1/1  Running  3 (<age> ago)  <age>"),
            ("10.244.2.2   node-2   <none>", "<ip>  <node>  <none>"),
            ("web-lzrzm   IPv4   80", "web-<suffix>  IPv4  80"),
            ("timed out after 3 tries", "timed out after 3 tries"),
        ];
        for (text, expected) in cases {
            assert_eq!(normalizer.apply(text), expected);
        }
        assert!(is_subsequence(&[1, 3], &[1, 2, 3]) && !is_subsequence(&[3, 1], &[1, 2, 3]));
    }
}
