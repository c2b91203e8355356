import type { S3Operation } from '../../lib/testing/index.js'

/** The calls that a fault at a stage of the store hits. */
export interface Strike {
  readonly operation: S3Operation
  /** Whether it is the source's key, or one of the outputs'. */
  readonly of: 'source' | 'target'
  /** What the key ends with. */
  readonly key?: RegExp
  /** The first call that is hit, from 1. */
  readonly nth?: number
  /** Only a read that reaches the object's end. */
  readonly atEnd?: boolean
  /** How many are hit. */
  readonly times?: number
  /** What has to go wrong before, so that there is such a call at all. */
  readonly after?: { readonly strike: Strike; readonly action: object }
}

/** A place where something can go wrong. */
export interface Stage {
  readonly name: string
  /** For the docs. */
  readonly title: string
  readonly kind: 'read' | 'write' | 'child' | 'caller'
  /** Of a stage of the store, which calls. */
  readonly strike?: Strike
}

/** What can go wrong. */
export interface Fault {
  readonly name: string
  /** For the docs. */
  readonly title: string
  /** The stages where it can. */
  readonly stages: readonly string[]
  /** A rule of LocalS3. */
  readonly rule?: object
  /** What the proxy in front of the store does with the answer. */
  readonly front?: FrontAction
  /** What the connection to the store is like. */
  readonly connection?: Connection
  /** What the program in ffmpeg's place does, as `faulty-tool.sh` knows it. */
  readonly child?: string
  /** What the caller does, and while which call; none: at once. */
  readonly caller?: { readonly action: CallerAction; readonly at?: string; readonly performed?: boolean }
  /** What the caller's own source, stage or listener does. */
  readonly own?: OwnFault
  /** Something stands still until a clock ends it: clocks are short. */
  readonly stalls?: boolean
  /** One more try gets over it: the right bytes are the only end. */
  readonly recovers?: boolean
}

/** What the proxy does. */
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

/** What a connection is like. */
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

/** What the caller does. */
export type CallerAction = 'destroy' | 'destroy-error' | 'destroy-source' | 'abort'

/** What code of the caller's own does. */
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

/** What a worker is told. */
export interface Job {
  readonly cell: string
  readonly pipeline: string
  readonly bucket: string
  readonly source: string
  readonly prefix: string
  /** What its processes carry in their environment. */
  readonly mark: string
  readonly config: object
  readonly stallTimeout: number
  readonly connection?: Connection | undefined
  readonly ffmpegPath?: string | undefined
  readonly ffprobePath?: string | undefined
  /** What the caller does when the word comes; at once where `atOnce`. */
  readonly action?: CallerAction | undefined
  readonly atOnce?: boolean
  readonly own?: OwnFault | undefined
}

/** What a worker tells. */
export interface Told {
  /** The errors of all that tells, and none where it ended well. */
  readonly errors: readonly { readonly code: string; readonly message: string; readonly isOurs: boolean }[]
  /** All sinks say that they have stored, whatever a `pipeline()` around them says: an abort came too late. */
  readonly isStored: boolean
  /** The hash of what it gave beside objects. */
  readonly value: string | undefined
  /** What is wrong, seen from the inside. */
  readonly problems: readonly string[]
}
