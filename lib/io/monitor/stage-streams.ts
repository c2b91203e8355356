import type { Readable, Writable } from 'node:stream'
import { optionError } from '../../options.js'
import { isReadable, isWritable } from '../stream-kinds.js'

/** What can be monitored: a stream, or several streams that are one stage, such as an `FfmpegProcess`. */
export type MonitoredStage =
  | Readable
  | Writable
  | { readonly inputs: readonly (Writable | undefined)[]; readonly outputs: readonly Readable[] }

/** The streams of a stage. */
export interface StageStreams {
  readonly writable: readonly Writable[]
  readonly readable: readonly Readable[]
}

const RULE = 'a stream of Node, or an object with "inputs" and "outputs" that are streams'

/**
 * The streams of each stage.
 *
 * @throws {@link OptionError} for a stage that can't be measured, or a stream in two stages
 */
export function streamsOf(stages: readonly MonitoredStage[]): StageStreams[] {
  if (!Array.isArray(stages) || stages.length === 0)
    throw optionError('stages', 'an array of at least one stage', stages)
  const seen = new Set<unknown>()
  return stages.map((stage: unknown, n) => {
    const option = `stages[${n}]`
    const { inputs, outputs } = Object(stage) as { inputs?: unknown; outputs?: unknown }
    const [writable, readable]: readonly [readonly unknown[], readonly unknown[]] =
      Array.isArray(inputs) && Array.isArray(outputs)
        ? [inputs.filter(input => input !== undefined), outputs]
        : [[stage].filter(isWritable), [stage].filter(isReadable)]
    const streams = [...writable, ...readable]
    if (streams.length === 0 || !writable.every(hasWritableBuffer) || !readable.every(hasReadableBuffer))
      throw optionError(option, RULE, stage)
    for (const stream of new Set(streams)) {
      if (seen.has(stream)) throw optionError(option, 'made of streams that no other stage has', stage)
      seen.add(stream)
    }
    return { writable, readable }
  })
}

function hasWritableBuffer(value: unknown): value is Writable {
  return isWritable(value) && typeof (value.writableLength as unknown) === 'number'
}

function hasReadableBuffer(value: unknown): value is Readable {
  return isReadable(value) && typeof (value.readableLength as unknown) === 'number'
}
