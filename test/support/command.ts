import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { buffer, text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { ffmpegArguments } from '../../lib/ffmpeg/arguments.js'

/** How a run of ffmpeg ended. */
export interface CommandResult {
  /** The exit code; null after a signal. */
  readonly code: number | null
  /** What it wrote to the pipe. */
  readonly bytes: Buffer
  /** Its log. */
  readonly log: string
}

/** What to run: the user's side of one input and one output. */
export interface Command {
  readonly input: Uint8Array
  readonly inputFormat?: string
  readonly inputArgs?: readonly string[]
  readonly format: string
  readonly args?: readonly string[]
  readonly added?: readonly string[]
  /** A folder to run in, for what ffmpeg might write there. */
  readonly cwd?: string
}

/** Runs ffmpeg with this library's argument list from pipe to pipe, and nothing else of the library. */
export async function runCommand(command: Command): Promise<CommandResult> {
  const { input, inputFormat, inputArgs = [], format, args = [], added, cwd } = command
  const list = ffmpegArguments({
    inputs: [{ url: 'pipe:0', format: inputFormat, args: inputArgs, protocols: ['pipe'] }],
    outputs: [{ url: 'pipe:1', format, args, added }],
    globalArgs: [],
    progressUrl: 'pipe:3',
  })
  const child = spawn(process.env['FFMPEG_PATH'] ?? 'ffmpeg', list, {
    cwd,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  })
  const [stdin, stdout, stderr, progress] = child.stdio
  const ended = once(child, 'close')
  // ffmpeg may have enough before the end; its exit code tells whether that was well.
  stdin.on('error', () => undefined)
  stdin.end(input)
  const [bytes, log] = await Promise.all([buffer(stdout), text(stderr), buffer(progress as Readable)])
  const [code] = (await ended) as [number | null]
  return { code, bytes, log }
}

/** Types and sizes of the boxes at the top level, as their headers tell; a size of 0 ends the list. */
export function topLevelBoxes(bytes: Buffer): { type: string; size: number }[] {
  const boxes = []
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at)
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), size })
    if (size < 8) break
    at += size
  }
  return boxes
}
