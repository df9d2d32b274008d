//! The API server: store, defaulting, admission, validation, deletion.
//!
//! Models kube-apiserver's registries (v1.36.2). Knows no controller and no source of time: both come with each request.
//! Invariant: a request is applied whole or not at all.

mod admission;
mod defaults;
mod endpoints;
mod field_manager;
mod internal;
mod made;
mod registry;
mod server;
mod store;
mod strategy;
mod validation;

pub use server::{Env, Server};
pub use strategy::default;
