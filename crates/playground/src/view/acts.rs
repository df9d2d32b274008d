//! What to try next: at most three acts, each a command, that were not done yet.

use super::stage::{SetView, Stage};
use crate::commands;

/// How many are offered at once.
const OFFERED: usize = 3;

/// What an act does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActKind {
    /// Scale to so many replicas.
    Scale(i32),
    /// Delete a pod.
    Delete(String),
    /// Ask for a pod's name.
    LookUp(String),
    /// Hold back the ordinals below.
    Partition(i32),
    /// Give the template another image.
    Image(String),
}

/// An act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// What it does.
    pub kind: ActKind,
    /// The line that does it.
    pub command: String,
}

/// The acts for a stage on which these lines were run.
pub fn acts<'a>(stage: &Stage, lines: impl Iterator<Item = &'a str>) -> Vec<Act> {
    let Some(set) = stage.sets.iter().find(|set| !set.deleted && !set.terminating) else { return Vec::new() };
    let done: Vec<&str> = lines.collect();
    let mut acts = candidates(set);
    acts.retain(|act| !done.iter().any(|line| is_done(&act.kind, line)));
    acts.truncate(OFFERED);
    acts
}

fn is_done(kind: &ActKind, line: &str) -> bool {
    let marks: &[&str] = match kind {
        ActKind::Scale(_) => &["scale ", "\"replicas\""],
        ActKind::Delete(_) => &["delete po"],
        ActKind::LookUp(_) => &["nslookup"],
        ActKind::Partition(_) => &["\"partition\""],
        ActKind::Image(_) => &["set image"],
    };
    marks.iter().any(|mark| line.contains(mark))
}

fn candidates(set: &SetView) -> Vec<Act> {
    let mut acts = vec![Act { kind: ActKind::Scale(4), command: commands::scale(&set.key, 4) }];
    let mut running = set.columns.iter().filter(|column| column.pod.is_some());
    if let (Some(first), Some(second)) = (running.next(), running.next()) {
        let name = second.key.name.to_string();
        acts.push(Act { kind: ActKind::Delete(name.clone()), command: commands::delete(&second.key) });
        let command = commands::lookup(&first.key, &second.name.fqdn);
        acts.push(Act { kind: ActKind::LookUp(name), command });
    }
    if set.replicas > 1 && set.partition() == Some(0) {
        let partition = set.replicas - 1;
        acts.push(Act {
            kind: ActKind::Partition(partition),
            command: commands::partition(&set.key, partition),
        });
    }
    if let Some(container) = set.containers.first()
        && let Some(repository) = container.image.strip_suffix(":v1")
    {
        let image = format!("{repository}:v2");
        let command = commands::set_image(&set.key, &container.name, &image);
        acts.push(Act { kind: ActKind::Image(image), command });
    }
    acts
}
