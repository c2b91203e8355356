import type { FfmpegLogEntry } from './log.js'

/**
 * Warnings by which ffmpeg finds fault with the name of its output. That name is a pipe's (`pipe:4`), which only the
 * library knows: what is stored has a name of its own, so the warning would be wrong, or about nothing that anyone can
 * mend.
 *
 * `ipod` (.m4a, .m4v) is the only muxer that streams and does so: `movenc.c` of ffmpeg 5.1 to 9.0.
 */
const WARNINGS: readonly { readonly component: string; readonly message: RegExp }[] = [
  {
    component: 'ipod',
    message: /^Warning, extension is not \.m4a.* Quicktime\/Ipod might not play the file$/,
  },
]

/** Whether a line of the log is about the name of the pipe. */
export function isAboutPipeName({ level, component, message }: FfmpegLogEntry): boolean {
  return level === 'warning' && WARNINGS.some(one => one.component === component && one.message.test(message))
}
