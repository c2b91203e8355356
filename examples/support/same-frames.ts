import { FfmpegReadable, type RandomAccess } from 'avio-streams'

/** Times and hashes of all decoded frames of a file: of its video, and of its audio. */
export interface Frames {
  readonly video: readonly string[]
  readonly audio: readonly string[]
}

/** Decodes a file. */
export async function decodedFrames(source: RandomAccess): Promise<Frames> {
  const ffmpeg = new FfmpegReadable({
    input: { source },
    output: { format: 'framemd5', args: ['-fps_mode:v', 'passthrough'] },
  })
  const lines = (await textOf(ffmpeg)).split('\n')
  const ofTrack = (n: number) => lines.filter(line => line.startsWith(`${n},`))
  return { video: ofTrack(0), audio: ofTrack(1) }
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** The number of frames that two files have in the same place, with the same times and the same bytes. */
export function equalFrames(a: readonly string[], b: readonly string[]): number {
  return a.filter((frame, n) => frame === b[n]).length
}
