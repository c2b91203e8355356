import type { Writable } from 'node:stream'
import type { FfmpegLimits } from '../ffmpeg/limits/limits.js'
import type { FfmpegProgress } from '../ffmpeg/log/progress.js'
import { probe } from '../ffmpeg/probe/probe.js'
import { CmafPackager } from '../hls/cmaf-packager.js'
import type { SegmentStorage } from '../hls/storage/segment-storage.js'
import { CommitGroup } from '../io/pipeline/commit-group.js'
import type { RandomAccess } from '../io/random-access.js'
import type { CommitSet } from '../s3/commit/commit-set.js'
import { CommitSink } from '../s3/commit/commit-sink.js'
import type { ObjectState } from '../s3/commit/head-object.js'
import { checkBucket } from '../s3/request/check-bucket.js'
import type { JobError } from '../errors.js'
import { transcode } from '../tasks/transcode.js'
import type { JobOutputResult, JobResult } from './schema/job-result.js'
import { type OpenInput, openInput } from './open/open-input.js'
import { type StoredAs, openSink, openStorage } from './open/open-sink.js'
import {
  type CommitTarget,
  type CommitTerms,
  commitTarget,
  isOfJob,
  openCommitSet,
} from './outputs/commit-target.js'
import { HeldObjects } from './outputs/held-objects.js'
import { type ImageSettings, sheetsOf, takeStoryboard, takeThumbnails } from './outputs/images.js'
import { checkTargets } from './outputs/target-condition.js'
import { type MediaOutput, mediaObject, mediaPackage } from './outputs/media.js'
import type { JobProgress, RunJobSettings } from './run-job-options.js'
import type { Job, JobOutput, JobPackage, JobProbe, JobStoryboard, JobThumbnails } from './schema/job.js'
import { invalidJob } from './schema/job-errors.js'
import { type Location, shownLocation } from './schema/location.js'

/** {@link RunJobSettings} with the signal of the whole job. */
export interface JobRunSettings extends RunJobSettings {
  readonly signal: AbortSignal
  /** What a queue knows of the job. */
  readonly terms?: CommitTerms | undefined
}

/** What the commit of an output replaces, and its objects. */
interface OpenCommit {
  readonly target: CommitTarget
  readonly set: CommitSet
}

type Images = JobThumbnails | JobStoryboard
type Media = Exclude<JobOutput, Images | JobProbe>

/** One run of a checked job. */
export class JobRun {
  readonly #job: Job
  readonly #places: ReadonlyMap<string, Location>
  readonly #settings: JobRunSettings
  readonly #failed = new AbortController()
  readonly #signal: AbortSignal
  readonly #held: HeldObjects[] = []
  /** By the number of the output. */
  readonly #commits = new Map<number, OpenCommit>()

  /** @param places - its checked locations, by their paths in the job */
  constructor(job: Job, places: ReadonlyMap<string, Location>, settings: JobRunSettings) {
    this.#job = job
    this.#places = places
    this.#settings = settings
    this.#signal = AbortSignal.any([settings.signal, this.#failed.signal])
  }

  /** Makes all outputs and commits them. */
  async run(): Promise<JobResult> {
    try {
      this.#refuseUnseekable()
      await this.#lookAtTargets()
      const inputs = await this.#open()
      const results = new Map<JobOutput, JobOutputResult | (() => Promise<JobOutputResult>)>()
      for (const [n, output] of this.#job.outputs.entries()) {
        if (output.type === 'probe') results.set(output, await this.#probe(output, n, inputs))
        if (output.type === 'thumbnails' || output.type === 'storyboard') {
          results.set(output, await this.#images(output, n, inputs))
        }
      }
      const media = this.#job.outputs.filter(isMedia)
      if (media.length === 0) await this.#commit()
      else for (const [output, result] of await this.#transcode(media, inputs)) results.set(output, result)
      return { version: 1, inputs: await this.#versions(inputs), outputs: await this.#resultsOf(results) }
    } catch (error) {
      // End the outputs that wait for a commit, and those that never reached a pipeline.
      for (const held of this.#held) held.fail(error)
      this.#failed.abort(error)
      throw error
    }
  }

  #open(): Promise<OpenInput[]> {
    const { client, policy, stdin } = this.#settings
    const maxInputBytes = this.#job.limits?.maxInputBytes ?? Infinity
    const settings = { client, http: policy.http, stdin, signal: this.#signal, maxInputBytes }
    return Promise.all(
      this.#job.inputs.map((input, n) => openInput(input, this.#places.get(`inputs[${n}].url`)!, settings)),
    )
  }

  /** Before the first request: of standard input, neither images nor reports can be had. */
  #refuseUnseekable(): void {
    const refuse = (input: number, path: string) => {
      if (this.#places.get(`inputs[${input}].url`)!.kind === 'stdio') throw notSeekable(path)
    }
    for (const [n, output] of this.#job.outputs.entries()) {
      if (output.type === 'package') {
        if (output.images !== undefined) refuse(0, 'inputs[0].url')
      } else if (output.type !== 'object') refuse(output.input ?? 0, `outputs[${n}]`)
    }
  }

  /**
   * Looks at what the commit will replace, where there is nothing also for the bucket: what comes after that is newer,
   * and stays. Before the inputs: a job that can't store its outputs reads nothing.
   */
  async #lookAtTargets(): Promise<void> {
    const { client, terms } = this.#settings
    const { outputs } = this.#job
    const isOwn = (found: ObjectState) => isOfJob(found, terms?.id)
    await checkTargets(outputs, { client, signal: this.#signal, isOwn, seen: terms?.replaces })
    const look = async (output: JobOutput, n: number) => {
      const target = commitTarget(output)
      if (target === undefined) return
      const known = terms && { id: terms.id, replaces: terms.replaces[n] ?? null }
      const { ifNoneMatch } = output
      const set = await openCommitSet(target, client, { ...known, ifNoneMatch, signal: this.#signal })
      this.#commits.set(n, { target, set })
    }
    await Promise.all(outputs.map(look))
    await this.#lookAtBuckets()
  }

  /** Those of objects without a condition, which nothing has looked at yet. */
  async #lookAtBuckets(): Promise<void> {
    const buckets = new Set<string>()
    for (const [path, place] of this.#places)
      if (path.startsWith('outputs') && place.kind === 's3') buckets.add(place.bucket)
    await Promise.all([...buckets].map(bucket => checkBucket(this.#settings.client, bucket, this.#signal)))
  }

  async #probe(output: JobProbe, n: number, inputs: readonly OpenInput[]): Promise<JobOutputResult> {
    const { ffmpegPath, ffprobePath, env } = this.#settings
    this.#tell({ phase: 'probe', output: n })
    const { threads, nice, memory, cpuSeconds } = this.#limits()
    const format = this.#job.inputs[output.input ?? 0]!.format
    const info = await probe(sourceOf(output, inputs), {
      ...{ ffmpegPath, ffprobePath, env, format, signal: this.#signal },
      limits: { threads, nice, memory, cpuSeconds },
    })
    const { url, ifNoneMatch } = output
    if (url === undefined) return { type: 'probe', info }
    const contentType = 'application/json'
    const set = this.#commits.get(n)?.set
    const open = set
      ? () => new CommitSink(bytes => set.put('', bytes, { contentType }))
      : () => this.#sink(n, { contentType, ifNoneMatch })
    this.#hold({ open }, url, n).add('probe.json', Buffer.from(`${JSON.stringify(info, null, 2)}\n`))
    return { type: 'probe', info, url: shownLocation(url) }
  }

  #images(output: Images, n: number, inputs: readonly OpenInput[]): Promise<JobOutputResult> {
    const held = this.#hold(this.#storage(n, output), output.prefix, n, output)
    const settings = this.#imageSettings(sourceOf(output, inputs))
    const onImage = (done: number) => this.#tell({ phase: 'images', output: n, done })
    onImage(0)
    return output.type === 'thumbnails'
      ? takeThumbnails(output, settings, held, onImage)
      : takeStoryboard(output, settings, held, onImage)
  }

  #imageSettings(source: RandomAccess): ImageSettings {
    const { ffmpegPath, ffprobePath, env } = this.#settings
    return { source, ffmpegPath, ffprobePath, env, signal: this.#signal, limits: this.#limits() }
  }

  /** Makes all objects and packages with one ffmpeg. */
  async #transcode(
    outputs: readonly Media[],
    inputs: readonly OpenInput[],
  ): Promise<[JobOutput, () => Promise<JobOutputResult>][]> {
    const { ffmpegPath, env, onLog, onMonitor } = this.#settings
    const made = outputs.map(output => this.#media(output, this.#job.outputs.indexOf(output), inputs))
    const done = transcode({
      ...{ ffmpegPath, env, onLog, onMonitor, signal: this.#signal, limits: this.#limits() },
      inputs: this.#job.inputs.map(({ format, args }, n) => ({ source: inputs[n]!.stream(), format, args })),
      filterComplex: this.#job.filterComplex,
      outputs: made.flatMap(({ outputs }) => outputs),
      commitWith: this.#held.map(({ hook }) => hook),
      onProgress: progress => this.#encoding(progress),
    })
    for (const held of this.#held) void held.end()
    await done
    return outputs.map((output, n) => [output, made[n]!.result])
  }

  #media(output: Media, n: number, inputs: readonly OpenInput[]): MediaOutput<JobOutputResult> {
    if (output.type === 'object') return mediaObject(output, `outputs[${n}]`, this.#sink(n, output))
    const { targetDuration, layout, playlist, mpd, run, removeReplaced, align, ifNoneMatch } = output
    const packager = new CmafPackager({
      storage: this.#storage(n, output),
      ...{ targetDuration, layout, playlist, mpd, run, removeReplaced, align, signal: this.#signal },
      // Where there is a set, it keeps to the condition: it knows what an earlier attempt of this job has stored.
      ...(!this.#commits.has(n) && { ifNoneMatch }),
      limits: { maxObjects: this.#job.limits?.maxObjects },
    })
    const made = mediaPackage(output, packager)
    this.#packageImages(output, packager, inputs)
    return made
  }

  #packageImages(output: JobPackage, packager: CmafPackager, inputs: readonly OpenInput[]): void {
    const { images } = output
    if (images === undefined) return
    packager.images(sheetsOf(images, this.#imageSettings(sourceOf({}, inputs))), { name: images.name })
  }

  /** Commits a job that has only images and reports. */
  async #commit(): Promise<void> {
    if (this.#held.length === 0) return
    const group = new CommitGroup({ members: this.#held.map(({ hook }) => hook) })
    for (const held of this.#held) void held.end()
    await group.settled()
  }

  #hold(
    storage: SegmentStorage,
    target: string,
    n: number,
    { cacheControl, ifNoneMatch }: Pick<StoredAs, 'cacheControl' | 'ifNoneMatch'> = {},
  ): HeldObjects {
    const maxObjects = this.#job.limits?.maxObjects ?? Infinity
    const commit = this.#commits.get(n)
    const decides = commit && { decision: commit.target.decision, holds: () => commit.set.holds() }
    const held = new HeldObjects({ storage, target, cacheControl, ifNoneMatch, maxObjects, ...decides })
    this.#held.push(held)
    return held
  }

  #storage(n: number, as: StoredAs): SegmentStorage {
    const commit = this.#commits.get(n)
    const isPackage = this.#job.outputs[n]!.type === 'package'
    const members = commit && isPackage ? [commit.target.decision, ...commit.target.others] : undefined
    const place = this.#places.get(`outputs[${n}].prefix`)!
    return openStorage(place, as, this.#settings.client, commit && { set: commit.set, members })
  }

  #sink(n: number, as: StoredAs): Writable {
    const { client, stdout } = this.#settings
    return openSink(this.#places.get(`outputs[${n}].url`)!, as, { client, stdout, signal: this.#signal })
  }

  /** The limits passed to the stages; the job itself enforces the others. */
  #limits(): FfmpegLimits {
    const { maxDuration, maxPixels, maxOutputBytes, idleTimeout, threads, nice, memory, cpuSeconds } =
      this.#job.limits ?? {}
    return { maxDuration, maxPixels, maxOutputBytes, idleTimeout, threads, nice, memory, cpuSeconds }
  }

  #versions(inputs: readonly OpenInput[]): Promise<JobResult['inputs']> {
    return Promise.all(
      inputs.map(async ({ version }, n) => ({
        url: shownLocation(this.#job.inputs[n]!.url),
        ...(await version()),
      })),
    )
  }

  #resultsOf(
    results: ReadonlyMap<JobOutput, JobOutputResult | (() => Promise<JobOutputResult>)>,
  ): Promise<JobOutputResult[]> {
    return Promise.all(
      this.#job.outputs.map(async output => {
        const result = results.get(output)!
        return typeof result === 'function' ? await result() : result
      }),
    )
  }

  #encoding({ percent, eta, outTime, speed, fps, bytesIn, totalSize }: FfmpegProgress): void {
    const known = Object.entries({ percent, eta, outTime, speed, fps, bytesIn, totalSize })
    this.#tell({ phase: 'encode', ...Object.fromEntries(known.filter(([, value]) => value !== undefined)) })
  }

  #tell(progress: JobProgress): void {
    this.#settings.onProgress?.(progress)
  }
}

function isMedia(output: JobOutput): output is Media {
  return output.type === 'object' || output.type === 'package'
}

/** What a report or images are made of. Of standard input they are refused before. */
function sourceOf({ input = 0 }: { input?: number | undefined }, inputs: readonly OpenInput[]): RandomAccess {
  return inputs[input]!.source!
}

function notSeekable(path: string): JobError {
  return invalidJob(path, 'needs random access, which standard input does not have: store it first')
}
