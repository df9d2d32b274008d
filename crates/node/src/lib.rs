//! What nodes and add-ons do: scheduler, kubelet, CoreDNS, exec.
//!
//! Knows no controller. Invariant: state is cloneable data; time and chance come with each call.

pub mod dns;
pub mod exec;
pub mod kubelet;
pub mod scheduler;
