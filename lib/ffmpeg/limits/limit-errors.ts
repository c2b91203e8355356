import { FfmpegError, type FfmpegErrorCode } from '../../errors.js'
import type { SystemLimits } from './limits.js'

/** How libraries, the loader and ffmpeg report a lack of memory. */
const NO_MEMORY = /cannot allocate memory|malloc of size|failed to map segment|bad_alloc|out of memory/i
const CRASHES = ['SIGSEGV', 'SIGABRT', 'SIGBUS']

/**
 * The error for an exceeded limit, with the remedy: raise the limit for trusted media; otherwise reduce something.
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

/** The error for frames with too many pixels. */
export function tooManyPixels(size: string, maxPixels: number, name = 'The input'): FfmpegError {
  const what = `${name} has video frames of ${size}, more than ${maxPixels} pixels (limits.maxPixels).`
  return limitError('AVIO_ERR_LIMIT_PIXELS', what, 'leave the video out ("-vn").')
}

/** The error for media that last too long. */
export function tooLong(what: string, maxDuration: number): FfmpegError {
  const message = `${what} is longer than ${maxDuration} s (limits.maxDuration).`
  return limitError('AVIO_ERR_LIMIT_DURATION', message, 'shorten the output ("-t").')
}

/**
 * The error for an input that is too large.
 *
 * @param what - the input and its size: `s3://a/b has 12 bytes,`
 */
export function tooManyBytes(what: string, maxInputBytes: number): FfmpegError {
  const message = `${what} more than ${maxInputBytes} (limits.maxInputBytes).`
  return limitError('AVIO_ERR_LIMIT_INPUT_BYTES', message, 'store a smaller version of the input.')
}

/** Replaces the error of a tool that the system stopped by the error of that limit. */
export function limitBehind(error: unknown, { memory, cpuSeconds }: SystemLimits): unknown {
  if (!(error instanceof FfmpegError)) return error
  const { signal, stderrTail = '' } = error
  if (cpuSeconds !== undefined && (signal === 'SIGXCPU' || signal === 'SIGKILL')) {
    const what = `The tool has used ${cpuSeconds} s of CPU time (limits.cpuSeconds).`
    return limitError('AVIO_ERR_LIMIT_CPU', what, 'shorten the output ("-t"), or use a faster preset.', error)
  }
  if (memory !== undefined && (NO_MEMORY.test(stderrTail) || CRASHES.includes(signal ?? ''))) {
    const what = `The tool needs more than ${memory} bytes of memory (limits.memory).`
    return limitError('AVIO_ERR_LIMIT_MEMORY', what, 'give it fewer threads (limits.threads).', error)
  }
  return error
}
