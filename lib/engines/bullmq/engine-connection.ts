/** Connected clients of an engine: everything in a process that is given this object shares it. */
export interface EngineConnection {
  readonly engine: 'redis' | 'postgres'
  /** BullMQ’s own option. */
  readonly connection: object
  /** Closes what was opened for it, and never the user’s own client. */
  close(): Promise<void>
}

/**
 * - `caller` gives up when the engine can't be reached;
 * - `worker` waits until it is there again.
 */
export type Role = 'caller' | 'worker'
