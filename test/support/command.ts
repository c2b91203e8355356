import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { buffer, text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { buildArguments } from '../../lib/ffmpeg/args/build-arguments.js'

/** The result of a run of ffmpeg. */
export interface CommandResult {
  /** The exit code; null after a signal. */
  readonly code: number | null
  /** Its output on the pipe. */
  readonly bytes: Buffer
  /** Its log. */
  readonly log: string
}

/** The user's options of one input and one output. */
export interface Command {
  readonly input: Uint8Array
  readonly inputFormat?: string
  readonly inputArgs?: readonly string[]
  readonly format: string
  readonly args?: readonly string[]
  readonly added?: readonly string[]
  /** The working directory, for files that ffmpeg might write. */
  readonly cwd?: string
}

/** Runs ffmpeg from pipe to pipe with the library's argument list, without the rest of the library. */
export async function runCommand({ format, args = [], added, ...input }: Command): Promise<CommandResult> {
  const { code, log, outputs } = await runOutputs({ ...input, outputs: [{ format, args, added }] })
  return { code, log, bytes: outputs[0]! }
}

/** The same with several outputs of one ffmpeg. */
export async function runOutputs(
  command: Pick<Command, 'input' | 'inputFormat' | 'inputArgs' | 'cwd'> & {
    outputs: readonly { format: string; args: readonly string[]; added?: readonly string[] | undefined }[]
  },
): Promise<{ code: number | null; log: string; outputs: Buffer[] }> {
  const FIRST = 4
  const list = buildArguments({
    inputs: [
      { url: 'pipe:0', format: command.inputFormat, args: command.inputArgs ?? [], protocols: ['pipe'] },
    ],
    outputs: command.outputs.map((output, n) => ({ ...output, url: `pipe:${FIRST + n}` })),
    globalArgs: [],
    progressUrl: 'pipe:3',
  })
  const child = spawn(process.env['FFMPEG_PATH'] ?? 'ffmpeg', list, {
    cwd: command.cwd,
    stdio: Array<'pipe'>(FIRST + command.outputs.length).fill('pipe'),
  })
  const [, , stderr, progress, ...pipes] = child.stdio as unknown as Readable[]
  const ended = once(child, 'close')
  // ffmpeg may stop reading before the end; its exit code says whether it succeeded.
  child.stdin.on('error', () => undefined).end(command.input)
  const [log, , ...outputs] = await Promise.all([
    text(stderr!),
    buffer(progress!),
    ...pipes.map(pipe => buffer(pipe)),
  ])
  const [code] = (await ended) as [number | null]
  return { code, log, outputs }
}

/** Types and sizes of the top-level boxes, from their headers; a size of 0 ends the list. */
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
