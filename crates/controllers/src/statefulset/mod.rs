//! StatefulSets: pods in order, each with its own name, claims and revision.
//!
//! Models pkg/controller/statefulset (v1.36.2), split into the same files. Departs:
//! - the semantic comparison of revisions (StatefulSetSemanticRevisionComparison) decodes and writes the old template
//!   again, but adds no defaults to it: no simulated version has defaults that an older one did not have;
//! - claims and claim volumes come in the order of the templates, where upstream iterates a map;
//! - after a write conflict the object is read live, where upstream asks its cache again a moment later;
//! - loops over all pods are questions to a table by ordinal ([`replica_table`]), which says the same;
//! - a Parallel set creates at most [`stateful_set_control::BURST_LIMIT`] pods in one sync, so that no number of
//!   replicas can stall the simulation.
//!
//! Invariant: a sync of an OrderedReady set creates or deletes at most one pod.

mod reason;
mod replica_table;
mod stateful_pod_control;
mod stateful_set;
pub mod stateful_set_control;
mod stateful_set_status_updater;
pub mod stateful_set_utils;

pub use stateful_set::StatefulSetController;
