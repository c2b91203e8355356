/**
 * What a stage tells a monitor beyond the streams that it consists of. Everything here is read only when a monitor
 * asks, so it costs nothing without one.
 */

/** The key under which a stage offers its {@link Activity}. */
export const ACTIVITY: unique symbol = Symbol.for('avio-streams.activity/1') as never

/** What a stage tells a monitor. */
export interface Activity {
  /** Its name in reports: `ffmpeg`. @defaultValue the name of its class */
  readonly name?: string | undefined
  /** Bytes in memory beyond the buffers of its streams: read ahead, in parts under way. @defaultValue 0 */
  readonly bytesHeld?: number | undefined
  /** Bytes that it has taken other than through writes: read at any offset from its own source. @defaultValue none */
  readonly bytesRead?: number | undefined
  /** The process that does its work, while it runs. @defaultValue none */
  readonly pid?: number | undefined
  /** Reads from a source of its own. @defaultValue none */
  readonly reads?: PendingReads | undefined
}

/** Whether a stage waits for bytes that it has requested itself. */
export interface PendingReads {
  /** Whether a read waits for its source. */
  readonly isWaiting: boolean
  /**
   * Calls `listener` at each change of {@link isWaiting}, until the returned function is called. There may be several
   * listeners.
   */
  watch(listener: () => void): () => void
}

/** A stage with an {@link Activity}. */
export interface Active {
  readonly [ACTIVITY]: Activity
}

/** What a stage tells of itself; nothing for streams of others. */
export function activityOf(stage: object): Activity {
  const activity = (stage as Partial<Active>)[ACTIVITY]
  return typeof activity === 'object' ? activity : {}
}
