//! Deployments: one ReplicaSet for each template, exchanged step by step.
//!
//! | file | upstream |
//! |---|---|
//! | [`deployment_controller`] | pkg/controller/deployment/deployment_controller.go |
//! | [`sync`] | pkg/controller/deployment/sync.go |
//! | [`rolling`] | pkg/controller/deployment/rolling.go |
//! | [`recreate`] | pkg/controller/deployment/recreate.go |
//! | [`progress`] | pkg/controller/deployment/progress.go |
//! | [`deployment_util`] | pkg/controller/deployment/util/deployment_util.go |
//!
//! Departs: the hash in names and labels is taken over the template's JSON, as Go's print of its own structs cannot be had
//! here; rollbacks through the API of old do not exist.
//! Invariant: at most `maxSurge` pods too many and `maxUnavailable` too few are asked for.

mod deployment_controller;
mod deployment_util;
mod progress;
mod recreate;
mod rolling;
mod sync;

pub use deployment_controller::DeploymentController;
