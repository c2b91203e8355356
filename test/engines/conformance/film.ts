import { createHash } from 'node:crypto'
import type { Job, JobOutput } from '../../../lib/job/schema/job.js'
import { ffmpegToFile } from '../../support/media.js'

/** The places of a case: one bucket has them all, because a real gateway gives one to each test. */
export const PLACES = { source: 'in/film.mov', target: 'out/film.mp4', work: 'work/' } as const

/** Codecs whose chunks are joined. */
export type FilmCodec = 'h264' | 'hevc'

/** Seconds of video, and of a chunk: four chunks, and the audio. */
const SECONDS = 8
const CHUNK_SECONDS = 2

/** The pieces of a film. */
export const CHUNKS = SECONDS / CHUNK_SECONDS

/** A source with a tone. */
export function film(): Promise<Buffer> {
  return ffmpegToFile(
    [
      ...['-f', 'lavfi', '-i', `testsrc2=s=96x64:r=24:d=${SECONDS}`],
      ...['-f', 'lavfi', '-i', `sine=f=440:r=48000:d=${SECONDS}`],
      ...[
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-bf',
        '2',
        '-g',
        '37',
        '-c:a',
        'aac',
        '-fflags',
        '+bitexact',
      ],
    ],
    'film.mov',
  )
}

/** Settings of a job whose object is like no other's. */
export interface FilmJob {
  readonly codec?: FilmCodec
  /** Jobs of different qualities are different jobs. */
  readonly crf?: number
  readonly isSplit?: boolean
}

/** A job of this film in a bucket. */
export function filmJob(bucket: string, { codec = 'h264', crf = 35, isSplit = true }: FilmJob = {}): Job {
  const output: JobOutput = {
    ...{ type: 'object', url: `s3://${bucket}/${PLACES.target}`, format: 'mp4', layout: 'file' },
    video: { codec, preset: 'ultrafast', crf },
    audio: { codec: 'aac' },
  }
  return {
    version: 1,
    inputs: [{ url: `s3://${bucket}/${PLACES.source}` }],
    outputs: [output],
    ...(isSplit && {
      split: {
        work: `s3://${bucket}/${PLACES.work}`,
        chunkSeconds: CHUNK_SECONDS,
        gop: 24,
        mode: 'required',
      },
    }),
  }
}

/** The digest by which objects are compared. */
export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}
