//! What came of a run, for people and as JSON.

use std::fmt;

use serde::Serialize;

/// One scenario: a trace, a command, a case or a state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// The recording's path, as it was given.
    pub file: String,
    /// Its name in the recording.
    pub name: String,
    /// Whether nothing differed.
    pub passed: bool,
    /// How many steps were recorded.
    pub steps: usize,
    /// Where the replay first left the recording.
    pub first_difference: Option<String>,
}

/// Every scenario of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// How many passed.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// All of them, by file and in the order of the file.
    pub scenarios: Vec<Scenario>,
}

impl Report {
    /// Counts the scenarios.
    pub fn of(scenarios: Vec<Scenario>) -> Report {
        let passed = scenarios.iter().filter(|scenario| scenario.passed).count();
        Report { passed, failed: scenarios.len() - passed, scenarios }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Scenario { file, name, first_difference, .. } in &self.scenarios {
            match first_difference {
                None => writeln!(f, "passed  {file}: {name}")?,
                Some(difference) => {
                    writeln!(f, "FAILED  {file}: {name}")?;
                    difference.lines().try_for_each(|line| writeln!(f, "    {line}"))?;
                    writeln!(f)?;
                }
            }
        }
        writeln!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}
