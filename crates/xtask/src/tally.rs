//! Counts what test runners report in their summary lines.

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
}

impl Tally {
    /// Adds another tally to this one.
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// `test result: FAILED. 5 passed; 1 failed; 0 ignored; …`: libtest, and wasm-bindgen's runner after it.
pub fn libtest(line: &str) -> Tally {
    let mut tally = Tally::default();
    let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
        return tally;
    };
    for count in counts.split("; ") {
        match numbered(count) {
            Some((number, "passed")) => tally.passed += number,
            Some((number, "failed")) => tally.failed += number,
            _ => {}
        }
    }
    tally
}

/// `  5 passed (3.1s)` or `  1 failed`: a line for each outcome at the end of Playwright's list.
pub fn playwright(line: &str) -> Tally {
    let Some((number, outcome)) = line.strip_prefix("  ").and_then(numbered) else { return Tally::default() };
    match outcome.split(" (").next() {
        Some("passed") => Tally { passed: number, failed: 0 },
        Some("failed" | "interrupted") => Tally { passed: 0, failed: number },
        _ => Tally::default(),
    }
}

/// `1000 worlds passed, 1 failed`: the last line of the fuzzer.
pub fn fuzz(line: &str) -> Tally {
    let counts = line.split_once(" worlds passed, ").and_then(|(passed, rest)| {
        let failed = rest.strip_suffix(" failed")?;
        Some(Tally { passed: passed.parse().ok()?, failed: failed.parse().ok()? })
    });
    counts.unwrap_or_default()
}

/// `# pass 2` and `# fail 0`: Node's own test runner, as TAP.
pub fn node(line: &str) -> Tally {
    let count = |what: &str| line.strip_prefix(what).and_then(|number| number.parse().ok()).unwrap_or(0);
    Tally { passed: count("# pass "), failed: count("# fail ") }
}

/// `      Tests  1 failed | 2 passed (3)`: vitest.
pub fn vitest(line: &str) -> Tally {
    let mut tally = Tally::default();
    let Some(counts) = line.trim_start().strip_prefix("Tests ") else { return tally };
    for count in counts.split(['|', '(']) {
        match numbered(count.trim()) {
            Some((number, "passed")) => tally.passed += number,
            Some((number, "failed")) => tally.failed += number,
            _ => {}
        }
    }
    tally
}

/// Splits `5 passed` into its number and what is numbered.
fn numbered(text: &str) -> Option<(u64, &str)> {
    let (number, what) = text.split_once(' ')?;
    Some((number.parse().ok()?, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_lines_are_counted_and_others_are_not() {
        type Reader = fn(&str) -> Tally;
        for (reader, line, passed, failed) in [
            (
                libtest as Reader,
                "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
                12,
                0,
            ),
            (
                libtest,
                "test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 filtered out; finished in 0.1s",
                5,
                2,
            ),
            (libtest, "test predicates::passed ... ok", 0, 0),
            (libtest, "  3 passed (2.0s)", 0, 0),
            (playwright, "  3 passed (2.0s)", 3, 0),
            (playwright, "  1 failed", 0, 1),
            (playwright, "  2 did not run", 0, 0),
            (playwright, "  ✓  1 smoke.spec.ts:4:1 › 2 passed (1.1s)", 0, 0),
            (playwright, "Running 1 test using 1 worker", 0, 0),
            (node, "# pass 2", 2, 0),
            (node, "# fail 1", 0, 1),
            (node, "# Subtest: pass 2", 0, 0),
            (vitest, "      Tests  1 failed | 2 passed (3)", 2, 1),
            (vitest, " Test Files  1 passed (1)", 0, 0),
        ] {
            assert_eq!(reader(line), Tally { passed, failed }, "{line}");
        }
    }
}
