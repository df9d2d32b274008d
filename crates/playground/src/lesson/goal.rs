//! What a step asks for: predicates over the cluster, what happened since the step began, and what the terminal printed.
//!
//! Invariant: pure, and blind to how it was done: `scale`, `patch`, `edit`, apply and a dragged partition all count.

use std::fmt;
use std::ops::RangeInclusive;

use client::api::{Change, WatchEvent};
use k8s_openapi::api::core::v1::Pod;
use machinery::object::is_terminating;
use machinery::{Kind, Object, ObjectKey};
use serde_json::Value;
use session::Session;
use session::terminal::Content;

/// A field, as kubectl's JSONPath names it, and its value as `-o jsonpath` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// `.spec.replicas`.
    pub path: String,
    /// `4`.
    pub value: String,
}

impl Field {
    /// What stands there now.
    fn found(&self, object: &Value) -> String {
        kubectl::json_path(&self.path, object).unwrap_or_default()
    }

    fn holds(&self, object: &Value) -> bool {
        self.found(object) == self.value
    }
}

/// Something that happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It was created.
    Created,
    /// A pod became Ready.
    Ready,
    /// A pod stopped being Ready.
    Unready,
    /// It was asked to go.
    Terminating,
    /// It is gone.
    Gone,
}

impl Turn {
    /// Every turn with the word that a lesson file has for it.
    pub const WORDS: [(Turn, &'static str); 5] = [
        (Turn::Created, "+"),
        (Turn::Ready, "ready"),
        (Turn::Unready, "unready"),
        (Turn::Terminating, "terminating"),
        (Turn::Gone, "-"),
    ];

    fn of(self, event: &WatchEvent) -> bool {
        let was = |test: fn(&Object) -> bool| event.old.as_ref().is_some_and(test);
        let is = |test: fn(&Object) -> bool| test(&event.object);
        let modified = event.change == Change::Modified;
        match self {
            Turn::Created => event.change == Change::Added,
            Turn::Gone => event.change == Change::Deleted,
            Turn::Ready => modified && is(is_ready) && !was(is_ready),
            Turn::Unready => modified && !is(is_ready) && was(is_ready),
            Turn::Terminating => modified && is(is_going) && !was(is_going),
        }
    }
}

/// What happens to which object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// What.
    pub turn: Turn,
    /// To what; an empty name is any object of the kind.
    pub key: ObjectKey,
}

impl Happening {
    fn is(&self, event: &WatchEvent) -> bool {
        self.turn.of(event)
            && event.object.kind() == self.key.kind
            && (self.key.name.is_empty() || event.object.key() == self.key)
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Turn::WORDS.iter().find(|(turn, _)| *turn == self.turn).map_or("", |(_, word)| word);
        write!(f, "{word} {}", self.key)
    }
}

/// What has become of a pod since the step began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is the same object: its uid stayed.
    Kept,
    /// It is another object under the same name.
    Replaced,
}

/// A text that must have been printed; what stands in `{KIND/NAME PATH}` is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(pub Vec<Piece>);

/// A part of a [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Itself.
    Literal(String),
    /// A field of an object.
    Lookup(ObjectKey, String),
}

/// A predicate.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// An object is there, with these values and without those.
    Object {
        /// Which one.
        key: ObjectKey,
        /// Values that it has.
        has: Vec<Field>,
        /// Values that it has not.
        not: Vec<Field>,
    },
    /// An object is not there.
    Gone(ObjectKey),
    /// The pods of a set at these ordinals are there, none of them on its way out.
    Pods {
        /// The set's namespace.
        namespace: String,
        /// The set's name.
        set: String,
        /// The ordinals.
        ordinals: RangeInclusive<i32>,
        /// The image of the first container.
        image: Option<String>,
        /// Whether they are Ready.
        ready: Option<bool>,
        /// What has become of them.
        fate: Option<Fate>,
    },
    /// So many objects of a kind have these values.
    Count {
        /// The kind.
        kind: Kind,
        /// The namespace, empty for cluster-scoped kinds.
        namespace: String,
        /// The values.
        has: Vec<Field>,
        /// At least so many.
        from: u64,
        /// At most so many.
        to: u64,
    },
    /// This happened since the step began, in this order; other things may have happened in between.
    Order(Vec<Happening>),
    /// This did not happen since the step began.
    Never(Happening),
    /// The terminal has printed this since the step began.
    Printed(Pattern),
}

/// Where a step began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The newest resourceVersion then.
    pub resource_version: u64,
    /// The number of the terminal's next entry then.
    pub written: u64,
    /// The pods then, with their uids.
    pub pods: Vec<(ObjectKey, String)>,
}

impl Mark {
    /// Now.
    pub fn here(session: &Session) -> Mark {
        let server = session.world().server();
        Mark {
            resource_version: server.resource_version(),
            written: session.log().written(),
            pods: server
                .list::<Pod>("")
                .map(|pod| Object::from((**pod).clone()))
                .map(|pod| (pod.key(), pod.uid().to_owned()))
                .collect(),
        }
    }

    fn uid(&self, key: &ObjectKey) -> Option<&str> {
        self.pods.iter().find(|(pod, _)| pod == key).map(|(_, uid)| uid.as_str())
    }
}

/// What a goal still misses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The object is not there.
    Absent(ObjectKey),
    /// The object is still there.
    Present(ObjectKey),
    /// The object is on its way out.
    Terminating(ObjectKey),
    /// A field has another value.
    Value {
        /// Whose.
        key: ObjectKey,
        /// Which.
        field: Field,
        /// What it is; empty if there is none.
        found: String,
    },
    /// A field still has this value.
    Unwanted {
        /// Whose.
        key: ObjectKey,
        /// Which.
        field: Field,
    },
    /// A pod is not Ready, or still Ready.
    Readiness {
        /// Which.
        pod: ObjectKey,
        /// Whether it should be.
        wanted: bool,
    },
    /// A pod should be the one that it was.
    NotKept(ObjectKey),
    /// A pod should have been replaced.
    NotReplaced(ObjectKey),
    /// More or fewer objects than there should be.
    Count {
        /// Of this kind.
        kind: Kind,
        /// With these values.
        has: Vec<Field>,
        /// So many are there.
        found: u64,
        /// At least so many should be.
        from: u64,
        /// At most so many should be.
        to: u64,
    },
    /// This has not happened yet, or not in this order.
    NotYet(Happening),
    /// This has happened, and should not have.
    Happened(Happening),
    /// The terminal has not shown this.
    NotPrinted(String),
}

impl Goal {
    /// What is missing; `None` if the goal is reached.
    pub fn missing(&self, session: &Session, mark: &Mark) -> Option<Missing> {
        match self {
            Goal::Object { key, has, not } => object(session, key, has, not),
            Goal::Gone(key) => session.world().server().object(key).map(|_| Missing::Present(key.clone())),
            Goal::Pods { namespace, set, ordinals, image, ready, fate } => {
                ordinals.clone().find_map(|ordinal| {
                    let key = ObjectKey::new(Kind::Pod, namespace, &format!("{set}-{ordinal}"));
                    pod(session, mark, key, image.as_deref(), *ready, *fate)
                })
            }
            Goal::Count { kind, namespace, has, from, to } => {
                let of_kind = session.world().server().all();
                let of_kind = of_kind.filter(|o| o.kind() == *kind && o.namespace() == namespace);
                let found = of_kind.map(Object::to_value).filter(|o| has.iter().all(|field| field.holds(o)));
                let found = found.count() as u64;
                let missing = Missing::Count { kind: *kind, has: has.clone(), found, from: *from, to: *to };
                (!(*from..=*to).contains(&found)).then_some(missing)
            }
            Goal::Order(order) => {
                let mut rest = order.iter().peekable();
                for event in session.world().server().changes_since(mark.resource_version) {
                    rest.next_if(|next| next.is(event));
                }
                rest.next().cloned().map(Missing::NotYet)
            }
            Goal::Never(happening) => {
                let mut changes = session.world().server().changes_since(mark.resource_version);
                changes.find(|event| happening.is(event)).map(|event| {
                    Missing::Happened(Happening { turn: happening.turn, key: event.object.key() })
                })
            }
            Goal::Printed(pattern) => printed(session, mark, pattern),
        }
    }
}

fn object(session: &Session, key: &ObjectKey, has: &[Field], not: &[Field]) -> Option<Missing> {
    let Some(object) = session.world().server().object(key) else {
        return Some(Missing::Absent(key.clone()));
    };
    let value = object.to_value();
    if let Some(field) = has.iter().find(|field| !field.holds(&value)) {
        return Some(Missing::Value { key: key.clone(), field: field.clone(), found: field.found(&value) });
    }
    let unwanted = not.iter().find(|field| field.holds(&value))?;
    Some(Missing::Unwanted { key: key.clone(), field: unwanted.clone() })
}

fn pod(
    session: &Session,
    mark: &Mark,
    key: ObjectKey,
    image: Option<&str>,
    ready: Option<bool>,
    fate: Option<Fate>,
) -> Option<Missing> {
    let Some(pod) = session.world().server().object(&key) else {
        return Some(Missing::Absent(key));
    };
    if is_going(pod) {
        return Some(Missing::Terminating(key));
    }
    if let Some(image) = image {
        let field = Field { path: ".spec.containers[0].image".to_owned(), value: image.to_owned() };
        if let Some(missing) = object(session, &key, &[field], &[]) {
            return Some(missing);
        }
    }
    if ready.is_some_and(|wanted| is_ready(pod) != wanted) {
        return Some(Missing::Readiness { pod: key, wanted: !is_ready(pod) });
    }
    let kept = mark.uid(&key) == Some(pod.uid());
    match fate {
        Some(Fate::Kept) if !kept => Some(Missing::NotKept(key)),
        Some(Fate::Replaced) if kept || mark.uid(&key).is_none() => Some(Missing::NotReplaced(key)),
        _ => None,
    }
}

fn printed(session: &Session, mark: &Mark, pattern: &Pattern) -> Option<Missing> {
    let mut wanted = String::new();
    for piece in &pattern.0 {
        match piece {
            Piece::Literal(text) => wanted.push_str(text),
            Piece::Lookup(key, path) => {
                let Some(object) = session.world().server().object(key) else {
                    return Some(Missing::Absent(key.clone()));
                };
                let found = kubectl::json_path(path, &object.to_value()).unwrap_or_default();
                if found.is_empty() {
                    let field = Field { path: path.clone(), value: String::new() };
                    return Some(Missing::Value { key: key.clone(), field, found });
                }
                wanted.push_str(&found);
            }
        }
    }
    let mut shown = String::new();
    for entry in session.log().since(mark.written) {
        if let Content::Out(text) | Content::Err(text) = &entry.content {
            shown.push_str(text);
        }
    }
    (!shown.contains(&wanted)).then_some(Missing::NotPrinted(wanted))
}

fn is_going(object: &Object) -> bool {
    is_terminating(object.meta())
}

fn is_ready(object: &Object) -> bool {
    let Some(pod) = object.get::<Pod>() else { return false };
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|c| c.type_ == "Ready" && c.status == "True")
}
