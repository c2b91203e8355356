/**
 * - `npm run bench`: every topic
 * - `npm run bench -- read upload`: some
 * - `npm run bench -- fetched --draw`: bytes fetched by partial reads, and the charts in docs/images
 * - `npm run bench -- split --seconds 240 --chunk 60 --processes 1,2,4`: one object in pieces, by length and workers
 * - `npm run bench -- farm --save`: what a farm consists of, kept for `npm run simulate`
 * - `npm run bench -- --rounds 5`: more rounds (3 by default); each figure is the median of its rounds
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MiB } from '../lib/options.js'
import { run as byAddress } from './by-address.js'
import { FARM_BENCH, run as farm } from './farm.js'
import { run as fetched } from './fetched.js'
import { SPLIT_BENCH, run as split } from './split.js'
import { BenchStore } from './support/bench-store.js'
import { MediaFile } from './support/media-file.js'
import type { Arena, Run, Topic } from './support/topic.js'
import { report } from './support/report.js'

const TOPICS = [
  'read',
  'read-shaped',
  'verify',
  'upload',
  'upload-shaped',
  'remux',
  'faststart',
  'pipe',
  'transcode',
  'validator',
  'validator-frames',
  'block-cache',
  'block-cache-seeks',
  'fetched',
  'split',
  'farm',
]

/** The SDK's warning about old Node versions is not a result. */
const QUIET = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }

async function runOnce(topic: string, contender: string, arena: Arena): Promise<Run> {
  const script = fileURLToPath(new URL('support/contender-process.ts', import.meta.url))
  const child: ChildProcess = fork(script, [topic, contender], { execArgv: ['--import', 'tsx'], env: QUIET })
  const ended = once(child, 'exit')
  await once(child, 'message')
  child.send(arena)
  const answer = once(child, 'message') as Promise<[{ result: Run }]>
  const first = await Promise.race([answer, ended])
  const result = (first[0] as { result?: Run }).result
  if (result === undefined)
    throw new Error(`${topic}: ${contender} failed with exit code ${String(first[0])}`)
  await ended
  return result
}

const NO_STORE = {
  client: {
    endpoint: '',
    region: '',
    forcePathStyle: true,
    credentials: { accessKeyId: '', secretAccessKey: '' },
  },
  bucket: '',
  key: '',
} as const

function fail(lines: readonly string[]): void {
  for (const line of lines) console.log(`FAILED: ${line}`)
  if (lines.length > 0) process.exitCode = 1
}

async function runTopic(name: string, rounds: number): Promise<void> {
  if (name === 'fetched') {
    await fetched(values.draw)
    fail(await byAddress(256 * MiB))
    return
  }
  if (name === 'split') {
    const [seconds, chunkSeconds] = [Number(values.seconds), Number(values.chunk)]
    const { missed } = await split({
      ...{ ...SPLIT_BENCH, seconds, chunkSeconds, rounds },
      processes: values.processes.split(',').map(Number),
    })
    fail(missed)
    return
  }
  if (name === 'farm') {
    const { missed } = await farm({ ...FARM_BENCH, steps: { ...FARM_BENCH.steps, rounds } }, values.save)
    fail(missed)
    return
  }
  const { topic } = (await import(`./${name}.ts`)) as { topic: Topic }
  const media = topic.source === 'media' ? await MediaFile.make(topic.size) : undefined
  const size = media?.size ?? topic.size
  const store = topic.store === 'none' ? undefined : await BenchStore.start(topic.store, size, media?.path)
  try {
    const arena: Arena = { ...(store?.arena ?? NO_STORE), file: media?.path ?? '', size }
    const runs: Record<string, Run[]> = {}
    for (let round = 0; round < rounds; round++) {
      for (const contender of Object.keys(topic.contenders)) {
        const run = await runOnce(name, contender, arena)
        if (run.bytes < size) throw new Error(`${name}: ${contender} moved ${run.bytes} of ${size} bytes`)
        ;(runs[contender] ??= []).push(run)
      }
    }
    console.log(`${report(topic, size, runs)}\n`)
  } finally {
    await store?.stop()
    await media?.remove()
  }
}

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    draw: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    seconds: { type: 'string', default: String(SPLIT_BENCH.seconds) },
    chunk: { type: 'string', default: String(SPLIT_BENCH.chunkSeconds) },
    processes: { type: 'string', default: SPLIT_BENCH.processes.join(',') },
  },
  allowPositionals: true,
})
const unknown = positionals.filter(name => !TOPICS.includes(name))
if (unknown.length > 0) throw new Error(`No benchmark ${unknown.join(', ')}; there are ${TOPICS.join(', ')}`)
for (const name of positionals.length > 0 ? positionals : TOPICS) await runTopic(name, Number(values.rounds))
