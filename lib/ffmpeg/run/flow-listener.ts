import type { EventEmitter } from 'node:events'
import { tell } from '../../io/async/user-event.js'
import type { RunListener } from './run-spec.js'

/** A stage that emits the events of a flow, and fails with it: a stream, or a group of streams. */
export interface FlowStage extends EventEmitter {
  readonly destroyed: boolean
  destroy(error: Error): unknown
}

/** Emits the events of a flow on a stage, and destroys the stage on failure. */
export function flowListener(stage: FlowStage): RunListener {
  return {
    onSpawn: child => stage.emit('spawn', child),
    onLog: entry => stage.emit('log', entry),
    onProgress: progress => !stage.destroyed && stage.emit('progress', progress),
    hasProgress: () => stage.listenerCount('progress') > 0,
    // Called while the log is being read: an error thrown by a listener stays with the listener.
    onInput: input => !stage.destroyed && tell(stage, 'input', input),
    hearsInput: () => stage.listenerCount('input') > 0,
    onError: error => stage.destroy(error),
  }
}
