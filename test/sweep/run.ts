/**
 * `npm run sweep`: reads one file of each common container, and compares the results with those of plain ffmpeg.
 *
 *   npm run sweep                              every file
 *   npm run sweep -- --file=mkv --file=.ts     some of them, by parts of their names
 *   npm run sweep -- --write                   all, and updates the table in docs/formats.md
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LocalS3 } from '../../lib/testing/index.js'
import { type Swept, nameOf } from './checks.js'
import { CORPUS } from './corpus.js'
import { KNOWN } from './known.js'
import { write } from './report.js'
import { make, prepare } from './samples.js'
import { Sweep } from './sweep.js'
import { problemsOf } from './verdict.js'

// Keep the SDK's warning about Node 20 out of the output.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

const { values } = parseArgs({
  options: {
    file: { type: 'string', multiple: true },
    write: { type: 'boolean', default: false },
  },
})

const print = (line: string) => void process.stdout.write(`${line}\n`)

const samples = CORPUS.filter(sample => values.file?.some(part => nameOf(sample).includes(part)) ?? true)
if (samples.length === 0) throw new Error('No file of the corpus matches --file')
if (values.write && samples.length < CORPUS.length) throw new Error('--write needs all files: omit --file')

const began = performance.now()
const folder = await mkdtemp(join(tmpdir(), 'avio-sweep-'))
const s3 = await LocalS3.start({ buckets: ['media'] })
const sweep = new Sweep(s3, folder)
const all: Swept[] = []
let failed = 0

/** Makes and checks one sample, in a folder of its own: two samples may share a file name. */
async function check(sample: (typeof samples)[number]): Promise<void> {
  const own = await mkdtemp(join(folder, 'sample-'))
  await prepare(own)
  const path = await make(sample, own).catch((error: unknown) => {
    print(`${nameOf(sample)}: skipped, this ffmpeg can't write it: ${String(error).split('\n').at(-2) ?? ''}`)
    return undefined
  })
  if (path !== undefined) {
    const swept = await sweep.sweep(sample, path)
    all.push(swept)
    const problems = problemsOf(swept, KNOWN)
    for (const problem of problems) print(`${nameOf(sample)}: ${problem}`)
    if (problems.length > 0) {
      failed++
      print(`  alone: npm run sweep -- --file='${nameOf(sample)}'`)
    }
  }
  await rm(own, { recursive: true })
}

let next = 0
try {
  await Promise.all(
    Array.from({ length: Math.max(2, availableParallelism()) }, async () => {
      while (next < samples.length) await check(samples[next++]!)
    }),
  )
} finally {
  sweep.close()
  await s3.close()
  await rm(folder, { recursive: true, force: true })
}

all.sort((one, other) => CORPUS.indexOf(one.sample) - CORPUS.indexOf(other.sample))
if (values.write) await write(all)
print(`${samples.length - all.length} of ${samples.length} skipped: this ffmpeg can't write them`)
print(`${Math.round((performance.now() - began) / 1000)} s`)
print(`${all.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 && all.length > 0 ? 0 : 1
