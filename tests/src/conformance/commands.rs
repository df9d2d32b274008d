//! Commands one after the other on one cluster, and exactly what each printed.

use std::collections::BTreeMap;

use cluster::Script;
use regex_lite::Regex;
use serde::Deserialize;
use session::Session;

use super::compare::outputs_differ;
use super::free::Texts;
use super::recording::features;
use super::run::{Mode, Outcome, guarded};
use super::terminal::{self, Output};
use super::volumes;

/// How long the cluster may take to come to rest after a command, in virtual milliseconds.
const REST_LIMIT_MS: u64 = 60_000;

/// A recording of commands.
#[derive(Clone, Debug, Deserialize)]
pub struct Commands {
    /// The feature gates that were set.
    pub gates: Option<String>,
    /// Files in the folder where the commands run.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Commands that made the cluster; what they printed was not recorded.
    #[serde(default)]
    pub setup: Vec<String>,
    /// The commands, in order.
    pub commands: Vec<Command>,
}

/// One command.
#[derive(Clone, Debug, Deserialize)]
pub struct Command {
    /// The shell line.
    pub run: String,
    /// What came on its standard input.
    pub stdin: Option<String>,
    /// Exit status; absent where it is not compared.
    pub exit: Option<i32>,
    /// Standard output; absent where it is not compared.
    pub out: Option<String>,
    /// Standard error; absent where it is not compared.
    pub err: Option<String>,
    /// It has to run, and nothing is compared.
    #[serde(default)]
    pub withheld: bool,
}

impl Commands {
    /// Runs every command; each that is compared is a scenario.
    pub fn play(&self, mode: Mode) -> Vec<Outcome> {
        let texts = Texts::new(mode);
        let features = match features(mode.version, self.gates.as_deref()) {
            Ok(features) => features,
            Err(problem) => {
                return vec![Outcome { name: "gates".to_owned(), steps: 0, difference: Some(problem) }];
            }
        };
        let mut session = terminal::empty(features);
        for (name, text) in &self.files {
            session.write_file(name, text);
        }
        let listed = Listed::of(&self.commands);
        session.script(listed.script_at(0));
        // Where these were recorded nobody could edit.
        run(&mut session, "EDITOR=false");
        for line in &self.setup {
            run(&mut session, line);
        }
        let mut outcomes = Vec::new();
        for (number, command) in self.commands.iter().enumerate() {
            session.script(listed.script_at(number));
            let mut after = session.clone();
            let difference = guarded(|| command.difference(&mut after, &texts));
            // What panicked has left a world that nobody should build on.
            let panicked = difference.as_ref().is_some_and(|text| text.starts_with("the replay panicked"));
            if !panicked {
                session = after;
            }
            if !command.withheld || panicked {
                let name = format!("{number}: {}", command.run);
                outcomes.push(Outcome { name, steps: 1, difference });
            }
        }
        outcomes
    }
}

/// What listings of volumes and of pods tell of choices: the number of the command, who chose, and what.
struct Listed {
    volumes: Vec<(usize, String, String)>,
    nodes: Vec<(usize, String, String)>,
}

impl Listed {
    fn of(commands: &[Command]) -> Listed {
        let volume = Regex::new(r"(?m)^(\S+) .* (?:Bound|Available|Released) +(\S+/\S+) ");
        let pod =
            Regex::new(r"(?m)^(?:(\S+) +)?(?:pod/)?(\S+) +\d+/\d+ .* 10(?:\.\d+){3} +(\S+) +<none> +<none>");
        let (volume, pod) = (volume.expect("a pattern of ours"), pod.expect("a pattern of ours"));
        let mut listed = Listed { volumes: Vec::new(), nodes: Vec::new() };
        let outputs = commands.iter().enumerate();
        for (number, out) in outputs.filter_map(|(number, command)| Some((number, command.out.as_deref()?))) {
            for row in volume.captures_iter(out) {
                let (claim, volume) = (row[2].to_owned(), row[1].to_owned());
                // A released volume goes on to name its claim, which may have another one by now.
                if !listed.volumes.iter().any(|(_, c, v)| (c, v) == (&claim, &volume)) {
                    listed.volumes.push((number, claim, volume));
                }
            }
            for row in pod.captures_iter(out) {
                let namespace = row.get(1).map_or("default", |namespace| namespace.as_str());
                listed.nodes.push((number, format!("{namespace}/{}", &row[2]), row[3].to_owned()));
            }
        }
        listed
    }

    /// What the first listing from that command on says.
    fn script_at(&self, number: usize) -> Script {
        let first = |listed: &[(usize, String, String)]| {
            let later = listed.iter().rev().filter(|(at, ..)| *at >= number);
            later.map(|(_, who, what)| (who.clone(), what.clone())).collect()
        };
        Script { volumes: first(&self.volumes), nodes: first(&self.nodes), resync_ms: None }
    }
}

impl Command {
    fn difference(&self, session: &mut Session, texts: &Texts) -> Option<String> {
        let ours = run(session, &terminal::with_input(&self.run, self.stdin.as_deref()));
        let compared = |text: &Option<String>, ours: &str| text.clone().unwrap_or_else(|| ours.to_owned());
        let recorded = Output {
            exit: if self.exit.is_some() { self.exit } else { ours.exit },
            out: compared(&self.out, &ours.out),
            err: compared(&self.err, &ours.err),
        };
        let failure = session.world().failure().map(str::to_owned);
        let differs = |ours: &Output| outputs_differ(&self.run, &recorded, ours, texts);
        let is_exchanged = || volumes::exchanged(session.world(), &ours).any(|ours| differs(&ours).is_none());
        failure.or_else(|| differs(&ours).filter(|_| !self.withheld && !is_exchanged()))
    }
}

/// Runs a line to its end and lets the cluster come to rest.
fn run(session: &mut Session, line: &str) -> Output {
    let output = terminal::run(session, line, terminal::to_its_end);
    session.run_until_quiet(REST_LIMIT_MS);
    output
}
