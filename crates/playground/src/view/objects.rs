//! The Objects tab: every object, what has changed since another moment, and one of them as YAML with its diff.

use apiserver::Server;
use machinery::text_diff::{Fate, compare};
use machinery::version::Features;
use machinery::{Kind, Object, ObjectKey};

/// Most rows.
const ROWS: usize = 300;

/// What has become of an object since the other moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is new.
    New,
    /// It is another.
    Changed,
    /// It is gone.
    Gone,
    /// It is the same.
    Same,
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRow {
    /// Which.
    pub key: ObjectKey,
    /// What has become of it.
    pub state: State,
}

/// The tab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// The objects that match, those that changed first.
    pub rows: Vec<ObjectRow>,
    /// How many match and are not in the rows.
    pub more: usize,
    /// The chosen one, with the lines of its YAML.
    pub chosen: Option<(ObjectKey, Vec<(Fate, String)>)>,
}

/// The objects whose `kind/name` contains `filter`, compared with what they were before.
pub fn objects(now: &Server, before: &Server, filter: &str, chosen: Option<&ObjectKey>) -> Objects {
    let matches = |object: &&Object| {
        object.kind() != Kind::Event && (filter.is_empty() || object.key().to_string().contains(filter))
    };
    let mut rows: Vec<ObjectRow> = now
        .all()
        .filter(matches)
        .map(|object| ObjectRow { key: object.key(), state: state(before.object(&object.key()), object) })
        .collect();
    let gone = before.all().filter(matches).filter(|object| now.object(&object.key()).is_none());
    rows.extend(gone.map(|object| ObjectRow { key: object.key(), state: State::Gone }));
    rows.sort_by(|a, b| (a.state, rank(&a.key), &a.key).cmp(&(b.state, rank(&b.key), &b.key)));
    let chosen = chosen.filter(|key| now.object(key).is_some() || before.object(key).is_some());
    let chosen = chosen.or(rows.first().map(|row| &row.key)).cloned();
    Objects {
        more: rows.len().saturating_sub(ROWS),
        chosen: chosen.map(|key| (key.clone(), lines(before.object(&key), now.object(&key), now.features()))),
        rows: rows.into_iter().take(ROWS).collect(),
    }
}

fn state(old: Option<&Object>, new: &Object) -> State {
    match old {
        None => State::New,
        Some(old) if old.uid() == new.uid() && old.resource_version() == new.resource_version() => {
            State::Same
        }
        Some(_) => State::Changed,
    }
}

/// The kinds that a StatefulSet is about come first.
fn rank(key: &ObjectKey) -> usize {
    let first = [
        Kind::StatefulSet,
        Kind::Deployment,
        Kind::ReplicaSet,
        Kind::Pod,
        Kind::PersistentVolumeClaim,
        Kind::PersistentVolume,
        Kind::Service,
        Kind::EndpointSlice,
        Kind::ControllerRevision,
    ];
    first.iter().position(|kind| *kind == key.kind).unwrap_or(first.len())
}

fn lines(old: Option<&Object>, new: Option<&Object>, features: Features) -> Vec<(Fate, String)> {
    let yaml = |object: &Object| machinery::yaml::to_yaml(&kubectl::printed_value(object, features));
    let (old, new) = match (old, new) {
        // What is new is shown plainly.
        (None, Some(new)) => (yaml(new), yaml(new)),
        (old, new) => (old.map(yaml).unwrap_or_default(), new.map(yaml).unwrap_or_default()),
    };
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    compare(&old, &new).into_iter().map(|(fate, line)| (fate, line.to_owned())).collect()
}
