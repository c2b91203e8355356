import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { runJob } from '../../lib/job/run-job.js'
import type { Job, JobOutput } from '../../lib/job/schema/job.js'
import { avi } from '../support/media.js'
import { type Store, stores } from '../support/stores.js'

/** Targets that exist, appear, change and go, at each moment of a job, for each kind of output and place. */

const VIDEO = { codec: 'h264', height: 144, preset: 'ultrafast', crf: 40 } as const

/** What a job makes at a place, and the target that decides. */
interface Kind {
  readonly output: (at: string) => JobOutput
  readonly target: string
  /** Other targets of fixed names. */
  readonly others?: readonly string[]
}

const PACKAGE = (at: string): JobOutput => ({
  ...{ type: 'package', prefix: at, targetDuration: 1, mpd: 'manifest.mpd' },
  renditions: [{ name: 'low', video: VIDEO, audio: 'none' }],
})
const KINDS: Readonly<Record<string, Kind>> = {
  object: {
    output: at => ({ type: 'object', url: `${at}a b.mp4`, format: 'mp4', video: VIDEO, audio: 'none' }),
    target: 'a b.mp4',
  },
  package: { output: PACKAGE, target: 'main.m3u8', others: ['manifest.mpd'] },
  thumbnails: {
    output: at => ({ type: 'thumbnails', prefix: at, times: [0, 0.5, 1], width: 32 }),
    ...{ target: 'thumbnail-00001.jpg', others: ['thumbnail-00003.jpg'] },
  },
  storyboard: {
    output: at => ({ type: 'storyboard', prefix: at, count: 4, columns: 2, rows: 1, width: 32 }),
    ...{ target: 'storyboard.vtt', others: ['sheet-00002.jpg'] },
  },
  report: { output: at => ({ type: 'probe', url: `${at}probe.json` }), target: 'probe.json' },
}

/** Where a job stores: what others do there, and what is there. */
interface Place {
  readonly at: string
  /** The code of a target that exists. */
  readonly exists: string
  put(name: string, text: string): Promise<unknown>
  remove(name: string): Promise<unknown>
  read(name: string): Promise<string>
  /** All names, and unfinished uploads and files. */
  names(): Promise<string[]>
}

interface Stage {
  readonly place: Place
  readonly run: (output: JobOutput) => Promise<unknown>
  /** Calls `action` once, before the first request that fits. */
  readonly before: (fits: (name: string, key: string) => boolean, action: () => Promise<unknown>) => void
  /** Requests of the job that read its input. */
  readonly reads: () => number
}

async function open(t: Test, store: Store, isDirectory: boolean): Promise<Stage> {
  const { client: other, config, bucket } = await store.open(t)
  const client = new S3Client(config)
  t.teardown(() => client.destroy())
  await other.send(new PutObjectCommand({ Bucket: bucket, Key: 'in.avi', Body: await avi() }))
  let reads = 0
  let rule: Parameters<Stage['before']> | undefined
  client.middlewareStack.add(
    (next, context) => async args => {
      const { Key = '' } = args.input as { Key?: string }
      const commandName = context.commandName?.replace(/Command$/, '') ?? ''
      if (commandName === 'GetObject' && Key === 'in.avi') reads++
      if (rule?.[0](commandName, Key) === true) {
        const [, action] = rule
        rule = undefined
        await action()
      }
      return await next(args)
    },
    { step: 'initialize' },
  )
  const job = (output: JobOutput): Job => ({
    ...{ version: 1, inputs: [{ url: `s3://${bucket}/in.avi` }], outputs: [output] },
  })
  const place = isDirectory ? await directory(t) : inBucket(other, bucket)
  const allow = isDirectory ? { files: [place.at], buckets: [bucket] } : undefined
  return {
    place,
    run: output => runJob(job(output), { client, allow }),
    before: (...given) => void (rule = given),
    reads: () => reads,
  }
}

function inBucket(client: S3Client, bucket: string): Place {
  const at = (name: string) => ({ Bucket: bucket, Key: `p/${name}` })
  return {
    at: `s3://${bucket}/p/`,
    exists: 'AVIO_ERR_PRECONDITION_FAILED',
    put: (name, Body) => client.send(new PutObjectCommand({ ...at(name), Body })),
    remove: name => client.send(new DeleteObjectCommand(at(name))),
    read: async name => {
      const { Body } = await client.send(new GetObjectCommand(at(name)))
      return await Body!.transformToString()
    },
    names: async () => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'p/' }))
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
      return [
        ...Contents.map(({ Key = '' }) => Key.slice(2)),
        ...Uploads.map(({ Key = '' }) => `upload ${Key}`),
      ]
    },
  }
}

async function directory(t: Test): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'avio-streams-conditions-'))
  t.teardown(() => rm(folder, { recursive: true }))
  return {
    at: `${folder}/`,
    exists: 'AVIO_ERR_FILE_EXISTS',
    put: async (name, text) => {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text)
    },
    remove: name => rm(join(folder, name)),
    read: name => readFile(join(folder, name), 'latin1'),
    names: async () => {
      const all = await readdir(folder, { recursive: true, withFileTypes: true })
      return all
        .filter(one => one.isFile())
        .map(one => join(one.parentPath, one.name).slice(folder.length + 1))
    },
  }
}

/** What happens to a target between the first look and the commit, and whether the job may store it then. */
const MEANWHILE: Readonly<Record<string, readonly (string | undefined)[]>> = {
  appears: ['newer'],
  'appears, and is replaced': ['newer', 'newest'],
  'appears, and is gone again': ['newer', undefined],
}

for (const store of stores()) {
  for (const isDirectory of store.id === 'local' ? [false, true] : [false]) {
    const where = isDirectory ? 'a directory' : store.name
    for (const [kind, { output, target, others = [] }] of Object.entries(KINDS)) {
      t.test(`on ${where}, ifNoneMatch of a ${kind}`, async t => {
        const { place, run, before, reads } = await open(t, store, isDirectory)
        const job: JobOutput = { ...output(place.at), ifNoneMatch: '*' }
        const change = async (name: string, states: readonly (string | undefined)[]) => {
          for (const state of states)
            await (state === undefined ? place.remove(name) : place.put(name, state))
        }
        const clear = async () => {
          for (const name of await place.names()) await place.remove(name)
        }

        await run(job)
        t.ok((await place.names()).includes(target), 'is stored where nothing is')
        const stored = await place.names()
        const done = reads()
        await t.rejects(run(job), { code: place.exists }, 'a second time is a target that exists')
        t.same(await place.names(), stored)
        t.equal(reads(), done, 'and nothing was read')
        await run({ ...job, ifNoneMatch: undefined })
        await clear()

        for (const name of kind === 'package' ? [target, ...others] : [target]) {
          await place.put(name, 'older')
          await t.rejects(run(job), { code: place.exists }, `${name} is there before`)
          t.same([await place.names(), await place.read(name)], [[name], 'older'])
          await clear()
        }

        for (const name of [target, ...others]) {
          for (const [what, states] of Object.entries(MEANWHILE)) {
            const isFree = states.at(-1) === undefined
            // Once is enough, at the last moment.
            const isTwice = states.length > 1 && !isDirectory
            const moments: Record<string, Parameters<Stage['before']>[0]> = {
              ...(!isTwice && {
                'the first read': (command: string, key: string) =>
                  command === 'GetObject' && key === 'in.avi',
              }),
              // A file is linked: nothing can come in between.
              ...(!isDirectory && {
                'the commit': (command: string, key: string) =>
                  command === 'PutObject' && key === `p/${name}`,
              }),
            }
            for (const [moment, fits] of Object.entries(moments)) {
              const title = `${name} ${what} before ${moment}`
              before(fits, () => change(name, states))
              if (isFree) {
                await run(job)
                t.ok((await place.names()).includes(target), title)
              } else {
                // The playlist is visible by then, and stays for its players.
                const isPartial = kind === 'package' && name !== target && moment === 'the commit'
                const code = isPartial ? 'AVIO_ERR_COMMIT_PARTIAL' : place.exists
                await t.rejects(run(job), { code }, title)
                t.equal(await place.read(name), states.at(-1), title)
                if (!isPartial) t.same(await place.names(), [name], `${title}: nothing of the job is left`)
              }
              await clear()
            }
          }
        }
      })
    }
  }

  t.test(`on ${store.name}, a job without a condition, and ifMatch of an object`, async t => {
    for (const [kind, { output, target }] of Object.entries(KINDS)) {
      for (const [what, state] of [
        ['is replaced', 'newer'],
        ['is removed', undefined],
      ] as const) {
        const { place, run, before } = await open(t, store, false)
        await place.put(target, 'older')
        const ifMatch = `"${createHash('md5').update('older').digest('hex')}"`
        const job = { ...output(place.at), ...(kind === 'object' && { ifMatch }) } as JobOutput
        before(
          (command, key) => command === 'PutObject' && key === `p/${target}`,
          () => (state === undefined ? place.remove(target) : place.put(target, state)),
        )
        await t.rejects(
          run(job),
          { code: 'AVIO_ERR_PRECONDITION_FAILED', retryable: false },
          `${kind} ${what}`,
        )
        t.same(await place.names(), state === undefined ? [] : [target], `${kind} ${what}: nothing is left`)
        if (state !== undefined) t.equal(await place.read(target), state)
      }
    }
  })
}
