//! The controllers of kube-controller-manager that a StatefulSet meets (v1.36.2).
//!
//! | folder | upstream | brings about |
//! |---|---|---|
//! | [`statefulset`] | pkg/controller/statefulset | pods in order, with identity, claims and revisions |
//! | [`history`] | pkg/controller/history | ControllerRevisions: data, hash, name, equality |
//! | [`volume::persistentvolume`] | pkg/controller/volume/persistentvolume | claims bound to volumes, volumes reclaimed |
//! | [`volume::pvc_protection`] | pkg/controller/volume/pvcprotection | a claim stays while a pod uses it |
//! | [`volume::pv_protection`] | pkg/controller/volume/pvprotection | a volume stays while it is bound |
//! | [`volume::ephemeral`] | pkg/controller/volume/ephemeral | claims for the ephemeral volumes of pods |
//! | [`volume::expand`] | pkg/controller/volume/expand | the word that a volume is to become larger |
//! | [`endpointslice`] | pkg/controller/endpointslice, k8s.io/endpointslice | a Service's pods with addresses and conditions |
//! | [`endpointslicemirroring`] | pkg/controller/endpointslicemirroring | the same for Endpoints that people write |
//! | [`deployment`] | pkg/controller/deployment | one ReplicaSet for each template, exchanged step by step |
//! | [`replicaset`] | pkg/controller/replicaset | so many pods, whichever |
//! | [`nodelifecycle`] | pkg/controller/nodelifecycle | nodes that are lost, their taints and their pods' readiness |
//! | [`tainteviction`] | pkg/controller/tainteviction | pods leave nodes whose taints they do not tolerate |
//! | [`podgc`] | pkg/controller/podgc | pods of nodes that are gone |
//! | [`namespace`] | pkg/controller/namespace | namespaces go once they are empty |
//! | [`kubernetesservice`] | pkg/controlplane/controller/kubernetesservice | the service in front of the API server |
//! | [`garbagecollector`] | pkg/controller/garbagecollector | dependents follow their owners |
//!
//! Files, functions and their order are upstream's, so that both can be read side by side. Every controller is a
//! `Clone` value behind [`client::Reconciler`]: it reads the caches, writes through the API, and takes time as a value.

mod controller_ref_manager;
mod controller_utils;
pub mod deployment;
pub mod endpointslice;
pub mod endpointslicemirroring;
pub mod garbagecollector;
pub mod history;
pub mod kubernetesservice;
pub mod namespace;
pub mod nodelifecycle;
mod pod;
pub mod podgc;
pub mod replicaset;
pub mod statefulset;
pub mod tainteviction;
pub mod volume;
