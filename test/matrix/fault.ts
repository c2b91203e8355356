import type { S3Operation } from '../../lib/testing/index.js'

/** The calls that a fault of the store affects. */
export interface Strike {
  readonly operation: S3Operation
  /** Whether the key is the source's or an output's. */
  readonly of: 'source' | 'target'
  /** The ending of the key. */
  readonly key?: RegExp
  /** The first affected call, from 1. */
  readonly nth?: number
  /** Only a read that reaches the object's end. */
  readonly atEnd?: boolean
  /** How many calls are affected. */
  readonly times?: number
  /** The fault that has to happen first to cause such a call. */
  readonly after?: { readonly strike: Strike; readonly action: object }
}

/** A place where a fault can strike. */
export interface Stage {
  readonly name: string
  /** For the docs. */
  readonly title: string
  readonly kind: 'read' | 'write' | 'child' | 'caller'
  /** For a place in the store: its calls. */
  readonly strike?: Strike
}

/** A fault. */
export interface Fault {
  readonly name: string
  /** For the docs. */
  readonly title: string
  /** The places where it can strike. */
  readonly stages: readonly string[]
  /** A rule of LocalS3. */
  readonly rule?: object
  /** What the proxy in front of the store does to the response. */
  readonly front?: FrontAction
  /** The state of the connection to the store. */
  readonly connection?: Connection
  /** What the program in ffmpeg's place does, as `faulty-tool.sh` knows it. */
  readonly child?: string
  /** The caller's action, and the call during which it happens; at once if omitted. */
  readonly caller?: { readonly action: CallerAction; readonly at?: string; readonly performed?: boolean }
  /** The fault of the caller's own source, stage or listener. */
  readonly own?: OwnFault
  /** Stalls until a time-out ends it: time-outs are short. */
  readonly stalls?: boolean
  /** A retry overcomes it, so only the right bytes are allowed. */
  readonly recovers?: boolean
}

/** An action of the proxy. */
export type FrontAction =
  | 'whole-200'
  | 'range-200'
  | 'longer'
  | 'shorter-206'
  | 'gzip'
  | 'chunked'
  | 'login-page'
  | 'twice'
  | 'garbage'

/** A state of the connection. */
export type Connection =
  | 'refused'
  | 'refused-twice'
  | 'no-such-host'
  | 'tls'
  | 'tls-damaged'
  | 'no-tls'
  | 'clock-off'
  | 'credentials-once'
  | 'credentials-never'
  | 'one-socket'

/** An action of the caller. */
export type CallerAction = 'destroy' | 'destroy-error' | 'destroy-source' | 'abort'

/** A fault of the caller's own code. */
export type OwnFault =
  | 'source-ends-early'
  | 'source-fails'
  | 'source-closes'
  | 'source-never-ends'
  | 'source-is-garbage'
  | 'source-heeds-no-signal'
  | 'source-short-read'
  | 'source-throws'
  | 'stage-fails'
  | 'stage-closes'
  | 'stage-stalls'
  | 'listener-throws'

/** One cell. */
export interface Cell {
  /** `pipeline/stage/fault` */
  readonly id: string
  readonly pipeline: string
  readonly stage: Stage
  readonly fault: Fault
}

/** A job for a worker. */
export interface Job {
  readonly cell: string
  readonly pipeline: string
  readonly bucket: string
  readonly source: string
  readonly prefix: string
  /** The mark in the environment of its processes. */
  readonly mark: string
  readonly config: object
  readonly stallTimeout: number
  readonly connection?: Connection | undefined
  readonly ffmpegPath?: string | undefined
  readonly ffprobePath?: string | undefined
  /** The caller's action on command; immediate if `atOnce`. */
  readonly action?: CallerAction | undefined
  readonly atOnce?: boolean
  readonly own?: OwnFault | undefined
}

/** A worker's report. */
export interface Told {
  /** The errors of the pipeline and its sinks; none after success. */
  readonly errors: readonly { readonly code: string; readonly message: string; readonly isOurs: boolean }[]
  /** All sinks have stored their objects, whatever the `pipeline()` reports: an abort came too late. */
  readonly isStored: boolean
  /** The hash of its results other than objects. */
  readonly value: string | undefined
  /** Problems seen from inside the process. */
  readonly problems: readonly string[]
}
