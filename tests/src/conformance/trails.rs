//! Two trails of one step: each object's own course, and the order among the pods of an OrderedReady set.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::lines_differ;
use super::free::is_subsequence;
use super::trace::Step;

/// What is free in a step's trail.
#[derive(Clone, Debug, Default)]
pub struct Freedom {
    /// Two or more pods changed at once.
    pub burst: bool,
    /// Two writers met.
    pub conflict: bool,
    /// Something was deleted in the foreground.
    pub foreground: bool,
    /// The command line slept for real.
    pub sleep: bool,
    /// What the slices held before the step, as entries of a trail.
    pub slices: Vec<String>,
}

impl Freedom {
    /// What the recording of a step leaves free.
    pub fn of(step: &Step, slices: &[String]) -> Freedom {
        Freedom {
            burst: changes_at_once(&step.trail),
            conflict: step.meets_conflict(),
            foreground: step.run.contains("foreground"),
            sleep: step.run.split_whitespace().any(|word| word == "sleep"),
            slices: slices.to_vec(),
        }
    }
}

/// The first difference between two trails; `ordered` names the OrderedReady sets.
pub fn differ(
    recorded: &[String],
    ours: &[String],
    free: &Freedom,
    ordered: &BTreeSet<String>,
) -> Option<String> {
    let (theirs, mine) = (by_object(recorded), by_object(ours));
    let ids: BTreeSet<&str> = theirs.keys().chain(mine.keys()).copied().collect();
    let course = |courses: &BTreeMap<_, Vec<_>>, id| courses.get(id).cloned().unwrap_or_default();
    ids.into_iter()
        .find_map(|id| {
            let (theirs, mine) = (course(&theirs, id), course(&mine, id));
            let differ = || lines_differ(&format!("trail of {id}"), &theirs.join("\n"), &mine.join("\n"));
            (!agree(id, &theirs, &mine, free)).then(differ)?
        })
        .or_else(|| ordered.iter().find_map(|set| orders_differ(set, recorded, ours)))
}

/// Whether an object went the same way.
fn agree(id: &str, theirs: &[&str], mine: &[&str], free: &Freedom) -> bool {
    match id.split('/').next().unwrap_or_default() {
        "pod" | "pvc" | "pv" | "slice" if free.sleep => true,
        "slice" => {
            let batched = || is_subsequence(theirs, mine) || is_subsequence(mine, theirs);
            let on_the_way =
                if free.burst { courses_agree(id, theirs, mine, &free.slices) } else { batched() };
            theirs.last() == mine.last() && on_the_way
        }
        "pvc" if free.conflict => parts_agree(theirs, mine, |line| line.contains(" owners ")),
        "cr" if free.foreground => distinct(theirs) == distinct(mine),
        "sts" if free.burst || free.sleep => {
            let is_status = |line: &&&str| line.contains(" status ");
            let statuses = |lines: &[&str]| lines.iter().filter(is_status).map(|l| (*l).to_owned()).collect();
            let (theirs_on, mine_on): (Vec<String>, Vec<String>) = (statuses(theirs), statuses(mine));
            theirs_on.first() == mine_on.first()
                && theirs_on.last() == mine_on.last()
                && theirs.iter().filter(|l| !is_status(l)).eq(mine.iter().filter(|l| !is_status(l)))
        }
        _ => theirs == mine,
    }
}

/// Whether the lines of one sort agree, and those of the other.
fn parts_agree(theirs: &[&str], mine: &[&str], sort: impl Fn(&str) -> bool) -> bool {
    [true, false].into_iter().all(|part| {
        let of = |lines: &&[&str]| {
            lines.iter().filter(|l| sort(l) == part).map(|l| (*l).to_owned()).collect::<Vec<String>>()
        };
        of(&theirs) == of(&mine)
    })
}

/// Whether each pod went the same way through a slice's entries. Where pods change at once the entries on the way are
/// those of one order among them, and another run has others.
fn courses_agree(slice: &str, theirs: &[&str], mine: &[&str], before: &[String]) -> bool {
    let from = |entries: &[&str]| -> Vec<String> {
        let before = before.iter().filter(|entry| id(entry) == slice).cloned();
        before.chain(entries.iter().map(|entry| (*entry).to_owned())).collect()
    };
    let (theirs, mine) = (from(theirs), from(mine));
    let (theirs, mine) = (courses(&theirs), courses(&mine));
    let pods: BTreeSet<&str> = theirs.keys().chain(mine.keys()).copied().collect();
    pods.into_iter().all(|pod| {
        let of = |courses: &BTreeMap<&str, Vec<String>>| courses.get(pod).cloned().unwrap_or_default();
        let (theirs, mine) = (of(&theirs), of(&mine));
        is_subsequence(&theirs, &mine) || is_subsequence(&mine, &theirs)
    })
}

/// What each pod was in a slice's entries, one after the other: `ready`, `serving+terminating`, or not there.
fn courses(entries: &[String]) -> BTreeMap<&str, Vec<String>> {
    fn pods(entry: &str) -> BTreeMap<&str, &str> {
        let listed = entry.split_once(' ').map_or("", |(_, pods)| pods);
        listed.split(", ").filter_map(|pod| pod.split_once(':')).collect()
    }
    let all: BTreeSet<&str> = entries.iter().flat_map(|entry| pods(entry).into_keys()).collect();
    let mut courses: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for entry in entries {
        let listed = pods(entry);
        for pod in &all {
            let state = listed.get(pod).copied().unwrap_or("not there").to_owned();
            let course = courses.entry(pod).or_default();
            if course.last() != Some(&state) {
                course.push(state);
            }
        }
    }
    courses
}

fn distinct<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    lines.iter().copied().filter(|line| seen.insert(*line)).collect()
}

/// What a line of a trail is about.
fn id(line: &str) -> &str {
    let rest = line.strip_prefix("+ ").or_else(|| line.strip_prefix("- ")).unwrap_or(line);
    rest.split_whitespace().next().unwrap_or_default()
}

/// Each object's own lines, in order.
fn by_object(trail: &[String]) -> BTreeMap<&str, Vec<&str>> {
    let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in trail {
        lines.entry(id(line)).or_default().push(line);
    }
    lines
}

/// The order in which a set's pods are born, begin to end, and go.
fn orders_differ(set: &str, recorded: &[String], ours: &[String]) -> Option<String> {
    let is_of_set = |line: &&String| {
        let pod = id(line).strip_prefix("pod/").and_then(|pod| pod.strip_prefix(set)?.strip_prefix('-'));
        pod.is_some_and(|ordinal| !ordinal.is_empty() && ordinal.bytes().all(|b| b.is_ascii_digit()))
    };
    let turns = |trail: &[String], and_ends: bool| -> String {
        let is_turn = |line: &&String| {
            line.starts_with("+ ") || and_ends && (line.starts_with("- ") || line.ends_with(" terminating"))
        };
        trail.iter().filter(is_of_set).filter(is_turn).map(|line| format!("{line}\n")).collect()
    };
    // Pods that end at once were not ended by their set's controller, which takes one after the other.
    let ends_are_ordered = !(ends_at_once(recorded, is_of_set) || ends_at_once(ours, is_of_set));
    let (theirs, mine) = (turns(recorded, ends_are_ordered), turns(ours, ends_are_ordered));
    lines_differ(&format!("order of the pods of {set}"), &theirs, &mine)
}

fn ends_at_once(trail: &[String], is_of_set: impl Fn(&&String) -> bool) -> bool {
    let mut ending = BTreeSet::new();
    trail.iter().filter(is_of_set).any(|line| {
        if line.ends_with(" terminating") {
            ending.insert(id(line));
        } else if line.starts_with("- ") {
            ending.remove(id(line));
        }
        ending.len() > 1
    })
}

/// Whether two pods were on their way (being born or ending) at the same time.
fn changes_at_once(trail: &[String]) -> bool {
    let mut busy = BTreeSet::new();
    trail.iter().filter(|line| id(line).starts_with("pod/")).any(|line| {
        if line.starts_with("+ ") || line.ends_with(" terminating") {
            busy.insert(id(line));
        } else if line.starts_with("- ") || line.ends_with(" ready") && !line.ends_with("not ready") {
            busy.remove(id(line));
        }
        busy.len() > 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn each_freedom_frees_its_own_lines_only() {
        let (none, web) = (Freedom::default(), BTreeSet::from(["web".to_owned()]));
        let owners = ["pvc/a owners ['StatefulSet/web']", "pvc/a Bound pv1"];
        let bound = ["pvc/a Bound pv1", "pvc/a owners ['StatefulSet/web']"];
        let (s0, s1, s2) =
            ("sts/web status replicas=0", "sts/web status replicas=1", "sts/web status replicas=2");
        let conflict = Freedom { conflict: true, ..none.clone() };
        let burst = Freedom { burst: true, ..none.clone() };
        let foreground = Freedom { foreground: true, ..none.clone() };
        let sleep = Freedom { sleep: true, ..none.clone() };
        let cases: [(&[&str], &[&str], &Freedom, bool); 18] = [
            (&owners, &bound, &none, false),
            (&owners, &bound, &conflict, true),
            (&owners, &["pvc/a Bound pv2", "pvc/a owners ['StatefulSet/web']"], &conflict, false),
            (&[s0, s1, s2], &[s0, s2], &none, false),
            (&[s0, s1, s2], &[s0, s2], &burst, true),
            (&[s0, s1, s2], &[s1, s2], &burst, false),
            (&["slice/web b:ready"], &["slice/web a:ready", "slice/web b:ready"], &none, true),
            (&["slice/web a:ready", "slice/web b:ready"], &["slice/web b:ready"], &none, true),
            (
                &["slice/web a:ready", "slice/web b:ready"],
                &["slice/web c:ready", "slice/web b:ready"],
                &none,
                false,
            ),
            (&["slice/web a:ready"], &["slice/web a:ready", "slice/web b:ready"], &none, false),
            (
                &["slice/web a:gone, b:ready", "slice/web a:gone"],
                &["slice/web b:ready", "slice/web a:gone"],
                &burst,
                true,
            ),
            (
                &["slice/web a:ready, b:ready", "slice/web a:gone"],
                &["slice/web b:gone", "slice/web a:gone"],
                &burst,
                false,
            ),
            (&["+ cr/a", "- cr/a", "+ cr/a", "- cr/a"], &["+ cr/a", "- cr/a"], &none, false),
            (&["+ cr/a", "- cr/a", "+ cr/a", "- cr/a"], &["+ cr/a", "- cr/a"], &foreground, true),
            (&["+ pod/web-0"], &[], &none, false),
            (&["+ pod/web-0 revision=a"], &[], &sleep, false),
            (&["pod/web-0 ready"], &[], &sleep, true),
            (&["- svc/a"], &[], &sleep, false),
        ];
        for (a, b, free, expected) in cases {
            assert_eq!(differ(&trail(a), &trail(b), free, &web).is_none(), expected, "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_course_begins_where_the_pod_was() {
        let burst = |slices: &[&str]| Freedom { burst: true, slices: trail(slices), ..Freedom::default() };
        let theirs = trail(&["slice/web a:serving+terminating, b:ready", "- slice/web"]);
        let mine = trail(&["slice/web a:serving+terminating, b:serving+terminating", "- slice/web"]);
        let agree = |free: &Freedom| differ(&theirs, &mine, free, &BTreeSet::new()).is_none();
        assert!(agree(&burst(&["slice/web a:ready, b:ready"])));
        assert!(!agree(&burst(&["slice/other a:ready, b:ready"])));
    }

    #[test]
    fn pods_of_an_ordered_set_keep_their_order() {
        let (free, web) = (Freedom::default(), BTreeSet::from(["web".to_owned()]));
        let up = ["+ pod/web-0 revision=a", "+ pod/web-1 revision=a"];
        let down = ["pod/web-1 terminating", "- pod/web-1", "pod/web-0 terminating", "- pod/web-0"];
        let at_once = ["pod/web-1 terminating", "pod/web-0 terminating", "- pod/web-1", "- pod/web-0"];
        let turned = |lines: &[&str]| trail(lines).into_iter().rev().collect::<Vec<_>>();
        assert!(differ(&trail(&up), &turned(&up), &free, &web).is_some());
        assert_eq!(differ(&trail(&up), &turned(&up), &free, &BTreeSet::new()), None);
        let other = ["pod/web-0 terminating", "- pod/web-0", "pod/web-1 terminating", "- pod/web-1"];
        assert!(differ(&trail(&down), &trail(&other), &free, &web).is_some());
        let other = ["pod/web-0 terminating", "pod/web-1 terminating", "- pod/web-1", "- pod/web-0"];
        assert_eq!(differ(&trail(&at_once), &trail(&other), &free, &web), None);
    }
}
