//! What Apply would do: the real command, tried on a copy of the session.
//!
//! Invariant: the session itself is not touched.

use apiserver::Server;
use k8s_openapi::api::apps::v1::StatefulSet;
use machinery::{Object, ObjectKey, Resource};
use session::Session;

use crate::commands;

/// Longest text that is tried at every keystroke, in bytes.
const TRIED: usize = 64 << 10;

/// A set's numbers before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `spec.replicas`.
    Replicas(String, i32, i32),
    /// The image of a container.
    Image(String, String, String),
}

/// What would happen.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Effect {
    /// Not tried: the text is too long.
    #[default]
    Unknown,
    /// Nothing is in the file.
    Nothing,
    /// File and cluster agree.
    Same,
    /// Objects are created or changed, as kubectl names them (`service/myapp-svc`).
    Changes {
        /// New ones.
        created: Vec<String>,
        /// Changed ones.
        configured: Vec<String>,
        /// What changes in sets that exist.
        details: Vec<Change>,
        /// How many pods the new sets want.
        pods: i32,
    },
    /// kubectl refuses, with these words.
    Refused(String),
}

impl Effect {
    /// Tries it.
    pub fn of(session: &Session, file: &str, text: &str) -> Effect {
        if text.len() > TRIED {
            return Effect::Unknown;
        }
        if text.trim().is_empty() {
            return Effect::Nothing;
        }
        let mut trial = session.clone();
        while trial.running().is_some() {
            trial.interrupt();
        }
        trial.write_file(file, text);
        let first = trial.log().written();
        trial.run(&commands::apply(file));
        let (mut out, mut err, mut exit) = (String::new(), String::new(), None);
        for entry in trial.log().since(first) {
            entry.collect(&mut out, &mut err, &mut exit);
        }
        if exit != Some(0) {
            return Effect::Refused(err.lines().next().unwrap_or_default().to_owned());
        }
        read(&out, session.world().server(), trial.world().server())
    }
}

fn read(out: &str, before: &Server, after: &Server) -> Effect {
    let ending = |verb: &str| -> Vec<String> {
        out.lines().filter_map(|line| line.strip_suffix(verb)).map(str::to_owned).collect()
    };
    let (created, configured) = (ending(" created"), ending(" configured"));
    // kubectl says "configured" whenever it sends a patch, for a set with claim templates always; the server stores
    // nothing where nothing differs.
    let stored = configured.iter().any(|name| written(before, name) != written(after, name));
    if created.is_empty() && (configured.is_empty() || !stored) {
        return Effect::Same;
    }
    let replicas = |set: &StatefulSet| set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let new = after.list::<StatefulSet>("").filter(|set| before.object(&set.key()).is_none());
    let pods = new.map(|set| replicas(set)).sum();
    let sets = before
        .list::<StatefulSet>("")
        .filter_map(|set| Some((set, after.get::<StatefulSet>(set.namespace(), set.name())?)));
    let details = sets.flat_map(|(old, new)| changes(&old.key(), old, new)).collect();
    Effect::Changes { created, configured, details, pods }
}

/// What people have written of the objects that kubectl calls so (`statefulset.apps/myapp`); the rest changes by itself.
fn written(server: &Server, name: &str) -> Vec<String> {
    let named =
        |object: &&Object| name.split_once('/') == Some((object.kind().type_name().as_str(), object.name()));
    let written = |object: &Object| {
        let mut value = object.to_value();
        value["status"].take();
        value["metadata"]["resourceVersion"].take();
        value.to_string()
    };
    server.all().filter(named).map(written).collect()
}

fn changes(key: &ObjectKey, old: &StatefulSet, new: &StatefulSet) -> Vec<Change> {
    let replicas = |set: &StatefulSet| set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let images = |set: &StatefulSet| -> Vec<(String, String)> {
        let pod = set.spec.as_ref().and_then(|spec| spec.template.spec.as_ref());
        let containers = pod.map(|pod| pod.containers.as_slice()).unwrap_or_default();
        containers.iter().map(|c| (c.name.clone(), c.image.clone().unwrap_or_default())).collect()
    };
    let mut changes = Vec::new();
    if replicas(old) != replicas(new) {
        changes.push(Change::Replicas(key.name.to_string(), replicas(old), replicas(new)));
    }
    for ((name, old), (_, new)) in images(old).into_iter().zip(images(new)) {
        if old != new {
            changes.push(Change::Image(name, old, new));
        }
    }
    changes
}
