//! Binds claims to volumes, and reclaims volumes whose claim is gone.
//!
//! Models pkg/controller/volume/persistentvolume (v1.36.2). Like upstream's the controller keeps caches of its own: they
//! also hold what it has just written, so that it never gives a volume away twice. Departs:
//! - claims and volumes come through one queue; where upstream puts a key of the other kind into the other queue, that
//!   object is synced at once;
//! - among equally good volumes, and among sets of access modes of equal size, [`client::Choices`] chooses, where
//!   upstream follows the order of a map;
//! - recycling takes no time and no pod; volumes are deleted by no plugin but hostPath's;
//! - drivers are never migrated to CSI.
//!
//! Invariant: a failed write is left to the next event or resync, as upstream does.

mod index;
mod pv_controller;
mod pv_controller_base;
pub(super) mod pv_helpers;
mod reclaim;

pub use pv_controller_base::PersistentVolumeController;
