
/** A part of the page that an embed may show. */
export type Part = "editor" | "stage" | "why" | "terminal" | "timeline";

/** The attributes of `<petset-playground>`; all may be missing. */
export interface PetsetPlaygroundAttributes {
  /** What shows: parts, with spaces or commas between them. Default "stage why terminal". */
  show?: string;
  /** How high it is: a number of pixels, or a CSS length. Default 480. */
  height?: string | number;
  /** When it starts: as soon as it is nearly in view, or when its button is pressed. Default "visible". */
  load?: "visible" | "click";
  /** The name of the file that the `<pre>` becomes. Default "manifest.yaml". */
  file?: string;
  /** Command lines, one a line, that are run before anything shows, each when the one before has taken effect. */
  commands?: string;
  /** Applies the manifest as soon as it shows; without it, readers press Apply. */
  autoplay?: boolean | "" | "true" | "false";
  /** Readers may look, ask why, and go back and forth in time, and change nothing. */
  readonly?: boolean | "" | "true" | "false";
  /** The world to start in. Default "manifest": five free volumes. */
  world?: StartWorld;
  /** The simulated version of Kubernetes. Default "1.36". */
  version?: "1.32" | "1.36";
  /** A feature gate that is on. */
  gate?: "MaxUnavailableStatefulSet";
  /** The lesson that is taken, by its id; there is no manifest then. */
  lesson?: string;
  /** At which of its steps, from 1. */
  step?: string | number;
  /** A whole world, as a share link has it after `#g=`; there is no manifest then. */
  state?: string;
  /** Default: as the `color-scheme` of the page around it. */
  theme?: "light" | "dark" | "system";
  /** The language; default: that of the page around it. */
  lang?: string;
  /** What it is called for those who do not see it. */
  title?: string;
}

/** Something has changed in the cluster. */
export interface Change {
  /** The newest resourceVersion. */
  resourceVersion: string;
  /** Virtual seconds since the cluster was handed over. */
  elapsedSeconds: number;
}

/** A command line has ended, whoever typed it. */
export interface Command extends RunResult {
  /** As it was typed. */
  line: string;
}

/** The goal of a lesson's step is reached. */
export interface Goal {
  /** The lesson's id. */
  lesson: string;
  /** The step, from 1. */
  step: number;
  /** How many steps the lesson has. */
  steps: number;
}

/** The events of `<petset-playground>`; none of them bubbles. */
export interface PetsetPlaygroundEventMap {
  ready: CustomEvent<Record<string, never>>;
  change: CustomEvent<Change>;
  command: CustomEvent<Command>;
  goal: CustomEvent<Goal>;
}

/** `<petset-playground>`: shows the `<pre>` inside of it until it starts. Each method starts it, and waits until it is ready. */
export declare class PetsetPlayground extends HTMLElement {
  /** Starts it, if it has not been started; resolves when it is ready. */
  start(): Promise<void>;
  /** Applies a manifest, as `kubectl apply -f` does; resolves when that has ended. */
  apply(manifest: string): Promise<RunResult>;
  /** Runs a command line; resolves when it has ended, which may need virtual time to pass. */
  run(line: string): Promise<RunResult>;
  /** Lets virtual time pass, in seconds, at most a day. */
  advance(seconds: number): Promise<null>;
  /** Everything that is stored, and the time. */
  snapshot(): Promise<Snapshot>;

  addEventListener<Type extends keyof PetsetPlaygroundEventMap>(
    type: Type,
    listener: (this: PetsetPlayground, event: PetsetPlaygroundEventMap[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<Type extends keyof PetsetPlaygroundEventMap>(
    type: Type,
    listener: (this: PetsetPlayground, event: PetsetPlaygroundEventMap[Type]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | EventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "petset-playground": PetsetPlayground;
  }
}
