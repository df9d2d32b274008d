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
  | "Service"
  | "ControllerRevision"
  | "Deployment"
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
