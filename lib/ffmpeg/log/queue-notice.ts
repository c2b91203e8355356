import type { FfmpegLogEntry } from './log.js'

/**
 * Whether ffmpeg (before 7.0) says that an input was faster than the output. It warns of that once for each input that
 * can't seek, as a hint for live ones, which would lose data; a pipe waits, and for how long is up to the output.
 */
export function isQueueNotice({ level, message }: FfmpegLogEntry): boolean {
  return level === 'warning' && message.startsWith('Thread message queue blocking; ')
}
