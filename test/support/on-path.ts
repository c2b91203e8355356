import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ffprobeJson } from './media.js'
import { programArgs } from './program.js'

/** Puts a program of ours into a folder for PATH, under a name. */
export function programOnPath(folder: string, name: string, source: URL): void {
  const args = programArgs(source).map(arg => (arg === 'tsx' ? import.meta.resolve('tsx') : arg))
  const words = [process.execPath, ...args].map(word => `'${word}'`).join(' ')
  writeFileSync(join(folder, name), `#!/bin/sh\nexec ${words} "$@"\n`)
  chmodSync(join(folder, name), 0o755)
}

/** Puts the command into a folder for PATH, as `avio-streams`. */
export function commandOnPath(folder: string): void {
  programOnPath(folder, 'avio-streams', new URL('../../lib/cli.ts', import.meta.url))
}

/** The number of frames that the first video of a file has. */
export async function frameCount(bytes: Uint8Array): Promise<number> {
  const { streams } = await ffprobeJson<{ streams: { nb_read_frames: string }[] }>(bytes, [
    ...['-select_streams', 'v:0', '-count_frames', '-show_streams'],
  ])
  return Number(streams[0]!.nb_read_frames)
}
