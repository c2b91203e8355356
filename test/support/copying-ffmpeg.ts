import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A stand-in for ffmpeg that copies, in a few milliseconds: thousands of steps fit into a run, and everything else about
 * them is real. It copies its input where that is MPEG-TS by a pipe, and chunks of a film that were encoded before; for
 * whatever else it is asked, it runs the real one. It ends with this process.
 *
 * @param chunks - the chunks of a film
 * @param frames - of each chunk
 * @returns its path
 */
export function copyingFfmpeg(chunks: readonly Buffer[] = [], frames = 1): string {
  const folder = mkdtempSync(join(tmpdir(), 'avio-copying-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const [n, bytes] of chunks.entries()) writeFileSync(join(folder, `${n}.mp4`), bytes)
  const path = join(folder, 'ffmpeg')
  const lines = [
    '#!/bin/sh',
    'first= last=',
    'for word do',
    '  case "$last $word" in',
    "    '-f mpegts') exec cat ;;",
    // The number of its first frame, from 1.
    '    "-fragment_index "*) first=$word ;;',
    '  esac',
    '  last=$word',
    'done',
    `if [ -n "$first" ]; then exec cat "${folder}/$(( (first - 1) / ${frames} )).mp4"; fi`,
    `exec ${process.env['FFMPEG_PATH'] ?? 'ffmpeg'} "$@"`,
  ]
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o755 })
  return path
}
