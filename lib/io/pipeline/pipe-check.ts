import type { Readable, Writable } from 'node:stream'
import { AvioError } from '../../errors.js'

/**
 * Why nothing good can come of a pipe that is just being made; `undefined` where there is nothing against it.
 *
 * - A source that has ended brings nothing more: `pipe()` ends the sink at once, and a good object would be replaced by
 *   one of 0 bytes. One that has failed, or was closed, brings neither bytes nor an end.
 * - A stage that has ended, or is destroyed, takes nothing more: the pipe would wait for ever.
 *
 * @param name - the stage's class, for messages
 * @param wasUsed - something was piped into the stage before
 */
export function pipeFault(
  source: Readable,
  stage: Writable,
  name: string,
  wasUsed: boolean,
): Error | undefined {
  if (stage.writableEnded || stage.destroyed) {
    // One that was given up before it was used tells its own reason: a signal that was aborted already.
    return !wasUsed && stage.errored ? stage.errored : usedStage(name, stage.errored)
  }
  if (source.readableEnded) return usedSource(source, name)
  if (source.errored) return source.errored
  return source.destroyed ? closedEarly(source, name) : undefined
}

/** The error of a source that was closed before its end. */
export function closedEarly(source: Readable, name: string): AvioError {
  return new AvioError(
    'AVIO_ERR_UPSTREAM_CLOSED',
    `The ${source.constructor.name} piped into ${name} was closed before its end, without an error: ` +
      'what came so far is incomplete and was not passed off as the whole. Destroy a source with an error, ' +
      'or let it end.',
  )
}

function usedSource(source: Readable, name: string): AvioError {
  return new AvioError(
    'AVIO_ERR_STAGE_USED',
    `The ${source.constructor.name} piped into ${name} has ended already: it was read before, and brings nothing ` +
      'more. Make a new source for each run.',
  )
}

function usedStage(name: string, cause: unknown): AvioError {
  return new AvioError(
    'AVIO_ERR_STAGE_USED',
    `This ${name} has ended already and takes nothing more. Make a new one for each run.`,
    cause === null ? {} : { cause },
  )
}
