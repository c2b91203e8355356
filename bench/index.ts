/**
 * - `npm run bench`: every topic, beside every peer that can be had
 * - `npm run bench -- read upload`: some
 * - `npm run bench -- --quick`: small sizes, one round: a minute or two, for a first look
 * - `npm run bench -- --against=<commit>`: the library as of another commit in the same rounds
 * - `npm run bench -- --write`: kept in bench/results.json, with the tables and plots of docs/performance.md
 * - `npm run bench -- --page`: the tables and plots alone, of what is kept
 * - `npm run bench -- curves`: how cost grows with connections, latency, part size, window, pipelines
 * - `npm run bench -- small-objects --objects 100`: another number of objects
 * - `npm run bench -- fetched --draw`: bytes fetched by partial reads, and the charts in docs/images
 * - `npm run bench -- split --seconds 240 --chunk 60 --processes 1,2,4`: one object in pieces, by length and workers
 * - `npm run bench -- farm --save`: what a farm consists of, kept for `npm run simulate`
 * - `npm run bench -- farm --overhead --save`: only what an engine adds to a step
 * - `npm run bench -- --rounds 5`: more rounds (3 by default); each figure is the median of its rounds
 */
import { parseArgs } from 'node:util'
import { table } from '../examples/support/format.js'
import { MiB } from '../lib/options.js'
import { run as byAddress } from './by-address.js'
import { CURVES, runCurve } from './curves.js'
import { FARM_BENCH, run as farm, runOverhead } from './farm.js'
import { run as fetched } from './fetched.js'
import { SPLIT_BENCH, run as split } from './split.js'
import { goalRows, judge } from './support/goals.js'
import { type PackedCommit, packCommit } from './support/pack-commit.js'
import { type Peers, findPeers } from './support/peers.js'
import { writePage } from './support/performance-page.js'
import { report } from './support/report.js'
import { type Results, readResults, writeResults } from './support/results.js'
import { runTopic } from './support/run-topic.js'
import type { Topic } from './support/topic.js'

/** Topics of contenders, by their files. */
const TOPICS = [
  ...['read', 'read-shaped', 'verify', 'upload', 'upload-shaped', 'remux', 'remux-long', 'remux-unshaped'],
  ...['remux-cpu', 'remux-tls'],
  ...['faststart', 'pipe', 'transcode', 'cache', 'memory', 'memory-long', 'small-objects', 'start'],
  ...['validator', 'validator-frames', 'block-cache', 'block-cache-seeks'],
]
/** Benchmarks of another make. */
const OTHERS = ['curves', 'fetched', 'split', 'farm']

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    against: { type: 'string' },
    write: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    objects: { type: 'string' },
    draw: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    overhead: { type: 'boolean', default: false },
    seconds: { type: 'string', default: String(SPLIT_BENCH.seconds) },
    chunk: { type: 'string', default: String(SPLIT_BENCH.chunkSeconds) },
    processes: { type: 'string', default: SPLIT_BENCH.processes.join(',') },
  },
  allowPositionals: true,
})

const known = [...TOPICS, ...OTHERS]
const unknown = positionals.filter(name => !known.includes(name))
if (unknown.length > 0) throw new Error(`No benchmark ${unknown.join(', ')}; there are ${known.join(', ')}`)
/** The benchmarks of another make have no small sizes. */
const names = positionals.length > 0 ? positionals : values.quick ? [...TOPICS, 'curves'] : known
const rounds = positive('rounds', values.rounds) ?? (values.quick ? 1 : 3)
const library = new URL('../dist/index.js', import.meta.url).href
let results: Results = readResults()

if (values.page) await writePage(results)
else await measure()

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1) return number
  throw new Error(`--${name} takes an integer from 1, and got ${text}`)
}

function fail(lines: readonly string[]): void {
  for (const line of lines) console.log(`FAILED: ${line}`)
  if (lines.length > 0) process.exitCode = 1
}

async function measure(): Promise<void> {
  const loaded = new Map<string, Topic>()
  for (const name of names.filter(one => TOPICS.includes(one)))
    loaded.set(name, withObjects(((await import(`./${name}.ts`)) as { topic: Topic }).topic))
  const needed = [...loaded.values()].flatMap(({ needs }) => Object.values(needs ?? {}))
  const peers = await findPeers(needed)
  for (const [name, peer] of Object.entries(peers))
    console.log('version' in peer ? `${name} ${peer.version}` : `${name} is not to be had: ${peer.reason}`)
  const against = values.against === undefined ? undefined : await packCommit(values.against)
  await keep({ peers: { ...results.peers, ...withoutPaths(peers) } })
  for (const name of names) {
    const topic = loaded.get(name)
    if (topic === undefined) await runOther(name)
    else await measureTopic(name, topic, peers, against)
  }
  const measured = Object.fromEntries(Object.entries(results.topics).filter(([name]) => loaded.has(name)))
  if (loaded.size > 0) console.log(`Goals\n${table(goalRows(judge(measured)))}\n`)
  if (values.write) await writePage(results)
}

/** What is kept of the peers: their places are this machine's. */
function withoutPaths(peers: Peers): Results['peers'] {
  return Object.fromEntries(
    Object.entries(peers).map(([name, one]) => [name, 'version' in one ? { version: one.version } : one]),
  )
}

/** With the number of objects that was asked for. */
function withObjects(topic: Topic): Topic {
  const objects = positive('objects', values.objects)
  if (objects === undefined || topic.count === undefined) return topic
  return { ...topic, count: { full: objects, quick: objects } }
}

async function measureTopic(
  name: string,
  topic: Topic,
  peers: Peers,
  against: PackedCommit | undefined,
): Promise<void> {
  const run = { rounds, quick: values.quick, library, peers, against }
  const result = await runTopic(name, topic, run)
  console.log(`${report(result)}\n`)
  await keep({ topics: { ...results.topics, [name]: result } })
}

/** After each topic, so that a run that is interrupted has not been for nothing. */
async function keep(more: Partial<Results>): Promise<void> {
  results = { ...results, ...more }
  if (values.write) await writeResults(results)
}

async function runOther(name: string): Promise<void> {
  if (name === 'curves') {
    for (const [title, curve] of Object.entries(CURVES)) {
      const result = await runCurve(curve, { rounds, quick: values.quick, library })
      await keep({ curves: { ...results.curves, [title]: result } })
      console.log(`${curve.title}: ${result.points.length} points`)
    }
  } else if (name === 'fetched') {
    await fetched(values.draw)
    fail(await byAddress(256 * MiB))
  } else if (name === 'split') {
    const [seconds, chunkSeconds] = [Number(values.seconds), Number(values.chunk)]
    const { missed } = await split({
      ...{ ...SPLIT_BENCH, seconds, chunkSeconds, rounds },
      processes: values.processes.split(',').map(Number),
    })
    fail(missed)
  } else if (values.overhead) {
    const { missed } = await runOverhead(FARM_BENCH.overhead, values.save)
    fail(missed)
  } else {
    const { missed } = await farm({ ...FARM_BENCH, steps: { ...FARM_BENCH.steps, rounds } }, values.save)
    fail(missed)
  }
}
