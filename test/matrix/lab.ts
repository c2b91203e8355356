import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { Agent as TlsAgent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { locateFfmpeg, locateFfprobe } from '../../lib/index.js'
import { type FaultHandle, type FaultRule, LocalS3, type S3Call } from '../../lib/testing/index.js'
import { endProcess } from '../support/child.js'
import { STAGES } from './axes.js'
import type { Worker } from './crew.js'
import type { Cell, Job, Strike, Told } from './fault.js'
import { DamagedWay, Front } from './front.js'
import { type Media, makeMedia } from './media.js'
import { PIPELINES } from './pipelines.js'
import { WITHIN_BODY } from './store-faults.js'
import { hashOf } from './stored.js'

/** The only bucket. */
export const BUCKET = 'matrix'

/** The time limit of a cell, in milliseconds; no working cell takes this long. */
const HANG = 120_000

/** How long the outside checks wait for leftovers to disappear, on a busy machine too. */
const LAST = 20_000

/** The stall time-out, in milliseconds: for cells whose fault is a stall, and for all others. */
const STALL = { short: 2500, long: 20_000 }

/** The observations of a cell, from outside and from inside. */
export interface Outcome {
  readonly told: Told | string
  /** The objects below the cell's prefix, with the hashes of their bytes. */
  readonly objects: ReadonlyMap<string, string>
  readonly uploads: number
  /** How many calls the fault affected; `undefined` if it is not a fault of the store. */
  readonly hits: number | undefined
  readonly left: readonly string[]
  /** Milliseconds. */
  readonly took: number
}

/** The stores, their proxies and the tools that cells run with. */
export class Lab {
  readonly #folder = mkdtempSync(join(tmpdir(), 'avio-matrix-'))
  readonly #fronts: readonly Front[]
  #next = 0

  private constructor(
    readonly store: LocalS3,
    readonly tls: LocalS3,
    readonly media: Media,
    private readonly front: Front,
    private readonly frontEndpoint: string,
    private readonly ffmpeg: string,
    private readonly ffprobe: string,
    private readonly clients: readonly S3Client[],
  ) {
    this.#fronts = [front]
  }

  /** Starts everything. */
  static async start(): Promise<Lab> {
    const store = await LocalS3.start({ buckets: [BUCKET] })
    const tls = await LocalS3.start({ buckets: [BUCKET], tls: true })
    const front = new Front(store.port)
    return new Lab(
      store,
      tls,
      makeMedia(),
      front,
      await front.listen(),
      (await locateFfmpeg()).path,
      (await locateFfprobe())!.path,
      [
        new S3Client(store.clientConfig()),
        new S3Client({
          ...tls.clientConfig(),
          requestHandler: { httpsAgent: new TlsAgent({ keepAlive: true, ca: tls.certificate! }) },
        }),
      ],
    )
  }

  /** Stops everything. */
  async close(): Promise<void> {
    for (const client of this.clients) client.destroy()
    await Promise.all([...this.#fronts.map(front => front.close()), this.store.close(), this.tls.close()])
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Runs a cell, without a fault if `fault` is omitted. */
  async run(
    worker: Worker,
    { id, pipeline: name, stage, fault }: Pick<Cell, 'id' | 'pipeline'> & Partial<Cell>,
  ): Promise<Outcome> {
    const number = this.#next++
    const [source, prefix] = [`source-${number}`, `cell-${number}/`]
    const pipeline = PIPELINES.find(one => one.name === name)!
    const bytes = this.media[pipeline.media]
    const isTls = fault?.connection?.startsWith('tls') === true
    const store = isTls ? this.tls : this.store
    await this.#put(isTls, source, bytes)
    const begin = performance.now()
    const faults: FaultHandle[] = []
    const set = (strike: Strike, action: object): FaultHandle => {
      const handle = store.fault({
        ...matching(strike, source, prefix, bytes.length),
        ...action,
      } as FaultRule)
      faults.push(handle)
      return handle
    }
    let hit: { readonly hits: number } | undefined
    const strike = stage?.strike
    if (strike?.after) set(strike.after.strike, strike.after.action)
    if (fault?.rule && strike) hit = set(strike, pipeline.isAtRest === true ? early(fault.rule) : fault.rule)
    const rule =
      fault?.front && strike ? this.#frontRule(strike, source, prefix, bytes, fault.front) : undefined
    hit ??= rule
    const at = fault?.caller?.at
    if (at !== undefined) {
      const held = set(STAGES.find(one => one.name === at)!.strike!, {
        hold: true,
        performed: fault?.caller?.performed ?? false,
      })
      hit = held
      held.reached
        .then(() => worker.act())
        .then(
          () => held.release(),
          () => undefined,
        )
    }
    const damaged = fault?.connection === 'tls-damaged' ? new DamagedWay(this.tls.port) : undefined
    const job: Job = {
      cell: id,
      pipeline: name,
      bucket: BUCKET,
      source,
      prefix,
      mark: markOf(number),
      config: { ...(await this.#config(fault, store, damaged)) },
      stallTimeout: fault?.stalls === true ? STALL.short : STALL.long,
      connection: fault?.connection,
      action: fault?.caller?.action,
      atOnce: fault?.caller !== undefined && at === undefined,
      own: fault?.own,
      ...this.#tools(number, stage?.kind === 'child' ? stage.name : undefined, fault?.child),
    }
    const told = await worker.run(job, HANG)
    for (const one of faults) {
      one.release()
      one.remove()
    }
    const left = await this.#leftovers(store, prefix, number, fault?.child === 'grandchild')
    if (rule) this.front.rules.delete(rule)
    await damaged?.close()
    if (damaged) hit = { hits: damaged.damaged.length }
    const keys = store.keys(BUCKET).filter(key => key.startsWith(prefix))
    const objects = new Map<string, string>()
    for (const key of keys)
      objects.set(key.slice(prefix.length), hashOf(key, (await store.get(BUCKET, key))!))
    const uploads = store.uploads(BUCKET).filter(({ key }) => key.startsWith(prefix)).length
    for (const key of [source, ...keys]) store.delete(BUCKET, key)
    return { told, objects, uploads, hits: hit?.hits, left, took: performance.now() - begin }
  }

  /** Stores a source with a checksum, as clients do. */
  async #put(isTls: boolean, Key: string, Body: Buffer): Promise<void> {
    const ChecksumAlgorithm = 'CRC32' as const
    await this.clients[isTls ? 1 : 0]!.send(
      new PutObjectCommand({ Bucket: BUCKET, Key, Body, ChecksumAlgorithm }),
    )
  }

  async #config(
    fault: Cell['fault'] | undefined,
    store: LocalS3,
    damaged: DamagedWay | undefined,
  ): Promise<object> {
    const { region, credentials, forcePathStyle, endpoint } = store.clientConfig()
    const shared = { region, credentials, forcePathStyle }
    switch (fault?.connection) {
      case 'refused':
        return { ...shared, endpoint: 'http://127.0.0.1:1' }
      case 'refused-twice':
      case 'no-such-host':
        return { ...shared, endpoint: 'http://store.test:1' }
      case 'no-tls':
        return { ...shared, endpoint: endpoint.replace('http:', 'https:') }
      case 'tls':
        return { ...shared, endpoint, ca: store.certificate }
      case 'tls-damaged':
        return { ...shared, endpoint: `https://127.0.0.1:${await damaged!.listen()}`, ca: store.certificate }
      default:
        return { ...shared, endpoint: fault?.front ? this.frontEndpoint : endpoint }
    }
  }

  #frontRule(
    strike: Strike,
    source: string,
    prefix: string,
    whole: Buffer,
    action: NonNullable<Cell['fault']['front']>,
  ) {
    const asked: Partial<Record<Strike['operation'], RegExp>> = {
      GetObject: /^GET /,
      HeadObject: /^HEAD /,
      PutObject: /^PUT [^?]*(?:\?(?!.*partNumber).*)?$/,
      UploadPart: /^PUT .*partNumber/,
      CreateMultipartUpload: /^POST .*[?&]uploads/,
      CompleteMultipartUpload: /^POST .*uploadId/,
      AbortMultipartUpload: /^DELETE .*uploadId/,
      ListParts: /^GET .*uploadId/,
      DeleteObject: /^DELETE (?!.*uploadId)/,
    }
    const { nth = 1, times = 1, atEnd, key, operation, of } = strike
    return this.front.add({
      nth,
      times,
      action,
      whole,
      fits: ({ method, path, range }) =>
        asked[operation]!.test(`${method} ${path}`) &&
        (of === 'source'
          ? path.startsWith(`/${BUCKET}/${source}`) && path.split('?')[0] === `/${BUCKET}/${source}`
          : path.startsWith(`/${BUCKET}/${prefix}`)) &&
        (key === undefined || key.test(path.split('?')[0]!)) &&
        (atEnd !== true || Number(range?.split('-')[1] ?? 0) >= whole.length - 1),
    })
  }

  /**
   * Programs that stand in for ffmpeg and ffprobe. They are written for each cell, because the library caches what a
   * program reports by its path.
   */
  #tools(number: number, role: string | undefined, fault: string | undefined): Partial<Job> {
    if (role === undefined || fault === undefined) return {}
    const folder = join(this.#folder, String(number))
    mkdirSync(folder)
    const script = fileURLToPath(new URL('faulty-tool.sh', import.meta.url))
    const paths = Object.fromEntries(
      Object.entries({ ffmpeg: this.ffmpeg, ffprobe: this.ffprobe }).map(([name, tool]) => {
        const path = join(folder, name)
        const isHit = role === 'ffprobe' ? name === 'ffprobe' : name === 'ffmpeg'
        if (fault === 'missing' && isHit) return [`${name}Path`, join(folder, `no-${name}`)]
        const set = `export AVIO_ROLE='${role}' AVIO_FAULT='${fault}' AVIO_TOOL='${tool}' AVIO_MATRIX_CELL='${markOf(number)}'`
        const mode = fault === 'no-program' && isHit ? 0o644 : 0o755
        writeFileSync(path, `#!/bin/sh\n${set}\nexec /bin/sh '${script}' "$@"\n`, { mode })
        return [`${name}Path`, path]
      }),
    )
    return paths
  }

  /** Leftovers seen from outside: processes with the cell's mark, and pending calls. */
  async #leftovers(store: LocalS3, prefix: string, number: number, isLeft: boolean): Promise<string[]> {
    const end = performance.now() + (isLeft ? 0 : LAST)
    for (;;) {
      const calls = store.openCalls.filter(({ key }) => key?.startsWith(prefix) === true)
      const pids = marked(markOf(number))
      const left = [
        ...pids.map(pid => `process ${pid} (${commandOf(pid)})`),
        ...calls.map(({ operation, key }) => `call ${operation} of ${key}`),
      ]
      if (left.length > 0 && performance.now() < end) {
        await delay(20)
        continue
      }
      for (const pid of pids) endProcess(pid)
      return left
    }
  }
}

/** The mark in the environment of a cell's processes, different for each run. */
function markOf(number: number): string {
  return `${process.pid}-${number}`
}

/** The first read by range is one byte long, so the middle of its body comes early. */
function early(rule: object): object {
  return Object.fromEntries(
    Object.entries(rule).map(([name, value]) => [name, value === WITHIN_BODY ? 0 : (value as unknown)]),
  )
}

function matching(
  { operation, of, key, nth = 1, times = 1, atEnd }: Strike,
  source: string,
  prefix: string,
  size: number,
): object {
  const when = ({ key: name, range }: S3Call) =>
    (of === 'source' ? name === source : name?.startsWith(prefix) === true) &&
    (key === undefined || key.test(name ?? '')) &&
    (atEnd !== true || Number(range?.split('-')[1] ?? 0) >= size - 1)
  return { operation, when, nth, times }
}

/** The command line and state of a process. */
function commandOf(pid: number): string {
  try {
    const state = /^State:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? ''
    return `${state}: ${readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').join(' ').slice(0, 300)}`
  } catch {
    return 'gone'
  }
}

/** The processes that carry a cell's mark, whoever their parent is. */
function marked(mark: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(name => {
      try {
        if (/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${name}/stat`, 'latin1'))) return false
        return readFileSync(`/proc/${name}/environ`, 'latin1')
          .split('\0')
          .includes(`AVIO_MATRIX_CELL=${mark}`)
      } catch {
        return false
      }
    })
    .map(Number)
}
