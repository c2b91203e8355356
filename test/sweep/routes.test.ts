import { readFile } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import t from 'tap'
import type { AvioError } from '../../lib/errors.js'
import { checkPipe } from '../../lib/ffmpeg/route/pipe-failures.js'
import { PIPED, PIPED_BY_NAME } from '../../lib/ffmpeg/route/piped-containers.js'
import { type FfmpegVersion, parseVersion } from '../../lib/ffmpeg/binary/version.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { nameOf } from './checks.js'
import { CORPUS, type Sample } from './corpus.js'
import { type Facts, differences, factsOf } from './facts.js'
import { FFMPEG, FFPROBE } from './plain.js'
import { copied, inputOf, make, prepare } from './samples.js'
import { Sweep, packetLines } from './sweep.js'

/**
 * Holds the table of containers that are piped, and that of known failures, to the ffmpeg at hand. Most of it is waiting
 * for some seven hundred runs of ffmpeg: two files at a time, each made once, and ffprobe is asked only of what is piped
 * or refused.
 */

t.jobs = 2

const version = parseVersion(execFileSync(FFMPEG, ['-version']).toString())!

const folder = t.testdir()
const s3 = await LocalS3.start({ buckets: ['media'] })
const sweep = new Sweep(s3, folder)
t.teardown(async () => {
  sweep.close()
  await s3.close()
})
await prepare(folder)

const files = new Map<string, Promise<string | Error>>()

/** A file, made once whatever it is read as; an error where this ffmpeg can't write it. */
function fileOf(sample: Sample): Promise<string | Error> {
  const made = files.get(sample.file) ?? make(sample, folder).catch((error: unknown) => error as Error)
  files.set(sample.file, made)
  return made
}

function refusalOf(head: Buffer, { format, file }: Sample, of: FfmpegVersion): string | undefined {
  try {
    checkPipe({ head, format }, file, of)
    return undefined
  } catch (error) {
    return (error as AvioError).message
  }
}

/** ffmpeg's names of the demuxers that were piped. */
const tried = new Set<string>()

const all = CORPUS.map(sample => {
  const name = `${nameOf(sample)}: the route it takes brings all that plain ffmpeg reads of the file`
  return t.test(name, { buffered: true }, async t => {
    const made = await fileOf(sample)
    if (made instanceof Error) {
      t.comment(made.message)
      t.pass(`skipped: ffmpeg ${version.name} can't write it`)
      return
    }
    const bytes = await readFile(made)
    const key = nameOf(sample)
    await s3.put('media', key, bytes)
    const expected = await copied(made, sample).catch((error: unknown) => error as Error)
    if (expected instanceof Error) {
      await t.rejects(sweep.copy(key, sample), 'what plain ffmpeg fails on is an error')
      return
    }
    const { packets, isPiped } = await sweep.copy(key, sample)
    t.ok(packetLines(expected).length > 1, 'plain ffmpeg reads it')
    t.same(packetLines(packets), packetLines(expected))
    const gets = s3.calls.filter(call => call.key === key).length
    if (bytes.length <= 512 * 1024) t.equal(gets, 1, 'a small object is fetched once')

    const refusal = refusalOf(bytes, sample, version)
    if (!isPiped && refusal === undefined) return
    const input = inputOf(sample)
    const plain = await factsOf(FFPROBE, made, 'name', input)
    const piped: Facts | Error = await factsOf(FFPROBE, made, 'pipe', input).catch(
      (error: unknown) => error as Error,
    )
    if (isPiped) {
      t.notOk(piped instanceof Error, 'what is piped can be read from a pipe')
      t.same(differences(plain, piped as Facts), [], 'the pipe is the same')
      t.equal(refusal, undefined)
      tried.add(sample.format ?? plain.demuxer)
    } else {
      const isLost = piped instanceof Error || piped.packets.length !== plain.packets.length
      t.ok(isLost, 'what is refused fails with this ffmpeg')
      t.match(refusal, version.name)
    }
  })
})
await Promise.all(all)

t.test('each container of the table was tried', async t => {
  for (const demuxers of [...PIPED, ...PIPED_BY_NAME]) {
    t.ok(
      [...tried].some(tried => tried.split(',').some(name => demuxers.split(' ').includes(name))),
      demuxers,
    )
  }
})
