//! The comparator finds no more between two recordings of the same scenario, of 1.36 and of 1.32, than the versions differ
//! in. What it leaves free is free in both, and what a version says in other words is translated first; the rest is listed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex_lite::Regex;
use tests::conformance::compare::{Played, difference};
use tests::conformance::free::Texts;
use tests::conformance::terminal::Output;
use tests::conformance::trace::{Background, Step};
use tests::conformance::{Mode, Trace};

/// How 1.32 says the same: what it says, what 1.36 says, and why.
const WORDS: [(&str, &str, &str); 8] = [
    (r"\bcreate (Pod|Claim) ", "Create $1 ", "V1: Events of a set begin with a capital"),
    (r"\bdelete (Pod|Claim) ", "Delete $1 ", "V1"),
    (r"\bupdate (Pod|Claim) ", "Update $1 ", "V1"),
    (
        r#"(?m)^(\S+ "[^"]+" (?:force )?deleted)$"#,
        "$1 from default namespace",
        "V10: delete names the namespace",
    ),
    (r"'revisionHistoryLimit', ", "", "V8: the history limit is mutable"),
    (r"(?m)^Warning: v1 Endpoints is deprecated.*\n", "", "V15: Endpoints are deprecated"),
    (
        r"preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling\.",
        "not found",
        "the scheduler says less of preemption",
    ),
    (
        r"(?m)^Warning: resource \S+ was previously managed with 'kubectl apply'\. Rolling back .*\n",
        "",
        "kubectl warns of a rollback",
    ),
];

// Of the table of what differs between the versions.
const V5: &str = "V5: 1.32 writes creationTimestamp: null into templates";
const V8: &str = "V8: 1.32 refuses another history limit, and what comes after differs";
const V9: &str = "V9: 1.32 shows values and differences as Go";
// Of the table of what is free: between two recordings neither side has all that may happen.
const SLICE: &str = "each run misses another entry of a slice on the way";
const RESYNC: &str = "the resync that binds fell into another step";
const CONFLICT: &str = "a write of the binder met another one, and its retry came late";
const VOLUME: &str = "the command names the volume that the claim got";
// Of kubectl and of the nodes.
const PORT: &str = "1.32 prints a template's ports without their names";
const LEASE: &str = "the node's lease ran out a moment later";

/// What remains: scenario, step, and what explains it.
const EXPLAINED: [(&str, usize, &str); 37] = [
    ("05-rolling-update-full", 11, SLICE),
    ("05-rolling-update-full", 20, V5),
    ("10-rollout-undo-history-status", 3, PORT),
    ("10-rollout-undo-history-status", 9, PORT),
    ("10-rollout-undo-history-status", 21, PORT),
    ("11-maxUnavailable", 21, V9),
    ("11-maxUnavailable", 22, V9),
    ("17-pvc-pv-protection", 16, VOLUME),
    ("20-immutable-fields", 9, V9),
    ("20-immutable-fields", 10, V9),
    ("20-immutable-fields", 16, V9),
    ("20-immutable-fields", 17, V9),
    ("20-immutable-fields", 20, V9),
    ("20-immutable-fields", 22, V9),
    ("20-immutable-fields", 23, V9),
    ("20-immutable-fields", 11, V8),
    ("20-immutable-fields", 12, V8),
    ("20-immutable-fields", 25, V8),
    ("20b-mutable-fields", 9, V9),
    ("22-node-notready-stuck-terminating", 3, LEASE),
    ("25-selector-mismatch", 0, V9),
    ("25-selector-mismatch", 1, V9),
    ("25-selector-mismatch", 2, V9),
    ("25-selector-mismatch", 3, V9),
    ("25-selector-mismatch", 4, V9),
    ("25-selector-mismatch", 5, V9),
    ("25-selector-mismatch", 6, V9),
    ("25-selector-mismatch", 7, V9),
    ("28-replicas-and-template-in-one-apply", 10, V5),
    ("34-pv-matching", 25, RESYNC),
    ("34-pv-matching", 26, RESYNC),
    ("34-pv-matching", 27, RESYNC),
    ("34-pv-matching", 33, CONFLICT),
    ("34-pv-matching", 34, CONFLICT),
    ("34-pv-matching", 35, CONFLICT),
    ("34-pv-matching", 37, CONFLICT),
    ("34-pv-matching", 39, CONFLICT),
];

fn folder(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance").join(version).join("traces")
}

fn traces(version: &str) -> BTreeMap<String, Trace> {
    let files = std::fs::read_dir(folder(version)).into_iter().flatten();
    let trace = |file: std::fs::DirEntry| {
        let text = std::fs::read_to_string(file.path()).expect("a readable recording");
        let trace = Trace::parse(&text).expect("a recording");
        (trace.name.clone(), trace)
    };
    files.map(|file| trace(file.expect("a file"))).collect()
}

/// The step of another recording, as if the engine had played it.
fn played(step: &Step, ordered: &BTreeSet<String>) -> Played {
    Played {
        output: Output { exit: Some(step.exit), out: step.out.clone(), err: step.err.clone() },
        failure: None,
        background: step.watch().map(|(_, printed)| printed.to_owned()),
        trail: step.trail.clone(),
        events: step.seen().unwrap_or_default(),
        state: step.state.clone().unwrap_or_default(),
        ordered: ordered.clone(),
    }
}

/// The OrderedReady sets of a scenario: all, unless a manifest asks for Parallel.
fn ordered(trace: &Trace) -> BTreeSet<String> {
    if trace.files.values().any(|text| text.contains("Parallel")) {
        return BTreeSet::new();
    }
    let lines = trace.steps.iter().flat_map(|step| &step.trail);
    lines.filter_map(|line| line.strip_prefix("+ sts/")).map(str::to_owned).collect()
}

/// Volumes of the old recording by those of the new one that the same claims have after a step; the rest in their order.
fn volumes(old: &Step, new: &Step) -> Option<BTreeMap<String, String>> {
    let bound = |step: &Step| -> Option<BTreeMap<String, String>> {
        let volumes = step.state.as_ref()?.get("pv")?;
        Some(
            volumes
                .iter()
                .map(|(name, pv)| (name.clone(), format!("{} {}", pv["claim"], pv["phase"])))
                .collect(),
        )
    };
    let (old, mut new) = (bound(old)?, bound(new)?);
    let is_free = |claim: &String| claim.starts_with("null");
    let mut same = BTreeMap::new();
    for (volume, claim) in old.iter().filter(|(_, claim)| !is_free(claim)) {
        let found = new.iter().find(|(_, other)| *other == claim).map(|(name, _)| name.clone());
        if let Some(name) = found {
            new.remove(&name);
            same.insert(volume.clone(), name);
        }
    }
    let rest: Vec<String> = old.into_keys().filter(|name| !same.contains_key(name)).collect();
    same.extend(rest.into_iter().zip(new.into_keys()));
    Some(same)
}

/// The step in the words of 1.36, with other names of volumes; what sorts by them is sorted anew.
fn translated(step: &Step, volumes: &BTreeMap<String, String>, words: &[(Regex, &str)]) -> Step {
    let name = Regex::new(r"\bpv[a-z]?\d+\b").expect("a pattern");
    let text = |text: &str| -> String {
        let text = name.replace_all(text, |found: &regex_lite::Captures<'_>| {
            volumes.get(&found[0]).cloned().unwrap_or_else(|| found[0].to_owned())
        });
        words.iter().fold(text.into_owned(), |text, (from, to)| from.replace_all(&text, *to).into_owned())
    };
    let printed = |printed: &str| {
        let printed = text(printed);
        if !name.is_match(&printed) {
            return printed;
        }
        let mut lines: Vec<&str> = printed.lines().collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    let mut step = step.clone();
    (step.out, step.err) = (printed(&step.out), text(&step.err));
    step.trail = step.trail.iter().map(|line| text(line)).collect();
    step.background_output = step.watch().map(|(_, output)| text(output));
    step.background = step.background.map(|background| Background::Line(background.command().to_owned()));
    for event in step.events.iter_mut().flatten() {
        event.3 = text(&event.3);
    }
    let state = step.state.map(|state| text(&serde_json::to_string(&state).expect("JSON")));
    step.state = state.map(|state| serde_json::from_str(&state).expect("JSON"));
    step
}

#[test]
fn two_versions_differ_in_nothing_but_what_is_known() {
    let words: Vec<(Regex, &str)> =
        WORDS.iter().map(|(from, to, _)| (Regex::new(from).expect("a pattern"), *to)).collect();
    let old = traces("1.32");
    let (mut found, mut steps) = (BTreeMap::new(), 0);
    for (name, new) in traces("1.36") {
        let Some(old) = old.get(&name) else { continue };
        let mut texts = Texts::new(Mode { effects_only: true, ..Mode::default() });
        let (ordered, mut known) = (ordered(&new), BTreeMap::new());
        for (index, (new, old)) in new.steps.iter().zip(&old.steps).enumerate() {
            steps += 1;
            known = volumes(old, new).unwrap_or(known);
            let mut new = translated(new, &BTreeMap::new(), &words);
            let old = translated(old, &known, &words);
            texts.names.pair(&new.trail, &old.trail);
            if old.events.is_none() {
                new.events = None;
            }
            let old = played(&old, &ordered).with_names(&texts.names);
            if let Some(what) = difference(&new, &[], &old, &texts) {
                found.insert((name.clone(), index), what);
            }
        }
    }
    let is_known =
        |(name, index): &(String, usize)| EXPLAINED.iter().any(|(n, i, _)| n == name && i == index);
    let unknown: Vec<String> = found
        .iter()
        .filter(|(step, _)| !is_known(step))
        .map(|((name, index), what)| format!("{name} step {index}: {what}"))
        .collect();
    assert!(unknown.is_empty(), "{} of {steps} steps\n{}", unknown.len(), unknown.join("\n\n"));
    let gone: Vec<_> = EXPLAINED
        .iter()
        .filter(|(name, index, _)| {
            old.contains_key(*name) && !found.contains_key(&((*name).to_owned(), *index))
        })
        .collect();
    assert!(gone.is_empty(), "no longer found: {gone:?}");
}
