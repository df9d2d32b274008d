/** A world to start in: five free volumes and the tutorial's manifests as files; the tutorial from the top; nothing. */
export type StartWorld = "manifest" | "tutorial" | "empty";

/** A kind of object that exists here. */
export type Kind =
  | "ConfigMap"
  | "Endpoints"
  | "Event"
  | "Namespace"
  | "Node"
  | "PersistentVolumeClaim"
  | "PersistentVolume"
  | "Pod"
  | "Secret"
  | "ServiceAccount"
  | "Service"
  | "ServiceAccount"
  | "ControllerRevision"
  | "Deployment"
  | "ReplicaSet"
  | "StatefulSet"
  | "EndpointSlice"
  | "StorageClass";

/** How a cluster starts. */
export interface ClusterOptions {
  /** The seed of chance, a whole number from 0; the same seed and the same calls give the same cluster. Default 1. */
  seed?: number | null;
  /** The simulated version of Kubernetes. Default "1.36". */
  version?: "1.32" | "1.36" | null;
  /** Feature gates by name. Default: off. */
  featureGates?: { MaxUnavailableStatefulSet?: boolean };
  /** How many nodes there are, at most 2000. Default 3. */
  nodes?: number | null;
  /** The world to start in. Default "manifest". */
  world?: StartWorld | null;
}

/** How a command line is run. */
export interface RunOptions {
  /** Virtual seconds after which the command is stopped, as by Ctrl-C. Default 600. */
  timeoutSeconds?: number | null;
}

/** What a command line left. */
export interface RunResult {
  /** Standard output. */
  stdout: string;
  /** Standard error. */
  stderr: string;
  /** Exit status; 130 if the command was stopped. */
  exitCode: number;
  /** What the simulator says besides, one line each. */
  notes: string[];
  /** What a command that was stopped had been waiting for. */
  waitingFor: string | null;
}

/** A component of the cluster. */
export type Component =
  | "statefulset-controller"
  | "deployment-controller"
  | "replicaset-controller"
  | "default-scheduler"
  | "persistentvolume-controller"
  | "pvc-protection-controller"
  | "pv-protection-controller"
  | "endpoint-slice-controller"
  | "node-controller"
  | "taint-eviction-controller"
  | "pod-garbage-collector-controller"
  | "external-provisioner"
  | "kubelet"
  | "garbage-collector-controller"
  | "kubernetes-service-controller"
  | "endpoint-slice-mirroring-controller"
  | "namespace-controller"
  | "ephemeral-volume-controller"
  | "persistentvolume-expander-controller";

/**
 * Something that is broken until it is healed. `pods` is a pod's name, in which `.*` stands for any text (`web-.*`), with
 * a namespace before a `/` if it is to be of that one.
 */
export type Defect =
  /** The pods run, and are not ready. */
  | { type: "failReadiness"; pods: string }
  /** Their liveness probes fail. */
  | { type: "failLiveness"; pods: string }
  /** Their startup probes fail. */
  | { type: "failStartup"; pods: string }
  /** They get a node, and their containers never start. */
  | { type: "neverStart"; pods: string }
  /** Their containers exit as soon as they have started. */
  | { type: "crashLoop"; pods: string }
  /** They become ready so many milliseconds late. */
  | { type: "slowReady"; pods: string; ms: number }
  /** They never end when they are deleted. */
  | { type: "stuckDeletion"; pods: string }
  /** Every pod takes so many milliseconds until its containers can be made. */
  | { type: "slowStart"; ms: number }
  /** Every pod takes so many milliseconds to end. */
  | { type: "slowStop"; ms: number }
  /** The registry does not have the image. */
  | { type: "missingImage"; image: string }
  /** The node's kubelet is silent. */
  | { type: "nodeDown"; node: string }
  /** The provisioner of that name makes and removes no volumes. */
  | { type: "provisionerDown"; provisioner: string }
  /** Writes of that kind of object fail: all, or of one sort, or of objects of that name. */
  | { type: "failWrites"; kind: Kind; write?: "create" | "update" | "delete"; name?: string }
  /** The component hears of every change so many milliseconds late. */
  | { type: "cacheLag"; component: Component; ms: number };

/** An act that breaks or heals. */
export type Fault =
  /** A running container (the first one, if none is named) exits, by default with 1. The namespace is `default` if none is given. */
  | { type: "crash"; pod: string; namespace?: string; container?: string; exitCode?: number }
  /** The node evicts the pod, as if it were short of memory. */
  | { type: "evict"; pod: string; namespace?: string }
  | { type: "break"; defect: Defect }
  | { type: "heal"; defect: Defect }
  | { type: "healAll" }
  /** Exactly these are broken from here on. */
  | { type: "only"; defects: Defect[] };

/** Where an object is found; the namespace of what lives in none is `""`. */
export interface ObjectKey {
  kind: Kind;
  namespace: string;
  name: string;
}

/** What a pod lacks. */
export type Lack = "scheduled" | "running" | "ready" | "gone" | "node" | { available: { at: string } };

/** What is left of an update when nothing waits. */
export type Rollout =
  | "complete"
  | { partition: { partition: number; pods: number } }
  | { partitionAboveReplicas: { partition: number } }
  | { onDelete: { pods: number } };

/** Why a volume does not fit a claim. */
export type Misfit =
  | "taken"
  | "tooSmall"
  | "accessModes"
  | "storageClass"
  | "volumeMode"
  | "selector"
  | "released"
  | "terminating"
  | "notAvailable";

/** What a controller decided, and because of what. */
export type Verdict =
  /** StatefulSet: everything is as the spec wants it. */
  | { verdict: "settled"; details: { rollout: Rollout } }
  /** StatefulSet: these pods were created. */
  | { verdict: "creating"; details: { pods: { pod: ObjectKey; from: "update" | "partition" | "currentReplicas" }[] } }
  /** StatefulSet: these pods were deleted, being beyond the replicas. */
  | { verdict: "scalingDown"; details: { pods: ObjectKey[] } }
  /** StatefulSet: these pods were deleted to come back at the update revision. */
  | { verdict: "updating"; details: { pods: ObjectKey[] } }
  /** StatefulSet: a pod that has ended is deleted, to be created anew. */
  | { verdict: "replacing"; details: { pod: ObjectKey } }
  /** StatefulSet: nothing moves before this pod has what it lacks. */
  | {
      verdict: "waiting";
      details: { step: "replacement" | "ordinals" | "scaleDown" | "update" | "nothing"; pod: ObjectKey; lacks: Lack };
    }
  /** StatefulSet: the pod that the update would replace is itself in its way, and has to be deleted by hand. */
  | { verdict: "frozen"; details: { pod: ObjectKey; lacks: Lack } }
  /** Claim: no volume fits; each with the reason. */
  | { verdict: "noVolume"; details: { misfits: Record<string, Misfit> } }
  /** Claim: bound to this volume. */
  | { verdict: "bound"; details: { volume: string } }
  /** Pod: no node takes it. */
  | { verdict: "unschedulable"; details: { claims: ObjectKey[]; message: string } }
  /** StatefulSet: the claim still carries the reference to an earlier pod. */
  | { verdict: "staleClaim"; details: { pod: ObjectKey; claim: ObjectKey } }
  /** StatefulSet: the pod's claim is being deleted. */
  | { verdict: "claimTerminating"; details: { pod: ObjectKey; claim: ObjectKey } }
  /** StatefulSet: a pod that the set does not control has the name. */
  | { verdict: "nameTaken"; details: { pod: ObjectKey } }
  /** StatefulSet: the set is being deleted. */
  | { verdict: "setTerminating" }
  /** The sync failed and is retried. */
  | { verdict: "failed"; details: { message: string } }
  /** ControllerRevision: why it is its set's update revision. */
  | {
      verdict: "revision";
      details:
        | "equivalent"
        | { created: { collisions: number } }
        | { kept: { generation: number } }
        | { rolledBack: { from: number; to: number } };
    }
  /** Claim: its class binds when a pod that uses it is scheduled. */
  | { verdict: "waitsForConsumer" }
  /** Claim: its class has a volume made by a provisioner. */
  | { verdict: "waitsForProvisioner"; details: { provisioner: string } }
  /** Claim or volume: its deletion waits for these. */
  | { verdict: "inUse"; details: { by: ObjectKey[] } };

/** A controller's last decision about an object. */
export type Decision = { about: ObjectKey; at: string } & Verdict;

/** An answer of the cluster's name server; records as a zone file writes them. */
export interface DnsAnswer {
  /** How it went: "NOERROR", "NXDOMAIN". */
  rcode: string;
  /** The records asked for. */
  answer: string[];
  /** The zone's authority, with an empty answer. */
  authority: string[];
  /** The addresses of the targets named in the answer. */
  additional: string[];
}

/** An object's metadata, as far as every object has it. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  deletionTimestamp?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  [field: string]: unknown;
}

/** An object as Kubernetes gives it as JSON. */
export interface KubernetesObject {
  apiVersion: string;
  kind: Kind;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** Everything that is stored. */
export interface Snapshot {
  /** The virtual time, RFC 3339. */
  time: string;
  /** Virtual seconds since the cluster was handed over. */
  elapsedSeconds: number;
  /** The newest resourceVersion. */
  resourceVersion: string;
  /** Every object by kind, each sorted by namespace and name; every kind is there. */
  objects: Record<Kind, KubernetesObject[]>;
}
