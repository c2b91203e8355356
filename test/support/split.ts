import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import type { Test } from 'tap'
import { FfmpegReadable } from '../../lib/ffmpeg/ffmpeg-readable.js'
import { chunkFilters } from '../../lib/job/encoding/chunk-filters.js'
import { planSplit } from '../../lib/job/split/plan-split.js'
import type { SplitPlan } from '../../lib/job/split/split-plan.js'
import type { SplitSpec } from '../../lib/job/split/split-spec.js'
import { SOURCE_CLOCK, clockArguments } from '../../lib/job/split/source-clock.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { S3Source } from '../../lib/s3/s3-source.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { ffmpegToPipe, ffprobeJson } from './media.js'

/** A store with a source under `masters/in`, and what the tests of split jobs do with it. */
export async function openSplit(t: Test, source: Buffer) {
  const s3 = await LocalS3.start({ buckets: ['masters', 'work', 'web'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('masters', 'in', source)
  const spec = (more: Partial<SplitSpec> = {}): SplitSpec => ({
    source: { bucket: 'masters', key: 'in' },
    args: X264,
    output: { bucket: 'web', key: 'out.mp4' },
    work: { bucket: 'work', prefix: 'pieces/' },
    gop: 24,
    threads: 1,
    chunkSeconds: 2,
    ...more,
  })
  /** A plan with chunks of 2 s. */
  const plan = async (more: Partial<SplitSpec> = {}): Promise<SplitPlan> => {
    const made = await planSplit(spec(more), { client })
    if (made.unsplit !== undefined) throw new Error(made.unsplit.message)
    return made
  }
  /** The same arguments without cuts, from one run of ffmpeg. */
  const whole = async ({ source, video, audio, file }: SplitPlan): Promise<Buffer> => {
    const picture = video.renditions[0]!
    const own = audio?.[0]!.args ?? []
    const maps = own.includes('-map') ? [] : ['-map', '0:a']
    const sound = audio === undefined ? ['-an'] : [...maps, ...own]
    const args = [
      '-map',
      video.map,
      '-vf',
      chunkFilters({ ...video, ...picture }),
      '-fps_mode:v',
      'passthrough',
      ...picture.first,
      ...sound,
    ]
    await pipeline(
      new FfmpegReadable({
        input: {
          source: new S3Source({ client, bucket: 'masters', key: 'in' }),
          args: clockArguments(source.start),
        },
        globalArgs: SOURCE_CLOCK,
        output: { format: 'mp4', layout: 'file', args: [...args, ...file] },
      }),
      new S3MultipartWritable({ client, bucket: 'web', key: 'whole.mp4' }),
    )
    return (await s3.get('web', 'whole.mp4'))!
  }
  const out = async (key = 'out.mp4') => (await s3.get('web', key))!
  const left = () => [...s3.keys('work'), ...s3.uploads('work'), ...s3.uploads('web')]
  return { s3, client, spec, plan, whole, out, left }
}

/** Small and quick; lossless, so that each frame of the result is one of the source. */
export const LOSSLESS = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', '-bf', '2', '-c:a', 'aac']
export const X264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '30', '-c:a', 'aac', '-b:a', '64k']

const TEST_VIDEO = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '37']

/** A source of so many seconds, 23.976 frames each, with B-frames and one tone. `more` follows its codecs. */
export function splitSource({
  seconds = 7,
  size = '96x64',
  rate = '24000/1001',
  more = ['-f', 'mpegts'],
} = {}) {
  return ffmpegToPipe([
    ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=f=440:r=48000:d=${seconds}`],
    ...TEST_VIDEO,
    ...['-c:a', 'aac', ...more],
  ])
}

/** As a fragmented MP4. */
export const AS_MP4 = ['-movflags', '+frag_keyframe+empty_moov+default_base_moof', '-f', 'mp4']

/** Times and flags of a track's packets, and of audio their sizes: its bytes do not depend on the cuts. */
export async function packetTimes(bytes: Buffer, kind: 'v' | 'a'): Promise<string[]> {
  const entries = `packet=pts,dts,duration,flags${kind === 'a' ? ',size' : ''}`
  const json = await ffprobeJson<{ packets: Record<string, unknown>[] }>(bytes, [
    ...['-select_streams', kind, '-show_entries', entries],
  ])
  return json.packets.map(({ pts, dts, duration, flags, size }) =>
    [pts, dts, duration, String(flags).slice(0, 1), size].join(' '),
  )
}
