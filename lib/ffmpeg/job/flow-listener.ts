import type { EventEmitter } from 'node:events'
import { tell } from '../../io/async/user-event.js'
import type { FlowListener } from './ffmpeg-flow.js'

/** What can be told of a flow, and fails with it: a stream, or several that belong together. */
export interface FlowStage extends EventEmitter {
  readonly destroyed: boolean
  destroy(error: Error): unknown
}

/** Passes what happens in a flow on as events of a stage, and a failure by destroying it. */
export function flowListener(stage: FlowStage): FlowListener {
  return {
    onSpawn: child => stage.emit('spawn', child),
    onLog: entry => stage.emit('log', entry),
    onProgress: progress => !stage.destroyed && stage.emit('progress', progress),
    // In the midst of the log's reading: what a listener throws is its own.
    onInput: input => !stage.destroyed && tell(stage, 'input', input),
    hearsInput: () => stage.listenerCount('input') > 0,
    onError: error => stage.destroy(error),
    hasProgress: () => stage.listenerCount('progress') > 0,
  }
}
