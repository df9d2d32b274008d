//! Why something happens or waits, as data: the *why* that upstream only logs.
//!
//! A controller replaces the decision about an object at every sync. It holds no text: the words live with the page.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::object::ObjectKey;

/// What a controller decided about an object in its last sync.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// What, and because of which object.
    pub verdict: Verdict,
}

/// What a pod lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It has no node.
    Scheduled,
    /// Its containers do not run.
    Running,
    /// It runs and is not Ready.
    Ready,
    /// It is Ready, but not yet for `minReadySeconds`.
    Available,
    /// It terminates, and its object is still there.
    Gone,
}

/// Why a volume does not fit a claim (pkg/controller/volume/persistentvolume; component-helpers/storage/volume).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It belongs to another claim.
    Taken,
    /// It is smaller than the request.
    TooSmall,
    /// It lacks an access mode that is asked for.
    AccessModes,
    /// Its storage class, or its volume attributes class, is another.
    StorageClass,
    /// One is a block device, the other a file system.
    VolumeMode,
    /// The claim's selector does not match its labels.
    Selector,
    /// It was used by a claim that is gone, and keeps its data.
    Released,
    /// It is being deleted.
    Terminating,
    /// Its phase is neither of these and not Available.
    NotAvailable,
}

/// What was decided, and the rule behind it.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// StatefulSet: everything is as the spec wants it.
    Settled {
        /// The partition, if it keeps a pod below it at another revision than the update revision.
        held_by_partition: Option<i32>,
        /// Under OnDelete: how many pods still run another revision than the update revision.
        held_by_on_delete: usize,
    },
    /// StatefulSet: these pods were created in this sync.
    Creating {
        /// In the order of creation.
        pods: Vec<ObjectKey>,
    },
    /// StatefulSet: these pods were deleted because they are beyond the replicas.
    ScalingDown {
        /// In the order of deletion.
        pods: Vec<ObjectKey>,
    },
    /// StatefulSet: these pods were deleted to come back at the update revision.
    Updating {
        /// In the order of deletion.
        pods: Vec<ObjectKey>,
    },
    /// StatefulSet: a pod in a terminal phase is deleted to be created anew.
    Replacing {
        /// The pod.
        pod: ObjectKey,
    },
    /// StatefulSet: nothing moves before a pod has what it lacks.
    Waiting {
        /// What would go on.
        step: Step,
        /// The pod that blocks.
        pod: ObjectKey,
        /// What it lacks.
        lacks: Lack,
    },
    /// StatefulSet: a claim still carries the reference to an earlier pod; the garbage collector removes it first.
    StaleClaim {
        /// The pod that is not created.
        pod: ObjectKey,
    },
    /// StatefulSet: the set is being deleted, only its status is kept.
    SetTerminating,
    /// The sync failed and is retried.
    Failed {
        /// The error, as the API or the controller gave it.
        message: String,
    },
    /// Claim: bound to this volume.
    Bound {
        /// The volume's name.
        volume: String,
    },
    /// Claim: no volume fits, and no class is set to make one.
    NoVolume {
        /// Every volume with the first reason why it does not fit; of a claim that names its volume, that one alone.
        misfits: BTreeMap<String, Misfit>,
    },
    /// Claim: its class binds when a pod that uses it is scheduled.
    WaitsForConsumer,
    /// Claim: no volume fits, and its class has one made by a provisioner outside the cluster.
    WaitsForProvisioner {
        /// The provisioner that the class names.
        provisioner: String,
    },
    /// Claim or volume: deletion waits for its user.
    InUse {
        /// The pods that use the claim, or the claim that holds the volume.
        by: Vec<ObjectKey>,
    },
    /// Pod: no node takes it.
    Unschedulable {
        /// The claims that are missing, unbound or being deleted.
        claims: Vec<ObjectKey>,
        /// The scheduler's message.
        message: String,
    },
}

/// What a waiting StatefulSet would do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Create or check the pods after the blocking one.
    Ordinals,
    /// Delete pods beyond the replicas.
    ScaleDown,
    /// Replace pods with the update revision.
    Update,
}
