import { FfmpegError, type FfmpegErrorCode } from '../../errors.js'
import type { SystemLimits } from './limits.js'

/** How libraries, the loader and ffmpeg tell that there is no more memory. */
const NO_MEMORY = /cannot allocate memory|malloc of size|failed to map segment|bad_alloc|out of memory/i
const CRASHES = ['SIGSEGV', 'SIGABRT', 'SIGBUS']

/**
 * The error of a limit: what happened, and what to do. The limit is raised for media that can be trusted; else
 * something is to be made smaller.
 */
export function limitError(
  code: FfmpegErrorCode,
  what: string,
  otherwise: string,
  cause?: FfmpegError,
): FfmpegError {
  const message = `${what} Nothing was stored. Raise the limit for media that you trust; else ${otherwise}`
  const { exitCode, signal, stderrTail, ffmpegPath, args, bytesIn, bytesOut } = cause ?? {}
  const fields = { exitCode, signal, stderrTail, ffmpegPath, args, bytesIn, bytesOut }
  return new FfmpegError(code, message, fields, cause === undefined ? {} : { cause })
}

/** The error for a picture of so many pixels. */
export function tooManyPixels(size: string, maxPixels: number, name = 'The input'): FfmpegError {
  const what = `${name} has pictures of ${size}, more than ${maxPixels} pixels (limits.maxPixels).`
  return limitError('AVIO_ERR_LIMIT_PIXELS', what, 'leave the picture out ("-vn").')
}

/** The error for media that go on for too long. */
export function tooLong(what: string, maxDuration: number): FfmpegError {
  const message = `${what} is longer than ${maxDuration} s (limits.maxDuration).`
  return limitError('AVIO_ERR_LIMIT_DURATION', message, 'take a part ("-t").')
}

/** The error as it is to be told: where the system held a tool to a limit, that limit. */
export function limitBehind(error: unknown, { memory, cpuSeconds }: SystemLimits): unknown {
  if (!(error instanceof FfmpegError)) return error
  const { signal, stderrTail = '' } = error
  if (cpuSeconds !== undefined && (signal === 'SIGXCPU' || signal === 'SIGKILL')) {
    const what = `The tool has used ${cpuSeconds} s of CPU time (limits.cpuSeconds).`
    return limitError('AVIO_ERR_LIMIT_CPU', what, 'take a part ("-t"), or a faster preset.', error)
  }
  if (memory !== undefined && (NO_MEMORY.test(stderrTail) || CRASHES.includes(signal ?? ''))) {
    const what = `The tool needs more than ${memory} bytes of memory (limits.memory).`
    return limitError('AVIO_ERR_LIMIT_MEMORY', what, 'give it fewer threads (limits.threads).', error)
  }
  return error
}
