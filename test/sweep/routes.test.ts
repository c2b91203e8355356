import { readFile } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import type { AvioError } from '../../lib/errors.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { checkPipe } from '../../lib/ffmpeg/pipe-failures.js'
import { PIPED, PIPED_BY_NAME } from '../../lib/ffmpeg/piped-containers.js'
import { type FfmpegVersion, parseVersion } from '../../lib/ffmpeg/version.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { CORPUS, type Sample } from './corpus.js'
import { type Facts, differences, factsOf } from './facts.js'
import { copied, inputOf, make, outputOf, prepare } from './samples.js'

/** Holds the table of containers that are piped, and that of known failures, to the ffmpeg at hand. */

const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'
const FFPROBE = process.env['FFPROBE_PATH'] ?? 'ffprobe'
const version = parseVersion(execFileSync(FFMPEG, ['-version']).toString())!

const s3 = await LocalS3.start({ buckets: ['media'] })
const client = new S3Client(s3.clientConfig())
t.teardown(async () => {
  client.destroy()
  await s3.close()
})
const folder = t.testdir()
await prepare(folder)

function refusalOf(head: Buffer, { format, file }: Sample, of: FfmpegVersion): string | undefined {
  try {
    checkPipe({ head, format }, file, of)
    return undefined
  } catch (error) {
    return (error as AvioError).message
  }
}

/** A copy by the library, by the route that it takes itself. */
async function byLibrary(key: string, sample: Sample) {
  const { format, input = [] } = sample
  const stage = new FfmpegTransform({ input: { format, args: [...input] }, output: outputOf(sample) })
  const seeks: string[] = []
  stage.on('seek', ({ reason }) => seeks.push(reason))
  const before = s3.calls.length
  const [, packets] = await Promise.all([
    pipeline(new S3RangeReadable({ client, bucket: 'media', key }), stage),
    text(stage),
  ])
  return { packets, isPiped: seeks.length === 0, gets: s3.calls.length - before }
}

/** ffmpeg's names of the demuxers that were piped. */
const tried = new Set<string>()

/** Packets alone: the lines of a head tell the version of the tool. */
const lines = (crc: string) => crc.split('\n').filter(line => !line.startsWith('#'))

for (const sample of CORPUS) {
  t.test(
    `${sample.file}${sample.format ? ` as ${sample.format}` : ''}: the route it takes brings all that plain ffmpeg reads of the file`,
    async t => {
      const made = await make(sample, folder).catch((error: unknown) => error as Error)
      if (made instanceof Error) {
        t.comment(made.message)
        t.pass(`skipped: ffmpeg ${version.name} can't write it`)
        return
      }
      const bytes = await readFile(made)
      const input = inputOf(sample)
      const plain = await factsOf(FFPROBE, made, 'name', input)
      t.ok(plain.packets.length > 0, 'plain ffmpeg reads it')

      const key = basename(made)
      await s3.put('media', key, bytes)
      const expected = await copied(made, sample).catch((error: unknown) => error as Error)
      if (expected instanceof Error) {
        await t.rejects(byLibrary(key, sample), 'what plain ffmpeg fails on is an error')
        return
      }
      const { packets, isPiped, gets } = await byLibrary(key, sample)
      t.same(lines(packets), lines(expected))
      if (bytes.length <= 512 * 1024) t.equal(gets, 1, 'a small object is fetched once')

      const piped: Facts | Error = await factsOf(FFPROBE, made, 'pipe', input).catch(
        (error: unknown) => error as Error,
      )
      const refusal = refusalOf(bytes, sample, version)
      if (isPiped) {
        t.notOk(piped instanceof Error, 'what is piped can be read from a pipe')
        t.same(differences(plain, piped as Facts), [], 'the pipe is the same')
        t.equal(refusal, undefined)
        tried.add(sample.format ?? plain.demuxer)
      } else if (refusal !== undefined) {
        const isLost = piped instanceof Error || piped.packets.length !== plain.packets.length
        t.ok(isLost, 'what is refused fails with this ffmpeg')
        t.match(refusal, version.name)
      }
    },
  )
}

t.test('each container of the table was tried', async t => {
  for (const demuxers of [...PIPED, ...PIPED_BY_NAME]) {
    t.ok(
      [...tried].some(tried => tried.split(',').some(name => demuxers.split(' ').includes(name))),
      demuxers,
    )
  }
})
