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
 * Checks the table of piped containers and that of known failures against the ffmpeg under test. Most of the time goes
 * to some seven hundred runs of ffmpeg: so two files at a time, each made once, and ffprobe runs only for piped or
 * refused ones.
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

/** A file, made once for all samples that share it; an error if this ffmpeg can't write it. */
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

/** The demuxers of piped samples, by ffmpeg's names. */
const tried = new Set<string>()

const all = CORPUS.map(sample => {
  const name = `${nameOf(sample)}: its route delivers every packet that plain ffmpeg reads`
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
      await t.rejects(sweep.copy(key, sample), 'fails like plain ffmpeg')
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
      t.notOk(piped instanceof Error, 'ffprobe reads it from a pipe')
      t.same(differences(plain, piped as Facts), [], 'reads the same from the pipe')
      t.equal(refusal, undefined)
      tried.add(sample.format ?? plain.demuxer)
    } else {
      const isLost = piped instanceof Error || piped.packets.length !== plain.packets.length
      t.ok(isLost, 'this ffmpeg fails on the refused pipe')
      t.match(refusal, version.name)
    }
  })
})
await Promise.all(all)

t.test('the corpus covers each container of the table', async t => {
  for (const demuxers of [...PIPED, ...PIPED_BY_NAME]) {
    t.ok(
      [...tried].some(tried => tried.split(',').some(name => demuxers.split(' ').includes(name))),
      demuxers,
    )
  }
})
