//! The worlds that a session can start in: our own, as files and commands, each made by real kubectl, and those that were
//! imported.
//!
//! Invariant: the terminal is empty when the session begins, and so is the history.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use cluster::{Config, World};
use machinery::time::after_ms;
use machinery::version::Features;
use node::kubelet::Profile;

use crate::files::Files;
use crate::import::Imported;
use crate::shell::Shell;
use crate::state::State;
use crate::terminal::Terminal;
use crate::timeline::Input;

/// The tutorial's Service and StatefulSet, as it gives them.
pub const STATEFUL_DEMO: &str = include_str!("stateful-demo.yaml");
/// The tutorial's five volumes.
pub const PV_NFS_D: &str = include_str!("pv-nfs-d.yaml");
const PV_NFS_OLD: &str = include_str!("pv-nfs-old.yaml");
const POD_VOL_PVC: &str = include_str!("pod-vol-pvc.yaml");

/// How long a world stands before the session begins, in milliseconds.
const PRELUDE_MS: i64 = 60_000;
/// How long each of its commands may take effect before the next one, in milliseconds.
const COMMAND_MS: i64 = 10_000;

/// A world to start in.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum StartWorld {
    /// Five free volumes, and the tutorial's manifests as files.
    #[default]
    Manifest,
    /// The tutorial from the top: old volumes, one of them used by a pod through a claim.
    Tutorial,
    /// Nothing but the cluster.
    Empty,
    /// What another cluster holds.
    Imported(Imported),
}

/// The name of every world that was imported.
pub(crate) const IMPORTED: &str = "imported";

impl StartWorld {
    /// Every world of our own.
    pub const ALL: [StartWorld; 3] = [StartWorld::Manifest, StartWorld::Tutorial, StartWorld::Empty];

    /// What made it: files that are there meanwhile, and commands.
    fn prelude(&self) -> &'static [(&'static str, &'static str, &'static str)] {
        match self {
            StartWorld::Manifest => &[("pv-nfs-d.yaml", PV_NFS_D, "kubectl create -f pv-nfs-d.yaml")],
            StartWorld::Tutorial => &[
                ("pv-nfs-old.yaml", PV_NFS_OLD, "kubectl create -f pv-nfs-old.yaml"),
                ("pod-vol-pvc.yaml", POD_VOL_PVC, "kubectl create -f pod-vol-pvc.yaml"),
            ],
            StartWorld::Empty | StartWorld::Imported(_) => &[],
        }
    }

    /// The files that the session begins with, as (name, text).
    pub fn files(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            StartWorld::Manifest | StartWorld::Tutorial => {
                &[("stateful-demo.yaml", STATEFUL_DEMO), ("pv-nfs-d.yaml", PV_NFS_D)]
            }
            StartWorld::Empty | StartWorld::Imported(_) => &[],
        }
    }
}

impl fmt::Display for StartWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StartWorld::Manifest => "manifest",
            StartWorld::Tutorial => "tutorial",
            StartWorld::Empty => "empty",
            StartWorld::Imported(_) => IMPORTED,
        })
    }
}

impl FromStr for StartWorld {
    type Err = String;

    fn from_str(name: &str) -> Result<StartWorld, String> {
        let found = StartWorld::ALL.into_iter().find(|world| world.to_string() == name);
        found.ok_or_else(|| {
            format!("no start world is called {name:?}; there are manifest, tutorial and empty")
        })
    }
}

/// Everything that a session is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// The world.
    pub world: StartWorld,
    /// The seed of chance.
    pub seed: u64,
    /// The simulated version, and its gates.
    pub features: Features,
    /// How many nodes there are.
    pub nodes: u32,
    /// How fast the nodes are.
    pub profile: Profile,
}

impl Default for Start {
    fn default() -> Start {
        let Config { seed, features, nodes, profile, .. } = Config::default();
        Start { world: StartWorld::default(), seed, features, nodes, profile }
    }
}

/// How the cluster of that start begins.
pub(crate) fn config(start: &Start) -> Config {
    let &Start { seed, features, nodes, profile, .. } = start;
    let config = Config { features, seed, nodes, profile, ..Config::default() };
    match &start.world {
        StartWorld::Imported(imported) => Config { start: imported.at(), ..config },
        _ => config,
    }
}

/// The state in which a session begins.
pub(crate) fn build(start: &Start) -> State {
    if let StartWorld::Imported(imported) = &start.world {
        return State::new(World::restored(config(start), imported.objects()).0);
    }
    let mut state = State::new(World::new(config(start)));
    let begins = after_ms(state.now(), PRELUDE_MS);
    for (name, text, command) in start.world.prelude() {
        state.apply(&Input::WriteFile { name: Arc::from(*name), text: Arc::from(*text) });
        state.apply(&Input::Command { line: Arc::from(*command) });
        state.pass_to(after_ms(state.now(), COMMAND_MS));
    }
    if start.world != StartWorld::Empty {
        state.pass_to(begins);
    }
    state.shell = Shell::default();
    state.log = Terminal::default();
    state.files = Files::default();
    for (name, text) in start.world.files() {
        state.apply(&Input::WriteFile { name: Arc::from(*name), text: Arc::from(*text) });
    }
    state
}
