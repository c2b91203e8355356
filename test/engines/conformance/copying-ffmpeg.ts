import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Stand-ins for ffmpeg that copy, in a few milliseconds each: thousands of steps fit into a run, and everything else about
 * them is real. What they are asked besides, the real one answers.
 */

const REAL = `exec ${process.env['FFMPEG_PATH'] ?? 'ffmpeg'} "$@"`

/** One that copies its piped input. Returns its path. */
export function copiesInput(): string {
  return program(newFolder(), [`if [ "$1" = -version ]; then ${REAL}; fi`, 'exec cat'])
}

/**
 * One that copies a chunk of a film.
 *
 * @param chunks - all chunks, encoded
 * @param frames - of each
 */
export function copiesChunks(chunks: readonly Buffer[], frames: number): string {
  const folder = newFolder()
  for (const [n, bytes] of chunks.entries()) writeFileSync(join(folder, `${n}.mp4`), bytes)
  return program(folder, [
    'first= last=',
    'for word do',
    // The number of its first frame, from 1.
    '  if [ "$last" = -fragment_index ]; then first=$word; fi',
    '  last=$word',
    'done',
    `if [ -z "$first" ]; then ${REAL}; fi`,
    `exec cat "${folder}/$(( (first - 1) / ${frames} )).mp4"`,
  ])
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'avio-copying-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function program(folder: string, lines: readonly string[]): string {
  const path = join(folder, 'ffmpeg')
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 })
  return path
}
