//! What somebody has of a real cluster (`kubectl get sts,svc,pod,pvc,pv,controllerrevision -o yaml`) as a start world.
//!
//! [`read`] makes data of the text, and says what was left out and what is assumed; the cluster itself is asked for nothing.
//! Invariant: bad text changes nothing and is told where it is wrong; text and objects are bounded.

mod read;
mod server;

use std::sync::Arc;

use cluster::{Assumption, World};
use jiff::Timestamp;
use machinery::version::Features;
use machinery::{Object, ObjectKey};
use serde_json::Value;

pub use server::{Difference, Nearest};

use crate::worlds::{Start, StartWorld, config};

/// Longest text that is read, in bytes.
pub const TEXT_LIMIT: usize = 4 << 20;
/// Most objects.
pub const OBJECT_LIMIT: usize = 5_000;

/// The objects that a world begins with. A clone shares them.
#[derive(Clone, Debug)]
pub struct Imported {
    at: Timestamp,
    objects: Arc<[Object]>,
}

impl PartialEq for Imported {
    fn eq(&self, other: &Imported) -> bool {
        // Starts are compared often, and mostly share their objects.
        self.at == other.at && (Arc::ptr_eq(&self.objects, &other.objects) || self.objects == other.objects)
    }
}

impl Imported {
    /// The moment in which the world begins.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The objects, in the order of the dump.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The objects as JSON: what is kept of them.
    pub(crate) fn to_values(&self) -> Vec<Value> {
        self.objects.iter().map(Object::to_value).collect()
    }

    /// What [`Imported::to_values`] gave, read again.
    ///
    /// # Errors
    /// For people: what is wrong with it.
    pub(crate) fn from_values(
        at: Timestamp,
        values: Vec<Value>,
        features: Features,
    ) -> Result<Imported, String> {
        let mut reader = read::Reader::new(features);
        for value in values {
            reader.take(value, &|_| None).map_err(|error| error.problem.to_string())?;
        }
        Ok(Imported {
            at,
            objects: reader.finish().map_err(|error| error.problem.to_string())?.objects.into(),
        })
    }
}

/// A dump that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The world.
    pub imported: Imported,
    /// The version and gates by which it was read.
    pub features: Features,
    /// Everything that the dump says and the world does not, or the other way round, by line.
    pub notes: Vec<Note>,
}

/// Something worth knowing about an imported world.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The line of the dump, from 1, where there is one.
    pub line: Option<usize>,
    /// What.
    pub fact: Fact,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// Objects of this kind are not simulated.
    UnknownKind {
        /// As the object gives it.
        api_version: String,
        /// As the object gives it.
        kind: String,
        /// The object's name.
        name: String,
    },
    /// Objects of this kind are made anew from the others.
    Derived {
        /// The object.
        object: ObjectKey,
    },
    /// The field is not simulated in this version.
    UnknownField {
        /// The object.
        object: ObjectKey,
        /// The field's path.
        path: String,
    },
    /// What the Secret holds is left out.
    Emptied {
        /// The Secret.
        object: ObjectKey,
    },
    /// The object comes again later; the last one counts.
    Repeated {
        /// The object.
        object: ObjectKey,
    },
    /// What the dump does not tell.
    Assumed(Assumption),
}

/// Why a dump cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// The line, from 1, where there is one.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is nothing in it.
    Empty,
    /// It is a table, as kubectl prints one without `-o yaml`.
    Table,
    /// It is longer than [`TEXT_LIMIT`].
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// It has more objects than [`OBJECT_LIMIT`], or more nodes than are simulated.
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// It is neither YAML nor JSON: the parser's words.
    Syntax(String),
    /// A document is no object of Kubernetes: `apiVersion`, `kind` and `metadata.name` are needed.
    NoObject,
    /// A field holds what it cannot hold: Go's words.
    Field {
        /// The field's path, empty where it is the whole object.
        path: String,
        /// Why.
        why: String,
    },
    /// Nothing of it is simulated.
    NothingKnown,
    /// The moment that was given is before the newest one in the dump.
    TooEarly {
        /// The newest one.
        newest: Timestamp,
    },
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Problem::Empty => f.write_str("there is nothing in it"),
            Problem::Table => f.write_str("this is a table; print the objects with -o yaml"),
            Problem::TooLong { bytes } => {
                write!(f, "it has {bytes} bytes; at most {} MiB are read", TEXT_LIMIT >> 20)
            }
            Problem::TooMany { what, limit } => write!(f, "it has more than {limit} {what}"),
            Problem::Syntax(why) => f.write_str(why),
            Problem::NoObject => {
                f.write_str("this is no object: apiVersion, kind and metadata.name are needed")
            }
            Problem::Field { path, why } if path.is_empty() => f.write_str(why),
            Problem::Field { path, why } => write!(f, "{path}: {why}"),
            Problem::NothingKnown => f.write_str("no object in it is of a kind that is simulated"),
            Problem::TooEarly { newest } => write!(f, "the dump knows of {newest}, which is later"),
        }
    }
}

/// Reads a dump: a List, or several documents, as YAML or JSON. The world begins in the moment that is given, or else in
/// the newest one that the dump knows of.
///
/// # Errors
/// What is wrong, and where.
pub fn read(text: &str, features: Features, at: Option<Timestamp>) -> Result<Import, ImportError> {
    let found = read::text(text, features)?;
    let at = match (at, found.newest) {
        (Some(at), Some(newest)) if at < newest => {
            return Err(ImportError { line: None, problem: Problem::TooEarly { newest } });
        }
        (at, newest) => at.or(newest).unwrap_or(config(&Start::default()).start),
    };
    let imported = Imported { at, objects: found.objects.into() };
    let start = Start { world: StartWorld::Imported(imported.clone()), features, ..Start::default() };
    let (_, assumptions) = World::restored(config(&start), imported.objects());
    let mut notes = found.notes;
    notes.extend(assumptions.into_iter().map(|assumption| {
        let line = match &assumption {
            Assumption::Refused { object, .. } => found.lines.get(object).copied(),
            _ => None,
        };
        Note { line, fact: Fact::Assumed(assumption) }
    }));
    Ok(Import { imported, features, notes })
}
