import { readdir, readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import t from 'tap'
import type { FfmpegError } from '../../../lib/errors.js'
import type { ChildExit } from '../../../lib/ffmpeg/child/ffmpeg-child.js'
import { locateFfmpeg } from '../../../lib/ffmpeg/binary/locate-ffmpeg.js'
import { RunVerdict } from '../../../lib/ffmpeg/diagnosis/run-verdict.js'
import { SITUATIONS, type Situation } from '../../support/ffmpeg-situations.js'

const FOLDER = new URL('../../fixtures/ffmpeg-logs/', import.meta.url)

interface Recorded {
  readonly exit: ChildExit
  readonly log: string
}

/** Parses ffmpeg's recorded exit and log of each situation. */
function readRecord(file: string): Map<string, Recorded> {
  const parts = file.split(/^## /m).slice(1)
  return new Map(
    parts.map(part => {
      const [name = '', ended = '', ...log] = part.trimEnd().split('\n')
      const how = ended.slice('ended '.length)
      const exit =
        how in constants.signals
          ? { code: null, signal: how as NodeJS.Signals }
          : { code: Number(how), signal: null }
      return [name, { exit, log: log.join('\n') }]
    }),
  )
}

function errorOf({ formats }: Situation, { exit, log }: Recorded): FfmpegError | undefined {
  const listener = { onLog: () => undefined, onProgress: () => undefined }
  const outcome = new RunVerdict({ path: 'ffmpeg', args: [] }, formats, listener)
  outcome.log.push(Buffer.from(log))
  outcome.log.end()
  outcome.outputBytes = formats.map(format => (format === 'null' ? 0 : 1000))
  return outcome.failure(exit, false) ?? outcome.emptiness(exit)
}

/** Describes an error that does not match its situation. */
function fault(
  { code, says }: Situation,
  error: (Error & { code?: unknown }) | undefined,
): string | undefined {
  const got = error === undefined ? 'ok' : String(error.code)
  const description = `${got}: ${error?.message ?? ''}`
  if (![code].flat().includes(got)) return description
  if (error && says && !says.test(error.message)) return description
  return /\.\s*\.|undefined|--\s*\./.test(error?.message ?? '') ? description : undefined
}

for (const file of (await readdir(FOLDER)).sort()) {
  t.test(
    `derives the code and the reason of each situation from the log of ffmpeg ${file.replace('.txt', '')}`,
    async t => {
      const record = readRecord(await readFile(new URL(file, FOLDER), 'utf8'))
      t.ok(SITUATIONS.length >= 75)
      t.same(
        [...record.keys()],
        SITUATIONS.map(({ name }) => name),
      )
      for (const one of SITUATIONS)
        t.equal(fault(one, errorOf(one, record.get(one.name)!)), undefined, one.name)
    },
  )
}

t.test('gives each situation the same code and reason with the installed ffmpeg', async t => {
  const { path } = await locateFfmpeg()
  const waiting = [...SITUATIONS]
  const work = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) await check(one)
  }
  const check = async (one: Situation) => {
    const error = await one.run(path).then(
      () => undefined,
      (reason: unknown) => reason as FfmpegError,
    )
    t.equal(fault(one, error), undefined, one.name)
  }
  await Promise.all([work(), work(), work()])
})
