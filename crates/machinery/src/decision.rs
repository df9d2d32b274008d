//! Why something happens or waits, as data: the *why* that upstream only logs.
//!
//! A controller replaces the decision about an object at every sync. It holds no text: the words live with the page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::object::ObjectKey;

/// What a controller decided about an object in its last sync.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// What, and because of which object.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What a pod lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Lack {
    /// It has no node.
    Scheduled,
    /// Its containers do not run.
    Running,
    /// It runs and is not Ready.
    Ready,
    /// It is Ready, but not yet for `minReadySeconds`.
    Available {
        /// When it will be.
        at: Timestamp,
    },
    /// It terminates, and its object is still there.
    Gone,
    /// Its node is gone or silent: the pod neither changes nor goes before the node is back or somebody removes it.
    Node,
}

/// Why a pod was made from this revision and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Source {
    /// From the update revision.
    Update,
    /// From the current revision: the ordinal is below the partition.
    Partition,
    /// From the current revision: there is no `rollingUpdate` block, and `status.currentReplicas` still counts the ordinal.
    CurrentReplicas,
}

/// A pod that was created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Created {
    /// The pod.
    pub pod: ObjectKey,
    /// Its revision.
    pub from: Source,
}

/// What is left of an update when nothing waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Rollout {
    /// Every pod is at the update revision.
    Complete,
    /// The partition keeps pods below it at another revision.
    Partition {
        /// Counted from the start ordinal.
        partition: i32,
        /// How many pods it keeps.
        pods: usize,
    },
    /// The partition is not below the replicas: no pod is updated at all.
    PartitionAboveReplicas {
        /// Counted from the start ordinal.
        partition: i32,
    },
    /// Pods at another revision stay until somebody deletes them.
    OnDelete {
        /// How many.
        pods: usize,
    },
}

/// Why a ControllerRevision is the update revision of its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RevisionChoice {
    /// No revision had the set's template.
    Created {
        /// How often its name was taken by other data, ever since the set was made.
        collisions: i32,
    },
    /// It was the newest one already and has the set's template: the set's change concerns no pod.
    Kept {
        /// The set's generation that changed nothing about pods.
        generation: i64,
    },
    /// The newest one records the same template in other words: defaults that a later version adds, or zero values.
    Equivalent,
    /// An older one has the set's template again, and became the newest.
    RolledBack {
        /// Its number before.
        from: i64,
        /// Its number now.
        to: i64,
    },
}

/// The first broken link on the way from a pod to its name's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BrokenLink {
    /// There is no pod.
    NoPod,
    /// The pod names no subdomain (the set's `serviceName` is empty).
    NoSubdomain,
    /// The pod's subdomain is another than the Service that was asked for.
    OtherSubdomain(String),
    /// There is no Service of that name.
    NoService(String),
    /// The Service's selector does not match the pod's labels.
    NotSelected(String),
    /// The pod has no address yet.
    NoAddress,
    /// The pod is being deleted.
    Terminating,
    /// The pod is not Ready.
    NotReady,
    /// All links hold, and no EndpointSlice shows it yet.
    NotPublished,
}

/// Why a volume does not fit a claim (pkg/controller/volume/persistentvolume; component-helpers/storage/volume).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
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
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "verdict", content = "details", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Verdict {
    /// StatefulSet: everything is as the spec wants it.
    Settled {
        /// What is left of an update.
        rollout: Rollout,
    },
    /// StatefulSet: these pods were created in this sync.
    Creating {
        /// In the order of creation.
        pods: Vec<Created>,
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
    /// StatefulSet: the update would replace this pod, and does not get there, because the pod itself is in the way. If it
    /// never becomes available, no template heals it: it has to be deleted.
    Frozen {
        /// The pod, at another revision than the update revision.
        pod: ObjectKey,
        /// What it lacks.
        lacks: Lack,
    },
    /// StatefulSet: a claim still carries the reference to an earlier pod; the garbage collector removes it first.
    StaleClaim {
        /// The pod that is not created.
        pod: ObjectKey,
        /// The claim.
        claim: ObjectKey,
    },
    /// StatefulSet: a pod cannot be created, because its claim is being deleted. It is retried.
    ClaimTerminating {
        /// The pod that is not created.
        pod: ObjectKey,
        /// The claim.
        claim: ObjectKey,
    },
    /// StatefulSet: a pod cannot be created, because a pod that the set does not control has its name. It is retried.
    NameTaken {
        /// The name.
        pod: ObjectKey,
    },
    /// StatefulSet: the set is being deleted, only its status is kept.
    SetTerminating,
    /// The sync failed and is retried.
    Failed {
        /// The error, as the API or the controller gave it.
        message: String,
    },
    /// ControllerRevision: its set's update revision, and why.
    Revision(RevisionChoice),
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Step {
    /// Create the pod of the same ordinal anew: a terminating pod holds its slot until it is gone.
    Replacement,
    /// Create the pods after the blocking one.
    Ordinals,
    /// Delete pods beyond the replicas.
    ScaleDown,
    /// Replace pods with the update revision.
    Update,
    /// Nothing: the blocking pod is all that is missing.
    Nothing,
}
