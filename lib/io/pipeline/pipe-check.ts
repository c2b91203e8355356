import type { Readable, Writable } from 'node:stream'
import { AvioError } from '../../errors.js'

/**
 * Why a pipe that is just being created can't work; `undefined` if there is no objection.
 *
 * - A source that has ended delivers nothing more: `pipe()` ends the sink at once, and a good object would be
 *   replaced by an empty one. A source that has failed or closed delivers neither bytes nor an end.
 * - A stage that has ended or been destroyed accepts no more data: the pipe would wait forever.
 *
 * @param name - the stage's class, for messages
 * @param wasUsed - whether something was piped into the stage before
 */
export function pipeFault(
  source: Readable,
  stage: Writable,
  name: string,
  wasUsed: boolean,
): Error | undefined {
  if (stage.writableEnded || stage.destroyed) {
    // A stream destroyed before its use has a reason of its own: a signal that was already aborted.
    return !wasUsed && stage.errored ? stage.errored : usedStage(name, stage.errored)
  }
  if (source.readableEnded) return usedSource(source, name)
  if (source.errored) return source.errored
  return source.destroyed ? closedEarly(source, name) : undefined
}

/** The error of a source that closed before its end. */
export function closedEarly(source: Readable, name: string): AvioError {
  return new AvioError(
    'AVIO_ERR_UPSTREAM_CLOSED',
    `The ${source.constructor.name} piped into ${name} closed before its end, without an error. The data received so ` +
      'far is incomplete and was not stored as complete. Destroy the source with an error, or let it end.',
  )
}

function usedSource(source: Readable, name: string): AvioError {
  return new AvioError(
    'AVIO_ERR_STAGE_USED',
    `The ${source.constructor.name} piped into ${name} has already ended and delivers nothing more. Create a new ` +
      'source for each run.',
  )
}

function usedStage(name: string, cause: unknown): AvioError {
  return new AvioError(
    'AVIO_ERR_STAGE_USED',
    `This ${name} has already ended and accepts nothing more. Create a new one for each run.`,
    cause === null ? {} : { cause },
  )
}
