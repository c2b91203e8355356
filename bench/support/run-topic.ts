import { DeleteObjectCommand, HeadObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { GiB, MiB } from '../../lib/options.js'
import { BenchStore } from './bench-store.js'
import { bundleTopic } from './bundle-topic.js'
import { curlCeiling } from './curl-ceiling.js'
import { originOf, watchOthers } from './machine.js'
import { MediaFile } from './media-file.js'
import type { PackedCommit } from './pack-commit.js'
import type { Peers } from './peers.js'
import { AGAINST, type Figures, type TopicResult, spreadOf } from './results.js'
import { runContender } from './run-contender.js'
import type { Arena, Run, Topic } from './topic.js'

/** How to measure. */
export interface TopicRun {
  readonly rounds: number
  readonly quick: boolean
  /** URL of this library's entry point. */
  readonly library: string
  readonly peers: Peers
  /** Another commit, which runs in the same rounds. */
  readonly against: PackedCommit | undefined
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

/** The ceiling's ranges and connections: those of the shaped topics. */
const CEILING = { range: 8 * MiB, connections: 16 }
const QUICK = 16

/** Makes what a topic reads. */
async function mediaOf(topic: Topic, size: number): Promise<MediaFile | undefined> {
  switch (topic.source) {
    case 'media':
      return await MediaFile.make(size)
    case 'hd':
      return await MediaFile.make(size, undefined, '1920x1080')
    case 'mp4':
      return await MediaFile.makeMp4(size)
    case 'audio':
      return await MediaFile.makeAudio(size)
    default:
      return undefined
  }
}

interface Entry {
  readonly contender: string
  readonly library: string
}

/** The contenders by their names in tables: with another commit, each of ours twice, one after the other. */
function entriesOf(topic: Topic, { library, against, peers }: TopicRun) {
  const entries = new Map<string, Entry>()
  const missing: Record<string, string> = {}
  const ours = topic.ours ?? Object.keys(topic.contenders).slice(0, 1)
  for (const contender of Object.keys(topic.contenders)) {
    const need = topic.needs?.[contender]
    const peer = need === undefined ? undefined : peers[need]
    if (need !== undefined && (peer === undefined || 'reason' in peer)) {
      missing[contender] = peer?.reason ?? 'it was not looked for'
      continue
    }
    entries.set(contender, { contender, library })
    if (against !== undefined && ours.includes(contender))
      entries.set(contender + AGAINST, { contender, library: against.library })
  }
  return { entries, missing }
}

/**
 * Runs a topic: each round has one run of every contender, every other round in the opposite order. A peer that fails
 * is left out with its error.
 */
export async function runTopic(name: string, topic: Topic, run: TopicRun): Promise<TopicResult> {
  const wanted = run.quick ? (topic.quickSize ?? topic.size / QUICK) : topic.size
  const count = run.quick ? topic.count?.quick : topic.count?.full
  const [program, media] = await Promise.all([bundleTopic(name), mediaOf(topic, wanted)])
  const size = media?.size ?? wanted
  const store =
    topic.store === 'none'
      ? undefined
      : await BenchStore.start(topic.store, size, media?.path, { tls: topic.tls ?? false })
  const others = watchOthers()
  try {
    const arena: Omit<Arena, 'library'> = {
      ...(store?.arena ?? NO_STORE),
      ...{ file: media?.path ?? '', size, peers: pathsOf(run.peers) },
      ...(count !== undefined && { count }),
    }
    const { entries, missing } = entriesOf(topic, run)
    const runs = new Map<string, Run[]>()
    for (let round = 0; round < run.rounds; round++) {
      const order = round % 2 === 0 ? [...entries] : [...entries].reverse()
      for (const [title, { contender, library }] of order) {
        const which = { topic: name, contender, ...(topic.clock && { clock: topic.clock }) }
        try {
          const one = await runContender(program, which, { ...arena, library })
          if (one.bytes < size) throw new Error(`${title} moved ${one.bytes} of ${size} bytes`)
          if (store !== undefined && topic.stored?.contenders.includes(contender))
            await checkStored(store, topic.stored.key, size)
          runs.set(title, [...(runs.get(title) ?? []), one])
        } catch (error) {
          if (topic.needs?.[contender] === undefined) throw error
          missing[title] = (error as Error).message.split('\n')[0]!
          entries.delete(title)
          runs.delete(title)
        }
      }
    }
    const ceiling =
      store === undefined || topic.source === undefined ? undefined : await ceilingOf(store, size)
    const kept = [...entries.keys()].map(title => [title, figuresOf(runs.get(title)!)] as const)
    return {
      ...{ title: topic.title, setting: topic.setting, size },
      ...(count !== undefined && { count }),
      ...(topic.figure !== undefined && { figure: topic.figure }),
      ...(topic.limitSeconds && { limitSeconds: topic.limitSeconds(size) }),
      ...(ceiling && { ceiling }),
      ...{ contenders: Object.fromEntries(kept), missing },
      ...(run.against && { against: run.against.hash.slice(0, 9) }),
      origin: await originOf(run.rounds, run.quick, others()),
    }
  } finally {
    await store?.stop()
    await media?.remove()
  }
}

/** At least this share of the bytes is media that a copy keeps. */
const KEPT = 0.9

/** Whether a copy is there, whole, and from this run: the key is empty before. */
export async function checkStored(
  { arena }: Pick<BenchStore, 'arena'>,
  key: string,
  size: number,
): Promise<void> {
  const client = new S3Client(arena.client)
  const copy = { Bucket: arena.bucket, Key: key }
  try {
    const { ContentLength: stored = 0 } = await client.send(new HeadObjectCommand(copy))
    if (stored < KEPT * size) throw new Error(`of ${size} bytes, ${stored} were stored`)
    await client.send(new DeleteObjectCommand(copy))
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error
    throw new Error(`of ${size} bytes, none were stored (status ${error.$metadata.httpStatusCode})`)
  } finally {
    client.destroy()
  }
}

function pathsOf(peers: Peers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(peers).flatMap(([name, one]) => ('path' in one ? [[name, one.path]] : [])),
  )
}

async function ceilingOf({ arena }: BenchStore, size: number) {
  const url = `${arena.client.endpoint}/${arena.bucket}/${arena.key}`
  // As much as it takes to see the steady state: a long object would only take long.
  return await curlCeiling(url, { size: Math.min(size, GiB), ...CEILING })
}

function figuresOf(runs: readonly Run[]): Figures {
  const of = (value: (run: Run) => number) => spreadOf(runs.map(value))
  return {
    ...{ wall: of(run => run.wall), cpu: of(run => run.cpu), workCpu: of(run => run.workCpu) },
    ...{ childCpu: of(run => run.childCpu), memory: of(run => run.memory) },
    ...(runs[0]?.figure !== undefined && { figure: of(run => run.figure!) }),
  }
}
