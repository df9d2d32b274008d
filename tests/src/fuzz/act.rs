//! What is done to a world, as data: it can be written down, shortened and done again.

use cluster::Fault;
use machinery::version::{Features, Version};
use node::kubelet::Profile;
use serde::{Deserialize, Serialize};
use session::{Session, StartWorld};

/// Virtual time that a command may take before Ctrl-C ends it.
const COMMAND_MS: u64 = 5_000;

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Act {
    /// A file is written.
    File(String, String),
    /// A command line is typed; Ctrl-C ends it if it takes too long.
    Command(String),
    /// Something breaks or heals.
    Fault(Fault),
    /// So many milliseconds pass.
    Pass(u64),
}

impl Act {
    pub(super) fn carry_out(&self, session: &mut Session) {
        match self {
            Act::File(name, text) => session.write_file(name, text),
            Act::Command(line) => {
                session.run(line);
                if !session.finish(COMMAND_MS) {
                    session.interrupt();
                }
            }
            Act::Fault(fault) => session.fault(fault.clone()),
            Act::Pass(ms) => session.advance(*ms),
        }
    }
}

/// How a world begins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    pub(super) seed: u64,
    pub(super) nodes: u32,
    /// Whether it is 1.32.
    pub(super) old: bool,
    /// Whether gate `MaxUnavailableStatefulSet` is on.
    pub(super) max_unavailable: bool,
    /// Whether the nodes are the recorder's, which are quicker.
    pub(super) recorder: bool,
}

impl Start {
    pub(super) fn session(self) -> Session {
        Session::new(session::Start {
            world: StartWorld::Empty,
            seed: self.seed,
            features: Features {
                version: if self.old { Version::V1_32 } else { Version::V1_36 },
                max_unavailable_stateful_set: self.max_unavailable,
            },
            nodes: self.nodes,
            profile: if self.recorder { Profile::Recorder } else { Profile::Default },
        })
    }
}

/// A world's beginning and everything that is done to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// How it begins.
    pub start: Start,
    /// What is done, in order.
    pub acts: Vec<Act>,
}
