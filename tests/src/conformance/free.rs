//! What real concurrency leaves open, and nothing else: the whole list of what a replay does not compare literally.
//!
//! | free | because | where |
//! |---|---|---|
//! | ages, times, addresses (also in memory), nodes, uids, resourceVersions, generated suffixes | they tell when and where a recording was made | [`VALUES`] |
//! | rows that a free value sorts; equal rows | so is their order | [`sorts_freely`] |
//! | the widths of columns | they follow free values; cells are compared | [`super::tables`] |
//! | which of equal volumes a claim gets, which node a pod | scripted from the recording | [`super::replay`] |
//! | which of two equal volumes an output of commands names | one file may hold several runs of a cluster, a script follows one | [`super::volumes`] |
//! | FailedScheduling: whether and how often | the scheduler may look before a claim is bound, or after | [`NUMBER`] |
//! | conflict-retry Events, and where one was recorded the order of a claim's owners and binding | whether two writers meet is chance | [`CONFLICT`] |
//! | which of a pod's claims is its first volume | upstream walks a map (stateful_set_utils.go, updateStorage) | [`claims_sorted`] |
//! | a claim's binding that was left half done, as the binder's write met another one | it waits for the next resync: scripted | [`super::replay`] |
//! | counts of Events that a resync repeats | in which step the 15 s fall is chance | [`RESYNCED`] |
//! | whether a waiting claim hears of its pod or of its first consumer, when events are listed | the sync that says it falls before its pod is seen, or after | [`WAITS`] |
//! | combined or single form of an Event, once there is a combined one | so upstream's correlator decides | [`super::events`] |
//! | names of revisions that were made by `rollout restart` | their template tells the time; called as recorded | [`super::names`] |
//! | in which step a resync binds a claim | its phase is scripted: what the recording agrees with is found by trying | [`super::replay`] |
//! | a slice's entries on the way | its controller batches: one side's are a subsequence of the other's; of each pod alone, while two or more change at once | [`super::trails`] |
//! | a set's statuses on the way while two or more pods change at once | the number of syncs depends on timing | [`super::trails`] |
//! | how often a revision is made anew during a foreground deletion | so does it | [`super::trails`] |
//! | how far creation got within a real `sleep` | so does it | [`super::trails`] |
//! | how often a watch repeats a row | the server may fold changes together | [`super::compare`] |
//! | what `..` of a JSONPath finds first; the order of componentstatuses | upstream walks maps | [`walks_maps`], [`sorts_freely`] |
//! | how often `-o name` names the Events of an object | what FailedScheduling leaves open | [`names_once`] |
//! | RegisteredNode Events | whether the nodes had joined within the hour before | [`without_joining`] |
//! | the texts of `explain` at 1.32 | field texts come from one version of the API types | [`layout`] |
//! | with `--effects-only`: what describe, explain, `-o yaml`, `-o json` and get events print | asked for | [`is_effect_only`] |

use regex_lite::Regex;

use super::names::Names;
use super::run::Mode;
use super::{events, tables};

/// Values that are free wherever they are printed: a pattern, and the name that stands for it.
const VALUES: [(&str, &str); 19] = [
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "<time>"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4}( [A-Z]{3})?", "<time>"),
    (r"\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "<time>"),
    // What a log line of kubectl begins with: time and process.
    (r"(?m)^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ", "$1<time> "),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<uid>"),
    // Made from a uid.
    (r"containerd://[0-9a-f]{64}\b", "containerd://<id>"),
    // Where Go had something in memory.
    (r"\b0xc[0-9a-f]{9}\b", "<pointer>"),
    // An Event's name ends with its time.
    (r"\.[0-9a-f]{16}\b", ".<event>"),
    // Pods and Services, and nodes; a volume's server is no choice of the cluster's.
    (r"\b10(\.\d{1,3}){3}\b|\b192\.168\.1\.1\d\b", "<ip>"),
    // Where the API server listens.
    (r"(<ip>|\b127\.0\.0\.1):(6443|16\d43)\b", "<ip>:<port>"),
    (r"(https\s+|kubernetes\s+IPv4\s+|\b(?:targetPort|TargetPort|port)\W+)(6443|16\d43)\b", "$1<port>"),
    (r"([a-z0-9])-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "$1-<suffix>"),
    (r"\b(LIVE|MERGED|kubectl-edit)-\d+", "$1-<suffix>"),
    (r#"(resourceVersion"?: ?"?|resource version to be \d+, was )\d+"#, "$1<version>"),
    // AGE and LAST SEEN: a cell of its own.
    (r"(?m)(^|  )(\d+[smhdy]){1,2}(  | \(x|$)", "$1<age>$3"),
    (r"\((\d+[smhdy]){1,2} ago\)", "(<age> ago)"),
    (r"\(lasts (\d+[smhdy]){1,2}\)", "(lasts <age>)"),
    (r"over (\d+[smhdy]){1,2}\)", "over <age>)"),
    (r"\bnode-\d+\b", "<node>"),
];

/// What a list of objects in YAML begins with.
const YAML_LIST: &str = "apiVersion: v1\nitems:\n- ";

/// Reasons of Events whose number and step are free.
pub const NUMBER: [&str; 1] = ["FailedScheduling"];

/// Reasons of Events that a resync repeats: their counts are free.
pub const RESYNCED: [&str; 5] = [
    "FailedBinding",
    "ProvisioningFailed",
    "ExternalProvisioning",
    "WaitForFirstConsumer",
    "WaitForPodScheduled",
];

/// Those of them of which a claim hears one or the other.
pub const WAITS: [&str; 2] = ["WaitForFirstConsumer", "WaitForPodScheduled"];

/// What an Event about a conflict says.
pub const CONFLICT: &str = "the object has been modified";

/// Compares what commands print.
pub struct Texts {
    mode: Mode,
    values: Vec<(Regex, &'static str)>,
    /// Names of revisions that follow the clock.
    pub names: Names,
}

impl Texts {
    /// Compares as that mode says.
    pub fn new(mode: Mode) -> Texts {
        let compile = |(pattern, name)| (Regex::new(pattern).expect("a pattern of ours"), name);
        Texts { mode, values: VALUES.into_iter().map(compile).collect(), names: Names::default() }
    }

    /// The first difference between what a command was recorded to print and what it prints.
    pub fn difference(&self, run: &str, what: &str, recorded: &str, ours: &str) -> Option<String> {
        if self.mode.effects_only && is_effect_only(run) {
            return None;
        }
        let (theirs, mine) = tables::aligned(recorded, ours);
        let (theirs, mine) = (self.comparable(run, &theirs), self.comparable(run, &mine));
        if lists_events(run) {
            let (theirs, mine) = (events::Listing::read(&theirs), events::Listing::read(&mine));
            return super::compare::lines_differ(what, &theirs.rest, &mine.rest)
                .or_else(|| events::difference(what, &theirs.rows, &mine.rows));
        }
        super::compare::lines_differ(what, &theirs, &mine)
    }

    /// The text with what is free replaced by its name.
    pub fn comparable(&self, run: &str, text: &str) -> String {
        let values = self.values.iter().filter(|(_, name)| *name != "<node>" || !names_nodes(run));
        let text =
            values.fold(text.to_owned(), |text, (value, name)| value.replace_all(&text, *name).into_owned());
        if words(run).any(|word| word == "explain") && self.mode.version < machinery::version::Version::V1_36
        {
            return layout(&text);
        }
        let text = claims_sorted(&names_once(&without_joining(run, &text)));
        if walks_maps(run) {
            return sorted_words(&text);
        }
        if text.starts_with(YAML_LIST) && text.contains("-<suffix>\n") {
            return sorted_items(&text);
        }
        if sorts_freely(run, &text) || self.names.occur_in(&text) { sorted(&text) } else { text }
    }
}

fn words(run: &str) -> impl Iterator<Item = &str> {
    run.split(|c: char| c.is_whitespace() || c == ';').filter(|word| !word.is_empty())
}

/// Whether only the effect of this command is compared under `--effects-only`, not what it prints.
pub fn is_effect_only(run: &str) -> bool {
    let structured = words(run).any(|w| {
        let format =
            w.strip_prefix("--output=").or(w.strip_prefix("-o")).unwrap_or(w).trim_start_matches('=');
        matches!(format, "yaml" | "json")
    });
    structured || lists_events(run) || words(run).any(|w| w == "explain")
}

/// Whether the command prints Events: describe and get events.
pub fn lists_events(run: &str) -> bool {
    let kinds = |w: &str| w.split(',').any(|kind| matches!(kind, "events" | "event" | "ev"));
    words(run).any(|w| w == "describe" || kinds(w))
}

/// Whether the command is about nodes, so that their names are no choice.
fn names_nodes(run: &str) -> bool {
    let about = ["cordon", "uncordon", "drain", "taint", "nodes", "node", "no"];
    words(run).any(|w| about.contains(&w.split('/').next().unwrap_or_default()))
}

/// Whether a free value decides the order of the rows.
fn sorts_freely(run: &str, text: &str) -> bool {
    let keys = ["podIP", "hostIP", "clusterIP", "nodeName", "uid", "resourceVersion"];
    let sorts = words(run).any(|w| w.contains("sort-by")) && keys.iter().any(|key| run.contains(key));
    let checks = words(run).any(|w| matches!(w, "componentstatuses" | "componentstatus" | "cs"));
    sorts || checks || text.contains("-<suffix>  ")
}

/// Whether a JSONPath looks for a name anywhere: the fields of a map come in any order.
fn walks_maps(run: &str) -> bool {
    run.contains("jsonpath") && run.contains("..")
}

fn sorted_words(text: &str) -> String {
    let mut words: Vec<&str> = text.split_inclusive(char::is_whitespace).map(str::trim_end).collect();
    words.sort_unstable();
    words.join(" ")
}

/// A listing of Events without those that tell that a node has joined.
fn without_joining(run: &str, text: &str) -> String {
    let tells = |line: &&str| line.contains(" RegisteredNode ") || line.starts_with("event/<node>.<event>");
    match lists_events(run) {
        true => text.split_inclusive('\n').filter(|line| !tells(line)).collect(),
        false => text.to_owned(),
    }
}

/// Names of Events that differ in nothing but the time are listed once.
fn names_once(text: &str) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines.dedup_by(|line, before| line == before && line.trim_end().ends_with(".<event>"));
    lines.concat()
}

/// The rows in order, below the first one.
fn sorted(text: &str) -> String {
    let mut rows: Vec<&str> = text.lines().collect();
    if let Some(rows) = rows.get_mut(1..) {
        rows.sort_unstable();
    }
    rows.join("\n")
}

/// The items of a list in YAML in order, as names with a generated suffix come in any.
fn sorted_items(text: &str) -> String {
    let text = text.strip_prefix(YAML_LIST).unwrap_or(text);
    // What follows the last item belongs to the list.
    let (items, list) = text.split_at(text.rfind("\nkind: ").unwrap_or(text.len()));
    let mut items: Vec<&str> = items.split("\n- ").collect();
    items.sort_unstable();
    items.join("\n- ") + list
}

/// The text with volumes that are claims in order, where one follows the other in `describe` or YAML.
fn claims_sorted(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_claim = |at: usize| {
        let is_told = |line: &&str| {
            let line = line.trim_start();
            line.starts_with("persistentVolumeClaim:") || line.starts_with("Type:  PersistentVolumeClaim")
        };
        lines.get(at + 1).is_some_and(is_told)
    };
    let mut sorted = String::with_capacity(text.len());
    let mut claims: Vec<String> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if is_claim(at) {
            let below = lines[at + 1..].iter().take_while(|line| indent(line) > indent(lines[at])).count();
            claims.push(lines[at..=at + below].concat());
            at += 1 + below;
            continue;
        }
        claims.sort_unstable();
        sorted.extend(claims.drain(..));
        sorted.push_str(lines[at]);
        at += 1;
    }
    claims.sort_unstable();
    sorted.extend(claims);
    sorted
}

/// What is not indented: headings, and what is beside them.
fn layout(text: &str) -> String {
    let headings = text.lines().filter(|line| !line.starts_with(' ') && !line.is_empty());
    headings.map(|line| format!("{line}\n")).collect()
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
        let texts = Texts::new(Mode::default());
        let same = [
            (
                "kubectl get pods",
                "web-0   1/1     Running   0          12s\n",
                "web-0  1/1  Running  0  2m5s\n",
            ),
            (
                "kubectl get pods",
                "web-0   1/1   Running   3 (12s ago)   5s\n",
                "web-0  1/1  Running  3 (9s ago)  7s\n",
            ),
            ("kubectl get pods -o wide", "10.244.2.2   node-2   <none>\n", "10.244.1.9   node-1   <none>\n"),
            ("kubectl get slices", "web-lzrzm   IPv4   80\n", "web-222bb   IPv4   80\n"),
            (
                "kubectl diff -f a",
                "--- LIVE-123/a\t2026-11-23 05:13:04.713 +0000\n",
                "--- LIVE-7/a\t2020-11-23 05:13:04 +0000\n",
            ),
            ("kubectl get pods -o jsonpath='{..image}'", "a:1 io/a:1", "io/a:1 a:1"),
            ("kubectl get cs", "NAME\nscheduler\netcd-0\n", "NAME\netcd-0\nscheduler\n"),
            (
                "kubectl get events -o name",
                "event/node-1.18bbfe9e0b6e5b40\nevent/a.18bbfe9e0b6e5b40\n",
                "event/a.18bbfe9e0b6e5b41\nevent/a.18bbfe9e0b6e5b42\n",
            ),
        ];
        for (run, a, b) in same {
            assert_eq!(texts.difference(run, "stdout", a, b), None);
        }
        let different = [
            (
                "kubectl get pods",
                "web-0   1/1     Running   0          12s\n",
                "web-0   1/1     Running   1          12s\n",
            ),
            ("kubectl wait", "timed out after 3 tries\n", "timed out after 4 tries\n"),
            ("kubectl wait", "within 3s it failed\n", "within 4s it failed\n"),
            ("kubectl cordon node-1", "node/node-1 cordoned\n", "node/node-2 cordoned\n"),
            ("kubectl get pods", "web-0\n", "web-0"),
            ("kubectl get pods -o jsonpath='{..image}'", "a:1 io/a:1", "a:1 a:1"),
            ("kubectl get pods -o jsonpath='{.items[*].image}'", "a:1 io/a:1", "io/a:1 a:1"),
            ("kubectl get events -o name", "event/a.18bbfe9e0b6e5b40\n", "event/b.18bbfe9e0b6e5b40\n"),
            ("kubectl get pods", "NAME\nweb-1\nweb-0\n", "NAME\nweb-0\nweb-1\n"),
            ("kubectl describe pv", "  Server:  192.168.1.100\n", "  Server:  192.168.1.10\n"),
        ];
        for (run, a, b) in different {
            assert!(texts.difference(run, "stdout", a, b).is_some(), "{run}: {a}");
        }
        assert!(is_subsequence(&[1, 3], &[1, 2, 3]) && !is_subsequence(&[3, 1], &[1, 2, 3]));
    }

    #[test]
    fn items_with_generated_names_come_in_any_order() {
        let list = |items: [&str; 2]| format!("{YAML_LIST}{}\n- {}\nkind: List\n", items[0], items[1]);
        let texts = Texts::new(Mode::default());
        let differs = |a: [&str; 2], b: [&str; 2]| {
            texts.difference("kubectl get slices -o yaml", "stdout", &list(a), &list(b)).is_some()
        };
        let (one, two) = ("a: 1\n  name: web-bcdfg", "a: 2\n  name: web-xzz22");
        assert!(!differs([one, two], ["a: 2\n  name: web-22222", "a: 1\n  name: web-zzzzz"]));
        assert!(differs([one, two], [one, one]));
    }

    #[test]
    fn a_pods_claims_come_in_any_order() {
        let claim = |name: &str| {
            format!("  {name}:\n    Type:  PersistentVolumeClaim (a)\n    ClaimName:  {name}-0\n")
        };
        let told = |names: [&str; 2]| {
            format!(
                "Volumes:\n{}{}  token:\n    Type:  Projected\nQoS:  x\n",
                claim(names[0]),
                claim(names[1])
            )
        };
        let yaml = |names: [&str; 2]| {
            let claim = |name: &str| {
                format!("  - name: {name}\n    persistentVolumeClaim:\n      claimName: {name}-0\n")
            };
            format!("volumes:\n{}{}", claim(names[0]), claim(names[1]))
        };
        assert_eq!(claims_sorted(&told(["logs", "data"])), told(["data", "logs"]));
        assert_eq!(claims_sorted(&yaml(["logs", "data"])), yaml(["data", "logs"]));
        assert_ne!(claims_sorted(&told(["logs", "data"])), told(["data", "data"]));
        let other = "  b:\n    Type:  EmptyDir\n  a:\n    Type:  EmptyDir\n";
        assert_eq!(claims_sorted(other), other);
    }

    #[test]
    fn effects_alone_are_asked_for_by_command() {
        let cases = [
            ("kubectl describe pod web-0", true),
            ("kubectl explain sts", true),
            ("kubectl get sts -o yaml", true),
            ("kubectl get sts -ojson", true),
            ("kubectl get sts --output=json", true),
            ("kubectl get events", true),
            ("kubectl get pods -o wide", false),
            ("kubectl get sts -o jsonpath={.a}", false),
            ("kubectl apply -f web.yaml", false),
        ];
        for (run, expected) in cases {
            assert_eq!(is_effect_only(run), expected, "{run}");
        }
    }
}
