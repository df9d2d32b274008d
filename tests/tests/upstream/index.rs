//! `index.tsv` names every test of upstream's that is followed here, with the test that does.
//!
//! A line is `NAME<tab>FILE<tab>TEST`, or `NAME<tab>-<tab>REASON` where there is none; `# …` says whose names follow.

use std::collections::BTreeMap;
use std::path::Path;

const INDEX: &str = include_str!("index.tsv");

/// The tests of a file: functions after `#[test]`, names in a `base_tests!`, titles of scenarios.
fn tests_of(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let functions = lines
        .windows(2)
        .filter(|pair| pair[0] == "#[test]")
        .filter_map(|pair| pair[1].strip_prefix("fn ")?.split_once('(').map(|(name, _)| name));
    let generated = lines.iter().skip_while(|line| **line != "base_tests! {").skip(1);
    let generated = generated.take_while(|line| **line != "}").map(|line| line.trim());
    let titles = lines.iter().filter_map(|line| line.strip_prefix("# ")?.split_once(' ')).map(|(id, _)| id);
    functions.chain(generated).chain(titles).collect()
}

#[test]
fn every_name_of_upstream_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    let (mut found, mut missing) = (0, Vec::new());
    for line in INDEX.lines().filter(|line| !line.starts_with('#')) {
        let [_, file, test] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line:?} is no line of the index");
        };
        if file == "-" {
            assert!(!test.is_empty(), "{line:?} gives no reason");
            continue;
        }
        let text = files.entry(file).or_insert_with(|| {
            std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
        });
        if tests_of(text).contains(&test) {
            found += 1;
        } else {
            missing.push(line);
        }
    }
    assert!(missing.is_empty(), "these have no test:\n{}", missing.join("\n"));
    assert!(found > 250, "{found}");
    for number in 1..=43 {
        assert!(INDEX.contains(&format!("\nK{number}\t")), "trap K{number} is not in the index");
    }
}
