//! CoreDNS: what the cluster's name server answers.
//!
//! Models CoreDNS 1.13's kubernetes plugin as kubeadm configures it (zone `cluster.local`, both reverse zones, `pods insecure`,
//! TTL 30), without cache. Departs: records come in the order of their text, where CoreDNS's order is random; the
//! zone's serial is the resourceVersion that the server has seen, where CoreDNS takes the time.
//! Invariant: an answer is a function of the question and the caches.

mod link;
mod query;
mod record;
mod resolve;
mod zone;

pub use link::broken_link;
pub use query::query;
pub use record::{Answer, Data, Rcode, Record, RecordType};
pub(crate) use resolve::kernel_name;
pub use resolve::{Resolver, hostname, hosts_file, resolv_conf};
pub(crate) use zone::endpoints_of_port;
pub use zone::records;

/// The cluster's domain.
pub const ZONE: &str = "cluster.local";
/// The name server's address in the cluster.
pub const SERVER: &str = "10.96.0.10";
