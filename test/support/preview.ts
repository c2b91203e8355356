import type { Test } from 'tap'
import { locateFfmpeg } from '../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { previewArguments, previewBytes } from '../../lib/ffmpeg/preview/stream-preview.js'
import { type Command, runCommand, topLevelBoxes } from './command.js'
import * as media from './media.js'

/** The child's environment. */
export const env = { AV_LOG_FORCE_NOCOLOR: '1' }
/** The ffmpeg at hand. */
export const { path: ffmpegPath } = await locateFfmpeg()

/** As the transform does it: the head grows until enough is there, or all; then ffmpeg is asked. */
export function headOf(
  bytes: Buffer,
  outputs: { format: string; args: readonly string[] }[],
  step = 1000,
): Buffer {
  let head = bytes.subarray(0, 0)
  while (head.length < bytes.length && previewBytes(head, outputs) > head.length) {
    head = bytes.subarray(0, head.length + step)
  }
  return head
}

/** What the preview adds to the one output of a job. */
export async function added(
  bytes: Buffer,
  format: string,
  args: readonly string[],
): Promise<readonly string[]> {
  const head = headOf(bytes, [{ format, args }])
  const [list] = await previewArguments({
    inputs: [{ spec: { url: 'pipe:0', args: [], protocols: ['pipe'] }, head }],
    outputs: [{ url: 'pipe:1', format, args }],
    ffmpegPath,
    env,
  })
  return list!
}

interface Stream {
  codec_name: string
  nb_read_packets: string
}

/** Runs the job with what the preview adds; every header has its size, and every stream has packets. */
export async function streamsOf(t: Test, command: Command): Promise<string[]> {
  const { code, bytes, log } = await runCommand(command)
  t.equal(code, 0, code === 0 ? 'ffmpeg ends well' : log)
  t.ok(topLevelBoxes(bytes).every(({ size }) => size >= 8))
  const asked = ['-count_packets', '-show_entries', 'stream=codec_name,nb_read_packets']
  const { streams } = await media.ffprobeJson<{ streams: Stream[] }>(bytes, asked)
  t.ok(streams.every(({ nb_read_packets: packets }) => Number(packets) > 0))
  return streams.map(({ codec_name: codec }) => codec)
}
