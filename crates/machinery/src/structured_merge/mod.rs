//! Which fields of an object belong to whom, and how objects merge by it: what server-side apply is made of.
//!
//! Models sigs.k8s.io/structured-merge-diff (v6): [`FieldSet`] is its fieldpath, [`Shape`] its schema, [`field_set`],
//! [`compare`], [`merge`] and [`remove`] its typed values. Objects are JSON as Go prints them
//! ([`crate::decode::with_printed_nulls`]).
//! Departs in one point: there is one version of each kind, so nothing is ever converted.
//! Invariant: recursion is as deep as the values, which reading bounds.

mod compare;
mod element;
mod field_set;
mod merge;
mod remove;
mod set;
mod shape;
mod validate;

pub use compare::{Comparison, compare};
pub use element::{Element, Scalar};
pub use field_set::field_set;
pub use merge::merge;
pub use remove::remove;
pub use set::{FieldSet, Path};
pub use shape::Shape;
pub use validate::{Violation, validate};
