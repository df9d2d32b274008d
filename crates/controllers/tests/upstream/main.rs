//! Upstream's tests of the StatefulSet controller and what it stands on (v1.36 tree): one test for each name, the names
//! kept, the same invariants, in both pod management modes and under every retention policy where upstream does so.

mod controller_history;
mod fixture;
#[path = "../harness/mod.rs"]
mod harness;
mod pv_binder;
mod stateful_pod_control;
mod stateful_set;
mod stateful_set_control;
mod stateful_set_status_updater;
mod stateful_set_utils;
