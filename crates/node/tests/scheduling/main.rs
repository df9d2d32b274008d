//! What the scheduler says of a pod, and when it looks at it again; what the provisioner says of a claim.

mod cluster;
mod filters;
mod retries;
#[path = "../support/mod.rs"]
mod support;
