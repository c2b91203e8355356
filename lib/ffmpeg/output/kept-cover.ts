import { isCoverImage } from '../../mp4/rewrite/cover-writer.js'
import { buildArguments } from '../args/build-arguments.js'
import { hasCover } from '../input/metadata-walk.js'
import { MAX_COVER } from '../args/output-layout.js'
import { type PreviewQuestion, pipeOf, reportOf } from '../preview/run-preview.js'
import { runTool } from '../child/run-tool.js'
import { streamKey } from '../report/stream-mapping.js'

/** A cover to keep. */
export interface KeptCover {
  /** Index of its input. */
  readonly input: number
  /** Index of its stream within the input. */
  readonly stream: number
  /** The image file, as in the input. */
  readonly image: Buffer
}

/**
 * Finds the first cover of the inputs and extracts it. ffmpeg does both, on the first bytes of a piped input or over
 * HTTP: for an MP4 on a pipe its own muxer would leave the size of the `moov` open, and write a track for the cover.
 *
 * @param remark - receives the reason why a cover can't be kept
 * @returns nothing if there is none; a failed search finds none, because the real run reports the problem better
 * @throws the reason of `signal`, when it is aborted
 */
export async function coverOf(
  question: PreviewQuestion,
  remark: (message: string) => void,
): Promise<KeptCover | undefined> {
  const { inputs } = question
  if (!inputs.some(({ spec, head }) => pipeOf(spec) === undefined || hasCover(head))) return undefined
  const maps = inputs.flatMap((_, n) => ['-map', `${n}:v?`])
  const all = { format: 'null', args: [...maps, '-c', 'copy'], url: 'pipe:1' }
  const { report } = await reportOf({ ...question, outputs: [all], globalArgs: [] })
  const [key] = [...report.streams].find(([, { isCover }]) => isCover) ?? []
  if (key === undefined) return undefined
  const [input, stream] = key.split(':').map(Number) as [number, number]
  const image = await imageOf(question, streamKey(input, stream))
  if (image === undefined) {
    remark(`The cover ${key} is left out: it can't be read, or is larger than ${MAX_COVER} bytes.`)
  } else if (isCoverImage(image)) return { input, stream, image }
  else remark(`The cover ${key} is left out: an MP4 has its cover as a JPEG, a PNG or a BMP.`)
  return undefined
}

/** The packet of a stream, unchanged. */
async function imageOf(question: PreviewQuestion, map: string): Promise<Buffer | undefined> {
  const { inputs, ffmpegPath, env, limits, prefix, signal } = question
  const args = buildArguments({
    inputs: inputs.map(({ spec }) => spec),
    outputs: [
      {
        format: 'image2pipe',
        args: ['-map', map, '-c', 'copy', '-frames:v', '1'],
        url: 'pipe:1',
      },
    ],
    globalArgs: [],
    progressUrl: 'pipe:2',
    limits,
  })
  const heads = inputs.flatMap(({ spec, head }) => {
    const fd = pipeOf(spec)
    return fd === undefined ? [] : [[fd, head] as const]
  })
  const chunks: Buffer[] = []
  let length = 0
  const onStdout = (chunk: Buffer) => {
    length += chunk.length
    if (length <= MAX_COVER) chunks.push(chunk)
  }
  const command = {
    path: ffmpegPath,
    args,
    env,
    prefix,
    inputs: new Map(heads),
    maxOutput: Infinity,
  }
  const exit = await runTool({ ...command, signal, killTimeout: 0 }, { onStdout })
  return exit.code === 0 && length > 0 && length <= MAX_COVER ? Buffer.concat(chunks) : undefined
}
