import { readFileSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import type { Test } from 'tap'
import { locateFfmpeg } from '../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { locateFfprobe } from '../../lib/ffmpeg/binary/locate-ffprobe.js'

/** A run of a recorded tool. */
export interface RecordedRun {
  /** The variable MARK of its environment. */
  readonly mark: string
  /** Its arguments, with a space after each. */
  readonly args: string
}

/**
 * The ffmpeg and ffprobe of this machine behind scripts that record each run, and the runs so far.
 *
 * @param before - lines of sh that run before ffmpeg
 */
export async function recorder(t: Test, before = '') {
  const folder = t.testdir({ runs: '' })
  const real = { ffmpeg: await locateFfmpeg(), ffprobe: (await locateFfprobe())! }
  for (const tool of ['ffmpeg', 'ffprobe'] as const) {
    const note = `printf '%s\\t%s\\n' "$MARK" "$*" >> '${folder}/runs'`
    const lines = ['#!/bin/sh', note, tool === 'ffmpeg' ? before : '', `exec '${real[tool].path}' "$@"`]
    await writeFile(`${folder}/${tool}`, `${lines.join('\n')}\n`)
    await chmod(`${folder}/${tool}`, 0o755)
  }
  const runs = (): RecordedRun[] =>
    readFileSync(`${folder}/runs`, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => ({ mark: line.slice(0, line.indexOf('\t')), args: line.slice(line.indexOf('\t') + 1) }))
  return { folder, ffmpegPath: `${folder}/ffmpeg`, ffprobePath: `${folder}/ffprobe`, runs }
}
