//! What nodes and add-ons do: scheduler, kubelet, provisioner and resizer, CoreDNS, exec, logs, written files.
//!
//! Knows no controller. Invariant: state is cloneable data; time and chance come with each call.

pub mod dns;
pub mod exec;
pub mod kubelet;
pub mod logs;
pub mod provisioner;
pub mod references;
mod resizer;
pub mod runtime;
pub mod scheduler;
