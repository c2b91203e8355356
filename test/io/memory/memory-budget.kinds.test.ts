import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { FfmpegProcess } from '../../../lib/ffmpeg/ffmpeg-process.js'
import { FfmpegReadable } from '../../../lib/ffmpeg/ffmpeg-readable.js'
import { FfmpegTransform } from '../../../lib/ffmpeg/ffmpeg-transform.js'
import { probe } from '../../../lib/ffmpeg/probe/probe.js'
import { memoryUse, setMemoryBudget } from '../../../lib/io/memory/memory-budget.js'
import { Fmp4Validator } from '../../../lib/mp4/fmp4-validator.js'
import { MiB } from '../../../lib/options.js'
import { S3MultipartWritable } from '../../../lib/s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../../../lib/s3/s3-range-readable.js'
import { S3Source } from '../../../lib/s3/s3-source.js'
import { clip } from '../../../lib/tasks/clip/clip.js'
import { thumbnails } from '../../../lib/tasks/thumbnails/thumbnails.js'
import { transcode } from '../../../lib/tasks/transcode.js'
import { avioWarnings } from '../../support/avio-warnings.js'
import { ffmpegToFile, ffmpegToPipe, videoInput } from '../../support/media.js'
import { mostHeld } from '../../support/most-held.js'
import { PART, UploadStore } from '../../support/upload-store.js'

/** The budget with pipelines of all kinds, whose readers, caches and sinks depend on each other. */

const HIGH_BITRATE = [
  ...videoInput({ seconds: 4, size: '1280x720' }),
  '-c:v',
  'mpeg4',
  '-qscale:v',
  '1',
  '-g',
  '25',
]
const COPY = { format: 'mpegts', args: ['-c', 'copy'] }

/** A store with an MP4 whose index is last, and a transport stream. */
async function storeOfFilms(t: Test) {
  const store = await UploadStore.open(t)
  const mp4 = await ffmpegToFile(HIGH_BITRATE, 'film.mp4')
  await store.s3.put('uploads', 'film.mp4', mp4)
  await store.s3.put('uploads', 'film.ts', await ffmpegToPipe([...HIGH_BITRATE, '-f', 'mpegts']))
  t.ok(mp4.length > 4 * MiB, `${mp4.length} bytes`)
  return store
}

/** The pipelines, by kind: each makes something of the films, and tells what it was. */
function kindsOf({ client }: UploadStore) {
  const at = (key: string) => ({ client, bucket: 'uploads', key })
  const reader = (name: string) => new S3RangeReadable({ ...at(name), verify: 'off' })
  const film = () => new S3Source(at('film.mp4'))
  const sink = (key: string) =>
    new S3MultipartWritable({ ...at(`out/${key}`), partSize: PART, payloadSigning: 'unsigned' })
  const stored = async (...sinks: S3MultipartWritable[]) => {
    const results = await Promise.all(sinks.map(({ result }) => result))
    return results.map(({ bytes, checksum }) => `${bytes} ${checksum?.value}`).join()
  }
  const through = async (
    ...stages: [NodeJS.ReadableStream, ...NodeJS.ReadWriteStream[], S3MultipartWritable]
  ) => {
    await pipeline(stages)
    return await stored(stages.at(-1) as S3MultipartWritable)
  }
  return {
    'piped input': key => through(reader('film.ts'), new FfmpegTransform({ output: COPY }), sink(key)),
    'a piped input that is read by range': key =>
      through(
        reader('film.mp4'),
        new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } }),
        new Fmp4Validator(),
        sink(key),
      ),
    'a source, and a header that comes last': key =>
      through(
        new FfmpegReadable({
          input: { source: film() },
          output: { format: 'mp4', layout: 'file', args: ['-c', 'copy'] },
        }),
        sink(key),
      ),
    'a piped input and a source of one ffmpeg': async key => {
      const ffmpeg = new FfmpegProcess({
        inputs: [{}, { source: film() }],
        outputs: [
          { format: 'mpegts', args: ['-map', '0', '-map', '1', '-c', 'copy'] },
          { format: 'mpegts', args: ['-map', '1', '-c', 'copy'] },
        ],
      })
      const sinks = [sink(`${key}-0`), sink(`${key}-1`)] as const
      await Promise.all([
        pipeline(reader('film.ts'), ffmpeg.inputs[0]!),
        ...ffmpeg.outputs.map((output, n) => pipeline(output, sinks[n]!)),
        ffmpeg.result,
      ])
      return await stored(...sinks)
    },
    'one source, three outputs': async key => {
      const sinks = [0, 1, 2].map(n => sink(`${key}-${n}`))
      await transcode({ input: film(), outputs: sinks.map(to => ({ ...COPY, to })) })
      return await stored(...sinks)
    },
    clip: key => through(clip({ source: film(), start: 1, end: 3 }), sink(key)),
    thumbnails: async () => {
      const hash = createHash('sha256')
      for await (const { image } of thumbnails({ source: film(), count: 3, width: 160 })) hash.update(image)
      return hash.digest('hex')
    },
    probe: async () => JSON.stringify((await probe(film())).streams),
  } satisfies Record<string, (key: string) => Promise<string>>
}

t.test('32 pipelines of all kinds finish within a budget that is less than their minima', async t => {
  const kinds = Object.entries(kindsOf(await storeOfFilms(t)))
  const most = mostHeld(t)
  const alone = await Promise.all(kinds.map(([, run], n) => run(`alone-${n}`)))
  const [free, warnings] = [most(), avioWarnings(t)]
  t.ok(free > 32 * MiB, `one of each takes ${free} bytes without a budget`)
  setMemoryBudget(24 * MiB)
  const all = Array.from({ length: 32 }, (_, n) => kinds[n % kinds.length]!)
  const made = await Promise.all(all.map(([, run], n) => run(`all-${n}`)))
  for (const [n, [name]] of all.entries()) t.equal(made[n], alone[n % kinds.length], name)
  t.match(await warnings(), [{ code: 'AVIO_WARN_MEMORY_BUDGET' }], 'told once')
  t.match(memoryUse(), { held: 0, stages: 0 })
})

t.test('one pipeline of each kind after the other keeps to the smallest budget', async t => {
  const kinds = Object.entries(kindsOf(await storeOfFilms(t)))
  const [most, warnings] = [mostHeld(t), avioWarnings(t)]
  setMemoryBudget(24 * MiB)
  for (const [name, run] of kinds) {
    await run('single')
    t.ok(most() <= 24 * MiB, `${name}: ${most()} bytes`)
    t.match(memoryUse(), { held: 0, stages: 0 })
  }
  t.same(await warnings(), [])
})
