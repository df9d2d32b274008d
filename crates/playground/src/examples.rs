//! The examples: what confuses people about StatefulSets, each a start world with commands and faults (`examples/`).
//!
//! | line | what it does |
//! |---|---|
//! | `world NAME` | the world that it starts in |
//! | `file NAME`, then indented lines | writes a file |
//! | `$ LINE` | types a command line |
//! | `+ SECONDS` | lets time pass |
//! | `fail-readiness POD` | the pod's readiness probe fails from here on |
//! | `node-down-of POD` | the pod's node is silent from here on |
//! | `ask-pod POD`, `ask-name POD` | asks why, about the pod or its name |
//!
//! Invariant: every line is understood; a test plays them all.

use cluster::{Defect, Fault};
use k8s_openapi::api::core::v1::Pod;
use machinery::{Kind, ObjectKey};
use node::kubelet::NamePattern;
use session::{Session, Start};

use crate::view::why::Topic;

macro_rules! examples {
    ($($(#[$doc:meta])* $name:ident = $file:literal,)*) => {
        /// An example; in the order of how often it bites.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Example {
            $($(#[$doc])* $name,)*
        }

        impl Example {
            /// Every example.
            pub const ALL: &'static [Example] = &[$(Example::$name,)*];

            fn script(self) -> &'static str {
                match self {
                    $(Example::$name => include_str!(concat!("../examples/", $file, ".txt")),)*
                }
            }

            /// The name of its file: `01-stuck-rollout`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Example::$name => $file,)*
                }
            }
        }
    };
}

examples! {
    /// A rollout stuck on a bad image, which a good one does not heal.
    StuckRollout = "01-stuck-rollout",
    /// Claim templates that cannot change.
    FixedClaimTemplates = "02-fixed-claim-templates",
    /// Claims that outlive their set.
    ClaimsOutlive = "03-claims-outlive",
    /// A pod that terminates forever on a lost node.
    LostNode = "04-lost-node",
    /// A name that has no answer while its pod is not ready.
    AbsentName = "05-absent-name",
    /// A claim that is Pending, and that is no failure.
    FirstConsumer = "06-first-consumer",
    /// A `serviceName` that names no Service.
    WrongService = "07-wrong-service",
    /// A first pod that waits for its peers.
    OrderedDeadlock = "08-ordered-deadlock",
    /// The first one again, under Parallel.
    ParallelUpdate = "09-parallel-update",
    /// A pod below the partition that comes back at the old revision.
    Partition = "10-partition",
    /// A middle ordinal that comes back.
    MiddleOrdinal = "11-middle-ordinal",
    /// A volume that lives on a node where nothing is scheduled.
    VolumeOnANode = "12-volume-on-a-node",
    /// An undone rollout that takes an old revision again.
    RolloutUndo = "13-rollout-undo",
    /// A phase in a template that means nothing.
    PendingTemplate = "14-pending-template",
    /// Two sets that share one range of ordinals.
    MovingOrdinals = "15-moving-ordinals",
    /// A deleted set whose pods go all at once.
    DeletedAtOnce = "16-deleted-at-once",
}

impl Example {
    /// The example of that name.
    pub fn named(name: &str) -> Option<Example> {
        Example::ALL.iter().copied().find(|example| example.name() == name)
    }

    /// Plays it in a new session; what to ask about at its end.
    ///
    /// # Errors
    /// The line that is not understood: a mistake of ours.
    pub fn play(self, start: Start) -> Result<(Session, Option<Topic>), String> {
        let mut lines = self.script().lines().peekable();
        let world = lines.next().and_then(|line| line.strip_prefix("world "));
        let world = world.ok_or("the first line names no world")?.parse()?;
        let mut session = Session::new(Start { world, ..start });
        let mut topic = None;
        while let Some(line) = lines.next() {
            let (word, rest) = line.split_once(' ').ok_or_else(|| line.to_owned())?;
            let pod = || ObjectKey::new(Kind::Pod, "default", rest);
            match word {
                "$" => session.run(rest),
                "+" => session.advance(rest.parse::<u64>().map_err(|_| line.to_owned())? * 1000),
                "file" => {
                    let mut text = String::new();
                    while let Some(line) = lines.next_if(|line| line.starts_with("  ")) {
                        text.push_str(&line[2..]);
                        text.push('\n');
                    }
                    session.write_file(rest, &text);
                }
                "fail-readiness" => {
                    let pods = NamePattern(rest.to_owned());
                    session.fault(Fault::Break { defect: Defect::FailReadiness { pods } });
                }
                "node-down-of" => {
                    let node = session.world().server().get::<Pod>("default", rest);
                    let node = node.and_then(|pod| pod.spec.as_ref()?.node_name.clone());
                    let node = node.ok_or_else(|| line.to_owned())?;
                    session.fault(Fault::Break { defect: Defect::NodeDown { node } });
                }
                "ask-pod" => topic = Some(Topic::Object(pod())),
                "ask-name" => topic = Some(Topic::Name(pod())),
                _ => return Err(line.to_owned()),
            }
        }
        Ok((session, topic))
    }
}
